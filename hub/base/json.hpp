// JSON at the edges: strict parsing and canonical writing over Boost.JSON. Pure, thread-safe.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace samband {
namespace json = boost::json;

struct JsonLimits {
  std::size_t bytes_max = 30u << 20;
  std::size_t depth_max = 32;
};
// Refuses duplicate keys, invalid UTF-8, trailing bytes, depth and size over the limits. The error names byte offset
// and, for duplicate keys, the JSON pointer of the object; never a value.
Result<json::value> parse_json(std::string_view text, const JsonLimits& = {});
// RFC 8785 (JCS) order: object keys sorted, no white space; integers and strings only are guaranteed canonical.
std::string canonical_json(const json::value&);
// RFC 6901. nullptr when absent.
const json::value* find_pointer(const json::value& root, std::string_view pointer);
// String member or "" ; never throws.
std::string_view string_at(const json::object&, std::string_view key);
}  // namespace samband
