// The explanation of a decision: what leaves, what stays, by which section, and what would change it. Structured for
// machines, rendered in Swedish and English from templates. Categories, codes and citations only: never a value of a
// field, so that it may be stored and shown to the sender. Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "confidentiality/decide.hpp"

namespace samband {

struct ExplainWith {
  // The request that was decided: adds the role of each person, and the ground of what no provision covers.
  const DecisionRequest* request = nullptr;
  std::string inputs_hash{};  // of inputs_text(); "" = left out
  // Show the refs of persons as they are. Only for case files, whose refs are the lawyer's own; a sender's ref may be
  // anything, so that one that does not look like "p1" is otherwise shown as "person".
  bool keep_refs = false;
};

// docs/confidentiality.md, "Reading an explanation".
json::object explanation(const Decision&, const RuleSet&, const ExplainWith& = {});
// One paragraph in plain words; language "sv" or "en".
std::string explain_in_words(const Decision&, const RuleSet&, std::string_view language);

// One line for each row of explanation()["fields"]: what it is, whose, whether it goes, and by which section or why
// not. Works on stored rows too, of whatever rule set they were.
std::vector<std::string> explain_fields(const json::array& rows, std::string_view language);

// Everything that the decision was made from, as one stable text to hash: the order of facts, consents and agreements
// makes no difference. Persons are told apart by their keyed references; no names and no numbers are in it.
std::string inputs_text(const DecisionRequest&);

}  // namespace samband
