// What of the rules matters to one request: which of them match it and how their conditions stand for each person,
// which provisions are in force at its holder, facts and ages. Worked out once, before any field is judged. Lives as
// long as one decision, and refers to its request: not shared between threads. Internal to hub/confidentiality.
#pragma once
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "confidentiality/facts.hpp"

namespace samband {

// All conditions of a rule but consent, for one person's pairs.
struct Standing {
  Truth truth = Truth::yes;
  Reason reason = Reason::secrecy;                 // when no
  std::array<Bits, kConditionsMax + 3> unknown{};  // each: any one of these facts would settle it; 0 = none would
  std::size_t unknown_count = 0;
  void add(Truth, Reason when_no, Bits facts);
};
struct LiveRule {
  const RuleIndex::RuleBits* bits;
  bool aside;                       // clears nothing
  std::vector<Standing> standings;  // [person + 1]
};

class Situation {
 public:
  // `aside`: positions in RuleSet::rules, sorted, of rules that clear nothing.
  Situation(const DecisionRequest&, const RuleSet&, const RuleIndex&, std::span<const int> aside = {});
  Situation(const Situation&) = delete;

  // Does some rule, apart from those that ask for consent, hold for this exchange? `missing` gets what is unknown.
  Truth any_rule_holds(Bits& missing) const;
  // Does a statutory duty (must) hold for somebody in the message, or may it?
  bool may_be_owed() const;
  // The duty that the matching rules give: certain ones first, then must before should, then the earliest.
  // `rule` gets its position when all its conditions are true, else -1.
  std::optional<Duty> duty(int& rule) const;

  const DecisionRequest& request;
  const RuleSet& set;
  const RuleIndex& index;
  const FactTable facts;
  const Date today;
  const Bits holder;
  Bits needs = 0;
  const Purpose* purpose = nullptr;
  bool exchange_protected = false;
  bool gated = false;        // the recipient has no secrecy of its own
  bool new_purpose = false;  // what is no statutory duty needs `new_purpose_tested` (Gate)
  std::vector<int> ages;     // by person; -1 = unknown
  std::vector<Bits> roles;
  std::vector<int> subjects;
  std::vector<int> provisions;  // places in index.provisions that are in force at this holder
  std::vector<LiveRule> rules;  // that match the request

 private:
  Standing standing_of(const RuleIndex::RuleBits&, int person) const;
  std::span<const int> condition_persons(int person) const;
  bool age_known(int person) const { return person != kWholeExchange && ages[person] >= 0; }
  Truth age_within(const RuleIndex::ConditionBits&, int person) const;
};

}  // namespace samband
