// The municipal case system's own JSON -> one canonical message. Pure, thread-safe.
// The format is this project's (README.md of this folder): no vendor publishes an outgoing one.
#pragma once
#include "common/json_tools.hpp"

namespace samband::municipal {

// Errors: invalid_input with a JSON pointer into the sender's text; never a value.
sdk::Result<std::string> decode_case_message(std::string_view body);

}  // namespace samband::municipal
