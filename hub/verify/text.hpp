// Small readers of text, all strict: one spelling only, so that no byte can change unseen. Pure, thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace samband::verify {

std::string to_hex(std::string_view bytes);
std::string to_base64(std::string_view bytes);
// Padding required, unused bits zero, nothing else between.
std::optional<std::string> from_base64(std::string_view);
std::optional<std::string> from_hex(std::string_view);  // lower case
// Decimal without sign or leading zeroes.
std::optional<std::uint64_t> parse_number(std::string_view);
// Takes a line without its break; nothing when there is no break.
std::optional<std::string_view> take_line(std::string_view& rest);
bool is_utf8(std::string_view);
std::string json_quoted(std::string_view);
// "2026-11-18 11:06:40 UTC"
std::string utc(std::int64_t milliseconds);

}  // namespace samband::verify
