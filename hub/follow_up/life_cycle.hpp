// The life of a referral after it left: which steps exist, which follow which, of which kinds of message, and who may
// set them. A step either moves the life on or is set beside it (proof of contact, an assessment made). Pure.
#pragma once
#include <string_view>

#include "base/error.hpp"

namespace samband {

// Is the step set beside the life, which stays where it is?
bool is_beside(std::string_view step);
// Nothing follows it; a recall may, since the disclosure stays a disclosure.
bool ends_life(std::string_view step);
// Does the step answer a notice that asks for a confirmation?
bool ends_a_duty(std::string_view step);
// What a reporter of concern about a child may learn of the step (SoL 19:6): "opened", "not_opened", "running"; ""
// nothing.
std::string_view answer_to_reporter(std::string_view step);

// May the recipient of an exchange of this message kind report `next` when it stands at `current` ("" = sent)? The hub
// itself sets sent, received and recalled. Errors: invalid_input (no such step of this kind), forbidden (the hub's
// own), conflict (illegal order).
Result<void> check_life_step(std::string_view current, std::string_view next, std::string_view kind);

}  // namespace samband
