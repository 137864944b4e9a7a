#include "ledger/rotate.hpp"

#include <charconv>
#include <fstream>
#include <iterator>

#include "keys/log_seed.hpp"
#include "keys/secret_file.hpp"
#include "ledger/ledger_impl.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kBefore = "log.rotation-", kAfter = ".checkpoint";

// "log.rotation-<size>.checkpoint".
Result<void> keep_checkpoint(const fs::path& folder, std::uint64_t size, const std::string& note) {
  const fs::path file = folder / (std::string(kBefore) + std::to_string(size) + std::string(kAfter));
  std::error_code ignored;
  fs::remove(file, ignored);  // of an earlier run: until it ends well, it is made again
  if (auto written = write_secret_file(file, note); !written) return written;
  return sync_folder(folder);
}

}  // namespace

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
    if (auto kept = keep_checkpoint(rotation.data_folder, (*newest)->first, out.checkpoint); !kept) return kept.error();
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
  if (auto kept = keep_checkpoint(rotation.data_folder, checkpoint.size, out.checkpoint); !kept) return kept.error();
  return out;
}

Result<bool> finish_log_rotation(Store& store, const std::string& origin, const fs::path& keys_folder,
                                 const fs::path& data_folder) {
  auto next = waiting_log_seed(keys_folder);
  if (!next) return next.error();
  if (!*next) return false;
  auto newest = store.checkpoint();
  if (!newest) return newest.error();
  const note::Verifier key = note::make_verifier(origin, crypto::ed25519_public(**next));
  if (!*newest || !note::open((*newest)->second, key)) return false;
  // Nothing was signed since: it is the one that both keys signed.
  if (auto kept = keep_checkpoint(data_folder, (*newest)->first, (*newest)->second); !kept) return kept.error();
  if (auto placed = place_next_log_seed(keys_folder); !placed) return placed.error();
  return true;
}

Result<std::string> rotation_checkpoint(const fs::path& data_folder) {
  std::optional<std::uint64_t> newest;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(data_folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kBefore) || !name.ends_with(kAfter)) continue;
    const char *from = name.data() + kBefore.size(), *to = name.data() + name.size() - kAfter.size();
    std::uint64_t size = 0;
    const auto [end, wrong] = std::from_chars(from, to, size);
    if (wrong == std::errc() && end == to && (!newest || size > *newest)) newest = size;
  }
  if (!newest) return fail(Errc::not_found, data_folder.string(), "the log's key was never rotated here");
  const fs::path file = data_folder / (std::string(kBefore) + std::to_string(*newest) + std::string(kAfter));
  std::ifstream in(file, std::ios::binary);
  std::string note(std::istreambuf_iterator<char>(in), {});
  if (!in.is_open() || in.bad() || note.empty()) return fail(Errc::invalid_config, file.string(), "cannot be read");
  return note;
}

}  // namespace samband
