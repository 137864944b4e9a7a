// The rule set with its codes as bits, so that a decision compares integers instead of strings. Made once by
// RuleSet::build_index(), immutable afterwards: thread-safe. Internal to hub/confidentiality.
#pragma once
#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "confidentiality/rules.hpp"
#include "model/vocabulary.hpp"

namespace samband {

using Bits = std::uint64_t;  // one bit per code of a closed list, in its sorted order

constexpr std::size_t kProvisionsMax = 128;
constexpr std::size_t kRulesMax = 1024;
constexpr std::size_t kConditionsMax = 8;
// Beside the facts in a set of things that are missing: a consent, and somebody's birth date.
constexpr Bits kConsentBit = Bits{1} << 63, kBirthDateBit = Bits{1} << 62;

// Position of a code in its sorted closed list, or -1.
int code_index(std::span<const std::string_view> list, std::string_view code);
inline Bits bit(int index) { return index < 0 ? 0 : Bits{1} << index; }
// The bits of some codes; "*" is every code, for categories every one but `envelope`. Unknown codes have no bit.
Bits code_bits(std::span<const std::string_view> list, const std::vector<std::string>& codes);
Bits category_bits(const std::vector<std::string>& codes);

// The closed list of docs/vocabulary.md, "Obligations".
std::span<const std::string_view> obligation_codes();
// "drop:health" is {"drop", "health"}: an action on every field of a category. Empty for any other obligation.
struct FieldAction {
  std::string_view action, category;
};
std::optional<FieldAction> field_action(std::string_view obligation);
// What an agency's own people must do and the hub cannot: a person or a guardian is told. Where neither agency has
// undertaken it (Party::carries_out), what a rule merely permits is refused for it; a statutory duty (must) goes, and a
// person at the sender hears of the task.
bool is_task_of_party(std::string_view obligation);
// One of the list, or an action on a category.
bool is_obligation(std::string_view);

enum class HarmTest { straight, reverse, absolute };

// Every switch of Settings with its name in the rule files.
std::span<const std::pair<std::string_view, bool Settings::*>> setting_names();
// A switch by its name; nullptr for an unknown one.
bool Settings::* setting_named(std::string_view name);

struct RuleIndex {
  struct ProvisionBits {
    int position;  // in RuleSet::provisions
    Bits holders, categories, roles;
    bool any_role;
    HarmTest test;
    bool when_person_protected, when_person_fictitious, when_exchange_protected;
    bool unbreakable, public_interest, with_any_breaker, protects_place;
    int own_test;  // code_index in fact_codes(), or -1
    Date from, to;
  };
  struct NoSecrecyBits {
    int position;
    Bits holders, categories;
  };
  struct PurposeBits {
    int position;
    int purpose;  // code_index in purposes()
    Bits needs;
  };
  struct ConditionBits {
    Condition::Type type;
    Bits facts;  // fact: one bit; fact_or: several; person_age: what answers where the age is unknown, or none
    bool expected;
    int age_min, age_max;
  };
  struct RuleBits {
    int position;
    Bits from, to, kinds, purposes, roles, categories;
    bool any_role, breaks_all, needs_consent, duty, must;
    bool holds_while_off;     // its setting is off: true at best unknown
    bool on_own, on_request;  // Initiative
    std::chrono::minutes ttl;
    bool Settings::* setting;                        // nullptr = always
    std::bitset<kProvisionsMax> breaks, breaks_not;  // by place in `provisions` below
    std::array<ConditionBits, kConditionsMax> conditions;
    std::size_t condition_count;
    Date in_force_from, in_force_to;
  };
  // Sorted by id, so that the order in the files never matters.
  std::vector<ProvisionBits> provisions;
  std::vector<NoSecrecyBits> no_secrecy;
  std::vector<PurposeBits> purposes;
  std::vector<RuleBits> rules;
  Bits gated;        // recipients without secrecy of their own
  Bits new_purpose;  // senders who test a new purpose (Gate)

  explicit RuleIndex(const RuleSet&);
};

// A date without a value is no bound.
inline bool in_force(Date from, Date to, Date on) { return (!from.ok() || from <= on) && (!to.ok() || on <= to); }

}  // namespace samband
