#include "confidentiality/changes.hpp"

#include <algorithm>
#include <bit>

namespace samband {

void keep_minimal_changes(Changes& sets) {
  std::sort(sets.begin(), sets.end(), [](Bits a, Bits b) {
    const int size_a = std::popcount(a), size_b = std::popcount(b);
    return size_a != size_b ? size_a < size_b : a < b;
  });
  Changes kept;
  for (const Bits set : sets) {
    const bool has_smaller = std::any_of(kept.begin(), kept.end(), [&](Bits other) { return (other & ~set) == 0; });
    if (!has_smaller && kept.size() < kChangesMax) kept.push_back(set);
  }
  sets = std::move(kept);
}

Changes combined(const Changes& a, const Changes& b) {
  Changes out;
  for (const Bits left : a)
    for (const Bits right : b) out.push_back(left | right);
  keep_minimal_changes(out);
  return out;
}

Bits union_of(const Changes& sets) {
  Bits all = 0;
  for (const Bits set : sets) all |= set;
  return all;
}

std::vector<std::string> names_of(Bits facts) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < fact_codes().size(); ++i)
    if ((facts & bit(static_cast<int>(i))) != 0) out.emplace_back(fact_codes()[i]);
  if ((facts & kBirthDateBit) != 0) out.emplace_back("birth_date");
  if ((facts & kConsentBit) != 0) out.emplace_back("consent");
  return out;
}

}  // namespace samband
