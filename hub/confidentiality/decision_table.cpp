#include "confidentiality/decision_table.hpp"

#include <algorithm>
#include <set>

#include "confidentiality/facts.hpp"
#include "confidentiality/rule_texts.hpp"

namespace samband {
namespace {

// Lists of named things become objects by name, so that a row can reach into them: change.persons.p1.age = 18.
void name_lists(json::object& object) {
  for (const auto& [key, prefix] : {std::pair{"persons", "p"}, {"consents", "c"}, {"agreements", "a"}}) {
    auto* value = object.if_contains(key);
    if (value == nullptr || !value->is_array()) continue;
    const auto& list = value->get_array();
    if (list.empty() || !list.front().is_object()) continue;
    json::object by_name;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto* item = list[i].if_object();
      const auto* id = item != nullptr ? item->if_contains("id") : nullptr;
      const std::string name =
          id != nullptr && id->is_string() ? std::string(id->get_string()) : prefix + std::to_string(i + 1);
      by_name[name] = list[i];
    }
    *value = std::move(by_name);
  }
}

// JSON merge patch (RFC 7386).
void merge(json::object& into, const json::object& patch) {
  for (const auto& [key, value] : patch) {
    if (value.is_null()) {
      into.erase(key);
    } else if (const auto* object = value.if_object()) {
      auto& inner = into[key];
      if (!inner.is_object()) inner = json::object{};
      merge(inner.get_object(), *object);
    } else {
      into[key] = value;
    }
  }
}

using PersonPlaces = std::vector<int>;

// Whom conditions are about: those whom the message is about, else the exchange.
PersonPlaces subjects_of(const DecisionRequest& request) {
  PersonPlaces out;
  for (std::size_t i = 0; i < request.persons.size(); ++i)
    if (request.persons[i].role == "subject" || request.persons[i].role == "tenant") out.push_back(static_cast<int>(i));
  if (out.empty()) out.push_back(kWholeExchange);
  return out;
}

// A rule's conditions over one request, each by itself. Written apart from the engine's own reading of them.
class Conditions {
 public:
  Conditions(const Rule& rule, const DecisionRequest& request, const RuleSet& set)
      : rule_(rule),
        request_(request),
        set_(set),
        facts_(request.facts, request.persons, request.at),
        today_(stockholm_date(request.at)),
        subjects_(subjects_of(request)) {}

  Truth of(const Condition& condition) const {
    using Type = Condition::Type;
    switch (condition.type) {
      case Type::fact:
        return all([&](int who) { return wanted(fact(condition.code, who), condition.expected); });
      case Type::fact_or:
        return all([&](int who) {
          Truth any = Truth::no;
          for (const auto& code : condition.codes) any = either(any, wanted(fact(code, who), condition.expected));
          return any;
        });
      case Type::person_age:
        return all([&](int who) {
          const int age = age_of(who);
          if (age < 0) return condition.code.empty() ? Truth::unknown : fact(condition.code, who);
          return age >= condition.age_min && age <= condition.age_max ? Truth::yes : Truth::no;
        });
      case Type::agreement:
        return agreement_holds(request_, today_, "") ? Truth::yes : Truth::no;
      case Type::emergency:
        return request_.emergency && contains(emergency_reasons(), request_.emergency_reason) &&
                       request_.at < request_.emergency_since + rule_.ttl
                   ? Truth::yes
                   : Truth::no;
      case Type::protected_identity:
        return all([&](int who) {
          const bool is = who != kWholeExchange && request_.persons[who].protection != Protection::none;
          return is == condition.expected ? Truth::yes : Truth::no;
        });
      case Type::consent:
        return consent();
    }
    return Truth::unknown;
  }

  Truth fact(std::string_view code, int who) const { return facts_.value(code_index(fact_codes(), code), who); }
  bool ages_unknown() const {
    return std::all_of(subjects_.begin(), subjects_.end(), [&](int who) { return age_of(who) < 0; });
  }
  const PersonPlaces& subjects() const { return subjects_; }

 private:
  template <class Each>
  Truth all(Each each) const {
    Truth out = Truth::yes;
    for (const int who : subjects_) out = both(out, each(who));
    return out;
  }
  static Truth wanted(Truth value, bool expected) {
    if (expected || value == Truth::unknown) return value;
    return value == Truth::yes ? Truth::no : Truth::yes;
  }
  int age_of(int who) const {
    if (who == kWholeExchange || !request_.persons[who].birth_date) return -1;
    return age_on(*request_.persons[who].birth_date, today_);
  }
  // Does somebody's consent reach some category of this exchange that the rule opens?
  Truth consent() const {
    Truth any = Truth::no;
    for (const auto& field : request_.fields) {
      const bool reached =
          std::any_of(rule_.categories.begin(), rule_.categories.end(),
                      [&](const std::string& category) { return category == "*" || category == field.category; });
      if (!reached || field.persons.empty()) continue;
      any = either(any, all([&](int who) {
                     return consent_of(request_, set_.settings, facts_, today_, who, age_of(who), field.category).truth;
                   }));
    }
    return any;
  }

  const Rule& rule_;
  const DecisionRequest& request_;
  const RuleSet& set_;
  FactTable facts_;
  Date today_;
  PersonPlaces subjects_;
};

// What a rule brings about: what leaves, and the duty with its time.
std::set<std::string> effects_of(const Decision& decision) {
  std::set<std::string> out;
  if (decision.duty()) out.insert("duty " + decision.duty()->rule + " " + to_rfc3339(decision.duty()->due));
  for (const auto& field : decision.fields())
    if (field.outcome == FieldOutcome::release) {
      std::string name = field.field.category;
      for (const auto& person : field.field.persons) name += "/" + person;
      out.insert(std::move(name));
    }
  return out;
}

// What a table has tried of its rule.
class Coverage {
 public:
  explicit Coverage(const Rule& rule) : rule_(rule) {
    for (const auto& condition : rule.conditions) {
      using Type = Condition::Type;
      const bool may_be_unknown =
          condition.type == Type::fact || condition.type == Type::fact_or || condition.type == Type::person_age;
      points_.push_back({text_of(condition), may_be_unknown});
      if (condition.type == Type::fact_or && condition.codes.size() > 1)
        for (const auto& code : condition.codes) alternatives_.insert(code);
      if (condition.type == Type::person_age && !condition.code.empty()) alternatives_.insert(condition.code);
    }
    if (!rule.setting.empty()) points_.push_back({"setting:" + rule.setting, false});
    if (rule.initiative.size() == 1) points_.push_back({"initiative:" + rule.initiative.front(), false});
  }

  // Each row once, in order; then tries().
  void add(const DecisionRequest& request, const Decision& decision, const RuleSet& set) {
    const Conditions conditions(rule_, request, set);
    std::vector<Truth> truths;
    for (const auto& condition : rule_.conditions) truths.push_back(conditions.of(condition));
    if (!rule_.setting.empty()) truths.push_back(set.settings.*setting_named(rule_.setting) ? Truth::yes : Truth::no);
    if (rule_.initiative.size() == 1)
      truths.push_back(rule_.initiative.front() == to_string(request.initiative) ? Truth::yes : Truth::no);
    // Whether a consent suffices hangs on the age (OSL 12:3): where that is unknown, both are, for one reason.
    const auto unknown_of = [&](Condition::Type type) {
      for (std::size_t i = 0; i < rule_.conditions.size(); ++i)
        if (rule_.conditions[i].type == type && truths[i] == Truth::unknown) return static_cast<int>(i);
      return -1;
    };
    const int consent = unknown_of(Condition::Type::consent);
    if (consent >= 0 && unknown_of(Condition::Type::person_age) >= 0) truths[consent] = Truth::yes;
    Tried row;
    for (std::size_t i = 0; i < truths.size(); ++i)
      if (truths[i] != Truth::yes) row.not_true.push_back({i, truths[i] == Truth::unknown});
    row.contributes = std::find(decision.rules().begin(), decision.rules().end(), rule_.id) != decision.rules().end();
    row.effects = effects_of(decision);
    if (row.not_true.empty() && row.contributes) {
      if (!all_true_) base_ = row.effects;
      all_true_ = true;
      only_alternative(conditions);
    }
    rows_.push_back(std::move(row));
  }

  // What each row tries; "" = nothing of the rule's own.
  std::vector<std::string> tries() {
    std::vector<std::string> out;
    for (const auto& row : rows_) {
      if (row.not_true.size() > 1 || (row.not_true.empty() && !row.contributes)) {
        out.emplace_back();
      } else if (row.not_true.empty()) {
        out.emplace_back("all conditions");
      } else {
        const auto [place, unknown] = row.not_true.front();
        auto& point = points_[place];
        const bool flips = !row.contributes && row.effects != base_;
        (unknown ? point.unknown : point.flipped) |= flips;
        point.useless |= !flips;
        out.push_back(point.text + (unknown ? " unknown" : " false"));
      }
    }
    return out;
  }

  std::vector<std::string> uncovered() const {
    std::vector<std::string> out;
    if (!all_true_) out.push_back("no row where all conditions hold and the rule contributes");
    for (const auto& point : points_) {
      const std::string useless = point.useless ? " (a row does, and the outcome stays)" : "";
      if (!point.flipped) out.push_back("no row flips " + point.text + " alone to another outcome" + useless);
      if (point.may_be_unknown && !point.unknown)
        out.push_back("no row has " + point.text + " alone unknown with another outcome" + useless);
    }
    for (const auto& code : alternatives_) out.push_back("no row holds by fact:" + code + " alone");
    return out;
  }

 private:
  struct Point {
    std::string text;
    bool may_be_unknown = false, flipped = false, unknown = false, useless = false;
  };
  struct Tried {
    std::vector<std::pair<std::size_t, bool>> not_true;  // which condition, and whether it is unknown
    bool contributes = false;
    std::set<std::string> effects;
  };

  void only_alternative(const Conditions& conditions) {
    for (const auto& condition : rule_.conditions) {
      if (condition.type == Condition::Type::person_age && conditions.ages_unknown())
        alternatives_.erase(condition.code);
      if (condition.type != Condition::Type::fact_or) continue;
      std::set<std::string> holding;
      for (const auto& code : condition.codes)
        for (const int who : conditions.subjects())
          if (conditions.fact(code, who) == (condition.expected ? Truth::yes : Truth::no)) holding.insert(code);
      if (holding.size() == 1) alternatives_.erase(*holding.begin());
    }
  }

  const Rule& rule_;
  std::vector<Point> points_;
  std::set<std::string> alternatives_;  // of any_fact and of an unknown age, not yet tried alone
  std::vector<Tried> rows_;
  std::set<std::string> base_;  // effects of the first all-true row
  bool all_true_ = false;
};

}  // namespace

bool TableResult::ok() const {
  return uncovered.empty() && std::all_of(rows.begin(), rows.end(), [](const Row& row) { return row.ok(); });
}

TableResult run_table(const DecisionTable& table, const CaseContext& context) {
  TableResult out{.file = table.file, .rule = table.rule, .rows = {}, .uncovered = {}};
  const auto* rule = context.rules->rule(table.rule);
  if (rule == nullptr) {
    out.uncovered.push_back("the rule set has no rule of this id");
    return out;
  }
  if (!table.exempt.empty()) return out;
  Coverage coverage(*rule);
  std::vector<std::size_t> read;  // rows that could be decided
  json::object base = table.base;
  name_lists(base);
  for (const auto& row : table.rows) {
    TableResult::Row result{
        .note = row.note, .tries = {}, .line = row.line, .outcome = {}, .differences = {}, .problems = {}};
    json::object changed = base, change = row.change;
    name_lists(change);
    merge(changed, change);
    const auto policy_case = read_case(changed, context, result.problems);
    if (policy_case) {
      const RuleSet set = policy_case->with_settings(*context.rules);
      const auto expected = read_expectation(row.expect, "", set, policy_case->fields, result.problems);
      if (!expected.outcome) result.problems.push_back(fail(Errc::invalid_input, "/outcome", "is missing"));
      const auto request = policy_case->request();
      const auto decision = DecisionMaker::decide(request, set);
      result.outcome = to_string(decision.outcome());
      result.differences = differences(expected, decision);
      coverage.add(request, decision, set);
      read.push_back(out.rows.size());
    }
    out.rows.push_back(std::move(result));
  }
  const auto tries = coverage.tries();
  for (std::size_t i = 0; i < read.size(); ++i) out.rows[read[i]].tries = tries[i];
  out.uncovered = coverage.uncovered();
  return out;
}

}  // namespace samband
