#include "confidentiality/cell_model.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

namespace samband {
namespace {

int rank_of(std::string_view deadline) {
  constexpr std::string_view kOrder[] = {"at_once", "same_day", "next_working_day", "within_7_days"};
  return static_cast<int>(std::find(std::begin(kOrder), std::end(kOrder), deadline) - std::begin(kOrder));
}

}  // namespace

int CellModel::fact_place(std::string_view code) { return code_index(fact_codes(), code); }

bool CellModel::is_subject(int role) {
  static const int kSubject = code_index(person_roles(), "subject"), kTenant = code_index(person_roles(), "tenant");
  return role == kSubject || role == kTenant;
}

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
  scene.needs |= bit(code_index(data_categories(), "envelope"));
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
        Truth3 age;
        if (bands != 0) age.yes = age.possible = {space_.with(kAge, bands)};
        const Region nobody_knows{space_.with(kAge, space_.unknown_age())};
        // Where the age is unknown, what may be assumed answers, if the rule says so.
        Truth3 assumed{{}, {space_.full}};
        if (condition.facts != 0) assumed = fact(std::countr_zero(condition.facts));
        age.yes = united(std::move(age.yes), intersected(assumed.yes, nobody_knows));
        age.possible = united(std::move(age.possible), intersected(assumed.possible, nobody_knows));
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

}  // namespace samband
