#include "confidentiality/situation.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

namespace samband {
namespace {

struct Codes {
  int subject = code_index(person_roles(), "subject"), tenant = code_index(person_roles(), "tenant");
  int envelope = code_index(data_categories(), "envelope");
  int recipient_reservation = code_index(fact_codes(), "recipient_reservation");
  int new_purpose_tested = code_index(fact_codes(), "new_purpose_tested");
  int offer_accepted = code_index(fact_codes(), "offer_accepted");
};
const Codes& codes() {
  static const Codes kCodes;
  return kCodes;
}

Truth inverse(Truth value) { return value == Truth::unknown ? value : value == Truth::yes ? Truth::no : Truth::yes; }

// An emergency is raised with a reason and lasts as long as the rule that it opens says.
bool emergency_stands(const DecisionRequest& request, std::chrono::minutes ttl) {
  if (!request.emergency || !contains(emergency_reasons(), request.emergency_reason)) return false;
  const Time since = request.emergency_since == Time{} ? request.at : request.emergency_since;
  return since <= request.at && request.at < since + ttl;
}

// The last second of a local day.
Time end_of(Date day) {
  using namespace std::chrono;
  return stockholm_midnight(Date{sys_days{day} + days{1}}) - seconds{1};
}

Time due_at(std::string_view deadline, Time at, Date today) {
  using namespace std::chrono;
  if (deadline == "same_day") return end_of(today);
  if (deadline == "next_working_day") return end_of(next_working_day(today));
  if (deadline == "within_7_days") {
    // A week ends on its weekday (lag 1930:173 1 §), or on the next working day when that one is none (2 §).
    const Date last{sys_days{today} + days{7}};
    return end_of(is_working_day(last) ? last : next_working_day(last));
  }
  return at;
}

}  // namespace

void Standing::add(Truth next, Reason when_no, Bits facts) {
  if (next == Truth::no) reason = truth == Truth::no ? std::min(reason, when_no) : when_no;
  if (next == Truth::unknown) unknown[unknown_count++] = facts;
  truth = both(truth, next);
}

Situation::Situation(const DecisionRequest& r, const RuleSet& s, const RuleIndex& bits, std::span<const int> aside)
    : request(r),
      set(s),
      index(bits),
      facts(request.facts, request.persons, request.at),
      today(stockholm_date(request.at)),
      holder(bit(code_index(actor_types(), request.holder->actor_type))) {
  for (const auto& person : request.persons) {
    const int age = person.birth_date && person.birth_date->ok() ? age_on(*person.birth_date, today) : -1;
    ages.push_back(age);
    const int role = code_index(person_roles(), person.role);
    roles.push_back(bit(role));
    if (role >= 0 && (role == codes().subject || role == codes().tenant))
      subjects.push_back(static_cast<int>(roles.size()) - 1);
    exchange_protected = exchange_protected || person.protection != Protection::none;
  }
  const int wanted = code_index(purposes(), request.purpose);
  for (const auto& candidate : index.purposes) {
    if (wanted < 0 || candidate.purpose != wanted) continue;
    needs = candidate.needs;
    purpose = &set.purposes[candidate.position];
  }
  needs |= bit(codes().envelope);
  for (std::size_t i = 0; i < index.provisions.size(); ++i) {
    const auto& p = index.provisions[i];
    if ((p.holders & holder) != 0 && in_force(p.from, p.to, today)) provisions.push_back(static_cast<int>(i));
  }
  const Bits to = bit(code_index(actor_types(), request.recipient->actor_type));
  gated = (index.gated & to) != 0;
  new_purpose = (index.new_purpose & holder) != 0 && !set.settings.police_purpose_tested_before;
  const Bits kind = bit(code_index(message_kinds(), request.kind));
  for (const auto& rule : index.rules) {
    if ((rule.from & holder) == 0 || (rule.to & to) == 0 || (rule.kinds & kind) == 0 ||
        (rule.purposes & bit(wanted)) == 0 ||
        !(request.initiative == Initiative::request ? rule.on_request : rule.on_own) ||
        !in_force(rule.in_force_from, rule.in_force_to, today) ||
        (rule.setting != nullptr && !(set.settings.*rule.setting) && !rule.holds_while_off))
      continue;
    LiveRule live{
        .bits = &rule, .aside = std::binary_search(aside.begin(), aside.end(), rule.position), .standings = {}};
    for (int person = kWholeExchange; person < static_cast<int>(request.persons.size()); ++person)
      live.standings.push_back(standing_of(rule, person));
    rules.push_back(std::move(live));
  }
}

// Conditions are about the person whom the message is about. For pairs of anybody else (a guardian, a sibling) they
// must hold for every such person.
std::span<const int> Situation::condition_persons(int person) const {
  static constexpr int kNobody[] = {kWholeExchange};
  const auto found = std::find(subjects.begin(), subjects.end(), person);
  if (found != subjects.end()) return {&*found, 1};
  return subjects.empty() ? std::span<const int>(kNobody) : std::span<const int>(subjects);
}

// A known age decides alone. An unknown one is left to what may be assumed, where the rule says so.
Truth Situation::age_within(const RuleIndex::ConditionBits& condition, int person) const {
  if (age_known(person))
    return ages[person] >= condition.age_min && ages[person] <= condition.age_max ? Truth::yes : Truth::no;
  return condition.facts == 0 ? Truth::unknown : facts.value(std::countr_zero(condition.facts), person);
}

Standing Situation::standing_of(const RuleIndex::RuleBits& rule, int person) const {
  Standing standing;
  for (std::size_t i = 0; i < rule.condition_count; ++i) {
    const auto& condition = rule.conditions[i];
    switch (condition.type) {
      case Condition::Type::fact:
      case Condition::Type::fact_or: {
        // Only what nobody has answered yet can be asked for.
        Truth truth = Truth::yes;
        Bits open = 0;
        for (const int who : condition_persons(person)) {
          Truth any = condition.facts == 0 ? Truth::unknown : Truth::no;
          for (Bits rest = condition.facts; rest != 0; rest &= rest - 1) {
            const Truth recorded = facts.value(std::countr_zero(rest), who);
            if (recorded == Truth::unknown) open |= rest & -rest;
            any = either(any, condition.expected ? recorded : inverse(recorded));
          }
          truth = both(truth, any);
        }
        const bool offer = condition.facts == bit(codes().offer_accepted) && condition.expected;
        standing.add(truth, offer ? Reason::offer_declined : Reason::fact_false, open);
        break;
      }
      case Condition::Type::person_age: {
        Truth truth = Truth::yes;
        Reason reason = Reason::age_outside_rule;
        for (const int who : condition_persons(person)) {
          const Truth within = age_within(condition, who);
          if (within == Truth::no && !age_known(who)) reason = Reason::fact_false;
          truth = both(truth, within);
        }
        standing.add(truth, reason, condition.facts != 0 ? condition.facts : kBirthDateBit);
        break;
      }
      case Condition::Type::agreement:
        standing.add(agreement_holds(request, today, "") ? Truth::yes : Truth::no,
                     agreement_known(request) ? Reason::agreement_ended : Reason::secrecy, 0);
        break;
      case Condition::Type::emergency:
        standing.add(emergency_stands(request, rule.ttl) ? Truth::yes : Truth::no,
                     request.emergency ? Reason::emergency_expired : Reason::secrecy, 0);
        break;
      case Condition::Type::protected_identity: {
        const bool is =
            person == kWholeExchange ? exchange_protected : request.persons[person].protection != Protection::none;
        standing.add(is == condition.expected ? Truth::yes : Truth::no, Reason::secrecy, 0);
        break;
      }
      case Condition::Type::consent:
        break;  // depends on the category: by_rules
    }
  }
  // No answer in the case settles an open question of law.
  if (rule.setting != nullptr && !(set.settings.*rule.setting)) standing.add(Truth::unknown, Reason::secrecy, 0);
  const auto also = [&](int fact) {
    Truth answer = Truth::yes;
    for (const int who : condition_persons(person)) answer = both(answer, facts.value(fact, who));
    standing.add(answer, Reason::fact_false, bit(fact));
  };
  if (gated && rule.needs_consent) also(codes().recipient_reservation);
  if (new_purpose && !rule.must) also(codes().new_purpose_tested);
  return standing;
}

Truth Situation::any_rule_holds(Bits& missing) const {
  Truth any = Truth::no;
  for (const auto& live : rules) {
    if (live.bits->needs_consent) continue;
    Truth truth = subjects.empty() ? live.standings[kWholeExchange + 1].truth : Truth::no;
    for (const int subject : subjects) truth = either(truth, live.standings[subject + 1].truth);
    any = either(any, truth);
    if (truth != Truth::unknown) continue;
    for (const auto& standing : live.standings)
      for (std::size_t i = 0; i < standing.unknown_count; ++i) missing |= standing.unknown[i];
  }
  if (any != Truth::unknown) missing = 0;
  return any;
}

bool Situation::may_be_owed() const {
  return std::any_of(rules.begin(), rules.end(), [](const LiveRule& live) {
    return live.bits->must && !live.bits->needs_consent &&
           std::any_of(live.standings.begin(), live.standings.end(),
                       [](const Standing& standing) { return standing.truth != Truth::no; });
  });
}

std::optional<Duty> Situation::duty(int& rule) const {
  rule = -1;
  std::optional<Duty> best;
  bool best_certain = false;
  for (const auto& live : rules) {
    // One person is enough for a duty, however many the message is about.
    Truth truth = subjects.empty() ? live.standings[kWholeExchange + 1].truth : Truth::no;
    for (const int subject : subjects) truth = either(truth, live.standings[subject + 1].truth);
    if (!live.bits->duty || live.bits->needs_consent || truth == Truth::no) continue;
    const Rule& source = set.rules[live.bits->position];
    const Duty duty{.rule = source.id, .modality = source.modality, .due = due_at(source.deadline, request.at, today)};
    const bool certain = truth == Truth::yes;
    // Rules come sorted by id, so that the first of equals is always the same one.
    const auto key = [](const Duty& d, bool sure) { return std::tuple(!sure, d.modality != "must", d.due); };
    if (best && key(*best, best_certain) <= key(duty, certain)) continue;
    best = duty;
    best_certain = certain;
    rule = certain ? live.bits->position : -1;
  }
  return best;
}

}  // namespace samband
