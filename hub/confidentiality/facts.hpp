// Recorded answers to questions of law, as a decision sees them, and the consents that stand on the instant of the
// decision. Unknown never permits. Values of one request: not shared between threads. Internal to hub/confidentiality.
#pragma once
#include <optional>
#include <vector>

#include "confidentiality/decide.hpp"
#include "confidentiality/rule_index.hpp"

namespace samband {

constexpr int kWholeExchange = -1;  // in the place of a person

// Why a pair or field stays, the most specific first: an exchange names the first that applies.
enum class Reason {
  offer_declined,
  consent_revoked,
  consent_expired,
  emergency_expired,
  agreement_ended,
  not_in_agreement,
  fact_false,
  consent_missing,
  age_outside_rule,
  protected_identity,
  fact_missing,
  legal_question_open,
  document_needs_release,
  no_coverage,
  no_rule,
  secrecy,
  not_needed,
  unknown_field,
  cleared,
};
std::string_view code_of(Reason);

// Kleene's "and" and "or": unknown unless one side settles it.
Truth both(Truth, Truth);
Truth either(Truth, Truth);

class FactTable {
 public:
  // Facts dated more than five minutes after `at` do not exist yet. A fact that only a named person can answer counts
  // as unknown when nobody is named.
  FactTable(std::span<const Fact>, std::span<const Person>, Time at);

  // The newest record about the person or about the whole exchange; two of the same instant that differ are unknown.
  Truth value(int code, int person) const;
  // The same, but somebody must have answered for this very person: an answer for everybody can say no, never yes.
  Truth value_for(int code, int person) const;

 private:
  struct Entry {
    Time at{};
    Truth value = Truth::unknown;
    bool present = false;
    void add(Time when, Truth what);
  };
  const Entry& entry(int code, int person) const { return entries_[(person + 1) * codes_ + code]; }
  std::size_t codes_;
  std::vector<Entry> entries_;
};

struct ConsentAnswer {
  Truth truth = Truth::no;
  Reason reason = Reason::consent_missing;  // when not yes
  Bits missing = 0;                         // what stands between, when unknown; nothing = another consent
  const Consent* consent = nullptr;         // when yes
  int age_min = 0, age_max = 200;           // at what age it would do, when the age is unknown
};

// Does the person's consent reach this category in this exchange? `age` is -1 when unknown.
ConsentAnswer consent_of(const DecisionRequest&, const Settings&, const FactTable&, Date today, int person, int age,
                         std::string_view category);

// Could somebody of this age (-1 = unknown) be consented for, and what must be known beside the consent? Nothing when
// no consent would count.
std::optional<Bits> consent_takes(const Settings&, const FactTable&, int person, int age);

// Is an agreement in force that both parties of the exchange have signed? `id` empty = any.
bool agreement_known(const DecisionRequest&);  // in force or not
bool agreement_holds(const DecisionRequest&, Date today, std::string_view id);

}  // namespace samband
