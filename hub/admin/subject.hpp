// The person whom an operator's request is about, and the switches beside it. The person stands in the body, never in a
// URL, and no error names her. Pure, thread-safe.
#pragma once
#include "base/json.hpp"
#include "base/time.hpp"
#include "keys/key_store.hpp"

namespace samband {

// Keyed reference of `/subject`, as messages name the person: by number, or else by name, birth date and address.
// Errors: invalid_input with the pointer.
Result<std::string> subject_of(const KeyStore&, const json::object& body, Date today);

}  // namespace samband
