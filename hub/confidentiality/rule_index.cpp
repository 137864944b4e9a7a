#include "confidentiality/rule_index.hpp"

#include <algorithm>
#include <stdexcept>

namespace samband {

int code_index(std::span<const std::string_view> list, std::string_view code) {
  const auto found = std::lower_bound(list.begin(), list.end(), code);
  return found != list.end() && *found == code ? static_cast<int>(found - list.begin()) : -1;
}

Bits code_bits(std::span<const std::string_view> list, const std::vector<std::string>& codes) {
  if (list.size() > 62) throw std::logic_error("a closed list outgrew its bits");
  Bits bits = 0;
  for (const auto& code : codes) bits |= code == "*" ? (Bits{1} << list.size()) - 1 : bit(code_index(list, code));
  return bits;
}

Bits category_bits(const std::vector<std::string>& codes) {
  Bits bits = code_bits(data_categories(), codes);
  const Bits envelope = bit(code_index(data_categories(), "envelope"));
  if (std::find(codes.begin(), codes.end(), "envelope") == codes.end()) bits &= ~envelope;
  return bits;
}

std::span<const std::string_view> obligation_codes() {
  static constexpr std::string_view kCodes[] = {"receipt",
                                                "confirm_same_day",
                                                "no_onward_use",
                                                "reservation",
                                                "human_review",
                                                "restricted_recipient",
                                                "notify_person",
                                                "notify_guardian",
                                                "assess_guardian_harm",
                                                "redirect_guardian_notice",
                                                "notify_privacy_officer",
                                                "mandatory_review",
                                                "generalise_birth_date",
                                                "pseudonymise_identity"};
  return kCodes;
}

std::optional<FieldAction> field_action(std::string_view obligation) {
  if (obligation == "pseudonymise_identity") return FieldAction{"pseudonymise", "identity"};
  const auto colon = obligation.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const FieldAction out{obligation.substr(0, colon), obligation.substr(colon + 1)};
  const bool action = out.action == "drop" || out.action == "pseudonymise" || out.action == "generalise";
  if (!action || out.category == "envelope" || !contains(data_categories(), out.category)) return std::nullopt;
  return out;
}

bool is_task_of_party(std::string_view obligation) { return contains(party_tasks(), obligation); }

bool is_obligation(std::string_view code) {
  const auto known = obligation_codes();
  return std::find(known.begin(), known.end(), code) != known.end() || field_action(code);
}

std::span<const std::pair<std::string_view, bool Settings::*>> setting_names() {
  static constexpr std::pair<std::string_view, bool Settings::*> kNames[] = {
      {"duty_breaks_protected_address", &Settings::duty_breaks_protected_address},
      {"balance_rule_10_15a", &Settings::balance_rule_10_15a},
      {"cooperation_is_a_duty", &Settings::cooperation_is_a_duty},
      {"lob_assessment_is_balance", &Settings::lob_assessment_is_balance},
      {"one_guardian_suffices", &Settings::one_guardian_suffices},
      {"guardian_test_must_be_recorded", &Settings::guardian_test_must_be_recorded},
      {"serious_offence_limits_confirmed", &Settings::serious_offence_limits_confirmed},
      {"lvm_in_force", &Settings::lvm_in_force},
      {"bosamordnare_same_board", &Settings::bosamordnare_same_board},
      {"necessity_break_glass", &Settings::necessity_break_glass},
      {"kfm_children_with_notice", &Settings::kfm_children_with_notice},
      {"contact_duty_reaches_protected_place", &Settings::contact_duty_reaches_protected_place},
      {"eviction_notice_states_debt", &Settings::eviction_notice_states_debt},
      {"police_purpose_tested_before", &Settings::police_purpose_tested_before},
  };
  return kNames;
}

bool Settings::* setting_named(std::string_view name) {
  for (const auto& [known, member] : setting_names())
    if (known == name) return member;
  return nullptr;
}

namespace {

bool has(const std::vector<std::string>& codes, std::string_view code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

template <class T>
std::vector<int> positions_by_id(const std::vector<T>& items) {
  std::vector<int> positions(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) positions[i] = static_cast<int>(i);
  std::sort(positions.begin(), positions.end(), [&](int a, int b) { return items[a].id < items[b].id; });
  return positions;
}

// A test or condition that the index does not know is a bug of whoever built the rule set: the loader refuses both.
HarmTest harm_test(const std::string& name) {
  if (name == "straight") return HarmTest::straight;
  if (name == "reverse") return HarmTest::reverse;
  return HarmTest::absolute;  // the strictest, for an unknown word too
}

RuleIndex::ProvisionBits index_provision(const Provision& p, int position) {
  for (const auto& when : p.when)
    if (when != "person.protected" && when != "person.fictitious" && when != "exchange.protected")
      throw std::logic_error("unknown `when` in a provision");
  return {.position = position,
          .holders = code_bits(actor_types(), p.holders),
          .categories = category_bits(p.categories),
          .roles = code_bits(person_roles(), p.persons),
          .any_role = has(p.persons, "*"),
          .test = harm_test(p.test),
          .when_person_protected = has(p.when, "person.protected"),
          .when_person_fictitious = has(p.when, "person.fictitious"),
          .when_exchange_protected = has(p.when, "exchange.protected"),
          .unbreakable = p.unbreakable,
          .public_interest = p.public_interest,
          .with_any_breaker = p.cleared_with_any_breaker,
          .protects_place = p.protects_place,
          .own_test = code_index(fact_codes(), p.own_test),
          .from = p.in_force_from,
          .to = p.in_force_to};
}

RuleIndex::RuleBits index_rule(const Rule& r, int position) {
  if (r.conditions.size() > kConditionsMax) throw std::logic_error("a rule has too many conditions");
  RuleIndex::RuleBits bits{};
  bits.position = position;
  bits.from = code_bits(actor_types(), r.from);
  bits.to = code_bits(actor_types(), r.to);
  bits.kinds = code_bits(message_kinds(), r.kinds);
  bits.purposes = code_bits(purposes(), r.purposes);
  bits.roles = code_bits(person_roles(), r.persons);
  bits.any_role = has(r.persons, "*");
  bits.categories = category_bits(r.categories);
  bits.breaks_all = r.breaks_all;
  bits.duty = r.modality == "must" || r.modality == "should";
  bits.must = r.modality == "must";
  if (!bits.duty && r.modality != "may") throw std::logic_error("unknown modality");
  if (!r.setting.empty()) {
    bits.setting = setting_named(r.setting);
    if (bits.setting == nullptr) throw std::logic_error("unknown setting in a rule");
  }
  bits.holds_while_off = r.holds_while_off;
  for (const auto& each : r.initiative)
    if (!initiative_from(each)) throw std::logic_error("unknown initiative in a rule");
  bits.on_own = has(r.initiative, "own");
  bits.on_request = has(r.initiative, "request");
  bits.ttl = r.ttl;
  bits.in_force_from = r.in_force_from;
  bits.in_force_to = r.in_force_to;
  for (const auto& condition : r.conditions) {
    auto& out = bits.conditions[bits.condition_count++];
    out = {.type = condition.type,
           .facts = bit(code_index(fact_codes(), condition.code)) | code_bits(fact_codes(), condition.codes),
           .expected = condition.expected,
           .age_min = condition.age_min,
           .age_max = condition.age_max};
    bits.needs_consent = bits.needs_consent || condition.type == Condition::Type::consent;
  }
  return bits;
}

}  // namespace

RuleIndex::RuleIndex(const RuleSet& set)
    : gated(code_bits(actor_types(), set.gate.recipients)),
      new_purpose(code_bits(actor_types(), set.gate.new_purpose_senders)) {
  if (set.provisions.size() > kProvisionsMax || set.rules.size() > kRulesMax)
    throw std::logic_error("the rule set is over its limits");
  for (const int position : positions_by_id(set.provisions))
    provisions.push_back(index_provision(set.provisions[position], position));
  for (std::size_t i = 0; i < set.no_secrecy.size(); ++i) {
    no_secrecy.push_back({static_cast<int>(i), code_bits(actor_types(), set.no_secrecy[i].holders),
                          category_bits(set.no_secrecy[i].categories)});
  }
  for (const int position : positions_by_id(set.purposes)) {
    const auto& purpose = set.purposes[position];
    purposes.push_back({position, code_index(samband::purposes(), purpose.id), category_bits(purpose.needs)});
  }
  for (const int position : positions_by_id(set.rules)) {
    auto bits = index_rule(set.rules[position], position);
    for (std::size_t i = 0; i < provisions.size(); ++i) {
      const auto& id = set.provisions[provisions[i].position].id;
      bits.breaks[i] = has(set.rules[position].breaks, id);
      bits.breaks_not[i] = has(set.rules[position].breaks_not, id);
    }
    rules.push_back(bits);
  }
}

void RuleSet::build_index() { index = std::make_shared<const RuleIndex>(*this); }

const Rule* RuleSet::rule(std::string_view id) const {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

const Provision* RuleSet::provision(std::string_view id) const {
  const auto found = std::find_if(provisions.begin(), provisions.end(), [&](const Provision& p) { return p.id == id; });
  return found == provisions.end() ? nullptr : &*found;
}

const Purpose* RuleSet::purpose(std::string_view id) const {
  const auto found = std::find_if(purposes.begin(), purposes.end(), [&](const Purpose& p) { return p.id == id; });
  return found == purposes.end() ? nullptr : &*found;
}

}  // namespace samband
