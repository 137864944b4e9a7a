#include "slices.hpp"

#include <algorithm>

#include "confidentiality/rule_index.hpp"

namespace samband::proof {

using namespace std::chrono_literals;
using testing::World;

const RuleSet& Variants::with(const Settings& settings) {
  std::string key;
  for (const auto& [name, member] : setting_names()) key += settings.*member ? '1' : '0';
  auto& set = made_[key];
  if (!set) {
    set = std::make_unique<RuleSet>(shipped_);
    set->settings = settings;
  }
  return *set;
}

const RuleSet& Variants::asking(const Settings& settings, const std::string& obligation) {
  const auto& plain = with(settings);
  std::string key = obligation;
  for (const auto& [name, member] : setting_names()) key += settings.*member ? '1' : '0';
  auto& set = made_[key];
  if (!set) {
    set = std::make_unique<RuleSet>(plain);
    for (auto& rule : set->rules)
      if (rule.modality != "must") rule.obligations.push_back(obligation);
    set->build_index();
  }
  return *set;
}

Settings Variants::open() const {
  Settings out;
  for (const auto& r : shipped_.rules)
    if (!r.setting.empty()) out.*setting_named(r.setting) = true;
  return out;
}

namespace {

const Time kNoon = testing::at("2026-11-22T11:00:00Z");

bool has_condition(const Rule& r, Condition::Type type) {
  return std::any_of(r.conditions.begin(), r.conditions.end(), [&](const Condition& c) { return c.type == type; });
}

Date born(Time now, int years) {
  return Date{stockholm_date(now).year() - std::chrono::years{years}, std::chrono::January, std::chrono::day{1}};
}

// Agreements between the two, from the day of the decision's point of view.
enum class Pact { none, in_force, ended, last_day, first_day, to_come, others, kLast };

void agree(World& w, Pact pact) {
  using std::chrono::days;
  if (pact == Pact::none) return;
  const auto today = std::chrono::sys_days{stockholm_date(w.now)};
  Agreement a{"sig", {"sender", "recipient"}, Date{today - days{30}}, Date{today + days{30}}};
  if (pact == Pact::ended) a.valid_to = Date{today - days{1}};
  if (pact == Pact::last_day) a.valid_to = Date{today};
  if (pact == Pact::first_day) a.valid_from = Date{today};
  if (pact == Pact::to_come) a.valid_from = Date{today + days{1}};
  if (pact == Pact::others) a.parties = {"sender", "other"};
  w.agreements.push_back(a);
}

// An emergency, from the point of view of a rule that lasts `ttl`.
enum class Alarm { none, raised, no_reason, last_moment, over, to_come, kLast };

void raise(World& w, Alarm alarm, std::chrono::minutes ttl) {
  if (alarm == Alarm::none) return;
  w.emergency = true;
  if (alarm == Alarm::no_reason) w.emergency_reason.clear();
  if (alarm == Alarm::last_moment) w.emergency_since = w.now - ttl + 1ms;
  if (alarm == Alarm::over) w.emergency_since = w.now - ttl;
  if (alarm == Alarm::to_come) w.emergency_since = w.now + 1ms;
}

Strings all_categories() {
  Strings out;
  for (const auto category : data_categories()) out.emplace_back(category);
  return out;
}

bool child(const World& w, const Person& p) {
  return p.birth_date && age_on(*p.birth_date, stockholm_date(w.now)) < 18;
}

// Every combination of `values` many values at `places` places.
template <class Do>
void for_each_combination(std::size_t places, int values, Do act) {
  std::vector<int> at(places, 0);
  for (;;) {
    act(at);
    std::size_t i = 0;
    while (i < places && ++at[i] == values) at[i++] = 0;
    if (i == places) return;
  }
}

}  // namespace

std::vector<Age> ages_between(const std::set<int>& cuts) {
  std::vector<Age> out{{kNoon, std::nullopt}};
  int low = 0;
  for (const int cut : cuts) {
    out.push_back({kNoon, born(kNoon, (low + cut) / 2)});
    low = cut;
  }
  out.push_back({kNoon, born(kNoon, low + 19)});
  return out;
}

std::vector<Age> ages_around(const std::set<int>& cuts) {
  std::vector<Age> out;
  for (const int cut : cuts) {
    for (const char* birthday : {"11-23", "11-22", "11-21"})
      out.push_back({kNoon, testing::day(std::to_string(2026 - cut) + "-" + birthday)});
    for (int year = 2026; year < 2030; ++year) {
      const Date leap{std::chrono::year{year - cut}, std::chrono::February, std::chrono::day{29}};
      if (!leap.ok()) continue;
      const auto eve = std::to_string(year) + "-02-28T";
      out.push_back({testing::at(eve + "22:59:59.999Z"), leap});  // 28 February in Stockholm
      out.push_back({testing::at(eve + "23:00:00Z"), leap});      // 1 March
    }
  }
  return out;
}

Age age_wished(const Rule& r, Time now) {
  int low = 0, high = 200;
  for (const auto& c : r.conditions) {
    if (c.type != Condition::Type::person_age) continue;
    low = std::max(low, c.age_min);
    high = std::min(high, c.age_max);
  }
  return {now, born(now, high < 200 ? high : std::max(low, 40))};
}

Slices::Slices(const RuleSet& shipped, const Neighbourhood& n, Variants& variants, Extent extent, const Visit& visit)
    : shipped_(shipped),
      n_(n),
      variants_(variants),
      whole_(extent == Extent::whole),
      visit_(visit),
      open_(variants.open()) {}

void Slices::emit(const World& w, const Settings& settings, const Rule* own) {
  const auto& set = variants_.with(settings);
  visit_(w, set, own == nullptr ? nullptr : &set.rules[static_cast<std::size_t>(own - shipped_.rules.data())]);
  size_.add({1, w.fields.size()});
}

World Slices::blank(const Age& age, const std::string& about) const {
  World w(n_.flow.holder, n_.flow.recipient, n_.flow.kind, n_.flow.purpose);
  w.initiative = n_.flow.initiative;
  w.nearest_change = false;
  w.now = age.now;
  w.person(about, -1).birth_date = age.born;
  for (const auto& role : n_.others) w.person(role, 40);
  Strings everybody;
  for (const auto& p : w.persons) everybody.push_back(p.ref);
  for (const auto& category : n_.needed) {
    w.field(category, {});
    for (const auto& ref : everybody) w.field(category, {ref});
    if (everybody.size() > 1 && category != "envelope") w.field(category, everybody);
  }
  for (const auto& category : n_.unneeded) w.field(category);
  for (const char* leaf : {"personalNumber", "birthDate"}) {
    w.field("identity");
    w.fields.back().pointer = std::string("/persons/0/") + leaf;
  }
  return w;
}

const std::string& Slices::about(const Rule& r) const {
  return names(r.persons, n_.about.front()) ? n_.about.front() : n_.about.back();
}

void Slices::answer(World& w, const std::string& code, Answer a, const std::string& ref) const {
  if (a != unset) w.fact(code, a == yes, ref);
}

void Slices::answer_wishes(World& w, const Rule& r, Answer a) const {
  for (const auto& wish : wishes(r, n_))
    if (a != unset) w.fact(wish.code, (a == yes) == wish.value);
}

// What every rule wishes: where two wish the opposite, the later in the file gets it.
void Slices::answer_all(World& w, Answer a) const {
  std::map<std::string, bool> wished;
  for (const auto* r : n_.rules)
    for (const auto& wish : wishes(*r, n_)) wished[wish.code] = wish.value;
  if (a == unset) return;
  for (const auto& [code, value] : wished) w.fact(code, (a == yes) == value);
  if (a == yes && n_.agreement) agree(w, Pact::in_force);
  if (a == yes && n_.emergency) raise(w, Alarm::raised, 1min);
  if (n_.consent) consent_to(w, a);
}

void Slices::answer_others(World& w, const Rule& own, Answer a) const {
  std::map<std::string, bool> wished;
  for (const auto* r : n_.rules)
    for (const auto& wish : wishes(*r, n_)) wished[wish.code] = wish.value;
  for (const auto& wish : wishes(own, n_)) wished.erase(wish.code);
  if (a == unset) return;
  for (const auto& [code, value] : wished) w.fact(code, (a == yes) == value);
  if (a != yes) return;
  if (n_.agreement && !has_condition(own, Condition::Type::agreement)) agree(w, Pact::in_force);
  if (n_.emergency && !has_condition(own, Condition::Type::emergency)) raise(w, Alarm::raised, 1min);
  if (n_.consent && !has_condition(own, Condition::Type::consent)) consent_to(w, yes);
}

// Everybody consents: an adult alone, both guardians for a child. Unset: nobody has asked what the guardians may know.
void Slices::consent_to(World& w, Answer a) const {
  if (a == no) return;
  for (const auto& p : w.persons) {
    w.consent(p.ref, all_categories(), child(w, p) ? "both_guardians" : "self");
    if (child(w, p) && a == yes && !names(n_.facts, "guardian_harm")) w.fact("guardian_harm", false, p.ref);
  }
}

void Slices::alone(const Rule& own, const std::string& about) {
  using Type = Condition::Type;
  const auto asked = wishes(own, n_);
  std::set<int> cuts;
  for (const auto& c : own.conditions) {
    if (c.type == Type::person_age && c.age_min > 0) cuts.insert(c.age_min);
    if (c.type == Type::person_age && c.age_max < 200) cuts.insert(c.age_max + 1);
  }
  const bool consent = has_condition(own, Type::consent);
  const int alarms = has_condition(own, Type::emergency) ? static_cast<int>(Alarm::kLast) : 1;
  const int pacts = has_condition(own, Type::agreement) ? static_cast<int>(Pact::kLast) : 1;
  const auto between = ages_between(consent ? n_.cuts : cuts);
  const auto around = ages_around(cuts);
  const auto one = [&](const Age& age, const std::vector<int>& answers, Answer others, int alarm, int pact,
                       Answer given, const Settings& settings) {
    auto w = blank(age, about);
    for (std::size_t i = 0; i < asked.size(); ++i)
      if (answers[i] != unset) w.fact(asked[i].code, (answers[i] == yes) == asked[i].value);
    answer_others(w, own, others);
    raise(w, static_cast<Alarm>(alarm), own.ttl);
    agree(w, static_cast<Pact>(pact));
    if (consent) consent_to(w, given);
    emit(w, settings, &own);
  };
  const std::vector<int> granted(asked.size(), yes);
  // Nothing but its own setting is on: what another rule would clear too is decided by this one.
  Settings narrow;
  if (!own.setting.empty()) narrow.*setting_named(own.setting) = true;
  const bool overshadowed = std::any_of(n_.rules.begin(), n_.rules.end(), [&](const Rule* r) {
    return !r->setting.empty() && r->setting != own.setting;
  });
  for (const auto others : {unset, yes, no}) {
    if (others != unset && n_.rules.size() == 1) break;
    if (!whole_ && others != unset && about != n_.about.front()) break;
    for (int alarm = 0; alarm < alarms; ++alarm) {
      if (!whole_ && others != unset && alarm > static_cast<int>(Alarm::raised)) break;
      for (int pact = 0; pact < pacts; ++pact)
        for (const auto given : {yes, no, unset}) {
          if (!consent && given != yes) break;
          if (!whole_ && others == no && (alarm > 0 || pact > 0 || given != yes)) continue;
          if (!whole_ && others == yes && given == unset) continue;
          for_each_combination(asked.size(), 3, [&](const std::vector<int>& answers) {
            for (const auto& age : between) {
              if (!whole_ && others == no && !age.born) continue;
              one(age, answers, others, alarm, pact, given, open_);
              if (overshadowed && (whole_ || (others == unset && given == yes)))
                one(age, answers, others, alarm, pact, given, narrow);
            }
          });
        }
    }
    if (!whole_ && others == no) continue;
    for (const auto& age : around)
      for (const auto& settings : {open_, narrow})
        one(age, granted, others, alarms > 1 ? static_cast<int>(Alarm::raised) : 0,
            pacts > 1 ? static_cast<int>(Pact::in_force) : 0, yes, settings);
  }
  if (own.setting.empty()) return;
  auto off = open_;
  off.*setting_named(own.setting) = false;
  for (const auto others : {unset, yes, no})
    one(age_wished(own, kNoon), granted, others, alarms > 1 ? 1 : 0, pacts > 1 ? 1 : 0, yes, off);
}

void Slices::together() {
  if (n_.rules.size() < 2) return;  // the slice `alone` has it all
  for (const auto& age : ages_between(n_.cuts))
    for (const bool alarm : {false, true})
      for (const bool pact : {false, true})
        for (const auto given : {yes, no, unset}) {
          if ((alarm && !n_.emergency) || (pact && !n_.agreement) || (given != yes && !n_.consent)) continue;
          for_each_combination(n_.facts.size(), 3, [&](const std::vector<int>& answers) {
            auto w = blank(age, n_.about.front());
            if (alarm) raise(w, Alarm::raised, 1min);
            if (pact) agree(w, Pact::in_force);
            if (n_.consent) consent_to(w, given);
            for (std::size_t i = 0; i < n_.facts.size(); ++i) answer(w, n_.facts[i], static_cast<Answer>(answers[i]));
            emit(w);
          });
        }
}

Size Slices::walk() {
  if (n_.rules.empty()) {
    nothing_speaks();
    return size_;
  }
  answers();
  const auto& own = whole_ ? n_.rules : n_.first_for;
  for (const auto* r : own) {
    for (const auto& role : n_.about) alone(*r, role);
    if (has_condition(*r, Condition::Type::consent)) consents(*r);
    dates(*r);
  }
  if (!own.empty()) {
    records();
    several();
    names_alone();
    set_aside();
  }
  if (!own.empty() || n_.first_of_holder) {
    harm_tests();
    protection();
  }
  if (whole_) together();
  return size_;
}

}  // namespace samband::proof
