#include "ledger/tree.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace samband::merkle {
namespace {

// Largest power of two below n (n >= 2): where RFC 6962 splits a tree.
std::uint64_t split(std::uint64_t n) { return std::bit_floor(n - 1); }

// Computes subtree hashes of one tree; keeps the tile it used last, since a path asks one tile eight times.
class Walk {
 public:
  Walk(const Tree& tree, const TileSource& source) : tree_(tree), source_(source) {}

  // Hash over leaves [low, high), a subtree as RFC 6962 splits them.
  Result<Hash> hash(std::uint64_t low, std::uint64_t high) {
    const std::uint64_t n = high - low;
    if (std::has_single_bit(n)) {
      const int height = std::countr_zero(n);
      return node(height, low >> height);
    }
    const std::uint64_t k = split(n);
    auto left = hash(low, low + k);
    if (!left) return left;
    auto right = hash(low + k, high);
    if (!right) return right;
    return node_hash(*left, *right);
  }

  Result<void> path(std::uint64_t index, std::uint64_t low, std::uint64_t high, Proof& out) {
    if (high - low == 1) return {};
    const std::uint64_t middle = low + split(high - low);
    const bool left = index < middle;
    if (auto r = left ? path(index, low, middle, out) : path(index, middle, high, out); !r) return r;
    return push(left ? hash(middle, high) : hash(low, middle), out);
  }

  // SUBPROOF of RFC 6962 section 2.1.2 for the first `m` leaves counted from `low`.
  Result<void> subproof(std::uint64_t m, std::uint64_t low, std::uint64_t high, bool known, Proof& out) {
    const std::uint64_t n = high - low;
    if (m == n) return known ? Result<void>() : push(hash(low, high), out);
    const std::uint64_t k = split(n);
    if (m <= k) {
      if (auto r = subproof(m, low, low + k, known, out); !r) return r;
      return push(hash(low + k, high), out);
    }
    if (auto r = subproof(m - k, low + k, high, false, out); !r) return r;
    return push(hash(low, low + k), out);
  }

 private:
  static Result<void> push(Result<Hash> hash, Proof& out) {
    if (!hash) return hash.error();
    out.push_back(*hash);
    return {};
  }

  Result<Hash> node(int height, std::uint64_t i) {
    const int level = height / 8, inner = height % 8;
    const std::uint64_t tile = (i << inner) >> 8;
    const std::size_t place = static_cast<std::size_t>(i & ((std::uint64_t{1} << (8 - inner)) - 1));
    if (tile >= tree_.full_tiles_at(level)) return tree_.open_tile(level).node(inner, place);
    if (!tile_ || level_ != level || index_ != tile) {
      auto found = source_(level, tile);
      if (!found) return found.error();
      tile_ = std::move(*found), level_ = level, index_ = tile;
    }
    return tile_->node(inner, place);
  }

  const Tree& tree_;
  const TileSource& source_;
  std::shared_ptr<const Tile> tile_;
  int level_ = 0;
  std::uint64_t index_ = 0;
};

Error outside() { return fail(Errc::internal, "ledger.tree", "index or size lies outside the tree"); }

}  // namespace

std::optional<Tile> Tile::parse(std::string_view bytes) {
  if (bytes.empty() || bytes.size() % 32 != 0 || bytes.size() > kWidth * 32) return std::nullopt;
  Tile tile;
  for (; !bytes.empty(); bytes.remove_prefix(32)) tile.push(to_hash(bytes.substr(0, 32)));
  return tile;
}

void Tile::push(const Hash& hash) {
  heights_[0].push_back(hash);
  for (std::size_t h = 0; h < 8 && heights_[h].size() % 2 == 0; ++h)
    heights_[h + 1].push_back(node_hash(heights_[h].end()[-2], heights_[h].back()));
}

Bytes Tile::bytes(std::size_t width) const {
  Bytes out;
  out.reserve(width * 32);
  for (std::size_t i = 0; i < width; ++i) out += view(heights_[0][i]);
  return out;
}

void Tree::append(const Hash& leaf, std::vector<FullTile>& filled) {
  ++size_;
  Hash hash = leaf;
  for (std::size_t level = 0;; ++level) {
    if (open_.size() == level) open_.emplace_back();
    open_[level].push(hash);
    if (!open_[level].full()) return;
    auto tile = std::make_shared<const Tile>(std::exchange(open_[level], Tile()));
    hash = tile->root();
    filled.push_back({static_cast<int>(level), full_tiles_at(static_cast<int>(level)) - 1, std::move(tile)});
  }
}

const Tile& Tree::open_tile(int level) const {
  static const Tile empty;
  return static_cast<std::size_t>(level) < open_.size() ? open_[static_cast<std::size_t>(level)] : empty;
}

// Every subtree on the way along the right edge lies in an open tile, so no source is needed.
Hash Tree::root() const {
  if (size_ == 0) return empty_root();
  const TileSource none = [](int, std::uint64_t) -> Result<std::shared_ptr<const Tile>> { return outside(); };
  return Walk(*this, none).hash(0, size_).value();
}

Result<Hash> Tree::root_at(std::uint64_t size, const TileSource& source) const {
  if (size > size_) return outside();
  if (size == 0) return empty_root();
  return Walk(*this, source).hash(0, size);
}

Result<Proof> Tree::inclusion(std::uint64_t index, std::uint64_t size, const TileSource& source) const {
  if (size > size_ || index >= size) return outside();
  Proof proof;
  if (auto r = Walk(*this, source).path(index, 0, size, proof); !r) return r.error();
  return proof;
}

Result<Proof> Tree::consistency(std::uint64_t size1, std::uint64_t size2, const TileSource& source) const {
  if (size1 == 0 || size1 > size2 || size2 > size_) return outside();
  Proof proof;
  if (auto r = Walk(*this, source).subproof(size1, 0, size2, true, proof); !r) return r.error();
  return proof;
}

Result<Hash> Tree::leaf(std::uint64_t index, const TileSource& source) const {
  if (index >= size_) return outside();
  return Walk(*this, source).hash(index, index + 1);
}

Result<Tree> Tree::restore(std::uint64_t size, const std::function<Result<Hash>(int, std::uint64_t)>& hash) {
  Tree tree;
  tree.size_ = size;
  for (int level = 0; tree.hashes_at(level) > 0; ++level) {
    tree.open_.emplace_back();
    for (std::uint64_t i = tree.full_tiles_at(level) << 8; i < tree.hashes_at(level); ++i) {
      auto found = hash(level, i);
      if (!found) return found.error();
      tree.open_.back().push(*found);
    }
  }
  return tree;
}

}  // namespace samband::merkle
