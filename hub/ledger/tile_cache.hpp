// Full tiles, read from the store when first needed and kept while they are used. What the store gives is only believed
// when it hashes to what the level above says, up to the open tiles in memory: a changed tile yields an error, never a
// wrong proof. Bounded; thread-safe.
#pragma once
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "ledger/tree.hpp"
#include "store/store.hpp"

namespace samband {

class TileCache {
 public:
  using Tile = merkle::Tile;
  explicit TileCache(Store& store) : store_(store) {}

  // `tree` must be a signed one.
  Result<std::shared_ptr<const Tile>> get(const merkle::Tree& tree, int level, std::uint64_t index) {
    if (auto found = find(key(level, index))) return found;
    auto bytes = store_.tile(level, index);
    if (!bytes) return bytes.error();
    auto parsed = *bytes ? Tile::parse(**bytes) : std::nullopt;
    if (!parsed || !parsed->full()) return damaged();
    auto parent = hash_of(tree, level + 1, index);
    if (!parent) return parent.error();
    if (parsed->root() != *parent) return damaged();
    auto tile = std::make_shared<const Tile>(std::move(*parsed));
    put(level, index, tile);
    return tile;
  }

  void put(int level, std::uint64_t index, std::shared_ptr<const Tile> tile) {
    const std::lock_guard lock(mutex_);
    if (places_.contains(key(level, index))) return;
    tiles_.emplace_front(key(level, index), std::move(tile));
    places_.emplace(tiles_.front().first, tiles_.begin());
    if (tiles_.size() <= kTilesMax) return;
    places_.erase(tiles_.back().first);
    tiles_.pop_back();
  }

 private:
  static constexpr std::size_t kTilesMax = 4096;  // of 16 kB with their inner nodes: 64 MB, a million leaves

  static std::uint64_t key(int level, std::uint64_t index) { return static_cast<std::uint64_t>(level) << 56 | index; }
  static Error damaged() {
    return fail(Errc::internal, "ledger.tile", "a tile in the store is missing or damaged; run a full verification");
  }

  Result<merkle::Hash> hash_of(const merkle::Tree& tree, int level, std::uint64_t i) {
    if (i >> 8 >= tree.full_tiles_at(level)) {
      const Tile& open = tree.open_tile(level);
      if (!open.has(0, i & 255)) return damaged();
      return open.node(0, i & 255);
    }
    auto tile = get(tree, level, i >> 8);
    if (!tile) return tile.error();
    return (*tile)->node(0, i & 255);
  }

  std::shared_ptr<const Tile> find(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    tiles_.splice(tiles_.begin(), tiles_, found->second);
    return found->second->second;
  }

  Store& store_;
  std::mutex mutex_;
  std::list<std::pair<std::uint64_t, std::shared_ptr<const Tile>>> tiles_;  // newest use first
  std::unordered_map<std::uint64_t, decltype(tiles_)::iterator> places_;
};

}  // namespace samband
