// A decision about one exchange, with its explanation. Only confidentiality::decide makes one: the constructor is
// private, so that no other room can invent a permission. Immutable value.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "model/kinds.hpp"
#include "model/vocabulary.hpp"

namespace samband {

struct Cover {            // one (provision, person) pair over a field
  std::string provision;  // "OSL 35:1"
  std::string person;     // ref
  Truth cleared = Truth::no;
  std::string cleared_by;            // rule id or "harm_test:<fact>"; "" when not cleared
  std::string consent_id;            // when a consent rule cleared it
  std::vector<std::string> missing;  // fact codes ("consent", "birth_date") that could clear it
};

struct FieldDecision {
  Field field;
  FieldOutcome outcome = FieldOutcome::withhold;
  std::string reason;  // reason_codes(): "cleared", "not_needed", "secrecy", "fact_missing", "unknown_field",
                       // "protected_identity", "document_needs_release", ...
  std::vector<Cover> covers;
  std::string action = "pass";  // strictest obligation: pass | generalise | pseudonymise | drop
};

struct Duty {
  std::string rule;      // "POL-SN-15-17"
  std::string modality;  // "must" or "should"
  Time due{};
};

struct Decision {
  Outcome outcome() const { return outcome_; }
  bool permits() const { return outcome_ == Outcome::released || outcome_ == Outcome::partial; }
  const std::vector<FieldDecision>& fields() const { return fields_; }
  const std::vector<std::string>& rules() const { return rules_; }          // contributing rule ids, sorted
  const std::vector<std::string>& citations() const { return citations_; }  // "LUL (1964:167) 6 §", of those rules
  const std::vector<std::string>& obligations() const { return obligations_; }
  // Of the obligations of a duty that goes: what neither agency has undertaken. A person at the sender must hear of it.
  const std::vector<std::string>& unassigned() const { return unassigned_; }
  const std::vector<std::string>& missing() const { return missing_; }  // fact codes, "birth_date" and "consent"
  // Empty unless the request asked for it (DecisionRequest::nearest_change).
  const std::vector<std::vector<std::string>>& nearest_change() const { return nearest_change_; }
  const std::vector<std::string>& consents() const { return consents_; }  // ids relied on
  const std::optional<Duty>& duty() const { return duty_; }
  // The shortest time to live of the rules that contributed, 0 = none, and when it is over. What has not left by then
  // must not, and the recipient keeps none of it longer.
  std::chrono::minutes ttl() const { return ttl_; }
  const std::optional<Time>& expires_at() const { return expires_at_; }
  const std::string& reason() const { return reason_; }  // reason code of a refusal or hold
  const std::string& ruleset_hash() const { return ruleset_hash_; }
  // Stable text of everything that matters for "same decision again": outcome, released pointers with actions, rules,
  // consents, obligations. Two decisions with equal fingerprints release the same bytes on the same grounds.
  std::string fingerprint() const;

 private:
  friend class DecisionMaker;  // hub/confidentiality
  Decision() = default;
  Outcome outcome_ = Outcome::refused;
  std::vector<FieldDecision> fields_;
  std::vector<std::string> rules_, citations_, obligations_, unassigned_, missing_, consents_;
  std::vector<std::vector<std::string>> nearest_change_;
  std::optional<Duty> duty_;
  std::chrono::minutes ttl_{0};
  std::optional<Time> expires_at_;
  std::string reason_, ruleset_hash_;
};

}  // namespace samband
