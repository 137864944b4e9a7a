// Rotation of the log's key, while no hub runs: a leaf in the tree that the old key signed names the new one, and the
// checkpoint over it carries both signatures. From then on the new key signs. Receipts made before verify with the old
// key as they always did (docs/ledger-format.md, "The log's key").
#pragma once
#include <filesystem>
#include <string>

#include "base/time.hpp"
#include "store/store.hpp"

namespace samband {

struct KeyRotation {
  std::string origin;
  Bytes old_seed, new_seed;
  std::filesystem::path guard_file = {};
  std::filesystem::path data_folder = {};  // keeps the checkpoint that both keys sign
};
struct RotatedKey {
  std::string old_key, new_key;  // verifier keys, signed-note form
  std::uint64_t leaf_index = 0;
  std::string checkpoint;  // over the leaf, signed with both keys: the next one has only the new key's signature
  bool was_done = false;   // the newest checkpoint carries the new key already: nothing was written
};
// Checks the log as a hub does that starts; errors are the same.
Result<RotatedKey> rotate_log_key(Store&, const KeyRotation&, Time now);

// At a hub's start: when the newest checkpoint carries the signature of log.seed.next, that seed takes its place now.
// True when it did: the keys must be opened again. What no checkpoint names yet stays beside, for the next rotation.
Result<bool> finish_log_rotation(Store&, const std::string& origin, const std::filesystem::path& keys_folder,
                                 const std::filesystem::path& data_folder);

// The checkpoint that both keys signed at the last rotation, as the data folder keeps it: the store's is replaced by
// the next commit. not_found: there was none.
Result<std::string> rotation_checkpoint(const std::filesystem::path& data_folder);

}  // namespace samband
