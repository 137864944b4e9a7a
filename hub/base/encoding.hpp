// Text encodings of bytes. Pure, thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace samband {
using Bytes = std::string;  // octets; std::string so that views and SQLite blobs cost no copy

std::string to_hex(std::string_view bytes);
std::optional<Bytes> from_hex(std::string_view);
std::string to_base64(std::string_view bytes);            // RFC 4648 section 4, padded
std::optional<Bytes> from_base64(std::string_view text);  // strict: canonical padding, no white space

// One line for people to read: UTF-8 of 1 to `characters_max` code points, not only blanks, and nothing that ends the
// line, hides or turns round what stands beside it (C0, C1, U+00AD, U+061C, U+180E, U+200B-200F, U+2028-202E,
// U+2060-206F, U+FEFF, U+E0000-E007F).
bool is_line(std::string_view text, std::size_t characters_max);
}  // namespace samband
