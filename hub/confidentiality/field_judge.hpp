// Judges one field: covers of every person it is about, and whether each is cleared. What depends only on the request
// (rules that match it, provisions at its holder, facts, ages) is worked out once, in the constructor.
// Lives as long as one decision: not shared between threads. Internal to hub/confidentiality.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "confidentiality/facts.hpp"

namespace samband {

// Sets of things (facts as bits, kConsentBit, kBirthDateBit) each of which would be enough.
using Changes = std::vector<Bits>;
constexpr std::size_t kChangesMax = 16;

// Keeps the sets that contain no other one; the smallest first, so that the limit cuts the least useful.
void keep_minimal_changes(Changes&);
// Fact codes in order, then "birth_date" and "consent".
std::vector<std::string> names_of(Bits);

struct Judgement {
  FieldOutcome outcome = FieldOutcome::withhold;
  Reason reason = Reason::secrecy;
  std::vector<Cover> covers;
  std::vector<int> rules;  // positions in RuleSet::rules that cleared something here
  std::vector<const Consent*> consents;
  std::vector<int> no_secrecy;  // positions in RuleSet::no_secrecy relied on
  std::vector<int> tested;      // positions in RuleSet::provisions that a recorded harm test cleared
  Bits missing = 0;             // unknown facts that stand between, when held
  Changes changes;              // when not released, and the request asked for it
};

class FieldJudge {
 public:
  // `aside`: positions in RuleSet::rules, sorted, of rules that clear nothing.
  FieldJudge(const DecisionRequest&, const RuleSet&, const RuleIndex&, std::span<const int> aside = {});

  // `category` is a place in data_categories(); `persons` are places in the request, empty = about nobody named.
  Judgement judge(int category, const std::vector<int>& persons) const;
  // Checks every pair over one category of one person and nothing else, for the bench; how many there were.
  std::size_t check(int category, int person) const;
  bool needed(int category) const { return (needs_ & bit(category)) != 0; }
  const Purpose* purpose() const { return purpose_; }
  bool any_rule() const { return !rules_.empty(); }
  // Does some rule, apart from those that ask for consent, hold for this exchange? `missing` gets what is unknown.
  Truth any_rule_holds(Bits& missing) const;
  // Does a statutory duty (must) hold for somebody in the message, or may it?
  bool may_be_owed() const;
  const FactTable& facts() const { return facts_; }
  Date today() const { return today_; }
  bool gated() const { return gated_; }  // the recipient has no secrecy of its own
  // The duty that the matching rules give: certain ones first, then must before should, then the earliest.
  // `rule` gets its position when all its conditions are true, else -1.
  std::optional<Duty> duty(int& rule) const;

 private:
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
  struct Pair {  // one (provision, person) pair, or the ground for sending what no provision covers
    Truth cleared = Truth::no;
    Reason reason = Reason::secrecy;
    std::string_view fact;  // harm test that cleared it
    std::vector<int> rules;
    const Consent* consent = nullptr;
    Bits missing = 0;
    Changes changes;
  };

  Standing standing_of(const RuleIndex::RuleBits&, int person) const;
  std::span<const int> condition_persons(int person) const;
  Truth age_within(const RuleIndex::ConditionBits&, int person) const;
  // Is there an age that both the rule and the consent accept?
  bool ages_meet(const RuleIndex::RuleBits&, const ConsentAnswer&, int person) const;
  bool covers(const RuleIndex::ProvisionBits&, int category, int person) const;
  bool can_break(const RuleIndex::RuleBits&, int provision) const;
  // Can a recorded harm test carry this person's data? Some rule must hold for the exchange, consent aside; while that
  // is unknown, `ways` gets what would settle it.
  Truth described(int person, Changes& ways) const;
  static Changes ways_of(const Standing&);
  template <class Reaches>
  Pair by_rules(int category, int person, const ConsentAnswer&, std::vector<int>& consent_rules, Changes& answers,
                Reaches) const;
  Pair judge_ground(int category, int person, const ConsentAnswer&) const;
  Pair judge_pair(int provision, const std::vector<int>& all, int category, int person, const ConsentAnswer&) const;

  const DecisionRequest& request_;
  const RuleSet& set_;
  const RuleIndex& index_;
  FactTable facts_;
  Date today_;
  Bits holder_ = 0;
  Bits needs_ = 0;
  const Purpose* purpose_ = nullptr;
  bool exchange_protected_ = false;
  bool gated_ = false;        // the recipient has no secrecy of its own
  bool new_purpose_ = false;  // what is no statutory duty needs `new_purpose_tested` (Gate)
  std::vector<int> ages_;     // -1 = unknown
  std::vector<Bits> roles_;
  std::vector<int> subjects_;
  std::vector<int> provisions_;  // places in index_.provisions that are in force at this holder
  std::vector<LiveRule> rules_;  // that match the request
};

}  // namespace samband
