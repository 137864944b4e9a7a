// Random requests near the rules, so that many of them pass. The seed is printed and SAMBAND_SEED repeats it.
#pragma once
#include <cstdlib>
#include <iostream>
#include <random>

#include "support.hpp"

namespace samband::testing {

using Strings = std::vector<std::string>;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class List>
  std::string pick(const List& list) {
    return std::string(list[below(list.size())]);
  }
  std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
};

inline std::string resolve(Dice& dice, const Strings& codes, std::span<const std::string_view> all) {
  const auto code = dice.pick(codes);
  return code == "*" ? dice.pick(all) : code;
}

inline bool assumes_an_age(const Rule& r) {
  return std::any_of(r.conditions.begin(), r.conditions.end(),
                     [](const Condition& c) { return c.type == Condition::Type::person_age && !c.code.empty(); });
}

inline World random_world(Dice& dice, const RuleSet& set) {
  // One rule of a hundred asks what may be assumed of an age; it is drawn often enough to be seen.
  const auto assuming = std::find_if(set.rules.begin(), set.rules.end(), assumes_an_age);
  const auto& near =
      assuming != set.rules.end() && dice.one_in(16) ? *assuming : set.rules[dice.below(set.rules.size())];
  const bool assumes = assumes_an_age(near);
  World w(dice.one_in(12) ? dice.pick(actor_types()) : resolve(dice, near.from, actor_types()),
          dice.one_in(12) ? dice.pick(actor_types()) : resolve(dice, near.to, actor_types()),
          dice.one_in(12) ? dice.pick(message_kinds()) : resolve(dice, near.kinds, message_kinds()),
          dice.one_in(12) ? dice.pick(purposes()) : resolve(dice, near.purposes, purposes()));
  const bool urgent = std::any_of(near.conditions.begin(), near.conditions.end(),
                                  [](const Condition& c) { return c.type == Condition::Type::emergency; });
  w.emergency = urgent ? !dice.one_in(4) : dice.one_in(3);
  if (dice.one_in(4)) w.emergency_reason = dice.one_in(2) ? "" : "danger_to_life";
  if (dice.one_in(3)) w.emergency_since = w.now - std::chrono::hours(static_cast<int>(dice.below(6)));
  w.initiative = near.initiative.size() == 1 && near.initiative[0] == "request" && !dice.one_in(4) ? Initiative::request
                 : dice.one_in(4)                                                                  ? Initiative::request
                                                                                                   : Initiative::own;
  w.restricted = dice.one_in(2);
  const auto persons = dice.below(4);
  static const int ages[] = {8, 14, 15, 17, 18, 20, 21, 40, -1};
  for (std::size_t i = 0; i < persons; ++i) {
    auto& p = w.person(i == 0 || dice.one_in(5) ? dice.pick(Strings{"subject", "tenant"}) : dice.pick(person_roles()),
                       // What may be assumed says something only where the age is unknown.
                       assumes && dice.one_in(2) ? -1 : ages[dice.below(9)]);
    if (dice.one_in(6)) p.protection = static_cast<Protection>(1 + dice.below(3));
  }
  for (std::size_t i = dice.below(8); i-- > 0;) {
    Strings about;
    for (const auto& p : w.persons)
      if (dice.one_in(2)) about.push_back(p.ref);
    const auto* purpose = set.purpose(w.purpose);
    const bool needed = purpose != nullptr && !purpose->needs.empty() && !dice.one_in(6);
    w.field(needed ? dice.pick(purpose->needs) : dice.pick(data_categories()), about);
    if (dice.one_in(20)) w.fields.back().pointer = "/persons/0/personalNumber";
    if (dice.one_in(40)) w.fields.back().persons.push_back("p9");
  }
  const auto some_person = [&] {
    return w.persons.empty() || dice.one_in(3) ? "" : w.persons[dice.below(w.persons.size())].ref;
  };
  for (const auto& c : near.conditions) {
    auto codes = c.codes;
    if (!c.code.empty()) codes.push_back(c.code);
    for (const auto& code : codes)
      if (!dice.one_in(4))
        w.fact(code, dice.one_in(8) ? !c.expected : c.expected, dice.one_in(2) ? "" : some_person(),
               dice.one_in(8) ? "" : "anna");
  }
  for (std::size_t i = dice.below(5); i-- > 0;) {
    w.fact(dice.pick(fact_codes()), !dice.one_in(3), some_person(), dice.one_in(5) ? "" : "anna");
    w.facts.back().at = w.now + std::chrono::minutes(static_cast<int>(dice.below(4)) * 4 - 6);
  }
  for (std::size_t i = dice.below(4); i-- > 0;) {
    if (w.persons.empty()) break;
    Strings categories;
    for (const auto& f : w.fields)
      if (!dice.one_in(6)) categories.push_back(f.category);
    auto& c = w.consent(w.persons[dice.below(w.persons.size())].ref, categories,
                        dice.pick(Strings{"self", "self", "both_guardians", "guardian_and_child", "guardian",
                                          "both_guardians_and_child"}));
    if (dice.one_in(2)) c.maturity_assessor = "eva";
    if (dice.one_in(6)) c.revoked_at = w.now + std::chrono::milliseconds(static_cast<int>(dice.below(3)) - 1);
    if (dice.one_in(8)) c.valid_to = w.now;
    if (dice.one_in(8)) c.holder = "other";
    if (dice.one_in(4)) c.agreement = "sig";
  }
  for (Party* party : {&w.holder, &w.recipient})
    if (dice.one_in(4)) party->carries_out = {dice.pick(party_tasks())};
  if (dice.one_in(2)) w.agreement("2026-01-01", dice.one_in(4) ? "2026-11-21" : "2026-12-31");
  return w;
}

inline RuleSet random_settings(Dice& dice, const RuleSet& base = *shipped_rules()) {
  RuleSet set = base;
  auto& s = set.settings;
  for (bool* each : {&s.duty_breaks_protected_address, &s.balance_rule_10_15a, &s.cooperation_is_a_duty,
                     &s.lob_assessment_is_balance, &s.one_guardian_suffices, &s.guardian_test_must_be_recorded,
                     &s.serious_offence_limits_confirmed, &s.lvm_in_force, &s.bosamordnare_same_board,
                     &s.kfm_children_with_notice, &s.necessity_break_glass, &s.contact_duty_reaches_protected_place,
                     &s.eviction_notice_states_debt, &s.police_purpose_tested_before})
    *each = dice.one_in(2);
  // Obligations that no shipped rule has yet.
  static const Strings more = {"notify_guardian",      "drop:health",           "pseudonymise:identity",
                               "generalise:event",     "generalise_birth_date", "human_review",
                               "restricted_recipient", "drop:nothing",          "notify_person"};
  if (dice.one_in(4)) set.rules[dice.below(set.rules.size())].obligations.push_back(dice.pick(more));
  // Every permission, and sometimes a duty, asks for what may not be kept: beside them stand duties that ask nothing.
  if (dice.one_in(6)) {
    const auto asked = dice.pick(more);
    for (auto& rule : set.rules)
      if (rule.modality != "must" || dice.one_in(20)) rule.obligations.push_back(asked);
  }
  return set;
}

inline std::uint64_t seed() {
  const char* given = std::getenv("SAMBAND_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "seed " << seed << " (SAMBAND_SEED repeats it)\n";
  return seed;
}

}  // namespace samband::testing
