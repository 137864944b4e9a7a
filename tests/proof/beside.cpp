// The slices of what stands beside the rules: harm tests, protected identity, documents, forms of consent, how a fact
// is recorded, first and last days, several persons.
#include <algorithm>

#include "confidentiality/rule_index.hpp"
#include "slices.hpp"

namespace samband::proof {

using namespace std::chrono_literals;
using testing::World;

namespace {

const Time kNoon = testing::at("2026-11-22T11:00:00Z");

Strings all_categories() {
  Strings out;
  for (const auto category : data_categories()) out.emplace_back(category);
  return out;
}

}  // namespace

// No rule speaks of the flow: nothing may open it, whatever is answered.
void Slices::nothing_speaks() {
  for (const int opened : {0, 1, 2})
    for (const auto protection : {Protection::none, Protection::fictitious}) {
      if (!whole_ && opened != 1) continue;
      auto w = blank({kNoon, testing::day(opened == 1 ? "1986-01-01" : "2012-01-01")}, n_.about.front());
      w.persons[0].protection = protection;
      w.restricted = opened == 2;
      if (opened > 0) {
        for (const auto code : fact_codes()) {
          answer(w, std::string(code), code == "guardian_harm" ? no : yes);
          if (code == "harm_test_clear")
            for (const auto& p : w.persons) answer(w, std::string(code), yes, p.ref);
        }
        w.agreement();
        w.emergency = true;
        consent_to(w, yes);
      }
      emit(w);
    }
}

void Slices::answers() {
  for (const auto rules : {unset, yes, no})
    for (const auto protection : {Protection::none, Protection::marked, Protection::fictitious})
      for (const bool duty_breaks : {false, true}) {
        if (duty_breaks && protection == Protection::none) continue;
        auto w = blank(age_wished(*n_.rules.front(), kNoon), n_.about.front());
        w.persons[0].protection = protection;
        w.restricted = true;
        answer_all(w, rules);
        auto settings = open_;
        settings.duty_breaks_protected_address = duty_breaks;
        emit(w, settings);
      }
}

// Harm tests about each person, about everybody, and both; provisions with a test of their own.
void Slices::harm_tests() {
  enum class Tested { none, each, each_no, everybody, everybody_no, each_but_everybody_no, one_no };
  Strings own;
  for (const auto& p : variants_.with(open_).provisions)
    if (!p.own_test.empty() && names(p.holders, n_.flow.holder) && !names(n_.facts, p.own_test) &&
        !names(own, p.own_test))
      own.push_back(p.own_test);
  std::vector<Age> ages = ages_between(n_.cuts);
  if (!whole_) ages = {age_wished(*n_.rules.front(), kNoon), {kNoon, std::nullopt}};
  for (const auto& age : ages)
    for (const auto rules : {unset, yes, no})
      for (const auto tested : {Tested::none, Tested::each, Tested::each_no, Tested::everybody, Tested::everybody_no,
                                Tested::each_but_everybody_no, Tested::one_no})
        for (const auto alone : {unset, yes, no}) {
          if (alone != unset && (own.empty() || tested > Tested::each_no)) continue;
          if (!whole_ && !age.born && (rules != yes || tested > Tested::each_no)) continue;
          if (!whole_ && rules != yes && (tested > Tested::each_no || alone == no)) continue;
          auto w = blank(age, n_.about.front());
          answer_all(w, rules);
          for (const auto& p : w.persons) {
            if (tested == Tested::each || tested == Tested::each_but_everybody_no || tested == Tested::one_no)
              answer(w, "harm_test_clear", tested == Tested::one_no && &p == &w.persons[0] ? no : yes, p.ref);
            if (tested == Tested::each_no) answer(w, "harm_test_clear", no, p.ref);
            // A document is released so that the test alone decides about it.
            if (tested != Tested::none) answer(w, "document_released", yes, p.ref);
          }
          if (tested == Tested::everybody) answer(w, "harm_test_clear", yes);
          if (tested == Tested::everybody_no || tested == Tested::each_but_everybody_no)
            answer(w, "harm_test_clear", no);
          for (const auto& code : own) answer(w, code, alone);
          emit(w);
        }
}

// Somebody protected, the place released or not, a restricted recipient, documents: with the rules silent, open,
// applied.
void Slices::protection() {
  struct Guarded {
    std::size_t who;
    Protection how;
  };
  std::vector<Guarded> guarded{
      {0, Protection::none}, {0, Protection::protected_registration}, {0, Protection::fictitious}};
  guarded.push_back({n_.others.empty() ? 0u : 1u, Protection::marked});
  for (const auto& g : guarded)
    for (const auto rules : {yes, unset, no})
      for (const bool restricted : {false, true})
        for (const auto place : {unset, yes, no})
          for (const auto document : {unset, yes, no})
            for (const bool duty_breaks : {false, true}) {
              if (g.how == Protection::none && (place != unset || duty_breaks)) continue;
              if (!whole_ && document != place && g.how != Protection::none) continue;
              if (!whole_ && (duty_breaks || (rules == no && restricted))) continue;
              auto w = blank(age_wished(*n_.rules.front(), kNoon), n_.about.front());
              w.persons[g.who].protection = g.how;
              w.restricted = restricted;
              answer_all(w, rules);
              answer(w, "location_release", place, whole_ ? "" : w.persons[g.who].ref);
              answer(w, "document_released", document);
              auto settings = open_;
              settings.duty_breaks_protected_address = duty_breaks;
              emit(w, settings);
            }
}

// Who consents, for whom, for what, when (OSL 12:2, 12:3); every other condition of the rule is met.
void Slices::consents(const Rule& own) {
  std::vector<Age> ages = ages_between(n_.cuts);
  const auto bands = ages.size();
  const auto around = ages_around({15, 18});
  ages.insert(ages.end(), around.begin(), around.end());
  const auto one = [&](const Age& age, const std::string& giver, bool assessed, auto change, Answer harm = no,
                       Answer sole = unset, const Settings* settings = nullptr) {
    auto w = blank(age, n_.about.front());
    answer_wishes(w, own, yes);
    w.agreement("2020-01-01", "2040-12-31");
    for (const auto& p : w.persons) {
      auto& c = w.consent(p.ref, all_categories(), &p == &w.persons[0] ? giver : "self");
      if (assessed) c.maturity_assessor = "eva";
    }
    answer(w, "guardian_harm", harm, "p1");
    answer(w, "sole_custody", sole, "p1");
    change(w);
    emit(w, settings == nullptr ? open_ : *settings, &own);
  };
  const auto as_is = [](World&) {};
  for (std::size_t i = 0; i < ages.size(); ++i)
    for (const bool assessed : {false, true})
      for (const char* giver :
           {"self", "guardian", "both_guardians", "guardian_and_child", "both_guardians_and_child"}) {
        if (!whole_ && i >= bands && assessed) continue;
        if (std::string(giver) == "self") {
          one(ages[i], giver, assessed, as_is, unset);
          continue;
        }
        for (const auto harm : {no, unset, yes})
          for (const auto sole : {unset, yes, no})
            for (const bool one_suffices : {false, true})
              for (const bool recorded : {true, false}) {
                const bool plain = !one_suffices && recorded;
                if (!whole_ && !plain && (sole != unset || harm == yes)) continue;
                if (!whole_ && harm != no && sole != unset) continue;
                if (!whole_ && i >= bands && (!plain || harm != no || sole != yes)) continue;
                auto settings = open_;
                settings.one_guardian_suffices = one_suffices;
                settings.guardian_test_must_be_recorded = recorded;
                one(ages[i], giver, assessed, as_is, harm, sole, &settings);
              }
      }
  const auto each = [](auto act) {
    return [act](World& w) {
      for (auto& c : w.consents) act(w, c);
    };
  };
  const Age adult{kNoon, testing::day("1986-01-01")};
  const auto grown = [&](auto change) { one(adult, "self", false, change, unset); };
  grown([](World& w) { w.consents.clear(); });
  grown([](World& w) { w.consents.erase(w.consents.begin()); });
  grown([](World& w) { w.consents.resize(1); });
  grown(each([](World& w, Consent& c) { c.revoked_at = w.now; }));
  grown(each([](World& w, Consent& c) { c.revoked_at = w.now + 1ms; }));
  grown(each([](World& w, Consent& c) { c.valid_to = w.now; }));
  grown(each([](World& w, Consent& c) { c.valid_to = w.now + 1ms; }));
  grown(each([](World& w, Consent& c) { c.valid_from = w.now; }));
  grown(each([](World& w, Consent& c) { c.valid_from = w.now + 1ms; }));
  grown(each([](World&, Consent& c) { c.recipients = {"other"}; }));
  grown(each([](World&, Consent& c) { c.purposes = {"receipt"}; }));
  grown(each([](World&, Consent& c) { c.holder = "other"; }));
  grown(each([](World&, Consent& c) { c.categories = {"identity"}; }));  // takes `protection` with it
  grown(each([](World&, Consent& c) { c.categories = {"protection"}; }));
  grown(each([](World&, Consent& c) { c.agreement = "sig"; }));
  grown(each([](World&, Consent& c) { c.agreement = "another"; }));
  grown([](World& w) {  // under an agreement that ended yesterday
    w.agreements[0].valid_to = testing::day("2026-11-21");
    for (auto& c : w.consents) c.agreement = "sig";
  });
  grown([](World& w) {  // revoked, and given anew
    auto again = w.consents;
    for (auto& c : w.consents) c.revoked_at = w.now;
    for (auto& c : again) c.id += "b";
    w.consents.insert(w.consents.end(), again.begin(), again.end());
  });
}

// How an answer can be recorded: by whom, when, about whom, beside another one.
void Slices::records() {
  std::set<std::string> codes(n_.facts.begin(), n_.facts.end());
  if (!whole_) codes.clear();
  for (const auto* r : n_.first_for)
    for (const auto& wish : wishes(*r, n_)) codes.insert(wish.code);
  if (whole_ || n_.first_of_holder) codes.insert({"document_released", "location_release", "harm_test_clear"});
  for (const auto& code : codes) {
    const auto one = [&](auto change) {
      auto w = blank(age_wished(*n_.rules.front(), kNoon), n_.about.front());
      if (code == "location_release") w.persons[0].protection = Protection::protected_registration;
      answer_all(w, yes);
      bool wished = true;
      std::erase_if(w.facts, [&](const Fact& f) {
        if (f.code == code) wished = f.value == Truth::yes;
        return f.code == code;
      });
      const std::string other = w.persons.size() > 1 ? w.persons[1].ref : "p1";
      const auto record = [&](bool as_wished, const std::string& ref, Time at, bool named = true) {
        w.fact(code, as_wished == wished, ref, named ? "anna" : "");
        w.facts.back().at = at;
      };
      change(w, record, other);
      emit(w);
    };
    const Time at = kNoon - 1h;
    one([&](World&, auto&, auto&) {});
    one([&](World&, auto& record, auto&) { record(true, "p1", at); });
    one([&](World&, auto& record, auto&) { record(false, "p1", at); });
    one([&](World&, auto& record, auto& other) { record(true, other, at); });
    one([&](World&, auto& record, auto&) { record(true, "", at, false); });
    one([&](World&, auto& record, auto&) { record(true, "p1", at, false); });
    one([&](World&, auto& record, auto&) { record(true, "", kNoon + 5min); });
    one([&](World&, auto& record, auto&) { record(true, "", kNoon + 5min + 1ms); });
    one([&](World&, auto& record, auto&) { record(true, "", at), record(false, "", at + 1ms); });
    one([&](World&, auto& record, auto&) { record(true, "", at + 1ms), record(false, "", at); });
    one([&](World&, auto& record, auto&) { record(true, "", at), record(false, "", at); });
    one([&](World&, auto& record, auto&) { record(true, "", at), record(true, "", at); });
    one([&](World&, auto& record, auto&) { record(true, "p1", at), record(false, "", at); });
    one([&](World&, auto& record, auto&) { record(true, "p1", at + 1ms), record(false, "", at); });
    one([&](World&, auto& record, auto&) { record(true, "", at + 1ms), record(false, "p1", at); });
    one([&](World&, auto& record, auto&) { record(true, "", at), record(true, "", at + 1ms, false); });
    one([&](World& w, auto& record, auto&) {
      record(true, "", at), record(true, "", at + 1ms);
      w.facts.back().value = Truth::unknown;
    });
    one([&](World&, auto& record, auto&) { record(true, "p9", at); });  // about nobody in the message
  }
}

// The day before, on and after each first and last day of a rule or provision.
void Slices::dates(const Rule& own) {
  std::set<std::chrono::sys_days> days;
  const auto& set = variants_.with(open_);
  const auto add = [&](Date from, Date to) {
    for (const Date d : {from, to})
      if (d.ok())
        for (const int away : {-1, 0, 1}) days.insert(std::chrono::sys_days{d} + std::chrono::days{away});
  };
  add(own.in_force_from, own.in_force_to);
  for (const auto& p : set.provisions)
    if (names(p.holders, n_.flow.holder)) add(p.in_force_from, p.in_force_to);
  Settings narrow;
  if (!own.setting.empty()) narrow.*setting_named(own.setting) = true;
  for (const auto day : days)
    for (const bool others : {false, true})
      for (const auto& settings : {open_, narrow}) {
        auto w = blank(age_wished(own, stockholm_midnight(Date{day}) + 12h), about(own));
        answer_wishes(w, own, yes);
        for (const auto& c : own.conditions) {
          if (c.type == Condition::Type::consent) consent_to(w, yes);
          if (c.type == Condition::Type::agreement) w.agreement("2020-01-01", "2040-12-31");
          if (c.type == Condition::Type::emergency) w.emergency = true;
        }
        if (others) answer_others(w, own, yes);
        emit(w, settings, &own);
      }
}

// Nobody whom the message is about, or two of them with answers and ages of their own.
void Slices::several() {
  const Age inside = age_wished(*n_.rules.front(), kNoon), outside{kNoon, testing::day("1950-01-01")},
            unknown{kNoon, std::nullopt};
  for (const auto rules : {yes, unset, no}) {
    auto w = blank(inside, "guardian");
    answer_all(w, rules);
    emit(w);
  }
  std::vector<Age> ages{inside};
  if (whole_) ages.push_back(outside);
  for (const auto& first : ages)
    for (const auto& second : {inside, outside, unknown})
      for (const auto a : {yes, unset, no})
        for (const auto b : {yes, unset, no}) {
          auto w = blank(first, n_.about.front());
          w.person(n_.about.back(), -1).birth_date = second.born;
          const auto ref = w.persons.back().ref;
          for (const auto& category : n_.needed) w.field(category, {ref}).field(category, {"p1", ref});
          answer_all(w, yes);
          std::erase_if(w.facts, [](const Fact& f) { return f.person_ref.empty(); });
          for (const auto* r : n_.rules)
            for (const auto& wish : wishes(*r, n_)) {
              if (a != unset) w.fact(wish.code, (a == yes) == wish.value, "p1");
              if (b != unset) w.fact(wish.code, (b == yes) == wish.value, ref);
            }
          emit(w);
        }
}

// Permissions of which more is asked than anybody can keep, beside a duty that holds, may hold or does not: each rule
// of the neighbourhood through its answers while the others have theirs; a task undertaken by nobody or by one.
void Slices::set_aside() {
  enum class Kept { no, by_sender, by_recipient };
  const bool both = std::any_of(n_.rules.begin(), n_.rules.end(), [](const Rule* r) { return r->modality != "must"; });
  for (const auto* own : whole_ ? n_.rules : n_.first_for) {
    if (!whole_ && (!both || own->modality != "must")) continue;
    for (const std::string asked : {"notify_person", "restricted_recipient", "human_review"})
      for (const auto kept : {Kept::no, Kept::by_sender, Kept::by_recipient})
        for (const auto its : {yes, unset, no})
          for (const auto others : {yes, unset, no}) {
            if (kept == Kept::by_recipient && asked != "notify_person") continue;
            if (!whole_ && (others != yes || (kept != Kept::no && asked != "notify_person"))) continue;
            auto w = blank(age_wished(*own, kNoon), about(*own));
            answer_wishes(w, *own, its);
            answer_others(w, *own, others);
            if (kept == Kept::by_sender) w.holder.carries_out = {"notify_person"};
            if (kept == Kept::by_recipient) w.recipient.carries_out = {"notify_person"};
            if (asked == "restricted_recipient") w.restricted = kept != Kept::no;
            if (asked == "human_review" && !names(n_.facts, "individual_assessment"))
              answer(w, "individual_assessment", kept != Kept::no ? yes : unset);
            visit_(w, variants_.asking(open_, asked), nullptr);
            size_.add({1, w.fields.size()});
          }
  }
}

// Nothing but an envelope, or a caseworker's name: they carry no exchange.
void Slices::names_alone() {
  for (const auto rules : {yes, unset, no})
    for (const auto& categories : {Strings{"envelope"}, Strings{"official"}, Strings{"envelope", "official"}}) {
      auto w = blank(age_wished(*n_.rules.front(), kNoon), n_.about.front());
      w.fields.clear();
      for (const auto& category : categories) w.field(category, {});
      answer_all(w, rules);
      emit(w);
    }
}

}  // namespace samband::proof
