#include "model/schema_pattern.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace samband {
namespace {

constexpr std::string_view kSpecial = "\\^$.|?*+()[]{}";

// A literal or an escaped punctuation mark off the front; nullopt for anything that means more.
std::optional<char> take_literal(std::string_view& rest, std::string_view special) {
  if (rest.empty()) return std::nullopt;
  char c = rest.front();
  if (c == '\\') {
    if (rest.size() < 2 || (kSpecial.find(rest[1]) == std::string_view::npos && rest[1] != '-' && rest[1] != '/'))
      return std::nullopt;
    c = rest[1];
    rest.remove_prefix(2);
    return c;
  }
  if (special.find(c) != std::string_view::npos) return std::nullopt;
  rest.remove_prefix(1);
  return c;
}

bool take_class(std::string_view& rest, std::bitset<128>& allowed) {
  if (rest.starts_with("[^")) return false;
  rest.remove_prefix(1);
  while (!rest.empty() && rest.front() != ']') {
    const auto first = take_literal(rest, "[^");
    if (!first) return false;
    char last = *first;
    if (rest.size() >= 2 && rest[0] == '-' && rest[1] != ']') {
      rest.remove_prefix(1);
      const auto end = take_literal(rest, "[^");
      if (!end || *end < *first) return false;
      last = *end;
    }
    for (int c = *first; c <= last; ++c) allowed.set(static_cast<std::size_t>(c));
  }
  if (rest.empty()) return false;
  rest.remove_prefix(1);
  return allowed.any();
}

bool take_count(std::string_view& rest, std::size_t& count) {
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
  if (error != std::errc{}) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

bool take_quantifier(std::string_view& rest, std::size_t& min, std::size_t& max) {
  constexpr auto kMany = std::numeric_limits<std::size_t>::max();
  if (rest.empty()) return true;
  const char c = rest.front();
  if (c == '+' || c == '*' || c == '?') {
    min = c == '+' ? 1 : 0;
    max = c == '?' ? 1 : kMany;
    rest.remove_prefix(1);
  } else if (c == '{') {
    rest.remove_prefix(1);
    if (!take_count(rest, min)) return false;
    max = min;
    if (rest.starts_with(',')) {
      rest.remove_prefix(1);
      max = kMany;
      if (!rest.starts_with('}') && !take_count(rest, max)) return false;
    }
    if (!rest.starts_with('}') || max < min) return false;
    rest.remove_prefix(1);
  }
  return !rest.starts_with('?') && !rest.starts_with('+');  // lazy and possessive forms are for std::regex to judge
}

}  // namespace

// A part may vary in length when it is the last, or when the next one shares no character with it: then matching never
// needs a way back.
std::optional<std::vector<SchemaPattern::Part>> SchemaPattern::parts_of(std::string_view pattern) {
  if (pattern.size() < 2 || !pattern.starts_with('^') || !pattern.ends_with('$') || pattern.ends_with("\\$")) {
    return std::nullopt;
  }
  std::string_view rest = pattern.substr(1, pattern.size() - 2);
  std::vector<Part> parts;
  while (!rest.empty()) {
    Part part;
    if (rest.front() == '[') {
      if (!take_class(rest, part.allowed)) return std::nullopt;
    } else if (rest.starts_with("\\d")) {
      rest.remove_prefix(2);
      for (char c = '0'; c <= '9'; ++c) part.allowed.set(static_cast<std::size_t>(c));
    } else {
      const auto literal = take_literal(rest, kSpecial);
      if (!literal) return std::nullopt;
      part.allowed.set(static_cast<std::size_t>(*literal));
    }
    if (!take_quantifier(rest, part.min, part.max)) return std::nullopt;
    if (!parts.empty() && parts.back().min != parts.back().max &&
        (part.min == 0 || (parts.back().allowed & part.allowed).any())) {
      return std::nullopt;
    }
    parts.push_back(part);
  }
  return parts;
}

Result<SchemaPattern> SchemaPattern::compile(std::string_view pattern) {
  if (std::any_of(pattern.begin(), pattern.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return fail(Errc::invalid_config, "", "a pattern holds a character outside ASCII");
  }
  SchemaPattern out;
  if (auto parts = parts_of(pattern)) {
    out.parts_ = std::move(*parts);
    return out;
  }
  try {
    out.regex_.emplace(pattern.begin(), pattern.end(), std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error&) {
    return fail(Errc::invalid_config, "", "a pattern is not an ECMAScript regular expression");
  }
  return out;
}

bool SchemaPattern::matches(std::string_view text) const {
  if (regex_) return text.size() <= kRegexTextMax && std::regex_search(text.begin(), text.end(), *regex_);
  for (const Part& part : parts_) {
    std::size_t count = 0;
    while (count < part.max && count < text.size()) {
      const auto byte = static_cast<unsigned char>(text[count]);
      if (byte >= 128 || !part.allowed.test(byte)) break;
      ++count;
    }
    if (count < part.min) return false;
    text.remove_prefix(count);
  }
  return text.empty();
}

}  // namespace samband
