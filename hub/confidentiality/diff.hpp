// What changes when one rule set takes the place of another: exactly the cells (cells.hpp) whose fields are decided
// otherwise, and what was added, removed or written otherwise. Pure; thread-safe.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "confidentiality/cells.hpp"
#include "model/vocabulary.hpp"

namespace samband {

// A rule, provision, purpose, declaration or setting that is not the same in both.
struct ItemChange {
  std::string kind, id;  // "rule", "POL-SN-15-17"
  std::string how;       // "added" | "removed" | "changed"
  struct Member {
    std::string name, before, after;
  };
  std::vector<Member> members;  // what changed
};

// Cells that go from one outcome to another, in as few cubes as they can be said.
struct CellChange {
  FieldOutcome before = FieldOutcome::withhold, after = FieldOutcome::withhold;
  std::vector<std::string> causes;  // "rule POL-SN-15-17", "need child_protection", ...
  Region cells;
};

struct RuleSetDiff {
  Space space;
  std::vector<ItemChange> items;
  std::vector<CellChange> changes;
  struct Name {
    std::string sv, en;
  };
  std::map<std::string, Name> purpose_names;  // as the later set has them, else the earlier
  bool any() const { return !items.empty() || !changes.empty(); }
};

std::vector<ItemChange> changed_items(const RuleSet& before, const RuleSet& after);
std::string declared_as(const NoSecrecy&);  // the id of a declaration: "landlord_private: debt, housing"

// From the day `at` on, with every later day on which something begins or ends in either set.
// Throws std::length_error when the sets are too tangled to compare exactly.
RuleSetDiff compare(const RuleSet& before, const RuleSet& after, Date at);

// For a lawyer: parties, purposes, categories and facts by name; kinds and rules by the codes that they are known by.
std::string diff_in_words(const RuleSetDiff&, bool swedish);
std::string item_in_words(const ItemChange&, bool swedish);  // "rule X changed"
json::object diff_as_json(const RuleSetDiff&);

}  // namespace samband
