// The completeness index (docs/ledger-format.md): a prefix tree from labels to lists of entries, whose root is logged.
// Walking down by the bits of a label ends at one place only, so a root has one answer to every label. Pure,
// thread-safe.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verify/merkle.hpp"

namespace samband::verify {

struct IndexEnd {  // where the way down by a label's bits ends
  Hash label{};    // whose leaf stands there
  Hash value{};    // of its list
};
Hash list_hash(std::span<const std::uint64_t> entries);
// The root that the way down leads back to. `siblings`: from the root downwards, at most 256; no end = an empty place.
// Nothing when a leaf stands where its label cannot.
std::optional<Hash> index_root(const Hash& label, std::span<const Hash> siblings, const std::optional<IndexEnd>& end);

}  // namespace samband::verify
