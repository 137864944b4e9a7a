// The landlord's master data (fi2xml 1.31, or the same as fastAPI's JSON) in a form's member `fi2`: completes what the
// form itself does not say from the one lease contract that it is about. Nothing of it is kept, no identity number is
// taken from it, and on a doubt it says so instead of choosing. Pure, thread-safe.
#pragma once
#include <vector>

#include "common/canonical.hpp"

namespace samband::plugin {

// Takes `fi2` out of the form. Fills `leaseNumber`, `tenant`, `coTenants`, the tenant's address, `rooms` and `dwelling`
// where they are absent. Errors: invalid_input at /fi2 (no such contract, several, a tenant who is not in it), at
// /tenant/name (another name than the contract's).
sdk::Result<std::monostate> complete_from_fi2(json::object& form, std::vector<Warning>& warnings);
}  // namespace samband::plugin
