#include "base/json.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <set>
#include <vector>

namespace samband {
namespace {

// The closing quote of the string whose first character is at p; end when there is none. Linear even when every other
// character is an escape: the quote is searched again only once an escape has stepped over it.
const char* end_of_string(const char* p, const char* end) {
  const char* quote = nullptr;
  while (p < end) {
    if (quote == nullptr || quote < p) {
      quote = static_cast<const char*>(std::memchr(p, '"', static_cast<std::size_t>(end - p)));
      if (quote == nullptr) return end;
    }
    const auto* slash = static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(quote - p)));
    if (slash == nullptr) return quote;
    p = slash + 2;
  }
  return end;
}

// Valid JSON has one ':' outside strings for each member, so this counts members as written.
std::size_t count_members(std::string_view text) {
  std::size_t count = 0;
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p < end; ++p) {
    if (*p == ':') {
      ++count;
    } else if (*p == '"') {
      p = end_of_string(p + 1, end);
    }
  }
  return count;
}

// Members that the built value holds. A duplicate key makes it smaller than what was written.
std::size_t built_members(const json::value& value, bool& finite) {
  std::size_t count = 0;
  if (const json::object* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += built_members(member.value(), finite);
  } else if (const json::array* array = value.if_array()) {
    for (const auto& item : *array) count += built_members(item, finite);
  } else if (const double* number = value.if_double()) {
    finite = finite && std::isfinite(*number);
  }
  return count;
}

// Keys come from the sender: one that does not look like a field name could be a value (somebody's number).
void append_place(std::string& pointer, std::string_view key) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  const auto digits = std::count_if(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
  pointer += '/';
  if (!key.empty() && key.size() <= 64 && digits < 6 && std::all_of(key.begin(), key.end(), plain)) {
    pointer += key;
  } else {
    pointer += '*';
  }
}

// The slow second look, only for a text known to hold a duplicate: which object is it?
struct DuplicateFinder {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  struct Level {
    bool is_object = false;
    std::set<std::string, std::less<>> keys;
    std::string key;        // of the member being read
    std::size_t index = 0;  // of the array item being read
  };
  std::vector<Level> levels;
  std::string pending, found;
  bool duplicate = false;

  bool note_duplicate() {
    duplicate = true;
    for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
      if (levels[i].is_object) {
        append_place(found, levels[i].key);
      } else {
        found += "/" + std::to_string(levels[i].index);
      }
    }
    return false;
  }
  bool next() {
    if (!levels.empty() && !levels.back().is_object) ++levels.back().index;
    return true;
  }
  bool on_document_begin(boost::system::error_code&) { return true; }
  bool on_document_end(boost::system::error_code&) { return true; }
  bool on_object_begin(boost::system::error_code&) {
    levels.emplace_back().is_object = true;
    return true;
  }
  bool on_array_begin(boost::system::error_code&) {
    levels.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, boost::system::error_code&) {
    levels.pop_back();
    return next();
  }
  bool on_array_end(std::size_t, boost::system::error_code&) {
    levels.pop_back();
    return next();
  }
  bool on_key_part(boost::json::string_view part, std::size_t, boost::system::error_code&) {
    pending.append(part.data(), part.size());
    return true;
  }
  bool on_key(boost::json::string_view part, std::size_t, boost::system::error_code& ec) {
    pending.append(part.data(), part.size());
    if (!levels.back().keys.insert(pending).second) {
      ec = boost::json::error::exception;  // any error stops the parser
      return note_duplicate();
    }
    levels.back().key = std::move(pending);
    pending.clear();
    return true;
  }
  bool on_string_part(boost::json::string_view, std::size_t, boost::system::error_code&) { return true; }
  bool on_string(boost::json::string_view, std::size_t, boost::system::error_code&) { return next(); }
  bool on_number_part(boost::json::string_view, boost::system::error_code&) { return true; }
  bool on_int64(std::int64_t, boost::json::string_view, boost::system::error_code&) { return next(); }
  bool on_uint64(std::uint64_t, boost::json::string_view, boost::system::error_code&) { return next(); }
  bool on_double(double, boost::json::string_view, boost::system::error_code&) { return next(); }
  bool on_bool(bool, boost::system::error_code&) { return next(); }
  bool on_null(boost::system::error_code&) { return next(); }
  bool on_comment_part(boost::json::string_view, boost::system::error_code&) { return true; }
  bool on_comment(boost::json::string_view, boost::system::error_code&) { return true; }
};

std::string where_duplicate(std::string_view text, const json::parse_options& options) {
  json::basic_parser<DuplicateFinder> parser(options);
  boost::system::error_code ec;
  parser.write_some(false, text.data(), text.size(), ec);
  return parser.handler().found;
}

std::string at_byte(std::size_t offset) { return "byte " + std::to_string(offset); }

// UTF-16 code unit order, which RFC 8785 section 3.2.3 asks for. It is octet order, but supplementary characters
// (lead octet F0..) sort as surrogates, before U+E000..U+FFFF (lead octet EE, EF).
bool utf16_less(std::string_view a, std::string_view b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (y == b.end()) return false;
  if (x == a.end()) return true;
  const auto left = static_cast<unsigned char>(*x), right = static_cast<unsigned char>(*y);
  if (left >= 0xf0 && right < 0xf0 && right >= 0xee) return true;
  if (right >= 0xf0 && left < 0xf0 && left >= 0xee) return false;
  return left < right;
}

void write_string(std::string& out, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, done, i - done);
    done = i + 1;
    switch (byte) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += "\\u00";
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
  }
  out.append(text, done, text.size() - done);
  out += '"';
}

template <class Number>
void write_number(std::string& out, Number number) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  out.append(buffer, end);
}

void write_value(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out += "null";
      return;
    case json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      return;
    case json::kind::int64:
      return write_number(out, value.get_int64());
    case json::kind::uint64:
      return write_number(out, value.get_uint64());
    case json::kind::double_: {
      const double number = value.get_double();
      // Whole numbers lose their fraction, as ECMAScript prints them; beyond 2^53 the shortest form is good enough.
      if (std::abs(number) < 9007199254740992.0 && number == std::trunc(number)) {
        return write_number(out, static_cast<std::int64_t>(number));
      }
      return write_number(out, number);
    }
    case json::kind::string:
      return write_string(out, value.get_string());
    case json::kind::array: {
      out += '[';
      bool first = true;
      for (const auto& item : value.get_array()) {
        if (!first) out += ',';
        first = false;
        write_value(out, item);
      }
      out += ']';
      return;
    }
    case json::kind::object: {
      std::vector<const json::key_value_pair*> members;
      members.reserve(value.get_object().size());
      for (const auto& member : value.get_object()) members.push_back(&member);
      std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return utf16_less(a->key(), b->key()); });
      out += '{';
      bool first = true;
      for (const auto* member : members) {
        if (!first) out += ',';
        first = false;
        write_string(out, member->key());
        out += ':';
        write_value(out, member->value());
      }
      out += '}';
      return;
    }
  }
}

// One reference token with ~1 and ~0 resolved; false when the escape is malformed.
bool unescape_token(std::string_view token, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
    } else if (i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out += token[++i] == '0' ? '~' : '/';
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<json::value> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return fail(Errc::too_large, at_byte(limits.bytes_max), "JSON text over the size limit");
  }
  json::parse_options options;
  options.max_depth = limits.depth_max;
  unsigned char scratch[4096];
  json::parser parser({}, options, scratch);
  boost::system::error_code ec;
  const std::size_t consumed = parser.write_some(text.data(), text.size(), ec);
  if (ec) return fail(Errc::invalid_input, at_byte(consumed), "not valid JSON: " + ec.message());
  if (consumed < text.size()) return fail(Errc::invalid_input, at_byte(consumed), "bytes after the JSON value");
  json::value value = parser.release();

  // Boost.JSON keeps the last of duplicate keys without a word. Two programs that keep different ones see different
  // messages, so it is refused: the members written are counted against the members built.
  bool finite = true;
  const std::size_t built = built_members(value, finite);
  if (built != count_members(text)) {
    return fail(Errc::invalid_input, where_duplicate(text, options), "duplicate key in a JSON object");
  }
  if (!finite) return fail(Errc::invalid_input, "", "a number is too large");
  return value;
}

std::string canonical_json(const json::value& value) {
  std::string out;
  write_value(out, value);
  return out;
}

const json::value* find_pointer(const json::value& root, std::string_view pointer) {
  const json::value* at = &root;
  std::string token;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    if (!unescape_token(pointer.substr(0, end), token)) return nullptr;
    pointer.remove_prefix(end);
    if (const json::object* object = at->if_object()) {
      at = object->if_contains(token);
      if (at == nullptr) return nullptr;
    } else if (const json::array* array = at->if_array()) {
      std::size_t index = 0;
      const auto [last, error] = std::from_chars(token.data(), token.data() + token.size(), index);
      if (error != std::errc{} || last != token.data() + token.size() || (token.size() > 1 && token[0] == '0') ||
          index >= array->size()) {
        return nullptr;
      }
      at = &(*array)[index];
    } else {
      return nullptr;
    }
  }
  return at;
}

std::string_view string_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view{} : std::string_view{text->data(), text->size()};
}

}  // namespace samband
