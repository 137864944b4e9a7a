#include "model/vocabulary.hpp"

#include <algorithm>
#include <array>

namespace samband {
namespace {

template <std::size_t N>
using List = std::array<std::string_view, N>;

template <std::size_t N>
constexpr List<N> sorted(const std::string_view (&codes)[N]) {
  List<N> out{};
  std::copy(std::begin(codes), std::end(codes), out.begin());
  std::sort(out.begin(), out.end());
  return out;
}

constexpr auto kActorTypes = sorted({"police",
                                     "prosecutor",
                                     "prison_probation",
                                     "social_board",
                                     "health_bup",
                                     "health_clinic",
                                     "health_dependency",
                                     "hospital",
                                     "school",
                                     "leisure",
                                     "landlord_private",
                                     "landlord_municipal",
                                     "housing_coordinator",
                                     "housing_emergency",
                                     "enforcement",
                                     "rent_tribunal",
                                     "employment_service",
                                     "social_insurance",
                                     "security_police",
                                     "customs",
                                     "court",
                                     "tax_agency",
                                     "student_aid",
                                     "pensions_agency",
                                     "unemployment_fund",
                                     "preschool",
                                     "family_counselling",
                                     "health_private",
                                     "care_private",
                                     "housing_queue",
                                     "individual",
                                     "operator",
                                     "auditor"});

constexpr auto kPartyTasks =
    sorted({"notify_person", "notify_guardian", "assess_guardian_harm", "redirect_guardian_notice"});

constexpr auto kMessageKinds = sorted({"police.suspicion",    "police.lob",
                                       "police.offer",        "concern.report",
                                       "sig.nomination",      "sig.information",
                                       "care.referral",       "care.status",
                                       "test.order",          "test.result",
                                       "rent.arrears",        "tenancy.disturbance",
                                       "eviction.time",       "police.information",
                                       "police.protocol",     "lvm.report",
                                       "inquiry.information", "crime.risk",
                                       "crime.suspicion",     "stay.query",
                                       "contact.query",       "report.answer",
                                       "youth.opinion",       "benefit.information",
                                       "sanction.notice",     "protection.information",
                                       "service.report",      "tribunal.notice",
                                       "rent.commitment",     "known.query",
                                       "housing.emergency",   "housing.contact_request",
                                       "exchange.recall",     "exchange.receipt",
                                       "duty.alert",          "hold.expired",
                                       "privacy.notice",      "step.reminder",
                                       "document.message"});

constexpr auto kPersonRoles =
    sorted({"subject", "tenant", "guardian", "sibling", "child_in_home", "co_tenant", "relative", "reporter", "other"});

constexpr auto kPurposes = sorted({"access_own",
                                   "access_guardian",
                                   "youth_offence_notice",
                                   "child_protection",
                                   "need_of_help",
                                   "voluntary_offer",
                                   "early_care",
                                   "care_referral",
                                   "care_follow_up",
                                   "sig_cooperation",
                                   "rent_arrears_notice",
                                   "eviction_prevention",
                                   "tenancy_disturbance_notice",
                                   "police_cooperation",
                                   "terror_prevention",
                                   "compulsory_care_report",
                                   "child_inquiry",
                                   "crime_prevention",
                                   "crime_investigation",
                                   "stay_query",
                                   "contact_query",
                                   "report_answer",
                                   "youth_opinion",
                                   "economic_support",
                                   "benefit_control",
                                   "sanction_follow_up",
                                   "protected_registration",
                                   "service_follow_up",
                                   "rent_commitment",
                                   "unstructured_notice",
                                   "housing_outreach",
                                   "receipt",
                                   "emergency_housing",
                                   "substance_test",
                                   "known_query"});

constexpr auto kDataCategories =
    sorted({"envelope",        "identity",       "address",       "home_area", "contact",          "protection",
            "family",          "case_reference", "official",      "event",     "event_place",      "suspicion",
            "mediation",       "custody",        "misuse",        "health",    "social_situation", "school",
            "risk_assessment", "housing",        "debt",          "payment",   "landlord",         "enforcement",
            "benefit",         "report",         "shared_record", "schedule",  "children",         "status",
            "test_result",     "document"});

constexpr auto kFactCodes = sorted({"reasonable_suspicion",
                                    "prison_in_scale",
                                    "identity_established",
                                    "individual_assessment",
                                    "need_of_help",
                                    "need_for_care",
                                    "ongoing_misuse",
                                    "compulsory_care",
                                    "pregnancy_protection",
                                    "offer_accepted",
                                    "guardian_harm",
                                    "interest_balance",
                                    "harm_test_clear",
                                    "document_released",
                                    "location_release",
                                    "eviction_notified",
                                    "dwelling",
                                    "same_organisation",
                                    "recipient_reservation",
                                    "may_be_suspected",
                                    "inquiry_opened",
                                    "concrete_risk",
                                    "concrete_risk_kin",
                                    "not_unsuitable",
                                    "imminent_danger",
                                    "assumed_under_18",
                                    "suspicion_remains",
                                    "inquiry_closed",
                                    "drug_use_before_15",
                                    "prosecutor_decided",
                                    "lvm_need",
                                    "not_helped_in_health_care",
                                    "child_inquiry_decided",
                                    "cannot_consent",
                                    "offence_against_child",
                                    "supply_to_child",
                                    "penalty_limit_met",
                                    "helps_prevent_terror",
                                    "inquiry_runs",
                                    "no_extraordinary_reasons",
                                    "payment_control",
                                    "new_purpose_tested",
                                    "sanction_failing",
                                    "service_for_board",
                                    "support_case",
                                    "particularly_serious",
                                    "sole_custody",
                                    "investigation_not_harmed"});

constexpr auto kReasonCodes = sorted({"cleared",
                                      "not_needed",
                                      "secrecy",
                                      "no_coverage",
                                      "fact_missing",
                                      "fact_false",
                                      "legal_question_open",
                                      "consent_missing",
                                      "consent_revoked",
                                      "consent_expired",
                                      "emergency_expired",
                                      "hold_expired",
                                      "offer_declined",
                                      "unknown_field",
                                      "protected_identity",
                                      "document_needs_release",
                                      "no_rule",
                                      "agreement_ended",
                                      "not_in_agreement",
                                      "age_outside_rule",
                                      "outside_hours",
                                      "obligation_unfulfillable",
                                      "duplicate",
                                      "personnummer_stripped",
                                      "unknown_route",
                                      "not_in_schema",
                                      "assessed_yes",
                                      "assessed_no",
                                      "person_declined",
                                      "recipient_declined",
                                      "no_capacity",
                                      "misdirected",
                                      "need_established",
                                      "need_not_established",
                                      "withdrawn",
                                      "known_before",
                                      "unknown_before",
                                      "drug_programme",
                                      "family_treatment",
                                      "family_service",
                                      "other_measure",
                                      "treatment_broken_off"});

constexpr auto kLifeSteps = sorted({"sent",
                                    "received",
                                    "recalled",
                                    "accepted",
                                    "declined",
                                    "completion_requested",
                                    "forwarded",
                                    "queued",
                                    "first_visit_booked",
                                    "no_show",
                                    "first_visit",
                                    "in_progress",
                                    "confirmed",
                                    "completed",
                                    "broken_off",
                                    "returned",
                                    "contacted",
                                    "protection_assessed",
                                    "inquiry_opened",
                                    "inquiry_not_opened",
                                    "inquiry_running",
                                    "judged_suitable",
                                    "judged_unsuitable",
                                    "asked",
                                    "savry_done",
                                    "savry_repeated",
                                    "plan_made",
                                    "averted",
                                    "evicted"});

constexpr auto kInitiatives = sorted({"own", "request"});

constexpr auto kEmergencyReasons =
    sorted({"danger_to_life", "serious_violence", "child_in_danger", "crime_in_progress", "acute_illness"});

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::released:
      return "released";
    case Outcome::partial:
      return "partial";
    case Outcome::held:
      return "held";
    case Outcome::refused:
      return "refused";
  }
  return "refused";
}

std::string_view to_string(FieldOutcome outcome) {
  switch (outcome) {
    case FieldOutcome::release:
      return "release";
    case FieldOutcome::withhold:
      return "withhold";
    case FieldOutcome::hold:
      return "hold";
  }
  return "withhold";
}

std::string_view to_string(Truth truth) {
  switch (truth) {
    case Truth::no:
      return "no";
    case Truth::yes:
      return "yes";
    case Truth::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view to_string(Protection protection) {
  switch (protection) {
    case Protection::none:
      return "none";
    case Protection::marked:
      return "marked";
    case Protection::protected_registration:
      return "protected_registration";
    case Protection::fictitious:
      return "fictitious";
  }
  return "fictitious";  // the strictest: a value out of range must not open anything
}

std::string_view to_string(Initiative initiative) { return initiative == Initiative::request ? "request" : "own"; }

std::optional<Initiative> initiative_from(std::string_view code) {
  for (const auto initiative : {Initiative::own, Initiative::request})
    if (to_string(initiative) == code) return initiative;
  return std::nullopt;
}

std::optional<Outcome> outcome_from(std::string_view code) {
  for (const auto outcome : {Outcome::released, Outcome::partial, Outcome::held, Outcome::refused}) {
    if (to_string(outcome) == code) return outcome;
  }
  return std::nullopt;
}

std::optional<Protection> protection_from(std::string_view code) {
  for (const auto protection :
       {Protection::none, Protection::marked, Protection::protected_registration, Protection::fictitious}) {
    if (to_string(protection) == code) return protection;
  }
  return std::nullopt;
}

std::span<const std::string_view> actor_types() { return kActorTypes; }
std::span<const std::string_view> party_tasks() { return kPartyTasks; }
std::span<const std::string_view> message_kinds() { return kMessageKinds; }
std::span<const std::string_view> purposes() { return kPurposes; }
std::span<const std::string_view> data_categories() { return kDataCategories; }
std::span<const std::string_view> fact_codes() { return kFactCodes; }
std::span<const std::string_view> person_roles() { return kPersonRoles; }
std::span<const std::string_view> reason_codes() { return kReasonCodes; }
bool contradicts(std::string_view reason_code, bool answer) {
  return reason_code == (answer ? "assessed_no" : "assessed_yes");
}
std::span<const std::string_view> life_steps() { return kLifeSteps; }
std::span<const std::string_view> initiatives() { return kInitiatives; }
std::span<const std::string_view> emergency_reasons() { return kEmergencyReasons; }

bool contains(std::span<const std::string_view> list, std::string_view code) {
  return std::binary_search(list.begin(), list.end(), code);
}

}  // namespace samband
