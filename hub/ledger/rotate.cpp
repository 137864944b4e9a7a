#include "ledger/rotate.hpp"

#include "keys/log_seed.hpp"
#include "ledger/ledger_impl.hpp"

namespace samband {

Result<RotatedKey> rotate_log_key(Store& store, const KeyRotation& rotation, Time now) {
  const crypto::Signer next_signer(rotation.new_seed);
  const note::Verifier next_key = note::make_verifier(rotation.origin, crypto::ed25519_public(rotation.new_seed));
  Ledger::Options options;
  options.origin = rotation.origin;
  options.log_seed = rotation.old_seed;
  options.guard_file = rotation.guard_file;
  Ledger::Impl log(store, std::move(options));
  RotatedKey out{note::to_text(log.key), note::to_text(next_key), 0, {}, false};
  auto newest = store.checkpoint();
  if (!newest) return newest.error();
  if (*newest && note::open((*newest)->second, next_key)) {
    out.was_done = true;
    out.checkpoint = (*newest)->second;
    return out;
  }
  if (auto loaded = log.load(); !loaded) return loaded.error();

  Snapshot next = *log.current();
  Leaf leaf = make_leaf(LeafType::key, now, {}, {}, out.new_key, "rotated");
  leaf.codes = {"ed25519"};
  auto bytes = encode_leaf(leaf);
  if (!bytes) return bytes.error();
  out.leaf_index = next.tree.size();
  std::vector<merkle::FullTile> filled;
  next.tree.append(merkle::leaf_hash(*bytes), filled);
  const note::Checkpoint checkpoint{rotation.origin, next.tree.size(), next.tree.root()};
  const std::string text = note::to_text(checkpoint);
  std::string signed_note = note::sign(text, log.key, log.signer);
  signed_note += note::sign(text, next_key, next_signer).substr(text.size() + 1);  // its signature line
  auto written = store.transact([&](Txn& txn) -> Result<void> {
    if (auto r = txn.add_leaves(out.leaf_index, std::span(&*bytes, 1)); !r) return r;
    for (const merkle::FullTile& tile : filled)
      if (auto r = txn.put_tile(tile.level, tile.index, tile.tile->bytes(merkle::Tile::kWidth)); !r) return r;
    return txn.put_checkpoint(checkpoint.size, signed_note);
  });
  if (!written) return written.error();
  out.checkpoint = std::move(signed_note);
  if (!rotation.guard_file.empty()) GuardFile(rotation.guard_file).signed_now(checkpoint);
  return out;
}

Result<bool> finish_log_rotation(Store& store, const std::string& origin, const std::filesystem::path& keys_folder) {
  auto next = waiting_log_seed(keys_folder);
  if (!next) return next.error();
  if (!*next) return false;
  auto newest = store.checkpoint();
  if (!newest) return newest.error();
  const note::Verifier key = note::make_verifier(origin, crypto::ed25519_public(**next));
  if (!*newest || !note::open((*newest)->second, key)) return false;
  if (auto placed = place_next_log_seed(keys_folder); !placed) return placed.error();
  return true;
}

}  // namespace samband
