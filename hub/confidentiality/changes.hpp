// What would have to be answered for more to go: sets of facts, a consent, a birth date. Pure.
// Internal to hub/confidentiality.
#pragma once
#include <string>
#include <vector>

#include "confidentiality/rule_index.hpp"

namespace samband {

// Sets of things (facts as bits, kConsentBit, kBirthDateBit) each of which would be enough.
using Changes = std::vector<Bits>;
constexpr std::size_t kChangesMax = 16;

// Keeps the sets that contain no other one; the smallest first, so that the limit cuts the least useful.
void keep_minimal_changes(Changes&);
// Every way to have one of `a` and one of `b`.
Changes combined(const Changes& a, const Changes& b);
Bits union_of(const Changes&);
// Fact codes in order, then "birth_date" and "consent".
std::vector<std::string> names_of(Bits);

}  // namespace samband
