// SFS 1978:314 form 3 has no personnummer, so none may enter through it: members that are meant for one are removed,
// and numbers written into a text are replaced. A notice is never refused for it: the tenant's three weeks run from it
// (JB 12:44). Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/canonical.hpp"

namespace samband::plugin {

inline constexpr std::string_view kStripped = "[personnummer]";

// Removes and replaces in place; one warning for each place. Pointers name members, and hide digits in their names.
void strip_identity_numbers(json::value& form, std::vector<Warning>& warnings);

// Replaces ten- and twelve-digit numbers with a possible date (day + 60 for samordningsnummer) and a right check digit.
// True when something was replaced.
bool replace_identity_numbers(std::string& text);
}  // namespace samband::plugin
