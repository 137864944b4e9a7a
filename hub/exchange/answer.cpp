#include "exchange/answer.hpp"

#include <map>
#include <set>

namespace samband {
namespace {

json::array strings(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& s : list) out.emplace_back(s);
  return out;
}

struct Group {
  int count = 0;
  std::string reason;
  std::set<std::string> provisions, missing;
};

json::array show(const std::map<std::pair<std::string, std::string>, Group>& groups, FieldOutcome outcome) {
  json::array out;
  for (const auto& [key, group] : groups) {
    json::object o{{"category", key.first}, {"count", group.count}};
    if (outcome != FieldOutcome::release) {
      o["reason"] = group.reason;
      o["provisions"] = strings({group.provisions.begin(), group.provisions.end()});
    }
    if (outcome == FieldOutcome::hold) o["missing"] = strings({group.missing.begin(), group.missing.end()});
    out.push_back(std::move(o));
  }
  return out;
}

// "2026-11-23 08:00", by the clock on the wall.
std::string local_time_text(Time at) {
  const int minute = stockholm_minute_of_day(at);
  const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return to_string(stockholm_date(at)) + " " + two(minute / 60) + ":" + two(minute % 60);
}

}  // namespace

json::object describe(const Decision& decision, const RuleSet& rules, const ExplainWith& with) {
  std::map<FieldOutcome, std::map<std::pair<std::string, std::string>, Group>> by_outcome;
  for (const FieldDecision& field : decision.fields()) {
    if (field.field.category == "envelope") continue;  // says nothing about anybody
    const std::string category = field.field.category.empty() ? "unknown" : field.field.category;
    Group& group = by_outcome[field.outcome][{category, field.outcome == FieldOutcome::release ? "" : field.reason}];
    ++group.count;
    group.reason = field.reason;
    if (field.outcome == FieldOutcome::release) continue;
    if (field.reason == "document_needs_release") group.missing.insert("document_released");
    for (const Cover& cover : field.covers) {
      if (cover.cleared == Truth::yes) continue;
      group.provisions.insert(cover.provision);
      if (cover.cleared == Truth::unknown) group.missing.insert(cover.missing.begin(), cover.missing.end());
    }
  }
  json::object out;
  out["reason"] = decision.reason();
  out["fields"] = json::object{{"released", show(by_outcome[FieldOutcome::release], FieldOutcome::release)},
                               {"withheld", show(by_outcome[FieldOutcome::withhold], FieldOutcome::withhold)},
                               {"held", show(by_outcome[FieldOutcome::hold], FieldOutcome::hold)}};
  out["rules"] = strings(decision.rules());
  out["grounds"] = strings(decision.citations());
  out["obligations"] = strings(decision.obligations());
  if (!decision.unassigned().empty()) out["unassigned"] = strings(decision.unassigned());
  if (decision.expires_at()) out["expiresAt"] = to_rfc3339(*decision.expires_at());
  json::object whole = explanation(decision, rules, with);
  out["duty"] = std::move(whole["duty"]);
  json::array rows;
  for (json::value& row : whole["fields"].get_array())
    if (string_at(row.get_object(), "category") != "envelope") rows.push_back(std::move(row));
  out["explanation"] = std::move(rows);
  if (auto* hash = whole.if_contains("inputsHash")) out["inputsHash"] = std::move(*hash);
  out["missing"] = strings(decision.missing());
  json::array nearest;
  for (const auto& set : decision.nearest_change()) nearest.push_back(strings(set));
  out["nearestChange"] = std::move(nearest);
  out["words"] =
      json::object{{"sv", explain_in_words(decision, rules, "sv")}, {"en", explain_in_words(decision, rules, "en")}};
  out["rulesetHash"] = decision.ruleset_hash();
  return out;
}

void end_rest(json::object& description) {
  constexpr std::string_view kReason = "hold_expired";
  const auto object_in = [](json::object& in, std::string_view key) {
    auto* found = in.if_contains(key);
    return found != nullptr ? found->if_object() : nullptr;
  };
  if (json::object* fields = object_in(description, "fields")) {
    json::value &held = (*fields)["held"], &withheld = (*fields)["withheld"];
    if (held.is_array() && withheld.is_array())
      for (json::value& group : held.get_array()) {
        if (json::object* o = group.if_object()) {
          (*o)["reason"] = kReason;
          o->erase("missing");
        }
        withheld.get_array().push_back(std::move(group));
      }
    held = json::array{};
  }
  if (auto* rows = description.if_contains("explanation"); rows != nullptr && rows->is_array())
    for (json::value& row : rows->get_array())
      if (json::object* o = row.if_object();
          o != nullptr && string_at(*o, "outcome") == to_string(FieldOutcome::hold)) {
        (*o)["outcome"] = to_string(FieldOutcome::withhold);
        (*o)["reason"] = kReason;
      }
  description["missing"] = json::array{};
  description["nearestChange"] = json::array{};
  description.erase("telephone");
  if (json::object* words = object_in(description, "words"))
    for (const auto& [language, end] : {std::pair<std::string_view, std::string_view>{
                                            "sv", " Slutligt: ingen svarade i tid på det som vilade; det lämnas inte."},
                                        {"en", " Final: nobody answered in time what was held; it is not sent."}})
      (*words)[language] = std::string(string_at(*words, language)) + std::string(end);
}

void refuse_whole(json::object& description, const RouteRefusal& refusal) {
  json::array withheld;
  for (const char* key : {"released", "held", "withheld"}) {
    json::value* list = nullptr;
    if (auto* fields = description.if_contains("fields"))
      list = fields->at(key).is_array() ? &fields->at(key) : nullptr;
    if (list == nullptr) continue;
    for (json::value& group : list->get_array())
      withheld.push_back(json::object{{"category", group.at("category")},
                                      {"count", group.at("count")},
                                      {"reason", refusal.reason},
                                      {"provisions", json::array{}}});
  }
  description["fields"] =
      json::object{{"released", json::array{}}, {"withheld", std::move(withheld)}, {"held", json::array{}}};
  for (const char* key : {"missing", "nearestChange", "rules", "grounds", "obligations", "explanation"})
    description[key] = json::array{};
  description["reason"] = refusal.reason;
  description["duty"] = nullptr;
  description.erase("telephone");
  description.erase("unassigned");
  description.erase("expiresAt");
  if (!refusal.alternative.empty()) description["alternative"] = refusal.alternative;
  std::string sv = "Ej utlämnat: mottagaren tar inte emot personer i den åldern.";
  std::string en = "Not sent: the recipient does not take persons of that age.";
  if (refusal.reason == "agreement_ended")
    sv = "Ej utlämnat: samverkansavtalet gäller inte i dag.", en = "Not sent: the agreement is not in force today.";
  if (refusal.reason == "outside_hours") {
    sv = "Ej utlämnat: mottagaren har stängt.", en = "Not sent: the recipient is closed.";
    if (refusal.opens_at) {
      const std::string at = local_time_text(*refusal.opens_at);
      description["opensAt"] = to_rfc3339(*refusal.opens_at);
      sv += " Öppnar " + at + ".", en += " Opens " + at + ".";
    }
    if (!refusal.telephone.empty()) {
      description["telephone"] = json::object{{"recipient", refusal.telephone}};
      sv += " Telefon: " + refusal.telephone + ".", en += " Telephone: " + refusal.telephone + ".";
    }
  }
  if (!refusal.alternative.empty())
    sv += " Vänd er till " + refusal.alternative + ".", en += " Turn to " + refusal.alternative + ".";
  description["words"] = json::object{{"sv", sv}, {"en", en}};
}

json::object show_exchange(const ExchangeRow& row) {
  auto explanation = parse_json(row.explanation);
  return show_exchange(row,
                       explanation && explanation->is_object() ? std::move(explanation->get_object()) : json::object{});
}

json::object show_exchange(const ExchangeRow& row, json::object explanation) {
  json::object out{{"id", row.id},
                   {"messageId", row.message_id},
                   {"sender", row.sender},
                   {"recipient", row.recipient},
                   {"kind", row.kind},
                   {"purpose", row.purpose},
                   {"outcome", row.outcome},
                   {"state", to_string(row.state)},
                   {"life", row.life},
                   {"createdAt", to_rfc3339(row.created_at)},
                   {"updatedAt", to_rfc3339(row.updated_at)},
                   {"attempts", row.attempts}};
  out["dueAt"] = row.due_at ? json::value(to_rfc3339(*row.due_at)) : json::value(nullptr);
  out["acknowledgedAt"] = row.acknowledged_at ? json::value(to_rfc3339(*row.acknowledged_at)) : json::value(nullptr);
  for (auto& [key, value] : explanation) out[key] = std::move(value);
  return out;
}

bool is_wider(const ExchangeRow& next, const ExchangeRow& before) {
  const auto released = [](const ExchangeRow& row) {
    std::map<std::string, std::int64_t> out;
    auto explanation = parse_json(row.explanation);
    if (!explanation) return out;
    const json::value* list = find_pointer(*explanation, "/fields/released");
    if (!list || !list->is_array()) return out;
    for (const json::value& group : list->get_array())
      out[std::string(string_at(group.as_object(), "category"))] += group.at("count").to_number<std::int64_t>();
    return out;
  };
  const auto had = released(before);
  for (const auto& [category, count] : released(next)) {
    const auto it = had.find(category);
    if (it == had.end() || it->second < count) return true;
  }
  return false;
}

}  // namespace samband
