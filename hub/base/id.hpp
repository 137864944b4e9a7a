// Identifiers that need no coordination: UUID version 7 (RFC 9562), time-ordered, 74 random bits. Thread-safe.
#pragma once
#include <string>

#include "base/time.hpp"

namespace samband {
std::string new_id(Time now);  // "019abcde-....": 36 characters, lower case
bool is_uuid(std::string_view);
}  // namespace samband
