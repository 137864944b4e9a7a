// What the sender, the recipient and the console are shown of a decision: categories, codes, citations; never a value
// of a field. Pure.
#pragma once
#include "base/json.hpp"
#include "confidentiality/explain.hpp"
#include "store/store.hpp"

namespace samband {

// The decision as docs/agency-api.md shows it: reason, fields by category, explanation (each field with what covers and
// clears it), rules, grounds, obligations, duty, missing, nearestChange, words, hashes. Stored with the exchange.
json::object describe(const Decision&, const RuleSet&, const ExplainWith& = {});

// Does `next` release something of a category, or more of it, than `before` did?
bool is_wider(const ExchangeRow& next, const ExchangeRow& before);

// What had left stays as it was explained; the rest, which nobody answered, is held no more: withheld, `hold_expired`.
void end_rest(json::object& description);

// Nothing of it leaves, for a reason that no rule gives: the route's. What is empty is not said.
struct RouteRefusal {
  std::string reason;              // outside_hours, or that the age does not fit
  std::string alternative;         // who takes it instead
  std::string telephone;           // the recipient's duty function
  std::optional<Time> opens_at{};  // outside_hours
};
void refuse_whole(json::object& description, const RouteRefusal&);

// One exchange of an answer, without its receipt.
json::object show_exchange(const ExchangeRow&);
json::object show_exchange(const ExchangeRow&, json::object explanation);  // the row's, already at hand

}  // namespace samband
