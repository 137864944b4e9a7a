// One field in one state of protection: field_judge.cpp in sets.
#include <algorithm>

#include "confidentiality/cell_model.hpp"

namespace samband {

// Who of a cell is protected: whom the field is about, the subject, anybody.
struct CellModel::Guarded {
  bool nobody, first, any, person, subject;
  Guarded(const Space& space, int role, ProtectionValue value)
      : nobody(role == space.nobody_named()),
        first(value == kPersonMarked || value == kPersonFictitious),
        any(value != kNobodyProtected),
        person(nobody ? any : first),
        subject(nobody || is_subject(role) ? first : value == kOtherProtected) {}
};

bool CellModel::can_break(const RuleIndex::RuleBits& rule, const RuleIndex::ProvisionBits& p) const {
  const auto place = static_cast<std::size_t>(&p - index_->provisions.data());
  if (p.unbreakable || (rule.needs_consent && p.public_interest)) return false;
  return rule.breaks[place] || (rule.breaks_all && !rule.breaks_not[place] &&
                                (!p.protects_place || set_.settings.duty_breaks_protected_address));
}

CellModel::Judged CellModel::judged(const Scene& scene, int category, int role, ProtectionValue value,
                                    bool all_rules) const {
  static const int kEnvelope = code_index(data_categories(), "envelope"),
                   kOfficial = code_index(data_categories(), "official"),
                   kDocument = code_index(data_categories(), "document");
  const Region here{space_.with(kProtection, 1u << value)};
  const Guarded is(space_, role, value);
  std::vector<const RuleIndex::ProvisionBits*> covers;
  bool ordinary = false;
  for (const int place : scene.provisions) {
    const auto& p = index_->provisions[place];
    if ((p.categories & bit(category)) == 0) continue;
    const bool applies =
        is.nobody
            ? is.any || !(p.when_person_protected || p.when_person_fictitious || p.when_exchange_protected)
            : (p.any_role || (p.roles & bit(role)) != 0) && (!p.when_person_protected || is.first) &&
                  (!p.when_person_fictitious || value == kPersonFictitious) && (!p.when_exchange_protected || is.any);
    if (!applies) continue;
    covers.push_back(&p);
    ordinary = ordinary || (!p.public_interest && !p.protects_place);
  }

  std::vector<Truth3> standings;  // of what each rule may clear
  Truth3 described;               // a rule that holds for the exchange, consent aside, so that a harm test may carry it
  for (const int place : scene.rules) {
    Truth3 standing = standing_in(scene, place, is.person);
    described.yes = united(std::move(described.yes), standing.yes);
    described.possible = united(std::move(described.possible), standing.possible);
    if (!all_rules && !index_->rules[static_cast<std::size_t>(place)].must) {
      const Region unkept = unkept_where(scene, place);
      standing = {without(std::move(standing.yes), unkept), without(std::move(standing.possible), unkept)};
    }
    standings.push_back(std::move(standing));
  }
  // What some rules clear, and which of them it is that does: consent counts only where nothing else does.
  std::map<int, Region> contributes;
  const auto by_rules = [&](const Truth3& tests, const auto& reaches) {
    Truth3 plain, consenting;
    std::vector<std::pair<int, Region>> by_consent;
    for (std::size_t i = 0; i < scene.rules.size(); ++i) {
      const auto& rule = index_->rules[scene.rules[i]];
      const bool reaches_role = rule.any_role || (!is.nobody && (rule.roles & bit(role)) != 0);
      if (!reaches_role || (rule.categories & bit(category)) == 0 || !reaches(rule)) continue;
      if (!rule.needs_consent) {
        plain.yes = united(std::move(plain.yes), standings[i].yes);
        plain.possible = united(std::move(plain.possible), standings[i].possible);
        auto& own = contributes[scene.rules[i]];
        own = united(std::move(own), standings[i].yes);
      } else if (!is.nobody) {
        const Region yes = intersected(standings[i].yes, consent_.yes);
        consenting.yes = united(std::move(consenting.yes), yes);
        consenting.possible =
            united(std::move(consenting.possible), intersected(standings[i].possible, consent_.possible));
        by_consent.emplace_back(scene.rules[i], yes);
      }
    }
    plain.yes = united(std::move(plain.yes), tests.yes);
    for (auto& [place, yes] : by_consent) {
      auto& own = contributes[place];
      own = united(std::move(own), without(std::move(yes), plain.yes));
    }
    return Truth3{united(std::move(plain.yes), consenting.yes),
                  united(united(std::move(plain.possible), tests.possible), consenting.possible)};
  };

  Region released = here, possible = here, place_possible = here;
  if (!ordinary && category != kEnvelope && category != kOfficial) {
    const Truth3 ground = by_rules({}, [](const auto&) { return true; });
    released = intersected(released, ground.yes);
    possible = intersected(possible, ground.possible);
  }
  for (const auto* p : covers) {
    Truth3 tests;
    if (!scene.gated) {
      const bool testable =
          p->test != HarmTest::absolute && !p->unbreakable && !p->protects_place && !p->public_interest;
      if (testable && !is.nobody) {
        const Region harmless = fact(fact_place("harm_test_clear")).yes;
        tests = {intersected(harmless, described.yes), intersected(harmless, described.possible)};
      }
      const auto add = [&](const Region& yes) {
        tests.yes = united(std::move(tests.yes), yes);
        tests.possible = united(std::move(tests.possible), yes);
      };
      if (p->own_test >= 0 && p->test == HarmTest::straight) add(fact(p->own_test).yes);
      if (p->protects_place) add(fact(fact_place("location_release")).yes);
    }
    const Truth3 pair = by_rules(tests, [&](const RuleIndex::RuleBits& rule) {
      if (scene.gated && !rule.needs_consent) return false;
      return can_break(rule, *p) ||
             (p->with_any_breaker && std::any_of(covers.begin(), covers.end(), [&](const auto* o) {
                return o != p && !o->public_interest && !o->protects_place && can_break(rule, *o);
              }));
    });
    released = intersected(released, pair.yes);
    auto& where = p->protects_place ? place_possible : possible;
    where = intersected(where, pair.possible);
  }
  const bool uncovered = covers.empty() && (scene.declared & bit(category)) == 0;
  if (uncovered) released.clear();

  // A protected person's data waits for a named person, but at a restricted recipient.
  Truth3 guard{{space_.full}, {space_.full}};
  const bool guarded = is.nobody ? is.any && category != kEnvelope : is.first;
  if (guarded && category != kOfficial) {
    guard = fact(fact_place("location_release"));
    const Region restricted{space_.with(kRestricted, kYes)};
    guard.yes = united(std::move(guard.yes), restricted);
    guard.possible = united(std::move(guard.possible), restricted);
  }
  Truth3 document{{space_.full}, {space_.full}};
  if (category == kDocument) document = fact(fact_place("document_released"));
  released = intersected(intersected(released, guard.yes), document.yes);
  // Where the guard is open (unknown), that alone is the answer; where it is not, the place and the document decide.
  const Region settled = intersected(intersected(guard.yes, place_possible), document.possible);
  Region open = intersected(possible, united(without(guard.possible, guard.yes), settled));

  if (category == kOfficial) {
    // A caseworker's name alone is no ground for an exchange.
    Truth3 ground;
    for (const int place : scene.rules) {
      if (index_->rules[place].needs_consent) continue;
      const Truth3 one = standing_in(scene, place, is.subject);
      ground.yes = united(std::move(ground.yes), one.yes);
      ground.possible = united(std::move(ground.possible), one.possible);
    }
    open = without(std::move(open), without(released, ground.possible));
    released = intersected(released, ground.yes);
  }
  Judged out{std::move(released), std::move(open), contributes, std::move(contributes)};
  for (const auto& [place, chosen] : chosen_duties(scene, is.subject)) {
    const bool counts = all_rules || index_->rules[static_cast<std::size_t>(place)].must;
    auto& own = out.obliging[place];
    own = united(std::move(own), counts ? chosen : without(chosen, unkept_where(scene, place)));
  }
  return out;
}

void CellModel::judge(const Scene& scene, int category, int role, ProtectionValue value, CellOutcome& out) const {
  const Region here{space_.with(kProtection, 1u << value)};
  const Guarded is(space_, role, value);
  // Where something contributes of which more is asked than can be kept: a duty (must), or a permission.
  const auto unkept = [&](const Judged& by, bool must) {
    Region where;
    for (const auto& [place, oblige] : by.obliging)
      if (index_->rules[static_cast<std::size_t>(place)].must == must)
        where = united(std::move(where), intersected(intersected(oblige, by.released), unkept_where(scene, place)));
    return where;
  };
  const auto put = [&](const Judged& by, const Region& within) {
    for (const auto& [place, where] : by.contributes) {
      auto& known = out.contributes[place];
      known = united(std::move(known), intersected(where, within));
    }
    for (const auto& [place, where] : by.obliging)
      for (const auto& obligation : set_.rules[index_->rules[place].position].obligations) {
        auto& obliged = out.obliged[obligation];
        obliged = united(std::move(obliged), intersected(where, by.released));
      }
    out.release = united(std::move(out.release), by.released);
    out.open = united(std::move(out.open), by.open);
  };
  Judged all = judged(scene, category, role, value, true);
  const Region stopped = unkept(all, false);
  // What nobody can keep refuses the exchange, but no duty is refused for a permission: that one clears nothing.
  const Region refused = united(unkept(all, true), stopped);
  all.released = without(std::move(all.released), refused);
  all.open = without(std::move(all.open), refused);
  put(all, here);
  if (stopped.empty()) return;
  Region owed;
  for (const int place : scene.rules) {
    const auto& rule = index_->rules[static_cast<std::size_t>(place)];
    if (!rule.must || rule.needs_consent) continue;
    for (const bool protected_too : {is.person, is.subject, is.any})
      owed = united(std::move(owed), standing_in(scene, place, protected_too).possible);
  }
  if (owed.empty()) return;
  Judged rest = judged(scene, category, role, value, false);
  const Region where = intersected(without(stopped, unkept(rest, true)), owed);
  rest.open = intersected(std::move(rest.open), where);
  rest.released = intersected(std::move(rest.released), where);
  put(rest, stopped);
}

}  // namespace samband
