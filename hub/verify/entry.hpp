// An entry of Samband's log (docs/ledger-format.md, "Leaf"): deterministic CBOR, one form only, read without copying.
// Pure, thread-safe.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "verify/outcome.hpp"

namespace samband::verify {

struct Entry {
  static constexpr std::uint64_t kDecision = 1, kAcknowledgement = 3, kIndex = 14, kLast = 16;
  std::uint64_t type = 0;
  std::int64_t at = 0;  // milliseconds since 1970
  // Into the bytes that were read.
  std::string_view event_id, sender, recipient, subject, outcome, rule_set, commitment;
  std::vector<std::string_view> codes;
  std::vector<std::uint64_t> relies_on;
};

// Reads into an entry that may be used again. What is wrong, or none. `index`: where it stands: it may rest on earlier
// entries only.
std::optional<Words> read_entry(std::string_view bytes, std::uint64_t index, Entry&);

Words type_name(std::uint64_t type);
// What the entry says, for people.
void describe(const Entry&, Outcome&);

}  // namespace samband::verify
