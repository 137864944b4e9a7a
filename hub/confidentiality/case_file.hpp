// Cases: who asks whom for what, about which persons, with which answers and consents; and, if somebody has thought it
// through, what should come out. One JSON object each, the same for `samband policy decide` and for decision tables.
// Format and every default: docs/policy-cases.md. Pure; values, thread-compatible.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "confidentiality/decide.hpp"

namespace samband {

inline constexpr std::size_t kCaseIdMax = 100;  // characters of one line

// What a case may lean on.
struct CaseContext {
  const RuleSet* rules = nullptr;
  const Parties* parties = nullptr;  // of the configuration; nullptr = actor types only
  std::vector<Agreement> agreements;
  Time now{};  // of a case that names no date
};

// What somebody expects. Only what is named is compared.
struct Expectation {
  struct Of {  // a category, or it for some persons
    std::string category;
    std::vector<std::string> persons;  // empty = whoever it is about
    std::optional<FieldOutcome> outcome;
    std::string reason, rule;  // "" = not compared
  };
  std::optional<Outcome> outcome;
  std::string reason;
  std::vector<Of> categories;
  std::vector<std::string> rules;                                // all of them contribute
  std::vector<std::string> citations;                            // each is part of some ground
  std::optional<std::string> duty;                               // rule id, "" = none
  std::optional<std::string> due;                                // RFC 3339
  std::optional<std::vector<std::string>> obligations, missing;  // exactly these
};

struct PolicyCase {
  std::string id, title;
  Time at{};
  Party holder, recipient;
  std::string purpose, kind;
  Initiative initiative = Initiative::own;
  bool emergency = false, recipient_restricted = false;
  std::string emergency_reason;
  Time emergency_since{};
  std::vector<Person> persons;
  std::vector<Field> fields;
  std::vector<Fact> facts;
  std::vector<Consent> consents;
  std::vector<Agreement> agreements;
  std::map<std::string, bool> settings;  // counsel's switches that this case turns
  std::optional<Expectation> expect;

  DecisionRequest request() const;  // valid while this stands
  // The rule set with the case's settings.
  RuleSet with_settings(const RuleSet&) const;
};

// All mistakes of a case, each with its JSON pointer; none means that the case was read.
std::optional<PolicyCase> read_case(const json::object&, const CaseContext&, std::vector<Error>& problems);

// `expect` of a case or of a row of a table. `fields` are those of the case that it is about.
Expectation read_expectation(const json::object&, const std::string& pointer, const RuleSet&,
                             const std::vector<Field>& fields, std::vector<Error>& problems);

}  // namespace samband
