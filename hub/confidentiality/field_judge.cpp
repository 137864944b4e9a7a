#include "confidentiality/field_judge.hpp"

#include <algorithm>
#include <bit>

namespace samband {
namespace {

struct Codes {
  int envelope = code_index(data_categories(), "envelope"), official = code_index(data_categories(), "official");
  int document = code_index(data_categories(), "document");
  int harm_test_clear = code_index(fact_codes(), "harm_test_clear");
  int location_release = code_index(fact_codes(), "location_release");
  int document_released = code_index(fact_codes(), "document_released");
};
const Codes& codes() {
  static const Codes kCodes;
  return kCodes;
}

}  // namespace

bool FieldJudge::ages_meet(const RuleIndex::RuleBits& rule, const ConsentAnswer& consent, int person) const {
  if (std::find(situation_.subjects.begin(), situation_.subjects.end(), person) == situation_.subjects.end() ||
      situation_.ages[person] >= 0)
    return true;
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
           situation_.exchange_protected;
  }
  const auto protection = situation_.request.persons[person].protection;
  return (provision.any_role || (provision.roles & situation_.roles[person]) != 0) &&
         (!provision.when_person_protected || protection != Protection::none) &&
         (!provision.when_person_fictitious || protection == Protection::fictitious) &&
         (!provision.when_exchange_protected || situation_.exchange_protected);
}

bool FieldJudge::can_break(const RuleIndex::RuleBits& rule, int provision) const {
  const auto& p = situation_.index.provisions[provision];
  if (p.unbreakable || (rule.needs_consent && p.public_interest)) return false;
  if (rule.breaks[provision]) return true;
  return rule.breaks_all && !rule.breaks_not[provision] &&
         (!p.protects_place || situation_.set.settings.duty_breaks_protected_address);
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
  for (const auto& live : situation_.rules) any = either(any, live.standings[person + 1].truth);
  if (any == Truth::yes) {
    ways = {0};
  } else {
    for (const auto& live : situation_.rules) {
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
    const bool role = rule.any_role || (person != kWholeExchange && (rule.roles & situation_.roles[person]) != 0);
    return role && (rule.categories & bit(category)) != 0 && reaches(rule);
  };
  for (const auto& live : situation_.rules) {
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
  for (const auto& live : situation_.rules) {
    const auto& rule = *live.bits;
    const Standing& standing = live.standings[person + 1];
    if (live.aside || standing.truth == Truth::no || !speaks(rule)) continue;
    Changes ways = ways_of(standing);
    if (rule.needs_consent && consent.truth != Truth::yes) {
      const bool anew = consent.truth == Truth::no || consent.missing == 0 || !ages_meet(rule, consent, person);
      const auto takes = consent_takes(situation_.set.settings, situation_.facts, person,
                                       person == kWholeExchange ? -1 : situation_.ages[person]);
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
  const auto& p = situation_.index.provisions[provision];
  // OSL 21:2: what breaks another paragraph for the same data breaks this one too.
  const auto reaches = [&](const RuleIndex::RuleBits& rule) {
    if (situation_.gated && !rule.needs_consent) return false;
    if (can_break(rule, provision)) return true;
    return p.with_any_breaker && std::any_of(all.begin(), all.end(), [&](int other) {
             const auto& o = situation_.index.provisions[other];
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
  const Truth harmless = testable ? situation_.facts.value_for(codes().harm_test_clear, person) : Truth::no;
  const Test tests[] = {
      {codes().harm_test_clear, carried == Truth::yes, harmless},
      {p.own_test, p.own_test >= 0 && p.test == HarmTest::straight, situation_.facts.value(p.own_test, kWholeExchange)},
      {codes().location_release, p.protects_place, situation_.facts.value(codes().location_release, person)},
  };
  const auto passed = std::find_if(std::begin(tests), std::end(tests), [&](const Test& test) {
    return test.open && !situation_.gated && test.answer == Truth::yes;
  });
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
    if (carried == Truth::unknown && !situation_.gated && harmless != Truth::no) {
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
      if (test.open && !situation_.gated && test.answer == Truth::unknown) pair.changes.push_back(bit(test.fact));
    keep_minimal_changes(pair.changes);
  }
  return pair;
}

std::size_t FieldJudge::check(int category, int person) const {
  std::vector<int> all;
  for (const int p : situation_.provisions)
    if (covers(situation_.index.provisions[p], category, person)) all.push_back(p);
  for (const int p : all) {
    const auto pair = judge_pair(p, all, category, person, {});
    if (pair.cleared == Truth::unknown) return 0;
  }
  return all.size();
}

const RuleIndex::NoSecrecyBits* FieldJudge::declared_open(int category) const {
  const RuleIndex::NoSecrecyBits* first = nullptr;
  const auto text = [&](const RuleIndex::NoSecrecyBits& none) -> const std::string& {
    return situation_.set.no_secrecy[none.position].citation.text;
  };
  for (const auto& none : situation_.index.no_secrecy) {
    const bool fits = (none.holders & situation_.holder) != 0 && (none.categories & bit(category)) != 0;
    if (fits && (first == nullptr || text(none) < text(*first))) first = &none;
  }
  return first;
}

FieldJudge::Releases FieldJudge::releases(int category, const std::vector<int>& persons) const {
  Releases out;
  // A protected person's data goes to nobody but a restricted recipient until a named person has released it.
  if (!situation_.request.recipient_restricted && category != codes().official) {
    const auto look_at = [&](int person) {
      if (situation_.request.persons[person].protection != Protection::none)
        out.place = both(out.place, situation_.facts.value(codes().location_release, person));
    };
    if (!persons.empty()) {
      for (const int person : persons) look_at(person);
    } else if (category != codes().envelope) {
      for (std::size_t i = 0; i < situation_.request.persons.size(); ++i) look_at(static_cast<int>(i));
    }
  }
  if (category != codes().document) return out;
  const auto look_at = [&](int person) {
    out.document = both(out.document, situation_.facts.value(codes().document_released, person));
  };
  if (persons.empty()) look_at(kWholeExchange);
  for (const int person : persons) look_at(person);
  return out;
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
    for (const int p : situation_.provisions) {
      if (!covers(situation_.index.provisions[p], category, person)) continue;
      all.push_back(p);
      // What clears one of these is a rule or a recorded harm test, so it is a ground too.
      ordinary = ordinary ||
                 (!situation_.index.provisions[p].public_interest && !situation_.index.provisions[p].protects_place);
    }
    ConsentAnswer consent;
    for (const auto& live : situation_.rules) shared = shared || live.bits->needs_consent;
    if (shared) {
      consent = consent_of(situation_.request, situation_.set.settings, situation_.facts, situation_.today, person,
                           person == kWholeExchange ? -1 : situation_.ages[person], data_categories()[category]);
    }
    if (!ordinary && category != codes().envelope && category != codes().official) {
      auto ground = judge_ground(category, person, consent);
      if (ground.cleared == Truth::yes) {
        if (ground.consent != nullptr) out.consents.push_back(ground.consent);
        out.rules.insert(out.rules.end(), ground.rules.begin(), ground.rules.end());
      } else {
        if (situation_.request.nearest_change) changes = combined(changes, ground.changes);
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
      if (const auto* declared = declared_open(category)) {
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
      cover.provision = situation_.set.provisions[situation_.index.provisions[p].position].id;
      if (person != kWholeExchange) cover.person = situation_.request.persons[person].ref;
      cover.cleared = pair.cleared;
      if (pair.cleared == Truth::yes) {
        cover.cleared_by =
            pair.fact.empty() ? situation_.set.rules[pair.rules.front()].id : "harm_test:" + std::string(pair.fact);
        if (pair.consent != nullptr) {
          cover.consent_id = pair.consent->id;
          out.consents.push_back(pair.consent);
        }
        out.rules.insert(out.rules.end(), pair.rules.begin(), pair.rules.end());
        if (!pair.fact.empty()) out.tested.push_back(situation_.index.provisions[p].position);
      } else {
        cover.missing = names_of(union_of(pair.changes) | pair.missing);
        if (situation_.request.nearest_change) changes = combined(changes, pair.changes);
        out.missing |= pair.missing;
        if (pair.cleared == Truth::unknown) {
          unknown = true;
        } else if (situation_.index.provisions[p].protects_place) {
          place_closed = true;
        } else {
          out.reason = closed ? std::min(out.reason, pair.reason) : pair.reason;
          closed = true;
        }
      }
      out.covers.push_back(std::move(cover));
    }
  }

  const auto [guard, document] = releases(category, persons);
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

}  // namespace samband
