// The `pattern` of a schema. Patterns are written for codes in ASCII; a pattern of fixed-width parts (nearly all of
// ours) is matched by a table, everything else by std::regex over a bounded text. Immutable, thread-safe.
#pragma once
#include <bitset>
#include <cstddef>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace samband {

class SchemaPattern {
 public:
  // std::regex recurses once a character: longer texts could exhaust the stack, and are taken as no match.
  static constexpr std::size_t kRegexTextMax = 1024;

  static Result<SchemaPattern> compile(std::string_view pattern);
  bool matches(std::string_view text) const;  // anywhere in the text, as JSON Schema has it
  bool is_table() const { return !regex_; }

 private:
  struct Part {
    std::bitset<128> allowed;
    std::size_t min = 1, max = 1;
  };
  static std::optional<std::vector<Part>> parts_of(std::string_view pattern);

  std::vector<Part> parts_;
  std::optional<std::regex> regex_;
};

}  // namespace samband
