#include "confidentiality/cells.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "model/vocabulary.hpp"

namespace samband {
namespace {

bool inside(const Cube& a, const Cube& b) {
  std::uint64_t outside = 0;
  for (std::size_t d = 0; d < kDimensions; ++d) outside |= a.allowed[d] & ~b.allowed[d];
  return outside == 0;
}

bool intersect(const Cube& a, const Cube& b, Cube& out) {
  bool all = true;
  for (std::size_t d = 0; d < kDimensions; ++d) {
    out.allowed[d] = a.allowed[d] & b.allowed[d];
    all &= out.allowed[d] != 0;
  }
  return all;
}

void add(Region& region, const Cube& cube) {
  for (const Cube& known : region)
    if (inside(cube, known)) return;
  std::erase_if(region, [&](const Cube& known) { return inside(known, cube); });
  if (region.size() >= kCubesMax) throw std::length_error("the rule set is too tangled to analyse");
  region.push_back(cube);
}

}  // namespace

Region united(Region a, const Region& b) {
  for (const Cube& cube : b) add(a, cube);
  return a;
}

Region intersected(const Region& a, const Region& b) {
  Region out;
  Cube both;
  for (const Cube& left : a)
    for (const Cube& right : b)
      if (intersect(left, right, both)) add(out, both);
  return out;
}

Region without(Region a, const Region& b) {
  for (const Cube& taken : b) {
    Region rest;
    for (Cube cube : a) {
      Cube both;
      if (!intersect(cube, taken, both)) {
        rest.push_back(cube);
        continue;
      }
      for (std::size_t d = 0; d < kDimensions; ++d) {
        const std::uint64_t outside = cube.allowed[d] & ~taken.allowed[d];
        if (outside == 0) continue;
        Cube piece = cube;
        piece.allowed[d] = outside;
        rest.push_back(piece);
        cube.allowed[d] &= taken.allowed[d];
      }
      if (rest.size() > kCubesMax) throw std::length_error("the rule set is too tangled to analyse");
    }
    a = std::move(rest);
    if (a.empty()) break;
  }
  return a;
}

bool same_cells(const Region& a, const Region& b) { return a == b || (without(a, b).empty() && without(b, a).empty()); }

bool overlap(const Region& a, const Region& b) {
  Cube both;
  for (const Cube& left : a)
    for (const Cube& right : b)
      if (intersect(left, right, both)) return true;
  return false;
}

Region merged(Region region) {
  Region cells = merge_boxes(std::move(region));
  // What lies inside another cube says nothing new; too many to look for, and they stay.
  if (cells.size() > 2000) return cells;
  Region out;
  for (const Cube& cube : cells) add(out, cube);
  return out;
}

Space::Space(const std::vector<const RuleSet*>& sets, Date at, bool later_days) {
  using namespace std::chrono;
  std::set<int> cuts{0, 12, 15, 18, 20, 21};  // the law's own, used by the judgement of consents too
  std::set<sys_days> days{sys_days{at}};
  const auto boundary = [&](Date first, Date last) {
    if (first.ok() && sys_days{first} > sys_days{at}) days.insert(sys_days{first});
    if (last.ok() && sys_days{last} >= sys_days{at}) days.insert(sys_days{last} + std::chrono::days{1});
  };
  for (const RuleSet* set : sets) {
    for (const Rule& rule : set->rules) {
      for (const Condition& condition : rule.conditions) {
        if (condition.type != Condition::Type::person_age) continue;
        cuts.insert(condition.age_min);
        cuts.insert(condition.age_max + 1);
      }
      if (later_days) boundary(rule.in_force_from, rule.in_force_to);
    }
    if (later_days)
      for (const Provision& provision : set->provisions) boundary(provision.in_force_from, provision.in_force_to);
  }
  cuts.erase(cuts.upper_bound(200), cuts.end());
  for (auto cut = cuts.begin(); cut != cuts.end(); ++cut)
    ages.push_back({*cut, std::next(cut) == cuts.end() ? 200 : *std::next(cut) - 1});
  for (const sys_days day : days) periods.push_back(Date{day});
  leaves.emplace_back();
  if (sets.size() == 2) {
    std::set<std::string> only_one;
    for (std::size_t side = 0; side < 2; ++side) {
      for (const Purpose& purpose : sets[side]->purposes) {
        const Purpose* other = sets[1 - side]->purpose(purpose.id);
        for (const std::string& leaf : purpose.except)
          if (other == nullptr || std::find(other->except.begin(), other->except.end(), leaf) == other->except.end())
            only_one.insert(leaf);
      }
    }
    leaves.insert(leaves.end(), only_one.begin(), only_one.end());
  }
  if (ages.size() > 30 || periods.size() > 31 || leaves.size() > 31 || fact_codes().size() > kFactsMax)
    throw std::length_error("more ages, days or exceptions than the analysis can hold");
  const auto all = [](std::size_t count) { return (std::uint64_t{1} << count) - 1; };
  full.allowed.fill(1);
  full.allowed[kHolder] = full.allowed[kRecipient] = all(actor_types().size());
  full.allowed[kKind] = all(message_kinds().size());
  full.allowed[kPurpose] = all(purposes().size());
  full.allowed[kCategory] = all(data_categories().size());
  full.allowed[kRole] = all(person_roles().size() + 1);
  full.allowed[kLeaf] = all(leaves.size());
  full.allowed[kPeriod] = all(periods.size());
  full.allowed[kAge] = all(ages.size() + 1);
  full.allowed[kProtection] = all(kProtectionValues);
  full.allowed[kConsent] = all(kConsentValues);
  full.allowed[kInitiative] = full.allowed[kRestricted] = full.allowed[kAgreement] = full.allowed[kEmergency] =
      full.allowed[kUndertaken] = kYes | kNo;
  for (std::size_t i = 0; i < fact_codes().size(); ++i) full.allowed[kFirstFact + i] = kYes | kNo | kUnknown;
}

std::uint64_t Space::age_bits(int low, int high) const {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < ages.size(); ++i)
    if (ages[i].low >= low && ages[i].high <= high) bits |= std::uint64_t{1} << i;
  return bits;
}

int Space::nobody_named() const { return static_cast<int>(person_roles().size()); }

Cube Space::with(Dimension dimension, std::uint64_t allowed) const {
  Cube cube = full;
  cube.allowed[dimension] &= allowed;
  return cube;
}

Cube Space::with_fact(int code, std::uint64_t allowed) const {
  Cube cube = full;
  cube.allowed[kFirstFact + static_cast<std::size_t>(code)] &= allowed;
  return cube;
}

}  // namespace samband
