// Judges one field: covers of every person it is about, and whether each is cleared.
// Lives as long as one decision: not shared between threads. Internal to hub/confidentiality.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "confidentiality/changes.hpp"
#include "confidentiality/situation.hpp"

namespace samband {

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
  explicit FieldJudge(const Situation& situation) : situation_(situation) {}  // which must outlive it

  // `category` is a place in data_categories(); `persons` are places in the request, empty = about nobody named.
  Judgement judge(int category, const std::vector<int>& persons) const;
  // Checks every pair over one category of one person and nothing else, for the bench; how many there were.
  std::size_t check(int category, int person) const;

 private:
  struct Pair {  // one (provision, person) pair, or the ground for sending what no provision covers
    Truth cleared = Truth::no;
    Reason reason = Reason::secrecy;
    std::string_view fact;  // harm test that cleared it
    std::vector<int> rules;
    const Consent* consent = nullptr;
    Bits missing = 0;
    Changes changes;
  };

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
  // The declaration that no secrecy covers the category at this holder; nullptr: there is none.
  const RuleIndex::NoSecrecyBits* declared_open(int category) const;
  // Whether a named person has released a protected person's data, and the document.
  struct Releases {
    Truth place = Truth::yes, document = Truth::yes;
  };
  Releases releases(int category, const std::vector<int>& persons) const;
  Pair judge_ground(int category, int person, const ConsentAnswer&) const;
  Pair judge_pair(int provision, const std::vector<int>& all, int category, int person, const ConsentAnswer&) const;

  const Situation& situation_;
};

}  // namespace samband
