// The decision of one field as regions of cells, for the static analysis and the diff: in which cells it is released,
// and in which it is not withheld. The same definition as field_judge.cpp and situation.cpp, written as sets instead of
// as an answer to one request; a test compares the two (cell_model_test.cpp). Immutable after construction:
// thread-safe. Internal to hub/confidentiality.
//
// The message of a cell: the person whom the field is about in the cell's role; a `subject` beside, unless that person
// is one; every recorded fact recorded for the exchange and for each person; one age for them all. "Somebody else is
// protected" is the subject, or another person where the field is about the subject.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "confidentiality/cells.hpp"
#include "confidentiality/rule_index.hpp"

namespace samband {

struct CellExchange {
  int holder = 0, recipient = 0, kind = 0, purpose = 0;  // places in the closed lists
  Initiative initiative = Initiative::own;
};

// What of the rule set matters to one exchange on one day.
struct Scene {
  std::vector<int> rules;       // places in RuleIndex::rules that match
  std::vector<int> provisions;  // places in RuleIndex::provisions in force at the holder
  Bits needs = 0, declared = 0;
  const Purpose* purpose = nullptr;
  bool gated = false;
  bool new_purpose = false;  // what is no statutory duty needs `new_purpose_tested` (Gate)
  int always_on = -1;        // place of a rule that counts whatever its setting says
};

struct CellOutcome {
  Region release;
  Region open;  // released or held
  // Of a rule of the scene, by its place: where it would help to carry this field.
  std::map<int, Region> contributes;
  std::map<std::string, Region> obliged;  // by obligation: where it goes with a release
};

class CellModel {
 public:
  CellModel(const RuleSet&, const Space&);

  // `always_on` is a place of a rule that counts whatever its setting says; -1 = none.
  Scene scene(const CellExchange&, Date day, int always_on = -1) const;
  CellOutcome outcome(const Scene&, int category, int role, int leaf = 0) const;
  // All that an outcome depends on: equal texts, equal outcomes.
  std::string signature(const Scene&, int category, int role, int leaf = 0) const;
  // By modality and deadline ("must at_once"): where that is the duty of the exchange.
  std::map<std::string, Region> duties(const Scene&) const;
  // Where all conditions of the rule are true for the subject (consent aside), and where some giver's consent suffices.
  Region standing(int rule) const;
  const Region& consented() const { return consent_.yes; }
  const RuleIndex& index() const { return *index_; }

 private:
  struct Truth3 {
    Region yes, possible;  // possible: yes or unknown
  };
  static int fact_place(std::string_view code);
  static bool is_subject(int role);  // whom the message is about
  Truth3 fact(int code, bool expected = true) const;
  Truth3 standing_of(const RuleIndex::RuleBits&, bool person_protected, bool gated, bool new_purpose) const;
  // In a scene: a rule whose setting is off is true nowhere, and possible where it holds what it would open.
  Truth3 standing_in(const Scene&, int rule, bool person_protected) const;
  bool off(const Scene&, int rule) const;
  Region unkept_where(const Scene&, int rule) const;  // where something that the rule asks for cannot be kept
  bool can_break(const RuleIndex::RuleBits&, const RuleIndex::ProvisionBits&) const;
  // Where each duty of the scene is the one that the exchange has, by place of the rule.
  std::map<int, Region> chosen_duties(const Scene&, bool subject_protected) const;
  Truth3 consent_table() const;
  struct Guarded;
  // One field in one state of protection, by the rules as they stand or without the permissions of which more is asked
  // than can be kept.
  struct Judged {
    Region released, open;
    std::map<int, Region> contributes, obliging;  // by place of the rule; obliging: with the duty of the exchange
  };
  Judged judged(const Scene&, int category, int role, ProtectionValue, bool all_rules) const;
  void judge(const Scene&, int category, int role, ProtectionValue, CellOutcome&) const;

  const RuleSet& set_;
  const Space& space_;
  std::shared_ptr<const RuleIndex> index_;
  Truth3 consent_;
};

}  // namespace samband
