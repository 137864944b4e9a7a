// The log's tree as tiles of 256 hashes (C2SP tlog-tiles). A Tree value holds the open tile of every level in memory;
// full tiles never change and come from a source. Copying a Tree is cheap (tens of kilobytes): the writer works on a
// copy and publishes it when it is durable, so a failed batch leaves nothing to undo. Values, thread-compatible.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "ledger/merkle.hpp"

namespace samband::merkle {

// Up to 256 hashes with the nodes above them that are complete.
class Tile {
 public:
  static constexpr std::size_t kWidth = 256;
  static std::optional<Tile> parse(std::string_view bytes);  // a whole number of hashes, 1..256

  void push(const Hash&);
  std::size_t width() const { return heights_[0].size(); }
  bool full() const { return width() == kWidth; }
  // Node over hashes [i << height, (i + 1) << height) of this tile.
  const Hash& node(int height, std::size_t i) const { return heights_[static_cast<std::size_t>(height)][i]; }
  bool has(int height, std::size_t i) const { return i < heights_[static_cast<std::size_t>(height)].size(); }
  const Hash& root() const { return node(8, 0); }  // of a full tile
  Bytes bytes(std::size_t width) const;

 private:
  std::array<std::vector<Hash>, 9> heights_;
};

// Full tile `index` of `level`.
using TileSource = std::function<Result<std::shared_ptr<const Tile>>(int level, std::uint64_t index)>;

struct FullTile {
  int level;
  std::uint64_t index;
  std::shared_ptr<const Tile> tile;
};

class Tree {
 public:
  std::uint64_t size() const { return size_; }
  // Tiles that this leaf fills go to `filled`, lowest level first.
  void append(const Hash& leaf, std::vector<FullTile>& filled);
  Hash root() const;

  // Of the tree as it was at `size` <= size(); internal when a tile is missing.
  Result<Hash> root_at(std::uint64_t size, const TileSource&) const;
  Result<Proof> inclusion(std::uint64_t index, std::uint64_t size, const TileSource&) const;
  Result<Proof> consistency(std::uint64_t size1, std::uint64_t size2, const TileSource&) const;
  Result<Hash> leaf(std::uint64_t index, const TileSource&) const;

  std::uint64_t hashes_at(int level) const { return level < 8 ? size_ >> (8 * level) : 0; }
  std::uint64_t full_tiles_at(int level) const { return hashes_at(level) >> 8; }
  const Tile& open_tile(int level) const;

  // Rebuilds a tree of `size`: `hash(level, i)` gives the hashes of the open tiles.
  static Result<Tree> restore(std::uint64_t size, const std::function<Result<Hash>(int level, std::uint64_t i)>& hash);

 private:
  std::uint64_t size_ = 0;
  std::vector<Tile> open_;  // by level; a level without an open tile has an empty one
};

}  // namespace samband::merkle
