#include "common/json_tools.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <unordered_set>

namespace samband::plugin {
namespace {

// Boost.JSON keeps the last of two equal keys without a word; this handler sees every key and stops at the second.
class DuplicateFinder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using Ec = json::error_code;

  bool on_document_begin(Ec&) { return true; }
  bool on_document_end(Ec&) { return true; }
  bool on_object_begin(Ec&) {
    levels_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, Ec&) { return leave(); }
  bool on_array_begin(Ec&) {
    levels_.emplace_back();
    return true;
  }
  bool on_array_end(std::size_t, Ec&) { return leave(); }
  bool on_key_part(json::string_view s, std::size_t, Ec&) {
    key_.append(s.data(), s.size());
    return true;
  }
  bool on_key(json::string_view s, std::size_t, Ec& ec) {
    key_.append(s.data(), s.size());
    if (!levels_.back().insert(std::exchange(key_, {})).second) {
      duplicate = true;
      ec = json::make_error_code(json::error::extra_data);
      return false;
    }
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, Ec&) { return true; }
  bool on_string(json::string_view, std::size_t, Ec&) { return true; }
  bool on_number_part(json::string_view, Ec&) { return true; }
  bool on_int64(std::int64_t, json::string_view, Ec&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, Ec&) { return true; }
  bool on_double(double, json::string_view, Ec&) { return true; }
  bool on_bool(bool, Ec&) { return true; }
  bool on_null(Ec&) { return true; }
  bool on_comment_part(json::string_view, Ec&) { return true; }
  bool on_comment(json::string_view, Ec&) { return true; }

  bool duplicate = false;

 private:
  bool leave() {
    levels_.pop_back();
    return true;
  }
  std::vector<std::unordered_set<std::string>> levels_;
  std::string key_;
};

}  // namespace

sdk::Result<json::value> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes_max)
    return sdk::invalid("", "the text is over this format's limit of " + std::to_string(limits.bytes_max) + " bytes");
  json::parse_options options;
  options.max_depth = limits.depth_max;
  json::basic_parser<DuplicateFinder> scan(options);
  json::error_code ec;
  const auto used = scan.write_some(false, text.data(), text.size(), ec);
  if (scan.handler().duplicate) return sdk::invalid("byte " + std::to_string(used), "an object has the same key twice");
  if (ec) return sdk::invalid("byte " + std::to_string(used), "the text is not JSON: " + ec.message());
  if (used != text.size()) return sdk::invalid("byte " + std::to_string(used), "something follows the JSON value");
  auto value = json::parse(json::string_view(text.data(), text.size()), ec, {}, options);
  if (ec) return sdk::invalid("", "the text is not JSON: " + ec.message());
  return value;
}

sdk::Result<json::object> parse_config(std::string_view text) {
  auto value = parse_json(text.empty() ? "{}" : text);
  if (auto* e = std::get_if<sdk::Error>(&value)) return sdk::Error{HUB_INVALID_CONFIG, e->where, e->message};
  auto* object = std::get<json::value>(value).if_object();
  if (!object) return sdk::Error{HUB_INVALID_CONFIG, "", "the configuration is not an object"};
  return std::move(*object);
}

std::string_view string_at(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(json::string_view(key.data(), key.size()));
  const auto* s = v ? v->if_string() : nullptr;
  return s ? std::string_view(s->data(), s->size()) : std::string_view();
}

const json::object* object_at(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(json::string_view(key.data(), key.size()));
  return v ? v->if_object() : nullptr;
}

const json::array* array_at(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(json::string_view(key.data(), key.size()));
  return v ? v->if_array() : nullptr;
}

const bool* bool_at(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(json::string_view(key.data(), key.size()));
  return v ? v->if_bool() : nullptr;
}

std::string pointer_token(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

bool is_valid_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto lead = static_cast<unsigned char>(s[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || i + more >= s.size()) return false;
    std::uint32_t code = lead & (0x3Fu >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(s[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = (code << 6) | (next & 0x3Fu);
    }
    if ((more == 2 && code < 0x800) || (more == 3 && (code < 0x10000 || code > 0x10FFFF)) ||
        (code >= 0xD800 && code <= 0xDFFF))
      return false;
    i += more + 1;
  }
  return true;
}

}  // namespace samband::plugin
