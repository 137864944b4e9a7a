// Consent (OSL 12:2, 12:3) and protected identity (OSL 21:3), each permit with its deny twin.
#include "support.hpp"

namespace samband::testing {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

World adult_world() {
  auto w = tiny_world();
  w.persons[0].birth_date = day("1990-05-05");
  return w.field("identity");
}

TEST(Consent, ClearsAndIsNamed) {
  auto w = adult_world();
  w.consent("p1", {"identity"});
  const auto d = w.decide(tiny_rules({needs_consent()}));
  EXPECT_EQ(d.outcome(), Outcome::released);
  EXPECT_EQ(d.consents(), Names{"c1"});
  EXPECT_EQ(d.fields()[0].covers[0].consent_id, "c1");
}

TEST(Consent, AbsentIsNoAndTheNearestChange) {
  const auto d = adult_world().decide(tiny_rules({needs_consent()}));
  EXPECT_EQ(d.outcome(), Outcome::refused) << "an absent consent is not an unknown";
  EXPECT_EQ(d.reason(), "consent_missing");
  EXPECT_EQ(d.missing(), Names{"consent"});
  EXPECT_EQ(d.nearest_change(), (std::vector<Names>{{"harm_test_clear"}, {"consent"}}));
}

TEST(Consent, EveryPartMustMatch) {
  using Change = std::function<void(Consent&)>;
  const std::vector<std::tuple<const char*, Change, std::string>> changes = {
      {"holder", [](Consent& c) { c.holder = "other"; }, "consent_missing"},
      {"recipient", [](Consent& c) { c.recipients = {"other"}; }, "consent_missing"},
      {"purpose", [](Consent& c) { c.purposes = {"need_of_help"}; }, "consent_missing"},
      {"category", [](Consent& c) { c.categories = {"event"}; }, "consent_missing"},
      {"person", [](Consent& c) { c.subject_ref = "subject-p2"; }, "consent_missing"},
      {"not yet valid", [](Consent& c) { c.valid_from = at("2026-11-22T10:00:00.001Z"); }, "consent_missing"},
      {"expired", [](Consent& c) { c.valid_to = at("2026-11-22T10:00:00Z"); }, "consent_expired"},
      {"revoked", [](Consent& c) { c.revoked_at = at("2026-11-22T10:00:00Z"); }, "consent_revoked"},
      {"giver", [](Consent& c) { c.giver = "guardian"; }, "consent_missing"},
      {"agreement", [](Consent& c) { c.agreement = "sig"; }, "agreement_ended"},
  };
  for (const auto& [name, change, reason] : changes) {
    auto w = adult_world();
    change(w.consent("p1", {"identity"}));
    const auto d = w.decide(tiny_rules({needs_consent()}));
    EXPECT_EQ(d.outcome(), Outcome::refused) << name;
    EXPECT_EQ(d.reason(), reason) << name;
  }
}

TEST(Consent, BoundsAreToTheMillisecond) {
  auto w = adult_world();
  auto& c = w.consent("p1", {"identity"});
  c.valid_from = w.now;
  c.valid_to = w.now + 1ms;
  c.revoked_at = w.now + 1ms;
  const auto rules = tiny_rules({needs_consent()});
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
  c.valid_to = w.now + 1h;
  w.now += 1ms;
  EXPECT_EQ(w.decide(rules).reason(), "consent_revoked");
}

TEST(Consent, UnderAnAgreementEndsWithIt) {
  auto w = adult_world();
  w.consent("p1", {"identity"}).agreement = "sig";
  w.agreement("2026-01-01", "2026-11-22");
  const auto rules = tiny_rules({needs_consent()});
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released) << "the last day counts";
  w.agreements[0].valid_to = day("2026-11-21");
  EXPECT_EQ(w.decide(rules).reason(), "agreement_ended");
  w.agreements[0].valid_to = day("2026-12-31");
  w.agreements[0].parties = {"sender", "somebody-else"};
  const auto outside = w.decide(rules);
  EXPECT_EQ(outside.outcome(), Outcome::refused);
  EXPECT_EQ(outside.reason(), "not_in_agreement") << "in force, and the recipient is no party to it";
  EXPECT_NE(explain_in_words(outside, rules, "sv").find("samverkansavtalet omfattar inte båda parterna"),
            std::string::npos);
  EXPECT_NE(explain_in_words(outside, rules, "en").find("the agreement does not join both parties"), std::string::npos);
  w.agreements[0].valid_to = day("2026-11-21");
  EXPECT_EQ(w.decide(rules).reason(), "agreement_ended") << "and when it is over, that is why";
}

TEST(Consent, OfOnePersonNeverFreesAnother) {
  auto w = adult_world();
  w.person("relative", 50);
  w.fields[0].persons = {"p1", "p2"};
  w.consent("p1", {"identity"});
  const auto rules = tiny_rules({needs_consent()});
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
  w.consent("p2", {"identity"});
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
}

TEST(Consent, NeverFreesThePublicInterest) {
  auto rules = tiny_rules({needs_consent()});
  auto w = adult_world();
  w.consent("p1", {"identity"});
  rules.rules[0].breaks = {};
  rules.rules[0].breaks_all = true;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
  rules.provisions[0].public_interest = true;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
  rules.rules[0].breaks = {"S"};
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused) << "not even by name";
}

TEST(Consent, ForAChildDependsOnGiverAgeAndMaturity) {
  struct Row {
    int age;
    const char* giver;
    bool assessed;
    Outcome outcome;
  };
  const auto rules = tiny_rules({needs_consent()});
  for (const Row& row : std::vector<Row>{{17, "both_guardians", false, Outcome::released},
                                         {17, "guardian", true, Outcome::held},
                                         {17, "guardian_and_child", true, Outcome::held},
                                         {17, "guardian_and_child", false, Outcome::refused},
                                         {17, "both_guardians_and_child", true, Outcome::released},
                                         {17, "both_guardians_and_child", false, Outcome::refused},
                                         {17, "aunt", true, Outcome::refused},
                                         {15, "self", true, Outcome::released},
                                         {15, "self", false, Outcome::refused},
                                         {14, "self", true, Outcome::refused},
                                         {18, "self", false, Outcome::released},
                                         {18, "both_guardians", true, Outcome::refused},
                                         {-1, "self", true, Outcome::held}}) {
    World w("police", "social_board", "concern.report", "child_protection");
    w.person("subject", row.age);
    w.field("identity");
    w.consent("p1", {"identity"}, row.giver).maturity_assessor = row.assessed ? "eva" : "";
    w.fact("guardian_harm", false, "p1");
    EXPECT_EQ(w.decide(rules).outcome(), row.outcome) << row.age << " " << row.giver << " " << row.assessed;
  }
}

TEST(Consent, OfAGuardianFallsWithHarmAndSettingsDecideTheRest) {
  auto rules = tiny_rules({needs_consent()});
  auto w = tiny_world().field("identity");
  w.consent("p1", {"identity"}, "both_guardians");
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::held) << "the test against the guardians is asked for by default";
  rules.settings.guardian_test_must_be_recorded = false;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
  rules.settings.guardian_test_must_be_recorded = true;
  EXPECT_EQ(w.decide(rules).missing(), Names{"guardian_harm"});
  w.fact("guardian_harm", false);
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
  w.facts[0].value = Truth::yes;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
  rules.settings.guardian_test_must_be_recorded = false;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::refused);
  w.consents[0].giver = "guardian";
  w.facts[0].value = Truth::no;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::held);
  rules.settings.one_guardian_suffices = true;
  EXPECT_EQ(w.decide(rules).outcome(), Outcome::released);
}

TEST(Consent, OfOneGuardianNeedsSoleCustodyAndTheTestAgainstThatGuardian) {
  const auto rules = tiny_rules({needs_consent()});
  for (const char* giver : {"guardian", "guardian_and_child"}) {
    const auto decide = [&](std::optional<bool> sole, std::optional<bool> harm, const char* assessor = "anna") {
      auto w = tiny_world().field("identity");
      w.consent("p1", {"identity"}, giver).maturity_assessor = "eva";
      if (sole) w.fact("sole_custody", *sole, "p1", assessor);
      if (harm) w.fact("guardian_harm", *harm, "p1");
      return w.decide(rules);
    };
    EXPECT_EQ(decide(true, false).outcome(), Outcome::released) << giver;
    EXPECT_EQ(decide(false, false).outcome(), Outcome::refused) << giver;
    EXPECT_EQ(decide(true, true).outcome(), Outcome::refused) << giver;
    EXPECT_EQ(decide(false, std::nullopt).outcome(), Outcome::refused) << giver;
    EXPECT_EQ(decide(true, std::nullopt).missing(), Names{"guardian_harm"}) << giver;
    EXPECT_EQ(decide(std::nullopt, false).missing(), Names{"sole_custody"}) << giver;
    EXPECT_EQ(decide(std::nullopt, std::nullopt).missing(), (Names{"guardian_harm", "sole_custody"})) << giver;
    EXPECT_EQ(decide(true, false, "").outcome(), Outcome::held) << giver << ": the system is no assessor";
  }
}

TEST(Consent, ToTheNameBringsTheMarkingWithIt) {
  auto rules = tiny_rules({needs_consent()});
  rules.provisions[0].categories.push_back("protection");
  rules.purposes[0].needs.push_back("protection");
  auto w = adult_world();
  w.field("protection").field("event");
  w.consent("p1", {"identity"});
  EXPECT_EQ(outcomes(w.decide(rules)), "RRW");
  w.consents[0].categories = {"event"};
  EXPECT_EQ(outcomes(w.decide(rules)), "WWR");
}

TEST(Consent, IsNotReliedOnWhereADutyClears) {
  auto rules = tiny_rules();
  rules.rules.push_back(rules.rules[0]);
  rules.rules[1].id = "A-CONSENT";
  rules.rules[1].conditions = {needs_consent()};
  auto w = adult_world();
  w.consent("p1", {"identity"});
  const auto d = w.decide(rules);
  EXPECT_EQ(d.rules(), Names{"R"});
  EXPECT_TRUE(d.consents().empty()) << "its revocation must recall nothing";
}

TEST(Consent, DeclinedOfferIsNamedFirst) {
  const auto rules = tiny_rules({needs_fact("offer_accepted"), needs_consent()});
  EXPECT_EQ(adult_world().fact("offer_accepted", false).decide(rules).reason(), "offer_declined");
  EXPECT_EQ(adult_world().fact("offer_accepted", true).decide(rules).reason(), "consent_missing");
}

RuleSet place_rules() {
  auto rules = tiny_rules();
  rules.rules[0].breaks = {};
  rules.rules[0].breaks_all = true;
  auto place = rules.provisions[0];
  place.id = "PLACE";
  place.categories = {"event"};
  place.when = {"exchange.protected"};
  place.protects_place = true;
  rules.provisions.push_back(place);
  return rules;
}

World protected_world(bool restricted) {
  auto w = tiny_world().field("identity").field("event");
  w.persons[0].protection = Protection::protected_registration;
  w.restricted = restricted;
  return w;
}

TEST(ProtectedIdentity, DutyGoesToTheRestrictedRecipientWithoutThePlace) {
  const auto d = protected_world(true).decide(place_rules());
  EXPECT_EQ(d.outcome(), Outcome::partial);
  EXPECT_EQ(outcomes(d), "RW");
  EXPECT_EQ(d.fields()[1].reason, "protected_identity");
  EXPECT_EQ(d.nearest_change(), (std::vector<Names>{{"location_release"}}));
  auto open = protected_world(true);
  open.persons[0].protection = Protection::none;
  EXPECT_EQ(open.decide(place_rules()).outcome(), Outcome::released) << "nobody protected, nothing covered";
}

TEST(ProtectedIdentity, WithoutARestrictedRecipientEverythingAboutThePersonWaits) {
  const auto d = protected_world(false).decide(place_rules());
  EXPECT_EQ(d.outcome(), Outcome::held);
  EXPECT_EQ(outcomes(d), "HH");
  EXPECT_EQ(d.reason(), "protected_identity");
  EXPECT_EQ(d.missing(), Names{"location_release"});
  auto w = protected_world(false);
  EXPECT_EQ(w.fact("location_release", true, "p1").decide(place_rules()).outcome(), Outcome::released);
  w.facts[0].value = Truth::no;
  EXPECT_EQ(w.decide(place_rules()).outcome(), Outcome::refused);
  w.facts[0].value = Truth::yes;
  w.facts[0].assessor_id = "";
  EXPECT_EQ(w.decide(place_rules()).outcome(), Outcome::held) << "a release has a name under it";
}

TEST(ProtectedIdentity, OnlyReleaseNamedRuleOrSettingFreesThePlace) {
  auto rules = place_rules();
  auto w = protected_world(true);
  EXPECT_EQ(outcomes(w.fact("harm_test_clear", true).decide(rules)), "RW") << "no general harm test";
  EXPECT_EQ(outcomes(protected_world(true).fact("location_release", true).decide(rules)), "RR");
  rules.rules[0].breaks = {"PLACE"};
  EXPECT_EQ(outcomes(protected_world(true).decide(rules)), "RR") << "a rule that names it";
  rules.rules[0].breaks = {};
  rules.settings.duty_breaks_protected_address = true;
  EXPECT_EQ(outcomes(protected_world(true).decide(rules)), "RR") << "counsel's setting";
}

TEST(ProtectedIdentity, ARelativesPlaceIsClosedToo) {
  auto w = protected_world(true);
  w.person("guardian", 40);
  w.fields[1].persons = {"p2"};
  EXPECT_EQ(outcomes(w.decide(place_rules())), "RW");
  w.fact("location_release", true, "p2");
  EXPECT_EQ(outcomes(w.decide(place_rules())), "RR");
}

}  // namespace
}  // namespace samband::testing
