// A school's, a leisure centre's or a field worker's form (README.md of this folder) -> one canonical message.
// Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>

#include "sdk/adapter.hpp"

namespace samband::school {

// Errors: invalid_input with a JSON pointer into the form; never a value.
sdk::Result<std::string> decode_form(std::string_view body, const std::string& source);

}  // namespace samband::school
