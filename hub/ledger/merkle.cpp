#include "ledger/merkle.hpp"

#include <bit>
#include <cstring>

#include "keys/crypto.hpp"

namespace samband::merkle {

Hash to_hash(std::string_view bytes32) {
  Hash hash{};
  std::memcpy(hash.data(), bytes32.data(), std::min(hash.size(), bytes32.size()));
  return hash;
}

Hash leaf_hash(std::string_view leaf) {
  Bytes text;
  text.reserve(leaf.size() + 1);
  text += '\0';
  text += leaf;
  return to_hash(crypto::sha256(text));
}

Hash node_hash(const Hash& left, const Hash& right) {
  char text[65];
  text[0] = 1;
  std::memcpy(text + 1, left.data(), 32);
  std::memcpy(text + 33, right.data(), 32);
  return to_hash(crypto::sha256({text, sizeof text}));
}

Hash empty_root() { return to_hash(crypto::sha256("")); }

bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf, std::span<const Hash> proof,
                      const Hash& root) {
  if (index >= size) return false;
  std::uint64_t node = index, last = size - 1;
  Hash hash = leaf;
  for (const Hash& sibling : proof) {
    if (last == 0) return false;
    if ((node & 1) || node == last) {
      hash = node_hash(sibling, hash);
      while (!(node & 1) && node != 0) node >>= 1, last >>= 1;
    } else {
      hash = node_hash(hash, sibling);
    }
    node >>= 1, last >>= 1;
  }
  return last == 0 && hash == root;
}

bool verify_consistency(std::uint64_t size1, std::uint64_t size2, const Hash& root1, const Hash& root2,
                        std::span<const Hash> proof) {
  if (size1 == 0) return false;
  if (size1 == size2) return proof.empty() && root1 == root2;
  if (size1 > size2 || proof.empty()) return false;
  std::uint64_t node = size1 - 1, last = size2 - 1;
  while (node & 1) node >>= 1, last >>= 1;
  // A complete first tree is itself the first node, and the proof leaves it out.
  const bool complete = std::has_single_bit(size1);
  Hash first = complete ? root1 : proof.front(), second = first;
  for (const Hash& hash : proof.subspan(complete ? 0 : 1)) {
    if (last == 0) return false;
    if ((node & 1) || node == last) {
      first = node_hash(hash, first);
      second = node_hash(hash, second);
      while (!(node & 1) && node != 0) node >>= 1, last >>= 1;
    } else {
      second = node_hash(second, hash);
    }
    node >>= 1, last >>= 1;
  }
  return last == 0 && first == root1 && second == root2;
}

}  // namespace samband::merkle
