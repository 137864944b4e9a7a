// toml++ walks a dotted key by recursion, a call for each part, without a limit: a short file could end the process.
// Every key stands on one line, so its dots are counted before anything is parsed. Pure.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string_view>

namespace samband {

constexpr std::string_view kTomlTooDeep = "more than 64 dots in one line";

// The first line with too many, from 1; 0 when there is none.
inline std::size_t toml_line_too_deep(std::string_view text) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    if (std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '.') > 64) return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}

}  // namespace samband
