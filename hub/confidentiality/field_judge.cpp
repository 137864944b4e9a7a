#include "confidentiality/field_judge.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

namespace samband {

std::vector<std::string> names_of(Bits facts) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < fact_codes().size(); ++i)
    if ((facts & bit(static_cast<int>(i))) != 0) out.emplace_back(fact_codes()[i]);
  if ((facts & kBirthDateBit) != 0) out.emplace_back("birth_date");
  if ((facts & kConsentBit) != 0) out.emplace_back("consent");
  return out;
}

void keep_minimal_changes(Changes& sets) {
  std::sort(sets.begin(), sets.end(), [](Bits a, Bits b) {
    const int size_a = std::popcount(a), size_b = std::popcount(b);
    return size_a != size_b ? size_a < size_b : a < b;
  });
  Changes kept;
  for (const Bits set : sets) {
    const bool has_smaller = std::any_of(kept.begin(), kept.end(), [&](Bits other) { return (other & ~set) == 0; });
    if (!has_smaller && kept.size() < kChangesMax) kept.push_back(set);
  }
  sets = std::move(kept);
}

namespace {

struct Codes {
  int subject = code_index(person_roles(), "subject"), tenant = code_index(person_roles(), "tenant");
  int envelope = code_index(data_categories(), "envelope"), official = code_index(data_categories(), "official");
  int document = code_index(data_categories(), "document");
  int harm_test_clear = code_index(fact_codes(), "harm_test_clear");
  int recipient_reservation = code_index(fact_codes(), "recipient_reservation");
  int new_purpose_tested = code_index(fact_codes(), "new_purpose_tested");
  int location_release = code_index(fact_codes(), "location_release");
  int document_released = code_index(fact_codes(), "document_released");
  int offer_accepted = code_index(fact_codes(), "offer_accepted");
};
const Codes& codes() {
  static const Codes kCodes;
  return kCodes;
}

// Every way to have one of `a` and one of `b`.
Changes combined(const Changes& a, const Changes& b) {
  Changes out;
  for (const Bits left : a)
    for (const Bits right : b) out.push_back(left | right);
  keep_minimal_changes(out);
  return out;
}

Truth inverse(Truth value) { return value == Truth::unknown ? value : value == Truth::yes ? Truth::no : Truth::yes; }

Bits union_of(const Changes& sets) {
  Bits all = 0;
  for (const Bits set : sets) all |= set;
  return all;
}

// An emergency is raised with a reason and lasts as long as the rule that it opens says.
bool emergency_stands(const DecisionRequest& request, std::chrono::minutes ttl) {
  if (!request.emergency || !contains(emergency_reasons(), request.emergency_reason)) return false;
  const Time since = request.emergency_since == Time{} ? request.at : request.emergency_since;
  return since <= request.at && request.at < since + ttl;
}

}  // namespace

void FieldJudge::Standing::add(Truth next, Reason when_no, Bits facts) {
  if (next == Truth::no) reason = truth == Truth::no ? std::min(reason, when_no) : when_no;
  if (next == Truth::unknown) unknown[unknown_count++] = facts;
  truth = both(truth, next);
}

FieldJudge::FieldJudge(const DecisionRequest& request, const RuleSet& set, const RuleIndex& index,
                       std::span<const int> aside)
    : request_(request),
      set_(set),
      index_(index),
      facts_(request.facts, request.persons, request.at),
      today_(stockholm_date(request.at)),
      holder_(bit(code_index(actor_types(), request.holder->actor_type))) {
  for (const auto& person : request.persons) {
    const int age = person.birth_date && person.birth_date->ok() ? age_on(*person.birth_date, today_) : -1;
    ages_.push_back(age);
    const int role = code_index(person_roles(), person.role);
    roles_.push_back(bit(role));
    if (role >= 0 && (role == codes().subject || role == codes().tenant))
      subjects_.push_back(static_cast<int>(roles_.size()) - 1);
    exchange_protected_ = exchange_protected_ || person.protection != Protection::none;
  }
  const int purpose = code_index(purposes(), request.purpose);
  for (const auto& candidate : index.purposes) {
    if (purpose < 0 || candidate.purpose != purpose) continue;
    needs_ = candidate.needs;
    purpose_ = &set.purposes[candidate.position];
  }
  needs_ |= bit(codes().envelope);
  for (std::size_t i = 0; i < index.provisions.size(); ++i) {
    const auto& p = index.provisions[i];
    if ((p.holders & holder_) != 0 && in_force(p.from, p.to, today_)) provisions_.push_back(static_cast<int>(i));
  }
  const Bits to = bit(code_index(actor_types(), request.recipient->actor_type));
  gated_ = (index.gated & to) != 0;
  new_purpose_ = (index.new_purpose & holder_) != 0 && !set.settings.police_purpose_tested_before;
  const Bits kind = bit(code_index(message_kinds(), request.kind));
  for (const auto& rule : index.rules) {
    if ((rule.from & holder_) == 0 || (rule.to & to) == 0 || (rule.kinds & kind) == 0 ||
        (rule.purposes & bit(purpose)) == 0 ||
        !(request.initiative == Initiative::request ? rule.on_request : rule.on_own) ||
        !in_force(rule.in_force_from, rule.in_force_to, today_) ||
        (rule.setting != nullptr && !(set.settings.*rule.setting) && !rule.holds_while_off))
      continue;
    LiveRule live{
        .bits = &rule, .aside = std::binary_search(aside.begin(), aside.end(), rule.position), .standings = {}};
    for (int person = kWholeExchange; person < static_cast<int>(request.persons.size()); ++person)
      live.standings.push_back(standing_of(rule, person));
    rules_.push_back(std::move(live));
  }
}

// Conditions are about the person whom the message is about. For pairs of anybody else (a guardian, a sibling) they
// must hold for every such person.
std::span<const int> FieldJudge::condition_persons(int person) const {
  static constexpr int kNobody[] = {kWholeExchange};
  const auto found = std::find(subjects_.begin(), subjects_.end(), person);
  if (found != subjects_.end()) return {&*found, 1};
  return subjects_.empty() ? std::span<const int>(kNobody) : std::span<const int>(subjects_);
}

Truth FieldJudge::age_within(const RuleIndex::ConditionBits& condition, int person) const {
  const auto within = [&](int who) {
    if (who == kWholeExchange || ages_[who] < 0) return Truth::unknown;
    return ages_[who] >= condition.age_min && ages_[who] <= condition.age_max ? Truth::yes : Truth::no;
  };
  Truth all = Truth::yes;
  for (const int who : condition_persons(person)) all = both(all, within(who));
  return all;
}

FieldJudge::Standing FieldJudge::standing_of(const RuleIndex::RuleBits& rule, int person) const {
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
            const Truth recorded = facts_.value(std::countr_zero(rest), who);
            if (recorded == Truth::unknown) open |= rest & -rest;
            any = either(any, condition.expected ? recorded : inverse(recorded));
          }
          truth = both(truth, any);
        }
        const bool offer = condition.facts == bit(codes().offer_accepted) && condition.expected;
        standing.add(truth, offer ? Reason::offer_declined : Reason::fact_false, open);
        break;
      }
      case Condition::Type::person_age:
        standing.add(age_within(condition, person), Reason::age_outside_rule, kBirthDateBit);
        break;
      case Condition::Type::agreement:
        standing.add(agreement_holds(request_, today_, "") ? Truth::yes : Truth::no,
                     agreement_known(request_) ? Reason::agreement_ended : Reason::secrecy, 0);
        break;
      case Condition::Type::emergency:
        standing.add(emergency_stands(request_, rule.ttl) ? Truth::yes : Truth::no,
                     request_.emergency ? Reason::emergency_expired : Reason::secrecy, 0);
        break;
      case Condition::Type::protected_identity: {
        const bool is =
            person == kWholeExchange ? exchange_protected_ : request_.persons[person].protection != Protection::none;
        standing.add(is == condition.expected ? Truth::yes : Truth::no, Reason::secrecy, 0);
        break;
      }
      case Condition::Type::consent:
        break;  // depends on the category: by_rules
    }
  }
  // No answer in the case settles an open question of law.
  if (rule.setting != nullptr && !(set_.settings.*rule.setting)) standing.add(Truth::unknown, Reason::secrecy, 0);
  const auto also = [&](int fact) {
    Truth answer = Truth::yes;
    for (const int who : condition_persons(person)) answer = both(answer, facts_.value(fact, who));
    standing.add(answer, Reason::fact_false, bit(fact));
  };
  if (gated_ && rule.needs_consent) also(codes().recipient_reservation);
  if (new_purpose_ && !rule.must) also(codes().new_purpose_tested);
  return standing;
}

bool FieldJudge::ages_meet(const RuleIndex::RuleBits& rule, const ConsentAnswer& consent, int person) const {
  if (std::find(subjects_.begin(), subjects_.end(), person) == subjects_.end() || ages_[person] >= 0) return true;
  int low = consent.age_min, high = consent.age_max;
  for (std::size_t i = 0; i < rule.condition_count; ++i) {
    if (rule.conditions[i].type != Condition::Type::person_age) continue;
    low = std::max(low, rule.conditions[i].age_min);
    high = std::min(high, rule.conditions[i].age_max);
  }
  return low <= high;
}

bool FieldJudge::covers(const RuleIndex::ProvisionBits& provision, int category, int person) const {
  if ((provision.categories & bit(category)) == 0) return false;
  if (person == kWholeExchange) {
    // Data about somebody who is not named: whatever could cover it, covers it.
    return !(provision.when_person_protected || provision.when_person_fictitious ||
             provision.when_exchange_protected) ||
           exchange_protected_;
  }
  const auto protection = request_.persons[person].protection;
  return (provision.any_role || (provision.roles & roles_[person]) != 0) &&
         (!provision.when_person_protected || protection != Protection::none) &&
         (!provision.when_person_fictitious || protection == Protection::fictitious) &&
         (!provision.when_exchange_protected || exchange_protected_);
}

bool FieldJudge::can_break(const RuleIndex::RuleBits& rule, int provision) const {
  const auto& p = index_.provisions[provision];
  if (p.unbreakable || (rule.needs_consent && p.public_interest)) return false;
  if (rule.breaks[provision]) return true;
  return rule.breaks_all && !rule.breaks_not[provision] &&
         (!p.protects_place || set_.settings.duty_breaks_protected_address);
}

// Every way to answer all that is unknown.
Changes FieldJudge::ways_of(const Standing& standing) {
  Changes ways{0};
  for (std::size_t i = 0; i < standing.unknown_count; ++i) {
    Changes any;
    for (Bits rest = standing.unknown[i]; rest != 0; rest &= rest - 1) any.push_back(rest & -rest);
    ways = combined(ways, any);
  }
  return ways;
}

Truth FieldJudge::described(int person, Changes& ways) const {
  Truth any = Truth::no;
  for (const auto& live : rules_) any = either(any, live.standings[person + 1].truth);
  if (any == Truth::yes) {
    ways = {0};
  } else {
    for (const auto& live : rules_) {
      if (live.standings[person + 1].truth != Truth::unknown) continue;
      const auto more = ways_of(live.standings[person + 1]);
      ways.insert(ways.end(), more.begin(), more.end());
    }
  }
  return any;
}

template <class Reaches>
FieldJudge::Pair FieldJudge::by_rules(int category, int person, const ConsentAnswer& consent,
                                      std::vector<int>& consent_rules, Changes& answers, Reaches reaches) const {
  Pair pair;
  const auto speaks = [&](const RuleIndex::RuleBits& rule) {
    const bool role = rule.any_role || (person != kWholeExchange && (rule.roles & roles_[person]) != 0);
    return role && (rule.categories & bit(category)) != 0 && reaches(rule);
  };
  for (const auto& live : rules_) {
    const auto& rule = *live.bits;
    if (live.aside || !speaks(rule)) continue;
    const Standing& standing = live.standings[person + 1];
    Truth truth = standing.truth;
    if (standing.truth == Truth::no) pair.reason = std::min(pair.reason, standing.reason);
    if (rule.needs_consent) {
      truth = both(truth, consent.truth);
      if (consent.truth == Truth::no) pair.reason = std::min(pair.reason, consent.reason);
    }
    pair.cleared = either(pair.cleared, truth);
    if (truth == Truth::yes) (rule.needs_consent ? consent_rules : pair.rules).push_back(rule.position);
  }
  if (pair.cleared == Truth::yes) return pair;
  // Only now what would have helped: most pairs are cleared and never get here.
  for (const auto& live : rules_) {
    const auto& rule = *live.bits;
    const Standing& standing = live.standings[person + 1];
    if (live.aside || standing.truth == Truth::no || !speaks(rule)) continue;
    Changes ways = ways_of(standing);
    if (rule.needs_consent && consent.truth != Truth::yes) {
      const bool anew = consent.truth == Truth::no || consent.missing == 0 || !ages_meet(rule, consent, person);
      const auto takes = consent_takes(set_.settings, facts_, person, person == kWholeExchange ? -1 : ages_[person]);
      ways = !anew ? combined(ways, {consent.missing}) : takes ? combined(ways, {*takes}) : Changes{};
    }
    pair.changes.insert(pair.changes.end(), ways.begin(), ways.end());
    const Truth truth = rule.needs_consent ? both(standing.truth, consent.truth) : standing.truth;
    if (truth == Truth::unknown) answers.insert(answers.end(), ways.begin(), ways.end());
  }
  return pair;
}

// That no secrecy covers something is no ground for sending it: a rule must.
FieldJudge::Pair FieldJudge::judge_ground(int category, int person, const ConsentAnswer& consent) const {
  std::vector<int> consent_rules;
  Changes answers;
  Pair ground = by_rules(category, person, consent, consent_rules, answers, [](const auto&) { return true; });
  if (ground.cleared == Truth::yes) {
    if (ground.rules.empty()) {
      ground.rules = std::move(consent_rules);
      ground.consent = consent.consent;
    }
    return ground;
  }
  if (ground.reason == Reason::secrecy) ground.reason = Reason::no_rule;
  keep_minimal_changes(answers);
  ground.missing = union_of(answers);
  keep_minimal_changes(ground.changes);
  return ground;
}

FieldJudge::Pair FieldJudge::judge_pair(int provision, const std::vector<int>& all, int category, int person,
                                        const ConsentAnswer& consent) const {
  const auto& p = index_.provisions[provision];
  // OSL 21:2: what breaks another paragraph for the same data breaks this one too.
  const auto reaches = [&](const RuleIndex::RuleBits& rule) {
    if (gated_ && !rule.needs_consent) return false;
    if (can_break(rule, provision)) return true;
    return p.with_any_breaker && std::any_of(all.begin(), all.end(), [&](int other) {
             const auto& o = index_.provisions[other];
             return other != provision && !o.public_interest && !o.protects_place && can_break(rule, other);
           });
  };
  std::vector<int> consent_rules;
  Changes answers;  // facts alone that would do
  Pair pair = by_rules(category, person, consent, consent_rules, answers, reaches);
  // Somebody's harm test is about that person, toward a recipient who keeps secrecy, in an exchange that a rule
  // describes. What guards the public interest has a test of its own or none, and it is nobody's own.
  struct Test {
    int fact;
    bool open;
    Truth answer;
  };
  const bool testable = p.test != HarmTest::absolute && !p.unbreakable && !p.protects_place && !p.public_interest &&
                        person != kWholeExchange && pair.rules.empty();
  Changes carrying;
  const Truth carried = testable ? described(person, carrying) : Truth::no;
  const Truth harmless = testable ? facts_.value_for(codes().harm_test_clear, person) : Truth::no;
  const Test tests[] = {
      {codes().harm_test_clear, carried == Truth::yes, harmless},
      {p.own_test, p.own_test >= 0 && p.test == HarmTest::straight, facts_.value(p.own_test, kWholeExchange)},
      {codes().location_release, p.protects_place, facts_.value(codes().location_release, person)},
  };
  const auto passed = std::find_if(std::begin(tests), std::end(tests),
                                   [&](const Test& test) { return test.open && !gated_ && test.answer == Truth::yes; });
  // A duty before a harm test before consent: nothing rests on a consent that would have gone without it, so its
  // revocation recalls nothing that the law demanded.
  if (!pair.rules.empty()) {
    pair.cleared = Truth::yes;
  } else if (passed != std::end(tests)) {
    pair.cleared = Truth::yes;
    pair.fact = fact_codes()[static_cast<std::size_t>(passed->fact)];
  } else if (!consent_rules.empty()) {
    pair.cleared = Truth::yes;
    pair.rules = std::move(consent_rules);
    pair.consent = consent.consent;
  } else {
    if (carried == Truth::unknown && !gated_ && harmless != Truth::no) {
      // A harm test overrules no answer that is still to come: what the rule asks must be answered too.
      const auto ways = harmless == Truth::yes ? carrying : combined(carrying, {bit(codes().harm_test_clear)});
      pair.changes.insert(pair.changes.end(), ways.begin(), ways.end());
      if (harmless == Truth::yes) {
        pair.cleared = Truth::unknown;
        answers.insert(answers.end(), carrying.begin(), carrying.end());
      }
    }
    keep_minimal_changes(answers);  // nobody is asked for more than the least demanding rule needs
    pair.missing = union_of(answers);
    for (const Test& test : tests)
      if (test.open && !gated_ && test.answer == Truth::unknown) pair.changes.push_back(bit(test.fact));
    keep_minimal_changes(pair.changes);
  }
  return pair;
}

std::size_t FieldJudge::check(int category, int person) const {
  std::vector<int> all;
  for (const int p : provisions_)
    if (covers(index_.provisions[p], category, person)) all.push_back(p);
  for (const int p : all) {
    const auto pair = judge_pair(p, all, category, person, {});
    if (pair.cleared == Truth::unknown) return 0;
  }
  return all.size();
}

Judgement FieldJudge::judge(int category, const std::vector<int>& persons) const {
  Judgement out;
  const std::vector<int> whole{kWholeExchange};
  const auto& about = persons.empty() ? whole : persons;
  bool place_closed = false, closed = false, unknown = false, uncovered = false;
  Changes changes{0};
  out.covers.reserve(about.size() * 3);
  for (const int person : about) {
    std::vector<int> all;
    bool shared = false, ordinary = false;
    for (const int p : provisions_) {
      if (!covers(index_.provisions[p], category, person)) continue;
      all.push_back(p);
      // What clears one of these is a rule or a recorded harm test, so it is a ground too.
      ordinary = ordinary || (!index_.provisions[p].public_interest && !index_.provisions[p].protects_place);
    }
    ConsentAnswer consent;
    for (const auto& live : rules_) shared = shared || live.bits->needs_consent;
    if (shared) {
      consent = consent_of(request_, set_.settings, facts_, today_, person,
                           person == kWholeExchange ? -1 : ages_[person], data_categories()[category]);
    }
    if (!ordinary && category != codes().envelope && category != codes().official) {
      auto ground = judge_ground(category, person, consent);
      if (ground.cleared == Truth::yes) {
        if (ground.consent != nullptr) out.consents.push_back(ground.consent);
        out.rules.insert(out.rules.end(), ground.rules.begin(), ground.rules.end());
      } else {
        if (request_.nearest_change) changes = combined(changes, ground.changes);
        out.missing |= ground.missing;
        if (ground.cleared == Truth::unknown) {
          unknown = true;
        } else {
          out.reason = closed ? std::min(out.reason, ground.reason) : ground.reason;
          closed = true;
        }
      }
    }
    if (all.empty()) {
      const RuleIndex::NoSecrecyBits* declared = nullptr;
      for (const auto& none : index_.no_secrecy) {
        const bool fits = (none.holders & holder_) != 0 && (none.categories & bit(category)) != 0;
        if (fits && (declared == nullptr ||
                     set_.no_secrecy[none.position].citation.text < set_.no_secrecy[declared->position].citation.text))
          declared = &none;
      }
      if (declared != nullptr) {
        out.no_secrecy.push_back(declared->position);
      } else {
        uncovered = true;
        changes.clear();
      }
      continue;
    }
    for (const int p : all) {
      auto pair = judge_pair(p, all, category, person, consent);
      Cover cover;
      cover.provision = set_.provisions[index_.provisions[p].position].id;
      if (person != kWholeExchange) cover.person = request_.persons[person].ref;
      cover.cleared = pair.cleared;
      if (pair.cleared == Truth::yes) {
        cover.cleared_by =
            pair.fact.empty() ? set_.rules[pair.rules.front()].id : "harm_test:" + std::string(pair.fact);
        if (pair.consent != nullptr) {
          cover.consent_id = pair.consent->id;
          out.consents.push_back(pair.consent);
        }
        out.rules.insert(out.rules.end(), pair.rules.begin(), pair.rules.end());
        if (!pair.fact.empty()) out.tested.push_back(index_.provisions[p].position);
      } else {
        cover.missing = names_of(union_of(pair.changes) | pair.missing);
        if (request_.nearest_change) changes = combined(changes, pair.changes);
        out.missing |= pair.missing;
        if (pair.cleared == Truth::unknown) {
          unknown = true;
        } else if (index_.provisions[p].protects_place) {
          place_closed = true;
        } else {
          out.reason = closed ? std::min(out.reason, pair.reason) : pair.reason;
          closed = true;
        }
      }
      out.covers.push_back(std::move(cover));
    }
  }

  // A protected person's data goes to nobody but a restricted recipient until a named person has released it.
  Truth guard = Truth::yes;
  if (!request_.recipient_restricted && category != codes().official) {
    const auto look_at = [&](int person) {
      if (request_.persons[person].protection != Protection::none)
        guard = both(guard, facts_.value(codes().location_release, person));
    };
    if (!persons.empty()) {
      for (const int person : persons) look_at(person);
    } else if (category != codes().envelope) {
      for (std::size_t i = 0; i < request_.persons.size(); ++i) look_at(static_cast<int>(i));
    }
  }
  Truth document = Truth::yes;
  if (category == codes().document) {
    for (const int person : about) document = both(document, facts_.value(codes().document_released, person));
  }
  const auto settle = [&](FieldOutcome outcome, Reason reason) {
    out.outcome = outcome;
    out.reason = reason;
  };
  if (guard == Truth::unknown) changes = combined(changes, {bit(codes().location_release)});
  if (document == Truth::unknown) changes = combined(changes, {bit(codes().document_released)});
  if (guard == Truth::no || document == Truth::no) changes.clear();
  if (closed) {
    settle(FieldOutcome::withhold, out.reason);
  } else if (guard == Truth::no) {
    settle(FieldOutcome::withhold, Reason::protected_identity);
  } else if (guard == Truth::unknown) {
    out.missing |= bit(codes().location_release) | (document == Truth::unknown ? bit(codes().document_released) : 0);
    settle(FieldOutcome::hold, Reason::protected_identity);
  } else if (place_closed) {
    settle(FieldOutcome::withhold, Reason::protected_identity);
  } else if (document == Truth::no) {
    settle(FieldOutcome::withhold, Reason::document_needs_release);
  } else if (uncovered) {
    settle(FieldOutcome::hold, Reason::no_coverage);
  } else if (document == Truth::unknown) {
    out.missing |= bit(codes().document_released);
    settle(FieldOutcome::hold, Reason::document_needs_release);
  } else if (unknown) {
    settle(FieldOutcome::hold, out.missing == 0 ? Reason::legal_question_open : Reason::fact_missing);
  } else {
    settle(FieldOutcome::release, Reason::cleared);
  }
  if (out.outcome != FieldOutcome::hold) out.missing = 0;
  if (out.outcome != FieldOutcome::release) {
    out.rules.clear();
    out.consents.clear();
    out.no_secrecy.clear();
    out.tested.clear();
    out.changes = std::move(changes);
    std::erase(out.changes, Bits{0});
  }
  return out;
}

namespace {

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

Truth FieldJudge::any_rule_holds(Bits& missing) const {
  Truth any = Truth::no;
  for (const auto& live : rules_) {
    if (live.bits->needs_consent) continue;
    Truth truth = subjects_.empty() ? live.standings[kWholeExchange + 1].truth : Truth::no;
    for (const int subject : subjects_) truth = either(truth, live.standings[subject + 1].truth);
    any = either(any, truth);
    if (truth != Truth::unknown) continue;
    for (const auto& standing : live.standings)
      for (std::size_t i = 0; i < standing.unknown_count; ++i) missing |= standing.unknown[i];
  }
  if (any != Truth::unknown) missing = 0;
  return any;
}

bool FieldJudge::may_be_owed() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const LiveRule& live) {
    return live.bits->must && !live.bits->needs_consent &&
           std::any_of(live.standings.begin(), live.standings.end(),
                       [](const Standing& standing) { return standing.truth != Truth::no; });
  });
}

std::optional<Duty> FieldJudge::duty(int& rule) const {
  rule = -1;
  std::optional<Duty> best;
  bool best_certain = false;
  for (const auto& live : rules_) {
    // One person is enough for a duty, however many the message is about.
    Truth truth = subjects_.empty() ? live.standings[kWholeExchange + 1].truth : Truth::no;
    for (const int subject : subjects_) truth = either(truth, live.standings[subject + 1].truth);
    if (!live.bits->duty || live.bits->needs_consent || truth == Truth::no) continue;
    const Rule& source = set_.rules[live.bits->position];
    const Duty duty{
        .rule = source.id, .modality = source.modality, .due = due_at(source.deadline, request_.at, today_)};
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
