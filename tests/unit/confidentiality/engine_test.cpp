// The semantics of docs/confidentiality.md, one at a time on a tiny rule set; every permit has its deny twin.
#include "support.hpp"

namespace samband::testing {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

TEST(Engine, RuleThatBreaksTheOnlyProvisionReleases) {
  const auto d = tiny_world().field("identity").decide(tiny_rules());
  EXPECT_EQ(d.outcome(), Outcome::released);
  EXPECT_EQ(d.rules(), Names{"R"});
  EXPECT_EQ(d.fields()[0].covers[0].cleared_by, "R");
  EXPECT_EQ(d.reason(), "cleared");
}

TEST(Engine, WithoutARuleNothingGoes) {
  auto rules = tiny_rules();
  rules.rules.clear();
  const auto d = tiny_world().field("identity").decide(rules);
  EXPECT_EQ(d.outcome(), Outcome::refused);
  EXPECT_EQ(d.reason(), "no_rule");
  EXPECT_EQ(outcomes(d), "W");
}

TEST(Engine, EveryStaticPartOfARuleMustMatch) {
  using Change = std::function<void(Rule&)>;
  const std::vector<std::pair<const char*, Change>> changes = {
      {"from", [](Rule& r) { r.from = {"school"}; }},
      {"to", [](Rule& r) { r.to = {"school"}; }},
      {"kind", [](Rule& r) { r.kinds = {"police.lob"}; }},
      {"purpose", [](Rule& r) { r.purposes = {"need_of_help"}; }},
      {"person", [](Rule& r) { r.persons = {"guardian"}; }},
      {"category", [](Rule& r) { r.categories = {"event"}; }},
      {"breaks", [](Rule& r) { r.breaks = {"T"}; }},
      {"not yet in force", [](Rule& r) { r.in_force_from = day("2026-11-23"); }},
      {"no longer in force", [](Rule& r) { r.in_force_to = day("2026-11-21"); }},
      {"setting", [](Rule& r) { r.setting = "lvm_in_force"; }},
  };
  for (const auto& [name, change] : changes) {
    auto rules = tiny_rules();
    change(rules.rules[0]);
    EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::refused) << name;
  }
  auto rules = tiny_rules();
  rules.rules[0].setting = "lvm_in_force";
  rules.settings.lvm_in_force = true;
  rules.rules[0].in_force_from = rules.rules[0].in_force_to = day("2026-11-22");
  EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::released);
}

TEST(Engine, AnOpenQuestionOfLawHoldsWhereTheRuleSaysSo) {
  auto rules = tiny_rules();
  rules.rules[0].setting = "lvm_in_force";
  rules.rules[0].holds_while_off = true;
  const auto held = tiny_world().field("identity").decide(rules);
  EXPECT_EQ(held.outcome(), Outcome::held);
  EXPECT_EQ(held.reason(), "legal_question_open");
  EXPECT_TRUE(held.missing().empty()) << "nobody in the case can answer it";
  EXPECT_TRUE(held.nearest_change().empty());
  // Open on top of an answered no there is nothing to wait for; a harm test does not stand in for the answer either.
  rules.rules[0].conditions = {{.type = Condition::Type::fact, .code = "dwelling", .codes = {}}};
  EXPECT_EQ(tiny_world().field("identity").fact("dwelling", false, "p1").decide(rules).reason(), "fact_false");
  const auto unknown = tiny_world().field("identity").decide(rules);
  EXPECT_EQ(unknown.reason(), "legal_question_open") << "the answer would not free it, so it is not asked for";
  EXPECT_EQ(tiny_world()
                .field("identity")
                .fact("dwelling", true, "p1")
                .fact("harm_test_clear", true, "p1")
                .decide(rules)
                .reason(),
            "legal_question_open");
  rules.settings.lvm_in_force = true;
  EXPECT_EQ(tiny_world().field("identity").fact("dwelling", true, "p1").decide(rules).outcome(), Outcome::released);
}

TEST(Engine, EveryProvisionMustBeCleared) {
  auto rules = tiny_rules();
  rules.provisions.push_back(rules.provisions[0]);
  rules.provisions[1].id = "T";
  EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::refused);
  rules.rules[0].breaks = {"S", "T"};
  EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::released);
  rules.rules[0].breaks = {"S"};
  rules.provisions[1].in_force_from = day("2026-11-23");
  EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::released) << "not in force yet";
}

TEST(Engine, EveryPersonMustBeCleared) {
  auto rules = tiny_rules();
  rules.rules[0].persons = {"subject"};
  auto w = tiny_world();
  w.person("guardian", 40);
  w.field("event", {"p1"}).field("event", {"p1", "p2"});
  const auto d = w.decide(rules);
  EXPECT_EQ(outcomes(d), "RW");
  EXPECT_EQ(d.outcome(), Outcome::partial);
}

TEST(Engine, BreaksAllStopsAtUnbreakableAndExceptions) {
  auto rules = tiny_rules();
  rules.rules[0].breaks = {};
  rules.rules[0].breaks_all = true;
  EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::released);
  rules.rules[0].breaks_not = {"S"};
  EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::refused);
  rules.rules[0].breaks_not = {};
  rules.provisions[0].unbreakable = true;
  EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::refused);
  rules.rules[0].breaks = {"S"};
  EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::refused) << "not even by name";
}

TEST(Engine, UnknownFactHoldsAndFalseFactRefuses) {
  const auto rules = tiny_rules({needs_fact("individual_assessment")});
  auto w = tiny_world().field("identity");
  const auto held = w.decide(rules);
  EXPECT_EQ(held.outcome(), Outcome::held);
  EXPECT_EQ(held.reason(), "fact_missing");
  EXPECT_EQ(held.missing(), Names{"individual_assessment"});
  EXPECT_EQ(held.fields()[0].covers[0].cleared, Truth::unknown);
  EXPECT_EQ(tiny_world().field("identity").fact("individual_assessment", true).decide(rules).outcome(),
            Outcome::released);
  const auto refused = tiny_world().field("identity").fact("individual_assessment", false).decide(rules);
  EXPECT_EQ(refused.outcome(), Outcome::refused);
  EXPECT_EQ(refused.reason(), "fact_false");
  EXPECT_TRUE(refused.missing().empty());
}

TEST(Engine, NegatedFactIsUnknownUntilSomebodySaysNo) {
  const auto rules = tiny_rules({needs_fact("guardian_harm", false)});
  EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::held);
  EXPECT_EQ(tiny_world().field("identity").fact("guardian_harm", false).decide(rules).outcome(), Outcome::released);
  EXPECT_EQ(tiny_world().field("identity").fact("guardian_harm", true).decide(rules).outcome(), Outcome::refused);
}

TEST(Engine, AnyOfSeveralFactsIsEnough) {
  Condition any{.type = Condition::Type::fact_or, .code = {}, .codes = {"need_for_care", "compulsory_care"}};
  const auto rules = tiny_rules({any});
  const auto held = tiny_world().field("identity").decide(rules);
  EXPECT_EQ(held.outcome(), Outcome::held);
  EXPECT_EQ(held.nearest_change(), (std::vector<Names>{{"compulsory_care"}, {"need_for_care"}}));
  EXPECT_EQ(tiny_world().field("identity").fact("compulsory_care", true).decide(rules).outcome(), Outcome::released);
  EXPECT_EQ(tiny_world().field("identity").fact("compulsory_care", false).decide(rules).outcome(), Outcome::held);
  EXPECT_EQ(tiny_world()
                .field("identity")
                .fact("compulsory_care", false)
                .fact("need_for_care", false)
                .decide(rules)
                .outcome(),
            Outcome::refused);
}

TEST(Engine, JudgementWithoutANamedPersonIsUnknown) {
  const auto rules = tiny_rules({needs_fact("individual_assessment")});
  EXPECT_EQ(tiny_world().field("identity").fact("individual_assessment", true, "", "").decide(rules).outcome(),
            Outcome::held);
  EXPECT_EQ(tiny_world().field("identity").fact("individual_assessment", true, "", "anna").decide(rules).outcome(),
            Outcome::released);
  const auto asserted = tiny_rules({needs_fact("prison_in_scale")});
  EXPECT_EQ(tiny_world().field("identity").fact("prison_in_scale", true, "", "").decide(asserted).outcome(),
            Outcome::released);
}

TEST(Engine, NewestFactWins) {
  const auto rules = tiny_rules({needs_fact("individual_assessment")});
  auto w =
      tiny_world().field("identity").fact("individual_assessment", true, "p1").fact("individual_assessment", false);
  w.facts[1].at = w.now - 1min;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
  w.facts[1].at = w.now - 2h;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
  w.facts[1].at = w.facts[0].at;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::held) << "two answers of one instant are no answer";
}

TEST(Engine, FactsFromTheFutureAndAboutOthersDoNotCount) {
  const auto rules = tiny_rules({needs_fact("individual_assessment")});
  auto w = tiny_world().field("identity").fact("individual_assessment", true);
  w.facts[0].at = w.now + 6min;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::held);
  w.facts[0].at = w.now + 4min;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
  w.person("guardian", 40);
  w.facts[0].person_ref = "p2";
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::held);
  w.facts[0].person_ref = "p9";
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::held);
}

TEST(Engine, WithTwoSubjectsEachNeedsItsOwnAnswer) {
  const auto rules = tiny_rules({needs_fact("individual_assessment")});
  auto w = tiny_world();
  w.person("subject", 12);
  w.field("event", {"p1"})
      .field("event", {"p2"})
      .field("event", {"p1", "p2"})
      .fact("individual_assessment", true, "p1");
  EXPECT_EQ(outcomes(w.decide(rules)), "RHH");
  w.fact("individual_assessment", true, "p2");
  EXPECT_EQ(outcomes(w.decide(rules)), "RRR");
}

TEST(Engine, HarmTestClearsStraightAndReverseButNotAbsolute) {
  auto rules = tiny_rules();
  rules.rules[0].breaks = {};  // it describes the exchange and clears nothing
  for (const auto& [test, expected] : std::vector<std::pair<std::string, Outcome>>{
           {"straight", Outcome::released}, {"reverse", Outcome::released}, {"absolute", Outcome::refused}}) {
    rules.provisions[0].test = test;
    EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::refused)
        << test << " never clears by itself";
    const auto d = tiny_world().field("identity").fact("harm_test_clear", true, "p1").decide(rules);
    EXPECT_EQ(d.outcome(), expected) << test;
    if (expected == Outcome::released) {
      EXPECT_EQ(d.fields()[0].covers[0].cleared_by, "harm_test:harm_test_clear");
      EXPECT_EQ(d.citations(), Names{"X 1:1, skadeprövning"}) << "the ground is said";
    } else {
      EXPECT_TRUE(d.citations().empty());
    }
    EXPECT_EQ(tiny_world().field("identity").fact("harm_test_clear", false).decide(rules).outcome(), Outcome::refused);
  }
}

TEST(Engine, HarmTestNamesThePersonItIsAbout) {
  auto rules = tiny_rules();
  rules.rules[0].breaks = {};
  auto w = tiny_world();
  w.person("guardian", 40);
  w.field("event", {"p1"}).field("event", {"p2"}).field("event", {"p1", "p2"}).field("event", {});
  w.fact("harm_test_clear", true);
  EXPECT_EQ(outcomes(w.decide(rules)), "WWWW") << "a test about nobody is a test of nothing";
  EXPECT_EQ(w.decide(rules).nearest_change(), (std::vector<Names>{{"harm_test_clear"}}));
  w.facts[0].person_ref = "p1";
  EXPECT_EQ(outcomes(w.decide(rules)), "RWWW");
  w.fact("harm_test_clear", true, "p2");
  EXPECT_EQ(outcomes(w.decide(rules)), "RRRW");
  w.facts[1].assessor_id = "";
  EXPECT_EQ(outcomes(w.decide(rules)), "RWWW") << "nobody made it";
  w.facts[1].assessor_id = "anna";
  w.fact("harm_test_clear", false).facts.back().at += 1min;
  EXPECT_EQ(outcomes(w.decide(rules)), "WWWW") << "a later no about everybody stands";
}

TEST(Engine, HarmTestNeverFreesThePublicInterest) {
  auto rules = tiny_rules();
  rules.rules[0].breaks = {};
  rules.provisions[0].public_interest = true;
  rules.provisions[0].test = "straight";
  auto w = tiny_world().field("identity").fact("harm_test_clear", true, "p1").fact("harm_test_clear", true);
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
  w.fact("investigation_not_harmed", true);
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused) << "the provision names no test of its own";
  rules.provisions[0].own_test = "investigation_not_harmed";
  const auto d = w.decide(rules);
  EXPECT_EQ(d.outcome(), Outcome::released);
  EXPECT_EQ(d.fields()[0].covers[0].cleared_by, "harm_test:investigation_not_harmed");
  w.facts.back().person_ref = "p1";
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused) << "the investigation is nobody's own";
  w.facts.back().person_ref = "";
  w.facts.back().assessor_id = "";
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
  w.facts.back().assessor_id = "anna";
  rules.provisions[0].test = "reverse";
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused) << "18:2";
}

TEST(Engine, HarmTestOpensNoExchangeThatNoRuleDescribesOrThatOneRulesOut) {
  auto rules = tiny_rules({needs_fact("individual_assessment")});
  auto w = tiny_world().field("identity").fact("harm_test_clear", true, "p1");
  const auto d = w.decide(rules);
  EXPECT_EQ(d.outcome(), Outcome::held) << "nor overrules it an answer that is still to come";
  EXPECT_EQ(d.missing(), Names{"individual_assessment"});
  w.facts.clear();
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::held);
  w.fact("harm_test_clear", true, "p1").fact("individual_assessment", false);
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused) << "a recorded no is not overruled";
  w.facts[1].value = Truth::yes;
  rules.rules[0].breaks.clear();
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released) << "the rule describes the exchange, the test frees the data";
  rules.rules[0].breaks = {"S"};
  w.facts.pop_back();
  rules.rules[0].kinds = {"police.lob"};
  EXPECT_EQ(w.decide(rules).reason(), "no_rule");
  rules.rules.clear();
  EXPECT_EQ(w.decide(rules).reason(), "no_rule");
}

TEST(Engine, ToARecipientWithoutSecrecyOnlyConsentWithReservationClears) {
  auto rules = tiny_rules({needs_consent()});
  rules.gate.recipients = {"social_board"};
  const auto decide = [&](bool consent, std::optional<bool> reservation) {
    auto w = tiny_world().field("identity");
    w.persons[0].birth_date = day("1990-05-05");
    if (consent) w.consent("p1", {"identity"});
    if (reservation) w.fact("recipient_reservation", *reservation);
    w.fact("harm_test_clear", true, "p1").fact("location_release", true);
    return w.decide(rules);
  };
  EXPECT_EQ(decide(true, true).outcome(), Outcome::released);
  EXPECT_EQ(decide(false, true).outcome(), Outcome::refused);
  EXPECT_EQ(decide(true, false).outcome(), Outcome::refused);
  EXPECT_EQ(decide(true, std::nullopt).missing(), Names{"recipient_reservation"});
  EXPECT_EQ(decide(false, std::nullopt).nearest_change(), (std::vector<Names>{{"recipient_reservation", "consent"}}));
  // A rule that needs no consent clears nothing, however much it breaks and whatever it is called.
  for (const char* modality : {"may", "must"}) {
    auto wide = tiny_rules();
    wide.rules[0].modality = modality;
    wide.rules[0].deadline = std::string(modality) == "must" ? "at_once" : "";
    wide.rules[0].breaks_all = true;
    auto w = tiny_world().field("identity").fact("recipient_reservation", true);
    EXPECT_EQ(w.decide(wide).outcome(), Outcome::released) << "toward an authority";
    wide.gate.recipients = {"social_board"};
    EXPECT_EQ(w.decide(wide).outcome(), Outcome::refused) << modality;
  }
  // Of each person concerned.
  auto w = tiny_world();
  w.persons[0].birth_date = day("1990-05-05");
  w.person("relative", 50);
  w.field("event", {"p1", "p2"}).fact("recipient_reservation", true).consent("p1", {"event"});
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
  w.consent("p2", {"event"});
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
}

TEST(Engine, NoSecrecyIsNoGroundForSending) {
  auto rules = tiny_rules({needs_fact("dwelling")});
  rules.no_secrecy.push_back({{"police"}, {"school"}, any_citation()});
  const auto decide = [&](std::optional<bool> dwelling) {
    auto w = tiny_world().field("school").field("envelope", {});
    if (dwelling) w.fact("dwelling", *dwelling, "p1", "");
    return w.decide(rules);
  };
  const auto released = decide(true);
  EXPECT_EQ(released.outcome(), Outcome::released);
  EXPECT_EQ(released.rules(), Names{"R"});
  EXPECT_EQ(decide(false).outcome(), Outcome::refused);
  EXPECT_EQ(decide(false).reason(), "fact_false");
  EXPECT_EQ(decide(std::nullopt).outcome(), Outcome::held);
  EXPECT_EQ(decide(std::nullopt).missing(), Names{"dwelling"});
  EXPECT_EQ(decide(std::nullopt).nearest_change(), (std::vector<Names>{{"dwelling"}}));
  for (const auto& change : std::vector<std::function<void(Rule&)>>{
           [](Rule& r) { r.kinds = {"police.lob"}; }, [](Rule& r) { r.purposes = {"need_of_help"}; },
           [](Rule& r) { r.from = {"school"}; }, [](Rule& r) { r.to = {"school"}; },
           [](Rule& r) { r.setting = "lvm_in_force"; }, [](Rule& r) { r.in_force_to = day("2026-11-21"); },
           [](Rule& r) { r.categories = {"event"}; }, [](Rule& r) { r.persons = {"guardian"}; }}) {
    auto changed = rules;
    change(changed.rules[0]);
    auto w = tiny_world().field("school").fact("dwelling", true, "p1", "");
    EXPECT_EQ(w.decide(changed).outcome(), Outcome::refused);
    EXPECT_EQ(w.decide(changed).reason(), "no_rule");
  }
}

TEST(Engine, ConsentIsAGroundForWhatNoSecrecyCovers) {
  auto rules = tiny_rules({needs_consent()});
  rules.no_secrecy.push_back({{"police"}, {"school"}, any_citation()});
  auto w = tiny_world().field("school");
  w.persons[0].birth_date = day("1990-05-05");
  EXPECT_EQ(w.decide(rules).reason(), "consent_missing");
  w.consent("p1", {"school"});
  const auto d = w.decide(rules);
  EXPECT_EQ(d.outcome(), Outcome::released);
  EXPECT_EQ(d.consents(), Names{"c1"}) << "its revocation recalls this";
}

TEST(Engine, ACaseworkersNameAloneNeedsAnExchangeThatARuleDescribes) {
  const auto rules = tiny_rules({needs_fact("individual_assessment")});
  auto w = tiny_world().field("official", {}).field("envelope", {});
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::held);
  EXPECT_EQ(w.decide(rules).missing(), Names{"individual_assessment"});
  EXPECT_EQ(outcomes(w.decide(rules)), "HH");
  w.fact("individual_assessment", true, "p1");
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
  w.facts[0].value = Truth::no;
  EXPECT_EQ(w.decide(rules).reason(), "no_rule");
  w.facts[0].value = Truth::yes;
  EXPECT_EQ(w.decide(tiny_rules({needs_consent()})).outcome(), Outcome::refused);
}

TEST(Engine, ProvisionClearedWithAnyBreaker) {
  auto rules = tiny_rules();
  auto weak = rules.provisions[0];
  weak.id = "W";
  weak.test = "straight";
  weak.cleared_with_any_breaker = true;
  rules.provisions.push_back(weak);
  EXPECT_EQ(tiny_world().field("health").decide(rules).outcome(), Outcome::released);
  rules.provisions[1].cleared_with_any_breaker = false;
  EXPECT_EQ(tiny_world().field("health").decide(rules).outcome(), Outcome::refused);
  rules.provisions[1].cleared_with_any_breaker = true;
  rules.provisions[0].categories = {"identity"};
  EXPECT_EQ(tiny_world().field("health").decide(rules).outcome(), Outcome::refused)
      << "no other paragraph over this field";
}

TEST(Engine, NeedListComesFirst) {
  const auto rules = tiny_rules({needs_fact("individual_assessment")});
  const auto d = tiny_world().field("debt").field("").field("no-such-category").field("identity", {"p7"}).decide(rules);
  EXPECT_EQ(d.outcome(), Outcome::refused);
  EXPECT_EQ(d.fields()[0].reason, "not_needed");
  EXPECT_EQ(d.fields()[1].reason, "unknown_field");
  EXPECT_EQ(d.fields()[2].reason, "unknown_field");
  EXPECT_EQ(d.fields()[3].reason, "unknown_field") << "about somebody who is not in the message";
  EXPECT_TRUE(d.missing().empty()) << "nobody is asked about what nobody needs";
}

TEST(Engine, ExceptedLeafIsNotNeeded) {
  auto rules = tiny_rules();
  rules.purposes[0].except = {"personalNumber"};
  auto w = tiny_world().field("identity").field("identity");
  w.fields[1].pointer = "/persons/0/personalNumber";
  EXPECT_EQ(outcomes(w.decide(rules)), "RW");
  rules.purposes[0].except = {};
  EXPECT_EQ(outcomes(w.decide(rules)), "RR");
}

TEST(Engine, UncoveredCategoryHoldsUnlessDeclared) {
  auto rules = tiny_rules();
  const auto d = tiny_world().field("school").decide(rules);
  EXPECT_EQ(d.outcome(), Outcome::held);
  EXPECT_EQ(d.reason(), "no_coverage");
  rules.no_secrecy.push_back({{"police"}, {"school"}, any_citation()});
  EXPECT_EQ(tiny_world().field("school").decide(rules).outcome(), Outcome::released);
  rules.no_secrecy.back().holders = {"school"};
  EXPECT_EQ(tiny_world().field("school").decide(rules).outcome(), Outcome::held);
}

TEST(Engine, DeclarationNeverOverridesAProvision) {
  auto rules = tiny_rules();
  rules.rules.clear();
  rules.no_secrecy.push_back({{"*"}, {"identity"}, any_citation()});
  EXPECT_EQ(tiny_world().field("identity").decide(rules).outcome(), Outcome::refused);
}

TEST(Engine, EnvelopeAndCaseworkerNeverCarryAnExchange) {
  auto rules = tiny_rules();
  auto w = tiny_world().field("envelope", {}).field("official", {}).field("identity");
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
  rules.rules.clear();
  const auto d = w.decide(rules);
  EXPECT_EQ(d.outcome(), Outcome::refused);
  EXPECT_EQ(outcomes(d), "WWW") << "nothing of a refused exchange may look released";
  World receipt("police", "landlord_private", "exchange.receipt", "receipt");
  receipt.field("envelope", {});
  EXPECT_EQ(receipt.decide(rules).outcome(), Outcome::released);
  World empty("police", "social_board", "concern.report", "child_protection");
  EXPECT_EQ(empty.decide(rules).outcome(), Outcome::refused);
}

TEST(Engine, DocumentWaitsForANamedRelease) {
  const auto rules = tiny_rules();
  auto w = tiny_world().field("identity").field("document");
  const auto d = w.decide(rules);
  EXPECT_EQ(d.outcome(), Outcome::partial) << "a document never holds back the rest";
  EXPECT_EQ(outcomes(d), "RH");
  EXPECT_EQ(d.fields()[1].reason, "document_needs_release");
  EXPECT_EQ(d.missing(), Names{"document_released"});
  EXPECT_EQ(outcomes(tiny_world().field("document").fact("document_released", true, "", "").decide(rules)), "H");
  EXPECT_EQ(outcomes(tiny_world().field("document").fact("document_released", false).decide(rules)), "W");
  EXPECT_EQ(outcomes(w.fact("document_released", true).decide(rules)), "RR");
  auto none = rules;
  none.rules.clear();
  EXPECT_EQ(outcomes(w.decide(none)), "WW") << "a release is no breaker of secrecy";
}

TEST(Engine, DutyIsThereEvenWhenHeld) {
  auto rules = tiny_rules({needs_fact("individual_assessment")});
  rules.rules[0].modality = "must";
  rules.rules[0].deadline = "at_once";
  auto w = tiny_world().field("identity");
  const auto held = w.decide(rules);
  ASSERT_TRUE(held.duty());
  EXPECT_EQ(held.duty()->rule, "R");
  EXPECT_EQ(held.duty()->due, w.now);
  EXPECT_FALSE(w.fact("individual_assessment", false).decide(rules).duty()) << "the duty does not arise";
}

TEST(Engine, DeadlinesFollowTheStockholmCalendar) {
  auto rules = tiny_rules();
  rules.rules[0].modality = "should";
  const auto due = [&](std::string_view deadline, std::string_view now) {
    rules.rules[0].deadline = deadline;
    auto w = tiny_world().field("identity");
    w.now = at(now);
    return to_rfc3339(w.decide(rules).duty()->due);
  };
  EXPECT_EQ(due("same_day", "2026-11-22T10:00:00Z"), "2026-11-22T22:59:59.000Z");
  EXPECT_EQ(due("same_day", "2026-11-22T23:30:00Z"), "2026-11-23T22:59:59.000Z") << "already Monday in Stockholm";
  EXPECT_EQ(due("next_working_day", "2026-11-20T10:00:00Z"), "2026-11-23T22:59:59.000Z");
  EXPECT_EQ(due("next_working_day", "2026-12-23T10:00:00Z"), "2026-12-28T22:59:59.000Z") << "over Christmas";
  EXPECT_EQ(due("within_7_days", "2026-03-25T10:00:00Z"), "2026-04-01T21:59:59.000Z") << "over the change of clocks";
}

TEST(Engine, AgeIsCountedOnTheStockholmDate) {
  Condition under{
      .type = Condition::Type::person_age, .code = {}, .codes = {}, .expected = true, .age_min = 0, .age_max = 17};
  const auto rules = tiny_rules({under});
  const auto on = [&](std::string_view born, std::string_view now) {
    auto w = tiny_world().field("identity");
    w.persons[0].birth_date = day(born);
    w.now = at(now);
    return w.decide(rules);
  };
  EXPECT_EQ(on("2008-11-23", "2026-11-22T22:59:59Z").outcome(), Outcome::released);
  EXPECT_EQ(on("2008-11-23", "2026-11-22T23:00:00Z").outcome(), Outcome::refused) << "18 at local midnight";
  EXPECT_EQ(on("2008-11-23", "2026-11-22T23:00:00Z").reason(), "age_outside_rule");
  EXPECT_EQ(on("2008-02-29", "2026-02-28T12:00:00Z").outcome(), Outcome::released) << "29 February: 18 on 1 March";
  EXPECT_EQ(on("2008-02-29", "2026-03-01T12:00:00Z").outcome(), Outcome::refused);
  auto unknown = tiny_world().field("identity");
  unknown.persons[0].birth_date.reset();
  EXPECT_EQ(unknown.decide(rules).missing(), Names{"birth_date"});
  EXPECT_EQ(unknown.decide(rules).outcome(), Outcome::held);
}

// "Kan antas vara under arton": a known age decides alone, an unknown one is left to a named person.
TEST(Engine, WhatIsAssumedAnswersWhereTheAgeIsUnknown) {
  const auto rules = tiny_rules({parse_condition("age<18_or_assumed").value()});
  const auto at_age = [&](int years, std::optional<bool> assumed, std::string by = "anna", std::string about = "p1") {
    auto w = tiny_world().field("identity");
    w.persons[0].birth_date.reset();
    if (years >= 0) w.persons[0].birth_date = day(std::to_string(2026 - years) + "-01-01");
    if (assumed) w.fact("assumed_under_18", *assumed, about, by);
    return w;
  };
  for (const auto assumed : {std::optional<bool>{}, std::optional(true), std::optional(false)}) {
    EXPECT_EQ(at_age(17, assumed).decide(rules).outcome(), Outcome::released);
    EXPECT_EQ(at_age(18, assumed).decide(rules).outcome(), Outcome::refused);
    EXPECT_EQ(at_age(18, assumed).decide(rules).reason(), "age_outside_rule");
  }
  EXPECT_EQ(at_age(-1, true).decide(rules).outcome(), Outcome::released);
  EXPECT_EQ(at_age(-1, true, "anna", "").decide(rules).outcome(), Outcome::released) << "about everybody in it";
  EXPECT_EQ(at_age(-1, false).decide(rules).outcome(), Outcome::refused);
  EXPECT_EQ(at_age(-1, false).decide(rules).reason(), "fact_false");
  EXPECT_TRUE(at_age(-1, false).decide(rules).nearest_change().empty()) << "nobody is asked to change an assessment";
  for (const auto& open : {at_age(-1, {}), at_age(-1, true, "")}) {
    const auto d = open.decide(rules);
    EXPECT_EQ(d.outcome(), Outcome::held) << "nobody is named";
    EXPECT_EQ(d.missing(), Names{"assumed_under_18"});
    ASSERT_EQ(d.nearest_change().size(), 1u);
    EXPECT_EQ(d.nearest_change()[0], Names{"assumed_under_18"});
  }
  // Each person whom the message is about needs an answer.
  auto two = at_age(-1, true);
  two.person("subject", -1);
  two.field("identity", {"p2"});
  EXPECT_EQ(two.decide(rules).outcome(), Outcome::partial);
  EXPECT_EQ(two.decide(rules).missing(), Names{"assumed_under_18"});
  two.fact("assumed_under_18", false, "p2");
  EXPECT_EQ(outcomes(two.decide(rules)), "RW");
}

RuleSet break_glass() {
  auto rules = tiny_rules({{.type = Condition::Type::emergency, .code = {}, .codes = {}}});
  rules.rules[0].ttl = 30min;
  rules.rules[0].obligations = {"notify_privacy_officer", "mandatory_review"};
  return rules;
}

TEST(Engine, EmergencyPermitsWithAReasonAndForAsLongAsItsRuleSays) {
  const auto rules = break_glass();
  auto w = tiny_world().field("identity");
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
  w.emergency = true;
  w.emergency_since = w.now - 30min + 1ms;
  const auto d = w.decide(rules);
  EXPECT_EQ(d.outcome(), Outcome::released);
  EXPECT_EQ(d.obligations(), (Names{"mandatory_review", "notify_privacy_officer"}));
  EXPECT_EQ(d.ttl(), 30min);
  EXPECT_EQ(d.expires_at(), w.now + 1ms) << "counted from the flag, however often it is decided again";
  w.emergency_since -= 1ms;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
  EXPECT_EQ(w.decide(rules).reason(), "emergency_expired");
  EXPECT_FALSE(w.decide(rules).expires_at());
  w.emergency_since = w.now + 1ms;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused) << "a flag from the future";
  w.emergency_since = {};
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
  for (const char* reason : {"", "because"}) {
    w.emergency_reason = reason;
    EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused) << reason;
  }
}

TEST(Engine, EveryOtherRuleIgnoresTheEmergency) {
  auto w = tiny_world().field("identity");
  w.emergency = true;
  EXPECT_EQ(w.decide(tiny_rules({needs_fact("need_of_help")})).outcome(), Outcome::held);
  EXPECT_TRUE(w.decide(tiny_rules()).obligations().empty());
}

TEST(Engine, ADutyOnRequestNeedsTheRequest) {
  auto rules = tiny_rules();
  auto w = tiny_world().field("identity");
  for (const auto& [initiatives, own, request] : {std::tuple(Names{"own", "request"}, true, true),
                                                  {Names{"own"}, true, false},
                                                  {Names{"request"}, false, true}}) {
    rules.rules[0].initiative = initiatives;
    rules.build_index();
    w.initiative = Initiative::own;
    EXPECT_EQ(w.decide(rules).permits(), own);
    w.initiative = Initiative::request;
    EXPECT_EQ(w.decide(rules).permits(), request);
  }
}

TEST(Engine, TheShortestTimeToLiveOfTheContributingRulesCounts) {
  auto rules = tiny_rules();
  rules.rules.push_back(rules.rules[0]);
  rules.rules[1].id = "R2";
  auto w = tiny_world().field("identity");
  EXPECT_FALSE(w.decide(rules).expires_at());
  rules.rules[0].ttl = 48h;
  const auto before = w.decide(rules).fingerprint();
  EXPECT_EQ(w.decide(rules).expires_at(), w.now + 48h);
  rules.rules[1].ttl = 2h;
  EXPECT_EQ(w.decide(rules).expires_at(), w.now + 2h);
  EXPECT_NE(w.decide(rules).fingerprint(), before);
}

TEST(Engine, ObligationsAreTheUnionAndTheStrictestActionWins) {
  auto rules = tiny_rules();
  rules.rules[0].obligations = {"generalise_birth_date", "receipt"};
  auto w = tiny_world().field("identity").field("identity");
  w.fields[0].pointer = "/persons/0/birthDate";
  auto d = w.decide(rules);
  EXPECT_EQ(d.fields()[0].action, "generalise");
  EXPECT_EQ(d.fields()[1].action, "pass");
  rules.rules.push_back(rules.rules[0]);
  rules.rules[1].id = "R2";
  rules.rules[1].obligations = {"pseudonymise_identity"};
  d = w.decide(rules);
  EXPECT_EQ(d.fields()[0].action, "pseudonymise");
  EXPECT_EQ(d.obligations(), (Names{"generalise_birth_date", "pseudonymise_identity", "receipt"}));
  EXPECT_EQ(d.rules(), (Names{"R", "R2"}));
}

TEST(Engine, AnActionMayBeAskedForAnyCategoryAndTheStrictestWins) {
  auto rules = tiny_rules();
  rules.rules.push_back(rules.rules[0]);
  rules.rules[1].id = "R2";
  auto w = tiny_world().field("identity").field("health").field("event");
  rules.rules[0].obligations = {"generalise:health", "drop:event"};
  rules.rules[1].obligations = {"pseudonymise:health", "generalise:event", "generalise:identity"};
  const auto d = w.decide(rules);
  EXPECT_EQ(d.fields()[0].action, "generalise");
  EXPECT_EQ(d.fields()[1].action, "pseudonymise");
  EXPECT_EQ(d.fields()[2].action, "drop");
  for (const char* unknown : {"drop:envelope", "drop:nothing", "burn:health", "drop:"}) {
    rules.rules[0].obligations = {unknown};
    EXPECT_EQ(w.decide(rules).reason(), "obligation_unfulfillable") << unknown;
  }
}

TEST(Engine, WhatOnlyAnAgencysPeopleCanDoRefusesAPermissionAndNeverADuty) {
  for (const char* task : {"notify_person", "notify_guardian", "assess_guardian_harm", "redirect_guardian_notice"}) {
    for (const char* modality : {"must", "should", "may"}) {
      auto rules = tiny_rules();
      rules.rules[0].obligations = {task};
      rules.rules[0].modality = modality;
      if (rules.rules[0].modality != "may") rules.rules[0].deadline = "at_once";
      const auto w = tiny_world().field("identity").fact("guardian_harm", false, "p1");
      const auto decision = w.decide(rules);
      if (rules.rules[0].modality == "must") {
        EXPECT_EQ(decision.outcome(), Outcome::released) << task;
        EXPECT_EQ(decision.obligations(), Names{task});
      } else {
        EXPECT_EQ(decision.outcome(), Outcome::refused) << task << " " << modality;
        EXPECT_EQ(decision.reason(), "obligation_unfulfillable");
      }
    }
  }
}

TEST(Engine, ATaskThatOneOfTheAgenciesHasUndertakenIsKeptAndStandsInTheObligations) {
  auto rules = tiny_rules();
  rules.rules[0].obligations = {"notify_person"};
  auto w = tiny_world().field("identity");
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
  w.holder.carries_out = {"notify_guardian"};
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused) << "another task";
  for (Party* party : {&w.holder, &w.recipient}) {
    w.holder.carries_out = w.recipient.carries_out = {};
    party->carries_out = {"notify_person"};
    const auto decision = w.decide(rules);
    EXPECT_EQ(decision.outcome(), Outcome::released);
    EXPECT_EQ(decision.obligations(), Names{"notify_person"});
    EXPECT_EQ(decision.unassigned(), Names{});
  }
}

TEST(Engine, ADutyGoesAndNamesTheTaskThatNobodyHasUndertaken) {
  auto rules = tiny_rules();
  rules.rules[0].modality = "must";
  rules.rules[0].deadline = "at_once";
  rules.rules[0].obligations = {"notify_guardian", "receipt"};
  auto w = tiny_world().field("identity").fact("guardian_harm", true, "p1");
  EXPECT_EQ(w.decide(rules).unassigned(), Names{"redirect_guardian_notice"}) << "as the decision settled it";
  w.recipient.carries_out = {"notify_guardian"};
  EXPECT_EQ(w.decide(rules).unassigned(), Names{});
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
}

TEST(Engine, AGuardiansNoticeWaitsForTheTestAndIsTurnedAsideNeverDropped) {
  auto rules = tiny_rules();
  rules.rules[0].modality = "must";
  rules.rules[0].deadline = "at_once";
  rules.rules[0].obligations = {"notify_guardian"};
  auto w = tiny_world().field("identity");
  EXPECT_EQ(w.decide(rules).obligations(), Names{"assess_guardian_harm"});
  w.fact("guardian_harm", false, "p1");
  EXPECT_EQ(w.decide(rules).obligations(), Names{"notify_guardian"});
  w.facts[0].value = Truth::yes;
  EXPECT_EQ(w.decide(rules).obligations(), Names{"redirect_guardian_notice"});
}

TEST(Engine, ObligationThatCannotBeKeptRefuses) {
  const auto with = [](std::string obligation) {
    auto rules = tiny_rules();
    rules.rules[0].obligations = {std::move(obligation)};
    return rules;
  };
  auto w = tiny_world().field("identity");
  const auto unknown = w.decide(with("send_flowers"));
  EXPECT_EQ(unknown.outcome(), Outcome::refused);
  EXPECT_EQ(unknown.reason(), "obligation_unfulfillable");
  EXPECT_EQ(outcomes(unknown), "W");
  EXPECT_EQ(w.decide(with("restricted_recipient")).outcome(), Outcome::refused);
  EXPECT_EQ(w.decide(with("reservation")).outcome(), Outcome::released) << "never against an authority";
  EXPECT_TRUE(w.decide(with("reservation")).obligations().empty());
  auto individual = with("reservation");
  individual.gate.recipients = {"social_board"};
  individual.rules[0].conditions = {needs_consent()};
  auto asked = w;
  asked.consent("p1", {"identity"}, "self").maturity_assessor = "eva";
  EXPECT_FALSE(asked.decide(individual).permits());
  asked.fact("recipient_reservation", true);
  EXPECT_EQ(asked.decide(individual).obligations(), Names{"reservation"});
  EXPECT_EQ(w.decide(with("human_review")).outcome(), Outcome::refused);
  w.restricted = true;
  w.fact("individual_assessment", true);
  for (const char* kept : {"restricted_recipient", "human_review"})
    EXPECT_EQ(w.decide(with(kept)).outcome(), Outcome::released) << kept;
}

TEST(Engine, DataAboutNobodyNamedNeedsARuleForEverybody) {
  auto rules = tiny_rules();
  auto w = tiny_world().field("event", {});
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
  rules.rules[0].persons = {"subject"};
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
}

TEST(Engine, MissingPartiesAndUnknownCodesRefuse) {
  auto w = tiny_world().field("identity");
  auto request = w.request();
  request.holder = nullptr;
  EXPECT_EQ(DecisionMaker::decide(request, tiny_rules()).outcome(), Outcome::refused);
  w.purpose = "curiosity";
  EXPECT_EQ(w.decide(tiny_rules()).outcome(), Outcome::refused);
  w = tiny_world().field("identity");
  w.holder.actor_type = "martian";
  EXPECT_FALSE(w.decide(tiny_rules()).permits());
}

}  // namespace
}  // namespace samband::testing
