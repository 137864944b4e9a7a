// The closed vocabularies of docs/vocabulary.md: codes that travel in messages, rules and receipts. Values.
// A test compares these lists with docs/vocabulary.md.
#pragma once
#include <optional>
#include <span>
#include <string_view>

namespace samband {

enum class Outcome { released, partial, held, refused };  // of an exchange
enum class FieldOutcome { release, withhold, hold };      // of a field
enum class Truth { no, yes, unknown };                    // Kleene's three values
enum class Protection {
  none,
  marked,
  protected_registration,
  fictitious
};  // sekretessmarkering, skyddad folkbokföring, fingerade uppgifter

// Who began: the holder on its own initiative, or the recipient by asking. A duty "on request" needs the request.
enum class Initiative { own, request };

std::string_view to_string(Outcome);
std::string_view to_string(FieldOutcome);
std::string_view to_string(Truth);
std::string_view to_string(Protection);
std::string_view to_string(Initiative);
std::optional<Outcome> outcome_from(std::string_view);
std::optional<Protection> protection_from(std::string_view);
std::optional<Initiative> initiative_from(std::string_view);

// Closed lists, sorted; is_known_* are the tests that config, rules and schemas run against.
std::span<const std::string_view> actor_types();
// Obligations that an agency's own people carry out and the hub cannot: a person or a guardian is told.
std::span<const std::string_view> party_tasks();
std::span<const std::string_view> message_kinds();
std::span<const std::string_view> purposes();
std::span<const std::string_view> data_categories();
std::span<const std::string_view> fact_codes();
std::span<const std::string_view> person_roles();
std::span<const std::string_view> reason_codes();
// Does the reason say the opposite of the answer? (assessed_yes beside a no, assessed_no beside a yes)
bool contradicts(std::string_view reason_code, bool answer);
std::span<const std::string_view> life_steps();  // of a referral; hub/follow_up knows which follow which
std::span<const std::string_view> initiatives();
std::span<const std::string_view> emergency_reasons();  // why an emergency flag was raised
bool contains(std::span<const std::string_view> list, std::string_view code);

}  // namespace samband
