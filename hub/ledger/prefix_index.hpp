// The completeness index as a tree (docs/ledger-format.md, "Completeness index"): a prefix tree from a label to the
// leaves about one person. A root has one answer to every label, so two supervisors cannot be shown two lists. Pure,
// thread-safe. Cost: one hash per label and level where labels part; nothing is kept.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "ledger/merkle.hpp"

namespace samband::index {

using merkle::Hash;
// Label -> indices of leaves, rising, each once. No list is empty. Order of labels is the order of their bits.
using Lists = std::map<Hash, std::vector<std::uint64_t>>;

struct Leaf {
  Hash label{};
  Hash value{};  // of its list
};
struct Walk {                    // the way down by the bits of a label
  std::vector<Hash> siblings;    // from the root downwards, at most 256
  std::optional<Leaf> end = {};  // whose leaf stands there; none = an empty place
};

Hash list_hash(const std::vector<std::uint64_t>& indices);
Hash root(const Lists&);
Walk walk(const Lists&, const Hash& label);

}  // namespace samband::index
