// A Patient as a person of the canonical message. Pure, thread-safe.
#pragma once
#include <optional>

#include "common/canonical.hpp"
#include "health/fhir_tools.hpp"

namespace samband::health {

// none < marked < protected_registration. A security label that we do not know counts as marked: a label says "take
// care".
std::string_view protection_of(const json::object& resource);
std::string_view stronger(std::string_view a, std::string_view b);

// {"ref":"p1","role":"subject",...}. Errors: a person number that is not twelve digits, with its pointer.
sdk::Result<json::object> person_from(const Resource& patient, std::vector<plugin::Warning>&);

}  // namespace samband::health
