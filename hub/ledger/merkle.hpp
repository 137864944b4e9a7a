// Merkle tree hashing and proof checking of RFC 6962 section 2.1 (checks as in RFC 9162 section 2.1). Pure,
// thread-safe.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/encoding.hpp"

namespace samband::merkle {

using Hash = std::array<unsigned char, 32>;
using Proof = std::vector<Hash>;

Hash leaf_hash(std::string_view leaf);                // SHA-256(00 || leaf)
Hash node_hash(const Hash& left, const Hash& right);  // SHA-256(01 || left || right)
Hash empty_root();                                    // SHA-256("")
inline std::string_view view(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }
Hash to_hash(std::string_view bytes32);  // the caller has checked the size

// Does the leaf stand at this index of the tree with this size and root?
bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf, std::span<const Hash> proof,
                      const Hash& root);
// Is the tree of size1 the beginning of the tree of size2? A first size of 0 proves
// nothing and is refused.
bool verify_consistency(std::uint64_t size1, std::uint64_t size2, const Hash& root1, const Hash& root2,
                        std::span<const Hash> proof);

}  // namespace samband::merkle
