// The municipal case system's own JSON -> one canonical message. Pure, thread-safe.
// The format is this project's (plugins/municipal_case/README.md): no vendor publishes an outgoing one.
#pragma once
#include "common/json_tools.hpp"

namespace samband::case_errand {

// Errors: invalid_input with a JSON pointer into the sender's text; never a value.
sdk::Result<std::string> decode_case_message(std::string_view body);

}  // namespace samband::case_errand
