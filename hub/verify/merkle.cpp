#include "verify/merkle.hpp"

#include <openssl/evp.h>

#include <bit>
#include <memory>
#include <stdexcept>

namespace samband::verify {
namespace {

// Fetched once: looking the algorithm up for each of twenty million hashes would take longer than the hashing.
class Hasher {
 public:
  Hasher() : md_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    if (md_ == nullptr || context_ == nullptr) throw std::runtime_error("SHA-256 is not available");
  }
  ~Hasher() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(md_);
  }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void begin() { check(EVP_DigestInit_ex2(context_, md_, nullptr)); }
  void add(const void* data, std::size_t size) { check(EVP_DigestUpdate(context_, data, size)); }
  Hash end() {
    Hash out;
    check(EVP_DigestFinal_ex(context_, out.data(), nullptr));
    return out;
  }

 private:
  static void check(int done) {
    if (done != 1) throw std::runtime_error("SHA-256 failed");
  }
  EVP_MD* md_;
  EVP_MD_CTX* context_;
};

Hasher& hasher() {
  thread_local Hasher one;
  return one;
}

}  // namespace

Hash sha256(std::initializer_list<std::string_view> parts) {
  Hasher& h = hasher();
  h.begin();
  for (const std::string_view part : parts) h.add(part.data(), part.size());
  return h.end();
}

Hash leaf_hash(std::string_view entry) {
  Hasher& h = hasher();
  h.begin();
  h.add("\0", 1);
  h.add(entry.data(), entry.size());
  return h.end();
}

Hash node_hash(const Hash& left, const Hash& right) {
  std::array<unsigned char, 65> both;
  both[0] = 1;
  std::copy(left.begin(), left.end(), both.begin() + 1);
  std::copy(right.begin(), right.end(), both.begin() + 33);
  Hasher& h = hasher();
  h.begin();
  h.add(both.data(), both.size());
  return h.end();
}

std::optional<Hash> to_hash(std::string_view bytes) {
  Hash out;
  if (bytes.size() != out.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

// RFC 9162 section 2.1.3.2.
std::optional<Hash> root_by_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                                      std::span<const Hash> proof) {
  if (index >= size) return std::nullopt;
  std::uint64_t fn = index, sn = size - 1;
  Hash r = leaf;
  for (const Hash& p : proof) {
    if (sn == 0) return std::nullopt;
    if ((fn & 1) != 0 || fn == sn) {
      r = node_hash(p, r);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1, sn >>= 1;
  }
  if (sn != 0) return std::nullopt;
  return r;
}

// RFC 9162 section 2.1.4.2.
bool consistent(std::uint64_t size1, std::uint64_t size2, const Hash& root1, const Hash& root2,
                std::span<const Hash> proof) {
  if (size1 > size2) return false;
  if (size1 == 0) return proof.empty() && root1 == sha256({}) && (size2 > 0 || root2 == root1);
  if (size1 == size2) return proof.empty() && root1 == root2;
  std::vector<Hash> path;
  if (std::has_single_bit(size1)) path.push_back(root1);
  path.insert(path.end(), proof.begin(), proof.end());
  if (path.empty() || proof.empty()) return false;
  std::uint64_t fn = size1 - 1, sn = size2 - 1;
  while ((fn & 1) != 0) fn >>= 1, sn >>= 1;
  Hash fr = path[0], sr = path[0];
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      fr = node_hash(path[i], fr);
      sr = node_hash(path[i], sr);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      sr = node_hash(sr, path[i]);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0 && fr == root1 && sr == root2;
}

Hash fold(std::span<const Hash> hashes) {
  std::vector<Hash> row(hashes.begin(), hashes.end());
  for (std::size_t width = row.size(); width > 1; width /= 2)
    for (std::size_t i = 0; i < width / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
  return row[0];
}

Hash fold_right(std::span<const Hash> hashes) {
  Hash r = hashes.back();
  for (std::size_t i = hashes.size() - 1; i-- > 0;) r = node_hash(hashes[i], r);
  return r;
}

ProofPart subtrees(std::uint64_t begin, std::uint64_t end) {
  ProofPart parts;
  while (begin < end) {
    int height = static_cast<int>(std::bit_width(end - begin)) - 1;
    if (begin != 0) height = std::min(height, std::countr_zero(begin));
    parts.push_back({height, begin >> height});
    begin += std::uint64_t{1} << height;
  }
  return parts;
}

// RFC 6962 section 2.1.2, SUBPROOF: written out with the ranges of leaves in place of lists.
std::vector<ProofPart> consistency_parts(std::uint64_t size1, std::uint64_t size2) {
  std::vector<ProofPart> parts;
  if (size1 == 0 || size1 >= size2) return parts;
  std::uint64_t begin = 0, end = size2;
  bool whole = true;  // the old tree is, so far, all of what was looked at
  while (size1 != end) {
    const std::uint64_t half = std::bit_floor(end - begin - 1);
    if (size1 - begin <= half) {
      parts.push_back(subtrees(begin + half, end));
      end = begin + half;
    } else {
      parts.push_back(subtrees(begin, begin + half));
      begin += half;
      whole = false;
    }
  }
  if (!whole) parts.push_back(subtrees(begin, end));
  return {parts.rbegin(), parts.rend()};
}

void TreeBuilder::push(std::size_t level, const Hash& hash) {
  if (levels_.size() == level) levels_.emplace_back().open.reserve(kTileWidth);
  Level& here = levels_[level];
  here.open.push_back(hash);
  if (here.open.size() < kTileWidth) return;
  seen_(static_cast<int>(level), here.full++, here.open);
  const Hash above = fold(here.open);
  here.open.clear();
  push(level + 1, above);
}

Hash TreeBuilder::finish() {
  std::optional<Hash> root;
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const std::vector<Hash>& open = levels_[level].open;
    if (open.empty()) continue;
    seen_(static_cast<int>(level), levels_[level].full, open);
    // The complete subtrees of the open tile from the right, each beside all that stands to the right of it.
    for (std::size_t rest = open.size(); rest > 0;) {
      const std::size_t width = std::size_t{1} << std::countr_zero(rest);
      const Hash node = fold(std::span(open).subspan(rest - width, width));
      root = root ? node_hash(node, *root) : node;
      rest -= width;
    }
  }
  return root ? *root : sha256({});
}

}  // namespace samband::verify
