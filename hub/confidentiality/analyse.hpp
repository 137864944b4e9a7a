// The static analysis of a rule set: everything that can be said about it before anybody sends anything. The domain is
// finite and the answers are exact (cells.hpp), not samples. Pure: reads nothing, knows no clock. Thread-safe.
// docs/confidentiality.md, "Analysis", lists the findings.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "confidentiality/law.hpp"
#include "confidentiality/rules.hpp"
#include "model/party.hpp"
#include "routing/routes.hpp"

namespace samband {

enum class Severity { error, warning, note };
std::string_view to_string(Severity);

struct Finding {
  std::string code;  // "redundant"
  Severity severity = Severity::warning;
  std::string about;   // the rule, provision or holder
  std::string detail;  // what exactly, when one subject may have several
  Place place{};
  std::string sv, en;          // what is wrong
  std::string fix_sv, fix_en;  // how to mend it
  std::optional<Acceptance> accepted;
};

struct AnalysisInput {
  const RuleSet* rules = nullptr;
  Date at{};
  const LawTable* law = nullptr;     // nullptr: nothing is checked against the law table, and a note says so
  const Parties* parties = nullptr;  // both nullptr: duties are not checked for routes
  const Routes* routes = nullptr;
  std::map<std::string, std::vector<std::string>> carried;  // kind -> categories; a kind that is absent carries any
};

// Sorted by severity, place and code. Findings that the rule set accepts carry their acceptance.
std::vector<Finding> analyse(const AnalysisInput&);

// Errors that nobody has accepted: a rule set with any is not served.
std::size_t open_errors(const std::vector<Finding>&);
std::size_t open_warnings(const std::vector<Finding>&);

}  // namespace samband
