// One decision table per shipped rule that the flows use: the row where all is true, each condition flipped alone (it
// must change the outcome), and each condition unknown. Runs on config/rules as shipped.
#include "confidentiality/rule_index.hpp"
#include "support.hpp"

#include <fstream>
#include <functional>
#include <set>
#include <sstream>

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
            std::vector<std::string> categories, std::vector<std::string> facts,
            const std::vector<std::string>& noes = {}) {
  World w(std::move(from), std::move(to), std::move(kind), std::move(purpose));
  w.person(std::move(role), age);
  for (auto& category : categories) w.field(category);
  w.field("envelope", {}).field("official", {});
  for (auto& fact : facts) w.fact(fact, true, "p1");
  for (const auto& no : noes) w.fact(no, false, "p1");  // so that no other rule asks for them
  return w;
}

World answering(World w) {
  w.initiative = Initiative::request;
  return w;
}
std::pair<std::string, std::function<void(World&)>> unasked() {
  return {"nobody asked", [](World& w) { w.initiative = Initiative::own; }};
}
std::pair<std::string, std::function<void(World&)>> asked() {
  return {"an answer is no question", [](World& w) { w.initiative = Initiative::request; }};
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
                      {"reasonable_suspicion", "prison_in_scale"}, {"may_be_suspected", "inquiry_opened"});
       },
       {"reasonable_suspicion", "prison_in_scale"},
       {aged(18)}},
      {"POL-SN-U15",
       [] {
         return world("police", "social_board", "police.suspicion", "youth_offence_notice", "subject", 13,
                      {"identity", "suspicion", "event"}, {"may_be_suspected", "prison_in_scale"},
                      {"inquiry_opened", "reasonable_suspicion"});
       },
       {"prison_in_scale"},
       {aged(18)}},
      {"POL-SN-U15-INQUIRY",
       [] {
         return world("police", "social_board", "police.suspicion", "youth_offence_notice", "subject", 13,
                      {"identity", "suspicion", "event"}, {"inquiry_opened"},
                      {"may_be_suspected", "reasonable_suspicion"});
       },
       {"inquiry_opened"},
       {aged(18)}},
      {"POL-SN-U15-TURNED",
       [] {
         return world("police", "social_board", "police.suspicion", "youth_offence_notice", "subject", 15,
                      {"identity", "suspicion", "event", "mediation"}, {"may_be_suspected", "prison_in_scale"},
                      {"inquiry_opened", "reasonable_suspicion"});
       },
       {"may_be_suspected", "prison_in_scale"},
       {aged(18)}},
      {"POL-SN-U15-INQUIRY-TURNED",
       [] {
         return world("prosecutor", "social_board", "police.suspicion", "youth_offence_notice", "subject", 17,
                      {"identity", "suspicion", "event", "mediation"}, {"inquiry_opened"});
       },
       {"inquiry_opened"},
       {aged(18)}},
      {"POL-SN-U15-HEARING",
       [] {
         return world("police", "social_board", "police.protocol", "youth_offence_notice", "subject", 14,
                      {"identity", "suspicion", "event"}, {"suspicion_remains"},
                      {"inquiry_closed", "may_be_suspected", "inquiry_opened"});
       },
       {"suspicion_remains"},
       {aged(21)}},
      {"POL-SN-U15-PROTOCOL",
       [] {
         return world("police", "social_board", "police.protocol", "youth_offence_notice", "subject", 14,
                      {"identity", "suspicion", "event"}, {"inquiry_closed"},
                      {"suspicion_remains", "may_be_suspected", "inquiry_opened"});
       },
       {"inquiry_closed"},
       {aged(21)}},
      {"POL-SN-U15-LATER",
       [] {
         return world("police", "social_board", "police.protocol", "youth_offence_notice", "subject", 17,
                      {"identity", "suspicion", "event"}, {"may_be_suspected", "prison_in_scale"},
                      {"inquiry_opened", "inquiry_closed", "suspicion_remains"});
       },
       {"may_be_suspected", "prison_in_scale"},
       {aged(21), aged(14)}},
      {"POL-SN-U15-INQUIRY-LATER",
       [] {
         return world("prosecutor", "social_board", "police.protocol", "youth_offence_notice", "subject", 20,
                      {"identity", "suspicion", "event"}, {"inquiry_opened"}, {"inquiry_closed", "suspicion_remains"});
       },
       {"inquiry_opened"},
       {aged(21), aged(14)}},
      {"POL-SN-DRUGTEST",
       [] {
         return world("police", "social_board", "test.result", "youth_offence_notice", "subject", 14,
                      {"identity", "test_result", "misuse"}, {"drug_use_before_15", "prosecutor_decided"});
       },
       {"drug_use_before_15", "prosecutor_decided"},
       {aged(21)}},
      {"PROS-SN-LUL11-ASK",
       [] {
         return world("prosecutor", "social_board", "youth.opinion", "youth_opinion", "subject", 17,
                      {"identity", "suspicion", "schedule"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {aged(21), asked()}},
      {"SN-PROS-LUL11",
       [] {
         return answering(world("social_board", "prosecutor", "youth.opinion", "youth_opinion", "subject", 17,
                                {"identity", "social_situation", "risk_assessment", "school"}, {}));
       },
       {},
       {aged(21), unasked()}},
      {"POL-SN-COOP-BALANCE",
       [] {
         return world("police", "social_board", "police.information", "police_cooperation", "subject", 30,
                      {"identity", "event", "misuse", "health"}, {"interest_balance"});
       },
       {"interest_balance"},
       {}},
      {"POL-SN-DOCUMENT",
       [] {
         return world("police", "social_board", "document.message", "unstructured_notice", "subject", 30,
                      {"identity", "case_reference"}, {"interest_balance"});
       },
       {"interest_balance"},
       {}},
      {"POL-SN-TERROR",
       [] {
         return world("police", "social_board", "police.information", "terror_prevention", "subject", 22,
                      {"identity", "contact", "event"}, {"helps_prevent_terror", "interest_balance"});
       },
       {"helps_prevent_terror", "interest_balance"},
       {}},
      {"PRIV-SN-CHILD",
       [] {
         return world("health_private", "social_board", "concern.report", "child_protection", "subject", 10,
                      {"identity", "event", "health"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {aged(18)}},
      {"FC-SN-CHILD",
       [] {
         return world("family_counselling", "social_board", "concern.report", "child_protection", "subject", 10,
                      {"identity", "event", "health"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {aged(18)}},
      {"ANYONE-SN-CHILD",
       [] {
         return world("landlord_private", "social_board", "concern.report", "child_protection", "subject", 10,
                      {"identity", "event"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {aged(18)}},
      {"ANY-SN-INQUIRY",
       [] {
         return world("school", "social_board", "inquiry.information", "child_inquiry", "subject", 10,
                      {"identity", "event", "school", "health", "report"}, {"child_inquiry_decided"},
                      {"individual_assessment"});
       },
       {"child_inquiry_decided"},
       {aged(18)}},
      {"PRIV-SN-INQUIRY",
       [] {
         return world("care_private", "social_board", "inquiry.information", "child_inquiry", "subject", 10,
                      {"identity", "event", "shared_record", "health"}, {"child_inquiry_decided"});
       },
       {"child_inquiry_decided"},
       {aged(18)}},
      {"LAW-ASK",
       [] {
         return world("police", "social_board", "stay.query", "stay_query", "subject", 30,
                      {"identity", "case_reference"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {asked()}},
      {"SN-ASK",
       [] {
         return world("social_board", "school", "inquiry.information", "child_inquiry", "subject", 10,
                      {"identity", "case_reference", "event"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {asked()}},
      {"AGENCY-ASK",
       [] {
         return world("social_insurance", "social_board", "benefit.information", "benefit_control", "subject", 40,
                      {"identity", "case_reference", "benefit"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {asked()}},
      {"REPORTER-ASK",
       [] {
         return world("school", "social_board", "report.answer", "report_answer", "subject", 10, {"identity", "report"},
                      {"individual_assessment"});
       },
       {"individual_assessment"},
       {asked()}},
      {"SN-POL-STAY",
       [] {
         return answering(world("social_board", "police", "stay.query", "stay_query", "subject", 30,
                                {"identity", "status"}, {"identity_established"}));
       },
       {"identity_established"},
       {unasked()}},
      {"HLT-POL-STAY",
       [] {
         return answering(world("hospital", "police", "stay.query", "stay_query", "subject", 30, {"identity", "status"},
                                {"identity_established"}));
       },
       {"identity_established"},
       {unasked()}},
      {"SN-LAW-CONTACT",
       [] {
         return answering(world("social_board", "police", "contact.query", "contact_query", "subject", 30,
                                {"identity", "address", "contact"}, {"no_extraordinary_reasons"}));
       },
       {"no_extraordinary_reasons"},
       {unasked()}},
      {"SN-SN-PLACES",
       [] {
         return answering(world("social_board", "social_board", "known.query", "known_query", "subject", 80,
                                {"identity", "social_situation", "schedule"}, {"identity_established"}));
       },
       {"identity_established"},
       {unasked()}},
      {"SN-SKV-PROTECTED",
       [] {
         return world("social_board", "tax_agency", "protection.information", "protected_registration", "subject", 30,
                      {"identity", "event", "risk_assessment"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {}},
      {"SN-ANY-BENEFIT",
       [] {
         return answering(world("social_board", "social_insurance", "benefit.information", "benefit_control", "subject",
                                30, {"identity", "benefit"}, {"payment_control"}));
       },
       {"payment_control"},
       {unasked()}},
      {"SN-PROS-SANCTION",
       [] {
         return world("social_board", "prosecutor", "sanction.notice", "sanction_follow_up", "subject", 19,
                      {"identity", "suspicion", "event"}, {"sanction_failing"});
       },
       {"sanction_failing"},
       {}},
      {"UTF-SN-SERVICE",
       [] {
         return answering(world("care_private", "social_board", "service.report", "service_follow_up", "subject", 16,
                                {"identity", "social_situation", "status"}, {"service_for_board"}));
       },
       {"service_for_board"},
       {unasked()}},
      {"AGENCY-SN-BENEFIT-10",
       [] {
         return answering(world("social_insurance", "social_board", "benefit.information", "economic_support",
                                "subject", 40, {"identity", "benefit"}, {"identity_established"}));
       },
       {"identity_established"},
       {}},
      {"AGENCY-SN-BENEFIT-11",
       [] {
         return answering(world("employment_service", "social_board", "benefit.information", "economic_support",
                                "subject", 40, {"identity", "benefit"}, {"identity_established"}));
       },
       {"identity_established"},
       {}},
      {"AGENCY-SN-BENEFIT-12",
       [] {
         return answering(world("tax_agency", "social_board", "benefit.information", "economic_support", "subject", 40,
                                {"identity", "benefit"}, {"identity_established"}));
       },
       {"identity_established"},
       {}},
      {"AGENCY-SN-BENEFIT-OWN",
       [] {
         return world("student_aid", "social_board", "benefit.information", "economic_support", "subject", 40,
                      {"identity", "benefit"}, {"support_case"});
       },
       {"support_case"},
       {}},
      {"HLT-CANT-CONSENT",
       [] {
         return world("hospital", "health_private", "care.referral", "care_referral", "subject", 70,
                      {"identity", "health"}, {"cannot_consent", "need_for_care"});
       },
       {"cannot_consent", "need_for_care"},
       {}},
      {"SN-POL-CRIME-VS-CHILD",
       [] {
         return world("health_bup", "prosecutor", "crime.suspicion", "crime_investigation", "subject", 12,
                      {"identity", "suspicion", "event"}, {"offence_against_child"}, {"penalty_limit_met"});
       },
       {"offence_against_child"},
       {aged(18)}},
      {"SN-POL-SUPPLY",
       [] {
         return world("social_board", "police", "crime.suspicion", "crime_investigation", "subject", 15,
                      {"identity", "suspicion", "event"}, {"supply_to_child"},
                      {"offence_against_child", "penalty_limit_met"});
       },
       {"supply_to_child"},
       {aged(18)}},
      {"LL-SN-DISTURB-COPY",
       [] {
         return world("landlord_municipal", "social_board", "tenancy.disturbance", "tenancy_disturbance_notice",
                      "tenant", 40, {"document"}, {"dwelling", "particularly_serious", "document_released"});
       },
       {"dwelling", "particularly_serious"},
       {}},
      {"SN-LL-COMMITMENT",
       [] {
         return world("social_board", "landlord_municipal", "rent.commitment", "rent_commitment", "tenant", 40,
                      {"identity", "payment", "case_reference"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {}},
      {"HYN-SN",
       [] {
         return world("rent_tribunal", "social_board", "tribunal.notice", "eviction_prevention", "tenant", 40,
                      {"identity", "address", "event", "landlord"}, {"dwelling"});
       },
       {"dwelling"},
       {}},
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
      {"DOCUMENT-CONSENT",
       [] {
         auto w = world("enforcement", "social_board", "document.message", "unstructured_notice", "subject", 40,
                        {"identity", "case_reference"}, {});
         w.consent("p1", {"identity", "case_reference"});
         return w;
       },
       {},
       {no_consent()}},
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
      {"LL-HC-CONTACT",
       [] {
         return world("landlord_private", "housing_coordinator", "housing.contact_request", "eviction_prevention",
                      "tenant", 40, {"identity", "address", "contact", "event", "landlord", "housing"}, {"dwelling"});
       },
       {"dwelling"},
       {{"kind", [](World& w) { w.kind = "tenancy.disturbance"; }},
        {"a municipal landlord has secrecy", [](World& w) { w.holder.actor_type = "landlord_municipal"; }}}},
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
         return answering(world("social_board", "school", "report.answer", "report_answer", "subject", 10,
                                {"identity", "status", "report"}, {"individual_assessment"}));
       },
       {"individual_assessment"},
       {aged(18)}},
      {"SN-REPORTER-MAY",
       [] {
         return world("social_board", "school", "report.answer", "report_answer", "subject", 10,
                      {"identity", "status", "report"}, {"individual_assessment"});
       },
       {"individual_assessment"},
       {aged(18)}},
      {"SN-SN-KNOWN",
       [] {
         return answering(world("social_board", "social_board", "known.query", "known_query", "subject", 10,
                                {"identity", "status"}, {"identity_established"}));
       },
       {"identity_established"},
       {unasked()}},
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
      {"HOUSING-STATUS",
       [] {
         return world("housing_emergency", "social_board", "care.status", "care_follow_up", "subject", 30,
                      {"identity", "status", "schedule", "case_reference"}, {"same_organisation"});
       },
       {"same_organisation"},
       {}},
      {"HOUSING-STATUS-CONSENT",
       [] {
         auto w = world("housing_emergency", "social_board", "care.status", "care_follow_up", "subject", 30,
                        {"identity", "status"}, {"same_organisation"});
         w.consent("p1", {"identity", "status"});
         set_fact(w, "same_organisation", Truth::no);
         return w;
       },
       {},
       {no_consent()}},
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

// A rule that only answers is dead where nobody may ask. A court has no coverage here, so it asks outside the hub.
TEST(ShippedRules, WhatIsAnsweredOnRequestCanBeAsked) {
  const auto rules = shipped_rules();
  const auto has = [](const std::vector<std::string>& list, const std::string& code) {
    return std::find(list.begin(), list.end(), code) != list.end();
  };
  for (const Rule& answer : rules->rules) {
    if (answer.initiative != std::vector<std::string>{"request"}) continue;
    for (const auto& asker : answer.to)
      for (const auto& holder : answer.from)
        EXPECT_TRUE(asker == "court" || std::any_of(rules->rules.begin(), rules->rules.end(),
                                                    [&](const Rule& ask) {
                                                      return has(ask.initiative, "own") && has(ask.from, asker) &&
                                                             has(ask.to, holder) && has(ask.kinds, answer.kinds[0]) &&
                                                             has(ask.purposes, answer.purposes[0]);
                                                    }))
            << answer.id << ": " << asker << " cannot ask " << holder;
  }
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

// LUL 34 § has two occasions: a suspicion of an offence that can lead to prison, and an inquiry that is opened. Either
// is enough; the person may have grown older since, until 21.
TEST(ShippedRules, UnderFifteenEitherOccasionOfLul34IsEnough) {
  const auto notice = [](std::vector<std::pair<const char*, bool>> said, int age) {
    World w("police", "social_board", age < 15 ? "police.suspicion" : "police.protocol", "youth_offence_notice");
    w.person("subject", age);
    w.field("identity");
    for (const char* no : {"suspicion_remains", "inquiry_closed"}) w.fact(no, false, "p1", "");
    w.fact("reasonable_suspicion", false, "p1", "");  // else the duty of 6 § carries it
    for (const auto& [fact, value] : said) w.fact(fact, value, "p1", "");
    return w.decide();
  };
  for (const int age : {11, 14, 16, 20}) {
    EXPECT_EQ(notice({{"inquiry_opened", true}}, age).outcome(), Outcome::released) << age;
    EXPECT_EQ(notice({{"may_be_suspected", true}, {"prison_in_scale", true}}, age).outcome(), Outcome::released) << age;
  }
  EXPECT_EQ(notice({{"inquiry_opened", true}}, 21).outcome(), Outcome::refused);
  EXPECT_EQ(notice({}, 13).outcome(), Outcome::held);
  EXPECT_EQ(notice({{"may_be_suspected", true}, {"inquiry_opened", false}}, 13).missing(),
            std::vector<std::string>{"prison_in_scale"});
  EXPECT_EQ(notice({{"may_be_suspected", true}, {"prison_in_scale", false}, {"inquiry_opened", false}}, 13).outcome(),
            Outcome::refused);
  EXPECT_EQ(notice({{"may_be_suspected", false}, {"inquiry_opened", false}}, 13).outcome(), Outcome::refused);
}

TEST(ShippedRules, TheReporterWhoAsksLateIsAnsweredAtOnce) {
  auto w = answering(world("social_board", "school", "report.answer", "report_answer", "subject", 10,
                           {"identity", "status"}, {"individual_assessment"}, {"inquiry_runs"}));
  EXPECT_EQ(to_rfc3339(w.decide().duty()->due), "2026-11-30T22:59:59.000Z");
  set_fact(w, "inquiry_runs", Truth::yes);
  EXPECT_EQ(w.decide().duty()->rule, "SN-REPORTER-LATE");
  EXPECT_EQ(w.decide().duty()->due, w.now);
  w.initiative = Initiative::own;
  EXPECT_FALSE(w.decide().duty()) << "nobody asked: the board may";
  EXPECT_EQ(w.decide().rules(), std::vector<std::string>{"SN-REPORTER-MAY"});
  w.field("event");
  EXPECT_EQ(w.decide().fields().back().reason, "not_needed");
}

// SoL 15:7 p 1: yes or no. A protected person's answer waits, whatever the duty.
TEST(ShippedRules, WhetherSomebodyStaysHereIsYesOrNoAndNeverWhere) {
  auto w = answering(world("social_board", "police", "stay.query", "stay_query", "subject", 30,
                           {"identity", "status", "address", "housing", "event_place"}, {"identity_established"}));
  EXPECT_EQ(outcomes(w.decide()), "RRWWWRR");
  w.persons[0].protection = Protection::marked;
  EXPECT_FALSE(w.decide().permits());
}

TEST(ShippedRules, ASharedRecordYieldsToADutyAndToNothingElse) {
  auto duty = world("hospital", "social_board", "inquiry.information", "child_inquiry", "subject", 10,
                    {"shared_record"}, {"child_inquiry_decided"});
  EXPECT_EQ(duty.decide().outcome(), Outcome::released);
  auto set = *shipped_rules();
  for (auto& purpose : set.purposes)
    if (purpose.id == "crime_investigation") purpose.needs.push_back("shared_record");
  for (auto& rule : set.rules)
    if (rule.id == "SN-POL-CRIME-VS-CHILD") rule.categories.push_back("shared_record");
  set.build_index();
  auto may = world("hospital", "police", "crime.suspicion", "crime_investigation", "subject", 10, {"shared_record"},
                   {"offence_against_child", "harm_test_clear"});
  EXPECT_EQ(may.decide(set).outcome(), Outcome::refused) << "OSL 25:2 first paragraph is not in 10:21";
}

TEST(ShippedRules, NecessityIsOffUntilCounselAnswers) {
  auto w = world("school", "police", "concern.report", "child_protection", "subject", 16, {"identity", "event"},
                 {"imminent_danger"});
  w.emergency = true;
  EXPECT_FALSE(w.decide().permits());
  auto on = *shipped_rules();
  on.settings.necessity_break_glass = true;
  const auto d = w.decide(on);
  EXPECT_EQ(d.outcome(), Outcome::released);
  EXPECT_EQ(d.obligations(), (std::vector<std::string>{"mandatory_review", "notify_privacy_officer"}));
  EXPECT_EQ(d.ttl(), std::chrono::hours{1});
  w.emergency = false;
  EXPECT_FALSE(w.decide(on).permits());
}

TEST(ShippedRules, TheBreakGlassOfOsl10_20IsTimedReportedAndReviewed) {
  auto w = world("social_board", "police", "crime.risk", "crime_prevention", "subject", 16, {"identity", "event"},
                 {"imminent_danger"}, {"concrete_risk", "concrete_risk_kin"});
  EXPECT_FALSE(w.decide().permits());
  w.emergency = true;
  const auto d = w.decide();
  EXPECT_EQ(d.rules(), std::vector<std::string>{"SN-POL-NOW"});
  EXPECT_EQ(d.obligations(), (std::vector<std::string>{"mandatory_review", "notify_privacy_officer"}));
  EXPECT_EQ(d.ttl(), std::chrono::hours{4});
}

TEST(ShippedRules, Osl10_20AsksWhatMayBeAssumedOfSomebodyWhoseAgeNobodyKnows) {
  auto w = world("social_board", "police", "crime.risk", "crime_prevention", "subject", 16, {"identity", "event"},
                 {"imminent_danger"}, {"concrete_risk", "concrete_risk_kin"});
  w.emergency = true;
  w.persons[0].birth_date.reset();
  EXPECT_EQ(w.decide().outcome(), Outcome::held);
  EXPECT_EQ(w.decide().missing(), std::vector<std::string>{"assumed_under_18"});
  w.fact("assumed_under_18", true, "p1");
  EXPECT_EQ(w.decide().rules(), std::vector<std::string>{"SN-POL-NOW"});
  w.emergency = false;
  EXPECT_FALSE(w.decide().permits());
  w.emergency = true;
  set_fact(w, "assumed_under_18", Truth::no);
  EXPECT_EQ(w.decide().outcome(), Outcome::refused);
  set_fact(w, "assumed_under_18", Truth::yes);
  w.persons[0].birth_date = day("2000-01-01");
  EXPECT_EQ(w.decide().outcome(), Outcome::refused) << "a known age decides alone";
}

// Toward a private landlord the commitment of JB 12:44 needs the tenant's consent like everything else.
TEST(ShippedRules, TheCommitmentToTheRentPassesNoGate) {
  auto w = world("social_board", "landlord_private", "rent.commitment", "rent_commitment", "tenant", 40,
                 {"identity", "payment"}, {"individual_assessment", "recipient_reservation"});
  EXPECT_FALSE(w.decide().permits());
  w.consent("p1", {"identity", "payment"});
  EXPECT_EQ(w.decide().rules(), std::vector<std::string>{"SN-LL"});
}

TEST(ShippedRules, KronofogdensNoticeIsTimeObjectAndParty) {
  World w("enforcement", "social_board", "eviction.time", "eviction_prevention");
  w.person("tenant", 40);
  for (const char* category : {"schedule", "address", "identity", "debt", "contact", "family", "event", "children"})
    w.field(category);
  EXPECT_EQ(outcomes(w.decide()), "RRRWWWWR");
  auto with_debt = *shipped_rules();
  with_debt.settings.eviction_notice_states_debt = true;
  EXPECT_EQ(outcomes(w.decide(with_debt)), "RRRRWWWR");
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
  EXPECT_GE(shipped_rules()->rules.size(), 80u);
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Each wide answer but one is true; left out of the files, a question stands where the shipped files put it.
TEST(ShippedRules, EveryOpenQuestionStandsAtItsSafeSide) {
  const auto file = text_of(std::filesystem::path(SAMBAND_SOURCE_DIR) / "config" / "rules" / "settings.toml");
  for (const auto& [name, member] : setting_names()) {
    const bool safe = name == "guardian_test_must_be_recorded";
    EXPECT_EQ(narrow_rules()->settings.*member, safe) << name;
    EXPECT_EQ(Settings{}.*member, safe) << name;
    EXPECT_NE(file.find("\n" + std::string(name) + " = "), std::string::npos) << name;
  }
  for (int question = 1; question <= 11; ++question)
    EXPECT_NE(file.find("# Question " + std::to_string(question)), std::string::npos) << question;
  EXPECT_TRUE(narrow_rules()->answers.empty());
  EXPECT_EQ(narrow_rules()->gate.recipients, std::vector<std::string>{"landlord_private"});
  EXPECT_EQ(narrow_rules()->gate.new_purpose_senders, std::vector<std::string>{"police"});
}

TEST(ShippedRules, TheExampleMunicipalityAnswersFourQuestionsAndSignsThem) {
  const auto& answered = *shipped_rules();
  EXPECT_EQ(answered.answers.size(), 4u);
  for (const auto& answer : answered.answers) EXPECT_FALSE(answer.signed_by.empty());
  EXPECT_TRUE(answered.settings.lob_assessment_is_balance && answered.settings.bosamordnare_same_board &&
              answered.settings.kfm_children_with_notice && answered.settings.police_purpose_tested_before);
  EXPECT_NE(answered.hash, narrow_rules()->hash);
}

TEST(ShippedRules, WhatThePoliceOweByLawNeedsNoTestOfTheNewPurposeAndEverythingElseDoes) {
  auto duty = world("police", "social_board", "police.suspicion", "youth_offence_notice", "subject", 16,
                    {"identity", "suspicion"}, {"reasonable_suspicion", "prison_in_scale"});
  EXPECT_EQ(duty.decide(*narrow_rules()).outcome(), Outcome::released);
  auto lob = world("police", "social_board", "police.lob", "need_of_help", "subject", 30, {"identity", "custody"},
                   {"identity_established", "need_of_help", "interest_balance"});
  EXPECT_EQ(lob.decide(*narrow_rules()).missing(), std::vector<std::string>{"new_purpose_tested"});
  auto told = *narrow_rules();
  told.settings.police_purpose_tested_before = true;
  EXPECT_EQ(lob.decide(told).outcome(), Outcome::released);
  auto tested = lob, failed = lob;
  EXPECT_EQ(tested.fact("new_purpose_tested", true, "p1").decide(*narrow_rules()).outcome(), Outcome::released);
  EXPECT_EQ(failed.fact("new_purpose_tested", false, "p1").decide(*narrow_rules()).outcome(), Outcome::refused);
  auto school = world("school", "social_board", "sig.information", "sig_cooperation", "subject", 30, {"identity"}, {});
  school.agreement();
  school.consent("p1", {"identity"});
  EXPECT_EQ(school.decide(*narrow_rules()).outcome(), Outcome::released);
  school.holder.actor_type = "police";
  EXPECT_EQ(school.decide(*narrow_rules()).missing(), std::vector<std::string>{"new_purpose_tested"});
}

TEST(ShippedRules, AProtectedPlaceIsReachedByTheContactDutyOnlyWhereCounselSaysSoAndInItsTime) {
  auto w = answering(world("social_board", "police", "contact.query", "contact_query", "subject", 30,
                           {"identity", "address"}, {"no_extraordinary_reasons"}));
  w.persons[0].protection = Protection::protected_registration;
  w.restricted = true;
  auto answered = *narrow_rules();
  answered.settings.contact_duty_reaches_protected_place = true;
  EXPECT_EQ(outcomes(w.decide(answered)).substr(0, 2), "RR");
  EXPECT_EQ(outcomes(w.decide(*narrow_rules())).substr(0, 2), "RW");
  auto shared = w;
  shared.restricted = false;  // to whom everybody may read: a named person first
  EXPECT_EQ(shared.decide(answered).outcome(), Outcome::held);
  w.now = at("2028-01-01T12:00:00Z");  // the question is asked again
  EXPECT_EQ(outcomes(w.decide(answered)).substr(0, 2), "RW");
}

TEST(ShippedRules, AnOpenQuestionThatIsNotAnsweredMakesALobNoticeWaitForTheBalance) {
  auto strict = *shipped_rules();
  strict.settings.lob_assessment_is_balance = false;
  auto w = world("police", "social_board", "police.lob", "need_of_help", "subject", 30, {"identity", "custody"},
                 {"identity_established", "need_of_help"});
  EXPECT_EQ(w.decide(strict).outcome(), Outcome::held);
  EXPECT_EQ(w.fact("interest_balance", true, "p1").decide(strict).outcome(), Outcome::released);
}

// ---- docs/rule-map.md ----
// The cells of each row of the page's tables, one set for each heading; heads and rules of the tables left out.
std::vector<std::vector<std::string>> map_rows(const std::string& heading) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream page(text_of(std::filesystem::path(SAMBAND_SOURCE_DIR) / "docs" / "rule-map.md"));
  bool here = false;
  std::size_t line_in_table = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with('#')) {
      here = line == heading;
      line_in_table = 0;
    }
    if (!here || !line.starts_with("| ") || ++line_in_table == 1) continue;
    std::vector<std::string> cells;
    std::istringstream cut(line.substr(2));
    for (std::string cell; std::getline(cut, cell, '|');)
      cells.push_back(cell.substr(0, cell.find_last_not_of(' ') + 1));
    for (auto& cell : cells) cell.erase(0, std::min(cell.find_first_not_of(' '), cell.size()));
    rows.push_back(cells);
  }
  return rows;
}
// What stands between backticks.
std::set<std::string> quoted(const std::string& cell) {
  std::set<std::string> out;
  for (auto at = cell.find('`'); at != std::string::npos; at = cell.find('`', cell.find('`', at + 1) + 1))
    out.insert(cell.substr(at + 1, cell.find('`', at + 1) - at - 1));
  return out;
}

TEST(RuleMap, NamesEveryRuleItsFileAndItsSettingOnce) {
  std::set<std::string> seen;
  for (const auto& row : map_rows("# Rule map")) {
    ASSERT_EQ(row.size(), 5u) << row[0];
    std::set<std::string> files, settings;
    for (const auto& id : quoted(row[1])) {
      EXPECT_TRUE(seen.insert(id).second) << id << " is in two rows";
      const auto* rule = shipped_rules()->rule(id);
      ASSERT_NE(rule, nullptr) << id;
      if (!rule->setting.empty()) settings.insert(rule->setting);
      for (const auto& file : quoted(row[2])) {
        const auto text = text_of(std::filesystem::path(SAMBAND_SOURCE_DIR) / "config" / "rules" / file);
        if (text.find("\nid = \"" + id + "\"\n") != std::string::npos) files.insert(file);
      }
    }
    EXPECT_EQ(quoted(row[2]), files) << row[0];
    EXPECT_EQ(quoted(row[3]), settings) << row[0];
    if (quoted(row[1]).empty()) EXPECT_GT(row[4].size(), 20u) << row[0] << " says why it has no rule";
  }
  for (const auto& rule : shipped_rules()->rules) EXPECT_TRUE(seen.contains(rule.id)) << rule.id << " is in no row";
}

TEST(RuleMap, NamesEveryProvision) {
  std::set<std::string> seen;
  for (const auto& row : map_rows("## Coverage")) {
    ASSERT_EQ(row.size(), 3u) << row[0];
    for (const auto& id : quoted(row[1])) {
      EXPECT_NE(shipped_rules()->provision(id), nullptr) << id;
      seen.insert(id);
    }
    if (quoted(row[1]).empty()) EXPECT_GT(row[2].size(), 10u) << row[0];
  }
  for (const auto& p : shipped_rules()->provisions) EXPECT_TRUE(seen.contains(p.id)) << p.id;
}

TEST(RuleMap, AccountsForEveryRowOfTheDisclosureTable) {
  const auto path = std::filesystem::path(SAMBAND_SOURCE_DIR).parent_path() / "shared/domain/disclosure-rules.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the disclosure table is not beside the checkout";
  std::set<std::string> rows;
  for (const auto& row : map_rows("# Rule map")) EXPECT_TRUE(rows.insert(row[0]).second) << row[0];
  const auto table = parse_json(text_of(path));
  ASSERT_TRUE(table.has_value());
  ASSERT_GE(table->as_array().size(), 45u);
  for (const auto& row : table->as_array()) {
    const std::string id(string_at(row.as_object(), "id"));
    EXPECT_EQ(rows.erase(id), 1u) << id;
  }
  EXPECT_TRUE(rows.empty()) << *rows.begin() << " is no row of the table";
}

// Who may answer without a name is for a lawyer to know: the page names exactly the assertions.
TEST(Facts, ThePageNamesWhatASystemMayAssert) {
  const auto page = text_of(std::filesystem::path(SAMBAND_SOURCE_DIR) / "docs" / "confidentiality.md");
  const auto end = page.find("are assertions of the sender's system.");
  const auto begin = page.rfind("does not exist.", end);
  ASSERT_NE(end, std::string::npos);
  ASSERT_NE(begin, std::string::npos);
  std::set<std::string> asserted;
  for (const auto code : fact_codes())
    if (is_assertion(code)) asserted.emplace(code);
  EXPECT_EQ(quoted(page.substr(begin, end - begin)), asserted);
}

// What a lawyer needs to see of every rule: whose words it rests on, since when, and who has read it.
TEST(ShippedRules, EachHasACitationDatesReviewerTitlesAndPersons) {
  for (const auto& rule : shipped_rules()->rules) {
    EXPECT_FALSE(rule.citation.sfs.empty() || rule.citation.section.empty() || rule.citation.text.empty()) << rule.id;
    EXPECT_NE(rule.citation.text.find(rule.citation.section), std::string::npos) << rule.id;
    EXPECT_TRUE(rule.in_force_from.ok() && rule.reviewed_at.ok()) << rule.id;
    EXPECT_FALSE(rule.reviewed_by.empty() || rule.title_sv.empty() || rule.title_en.empty() || rule.persons.empty())
        << rule.id;
    if (rule.breaks_all) EXPECT_FALSE(rule.via.empty()) << rule.id;
  }
}

}  // namespace
}  // namespace samband::testing
