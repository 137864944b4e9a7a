// An exchange that another rule set decides otherwise, in words and as JSON: parties, categories and codes, and of
// persons nothing. Thread-safe.
#pragma once
#include "exchange/simulate.hpp"

namespace samband::cli {

// Some lines, the last with its end.
std::string in_words(const ChangedExchange&, const RuleSet& before, const RuleSet& after, bool swedish);
json::object as_json(const ChangedExchange&);
// "5 would come out otherwise: 1 more released, ..."
std::string sum_in_words(const Simulated&, bool swedish);

}  // namespace samband::cli
