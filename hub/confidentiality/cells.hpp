// The finite domain of decisions, as sets of cells. A cell is one combination of sender, recipient, kind, purpose, data
// category, person's role, age and everything else a decision can turn on; a cube allows some values in each dimension
// and means all their combinations; a region is a union of cubes. Unions, intersections and differences are exact, so
// the static analysis and the diff of rule sets need no sampling. Values; pure. Internal to hub/confidentiality.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "confidentiality/rules.hpp"

namespace samband {

enum Dimension : std::size_t {
  kHolder,      // actor types
  kRecipient,   // actor types
  kKind,        // message kinds
  kPurpose,     // purposes
  kInitiative,  // Initiative: own, request
  kCategory,    // data categories
  kRole,        // person roles, and last "nobody named"
  kLeaf,        // any leaf, then those that only one of two purposes excepts
  kPeriod,      // from a date of Space::periods to the next
  kAge,         // Space::ages, and last "unknown"
  kProtection,  // ProtectionValue
  kRestricted,  // is the recipient a restricted one: yes, no
  kConsent,     // ConsentValue: how the person concerned has consented
  kAgreement,   // in force: yes, no
  kEmergency,   // yes, no
  kUndertaken,  // sender or recipient carries out what only an agency's people can: yes, no
  kFirstFact,   // one dimension for each fact: yes, no, unknown
};
constexpr std::size_t kFactsMax = 60;
constexpr std::size_t kDimensions = kFirstFact + kFactsMax;

enum ProtectionValue { kNobodyProtected, kPersonMarked, kPersonFictitious, kOtherProtected, kProtectionValues };
enum ConsentValue {
  kNoConsent,
  kSelf,
  kSelfAssessed,
  kGuardian,
  kGuardianAndChild,
  kBothGuardians,
  kBothGuardiansAndChild,
  kConsentValues
};
enum TernaryValue : std::uint64_t { kYes = 1, kNo = 2, kUnknown = 4 };  // as bits

struct Cube {
  std::array<std::uint64_t, kDimensions> allowed;
  bool operator==(const Cube&) const = default;
};
using Region = std::vector<Cube>;

// More cubes than this and the analysis gives up (std::length_error): a rule set of this size has no plain meaning.
constexpr std::size_t kCubesMax = 20000;

Region united(Region, const Region&);
Region intersected(const Region&, const Region&);
Region without(Region, const Region&);
bool same_cells(const Region&, const Region&);
bool overlap(const Region&, const Region&);
// The same cells in fewer cubes: those that differ in one dimension only become one.
Region merged(Region);

// The same for boxes of any number of dimensions: what Cube has, an array `allowed` of bits.
template <class Box>
std::vector<Box> merge_boxes(std::vector<Box> boxes) {
  constexpr std::size_t kCount = std::tuple_size_v<decltype(Box::allowed)>;
  for (std::size_t before = boxes.size() + 1; boxes.size() < before;) {
    before = boxes.size();
    for (std::size_t d = 0; d < kCount; ++d) {
      const auto less = [d](const Box& a, const Box& b) {
        for (std::size_t i = 0; i < kCount; ++i)
          if (i != d && a.allowed[i] != b.allowed[i]) return a.allowed[i] < b.allowed[i];
        return false;
      };
      std::sort(boxes.begin(), boxes.end(), less);
      std::size_t kept = 0;
      for (std::size_t i = 1; i < boxes.size(); ++i) {
        if (!less(boxes[kept], boxes[i])) {
          boxes[kept].allowed[d] |= boxes[i].allowed[d];
        } else {
          boxes[++kept] = boxes[i];
        }
      }
      if (!boxes.empty()) boxes.resize(kept + 1);
    }
  }
  return boxes;
}

struct AgeBand {
  int low = 0, high = 200;  // both included
};

// What the dimensions range over, for one rule set or for two that are compared.
struct Space {
  std::vector<AgeBand> ages;
  std::vector<Date> periods;        // first days; the first is the day of the analysis
  std::vector<std::string> leaves;  // "" = any leaf
  Cube full;

  Space(const std::vector<const RuleSet*>& sets, Date at, bool later_days);
  std::uint64_t unknown_age() const { return std::uint64_t{1} << ages.size(); }
  // The bands inside [low, high]; every limit of every rule is a band's edge.
  std::uint64_t age_bits(int low, int high) const;
  int nobody_named() const;  // in kRole
  Cube with(Dimension, std::uint64_t allowed) const;
  Cube with_fact(int code, std::uint64_t allowed) const;
};

}  // namespace samband
