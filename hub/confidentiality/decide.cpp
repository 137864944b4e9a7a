#include "confidentiality/decide.hpp"

#include <algorithm>
#include <optional>

#include "confidentiality/field_judge.hpp"
#include "confidentiality/words.hpp"

namespace samband {
namespace {

constexpr std::size_t kPersonsMax = 60;
constexpr std::string_view kUnkept = "obligation_unfulfillable";

std::string_view last_token(std::string_view pointer) {
  const auto slash = pointer.rfind('/');
  return slash == std::string_view::npos ? pointer : pointer.substr(slash + 1);
}

bool has(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

template <class T>
void sort_unique(std::vector<T>& items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

// Places of the persons a field is about; nothing when the field names somebody who is not in the message.
std::optional<std::vector<int>> places_of(const Field& field, std::span<const Person> persons) {
  std::vector<int> out;
  for (const auto& ref : field.persons) {
    const auto found = std::find_if(persons.begin(), persons.end(), [&](const Person& p) { return p.ref == ref; });
    if (found == persons.end()) return std::nullopt;
    out.push_back(static_cast<int>(found - persons.begin()));
  }
  sort_unique(out);
  return out;
}

// Has one of the agencies said that its people do this?
bool undertaken(const std::string& task, const DecisionRequest& request) {
  return has(request.holder->carries_out, task) || has(request.recipient->carries_out, task);
}

// Can this exchange keep what its rules oblige it to? An obligation that nobody here knows cannot be kept.
bool can_keep(std::string_view obligation, const DecisionRequest& request, const FactTable& facts) {
  if (!is_obligation(obligation)) return false;
  const auto recorded = [&](std::string_view code) {
    const int index = code_index(fact_codes(), code);
    if (facts.value(index, kWholeExchange) == Truth::yes) return true;
    for (std::size_t i = 0; i < request.persons.size(); ++i)
      if (facts.value(index, static_cast<int>(i)) == Truth::yes) return true;
    return false;
  };
  if (obligation == "restricted_recipient") return request.recipient_restricted;
  if (obligation == "reservation") return recorded("recipient_reservation");
  if (obligation == "human_review") return recorded("individual_assessment");
  return true;
}

// Can what the rule asks for be kept? A task of the agency's people that nobody has undertaken stops a permission; a
// duty goes, and a person hears of the task. No reservation stands before an authority.
bool keeps(const Rule& rule, const Situation& situation) {
  return std::all_of(rule.obligations.begin(), rule.obligations.end(), [&](const std::string& each) {
    if (each == "reservation" && !situation.gated) return true;
    if (is_task_of_party(each) && rule.modality != "must" && !undertaken(each, situation.request)) return false;
    return can_keep(each, situation.request, situation.facts);
  });
}

// The strictest action that the obligations ask for this field: drop > pseudonymise > generalise > pass.
std::string_view action_for(const Field& field, const std::vector<std::string>& obligations) {
  static constexpr std::string_view kActions[] = {"pass", "generalise", "pseudonymise",
                                                  "drop"};  // stricter and stricter
  std::size_t strictest = 0;
  const auto add = [&](std::string_view action) {
    for (std::size_t i = 0; i < std::size(kActions); ++i)
      if (kActions[i] == action) strictest = std::max(strictest, i);
  };
  for (const auto& obligation : obligations) {
    if (const auto on = field_action(obligation); on && on->category == field.category) add(on->action);
    const auto name = last_token(field.pointer);
    if (obligation == "generalise_birth_date" && field.category == "identity" &&
        (name == "birthDate" || name == "personalNumber"))
      add("generalise");
  }
  return kActions[strictest];
}

// A notice to a guardian waits for the test of OSL 12:3 and goes to another adult when it would harm the child: turned
// aside, never dropped.
void redirect_guardian_notice(std::vector<std::string>& obligations, const DecisionRequest& request,
                              const FactTable& facts) {
  const auto notice = std::find(obligations.begin(), obligations.end(), "notify_guardian");
  if (notice == obligations.end()) return;
  static const int kGuardianHarm = code_index(fact_codes(), "guardian_harm");
  Truth harm = Truth::no;
  for (std::size_t i = 0; i < request.persons.size(); ++i)
    if (request.persons[i].role == "subject" || request.persons[i].role == "child_in_home")
      harm = either(harm, facts.value(kGuardianHarm, static_cast<int>(i)));
  if (harm == Truth::yes) *notice = "redirect_guardian_notice";
  if (harm == Truth::unknown) *notice = "assess_guardian_harm";
}

// One judgement for all fields of the same category about the same persons.
struct Group {
  int category;
  std::vector<int> persons;
  Judgement judgement;
};

struct Verdict {
  const Group* group = nullptr;  // nullptr: never judged
  Reason reason = Reason::unknown_field;
};

class Journey {
 public:
  Journey(const Journey&) = delete;  // verdicts point into the groups
  Journey(const DecisionRequest& request, const RuleSet& set, const RuleIndex& index, std::span<const int> aside = {})
      : situation_(request, set, index, aside), judge_(situation_) {
    groups_.reserve(request.fields.size());
    for (const auto& field : request.fields) verdicts_.push_back(verdict_of(field));
  }

  const Situation& situation() const { return situation_; }
  const std::vector<Verdict>& verdicts() const { return verdicts_; }

 private:
  Verdict verdict_of(const Field& field) {
    const int category = code_index(data_categories(), field.category);
    if (category < 0 || situation_.request.persons.size() > kPersonsMax) return {};
    // First, so that nobody is asked about what nobody needs.
    const bool needed = (situation_.needs & bit(category)) != 0;
    if (!needed || (situation_.purpose != nullptr && has(situation_.purpose->except, last_token(field.pointer))))
      return {.reason = Reason::not_needed};
    auto persons = places_of(field, situation_.request.persons);
    if (!persons) return {};
    for (const auto& group : groups_)
      if (group.category == category && group.persons == *persons)
        return {.group = &group, .reason = group.judgement.reason};
    Judgement judgement = judge_.judge(category, *persons);
    groups_.push_back({category, std::move(*persons), std::move(judgement)});
    return {.group = &groups_.back(), .reason = groups_.back().judgement.reason};
  }

  Situation situation_;
  FieldJudge judge_;
  std::vector<Group> groups_;  // reserved for all fields: pointers into it stay
  std::vector<Verdict> verdicts_;
};

// Envelope and the sender's own caseworker say nothing about a person: they never carry an exchange.
bool carries(const Field& field) { return field.category != "envelope" && field.category != "official"; }

struct Tally {
  Outcome outcome = Outcome::refused;
  Reason reason = Reason::cleared;  // of a refusal or a hold
  Bits missing = 0;
  bool without_ground = false;
};

Tally tally_of(const DecisionRequest& request, const Journey& journey) {
  bool any_personal = false, released = false, held = false, all = true, envelope_released = false;
  Reason worst = Reason::cleared, worst_hold = Reason::cleared;
  const auto& verdicts = journey.verdicts();
  const bool any_carrier = std::any_of(request.fields.begin(), request.fields.end(), carries);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const auto& field = request.fields[i];
    const auto outcome = verdicts[i].group != nullptr ? verdicts[i].group->judgement.outcome : FieldOutcome::withhold;
    const bool goes = outcome == FieldOutcome::release;
    if (field.category == "envelope") {
      envelope_released = envelope_released || goes;
      continue;
    }
    any_personal = true;
    all = all && goes;
    if (any_carrier && !carries(field)) continue;
    released = released || goes;
    if (goes) continue;
    if (outcome == FieldOutcome::hold) {
      held = true;
      worst_hold = std::min(worst_hold, verdicts[i].reason);
    }
    worst = std::min(worst, verdicts[i].reason);
  }
  if (!any_personal) {
    return {envelope_released ? Outcome::released : Outcome::refused,
            envelope_released ? Reason::cleared : Reason::unknown_field};
  }
  if ((released || held) && !any_carrier) {
    // A caseworker's name alone: no field brings a ground with it, so the exchange must have one.
    Tally alone;
    const Truth ground = journey.situation().any_rule_holds(alone.missing);
    alone.outcome = ground == Truth::unknown ? Outcome::held : Outcome::refused;
    alone.reason = ground != Truth::unknown ? Reason::no_rule
                   : alone.missing == 0     ? Reason::legal_question_open
                                            : Reason::fact_missing;
    alone.without_ground = true;
    if (ground != Truth::yes) return alone;
  }
  if (released) return {all ? Outcome::released : Outcome::partial, Reason::cleared};
  if (held) return {Outcome::held, worst_hold};
  if (worst == Reason::secrecy && journey.situation().rules.empty()) worst = Reason::no_rule;
  return {Outcome::refused, worst};
}

bool goes(Outcome outcome) { return outcome == Outcome::released || outcome == Outcome::partial; }

// Positions of the rules that a decision rests on, each once: what cleared its released fields, and its duty.
std::vector<int> contributing(const Journey& journey, int duty_rule) {
  std::vector<int> rules;
  for (const auto& verdict : journey.verdicts())
    if (verdict.group != nullptr)
      rules.insert(rules.end(), verdict.group->judgement.rules.begin(), verdict.group->judgement.rules.end());
  if (duty_rule >= 0) rules.push_back(duty_rule);
  sort_unique(rules);
  return rules;
}

// The permissions (may, should) of which something is asked that cannot be kept, by position.
std::vector<int> unkept_permissions(const RuleSet& set, const Situation& situation) {
  std::vector<int> out;
  for (std::size_t i = 0; i < set.rules.size(); ++i)
    if (set.rules[i].modality != "must" && !set.rules[i].obligations.empty() && !keeps(set.rules[i], situation))
      out.push_back(static_cast<int>(i));
  return out;
}

}  // namespace

Decision DecisionMaker::decide(const DecisionRequest& request, const RuleSet& set) {
  Decision decision;
  decision.ruleset_hash_ = set.hash;
  decision.fields_.reserve(request.fields.size());
  for (const auto& field : request.fields) {
    auto& out = decision.fields_.emplace_back();
    out.field = field;
    out.reason = "no_rule";
  }
  decision.reason_ = "no_rule";
  if (request.holder == nullptr || request.recipient == nullptr) return decision;

  const auto index = set.index ? set.index : std::make_shared<const RuleIndex>(set);
  std::optional<Journey> journey(std::in_place, request, set, *index);
  Tally tally = tally_of(request, *journey);

  int duty_rule = -1;
  decision.duty_ = journey->situation().duty(duty_rule);

  // A duty is never refused for what a permission beside it asks: where one holds, or may hold, a permission of which
  // more is asked than can be kept clears nothing.
  std::vector<int> rules = contributing(*journey, duty_rule);
  std::vector<FieldOutcome> with_all;  // what the fields were before permissions were set aside
  const auto stops = [&](int position) {
    return set.rules[position].modality != "must" && !keeps(set.rules[position], journey->situation());
  };
  if (goes(tally.outcome) && std::any_of(rules.begin(), rules.end(), stops) && journey->situation().may_be_owed()) {
    for (const auto& verdict : journey->verdicts())
      with_all.push_back(verdict.group != nullptr ? verdict.group->judgement.outcome : FieldOutcome::withhold);
    const auto aside = unkept_permissions(set, journey->situation());
    journey.emplace(request, set, *index, aside);
    tally = tally_of(request, *journey);
    if (std::binary_search(aside.begin(), aside.end(), duty_rule)) duty_rule = -1;
    rules = contributing(*journey, duty_rule);
  }
  const auto& verdicts = journey->verdicts();
  const Situation& situation = journey->situation();

  const bool any_carrier = std::any_of(request.fields.begin(), request.fields.end(), carries);
  Bits missing = 0;
  Changes nearest;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    auto& out = decision.fields_[i];
    out.reason = code_of(verdicts[i].reason);
    if (verdicts[i].group == nullptr) continue;
    const auto& judgement = verdicts[i].group->judgement;
    out.outcome = judgement.outcome;
    if (!with_all.empty() && with_all[i] == FieldOutcome::release && out.outcome == FieldOutcome::withhold)
      out.reason = kUnkept;
    out.covers = judgement.covers;
    // An envelope or a caseworker's name is no ground, so a declaration about them is not cited.
    if (carries(out.field))
      for (const int position : judgement.no_secrecy)
        decision.citations_.push_back(set.no_secrecy[position].citation.text);
    for (const int position : judgement.tested)
      decision.citations_.push_back(cited_as_tested(set.provisions[position].citation.text));
    for (const auto* consent : judgement.consents) decision.consents_.push_back(consent->id);
    // What frees no more than an envelope or a name at the agency is not worth asking anybody for.
    if (!carries(out.field) && any_carrier) continue;
    missing |= judgement.missing;
    if (request.nearest_change) nearest.insert(nearest.end(), judgement.changes.begin(), judgement.changes.end());
  }
  missing |= tally.missing;

  const auto note_ttl = [&](const Rule& rule) {
    if (rule.ttl.count() == 0) return;
    const bool glass = std::any_of(rule.conditions.begin(), rule.conditions.end(),
                                   [](const Condition& c) { return c.type == Condition::Type::emergency; });
    const Time since = glass && request.emergency_since != Time{} ? request.emergency_since : request.at;
    if (decision.ttl_.count() == 0 || rule.ttl < decision.ttl_) decision.ttl_ = rule.ttl;
    if (!decision.expires_at_ || since + rule.ttl < *decision.expires_at_) decision.expires_at_ = since + rule.ttl;
  };
  // Refused for an obligation: of what contributes, or since nothing is left without what was set aside.
  bool unkept = !with_all.empty() && tally.outcome == Outcome::refused;
  if (goes(tally.outcome)) {
    for (const int position : rules) {
      const auto& rule = set.rules[position];
      unkept = unkept || !keeps(rule, situation);
      for (const auto& task : rule.obligations)
        if (is_task_of_party(task) && !undertaken(task, request))
          decision.unassigned_.push_back(task);  // a duty is never lost for it
      decision.rules_.push_back(rule.id);
      decision.citations_.push_back(rule.citation.text);
      decision.obligations_.insert(decision.obligations_.end(), rule.obligations.begin(), rule.obligations.end());
      note_ttl(rule);
    }
    // OSL 10:14 is about individuals: no reservation stands before an authority, nor refuses a duty toward it.
    if (!situation.gated) std::erase(decision.obligations_, "reservation");
    for (auto* obligations : {&decision.obligations_, &decision.unassigned_}) {
      sort_unique(*obligations);
      redirect_guardian_notice(*obligations, request, situation.facts);
      sort_unique(*obligations);  // a rule may ask for the test itself
    }
    sort_unique(decision.rules_);
    sort_unique(decision.consents_);
    sort_unique(decision.citations_);
    if (unkept) tally.outcome = Outcome::refused;
  }
  decision.outcome_ = tally.outcome;
  decision.reason_ = unkept ? kUnkept : code_of(tally.reason);
  if (goes(tally.outcome)) {
    decision.reason_ = "cleared";
    for (auto& field : decision.fields_)
      if (field.outcome == FieldOutcome::release) field.action = action_for(field.field, decision.obligations_);
  } else {
    // Nothing goes, so no field may say that it does and no ground may look used.
    for (auto& field : decision.fields_) {
      if (field.outcome != FieldOutcome::release) continue;
      field.outcome = tally.outcome == Outcome::held ? FieldOutcome::hold : FieldOutcome::withhold;
      field.reason = decision.reason_;
    }
    decision.rules_.clear();
    decision.citations_.clear();
    decision.obligations_.clear();
    decision.unassigned_.clear();
    decision.consents_.clear();
    decision.ttl_ = {};
    decision.expires_at_.reset();
    if (tally.outcome == Outcome::refused &&
        (tally.reason == Reason::consent_missing || tally.reason == Reason::consent_revoked ||
         tally.reason == Reason::consent_expired))
      missing |= kConsentBit;
  }
  decision.missing_ = names_of(missing);
  if (tally.without_ground) nearest.clear();  // nothing about one field would free an exchange that no rule holds for
  keep_minimal_changes(nearest);
  for (const Bits set_of : nearest) decision.nearest_change_.push_back(names_of(set_of));
  return decision;
}

}  // namespace samband
