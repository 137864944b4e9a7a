#include "ledger/tile_path.hpp"

#include <charconv>

namespace samband {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

}  // namespace

std::string to_text(const TilePath& path) {
  std::string groups;
  for (std::uint64_t rest = path.index, first = 1; first || rest; rest /= 1000, first = 0) {
    std::string group = std::to_string(rest % 1000);
    group.insert(0, 3 - group.size(), '0');
    groups.insert(0, first ? group : 'x' + group + '/');
  }
  std::string text = "tile/" + (path.entries ? std::string("entries") : std::to_string(path.level)) + '/' + groups;
  if (path.width < 256) text += ".p/" + std::to_string(path.width);
  return text;
}

std::optional<TilePath> parse_tile_path(std::string_view text) {
  if (text.size() > 64 || !text.starts_with("tile/")) return std::nullopt;
  TilePath path;
  std::string_view rest = text.substr(5);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  if (rest.substr(0, slash) == "entries") {
    path.entries = true;
  } else {
    const auto level = number(rest.substr(0, slash));
    if (!level || *level > 63) return std::nullopt;
    path.level = static_cast<int>(*level);
  }
  rest.remove_prefix(slash + 1);
  if (const std::size_t partial = rest.find(".p/"); partial != std::string_view::npos) {
    const auto width = number(rest.substr(partial + 3));
    if (!width || *width == 0 || *width > 255) return std::nullopt;
    path.width = *width;
    rest = rest.substr(0, partial);
  }
  for (int groups = 0; !rest.empty(); ++groups) {
    const bool more = rest.front() == 'x';
    if (more) rest.remove_prefix(1);
    const auto group = number(rest.substr(0, 3));
    if (rest.size() < 3 || !group || groups == 6) return std::nullopt;
    path.index = path.index * 1000 + *group;
    rest.remove_prefix(3);
    if (more != rest.starts_with('/')) return std::nullopt;
    if (more) rest.remove_prefix(1);
  }
  if (to_text(path) != text) return std::nullopt;
  return path;
}

}  // namespace samband
