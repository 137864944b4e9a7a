#include "confidentiality/case_answer.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "confidentiality/explain.hpp"
#include "confidentiality/object_reader.hpp"

namespace samband {
namespace {

constexpr std::size_t kLineMax = 200;

bool has(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? "none" : out;
}

// Both ways of writing: the field's (release) and the exchange's (released).
std::optional<Outcome> exchange_outcome(std::string_view text) {
  if (text == "release") return Outcome::released;
  if (text == "hold") return Outcome::held;
  if (text == "refuse") return Outcome::refused;
  return outcome_from(text);
}

std::optional<FieldOutcome> field_outcome(std::string_view text) {
  if (text == "release" || text == "released") return FieldOutcome::release;
  if (text == "withhold" || text == "withheld") return FieldOutcome::withhold;
  if (text == "hold" || text == "held") return FieldOutcome::hold;
  return std::nullopt;
}

std::vector<std::string> sorted(std::vector<std::string> items) {
  std::sort(items.begin(), items.end());
  return items;
}

class ExpectationReader {
 public:
  ExpectationReader(const json::object& object, const std::string& pointer, const RuleSet& rules,
                    const std::vector<Field>& fields, std::vector<Error>& problems)
      : in_(object, pointer, problems), rules_(rules), fields_(fields) {}

  Expectation read() {
    if (const auto text = in_.text("outcome"); !text.empty()) {
      out_.outcome = exchange_outcome(text);
      if (!out_.outcome) in_.report("outcome", "expects released, partial, held or refused");
    }
    out_.reason = in_.code("reason", reason_codes());
    categories();
    for (const auto& [key, outcome] : {std::pair{"release", FieldOutcome::release},
                                       {"withhold", FieldOutcome::withhold},
                                       {"hold", FieldOutcome::hold}})
      for (const auto& name : in_.texts(key)) add(name, in_.place(key)).outcome = outcome;
    out_.rules = in_.texts("rule");
    for (const auto& id : in_.texts("rules")) out_.rules.push_back(id);
    for (const auto& id : out_.rules) known_rule("rule", id);
    out_.citations = lines("citation");
    duty();
    if (in_.has("obligations")) out_.obligations = sorted(lines("obligations"));
    if (in_.has("missing")) out_.missing = sorted(lines("missing"));
    in_.done();
    return std::move(out_);
  }

 private:
  // What differs is printed as it was expected.
  std::vector<std::string> lines(std::string_view key) {
    auto out = in_.texts(key);
    for (const auto& each : out)
      if (!is_line(each, kLineMax)) in_.report(key, "expects texts of one line, at most 200 characters");
    return out;
  }

  void known_rule(std::string_view key, const std::string& id) {
    if (rules_.rule(id) == nullptr) in_.report(key, "no such rule in the rule set");
  }

  // A rule id; null, false or "none" for no duty; or {rule, due}.
  void duty() {
    const auto* value = in_.take("duty");
    if (value == nullptr) return;
    if (value->is_null() || (value->is_bool() && !value->get_bool())) {
      out_.duty = "";
    } else if (const auto* object = value->if_object()) {
      ObjectReader in(*object, in_.place("duty"), in_.problems());
      out_.duty = in.text("rule");
      if (in.has("due")) out_.due = in.text("due");
      if (out_.due && !parse_rfc3339(*out_.due)) in.report("due", "expects a time as 2026-11-22T10:00:00Z");
      in.done();
    } else {
      out_.duty = in_.text("duty");
      if (out_.duty == "none") out_.duty = "";
    }
    if (out_.duty && !out_.duty->empty()) known_rule("duty", *out_.duty);
  }

  // "identity", or "identity/p1,p2" for what is about these persons.
  Expectation::Of& add(std::string_view name, const std::string& where) {
    Expectation::Of of;
    const auto slash = name.find('/');
    of.category = name.substr(0, slash);
    if (slash != std::string_view::npos) {
      for (auto rest = name.substr(slash + 1); !rest.empty();) {
        const auto comma = rest.find(',');
        of.persons.emplace_back(rest.substr(0, comma));
        rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
      }
    }
    of.persons = sorted(of.persons);
    const bool present = std::any_of(fields_.begin(), fields_.end(), [&](const Field& f) {
      return f.category == of.category && (of.persons.empty() || sorted(f.persons) == of.persons);
    });
    if (!present) in_.add(where, "expects something of a category (or of persons) that the case does not have");
    out_.categories.push_back(std::move(of));
    return out_.categories.back();
  }

  void categories() {
    const auto* object = in_.object("categories");
    if (object == nullptr) return;
    for (const auto& [name, value] : *object) {
      const auto slash = std::string_view(name).find('/');
      const std::string where =
          ObjectReader::to_pointer(in_.place("categories"), std::string_view(name).substr(0, slash));
      auto& of = add(name, where);
      std::string_view outcome;
      if (const auto* detail = value.if_object()) {
        ObjectReader in(*detail, where, in_.problems());
        if (const auto* text = in.take("outcome"); text != nullptr && text->is_string()) outcome = text->get_string();
        of.reason = in.code("reason", reason_codes());
        of.rule = in.text("rule", "");
        if (!of.rule.empty()) known_rule("categories", of.rule);
        in.done();
        if (outcome.empty()) continue;
      } else if (value.is_string()) {
        outcome = value.get_string();
      }
      of.outcome = field_outcome(outcome);
      if (!of.outcome) in_.add(where, "expects release, withhold or hold");
    }
  }

  ObjectReader in_;
  const RuleSet& rules_;
  const std::vector<Field>& fields_;
  Expectation out_;
};

}  // namespace

Expectation read_expectation(const json::object& object, const std::string& pointer, const RuleSet& rules,
                             const std::vector<Field>& fields, std::vector<Error>& problems) {
  return ExpectationReader(object, pointer, rules, fields, problems).read();
}

std::string category_outcome(const Decision& decision, std::string_view category) {
  std::string out;
  for (const auto& field : decision.fields()) {
    if (field.field.category != category) continue;
    const auto outcome = to_string(field.outcome);
    if (!out.empty() && out != outcome) return "mixed";
    out = outcome;
  }
  return out;
}

json::object answer_of(const PolicyCase& policy_case, const Decision& decision, const RuleSet& rules,
                       std::string inputs_hash) {
  const auto request = policy_case.request();
  auto out =
      explanation(decision, rules, {.request = &request, .inputs_hash = std::move(inputs_hash), .keep_refs = true});
  json::object categories;
  for (const auto& field : decision.fields())
    if (!categories.contains(field.field.category))
      categories[field.field.category] = category_outcome(decision, field.field.category);
  out["categories"] = std::move(categories);
  out["at"] = to_rfc3339(policy_case.at);
  out["initiative"] = to_string(policy_case.initiative);
  return out;
}

std::vector<Difference> differences(const Expectation& expected, const Decision& decision) {
  std::vector<Difference> out;
  const auto compare = [&](std::string what, std::string want, std::string got) {
    if (want != got) out.push_back({std::move(what), std::move(want), std::move(got)});
  };
  if (expected.outcome)
    compare("outcome", std::string(to_string(*expected.outcome)), std::string(to_string(decision.outcome())));
  if (!expected.reason.empty()) compare("reason", expected.reason, decision.reason());
  for (const auto& of : expected.categories) {
    std::string name = "categories/" + of.category + (of.persons.empty() ? "" : "/" + joined(of.persons));
    for (const auto& field : decision.fields()) {
      if (field.field.category != of.category || (!of.persons.empty() && sorted(field.field.persons) != of.persons))
        continue;
      const std::size_t before = out.size();
      if (of.outcome) compare(name, std::string(to_string(*of.outcome)), std::string(to_string(field.outcome)));
      if (!of.reason.empty()) compare(name + "/reason", of.reason, field.reason);
      const bool by_rule = of.rule.empty() || std::any_of(field.covers.begin(), field.covers.end(),
                                                          [&](const Cover& c) { return c.cleared_by == of.rule; });
      if (!by_rule) compare(name + "/rule", of.rule, "another or none");
      if (out.size() != before) break;  // one difference for a category is enough
    }
  }
  for (const auto& id : expected.rules)
    if (!has(decision.rules(), id)) out.push_back({"rule", id, joined(decision.rules())});
  for (const auto& text : expected.citations)
    if (std::none_of(decision.citations().begin(), decision.citations().end(),
                     [&](const std::string& ground) { return ground.find(text) != std::string::npos; }))
      out.push_back({"citation", text, joined(decision.citations())});
  if (expected.duty) {
    const auto none = [](const std::string& id) { return id.empty() ? std::string("none") : id; };
    compare("duty", none(*expected.duty), none(decision.duty() ? decision.duty()->rule : ""));
  }
  if (expected.due)
    compare("due", to_rfc3339(*parse_rfc3339(*expected.due)),
            decision.duty() ? to_rfc3339(decision.duty()->due) : "none");
  if (expected.obligations)
    compare("obligations", joined(*expected.obligations), joined(sorted(decision.obligations())));
  if (expected.missing) compare("missing", joined(*expected.missing), joined(sorted(decision.missing())));
  return out;
}

}  // namespace samband
