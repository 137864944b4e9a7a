#include "verify/index.hpp"

namespace samband::verify {
namespace {

constexpr std::size_t kBits = 256;

bool bit(const Hash& label, std::size_t i) { return (label[i / 8] >> (7 - i % 8) & 1) != 0; }

}  // namespace

Hash list_hash(std::span<const std::uint64_t> entries) {
  std::string bytes;
  for (const std::uint64_t entry : entries)
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(entry >> shift & 0xff);
  return sha256({bytes});
}

std::optional<Hash> index_root(const Hash& label, std::span<const Hash> siblings, const std::optional<IndexEnd>& end) {
  if (siblings.size() > kBits) return std::nullopt;
  if (end)
    for (std::size_t i = 0; i < siblings.size(); ++i)
      if (bit(end->label, i) != bit(label, i)) return std::nullopt;
  Hash node = end ? sha256({"\x02", view(end->label), view(end->value)}) : sha256({"\x04"});
  for (std::size_t i = siblings.size(); i-- > 0;)
    node = bit(label, i) ? sha256({"\x03", view(siblings[i]), view(node)})
                         : sha256({"\x03", view(node), view(siblings[i])});
  return node;
}

}  // namespace samband::verify
