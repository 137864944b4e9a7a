// The life of a referral after it left: which steps exist, which follow which, and who may set them. Pure.
#pragma once
#include <string_view>

#include "base/error.hpp"

namespace samband {

// True for the codes of docs/vocabulary.md, "Life cycle of a referral".
bool is_life_step(std::string_view status);

// Does the step answer a notice that asks for a confirmation?
bool ends_a_duty(std::string_view status);

// May the recipient of an exchange report `next` when it stands at `current` ("" = sent)? The hub itself sets sent,
// received and recalled. Errors: invalid_input (no such step), forbidden (the hub's own), conflict (illegal order).
Result<void> check_life_step(std::string_view current, std::string_view next);

}  // namespace samband
