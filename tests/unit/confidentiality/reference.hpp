// A naive reference of the decision, written apart from the engine: straight from "for every covering provision and
// every person there is a rule, or a harm test", over strings and loops, nothing prepared. It shares the data types
// with the engine and nothing else, so that a disagreement means that one of the two is wrong.
#pragma once
#include <algorithm>
#include <set>
#include <tuple>

#include "confidentiality/rule_index.hpp"  // setting_named: which switch a name means
#include "support.hpp"

namespace samband::testing {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

inline bool in(const Strings& list, std::string_view item) {
  return std::find_if(list.begin(), list.end(), [&](const std::string& s) { return s == item || s == "*"; }) !=
         list.end();
}
inline bool in_categories(const Strings& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end() || (item != "envelope" && in(list, item));
}
inline Truth all_of(Truth a, Truth b) {
  return a == Truth::no || b == Truth::no ? Truth::no : a == Truth::yes ? b : Truth::unknown;
}
inline Truth any_of(Truth a, Truth b) {
  return a == Truth::yes || b == Truth::yes ? Truth::yes : a == Truth::no ? b : Truth::unknown;
}

struct Reference {
  const DecisionRequest& q;
  const RuleSet& set;
  Date today = stockholm_date(q.at);

  Truth fact(const std::string& code, const std::string& ref) const {
    static const Strings plain = {"reasonable_suspicion",  "prison_in_scale",    "identity_established",
                                  "offer_accepted",        "dwelling",           "eviction_notified",
                                  "may_be_suspected",      "inquiry_opened",     "suspicion_remains",
                                  "inquiry_closed",        "drug_use_before_15", "prosecutor_decided",
                                  "child_inquiry_decided", "service_for_board",  "particularly_serious"};
    std::optional<Time> newest;
    std::set<Truth> said;
    for (const auto& f : q.facts) {
      if (f.code != code || (!f.person_ref.empty() && f.person_ref != ref) || f.at > q.at + 5min) continue;
      if (newest && f.at < *newest) continue;
      if (!newest || f.at > *newest) said.clear();
      newest = f.at;
      said.insert(f.assessor_id.empty() && !in(plain, code) ? Truth::unknown : f.value);
    }
    return said.size() == 1 ? *said.begin() : Truth::unknown;
  }
  bool current(Date from, Date to) const { return !(from.ok() && today < from) && !(to.ok() && to < today); }
  const Person* find(const std::string& ref) const {
    for (const auto& p : q.persons)
      if (p.ref == ref) return &p;
    return nullptr;
  }
  bool somebody_protected() const {
    for (const auto& p : q.persons)
      if (p.protection != Protection::none) return true;
    return false;
  }
  int age(const Person& p) const { return p.birth_date ? age_on(*p.birth_date, today) : -1; }
  bool agreement(const std::string& id) const {
    for (const auto& a : q.agreements)
      if ((id.empty() || a.id == id) && current(a.valid_from, a.valid_to) && in(a.parties, q.holder->id) &&
          in(a.parties, q.recipient->id))
        return true;
    return false;
  }
  Truth consent(const std::string& category, const Person* p) const {
    Truth best = Truth::no;
    if (p == nullptr) return best;
    for (const auto& c : q.consents) {
      if (c.subject_ref != p->subject_ref || c.holder != q.holder->id || !in(c.recipients, q.recipient->id) ||
          !in(c.purposes, q.purpose) ||
          !(in(c.categories, category) || (category == "protection" && in(c.categories, "identity"))))
        continue;
      if ((c.revoked_at && *c.revoked_at <= q.at) || q.at < c.valid_from || q.at >= c.valid_to) continue;
      if (!c.agreement.empty() && !agreement(c.agreement)) continue;
      const int years = age(*p);
      Truth giver = Truth::no;
      if (years < 0) {
        giver = Truth::unknown;
      } else if (years >= 18) {
        giver = c.giver == "self" ? Truth::yes : Truth::no;
      } else if (c.giver == "self") {
        giver = years >= 15 && !c.maturity_assessor.empty() ? Truth::yes : Truth::no;
      } else if (c.giver.find("_and_child") == std::string::npos || !c.maturity_assessor.empty()) {
        const Truth harm = fact("guardian_harm", p->ref);
        giver = harm == Truth::yes                                                      ? Truth::no
                : harm == Truth::unknown && set.settings.guardian_test_must_be_recorded ? Truth::unknown
                                                                                        : Truth::yes;
        if (!c.giver.starts_with("both") && !set.settings.one_guardian_suffices)
          giver = all_of(giver, fact("sole_custody", p->ref));
      }
      best = any_of(best, giver);
    }
    return best;
  }
  Truth condition(const Rule& r, const Condition& c, const std::string& category, const Person* p) const {
    if (c.type == Condition::Type::emergency) {
      static const Strings reasons = {"danger_to_life", "serious_violence", "child_in_danger", "crime_in_progress",
                                      "acute_illness"};
      const Time since = q.emergency_since == Time{} ? q.at : q.emergency_since;
      const bool over = q.at < since || q.at >= since + r.ttl;
      return q.emergency && in(reasons, q.emergency_reason) && !over ? Truth::yes : Truth::no;
    }
    if (c.type == Condition::Type::consent) return consent(category, p);
    if (c.type == Condition::Type::agreement) return agreement("") ? Truth::yes : Truth::no;
    if (c.type == Condition::Type::protected_identity)
      return (p ? p->protection != Protection::none : somebody_protected()) == c.expected ? Truth::yes : Truth::no;
    std::vector<const Person*> who;
    if (p != nullptr && (p->role == "subject" || p->role == "tenant")) {
      who = {p};
    } else {
      for (const auto& each : q.persons)
        if (each.role == "subject" || each.role == "tenant") who.push_back(&each);
      if (who.empty()) who = {nullptr};
    }
    Truth all = Truth::yes;
    for (const auto* each : who) {
      if (c.type == Condition::Type::person_age) {
        const int years = each ? age(*each) : -1;
        const Truth assumed = c.code.empty() ? Truth::unknown : fact(c.code, each ? each->ref : "");
        all = all_of(all, years < 0 ? assumed : years >= c.age_min && years <= c.age_max ? Truth::yes : Truth::no);
        continue;
      }
      Strings codes = c.codes;
      if (!c.code.empty()) codes.push_back(c.code);
      Truth any = Truth::no;
      for (const auto& code : codes) {
        Truth value = fact(code, each ? each->ref : "");
        if (!c.expected && value != Truth::unknown) value = value == Truth::yes ? Truth::no : Truth::yes;
        any = any_of(any, value);
      }
      all = all_of(all, any);
    }
    return all;
  }
  bool covers(const Provision& s, const std::string& category, const Person* p) const {
    if (!in(s.holders, q.holder->actor_type) || !in_categories(s.categories, category) ||
        !current(s.in_force_from, s.in_force_to))
      return false;
    for (const auto& when : s.when) {
      if (when == "exchange.protected" || p == nullptr) {
        if (!somebody_protected()) return false;
      } else if (when == "person.protected" ? p->protection == Protection::none
                                            : p->protection != Protection::fictitious) {
        return false;
      }
    }
    return p == nullptr || in(s.persons, p->role);
  }
  bool breaks(const Rule& r, const Provision& s) const {
    bool by_consent = false;
    for (const auto& c : r.conditions) by_consent = by_consent || c.type == Condition::Type::consent;
    if (s.unbreakable || (by_consent && s.public_interest)) return false;
    if (std::find(r.breaks.begin(), r.breaks.end(), s.id) != r.breaks.end()) return true;
    return r.breaks_all && std::find(r.breaks_not.begin(), r.breaks_not.end(), s.id) == r.breaks_not.end() &&
           (!s.protects_place || set.settings.duty_breaks_protected_address);
  }
  bool gated() const { return in(set.gate.recipients, q.recipient->actor_type); }
  bool by_consent(const Rule& r) const {
    for (const auto& c : r.conditions)
      if (c.type == Condition::Type::consent) return true;
    return false;
  }
  bool matches(const Rule& r) const {
    return in(r.from, q.holder->actor_type) && in(r.to, q.recipient->actor_type) && in(r.kinds, q.kind) &&
           in(r.purposes, q.purpose) && in(r.initiative, q.initiative == Initiative::request ? "request" : "own") &&
           current(r.in_force_from, r.in_force_to) && (!off(r) || r.holds_while_off);
  }
  bool off(const Rule& r) const { return !r.setting.empty() && !(set.settings.*setting_named(r.setting)); }
  // Asked of every rule once, for speed alone.
  std::vector<char> matching = [this] {
    std::vector<char> out;
    for (const auto& r : set.rules) out.push_back(matches(r) ? 1 : 0);
    return out;
  }();
  bool describes(const Rule& r) const { return matching[static_cast<std::size_t>(&r - set.rules.data())] != 0; }
  std::set<std::string> aside{};  // ids of rules that clear nothing
  bool may_clear(const Rule& r) const { return describes(r) && !aside.contains(r.id); }
  // All conditions; without consent, only those that are not it.
  Truth holds(const Rule& r, const std::string& category, const Person* p, bool with_consent) const {
    Truth all = off(r) ? Truth::unknown : Truth::yes;
    for (const auto& c : r.conditions)
      if (with_consent || c.type != Condition::Type::consent) all = all_of(all, condition(r, c, category, p));
    if (gated() && by_consent(r)) {
      Condition reservation{.type = Condition::Type::fact, .code = "recipient_reservation", .codes = {}};
      all = all_of(all, condition(r, reservation, category, p));
    }
    if (r.modality != "must" && in(set.gate.new_purpose_senders, q.holder->actor_type) &&
        !set.settings.police_purpose_tested_before) {
      Condition tested{.type = Condition::Type::fact, .code = "new_purpose_tested", .codes = {}};
      all = all_of(all, condition(r, tested, category, p));
    }
    return all;
  }
  // What some rule says about this category of this person, whatever it breaks.
  Truth ground(const std::string& category, const Person* p) const {
    Truth best = Truth::no;
    for (const auto& r : set.rules)
      if (may_clear(r) && in_categories(r.categories, category) && (p ? in(r.persons, p->role) : in(r.persons, "*")))
        best = any_of(best, holds(r, category, p, true));
    return best;
  }
  // Does a rule that asks for no consent hold for the exchange?
  Truth exchange_ground() const {
    std::vector<const Person*> who;
    for (const auto& each : q.persons)
      if (each.role == "subject" || each.role == "tenant") who.push_back(&each);
    if (who.empty()) who = {nullptr};
    Truth best = Truth::no;
    for (const auto& r : set.rules)
      for (const auto* p : who)
        if (describes(r) && !by_consent(r)) best = any_of(best, holds(r, "", p, true));
    return best;
  }
  // Somebody must have said it about this very person, and nobody later the opposite.
  bool harmless(const Person& p) const {
    if (fact("harm_test_clear", p.ref) != Truth::yes) return false;
    bool own = false;
    std::optional<Time> newest;
    for (const auto& f : q.facts) {
      if (f.code != "harm_test_clear" || f.person_ref != p.ref || f.at > q.at + 5min) continue;
      if (newest && f.at < *newest) continue;
      own = (newest && f.at == *newest ? own : true) && !f.assessor_id.empty() && f.value == Truth::yes;
      newest = f.at;
    }
    return own;
  }
  // A recorded harm test frees the pair. It needs an exchange that some rule holds for, consent aside.
  Truth tested(const Provision& s, const Person* p) const {
    if (gated()) return Truth::no;
    const auto yes_or_no = [](bool b) { return b ? Truth::yes : Truth::no; };
    if (s.protects_place) return yes_or_no(fact("location_release", p ? p->ref : "") == Truth::yes);
    if (s.public_interest)
      return yes_or_no(!s.own_test.empty() && s.test == "straight" && fact(s.own_test, "") == Truth::yes);
    if (s.test == "absolute" || s.unbreakable || p == nullptr) return Truth::no;
    if (!harmless(*p)) return Truth::no;
    Truth best = Truth::no;
    for (const auto& r : set.rules)
      if (describes(r)) best = any_of(best, holds(r, "", p, false));
    return best;
  }
  bool reaches(const Rule& r, const Provision& s, const std::string& category, const Person* p) const {
    if (!may_clear(r) || !in_categories(r.categories, category) || (gated() && !by_consent(r))) return false;
    if (!(p ? in(r.persons, p->role) : in(r.persons, "*"))) return false;
    if (breaks(r, s)) return true;
    for (const auto& other : set.provisions)
      if (s.cleared_with_any_breaker && other.id != s.id && !other.public_interest && !other.protects_place &&
          covers(other, category, p) && breaks(r, other))
        return true;
    return false;
  }
  Truth cleared(const Provision& s, const std::string& category, const Person* p) const {
    Truth best = tested(s, p);
    for (const auto& r : set.rules)
      if (reaches(r, s, category, p)) best = any_of(best, holds(r, category, p, true));
    return best;
  }
  FieldOutcome field(const Field& f) const {
    const Purpose* purpose = set.purpose(q.purpose);
    if (!contains(data_categories(), f.category)) return FieldOutcome::withhold;
    if (f.category != "envelope" && (purpose == nullptr || !in(purpose->needs, f.category)))
      return FieldOutcome::withhold;
    if (purpose != nullptr && in(purpose->except, f.pointer.substr(f.pointer.rfind('/') + 1)))
      return FieldOutcome::withhold;
    std::vector<const Person*> about;
    for (const auto& ref : f.persons) {
      about.push_back(find(ref));
      if (about.back() == nullptr) return FieldOutcome::withhold;
    }
    if (about.empty()) about = {nullptr};
    bool no = false, hold = false;
    for (const auto* p : about) {
      bool any = false, ordinary = false;
      for (const auto& s : set.provisions) {
        if (!covers(s, f.category, p)) continue;
        any = true;
        ordinary = ordinary || (!s.public_interest && !s.protects_place);
        const Truth t = cleared(s, f.category, p);
        if (t == Truth::unknown) hold = true;
        if (t == Truth::no && !s.protects_place) return FieldOutcome::withhold;
        if (t == Truth::no) no = true;
      }
      bool declared = false;
      for (const auto& n : set.no_secrecy)
        declared = declared || (in(n.holders, q.holder->actor_type) && in_categories(n.categories, f.category));
      if (!any && !declared) hold = true;
      if (!ordinary && f.category != "envelope" && f.category != "official") {
        const Truth t = ground(f.category, p);
        if (t == Truth::no) return FieldOutcome::withhold;
        if (t == Truth::unknown) hold = true;
      }
    }
    Truth guard = Truth::yes;
    if (!q.recipient_restricted && f.category != "official") {
      for (const auto& p : q.persons) {
        const bool meant = std::find(f.persons.begin(), f.persons.end(), p.ref) != f.persons.end() ||
                           (f.persons.empty() && f.category != "envelope");
        if (meant && p.protection != Protection::none) guard = all_of(guard, fact("location_release", p.ref));
      }
    }
    if (guard != Truth::yes) return guard == Truth::no ? FieldOutcome::withhold : FieldOutcome::hold;
    if (no) return FieldOutcome::withhold;
    if (f.category == "document") {
      Truth released = Truth::yes;
      for (const auto* p : about) released = all_of(released, fact("document_released", p ? p->ref : ""));
      if (released == Truth::no) return FieldOutcome::withhold;
      hold = hold || released == Truth::unknown;
    }
    return hold ? FieldOutcome::hold : FieldOutcome::release;
  }

  // ---- the exchange: what all fields together make, and what its rules ask for ----
  struct Whole {
    std::string fields, before;   // R, H or W for each; before: whatever the exchange as a whole says
    std::vector<bool> set_aside;  // fields that only a permission which was set aside would have freed
    std::set<std::string> aside;  // rules that were set aside
    std::set<std::string> used;   // rules that contribute, also when the exchange is refused for an obligation
    Outcome outcome = Outcome::refused;
    bool kept = true;  // no obligation stands in the way
    std::set<std::string> rules, obligations;
    std::vector<std::string> actions;
    std::optional<Duty> duty;
    bool duty_certain = false;
  };
  std::vector<const Person*> subjects() const {
    std::vector<const Person*> who;
    for (const auto& each : q.persons)
      if (each.role == "subject" || each.role == "tenant") who.push_back(&each);
    if (who.empty()) who = {nullptr};
    return who;
  }
  // The rules that a released field rests on: for each pair the duties and permissions, else a harm test, else consent.
  void grounds(const Field& f, std::set<std::string>& out) const {
    std::vector<const Person*> about;
    for (const auto& ref : f.persons) about.push_back(find(ref));
    if (about.empty()) about = {nullptr};
    const auto add = [&](auto speaks, const Person* p, bool tested) {
      std::set<std::string> plain, consented;
      for (const auto& r : set.rules)
        if (speaks(r) && holds(r, f.category, p, true) == Truth::yes) (by_consent(r) ? consented : plain).insert(r.id);
      if (!plain.empty()) {
        out.insert(plain.begin(), plain.end());
      } else if (!tested) {
        out.insert(consented.begin(), consented.end());
      }
    };
    for (const auto* p : about) {
      bool ordinary = false;
      for (const auto& s : set.provisions) {
        if (!covers(s, f.category, p)) continue;
        ordinary = ordinary || (!s.public_interest && !s.protects_place);
        add([&](const Rule& r) { return reaches(r, s, f.category, p); }, p, tested(s, p) == Truth::yes);
      }
      if (!ordinary && f.category != "envelope" && f.category != "official")
        add(
            [&](const Rule& r) {
              return may_clear(r) && in_categories(r.categories, f.category) &&
                     (p ? in(r.persons, p->role) : in(r.persons, "*"));
            },
            p, false);
    }
  }
  Time due(const Rule& r) const {
    using namespace std::chrono;
    const auto last_second = [](Date d) { return stockholm_midnight(Date{sys_days{d} + days{1}}) - 1s; };
    if (r.deadline == "same_day") return last_second(today);
    if (r.deadline == "within_7_days") {
      sys_days last = sys_days{today} + days{7};
      while (!is_working_day(Date{last})) last += days{1};
      return last_second(Date{last});
    }
    if (r.deadline == "next_working_day") return last_second(next_working_day(today));
    return q.at;
  }
  void find_duty(Whole& out) const {
    for (const auto& r : set.rules) {
      if (r.modality == "may" || by_consent(r) || !describes(r)) continue;
      Truth any = Truth::no;
      for (const auto* p : subjects()) any = any_of(any, holds(r, "", p, true));
      if (any == Truth::no) continue;
      const Duty duty{.rule = r.id, .modality = r.modality, .due = due(r)};
      const auto rank = [](const Duty& d, bool sure) { return std::tuple(!sure, d.modality != "must", d.due, d.rule); };
      if (out.duty && rank(*out.duty, out.duty_certain) < rank(duty, any == Truth::yes)) continue;
      out.duty = duty;
      out.duty_certain = any == Truth::yes;
    }
  }
  bool can_keep(const std::string& obligation) const {
    static const Strings known = {"receipt",
                                  "confirm_same_day",
                                  "no_onward_use",
                                  "reservation",
                                  "human_review",
                                  "notify_person",
                                  "restricted_recipient",
                                  "generalise_birth_date",
                                  "mandatory_review",
                                  "notify_guardian",
                                  "assess_guardian_harm",
                                  "redirect_guardian_notice",
                                  "notify_privacy_officer",
                                  "pseudonymise_identity"};
    const auto colon = obligation.find(':');
    const bool action =
        colon != std::string::npos && in(Strings{"drop", "pseudonymise", "generalise"}, obligation.substr(0, colon)) &&
        obligation.substr(colon + 1) != "envelope" && contains(data_categories(), obligation.substr(colon + 1));
    if (!action && std::find(known.begin(), known.end(), obligation) == known.end()) return false;
    const auto recorded = [&](const char* code) {
      if (fact(code, "") == Truth::yes) return true;
      for (const auto& p : q.persons)
        if (fact(code, p.ref) == Truth::yes) return true;
      return false;
    };
    if (obligation == "restricted_recipient") return q.recipient_restricted;
    if (obligation == "reservation") return recorded("recipient_reservation");
    if (obligation == "human_review") return recorded("individual_assessment");
    return true;
  }
  std::string action(const Field& f, const std::set<std::string>& obligations) const {
    const auto name = f.pointer.substr(f.pointer.rfind('/') + 1);
    const auto asked = [&](const std::string& what) { return obligations.contains(what + ":" + f.category); };
    if (asked("drop")) return "drop";
    if (asked("pseudonymise") || (f.category == "identity" && obligations.contains("pseudonymise_identity")))
      return "pseudonymise";
    if (asked("generalise") || (f.category == "identity" && obligations.contains("generalise_birth_date") &&
                                (name == "birthDate" || name == "personalNumber")))
      return "generalise";
    return "pass";
  }
  // What neither agency has said that its people do.
  bool undone(const std::string& task) const {
    static const Strings tasks = {"notify_person", "notify_guardian", "assess_guardian_harm",
                                  "redirect_guardian_notice"};
    return in(tasks, task) && !in(q.holder->carries_out, task) && !in(q.recipient->carries_out, task);
  }
  // A permission of which more is asked than anybody can keep.
  bool idle(const Rule& r) const {
    if (r.modality == "must") return false;
    for (const auto& each : r.obligations)
      if (undone(each) || ((each != "reservation" || gated()) && !can_keep(each))) return true;
    return false;
  }
  // Does some statutory duty hold for somebody in the message, or for the message, or may it?
  bool owed() const {
    Truth best = Truth::no;
    for (const auto& r : set.rules) {
      if (r.modality != "must" || by_consent(r) || !describes(r)) continue;
      best = any_of(best, holds(r, "", nullptr, true));
      for (const auto& p : q.persons) best = any_of(best, holds(r, "", &p, true));
    }
    return best != Truth::no;
  }
  // The exchange as it is; or, where an idle permission would refuse a duty, as it is when the idle ones clear nothing.
  Whole whole() const {
    Whole all = whole_of(nullptr);
    const bool stopped = std::any_of(set.rules.begin(), set.rules.end(),
                                     [&](const Rule& r) { return all.used.contains(r.id) && idle(r); });
    if (!stopped || !owed()) return all;
    Reference rest{q, set};
    for (const auto& r : set.rules)
      if (idle(r)) rest.aside.insert(r.id);
    Whole out = rest.whole_of(&all);
    out.aside = rest.aside;
    if (out.outcome == Outcome::refused) out.kept = false;
    for (std::size_t i = 0; i < q.fields.size(); ++i)
      out.set_aside.push_back(all.before[i] == 'R' && rest.field(q.fields[i]) == FieldOutcome::withhold);
    return out;
  }
  // `full`: of the whole rule set, whose duty it is; nullptr when this is it.
  Whole whole_of(const Whole* full) const {
    Whole out;
    bool any_carrier = false, any_personal = false, goes = false, waits = false, all = true, envelope = false;
    for (const auto& f : q.fields) any_carrier = any_carrier || (f.category != "envelope" && f.category != "official");
    for (const auto& f : q.fields) {
      const auto outcome = field(f);
      out.fields += outcome == FieldOutcome::release ? 'R' : outcome == FieldOutcome::hold ? 'H' : 'W';
      if (f.category == "envelope") {
        envelope = envelope || out.fields.back() == 'R';
        continue;
      }
      any_personal = true;
      all = all && out.fields.back() == 'R';
      if (any_carrier && f.category == "official") continue;
      goes = goes || out.fields.back() == 'R';
      waits = waits || out.fields.back() == 'H';
    }
    const Truth alone = any_personal && !any_carrier && (goes || waits) ? exchange_ground() : Truth::yes;
    if (alone != Truth::yes) {
      goes = false;
      waits = alone == Truth::unknown;
    }
    out.outcome = !any_personal ? (envelope ? Outcome::released : Outcome::refused)
                  : goes        ? (all ? Outcome::released : Outcome::partial)
                  : waits       ? Outcome::held
                                : Outcome::refused;
    out.before = out.fields;
    if (full == nullptr) {
      find_duty(out);
    } else {
      out.duty = full->duty;
      out.duty_certain = full->duty_certain && !aside.contains(full->duty->rule);
    }
    if (out.outcome == Outcome::released || out.outcome == Outcome::partial) {
      for (std::size_t i = 0; i < q.fields.size(); ++i)
        if (out.fields[i] == 'R') grounds(q.fields[i], out.rules);
      if (out.duty && out.duty_certain) out.rules.insert(out.duty->rule);
      for (const auto& r : set.rules)
        if (out.rules.contains(r.id)) {
          out.obligations.insert(r.obligations.begin(), r.obligations.end());
          if (idle(r)) out.kept = false;
        }
      if (out.obligations.contains("notify_guardian")) {
        Truth harm = Truth::no;
        for (const auto& p : q.persons)
          if (p.role == "subject" || p.role == "child_in_home") harm = any_of(harm, fact("guardian_harm", p.ref));
        if (harm != Truth::no) {
          out.obligations.erase("notify_guardian");
          out.obligations.insert(harm == Truth::yes ? "redirect_guardian_notice" : "assess_guardian_harm");
        }
      }
      if (!gated()) out.obligations.erase("reservation");
      for (const auto& each : out.obligations) out.kept = out.kept && can_keep(each);
      if (!out.kept) out.outcome = Outcome::refused;
    }
    out.used = out.rules;
    const bool permits = out.outcome == Outcome::released || out.outcome == Outcome::partial;
    for (std::size_t i = 0; i < q.fields.size(); ++i) {
      if (out.fields[i] == 'R' && !permits) out.fields[i] = out.outcome == Outcome::held ? 'H' : 'W';
      out.actions.push_back(out.fields[i] == 'R' ? action(q.fields[i], out.obligations) : "pass");
    }
    if (!permits) out.rules.clear(), out.obligations.clear();
    return out;
  }
};

// What the engine and the reference say differently; "" when they agree.
inline std::string disagreement(const DecisionRequest& request, const RuleSet& set, const Decision& d) {
  const auto expected = Reference{request, set}.whole();
  const auto said = [](const std::string& what, const std::string& engine, const std::string& reference) {
    return what + ": engine " + engine + ", reference " + reference;
  };
  if (outcomes(d) != expected.fields) return said("fields", outcomes(d), expected.fields);
  if (d.outcome() != expected.outcome)
    return said("outcome", std::string(to_string(d.outcome())), std::string(to_string(expected.outcome)));
  if ((d.reason() == "obligation_unfulfillable") != !expected.kept) return said("kept", d.reason(), "the other");
  const std::set<std::string> rules(d.rules().begin(), d.rules().end());
  if (rules != expected.rules) return "rules";
  if (std::set<std::string>(d.obligations().begin(), d.obligations().end()) != expected.obligations)
    return "obligations";
  for (std::size_t i = 0; i < d.fields().size(); ++i)
    if (d.fields()[i].action != expected.actions[i]) return said("action", d.fields()[i].action, expected.actions[i]);
  for (std::size_t i = 0; i < expected.set_aside.size(); ++i)
    if (expected.set_aside[i] != (d.fields()[i].reason == "obligation_unfulfillable") && expected.kept)
      return said("set aside", d.fields()[i].reason, "the other");
  if (d.duty().has_value() != expected.duty.has_value()) return "duty";
  if (d.duty() && (d.duty()->rule != expected.duty->rule || d.duty()->due != expected.duty->due))
    return said("duty", d.duty()->rule, expected.duty->rule);
  return "";
}

}  // namespace samband::testing
