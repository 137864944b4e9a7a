// Cells as worlds to decide in: one value in each dimension, the message that cells of cell_model.hpp stand for, and
// random edits of a rule set.
#pragma once
#include <random>

#include "confidentiality/cell_model.hpp"
#include "support.hpp"

namespace samband::testing {

struct Cell {
  std::array<std::uint64_t, kDimensions> value;  // one bit in each
  std::uint64_t at(Dimension d) const { return value[d]; }
  int place(Dimension d) const { return std::countr_zero(value[d]); }
};

inline bool holds(const Region& region, const Cell& cell) {
  for (const Cube& cube : region) {
    bool inside = true;
    for (std::size_t d = 0; d < kDimensions; ++d) inside &= (cube.allowed[d] & cell.value[d]) != 0;
    if (inside) return true;
  }
  return false;
}

inline Cell random_cell(const Space& space, std::mt19937& random) {
  Cell cell;
  for (std::size_t d = 0; d < kDimensions; ++d) {
    std::vector<std::uint64_t> bits;
    for (std::uint64_t rest = space.full.allowed[d]; rest != 0; rest &= rest - 1) bits.push_back(rest & -rest);
    cell.value[d] = bits[random() % bits.size()];
  }
  // Half of the facts unknown makes holds rare; mostly yes reaches more of the rules.
  for (std::size_t d = kFirstFact; d < kFirstFact + fact_codes().size(); ++d)
    if (random() % 3 == 0) cell.value[d] = kYes;
  return cell;
}

inline FieldOutcome decided(const RuleSet& rules, const Space& space, const Cell& cell) {
  static constexpr std::string_view kGivers[] = {
      "", "self", "self", "guardian", "guardian_and_child", "both_guardians", "both_guardians_and_child"};
  const auto code = [&](std::span<const std::string_view> list, Dimension d) {
    return std::string(list[static_cast<std::size_t>(cell.place(d))]);
  };
  World w(code(actor_types(), kHolder), code(actor_types(), kRecipient), code(message_kinds(), kKind),
          code(purposes(), kPurpose));
  using namespace std::chrono;
  w.now = stockholm_midnight(space.periods[static_cast<std::size_t>(cell.place(kPeriod))]) + hours{12};
  const auto band = static_cast<std::size_t>(cell.place(kAge));
  const int age = band < space.ages.size() ? space.ages[band].low : -1;
  const int role = cell.place(kRole);
  const bool nobody = role == space.nobody_named();
  const std::string role_name = nobody ? "subject" : std::string(person_roles()[static_cast<std::size_t>(role)]);
  const bool is_subject = role_name == "subject" || role_name == "tenant";
  w.person(role_name, age);  // p1: whom the field is about, or the subject when it is about nobody named
  const int value = cell.place(kProtection);
  if (value == kPersonMarked) w.persons[0].protection = Protection::marked;
  if (value == kPersonFictitious) w.persons[0].protection = Protection::fictitious;
  if (!is_subject) w.person("subject", age);
  if (is_subject && value == kOtherProtected) w.person("other", age);
  if (value == kOtherProtected) w.persons[1].protection = Protection::marked;
  for (std::size_t i = 0; i < fact_codes().size(); ++i) {
    const auto answer = cell.value[kFirstFact + i];
    if (answer == kUnknown) continue;
    w.fact(std::string(fact_codes()[i]), answer == kYes);
    for (const auto& person : w.persons) w.fact(std::string(fact_codes()[i]), answer == kYes, person.ref);
  }
  const std::string category = code(data_categories(), kCategory);
  if (const int form = cell.place(kConsent); form != kNoConsent && !nobody) {
    Consent& consent = w.consent("p1", {category}, std::string(kGivers[form]));
    if (form == kSelfAssessed || form == kGuardianAndChild || form == kBothGuardiansAndChild)
      consent.maturity_assessor = "m";
  }
  if (cell.at(kAgreement) == kYes) w.agreement("2020-01-01", "2040-12-31");
  w.emergency = cell.at(kEmergency) == kYes;
  w.emergency_reason = std::string(emergency_reasons().front());
  w.initiative = cell.at(kInitiative) == kYes ? Initiative::own : Initiative::request;
  w.restricted = cell.at(kRestricted) == kYes;
  if (cell.at(kUndertaken) == kYes) w.recipient.carries_out = {party_tasks().begin(), party_tasks().end()};
  w.field(category, nobody ? std::vector<std::string>{} : std::vector<std::string>{"p1"});
  const auto& leaf = space.leaves[static_cast<std::size_t>(cell.place(kLeaf))];
  w.fields[0].pointer = "/" + (leaf.empty() ? "any" : leaf);
  return w.decide(rules).fields()[0].outcome;
}

inline CellExchange exchange_of(const Cell& cell) {
  return {cell.place(kHolder), cell.place(kRecipient), cell.place(kKind), cell.place(kPurpose),
          cell.at(kInitiative) == kYes ? Initiative::own : Initiative::request};
}

inline FieldOutcome modelled(const CellModel& model, const Space& space, const Cell& cell) {
  const Scene scene = model.scene(exchange_of(cell), space.periods[static_cast<std::size_t>(cell.place(kPeriod))]);
  const CellOutcome out = model.outcome(scene, cell.place(kCategory), cell.place(kRole), cell.place(kLeaf));
  if (holds(out.release, cell)) return FieldOutcome::release;
  return holds(out.open, cell) ? FieldOutcome::hold : FieldOutcome::withhold;
}

// Moves the cell into an exchange that the rule speaks of, so that most cells are about something.
inline void aim(Cell& cell, const Rule& rule, std::mt19937& random) {
  const auto pick = [&](Dimension d, std::span<const std::string_view> list, const std::vector<std::string>& codes) {
    const std::string& chosen = codes[random() % codes.size()];
    if (chosen != "*") cell.value[d] = std::uint64_t{1} << code_index(list, chosen);
  };
  pick(kHolder, actor_types(), rule.from);
  pick(kRecipient, actor_types(), rule.to);
  pick(kKind, message_kinds(), rule.kinds);
  pick(kPurpose, purposes(), rule.purposes);
  if (random() % 8 != 0) pick(kCategory, data_categories(), rule.categories);
  if (random() % 4 != 0) pick(kRole, person_roles(), rule.persons);
}

inline unsigned seed_of_run() {
  const char* given = std::getenv("SAMBAND_SEED");
  const unsigned seed =
      given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::cout << "SAMBAND_SEED=" << seed << "\n";
  return seed;
}

inline std::string described(const Cell& cell, const Space& space) {
  std::string out =
      std::string(actor_types()[static_cast<std::size_t>(cell.place(kHolder))]) + " -> " +
      std::string(actor_types()[static_cast<std::size_t>(cell.place(kRecipient))]) + " " +
      std::string(message_kinds()[static_cast<std::size_t>(cell.place(kKind))]) + " " +
      std::string(purposes()[static_cast<std::size_t>(cell.place(kPurpose))]) + " " +
      std::string(data_categories()[static_cast<std::size_t>(cell.place(kCategory))]) + " role " +
      std::to_string(cell.place(kRole)) + " leaf " + space.leaves[static_cast<std::size_t>(cell.place(kLeaf))] +
      " period " + std::to_string(cell.place(kPeriod)) + " age " + std::to_string(cell.place(kAge)) + " protection " +
      std::to_string(cell.place(kProtection)) + " restricted " + std::to_string(cell.at(kRestricted)) + " consent " +
      std::to_string(cell.place(kConsent)) + " agreement " + std::to_string(cell.at(kAgreement)) + " emergency " +
      std::to_string(cell.at(kEmergency)) + " undertaken " + std::to_string(cell.at(kUndertaken));
  for (std::size_t i = 0; i < fact_codes().size(); ++i)
    if (cell.value[kFirstFact + i] != kUnknown)
      out += " " + std::string(cell.value[kFirstFact + i] == kNo ? "!" : "") + std::string(fact_codes()[i]);
  return out;
}

// One small random change of a rule set, of the kinds that people make.
inline std::string random_edit(RuleSet& set, std::mt19937& random) {
  const auto any = [&](auto list) { return std::string(list[random() % list.size()]); };
  Rule& rule = set.rules[random() % set.rules.size()];
  Provision& provision = set.provisions[random() % set.provisions.size()];
  Purpose& purpose = set.purposes[random() % set.purposes.size()];
  const auto toggle = [&](std::vector<std::string>& list, const std::string& item) {
    if (std::erase(list, item) == 0) list.push_back(item);
  };
  switch (random() % 18) {
    case 17: {  // what may not be kept, of every permission and of no duty
      const auto asked = random() % 2 == 0 ? "notify_person" : "restricted_recipient";
      for (auto& each : set.rules)
        if (each.modality != "must") toggle(each.obligations, asked);
      return "obligation of the permissions";
    }
    case 16:
      rule.initiative = {random() % 2 == 0 ? "own" : "request"};
      return "initiative";
    case 0:
      set.rules.erase(set.rules.begin() + (&rule - set.rules.data()));
      return "rule away";
    case 1:
      if (!rule.conditions.empty()) rule.conditions.pop_back();
      return "condition away";
    case 2:
      if (rule.conditions.size() < 6) rule.conditions.push_back(needs_fact(any(fact_codes()), random() % 2 == 0));
      return "fact condition";
    case 3:
      if (rule.conditions.size() < 6)
        rule.conditions.push_back({.type = Condition::Type::person_age,
                                   .code = random() % 3 == 0 ? "assumed_under_18" : "",
                                   .codes = {},
                                   .expected = true,
                                   .age_min = static_cast<int>(random() % 14),
                                   .age_max = 14 + static_cast<int>(random() % 10)});
      return "age condition";
    case 4:
      toggle(rule.categories, any(data_categories()));
      if (rule.categories.empty()) rule.categories = {"identity"};
      return "category of a rule";
    case 5:
      toggle(purpose.needs, any(data_categories()));
      return "need";
    case 6:
      toggle(purpose.except, "personalNumber");
      return "except";
    case 7:
      // Not the envelope: what covers it differs wherever anything is sent, and takes a minute to compare.
      if (const auto category = any(data_categories()); category != "envelope") toggle(provision.categories, category);
      return "category of a provision";
    case 8:
      set.provisions.erase(set.provisions.begin() + (&provision - set.provisions.data()));
      return "provision away";
    case 9: {
      static constexpr bool Settings::* kSettings[] = {&Settings::duty_breaks_protected_address,
                                                       &Settings::balance_rule_10_15a,
                                                       &Settings::cooperation_is_a_duty,
                                                       &Settings::lob_assessment_is_balance,
                                                       &Settings::one_guardian_suffices,
                                                       &Settings::guardian_test_must_be_recorded,
                                                       &Settings::lvm_in_force,
                                                       &Settings::bosamordnare_same_board,
                                                       &Settings::police_purpose_tested_before,
                                                       &Settings::contact_duty_reaches_protected_place};
      const auto setting = kSettings[random() % std::size(kSettings)];
      set.settings.*setting = !(set.settings.*setting);
      return "setting";
    }
    case 10:
      rule.in_force_from = day("2027-03-01");
      return "in force later";
    case 11:
      rule.in_force_to = day("2026-12-31");
      return "ends";
    case 12:
      toggle(rule.obligations, random() % 2 == 0   ? "human_review"
                               : random() % 2 == 0 ? "restricted_recipient"
                               : random() % 2 == 0 ? "notify_person"
                                                   : "reservation");
      return "obligation";
    case 13:
      rule.persons = {random() % 2 == 0 ? "subject" : "guardian"};
      return "persons";
    case 14:
      if (random() % 2 == 0) rule.conditions.push_back(needs_consent());
      if (rule.conditions.size() < 6)
        rule.conditions.push_back(
            {.type = Condition::Type::protected_identity, .code = {}, .codes = {}, .expected = random() % 2 == 0});
      return "protected or consent";
    default:
      if (!set.no_secrecy.empty()) toggle(set.no_secrecy[random() % set.no_secrecy.size()].categories, "school");
      provision.test = random() % 2 == 0 ? "absolute" : "straight";
      return "test and declaration";
  }
}

}  // namespace samband::testing
