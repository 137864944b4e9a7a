// The Merkle tree of RFC 6962: hashing, checking of proofs as in RFC 9162 section 2.1, and a builder that sees the
// tiles of C2SP tlog-tiles as it goes. Needs memory for one open tile a level. Thread-compatible.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace samband::verify {

using Hash = std::array<unsigned char, 32>;

inline constexpr std::size_t kTileWidth = 256;

Hash sha256(std::initializer_list<std::string_view> parts);
Hash leaf_hash(std::string_view entry);               // SHA-256(00 || entry)
Hash node_hash(const Hash& left, const Hash& right);  // SHA-256(01 || left || right)
inline std::string_view view(const Hash& h) { return {reinterpret_cast<const char*>(h.data()), h.size()}; }
std::optional<Hash> to_hash(std::string_view bytes);  // 32 of them

// The root that this leaf, index and proof lead to; nothing when the proof has another length than it must.
std::optional<Hash> root_by_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                                      std::span<const Hash> proof);
// Is the tree of size1 the beginning of the tree of size2? A first size of 0 is consistent with everything, and its
// root is that of the empty tree.
bool consistent(std::uint64_t size1, std::uint64_t size2, const Hash& root1, const Hash& root2,
                std::span<const Hash> proof);
// Root over 2^k hashes.
Hash fold(std::span<const Hash>);

// A complete subtree: the node over leaves [index << height, (index + 1) << height).
struct Node {
  int height;
  std::uint64_t index;
};
// The nodes whose hashes, in this order, are the consistency proof of RFC 6962 section 2.1.2, or the inclusion proof of
// section 2.1.1. A node here may be no complete subtree: then it is a list to be folded from the right.
using ProofPart = std::vector<Node>;
std::vector<ProofPart> consistency_parts(std::uint64_t size1, std::uint64_t size2);
// The complete subtrees that make the tree of this size, from the left.
ProofPart subtrees(std::uint64_t begin, std::uint64_t end);
Hash fold_right(std::span<const Hash>);

class TreeBuilder {
 public:
  // A tile that is full, or (from `finish`) as far as the tree goes.
  using TileSeen = std::function<void(int level, std::uint64_t index, std::span<const Hash>)>;
  explicit TreeBuilder(TileSeen seen) : seen_(std::move(seen)) {}

  void push(const Hash& leaf) { push(0, leaf); }
  // Shows the open tiles; answers the root.
  Hash finish();

 private:
  struct Level {
    std::vector<Hash> open;
    std::uint64_t full = 0;  // tiles
  };
  void push(std::size_t level, const Hash&);

  TileSeen seen_;
  std::vector<Level> levels_;
};

}  // namespace samband::verify
