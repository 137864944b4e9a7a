// Values that the readers of hub.toml share. Loader-internal: includes toml++.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "routing/toml_reader.hpp"

namespace samband {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMiB = 1 << 20;

// 64 lower-case hex digits.
inline bool is_sha256(std::string_view s) {
  return s.size() == 64 &&
         std::all_of(s.begin(), s.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
inline std::filesystem::path resolve(const std::filesystem::path& base, const std::string& path) {
  return path.empty() ? std::filesystem::path() : (base / path).lexically_normal();
}
inline std::chrono::milliseconds duration(toml_file::Table& in, std::string_view key,
                                          std::chrono::milliseconds default_value) {
  return std::chrono::milliseconds(in.integer(key, default_value.count(), 1, kDayMs));
}

}  // namespace samband
