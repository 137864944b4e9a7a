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
}  // namespace samband
