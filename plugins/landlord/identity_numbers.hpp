// SFS 1978:314 form 3 has no personnummer, so none may enter through it: members that are meant for one are removed,
// and numbers written into a text are replaced, in whatever way they are written (person_numbers/find.hpp). A notice is
// never refused for it: the tenant's three weeks run from it (JB 12:44). The keys (messageId, correctionOf,
// conversationId) stay as they are: the hub has the secret to replace one that holds a number. Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/canonical.hpp"
#include "person_numbers/find.hpp"

namespace samband::plugin {

// Removes and replaces in place; one warning for each place. Pointers name members, and hide digits in their names.
void strip_identity_numbers(json::value& form, std::vector<Warning>& warnings);
}  // namespace samband::plugin
