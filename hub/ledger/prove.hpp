// Inclusion proofs of several leaves to one and the same signed checkpoint: what a report is made of. Reads the store
// only, so it works beside a running hub as well. Thread-safe.
#pragma once
#include <string>
#include <vector>

#include "ledger/merkle.hpp"
#include "store/store.hpp"

namespace samband {

struct ProvenLeaf {
  std::uint64_t index = 0;
  Bytes leaf;
  merkle::Proof proof;  // from the leaf upwards
};
struct ProvenLeaves {
  std::uint64_t size = 0;  // of the tree that the checkpoint is over
  std::string checkpoint;  // signed note
  std::vector<ProvenLeaf> leaves;
};
// Errors: not_found when the newest checkpoint does not hold one of them; internal when the store does not give the
// root that was signed, or a leaf is not the one that stands in the tree.
Result<ProvenLeaves> prove(Store&, const std::vector<std::uint64_t>& indices);

}  // namespace samband
