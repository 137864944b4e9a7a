#include "confidentiality/explain.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "confidentiality/rule_index.hpp"
#include "confidentiality/words.hpp"

namespace samband {
namespace {

const Dictionary& outcome_names() {
  static const Dictionary kNames = {{"released", {"Utlämnat", "Released"}},
                                    {"partial", {"Delvis utlämnat", "Partly released"}},
                                    {"held", {"Vilar", "Held"}},
                                    {"refused", {"Inte utlämnat", "Refused"}}};
  return kNames;
}

// Refs are chosen by the sender; one that does not look like "p1" might be a number of somebody, so it is not repeated.
std::string safe_ref(const std::string& ref) {
  const bool plain = !ref.empty() && ref.size() <= 4 && ref.front() >= 'a' && ref.front() <= 'z' &&
                     std::all_of(ref.begin() + 1, ref.end(), [](char c) { return c >= '0' && c <= '9'; });
  return plain ? ref : ref.empty() ? "" : "person";
}

json::array strings(const std::vector<std::string>& items) {
  json::array out;
  for (const auto& item : items) out.emplace_back(item);
  return out;
}

bool has(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}
bool reaches(const std::vector<std::string>& list, std::string_view item) { return has(list, item) || has(list, "*"); }

bool rests_on_consent(const Rule& rule) {
  return std::any_of(rule.conditions.begin(), rule.conditions.end(),
                     [](const Condition& c) { return c.type == Condition::Type::consent; });
}

// The rows of one explanation: what each field's outcome rests on, by section.
class Rows {
 public:
  Rows(const Decision& decision, const RuleSet& set, const ExplainWith& with)
      : decision_(decision), set_(set), with_(with) {}

  json::object of(const FieldDecision& field) const {
    json::array covers, persons;
    std::set<std::string> grounds, obligations;
    bool ordinary = false;
    for (const auto& cover : field.covers) {
      const auto* provision = set_.provision(cover.provision);
      json::object one{{"provision", cover.provision},
                       {"person", shown(cover.person)},
                       {"role", role_of(cover.person)},
                       {"cleared", to_string(cover.cleared)}};
      if (provision != nullptr) one["citation"] = provision->citation.text;
      ordinary = ordinary || (provision != nullptr && !provision->public_interest && !provision->protects_place);
      if (cover.cleared == Truth::yes) {
        one["clearedBy"] = cover.cleared_by;
        if (!cover.consent_id.empty()) one["consent"] = cover.consent_id;
        const auto* rule = set_.rule(cover.cleared_by);
        const std::string ground = rule != nullptr        ? ground_of(*rule)
                                   : provision != nullptr ? cited_as_tested(provision->citation.text)
                                                          : std::string();
        one["ground"] = ground;
        grounds.insert(ground);
        if (rule != nullptr) oblige(*rule, obligations);
      } else {
        one["missing"] = strings(cover.missing);
      }
      covers.emplace_back(std::move(one));
    }
    for (const auto& ref : field.field.persons)
      persons.emplace_back(json::object{{"person", shown(ref)}, {"role", role_of(ref)}});
    const bool released = field.outcome == FieldOutcome::release;
    if (released && !ordinary) by_ground(field, grounds, obligations);
    json::object out{
        {"category", field.field.category}, {"persons", std::move(persons)}, {"outcome", to_string(field.outcome)},
        {"reason", field.reason},           {"action", field.action},        {"covers", std::move(covers)}};
    if (released) {
      out["grounds"] = strings({grounds.begin(), grounds.end()});
      out["obligations"] = strings({obligations.begin(), obligations.end()});
    }
    return out;
  }

  static std::string ground_of(const Rule& rule) {
    return rule.citation.text + (rule.via.empty() ? "" : " (" + rule.via + ")");
  }

 private:
  std::string shown(const std::string& ref) const { return with_.keep_refs ? ref : safe_ref(ref); }
  std::string role_of(const std::string& ref) const {
    if (with_.request != nullptr)
      for (const auto& person : with_.request->persons)
        if (person.ref == ref) return person.role;
    return "";
  }
  // As the decision settled them: a guardian's notice may wait or be turned aside, a reservation may fall away.
  void oblige(const Rule& rule, std::set<std::string>& out) const {
    for (const auto& each : rule.obligations) {
      if (has(decision_.obligations(), each)) out.insert(each);
      if (each != "notify_guardian") continue;
      for (const char* instead : {"assess_guardian_harm", "redirect_guardian_notice"})
        if (has(decision_.obligations(), instead)) out.insert(instead);
    }
  }
  // What no ordinary provision covers goes by a rule all the same, and by a declaration that nothing covers it.
  void by_ground(const FieldDecision& field, std::set<std::string>& grounds, std::set<std::string>& obligations) const {
    const auto& category = field.field.category;
    std::vector<const Rule*> rules;
    for (const auto& id : decision_.rules()) {
      const auto* rule = set_.rule(id);
      if (rule == nullptr || category == "envelope" || category == "official" || !reaches(rule->categories, category))
        continue;
      const bool role = field.field.persons.empty() ||
                        std::any_of(field.field.persons.begin(), field.field.persons.end(),
                                    [&](const std::string& ref) { return reaches(rule->persons, role_of(ref)); });
      if (role) rules.push_back(rule);
    }
    // A consent is relied on only where nothing else would do.
    const bool other = std::any_of(rules.begin(), rules.end(), [](const Rule* r) { return !rests_on_consent(*r); });
    for (const auto* rule : rules) {
      if (other && rests_on_consent(*rule)) continue;
      grounds.insert(ground_of(*rule));
      oblige(*rule, obligations);
    }
    if (!field.covers.empty() || with_.request == nullptr || with_.request->holder == nullptr) return;
    for (const auto& none : set_.no_secrecy)
      if (reaches(none.holders, with_.request->holder->actor_type) && has(none.categories, category))
        grounds.insert(none.citation.text);
  }

  const Decision& decision_;
  const RuleSet& set_;
  const ExplainWith& with_;
};

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

// "bostadsadress (OSL 21:3): skyddad identitet, manuell prövning", once per category and reason.
std::vector<std::string> lines_for(const Decision& decision, FieldOutcome outcome, bool swedish) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> provisions;
  for (const auto& field : decision.fields()) {
    if (field.outcome != outcome || field.field.category == "envelope") continue;
    auto& names = provisions[{field.field.category, field.reason}];
    for (const auto& cover : field.covers)
      if (cover.cleared != Truth::yes) names.insert(swedish ? cover.provision : citation_in_english(cover.provision));
  }
  std::vector<std::string> out;
  for (const auto& [key, names] : provisions) {
    std::string line = key.first.empty() ? std::string(swedish ? "okänt fält" : "unknown field")
                                         : category_in_words(key.first, swedish);
    if (!names.empty()) line += " (" + joined({names.begin(), names.end()}, ", ") + ")";
    line += ": " + reason_in_words(key.second, swedish);
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace

json::object explanation(const Decision& decision, const RuleSet& set, const ExplainWith& with) {
  json::array fields;
  const Rows rows(decision, set, with);
  // Like fields are counted, not repeated: what is judged alike has category and persons in common.
  struct Kind {
    const FieldDecision* first;
    std::size_t count;
  };
  std::vector<Kind> kinds;
  for (const auto& field : decision.fields()) {
    const auto same = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) {
      const auto& f = *kind.first;
      return f.field.category == field.field.category && f.outcome == field.outcome && f.reason == field.reason &&
             f.action == field.action && f.field.persons == field.field.persons;
    });
    if (same == kinds.end()) {
      kinds.push_back({&field, 1});
    } else {
      ++same->count;
    }
  }
  for (const auto& kind : kinds) {
    auto row = rows.of(*kind.first);
    row["count"] = kind.count;
    fields.emplace_back(std::move(row));
  }
  json::array rules;
  for (const auto& id : decision.rules()) {
    json::object one{{"id", id}};
    if (const auto* rule = set.rule(id)) {
      one["citation"] = rule->citation.text;
      if (!rule->via.empty()) one["via"] = rule->via;
    }
    rules.emplace_back(std::move(one));
  }
  json::array nearest;
  for (const auto& change : decision.nearest_change()) nearest.emplace_back(strings(change));
  json::object out{{"outcome", to_string(decision.outcome())},
                   {"reason", decision.reason()},
                   {"fields", std::move(fields)},
                   {"rules", std::move(rules)},
                   {"grounds", strings(decision.citations())},
                   {"obligations", strings(decision.obligations())},
                   {"consents", strings(decision.consents())},
                   {"missing", strings(decision.missing())},
                   {"nearestChange", std::move(nearest)},
                   {"rulesetHash", decision.ruleset_hash()}};
  if (decision.expires_at()) out["expiresAt"] = to_rfc3339(*decision.expires_at());
  if (const auto& duty = decision.duty()) {
    json::object one{{"rule", duty->rule}, {"modality", duty->modality}, {"due", to_rfc3339(duty->due)}};
    if (const auto* rule = set.rule(duty->rule)) {
      one["deadline"] = rule->deadline;
      one["citation"] = rule->citation.text;
      if (!rule->via.empty()) one["via"] = rule->via;
    }
    out["duty"] = std::move(one);
  } else {
    out["duty"] = nullptr;
  }
  if (!with.inputs_hash.empty()) out["inputsHash"] = with.inputs_hash;
  return out;
}

namespace {

std::vector<std::string> in_language(std::vector<std::string> citations, bool swedish) {
  if (!swedish)
    for (auto& each : citations) each = citation_in_english(each);
  return citations;
}

}  // namespace

std::string explain_in_words(const Decision& decision, const RuleSet& set, std::string_view language) {
  const bool sv = language == "sv";
  std::size_t all = 0, released = 0;
  for (const auto& field : decision.fields()) {
    if (field.field.category == "envelope") continue;
    ++all;
    released += field.outcome == FieldOutcome::release ? 1 : 0;
  }
  std::string out = word(outcome_names(), to_string(decision.outcome()), sv);
  if (decision.permits()) {
    out += ": " + std::to_string(released) + (sv ? " av " : " of ") + std::to_string(all) +
           (sv ? " uppgifter." : " items.");
  } else {
    out += ": " + reason_in_words(decision.reason(), sv) + ".";
  }
  if (const auto& duty = decision.duty()) {
    const bool must = duty->modality == "must";
    out += sv ? (must ? " Skyldighet: " : " Bör lämnas: ") : (must ? " Duty: " : " Should be sent: ");
    const auto* rule = set.rule(duty->rule);
    out += rule == nullptr ? duty->rule : sv ? rule->citation.text : citation_in_english(rule->citation.text);
    if (rule != nullptr) {
      out += ", " + deadline_in_words(rule->deadline, sv);
      if (!rule->via.empty()) out += (sv ? " (bryter sekretess enligt " : " (breaks secrecy by ") + rule->via + ")";
    }
    out += ".";
  }
  if (decision.permits() && !decision.citations().empty())
    out += (sv ? " Grund: " : " Ground: ") + joined(in_language(decision.citations(), sv), "; ") + ".";
  if (const auto lines = lines_for(decision, FieldOutcome::withhold, sv); !lines.empty())
    out += (sv ? " Ej utlämnat: " : " Withheld: ") + joined(lines, "; ") + ".";
  if (const auto lines = lines_for(decision, FieldOutcome::hold, sv); !lines.empty())
    out += (sv ? " Vilar: " : " Held: ") + joined(lines, "; ") + ".";
  std::vector<std::string> changes;
  for (const auto& change : decision.nearest_change()) {
    std::vector<std::string> parts;
    for (const auto& code : change) parts.push_back(fact_in_words(code, sv));
    changes.push_back(joined(parts, sv ? " och " : " and "));
  }
  if (!changes.empty())
    out += (sv ? " Skulle ändras av: " : " Would change with: ") + joined(changes, sv ? "; eller " : "; or ") + ".";
  return out;
}

std::vector<std::string> explain_fields(const json::array& rows, std::string_view language) {
  const bool sv = language == "sv";
  const auto texts = [](const json::object& row, std::string_view key) {
    std::vector<std::string> found;
    if (const auto* list = row.if_contains(key); list != nullptr && list->is_array())
      for (const auto& item : list->get_array())
        if (item.is_string()) found.emplace_back(item.get_string());
    return found;
  };
  static const Dictionary kOutcomes = {
      {"release", {"lämnas", "goes"}}, {"withhold", {"stannar", "stays"}}, {"hold", {"vilar", "is held"}}};
  std::vector<std::string> out;
  for (const auto& value : rows) {
    const auto* row = value.if_object();
    if (row == nullptr || string_at(*row, "category") == "envelope") continue;
    const auto category = string_at(*row, "category");
    std::string line =
        category.empty() ? std::string(sv ? "okänt fält" : "unknown field") : category_in_words(category, sv);
    std::set<std::string> roles;
    if (const auto* persons = row->if_contains("persons"); persons != nullptr && persons->is_array())
      for (const auto& person : persons->get_array())
        if (person.is_object() && !string_at(person.get_object(), "role").empty())
          roles.insert(role_in_words(string_at(person.get_object(), "role"), sv));
    if (!roles.empty()) line += " (" + joined({roles.begin(), roles.end()}, ", ") + ")";
    const auto outcome = string_at(*row, "outcome");
    line += ": " + word(kOutcomes, outcome, sv);
    std::vector<std::string> parts;
    if (outcome == "release") {
      parts = in_language(texts(*row, "grounds"), sv);
    } else {
      line += ", " + reason_in_words(string_at(*row, "reason"), sv);
      if (const auto* covers = row->if_contains("covers"); covers != nullptr && covers->is_array())
        for (const auto& item : covers->get_array()) {
          const auto* cover = item.if_object();
          if (cover == nullptr || string_at(*cover, "cleared") == "yes") continue;
          std::string part =
              sv ? std::string(string_at(*cover, "provision")) : citation_in_english(string_at(*cover, "provision"));
          auto missing = texts(*cover, "missing");
          for (auto& code : missing) code = fact_in_words(code, sv);
          if (!missing.empty())
            part += (sv ? ", öppnas av " : ", opened by ") + joined(missing, sv ? " eller " : " or ");
          if (!has(parts, part)) parts.push_back(std::move(part));
        }
    }
    if (!parts.empty()) line += ": " + joined(parts, "; ");
    out.push_back(std::move(line));
  }
  return out;
}

std::string inputs_text(const DecisionRequest& request) {
  const auto sorted = [](std::vector<std::string> lines) {
    std::sort(lines.begin(), lines.end());
    return strings(lines);
  };
  const auto party = [&](const Party* p) {
    return p == nullptr ? json::array{} : json::array{p->id, p->actor_type, sorted(p->carries_out)};
  };
  std::vector<std::string> fields, persons, facts, consents, agreements;
  for (const auto& f : request.fields)
    fields.push_back(json::serialize(json::array{f.pointer, f.category, strings(f.persons)}));
  for (const auto& p : request.persons)
    persons.push_back(json::serialize(json::array{p.ref, p.role, p.birth_date ? to_string(*p.birth_date) : "",
                                                  to_string(p.protection), p.subject_ref}));
  for (const auto& f : request.facts)
    facts.push_back(
        json::serialize(json::array{f.code, to_string(f.value), f.person_ref, f.assessor_id, to_rfc3339(f.at)}));
  for (const auto& c : request.consents)
    consents.push_back(json::serialize(json::array{c.id, c.subject_ref, c.holder, c.giver, c.maturity_assessor,
                                                   strings(c.recipients), strings(c.purposes), strings(c.categories),
                                                   to_rfc3339(c.valid_from), to_rfc3339(c.valid_to),
                                                   c.revoked_at ? to_rfc3339(*c.revoked_at) : "", c.agreement}));
  for (const auto& a : request.agreements)
    agreements.push_back(
        json::serialize(json::array{a.id, strings(a.parties), to_string(a.valid_from), to_string(a.valid_to)}));
  return json::serialize(json::array{
      to_rfc3339(request.at), party(request.holder), party(request.recipient), request.purpose, request.kind,
      to_string(request.initiative), request.emergency, request.emergency_reason, to_rfc3339(request.emergency_since),
      request.recipient_restricted, sorted(std::move(fields)), sorted(std::move(persons)), sorted(std::move(facts)),
      sorted(std::move(consents)), sorted(std::move(agreements))});
}

}  // namespace samband
