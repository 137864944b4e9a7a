// Paths of C2SP tlog-tiles: "tile/<L>/<N>[.p/<W>]" and "tile/entries/<N>[.p/<W>]", N in groups of three digits
// ("x001/x234/067"). One form only: what the parser accepts, the writer would have written. Pure, thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace samband {

struct TilePath {
  bool entries = false;
  int level = 0;
  std::uint64_t index = 0;
  std::size_t width = 256;  // 1..255: partial
  bool operator==(const TilePath&) const = default;
};

std::string to_text(const TilePath&);
std::optional<TilePath> parse_tile_path(std::string_view);

}  // namespace samband
