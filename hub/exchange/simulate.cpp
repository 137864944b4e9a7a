#include "exchange/simulate.hpp"

#include <algorithm>
#include <set>

#include "confidentiality/rule_index.hpp"
#include "exchange/decided.hpp"

namespace samband {
namespace {

using Turn = ChangedExchange::Turn;
using Side = ChangedExchange::Side;

bool names(const std::vector<std::string>& list, const std::string& code) {
  return std::any_of(list.begin(), list.end(), [&](const auto& each) { return each == code || each == "*"; });
}

std::string category_of(const FieldDecision& field) {
  return field.field.category.empty() ? "unknown" : field.field.category;
}

// How much of a field leaves: nothing, a pseudonym, something coarser, or all.
int leaves(const FieldDecision& field) {
  if (field.outcome != FieldOutcome::release) return 0;
  return field.action == "pass" ? 3 : field.action == "generalise" ? 2 : field.action == "pseudonymise" ? 1 : 0;
}

std::vector<std::string> sorted(std::vector<std::string> items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

Side side_of(const Decision& decision, const RuleSet& rules, const Party& sender, const Party& recipient,
             const ExchangeRow& row) {
  Side out;
  out.outcome = decision.outcome();
  out.reason = decision.reason();
  if (const auto& duty = decision.duty()) {
    const Rule* rule = rules.rule(duty->rule);
    out.duty = {duty->rule, duty->modality, rule != nullptr ? rule->deadline : "", duty->due};
  }
  out.expires_at = decision.expires_at();
  out.hold_days = hold_ends_after(decision, rules, sender, recipient, row);
  out.rules = sorted(decision.rules());
  out.obligations = sorted(decision.obligations());
  out.unassigned = sorted(decision.unassigned());
  out.consents = sorted(decision.consents());
  out.missing = sorted(decision.missing());  // another question is another hold
  return out;
}

// Field by field: the same numbers may be of other fields or persons, or leave otherwise minimised. Both decide one
// request. An envelope follows the rest: it is named where nothing else differs.
std::set<std::string> decided_otherwise(const Decision& a, const Decision& b) {
  std::set<std::string> out;
  for (std::size_t i = 0; i < a.fields().size(); ++i) {
    const FieldDecision &x = a.fields()[i], &y = b.fields()[i];
    if (x.outcome != y.outcome || (x.outcome == FieldOutcome::release && x.action != y.action))
      out.insert(category_of(x));
  }
  if (out.size() > 1) out.erase("envelope");
  return out;
}

ChangedExchange::Counts counts_of(const Decision& decision, const Decision& other, const std::string& category) {
  ChangedExchange::Counts out;
  for (std::size_t i = 0; i < decision.fields().size(); ++i) {
    const FieldDecision& field = decision.fields()[i];
    if (category_of(field) != category) continue;
    const bool released = field.outcome == FieldOutcome::release;
    ++(released ? out.released : field.outcome == FieldOutcome::hold ? out.held : out.withheld);
    if (released && field.action != "pass") ++out.minimised;
    if (!released && field.outcome != other.fields()[i].outcome) out.reasons.push_back(field.reason);
  }
  out.reasons = sorted(std::move(out.reasons));
  return out;
}

Turn turn_of(const Decision& a, const Decision& b, const ChangedExchange& c) {
  bool more = false, less = false;
  for (std::size_t i = 0; i < a.fields().size(); ++i) {
    more = more || leaves(b.fields()[i]) > leaves(a.fields()[i]);
    less = less || leaves(b.fields()[i]) < leaves(a.fields()[i]);
  }
  if (more || less) return more && less ? Turn::both : more ? Turn::more : Turn::less;
  const bool stays = !c.categories.empty() || c.before.outcome != c.after.outcome ||
                     c.before.reason != c.after.reason || c.before.missing != c.after.missing;
  return stays ? Turn::stays : Turn::only;
}

// Which of what differs between the sets may be the cause: what names these parties, this kind or purpose, or a
// category that comes out otherwise.
class Causes {
 public:
  Causes(const RuleSet& before, const RuleSet& after) : sets_{&before, &after}, items_(changed_items(before, after)) {}

  std::vector<ItemChange> of(const ChangedExchange& c) const {
    std::vector<ItemChange> out;
    for (const ItemChange& item : items_)
      if (reaches(item, c)) out.push_back(item);
    return out;
  }

 private:
  static bool reaches(const Rule& rule, const ChangedExchange& c) {
    return names(rule.from, c.sender.actor_type) && names(rule.to, c.recipient.actor_type) &&
           names(rule.kinds, c.kind) && names(rule.purposes, c.purpose);
  }
  static bool concerns(const std::vector<std::string>& holders, const std::vector<std::string>& categories,
                       const ChangedExchange& c) {
    return names(holders, c.sender.actor_type) &&
           std::any_of(c.categories.begin(), c.categories.end(),
                       [&](const auto& each) { return names(categories, each.first); });
  }
  // Titles, citations and review dates decide nothing.
  static bool decides(const ItemChange& item) {
    static const std::set<std::string, std::less<>> kTexts = {
        "via", "citation", "title_sv", "title_en", "reviewed_by", "reviewed_at", "review_by", "name_sv", "name_en"};
    return item.how != "changed" || std::any_of(item.members.begin(), item.members.end(),
                                                [](const auto& each) { return !kTexts.contains(each.name); });
  }

  bool reaches(const ItemChange& item, const ChangedExchange& c) const {
    if (!decides(item)) return false;
    if (item.kind == "purpose") return item.id == c.purpose;
    bool bound = false;  // a setting that rules name reaches what they reach; any other may reach everything
    for (const RuleSet* set : sets_) {
      if (item.kind == "rule") {
        if (const Rule* rule = set->rule(item.id); rule != nullptr && reaches(*rule, c)) return true;
      } else if (item.kind == "provision") {
        const Provision* provision = set->provision(item.id);
        if (provision != nullptr && concerns(provision->holders, provision->categories, c)) return true;
      } else if (item.kind == "no_secrecy") {
        for (const NoSecrecy& none : set->no_secrecy)
          if (declared_as(none) == item.id && concerns(none.holders, none.categories, c)) return true;
      } else {
        for (const Rule& rule : set->rules) {
          if (rule.setting != item.id) continue;
          bound = true;
          if (reaches(rule, c)) return true;
        }
      }
    }
    return item.kind == "setting" && !bound;
  }

  const RuleSet* sets_[2];
  std::vector<ItemChange> items_;
};

// What is recorded later than the decision was not known to it.
Grounds as_of(Grounds grounds, Time at) {
  std::erase_if(grounds.facts, [&](const Fact& fact) { return fact.at > at; });
  for (Consent& consent : grounds.consents)
    if (consent.revoked_at && *consent.revoked_at > at) consent.revoked_at.reset();
  return grounds;
}

}  // namespace

std::string_view to_string(Turn turn) {
  switch (turn) {
    case Turn::more:
      return "more";
    case Turn::less:
      return "less";
    case Turn::both:
      return "both";
    case Turn::stays:
      return "stays";
    case Turn::only:
      return "only";
  }
  return {};
}

Result<Simulated> simulate(Store& store, const CaseReader& reader, const Parties& parties,
                           const std::vector<Agreement>& agreements, const RuleSet& before, const RuleSet& after,
                           Time since, Time until, const std::function<void(const ChangedExchange&)>& changed,
                           const std::function<void(std::uint64_t)>& progress) {
  Simulated out;
  for (const Turn turn : {Turn::more, Turn::less, Turn::both, Turn::stays, Turn::only}) out.turns[turn] = 0;
  const Causes causes(before, after);
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
      ChangedExchange c;
      c.before = side_of(old_one, before, *holder, *recipient, row);
      c.after = side_of(new_one, after, *holder, *recipient, row);
      const auto otherwise = decided_otherwise(old_one, new_one);
      if (c.before == c.after && otherwise.empty()) continue;
      c.id = row.id;
      c.kind = row.kind;
      c.purpose = row.purpose;
      c.sender = *holder;
      c.recipient = *recipient;
      for (const auto& category : otherwise)
        c.categories[category] = {counts_of(old_one, new_one, category), counts_of(new_one, old_one, category)};
      c.turn = turn_of(old_one, new_one, c);
      c.items = causes.of(c);
      ++out.changed;
      ++out.turns[c.turn];
      changed(c);
    }
    if (progress) progress(out.exchanges);
    if (rows->size() < static_cast<std::size_t>(filter.limit)) return out;
    filter.after = rows->back().id;
  }
}

}  // namespace samband
