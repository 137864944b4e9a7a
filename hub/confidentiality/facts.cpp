#include "confidentiality/facts.hpp"

#include <algorithm>

namespace samband {

using namespace std::chrono_literals;

std::string_view code_of(Reason reason) {
  switch (reason) {
    case Reason::offer_declined:
      return "offer_declined";
    case Reason::consent_revoked:
      return "consent_revoked";
    case Reason::consent_expired:
      return "consent_expired";
    case Reason::emergency_expired:
      return "emergency_expired";
    case Reason::agreement_ended:
      return "agreement_ended";
    case Reason::not_in_agreement:
      return "not_in_agreement";
    case Reason::fact_false:
      return "fact_false";
    case Reason::consent_missing:
      return "consent_missing";
    case Reason::age_outside_rule:
      return "age_outside_rule";
    case Reason::protected_identity:
      return "protected_identity";
    case Reason::document_needs_release:
      return "document_needs_release";
    case Reason::legal_question_open:
      return "legal_question_open";
    case Reason::fact_missing:
      return "fact_missing";
    case Reason::no_coverage:
      return "no_coverage";
    case Reason::no_rule:
      return "no_rule";
    case Reason::secrecy:
      return "secrecy";
    case Reason::not_needed:
      return "not_needed";
    case Reason::unknown_field:
      return "unknown_field";
    case Reason::cleared:
      return "cleared";
  }
  return "secrecy";
}

Truth both(Truth a, Truth b) {
  if (a == Truth::no || b == Truth::no) return Truth::no;
  return a == Truth::yes && b == Truth::yes ? Truth::yes : Truth::unknown;
}

Truth either(Truth a, Truth b) {
  if (a == Truth::yes || b == Truth::yes) return Truth::yes;
  return a == Truth::no && b == Truth::no ? Truth::no : Truth::unknown;
}

namespace {

// What the sender's own system may assert. Everything else is a judgement, and a judgement has a name under it.
Bits assertions() {
  static const Bits bits =
      code_bits(fact_codes(), {"reasonable_suspicion", "prison_in_scale", "identity_established", "offer_accepted",
                               "dwelling", "eviction_notified", "may_be_suspected", "inquiry_opened",
                               "suspicion_remains", "inquiry_closed", "drug_use_before_15", "prosecutor_decided",
                               "child_inquiry_decided", "service_for_board", "particularly_serious"});
  return bits;
}

bool names(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool joins_both(const Agreement& agreement, const DecisionRequest& request) {
  return names(agreement.parties, request.holder->id) && names(agreement.parties, request.recipient->id);
}

}  // namespace

void FactTable::Entry::add(Time when, Truth what) {
  if (!present || when > at) {
    *this = {.at = when, .value = what, .present = true};
  } else if (when == at && what != value) {
    value = Truth::unknown;
  }
}

FactTable::FactTable(std::span<const Fact> facts, std::span<const Person> persons, Time at)
    : codes_(fact_codes().size()), entries_((persons.size() + 1) * codes_) {
  for (const auto& fact : facts) {
    const int code = code_index(fact_codes(), fact.code);
    if (code < 0 || fact.at > at + 5min) continue;
    int person = kWholeExchange;
    if (!fact.person_ref.empty()) {
      const auto found =
          std::find_if(persons.begin(), persons.end(), [&](const Person& p) { return p.ref == fact.person_ref; });
      if (found == persons.end()) continue;
      person = static_cast<int>(found - persons.begin());
    }
    const bool counts = !fact.assessor_id.empty() || (assertions() & bit(code)) != 0;
    entries_[(person + 1) * codes_ + code].add(fact.at, counts ? fact.value : Truth::unknown);
  }
}

Truth FactTable::value(int code, int person) const {
  if (code < 0) return Truth::unknown;
  Entry newest = entry(code, kWholeExchange);
  if (person != kWholeExchange) {
    if (const auto& own = entry(code, person); own.present) newest.add(own.at, own.value);
  }
  return newest.value;
}

Truth FactTable::value_for(int code, int person) const {
  if (code < 0 || person == kWholeExchange) return Truth::unknown;
  const auto& own = entry(code, person);
  const Truth all = value(code, person);
  if (own.present && own.value == Truth::yes && all == Truth::yes) return Truth::yes;
  return all == Truth::no || (own.present && own.value == Truth::no) ? Truth::no : Truth::unknown;
}

bool agreement_known(const DecisionRequest& request) {
  return std::any_of(request.agreements.begin(), request.agreements.end(),
                     [&](const Agreement& agreement) { return joins_both(agreement, request); });
}

bool agreement_holds(const DecisionRequest& request, Date today, std::string_view id) {
  return std::any_of(request.agreements.begin(), request.agreements.end(), [&](const Agreement& agreement) {
    return (id.empty() || agreement.id == id) && in_force(agreement.valid_from, agreement.valid_to, today) &&
           joins_both(agreement, request);
  });
}

namespace {

// The agreement is in force, and joins others.
bool in_force_without(const DecisionRequest& request, Date today, std::string_view id) {
  return std::any_of(request.agreements.begin(), request.agreements.end(), [&](const Agreement& agreement) {
    return agreement.id == id && in_force(agreement.valid_from, agreement.valid_to, today) &&
           !joins_both(agreement, request);
  });
}

// Does a guardian's consent reach a child's secrecy? `missing` gets the facts that stand between, when unknown.
Truth guardian_suffices(const Consent& consent, const Settings& settings, const FactTable& facts, int person,
                        Bits& missing) {
  const bool with_child = consent.giver == "guardian_and_child" || consent.giver == "both_guardians_and_child";
  if (with_child && consent.maturity_assessor.empty()) return Truth::no;
  const bool both_guardians = consent.giver == "both_guardians" || consent.giver == "both_guardians_and_child";
  if (!both_guardians && consent.giver != "guardian" && consent.giver != "guardian_and_child") return Truth::no;
  // One of two guardians does not dispose of it alone (FB 6:13); a guardian with sole custody does.
  static const int kSoleCustody = code_index(fact_codes(), "sole_custody");
  Truth answer = both_guardians || settings.one_guardian_suffices ? Truth::yes : facts.value(kSoleCustody, person);
  Bits open = answer == Truth::unknown ? bit(kSoleCustody) : 0;
  // A guardian does not dispose of secrecy that holds against that guardian (OSL 12:3 third paragraph).
  static const int kGuardianHarm = code_index(fact_codes(), "guardian_harm");
  const Truth harm = facts.value(kGuardianHarm, person);
  if (harm == Truth::yes) return Truth::no;
  if (harm == Truth::unknown && settings.guardian_test_must_be_recorded) {
    open |= bit(kGuardianHarm);
    answer = both(answer, Truth::unknown);
  }
  if (answer == Truth::unknown) missing |= open;
  return answer;
}

// OSL 12:2 and 12:3: who disposes of this person's secrecy. Yes, no, or unknown with what is missing: nothing, when
// another giver must consent whatever the age turns out to be.
Truth giver_suffices(const Consent& consent, const Settings& settings, const FactTable& facts, int person, int age,
                     Bits& missing) {
  const bool self = consent.giver == "self";
  if (age >= 18) return self ? Truth::yes : Truth::no;
  if (age >= 0 && self) return age >= 15 && !consent.maturity_assessor.empty() ? Truth::yes : Truth::no;
  if (age >= 0) return guardian_suffices(consent, settings, facts, person, missing);
  if (self || guardian_suffices(consent, settings, facts, person, missing) != Truth::no) missing |= kBirthDateBit;
  return Truth::unknown;
}

ConsentAnswer answer_of(const Consent& consent, const DecisionRequest& request, const Settings& settings,
                        const FactTable& facts, Date today, int person, int age) {
  const auto no = [](Reason reason) { return ConsentAnswer{.truth = Truth::no, .reason = reason}; };
  if (consent.revoked_at && *consent.revoked_at <= request.at) return no(Reason::consent_revoked);
  if (request.at < consent.valid_from) return no(Reason::consent_missing);
  if (request.at >= consent.valid_to) return no(Reason::consent_expired);
  if (!consent.agreement.empty() && !agreement_holds(request, today, consent.agreement))
    return no(in_force_without(request, today, consent.agreement) ? Reason::not_in_agreement : Reason::agreement_ended);
  ConsentAnswer answer;
  answer.truth = giver_suffices(consent, settings, facts, person, age, answer.missing);
  if (answer.truth == Truth::yes) answer.consent = &consent;
  if (consent.giver == "self") answer.age_min = consent.maturity_assessor.empty() ? 18 : 15;
  if (consent.giver != "self") answer.age_max = 17;
  return answer;
}

// Yes before unknown before no; then the more specific reason; then the lower id, so that order never matters.
bool better(const ConsentAnswer& a, const ConsentAnswer& b) {
  const auto rank = [](Truth t) { return t == Truth::yes ? 0 : t == Truth::unknown ? 1 : 2; };
  if (rank(a.truth) != rank(b.truth)) return rank(a.truth) < rank(b.truth);
  if (a.consent != nullptr && b.consent != nullptr) return a.consent->id < b.consent->id;
  if (a.reason != b.reason) return a.reason < b.reason;
  return (a.missing == 0) != (b.missing == 0) ? b.missing == 0 : a.missing < b.missing;
}

}  // namespace

ConsentAnswer consent_of(const DecisionRequest& request, const Settings& settings, const FactTable& facts, Date today,
                         int person, int age, std::string_view category) {
  ConsentAnswer best;
  if (person == kWholeExchange || request.persons[person].subject_ref.empty()) return best;
  for (const auto& consent : request.consents) {
    if (consent.subject_ref != request.persons[person].subject_ref || consent.holder != request.holder->id ||
        !names(consent.recipients, request.recipient->id) || !names(consent.purposes, request.purpose) ||
        !(names(consent.categories, category) ||
          // Who may learn who somebody is must see that the person is protected.
          (category == "protection" && names(consent.categories, "identity"))))
      continue;
    const auto answer = answer_of(consent, request, settings, facts, today, person, age);
    if (better(answer, best)) best = answer;
  }
  return best;
}

std::optional<Bits> consent_takes(const Settings& settings, const FactTable& facts, int person, int age) {
  if (person == kWholeExchange) return std::nullopt;  // nobody can consent for a person who is not named
  if (age < 0) return kConsentBit | kBirthDateBit;
  if (age >= 15) return kConsentBit;  // an adult, or a child whose maturity is assessed
  static const int kGuardianHarm = code_index(fact_codes(), "guardian_harm");
  const Truth harm = facts.value(kGuardianHarm, person);
  if (harm == Truth::yes) return std::nullopt;
  const bool asks = harm == Truth::unknown && settings.guardian_test_must_be_recorded;
  return kConsentBit | (asks ? bit(kGuardianHarm) : 0);
}

bool is_assertion(std::string_view fact) {
  const int code = code_index(fact_codes(), fact);
  return code >= 0 && (assertions() & bit(code)) != 0;
}

}  // namespace samband
