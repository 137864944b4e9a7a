#include "exchange/simulate.hpp"

#include <set>

namespace samband {
namespace {

using Categories = std::map<std::string, ChangedExchange::Counts>;

Categories counts_of(const Decision& decision) {
  Categories out;
  for (const FieldDecision& field : decision.fields()) {
    if (field.field.category == "envelope") continue;
    auto& counts = out[field.field.category.empty() ? "unknown" : field.field.category];
    ++(field.outcome == FieldOutcome::release ? counts.released
       : field.outcome == FieldOutcome::hold  ? counts.held
                                              : counts.withheld);
  }
  return out;
}

// Field by field: the same numbers may be of other fields or persons, or leave otherwise minimised. Both decide one
// request.
std::set<std::string> decided_otherwise(const Decision& a, const Decision& b) {
  std::set<std::string> out;
  for (std::size_t i = 0; i < a.fields().size(); ++i) {
    const FieldDecision &x = a.fields()[i], &y = b.fields()[i];
    if (x.outcome == y.outcome && (x.outcome != FieldOutcome::release || x.action == y.action)) continue;
    if (x.field.category != "envelope") out.insert(x.field.category.empty() ? "unknown" : x.field.category);
  }
  return out;
}

// What is recorded later than the decision was not known to it.
Grounds as_of(Grounds grounds, Time at) {
  std::erase_if(grounds.facts, [&](const Fact& fact) { return fact.at > at; });
  for (Consent& consent : grounds.consents)
    if (consent.revoked_at && *consent.revoked_at > at) consent.revoked_at.reset();
  return grounds;
}

}  // namespace

Result<Simulated> simulate(Store& store, const CaseReader& reader, const Parties& parties,
                           const std::vector<Agreement>& agreements, const RuleSet& before, const RuleSet& after,
                           Time since, Time until, const std::function<void(const ChangedExchange&)>& changed,
                           const std::function<void(std::uint64_t)>& progress) {
  Simulated out;
  ExchangeFilter filter;
  filter.limit = 500;
  for (;;) {
    auto rows = store.exchanges(filter);
    if (!rows) return rows.error();
    for (const ExchangeRow& row : *rows) {
      if (row.created_at < since || row.created_at >= until) continue;
      ++out.exchanges;
      const Party *holder = parties.find(row.sender), *recipient = parties.find(row.recipient);
      auto source = reader.source_of(row);
      if (!source || holder == nullptr || recipient == nullptr) {
        ++out.unreadable;
        continue;
      }
      auto grounds = reader.grounds(**source, row.id);
      if (!grounds) return grounds.error();
      const Grounds then = as_of(std::move(*grounds), row.updated_at);
      const DecisionRequest request =
          request_for(**source, *holder, *recipient, row.purpose, then, parties, agreements, row.updated_at);
      const Decision old_one = DecisionMaker::decide(request, before), new_one = DecisionMaker::decide(request, after);
      const auto otherwise = decided_otherwise(old_one, new_one);
      if (old_one.outcome() == new_one.outcome() && otherwise.empty()) continue;
      const Categories had = counts_of(old_one), has = counts_of(new_one);
      ++out.changed;
      ChangedExchange c{row.id,
                        row.sender,
                        row.recipient,
                        row.kind,
                        row.purpose,
                        std::string(to_string(old_one.outcome())),
                        std::string(to_string(new_one.outcome())),
                        {}};
      for (const auto& category : otherwise) c.categories[category] = {had.at(category), has.at(category)};
      changed(c);
    }
    if (progress) progress(out.exchanges);
    if (rows->size() < static_cast<std::size_t>(filter.limit)) return out;
    filter.after = rows->back().id;
  }
}

}  // namespace samband
