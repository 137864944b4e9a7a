#include "coverage.hpp"

#include <algorithm>

namespace samband::proof {

using testing::Reference;
using testing::Strings;
using testing::World;
using Type = Condition::Type;

namespace {

std::string words(const Condition& c) {
  switch (c.type) {
    case Type::consent:
      return "consent";
    case Type::agreement:
      return "agreement";
    case Type::emergency:
      return "emergency";
    case Type::protected_identity:
      return "protected";
    case Type::person_age:
      return "age " + std::to_string(c.age_min) + "-" + std::to_string(c.age_max) +
             (c.code.empty() ? "" : " or " + c.code);
    case Type::fact_or:
    case Type::fact:
      break;
  }
  std::string out = c.expected ? "fact:" : "not_fact:";
  out += c.code;
  for (const auto& code : c.codes) out += "|" + code;
  return out;
}

std::string rule_name(const Rule& r) { return "rule " + r.id + ": "; }
std::string provision_name(const std::string& id) { return "provision " + id + ": "; }

std::vector<int> cuts_of(const Condition& c) {
  std::vector<int> out;
  if (c.type == Type::person_age && c.age_min > 0) out.push_back(c.age_min);
  if (c.type == Type::person_age && c.age_max < 200) out.push_back(c.age_max + 1);
  return out;
}

bool can_be_unknown(const Condition& c) {
  return c.type == Type::fact || c.type == Type::fact_or || c.type == Type::person_age || c.type == Type::consent;
}

constexpr const char* kAgeDays[] = {"the day before", "the day", "the day after"};

// A permission of which more is asked than can be kept.
constexpr const char* kSetAside[] = {"a duty goes beside a permission that cannot be kept",
                                     "a permission that cannot be kept refuses where there is no duty"};

// What the shipped rules cannot show, and why. A name that ends in a space is the beginning of several. A line whose
// every name is met all the same fails the test.
struct OutOfReach {
  std::string what, why;
};
const std::vector<OutOfReach>& out_of_reach() {
  static const std::vector<OutOfReach> kOut = {
      {"provision OSL 35:3: ", "covers no category yet"},
      {"provision OSL 36:3: unknown", "mediation is needed by no purpose that a rent tribunal sends for"},
      {"provision OSL 36:3: yes", "mediation is needed by no purpose that a rent tribunal sends for"},
      {"provision OSL 40:5: unknown", "no rule has an operator or auditor as sender"},
      {"provision OSL 40:5: yes", "no rule has an operator or auditor as sender"},
      {"rule ADULT-CONSENT: stopped by age 18-200 alone, unknown", "a consent at an unknown age is unknown itself"},
      {"rule ADULT-CONSENT: stopped by consent alone, unknown", "an adult's consent is there or not"},
      {"rule LL-SN-DISTURB-COPY: without category ", "LL-SN-DISTURB gives the same, whenever this one does"},
      {"rule POL-SN-COOP-BALANCE: without provision OSL 21:1", "OSL 21:2: 35:1 broken is 21:1 broken"},
      {"rule POL-SN-LOB-BALANCE: without provision OSL 21:1", "OSL 21:2: 35:1 broken is 21:1 broken"},
      {"rule POL-SN-LOB: without provision OSL 21:1", "OSL 21:2: 35:1 broken is 21:1 broken"},
      {"rule POL-SN-U15-INQUIRY-TURNED: cut 15 moved by -1", "POL-SN-U15-INQUIRY gives the same before 15"},
      {"rule POL-SN-U15-TURNED: cut 15 moved by -1", "POL-SN-U15 gives the same before 15"},
      {"rule SN-LAW-CONTACT-PROTECTED: without category protection",
       "the marking is no place: SN-LAW-CONTACT carries it"},
      {"rule SN-LAW-CONTACT-PROTECTED: first day moved by 1", "nobody is protected where dates are walked"},
      {"rule SN-LAW-CONTACT-PROTECTED: last day moved by ", "nobody is protected where dates are walked"},
      {"rule SN-LAW-CONTACT-PROTECTED: without its setting", "nobody is protected where settings are walked"},
      {"rule SN-LL-COMMITMENT: without recipient landlord_private", "[gate]: nothing but consent clears there"},
      {"rule SN-LL: without fact:recipient_reservation", "[gate] asks for it too"},
      {"rule SN-POL-CRIME-VS-CHILD: without provision OSL 25:2 st 2", "its purposes need no shared record"},
      {"rule SN-POL-CRIME-VS-CHILD: without provision OSL 26:1 a st 2", "its purposes need no shared record"},
      {"rule SN-POL-SERIOUS: without provision OSL 25:2 st 2", "its purposes need no shared record"},
      {"rule SN-POL-SERIOUS: without provision OSL 26:1 a st 2", "its purposes need no shared record"},
      {"rule SN-REPORTER-LATE: without category ", "SN-REPORTER gives the same; this one sets a later day"},
      {"rule SN-REPORTER-LATE: without provision OSL 26:1", "SN-REPORTER gives the same"},
      {"rule SN-REPORTER-LATE: without role subject", "SN-REPORTER gives the same"},
      {"rule SN-SN-KNOWN: without category ", "SN-SN-PLACES gives two of the three too"},
      {"rule SN-SN-PLACES: without category ", "SN-SN-KNOWN gives two of the four too"},
  };
  return kOut;
}

bool is_about(const OutOfReach& line, const std::string& what) {
  return line.what.ends_with(' ') ? what.starts_with(line.what) : what == line.what;
}

std::string whole_answer(const Decision& d) {
  return testing::outcomes(d) + (d.duty() ? d.duty()->rule + to_rfc3339(d.duty()->due) : "");
}

}  // namespace

Coverage::Coverage(const RuleSet& shipped) : shipped_(shipped) {
  for (const char* what : {"released", "partial", "held", "refused"}) need(std::string("exchange ") + what);
  for (const char* what : kSetAside) need(what);
  for (const char* what : {"R", "H", "W"}) need(std::string("field ") + what);
  for (const auto& p : shipped.provisions)
    for (const auto t : {Truth::yes, Truth::unknown, Truth::no}) need(provision_name(p.id) + std::string(to_string(t)));
  for (std::size_t i = 0; i < shipped.rules.size(); ++i) {
    const auto& r = shipped.rules[i];
    need(rule_name(r) + "applied");
    const auto mutant = [&](const std::string& name, std::function<void(RuleSet&, Rule&)> change) {
      need(rule_name(r) + name);
      mutants_.push_back({rule_name(r) + name, i, std::move(change), nullptr});
    };
    mutant("left out", [](RuleSet&, Rule& rule) { rule.in_force_to = testing::day("1999-01-01"); });
    for (std::size_t c = 0; c < r.conditions.size(); ++c) {
      const auto& condition = r.conditions[c];
      need(rule_name(r) + "stopped by " + words(condition) + " alone, no");
      if (can_be_unknown(condition)) need(rule_name(r) + "stopped by " + words(condition) + " alone, unknown");
      mutant("without " + words(condition), [c](RuleSet&, Rule& rule) {
        rule.conditions.erase(rule.conditions.begin() + static_cast<std::ptrdiff_t>(c));
      });
      if (condition.type == Type::person_age && !condition.code.empty())
        mutant("without " + condition.code, [c](RuleSet&, Rule& rule) { rule.conditions[c].code.clear(); });
      for (const int cut : cuts_of(condition)) {
        for (const char* day : kAgeDays) need(rule_name(r) + "cut " + std::to_string(cut) + ", " + day);
        need(rule_name(r) + "cut " + std::to_string(cut) + ", 29 February, before midnight");
        need(rule_name(r) + "cut " + std::to_string(cut) + ", 29 February, after midnight");
        for (const int by : {-1, 1})
          mutant("cut " + std::to_string(cut) + " moved by " + std::to_string(by), [c, cut, by](RuleSet&, Rule& rule) {
            auto& changed = rule.conditions[c];
            (cut == changed.age_min ? changed.age_min : changed.age_max) += by;
          });
      }
    }
    const auto shorter = [&](const std::string& what, std::vector<std::string> Rule::* list) {
      for (const auto& each : r.*list)
        mutant("without " + what + " " + each, [list, each](RuleSet&, Rule& rule) { std::erase(rule.*list, each); });
    };
    shorter("sender", &Rule::from);
    shorter("recipient", &Rule::to);
    shorter("kind", &Rule::kinds);
    shorter("purpose", &Rule::purposes);
    shorter("initiative", &Rule::initiative);
    shorter("provision", &Rule::breaks);
    shorter("category", &Rule::categories);
    shorter("role", &Rule::persons);
    if (!r.setting.empty()) mutant("without its setting", [](RuleSet&, Rule& rule) { rule.setting.clear(); });
    using std::chrono::days, std::chrono::sys_days;
    for (const int by : {-1, 1}) {
      const auto moved = [by](Date d) { return Date{sys_days{d} + days{by}}; };
      if (r.in_force_from.ok())
        mutant("first day moved by " + std::to_string(by),
               [moved](RuleSet&, Rule& rule) { rule.in_force_from = moved(rule.in_force_from); });
      if (r.in_force_to.ok())
        mutant("last day moved by " + std::to_string(by),
               [moved](RuleSet&, Rule& rule) { rule.in_force_to = moved(rule.in_force_to); });
      if (r.ttl.count() > 0)
        mutant("time to live moved by " + std::to_string(by),
               [by](RuleSet&, Rule& rule) { rule.ttl += std::chrono::minutes{by}; });
    }
  }
}

void Coverage::meet(const std::string& what) {
  if (const auto found = met_.find(what); found != met_.end()) found->second = true;
}

void Coverage::see(const World& w, const RuleSet& set, const Rule* about, const Reference& reference,
                   const Decision& d) {
  meet("exchange " + std::string(to_string(d.outcome())));
  const bool unkept = std::any_of(d.fields().begin(), d.fields().end(),
                                  [](const FieldDecision& f) { return f.reason == "obligation_unfulfillable"; });
  if (unkept && d.outcome() != Outcome::held) meet(kSetAside[d.permits() ? 0 : 1]);
  for (const char field : testing::outcomes(d)) meet(std::string("field ") + field);
  for (const auto& field : d.fields())
    for (const auto& cover : field.covers)
      meet(provision_name(cover.provision) + std::string(to_string(cover.cleared)));
  if (about == nullptr) return;
  if (reference.describes(*about)) see_rule(w, *about, reference, d);
  try_mutants(w, set, *about, d);
}

void Coverage::see_rule(const World& w, const Rule& r, const Reference& reference, const Decision& d) {
  const bool applied = std::find(d.rules().begin(), d.rules().end(), r.id) != d.rules().end();
  if (applied) meet(rule_name(r) + "applied");
  const auto* about = reference.subjects().front();
  const Purpose* purpose = shipped_.purpose(w.purpose);
  std::string category = "identity";
  for (const auto& each : r.categories)
    if (purpose != nullptr && testing::in(purpose->needs, each)) category = each;
  const Condition* stopping = nullptr;
  int not_met = 0;
  Truth truth = Truth::yes;
  for (const auto& c : r.conditions) {
    const Truth t = reference.condition(r, c, category, about);
    if (t == Truth::yes) continue;
    ++not_met;
    stopping = &c;
    truth = t;
  }
  // Consent is each person's own: what went of others by this rule is not about this one.
  const bool used = std::any_of(d.fields().begin(), d.fields().end(), [&](const FieldDecision& f) {
    return f.outcome == FieldOutcome::release && about != nullptr && f.field.persons == Strings{about->ref} &&
           std::any_of(f.covers.begin(), f.covers.end(), [&](const Cover& c) { return c.cleared_by == r.id; });
  });
  if (not_met == 1 && !used)
    meet(rule_name(r) + "stopped by " + words(*stopping) + " alone, " + std::string(to_string(truth)));
  if (about == nullptr || !about->birth_date) return;
  const Date born = *about->birth_date;
  const bool leap = born.month() == std::chrono::February && born.day() == std::chrono::day{29};
  for (const auto& c : r.conditions)
    for (const int cut : cuts_of(c)) {
      const auto name = rule_name(r) + "cut " + std::to_string(cut) + ", ";
      const auto birthday = std::chrono::sys_days{
          leap ? Date{born.year() + std::chrono::years{cut}, std::chrono::March, std::chrono::day{1}}
               : Date{born.year() + std::chrono::years{cut}, born.month(), born.day()}};
      const auto away = (std::chrono::sys_days{reference.today} - birthday).count();
      if (leap && away == -1) meet(name + "29 February, before midnight");
      if (leap && away == 0) meet(name + "29 February, after midnight");
      if (!leap && away >= -1 && away <= 1) meet(name + kAgeDays[away + 1]);
    }
}

void Coverage::try_mutants(const World& w, const RuleSet& set, const Rule& about, const Decision& d) {
  std::string answer;
  std::erase_if(mutants_, [&](Mutant& m) {
    if (&set.rules[m.rule] != &about) return false;
    if (!m.set) {
      m.set = std::make_shared<RuleSet>(shipped_);
      m.change(*m.set, m.set->rules[m.rule]);
      m.set->build_index();
    }
    m.set->settings = set.settings;
    if (answer.empty()) answer = whole_answer(d);
    if (whole_answer(DecisionMaker::decide(w.request(), *m.set)) == answer) return false;
    meet(m.name);
    return true;
  });
}

void Coverage::merge(const Coverage& other) {
  for (const auto& [what, met] : other.met_)
    if (met) meet(what);
}

std::vector<std::string> Coverage::missing() const {
  std::vector<std::string> out;
  for (const auto& [what, met] : met_) {
    const bool excused = std::any_of(out_of_reach().begin(), out_of_reach().end(),
                                     [&](const auto& line) { return is_about(line, what); });
    if (!met && !excused) out.push_back(what);
  }
  return out;
}

std::vector<std::string> Coverage::stale() const {
  std::vector<std::string> out;
  for (const auto& line : out_of_reach()) {
    const bool needed = std::any_of(met_.begin(), met_.end(),
                                    [&](const auto& each) { return !each.second && is_about(line, each.first); });
    if (!needed) out.push_back(line.what + " (" + line.why + ")");
  }
  return out;
}

std::size_t Coverage::met() const {
  return static_cast<std::size_t>(
      std::count_if(met_.begin(), met_.end(), [](const auto& each) { return each.second; }));
}

}  // namespace samband::proof
