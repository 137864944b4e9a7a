// The decision of docs/confidentiality.md section "Decision": a pure function of the request and the rule set.
// For every field, every covering (provision, person) pair must be cleared by a recorded harm test or by a rule that
// breaks it with all conditions true, and the purpose must need the field. Unknown never permits. Thread-safe.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "confidentiality/rules.hpp"
#include "model/consent.hpp"
#include "model/decision.hpp"
#include "model/message.hpp"
#include "model/party.hpp"

namespace samband {

struct DecisionRequest {
  Time at{};
  const Party* holder = nullptr;  // the sending agency
  const Party* recipient = nullptr;
  std::string purpose;
  std::string kind;
  Initiative initiative = Initiative::own;
  bool emergency = false;             // break-glass: permits only what a rule with the condition `emergency` names
  std::string emergency_reason;       // emergency_reasons(); without one the flag permits nothing
  Time emergency_since{};             // when it was raised, for the time to live; epoch = `at`
  bool recipient_restricted = false;  // recipient is the holder's or board's restricted recipient
  bool nearest_change = false;        // work out Decision::nearest_change() too: it can cost more than the decision
  std::span<const Field> fields;
  std::span<const Person> persons;
  std::span<const Fact> facts;        // message's own and later recorded assessments; the newest per code wins
  std::span<const Consent> consents;  // of the persons concerned; validity is checked here
  std::span<const Agreement> agreements;
};

class DecisionMaker {
 public:
  static Decision decide(const DecisionRequest&, const RuleSet&);
};

// May the sender's own system assert this fact? Every other one is a judgement, with a named assessor.
bool is_assertion(std::string_view fact);

}  // namespace samband
