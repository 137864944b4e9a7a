// Strict JSON for adapters: the same refusals as the hub's own reader (duplicate keys, invalid UTF-8, trailing bytes,
// depth, size), so that an adapter never sees a text that two readers could understand differently. Pure, thread-safe.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "sdk/adapter.hpp"

namespace samband::plugin {
namespace json = boost::json;

struct JsonLimits {
  std::size_t bytes_max = 30u << 20;
  std::size_t depth_max = 32;
};
// Errors are invalid_input with "byte N" or the JSON pointer of the object; never a key or a value of the text.
sdk::Result<json::value> parse_json(std::string_view text, const JsonLimits& = {});
// The same for an operator's configuration: an object, and errors are invalid_config.
sdk::Result<json::object> parse_config(std::string_view text);

// Members, by type; absent or of another type gives nothing. Never throw.
std::string_view string_at(const json::object&, std::string_view key);
const json::object* object_at(const json::object&, std::string_view key);
const json::array* array_at(const json::object&, std::string_view key);
const bool* bool_at(const json::object&, std::string_view key);

// RFC 6901: one reference token, escaped.
std::string pointer_token(std::string_view key);
bool is_valid_utf8(std::string_view text);
}  // namespace samband::plugin
