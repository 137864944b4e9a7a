// What comes out of a case, as one JSON object, and where it differs from what was expected. Pure.
#pragma once
#include <string>
#include <vector>

#include "confidentiality/case_file.hpp"

namespace samband {

// Every category and person set with its outcome, citations, reason and what cleared or is missing; the duty with its
// deadline; obligations; the nearest change. docs/policy-cases.md, "The answer". `inputs_hash` may be "".
json::object answer_of(const PolicyCase&, const Decision&, const RuleSet&, std::string inputs_hash);

// One category of a case over all persons: release, withhold or hold, or "mixed".
std::string category_outcome(const Decision&, std::string_view category);

struct Difference {
  std::string what;  // "outcome", "categories/identity/p2", ...
  std::string expected, got;
};
std::vector<Difference> differences(const Expectation&, const Decision&);

}  // namespace samband
