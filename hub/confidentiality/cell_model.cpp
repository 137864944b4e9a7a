#include "confidentiality/cell_model.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

#include "confidentiality/facts.hpp"

namespace samband {
namespace {

bool is_subject(int role) {
  static const int kSubject = code_index(person_roles(), "subject"), kTenant = code_index(person_roles(), "tenant");
  return role == kSubject || role == kTenant;
}

int fact_place(std::string_view code) { return code_index(fact_codes(), code); }
int category_place(std::string_view code) { return code_index(data_categories(), code); }

int rank_of(std::string_view deadline) {
  constexpr std::string_view kOrder[] = {"at_once", "same_day", "next_working_day", "within_7_days"};
  return static_cast<int>(std::find(std::begin(kOrder), std::end(kOrder), deadline) - std::begin(kOrder));
}

}  // namespace

CellModel::CellModel(const RuleSet& set, const Space& space)
    : set_(set), space_(space), index_(set.index ? set.index : std::make_shared<const RuleIndex>(set)) {
  consent_ = consent_table();
}

Scene CellModel::scene(const CellExchange& exchange, Date day, int always_on) const {
  Scene scene;
  scene.always_on = always_on;
  const Bits holder = bit(exchange.holder), recipient = bit(exchange.recipient);
  const Bits kind = bit(exchange.kind), purpose = bit(exchange.purpose);
  for (std::size_t i = 0; i < index_->rules.size(); ++i) {
    const auto& rule = index_->rules[i];
    const int place = static_cast<int>(i);
    if ((rule.from & holder) == 0 || (rule.to & recipient) == 0 || (rule.kinds & kind) == 0 ||
        (rule.purposes & purpose) == 0 || !in_force(rule.in_force_from, rule.in_force_to, day) ||
        !(exchange.initiative == Initiative::request ? rule.on_request : rule.on_own) ||
        (off(scene, place) && !rule.holds_while_off))
      continue;
    scene.rules.push_back(place);
  }
  for (std::size_t i = 0; i < index_->provisions.size(); ++i) {
    const auto& p = index_->provisions[i];
    if ((p.holders & holder) != 0 && in_force(p.from, p.to, day)) scene.provisions.push_back(static_cast<int>(i));
  }
  for (const auto& candidate : index_->purposes) {
    if (candidate.purpose != exchange.purpose) continue;
    scene.needs = candidate.needs;
    scene.purpose = &set_.purposes[candidate.position];
  }
  scene.needs |= bit(category_place("envelope"));
  for (const auto& none : index_->no_secrecy)
    if ((none.holders & holder) != 0) scene.declared |= none.categories;
  scene.gated = (index_->gated & recipient) != 0;
  scene.new_purpose = (index_->new_purpose & holder) != 0 && !set_.settings.police_purpose_tested_before;
  return scene;
}

CellModel::Truth3 CellModel::fact(int code, bool expected) const {
  const std::uint64_t yes = expected ? kYes : kNo;
  return {{space_.with_fact(code, yes)}, {space_.with_fact(code, yes | kUnknown)}};
}

// Asks the engine itself whose consent suffices, at each age.
CellModel::Truth3 CellModel::consent_table() const {
  static constexpr std::string_view kGivers[] = {
      "", "self", "self", "guardian", "guardian_and_child", "both_guardians", "both_guardians_and_child"};
  Party holder, recipient;
  holder.id = "a";
  recipient.id = "b";
  Person person;
  person.ref = person.subject_ref = "p";
  DecisionRequest request;
  request.at = stockholm_midnight(space_.periods.front()) + std::chrono::hours{12};
  request.holder = &holder;
  request.recipient = &recipient;
  request.purpose = "x";
  request.persons = {&person, 1};
  const std::string_view open[] = {"guardian_harm", "sole_custody"};
  Truth3 table;
  for (int form = kSelf; form < kConsentValues; ++form) {
    Consent consent;
    consent.subject_ref = "p";
    consent.holder = "a";
    consent.giver = kGivers[form];
    if (form == kSelfAssessed || form == kGuardianAndChild || form == kBothGuardiansAndChild)
      consent.maturity_assessor = "m";
    consent.recipients = {"b"};
    consent.purposes = {"x"};
    consent.categories = {"identity"};
    consent.valid_from = request.at - std::chrono::hours{1};
    consent.valid_to = request.at + std::chrono::hours{1};
    request.consents = {&consent, 1};
    for (std::size_t band = 0; band <= space_.ages.size(); ++band) {
      for (int answers = 0; answers < 9; ++answers) {
        const Truth values[] = {Truth{answers % 3}, Truth{answers / 3}};
        std::vector<Fact> facts;
        Cube cube = space_.with(kConsent, 1u << form);
        cube.allowed[kAge] = std::uint64_t{1} << band;
        for (int i = 0; i < 2; ++i) {
          cube.allowed[kFirstFact + static_cast<std::size_t>(fact_place(open[i]))] = values[i] == Truth::yes ? kYes
                                                                                     : values[i] == Truth::no
                                                                                         ? kNo
                                                                                         : kUnknown;
          facts.push_back({.code = std::string(open[i]),
                           .value = values[i],
                           .person_ref = "p",
                           .assessor_id = "m",
                           .reason_code = {},
                           .at = request.at});
        }
        const FactTable recorded(facts, request.persons, request.at);
        const int age = band < space_.ages.size() ? space_.ages[band].low : -1;
        const Truth truth =
            consent_of(request, set_.settings, recorded, space_.periods.front(), 0, age, "identity").truth;
        if (truth == Truth::yes) table.yes.push_back(cube);
        if (truth != Truth::no) table.possible.push_back(cube);
      }
    }
  }
  return {merged(std::move(table.yes)), merged(std::move(table.possible))};
}

CellModel::Truth3 CellModel::standing_of(const RuleIndex::RuleBits& rule, bool person_protected, bool gated,
                                         bool new_purpose) const {
  Truth3 all{{space_.full}, {space_.full}};
  const auto require = [&](const Truth3& next) {
    all.yes = intersected(all.yes, next.yes);
    all.possible = intersected(all.possible, next.possible);
  };
  const auto given = [&](Dimension dimension) {
    const Region yes{space_.with(dimension, kYes)};
    return Truth3{yes, yes};
  };
  for (std::size_t i = 0; i < rule.condition_count; ++i) {
    const auto& condition = rule.conditions[i];
    switch (condition.type) {
      case Condition::Type::fact:
      case Condition::Type::fact_or: {
        Truth3 any;
        for (Bits rest = condition.facts; rest != 0; rest &= rest - 1) {
          const Truth3 one = fact(std::countr_zero(rest), condition.expected);
          any.yes = united(std::move(any.yes), one.yes);
          any.possible = united(std::move(any.possible), one.possible);
        }
        if (condition.facts == 0) any.possible = {space_.full};
        require(any);
        break;
      }
      case Condition::Type::person_age: {
        const auto bands = space_.age_bits(condition.age_min, condition.age_max);
        Truth3 age{{}, {space_.with(kAge, bands | space_.unknown_age())}};
        if (bands != 0) age.yes = {space_.with(kAge, bands)};
        require(age);
        break;
      }
      case Condition::Type::agreement:
        require(given(kAgreement));
        break;
      case Condition::Type::emergency:
        if (rule.ttl.count() == 0) return {};
        require(given(kEmergency));
        break;
      case Condition::Type::protected_identity:
        if (person_protected != condition.expected) return {};
        break;
      case Condition::Type::consent:
        break;  // where the person is known: judge
    }
  }
  if (gated && rule.needs_consent) require(fact(fact_place("recipient_reservation")));
  if (new_purpose && !rule.must) require(fact(fact_place("new_purpose_tested")));
  return all;
}

bool CellModel::off(const Scene& scene, int rule) const {
  const auto setting = index_->rules[static_cast<std::size_t>(rule)].setting;
  return setting != nullptr && !(set_.settings.*setting) && rule != scene.always_on;
}

Region CellModel::unkept_where(const Scene& scene, int place) const {
  const auto& rule = index_->rules[static_cast<std::size_t>(place)];
  Region where;
  for (const auto& obligation : set_.rules[static_cast<std::size_t>(rule.position)].obligations) {
    Cube unkept = space_.full;
    if (obligation == "restricted_recipient") {
      unkept = space_.with(kRestricted, kNo);
    } else if (obligation == "reservation" && scene.gated) {
      unkept = space_.with_fact(fact_place("recipient_reservation"), kNo | kUnknown);
    } else if (is_task_of_party(obligation) && !rule.must) {
      unkept = space_.with(kUndertaken, kNo);
    } else if (obligation == "human_review") {
      unkept = space_.with_fact(fact_place("individual_assessment"), kNo | kUnknown);
    } else {
      continue;
    }
    where = united(std::move(where), {unkept});
  }
  return where;
}

CellModel::Truth3 CellModel::standing_in(const Scene& scene, int rule, bool person_protected) const {
  Truth3 standing =
      standing_of(index_->rules[static_cast<std::size_t>(rule)], person_protected, scene.gated, scene.new_purpose);
  if (off(scene, rule)) standing.yes.clear();
  return standing;
}

bool CellModel::can_break(const RuleIndex::RuleBits& rule, const RuleIndex::ProvisionBits& p) const {
  const auto place = static_cast<std::size_t>(&p - index_->provisions.data());
  if (p.unbreakable || (rule.needs_consent && p.public_interest)) return false;
  return rule.breaks[place] || (rule.breaks_all && !rule.breaks_not[place] &&
                                (!p.protects_place || set_.settings.duty_breaks_protected_address));
}

std::map<int, Region> CellModel::chosen_duties(const Scene& scene, bool subject_protected) const {
  std::vector<int> order;
  for (const int place : scene.rules)
    if (index_->rules[place].duty && !index_->rules[place].needs_consent) order.push_back(place);
  const auto rank = [&](int place) {
    const Rule& rule = set_.rules[index_->rules[place].position];
    return std::tuple(rule.modality != "must", rank_of(rule.deadline), place);
  };
  std::sort(order.begin(), order.end(), [&](int a, int b) { return rank(a) < rank(b); });
  std::map<int, Region> out;
  Region taken;
  for (const int place : order) {
    const Region yes = standing_in(scene, place, subject_protected).yes;
    if (Region chosen = without(yes, taken); !chosen.empty()) out.emplace(place, std::move(chosen));
    taken = united(std::move(taken), yes);
  }
  return out;
}

std::map<std::string, Region> CellModel::duties(const Scene& scene) const {
  std::map<std::string, Region> out;
  for (const bool subject_protected : {false, true}) {
    const Region here{space_.with(kProtection, subject_protected ? (1u << kPersonMarked) | (1u << kPersonFictitious)
                                                                 : (1u << kNobodyProtected) | (1u << kOtherProtected))};
    for (const auto& [place, chosen] : chosen_duties(scene, subject_protected)) {
      const Rule& rule = set_.rules[index_->rules[place].position];
      auto& known = out[rule.modality + " " + rule.deadline];
      known = united(std::move(known), intersected(chosen, here));
    }
  }
  return out;
}

Region CellModel::standing(int rule) const {
  return united(standing_of(index_->rules[rule], false, false, false).yes,
                standing_of(index_->rules[rule], true, false, false).yes);
}

CellOutcome CellModel::outcome(const Scene& scene, int category, int role, int leaf) const {
  CellOutcome out;
  if ((scene.needs & bit(category)) == 0) return out;
  const auto& name = space_.leaves[static_cast<std::size_t>(leaf)];
  if (!name.empty() && scene.purpose != nullptr &&
      std::find(scene.purpose->except.begin(), scene.purpose->except.end(), name) != scene.purpose->except.end())
    return out;
  for (const auto value : {kNobodyProtected, kPersonMarked, kPersonFictitious, kOtherProtected})
    judge(scene, category, role, value, out);
  return out;
}

std::string CellModel::signature(const Scene& scene, int category, int role, int leaf) const {
  const auto& name = space_.leaves[static_cast<std::size_t>(leaf)];
  const bool excepted =
      !name.empty() && scene.purpose != nullptr &&
      std::find(scene.purpose->except.begin(), scene.purpose->except.end(), name) != scene.purpose->except.end();
  if ((scene.needs & bit(category)) == 0 || excepted) return "not needed";
  const std::string_view code = data_categories()[static_cast<std::size_t>(category)];
  const bool nobody = role == space_.nobody_named();
  std::string out;
  out += code == "document" || code == "official" || code == "envelope" ? code.front() : '-';
  out += nobody ? 'n' : is_subject(role) ? 's' : 'o';
  out += scene.gated ? 'g' : '-';
  out += scene.new_purpose ? 'p' : '-';
  out += (scene.declared & bit(category)) != 0 ? 'd' : '-';
  const auto put = [&](int place, bool of_category, bool of_role) {
    out += std::to_string(place) + (of_category && of_role ? '+' : '-');
  };
  // A rule that does not reach the field still describes the exchange and may be its duty.
  for (const int place : scene.rules) {
    const auto& rule = index_->rules[place];
    put(place, (rule.categories & bit(category)) != 0, rule.any_role || (!nobody && (rule.roles & bit(role)) != 0));
    if (off(scene, place)) out += '?';
  }
  out += '/';
  for (const int place : scene.provisions) {
    const auto& p = index_->provisions[place];
    if ((p.categories & bit(category)) != 0) put(place, true, nobody || p.any_role || (p.roles & bit(role)) != 0);
  }
  return out;
}

namespace {

// Who of a cell is protected: whom the field is about, the subject, anybody.
struct Guarded {
  bool nobody, first, any, person, subject;
  Guarded(const Space& space, int role, ProtectionValue value)
      : nobody(role == space.nobody_named()),
        first(value == kPersonMarked || value == kPersonFictitious),
        any(value != kNobodyProtected),
        person(nobody ? any : first),
        subject(nobody || is_subject(role) ? first : value == kOtherProtected) {}
};

}  // namespace

CellModel::Judged CellModel::judged(const Scene& scene, int category, int role, ProtectionValue value,
                                    bool all_rules) const {
  static const int kEnvelope = category_place("envelope"), kOfficial = category_place("official"),
                   kDocument = category_place("document");
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
