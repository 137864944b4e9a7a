#include "ledger/prefix_index.hpp"

#include <algorithm>
#include <span>

#include "keys/crypto.hpp"

namespace samband::index {
namespace {

using Leaves = std::span<const Leaf>;

Hash tagged(char tag, std::initializer_list<std::string_view> parts) {
  Bytes text(1, tag);
  for (const std::string_view part : parts) text += part;
  return merkle::to_hash(crypto::sha256(text));
}

bool bit(const Hash& label, std::size_t i) { return (label[i / 8] >> (7 - i % 8) & 1) != 0; }

// Those whose bit is 0 stand before those whose bit is 1.
std::size_t split(Leaves leaves, std::size_t depth) {
  const auto right =
      std::partition_point(leaves.begin(), leaves.end(), [depth](const Leaf& leaf) { return !bit(leaf.label, depth); });
  return static_cast<std::size_t>(right - leaves.begin());
}

// Labels differ, so a way down ends within their 256 bits.
Hash node(Leaves leaves, std::size_t depth) {
  if (leaves.empty()) return tagged('\x04', {});
  if (leaves.size() == 1) return tagged('\x02', {merkle::view(leaves[0].label), merkle::view(leaves[0].value)});
  const std::size_t at = split(leaves, depth);
  const Hash left = node(leaves.first(at), depth + 1), right = node(leaves.subspan(at), depth + 1);
  return tagged('\x03', {merkle::view(left), merkle::view(right)});
}

std::vector<Leaf> leaves_of(const Lists& lists) {
  std::vector<Leaf> out;
  out.reserve(lists.size());
  for (const auto& [label, indices] : lists) out.push_back({label, list_hash(indices)});
  return out;
}

}  // namespace

Hash list_hash(const std::vector<std::uint64_t>& indices) {
  Bytes bytes;
  bytes.reserve(indices.size() * 8);
  for (const std::uint64_t each : indices)
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(each >> shift & 0xff);
  return merkle::to_hash(crypto::sha256(bytes));
}

Hash root(const Lists& lists) { return node(leaves_of(lists), 0); }

Walk walk(const Lists& lists, const Hash& label) {
  const std::vector<Leaf> all = leaves_of(lists);
  Leaves here = all;
  Walk out;
  for (std::size_t depth = 0; here.size() > 1; ++depth) {
    const std::size_t at = split(here, depth);
    const Leaves left = here.first(at), right = here.subspan(at);
    const bool goes_right = bit(label, depth);
    out.siblings.push_back(node(goes_right ? left : right, depth + 1));
    here = goes_right ? right : left;
  }
  if (!here.empty()) out.end = here.front();
  return out;
}

}  // namespace samband::index
