// One decision table per shipped rule that the flows use: the row where all is true, each condition flipped alone (it
// must change the outcome), and each condition unknown. Runs on config/rules as shipped.
#include "support.hpp"

#include <functional>

namespace samband::testing {
namespace {

struct Table {
  std::string rule;
  std::function<World()> all_true;
  // What each condition is made of: the fact to flip, or a change of the world.
  std::vector<std::string> facts;
  std::vector<std::pair<std::string, std::function<void(World&)>>> flips;
  Outcome unknown = Outcome::held;
};

void set_fact(World& w, const std::string& code, std::optional<Truth> value) {
  for (auto it = w.facts.begin(); it != w.facts.end(); ++it) {
    if (it->code != code) continue;
    if (value) {
      it->value = *value;
    } else {
      w.facts.erase(it);
    }
    return;
  }
  FAIL() << "the table names a fact that its world lacks: " << code;
}

void older(World& w, int age) {
  w.persons[0].birth_date =
      Date{stockholm_date(w.now).year() - std::chrono::years{age}, std::chrono::January, std::chrono::day{1}};
}
std::pair<std::string, std::function<void(World&)>> aged(int age) {
  return {"age " + std::to_string(age), [age](World& w) { older(w, age); }};
}

World world(std::string from, std::string to, std::string kind, std::string purpose, std::string role, int age,
            std::vector<std::string> categories, std::vector<std::string> facts) {
  World w(std::move(from), std::move(to), std::move(kind), std::move(purpose));
  w.person(std::move(role), age);
  for (auto& category : categories) w.field(category);
  w.field("envelope", {}).field("official", {});
  for (auto& fact : facts) w.fact(fact, true, "p1");
  return w;
}

std::pair<std::string, std::function<void(World&)>> no_consent() {
  return {"consent", [](World& w) { w.consents.clear(); }};
}
std::pair<std::string, std::function<void(World&)>> no_agreement() {
  return {"agreement", [](World& w) { w.agreements.clear(); }};
}

std::vector<Table> tables() {
  const std::vector<std::string> person = {"identity", "address", "contact", "event"};
  return {
      {"POL-SN-15-17",
       [] {
         return world("police", "social_board", "police.suspicion", "youth_offence_notice", "subject", 16,
                      {"identity", "address", "suspicion", "mediation", "custody", "misuse", "event"},
                      {"reasonable_suspicion", "prison_in_scale"});
       },
       {"reasonable_suspicion", "prison_in_scale"},
       {aged(18)}},
      {"POL-SN-U15",
       [] {
         return world("police", "social_board", "police.suspicion", "youth_offence_notice", "subject", 13,
                      {"identity", "suspicion", "event"}, {"prison_in_scale", "may_be_suspected", "inquiry_opened"});
       },
       {"prison_in_scale"},
       {{"age 15",
         [](World& w) {
           older(w, 15);  // then the duty of 6 § asks for reasonable suspicion
           w.fact("reasonable_suspicion", false, "p1");
         }}}},
      {"POL-SN-LOB",
       [] {
         return world("police", "social_board", "police.lob", "need_of_help", "subject", 30,
                      {"identity", "custody", "misuse", "health", "event_place"},
                      {"identity_established", "need_of_help"});
       },
       {"identity_established", "need_of_help"},
       {}},
      {"POL-SN-CHILD",
       [=] {
         return world("police", "social_board", "concern.report", "child_protection", "subject", 10, person,
                      {"individual_assessment"});
       },
       {"individual_assessment"},
       {aged(18)}},
      {"HLT-SN-CHILD",
       [=] {
         return world("health_bup", "social_board", "concern.report", "child_protection", "subject", 10,
                      {"identity", "event", "health"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {aged(18)}},
      {"KFM-SN-CHILD",
       [=] {
         return world("enforcement", "social_board", "concern.report", "child_protection", "subject", 10, person,
                      {"individual_assessment"});
       },
       {"individual_assessment"},
       {aged(18)}},
      {"ANY-SN-CHILD",
       [=] {
         return world("school", "social_board", "concern.report", "child_protection", "subject", 10,
                      {"identity", "event", "school", "health"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {aged(18)}},
      {"ANY-SN-CHILD-IRK",
       [=] {
         return world("police", "social_board", "sig.nomination", "sig_cooperation", "subject", 15,
                      {"identity", "risk_assessment", "school", "suspicion"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {aged(18)}},
      {"ADULT-CONSENT",
       [] {
         auto w = world("police", "health_clinic", "police.offer", "voluntary_offer", "subject", 19,
                        {"identity", "contact", "event", "misuse"}, {"offer_accepted"});
         w.consent("p1", {"identity", "contact", "event", "misuse"});
         return w;
       },
       {"offer_accepted"},
       {no_consent(), aged(17)}},
      {"SIG-CONSENT",
       [] {
         auto w = world("school", "police", "sig.information", "sig_cooperation", "subject", 16,
                        {"identity", "school", "social_situation", "risk_assessment"}, {});
         w.consent("p1", {"identity", "school", "social_situation", "risk_assessment"}, "both_guardians_and_child")
             .maturity_assessor = "eva";
         w.fact("guardian_harm", false, "p1");
         w.agreement();
         return w;
       },
       {},
       {no_consent(), no_agreement()}},
      {"INV-BALANCE",
       [] {
         auto w = world("police", "social_board", "sig.information", "sig_cooperation", "subject", 16, {"suspicion"},
                        {"interest_balance"});
         w.consent("p1", {"suspicion"}, "both_guardians");
         w.fact("guardian_harm", false, "p1");
         w.agreement();
         return w;
       },
       {"interest_balance"},
       {no_consent(), no_agreement()}},
      {"LL-SN-RENT",
       [] {
         return world("landlord_municipal", "social_board", "rent.arrears", "rent_arrears_notice", "tenant", 40,
                      {"identity", "address", "landlord", "housing", "debt", "payment"}, {"dwelling"});
       },
       {"dwelling"},
       {}},
      {"LL-SN-DISTURB",
       [] {
         return world("landlord_municipal", "social_board", "tenancy.disturbance", "tenancy_disturbance_notice",
                      "tenant", 40, {"identity", "address", "landlord", "event"}, {"dwelling"});
       },
       {"dwelling"},
       {}},
      {"KFM-SN-TIME",
       [] {
         return world("enforcement", "social_board", "eviction.time", "eviction_prevention", "tenant", 40,
                      {"identity", "protection", "address", "home_area", "case_reference", "enforcement", "schedule",
                       "landlord"},
                      {});
       },
       {},
       {{"recipient", [](World& w) { w.recipient.actor_type = "housing_coordinator"; }},
        {"kind", [](World& w) { w.kind = "rent.arrears"; }}}},
      {"KFM-SN-CHILDREN-HOME",
       [] {
         return world("enforcement", "social_board", "eviction.time", "eviction_prevention", "tenant", 40, {"children"},
                      {});
       },
       {},
       {{"recipient", [](World& w) { w.recipient.actor_type = "housing_coordinator"; }},
        {"kind", [](World& w) { w.kind = "rent.arrears"; }}}},
      {"LL-HC-OUTREACH",
       [] {
         auto w = world("landlord_private", "housing_coordinator", "rent.arrears", "housing_outreach", "tenant", 40,
                        {"identity", "protection", "address", "contact", "housing", "debt"}, {"dwelling"});
         w.fields.pop_back();
         return w;
       },
       {"dwelling"},
       {{"kind", [](World& w) { w.kind = "tenancy.disturbance"; }}}},
      {"SN-HLT-CARE",
       [] {
         return world("social_board", "health_bup", "care.referral", "care_referral", "subject", 15,
                      {"identity", "contact", "health", "misuse", "social_situation", "school"}, {"need_for_care"});
       },
       {"need_for_care"},
       {{"age 18",
         [](World& w) {
           older(w, 18);  // an adult needs one of the other grounds
           for (const char* other : {"ongoing_misuse", "compulsory_care", "pregnancy_protection"})
             w.fact(other, false, "p1");
         }}}},
      {"SN-HLT-CARE-MISUSE",
       [] {
         return world("social_board", "health_dependency", "care.referral", "care_referral", "subject", 35,
                      {"identity", "health", "misuse"},
                      {"need_for_care", "ongoing_misuse", "compulsory_care", "pregnancy_protection"});
       },
       {"need_for_care"},
       {{"every ground",
         [](World& w) {
           for (const char* ground : {"ongoing_misuse", "compulsory_care", "pregnancy_protection"})
             set_fact(w, ground, Truth::no);
         }}}},
      {"HLT-SN-STATUS",
       [] {
         return world("health_bup", "social_board", "care.status", "care_follow_up", "subject", 15,
                      {"identity", "status", "schedule", "case_reference"}, {"need_for_care"});
       },
       {"need_for_care"},
       {aged(18)}},
      {"CARE-CONSENT",
       [] {
         auto w = world("health_clinic", "social_board", "test.result", "substance_test", "subject", 19,
                        {"identity", "test_result"}, {});
         w.consent("p1", {"identity", "test_result"});
         return w;
       },
       {},
       {no_consent()}},
      {"EARLY-CARE-CONSENT",
       [] {
         auto w = world("police", "health_clinic", "police.suspicion", "early_care", "subject", 16,
                        {"identity", "contact", "misuse"}, {});
         w.consent("p1", {"identity", "contact", "misuse"}, "both_guardians");
         w.fact("guardian_harm", false, "p1");
         return w;
       },
       {},
       {no_consent()}},
      {"SN-REPORTER",
       [] {
         return world("social_board", "school", "care.status", "child_protection", "subject", 10,
                      {"identity", "status"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {aged(18)}},
      {"SN-SN-KNOWN",
       [] {
         return world("social_board", "social_board", "known.query", "known_query", "subject", 10,
                      {"identity", "status"}, {"identity_established"});
       },
       {"identity_established"},
       {}},
      {"SN-POL-PREVENT21",
       [] {
         return world("social_board", "police", "sig.information", "sig_cooperation", "subject", 20,
                      {"identity", "event", "school"}, {"concrete_risk", "not_unsuitable"});
       },
       {"concrete_risk", "not_unsuitable"},
       {aged(21)}},
      {"SN-BOSAM",
       [] {
         auto w = world("social_board", "housing_coordinator", "rent.arrears", "housing_outreach", "tenant", 40,
                        {"identity", "address", "contact", "housing", "debt"}, {"same_organisation"});
         w.fields.pop_back();  // the caseworker is not on this purpose's need list
         return w;
       },
       {"same_organisation"},
       {}},
      {"SN-LL",
       [] {
         auto w = world("social_board", "landlord_private", "eviction.time", "eviction_prevention", "tenant", 40,
                        {"identity", "contact"}, {"recipient_reservation"});
         w.consent("p1", {"identity", "contact"});
         return w;
       },
       {"recipient_reservation"},
       {no_consent()}},
      {"HOUSING-SAME",
       [] {
         return world("social_board", "housing_emergency", "housing.emergency", "emergency_housing", "subject", 30,
                      {"identity", "schedule", "children"}, {"same_organisation"});
       },
       {"same_organisation"},
       {}},
  };
}

TEST(ShippedRules, DecisionTables) {
  for (const auto& table : tables()) {
    SCOPED_TRACE(table.rule);
    const auto base = table.all_true().decide();
    EXPECT_EQ(base.outcome(), Outcome::released) << explain_in_words(base, *shipped_rules(), "en");
    EXPECT_NE(std::find(base.rules().begin(), base.rules().end(), table.rule), base.rules().end());
    for (const auto& fact : table.facts) {
      auto no = table.all_true();
      set_fact(no, fact, Truth::no);
      const auto refused = no.decide();
      EXPECT_EQ(refused.outcome(), Outcome::refused) << fact;
      EXPECT_TRUE(refused.reason() == "fact_false" || refused.reason() == "offer_declined") << fact << refused.reason();
      auto unknown = table.all_true();
      set_fact(unknown, fact, std::nullopt);
      const auto held = unknown.decide();
      EXPECT_EQ(held.outcome(), table.unknown) << fact;
      EXPECT_NE(std::find(held.missing().begin(), held.missing().end(), fact), held.missing().end()) << fact;
    }
    for (const auto& [name, flip] : table.flips) {
      auto w = table.all_true();
      flip(w);
      EXPECT_FALSE(w.decide().permits()) << name;
    }
    for (const auto& [name, change] : std::vector<std::pair<std::string, std::function<void(World&)>>>{
             {"sender", [](World& w) { w.holder.actor_type = "operator"; }},
             {"recipient", [](World& w) { w.recipient.actor_type = "auditor"; }},
             {"purpose", [](World& w) { w.purpose = "receipt"; }},
             {"too early", [](World& w) {
                w.now = at("2020-01-01T00:00:00Z");
                for (auto& fact : w.facts) fact.at = w.now;
              }}}) {
      auto w = table.all_true();
      change(w);
      EXPECT_FALSE(w.decide().permits()) << name;
    }
  }
}

TEST(ShippedRules, DutiesAndObligations) {
  const auto by_rule = [](std::string_view id) {
    for (const auto& table : tables())
      if (table.rule == id) return table.all_true().decide();
    throw std::logic_error("no such table");
  };
  EXPECT_EQ(by_rule("POL-SN-15-17").duty()->rule, "POL-SN-15-17");
  EXPECT_EQ(by_rule("POL-SN-LOB").duty()->modality, "should");
  EXPECT_EQ(to_rfc3339(by_rule("POL-SN-LOB").duty()->due), "2026-11-23T22:59:59.000Z");
  EXPECT_FALSE(by_rule("ADULT-CONSENT").duty());
  const auto eviction = by_rule("KFM-SN-TIME");
  EXPECT_NE(std::find(eviction.obligations().begin(), eviction.obligations().end(), "confirm_same_day"),
            eviction.obligations().end());
  EXPECT_EQ(by_rule("POL-SN-15-17").citations(), std::vector<std::string>{"LUL (1964:167) 6 §"});
}

// Several rules read the same message here: the flow must go by the rule under test, and by no rule when one of its own
// facts is missing or false.
TEST(ShippedRules, RulesToThePoliceHaveFactsOfTheirOwn) {
  struct Row {
    const char* rule;
    const char* role;
    int age;
    std::vector<std::string> facts;
    bool emergency;
  };
  for (const Row& row :
       std::vector<Row>{{"SN-POL-PREVENT21", "subject", 20, {"concrete_risk", "not_unsuitable"}, false},
                        {"SN-POL-KIN", "subject", 35, {"concrete_risk_kin", "not_unsuitable"}, false},
                        {"SN-POL-NOW", "subject", 17, {"imminent_danger"}, true}}) {
    const auto with = [&](std::size_t skipped, std::optional<bool> value, bool emergency) {
      World w("social_board", "police", "concern.report", "child_protection");
      w.person(row.role, row.age);
      w.field("identity").field("event");
      w.emergency = emergency;
      // What sufficed before: an assessment in general.
      w.fact("individual_assessment", true, "p1");
      for (std::size_t i = 0; i < row.facts.size(); ++i) {
        if (i != skipped) w.fact(row.facts[i], true, "p1");
        if (i == skipped && value) w.fact(row.facts[i], *value, "p1");
      }
      return w.decide();
    };
    const auto all = with(99, std::nullopt, row.emergency);
    EXPECT_EQ(all.outcome(), Outcome::released) << row.rule;
    EXPECT_EQ(all.rules(), std::vector<std::string>{row.rule});
    for (std::size_t i = 0; i < row.facts.size(); ++i) {
      EXPECT_FALSE(with(i, false, row.emergency).permits()) << row.rule << " " << row.facts[i];
      EXPECT_EQ(with(i, std::nullopt, row.emergency).outcome(), Outcome::held) << row.rule << " " << row.facts[i];
    }
    if (row.emergency) EXPECT_FALSE(with(99, std::nullopt, false).permits()) << row.rule;
  }
}

TEST(ShippedRules, UnderFifteenNeedsAllThreeGroundsOfLul34) {
  for (const char* fact : {"prison_in_scale", "may_be_suspected", "inquiry_opened"}) {
    World w("police", "social_board", "police.suspicion", "youth_offence_notice");
    w.person("subject", 13);
    w.field("identity");
    for (const char* other : {"prison_in_scale", "may_be_suspected", "inquiry_opened"})
      if (std::string_view(other) != fact) w.fact(other, true, "p1", "");
    w.fact("reasonable_suspicion", false, "p1", "");  // else the duty of 6 § carries it
    EXPECT_EQ(w.decide().outcome(), Outcome::held) << fact;
    EXPECT_EQ(w.decide().missing(), std::vector<std::string>{fact});
    w.fact(fact, false, "p1", "");
    EXPECT_EQ(w.decide().outcome(), Outcome::refused) << fact;
    w.facts.back().value = Truth::yes;
    EXPECT_EQ(w.decide().outcome(), Outcome::released) << fact;
  }
}

TEST(ShippedRules, KronofogdensNoticeIsTimeObjectAndParty) {
  World w("enforcement", "social_board", "eviction.time", "eviction_prevention");
  w.person("tenant", 40);
  for (const char* category : {"schedule", "address", "identity", "debt", "contact", "family", "event", "children"})
    w.field(category);
  EXPECT_EQ(outcomes(w.decide()), "RRRWWWWR");
  auto narrow = *shipped_rules();
  narrow.settings.kfm_children_with_notice = false;
  EXPECT_EQ(outcomes(w.decide(narrow)), "RRRWWWWW");
}

TEST(ShippedRules, TheCoordinatorHearsOfArrearsOnlyWhereItBelongsToTheBoard) {
  auto w = world("landlord_private", "housing_coordinator", "rent.arrears", "housing_outreach", "tenant", 40,
                 {"identity", "debt"}, {"dwelling"});
  EXPECT_TRUE(w.decide().permits());
  auto apart = *shipped_rules();
  apart.settings.bosamordnare_same_board = false;
  EXPECT_EQ(w.decide(apart).outcome(), Outcome::refused);
  EXPECT_EQ(w.decide(apart).reason(), "no_rule");
}

TEST(ShippedRules, WhoeverLearnsWhoSomebodyIsSeesTheMarking) {
  const auto has = [](const std::vector<std::string>& list, const char* item) {
    return std::find(list.begin(), list.end(), item) != list.end();
  };
  int seen = 0;
  for (const auto& purpose : shipped_rules()->purposes)
    if (has(purpose.needs, "identity") || has(purpose.needs, "address")) {
      ++seen;
      EXPECT_TRUE(has(purpose.needs, "protection")) << purpose.id;
    }
  for (const auto& rule : shipped_rules()->rules)
    if (has(rule.categories, "identity") || has(rule.categories, "address")) {
      EXPECT_TRUE(has(rule.categories, "protection")) << rule.id;
    }
  EXPECT_GE(seen, 15);
}

TEST(ShippedRules, PrivateLandlordNeedsNoBreakerButKeepsToTheNeedList) {
  auto w = world("landlord_private", "housing_coordinator", "rent.arrears", "housing_outreach", "tenant", 40,
                 {"identity", "address", "contact", "housing", "debt"}, {"dwelling"});
  w.fields.pop_back();  // the landlord's own caseworker is not on the list either
  EXPECT_EQ(w.decide().outcome(), Outcome::released);
  EXPECT_EQ(w.decide().rules(), std::vector<std::string>{"LL-HC-OUTREACH"});
  EXPECT_EQ(w.decide().citations(), (std::vector<std::string>{"JB (1970:994) 12:44 1 st 1; OSL (2009:400) 8:1-2",
                                                              "OSL (2009:400) 2:1: privat hyresvärd omfattas inte"}));
  w.field("payment").field("event");
  const auto d = w.decide();
  EXPECT_EQ(d.outcome(), Outcome::partial);
  EXPECT_EQ(d.fields().back().reason, "not_needed");
  w.fields.clear();
  w.field("payment");
  EXPECT_EQ(w.decide().outcome(), Outcome::refused);
}

TEST(ShippedRules, ReceiptToALandlordCarriesNothingAboutAPerson) {
  auto w = world("social_board", "landlord_private", "exchange.receipt", "receipt", "tenant", 40, {}, {});
  w.fields.resize(1);
  EXPECT_EQ(w.decide().outcome(), Outcome::released);
  w.field("identity");
  EXPECT_EQ(w.decide().outcome(), Outcome::refused);
}

TEST(ShippedRules, EveryNeededCategoryOfARouteIsCoveredOrDeclared) {
  // A coverage gap holds for ever; each rule's own categories must therefore have a provision at its sender.
  const auto& rules = *shipped_rules();
  const auto has = [](const std::vector<std::string>& list, const std::string& item) {
    return std::find(list.begin(), list.end(), item) != list.end() ||
           std::find(list.begin(), list.end(), "*") != list.end();
  };
  for (const auto& rule : rules.rules)
    for (const auto& from : rule.from) {
      if (from == "prison_probation") continue;  // OSL 35:15 unread: held on purpose (provisions.toml)
      for (const auto& category : rule.categories) {
        if (category == "*" || rule.kinds[0] == "sig.information" || rule.id == "CARE-CONSENT") continue;
        const bool covered = std::any_of(rules.provisions.begin(), rules.provisions.end(), [&](const Provision& p) {
          return p.when.empty() && has(p.holders, from) && has(p.categories, category);
        });
        const bool declared = std::any_of(rules.no_secrecy.begin(), rules.no_secrecy.end(), [&](const NoSecrecy& n) {
          return has(n.holders, from) && has(n.categories, category);
        });
        EXPECT_TRUE(covered || declared) << rule.id << " " << from << " " << category;
      }
    }
}

TEST(ShippedRules, EveryPurposeAndKindOfTheVocabularyHasItsNeedList) {
  for (const auto purpose : purposes()) EXPECT_NE(shipped_rules()->purpose(purpose), nullptr) << purpose;
  EXPECT_GE(shipped_rules()->rules.size(), 35u);
}

TEST(ShippedRules, OpenQuestionsStandAtTheSafeSideButForTheThreeThatTheExampleSwitchesOn) {
  const Settings unset;
  EXPECT_FALSE(unset.lob_assessment_is_balance || unset.bosamordnare_same_board || unset.kfm_children_with_notice ||
               unset.one_guardian_suffices || !unset.guardian_test_must_be_recorded);
  const auto& s = shipped_rules()->settings;
  EXPECT_TRUE(s.lob_assessment_is_balance && s.bosamordnare_same_board && s.kfm_children_with_notice);
  EXPECT_TRUE(s.guardian_test_must_be_recorded);
  EXPECT_EQ(shipped_rules()->gate.recipients, std::vector<std::string>{"landlord_private"});
  EXPECT_FALSE(s.duty_breaks_protected_address || s.balance_rule_10_15a || s.cooperation_is_a_duty ||
               s.one_guardian_suffices || s.serious_offence_limits_confirmed || s.lvm_in_force);
  auto strict = *shipped_rules();
  strict.settings.lob_assessment_is_balance = false;
  auto w = world("police", "social_board", "police.lob", "need_of_help", "subject", 30, {"identity", "custody"},
                 {"identity_established", "need_of_help"});
  EXPECT_EQ(w.decide(strict).outcome(), Outcome::held);
  EXPECT_EQ(w.fact("interest_balance", true, "p1").decide(strict).outcome(), Outcome::released);
}

}  // namespace
}  // namespace samband::testing
