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
Result<bool> finish_log_rotation(Store&, const std::string& origin, const std::filesystem::path& keys_folder);

}  // namespace samband
