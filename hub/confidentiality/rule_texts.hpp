// The small texts within a rule that have a form of their own: its conditions and its time to live. Pure.
#pragma once
#include <chrono>
#include <optional>
#include <string_view>

#include "confidentiality/rules.hpp"

namespace samband {

// "fact:x", "not_fact:x", "any_fact:x|y", "consent", "agreement", "emergency", "protected", "not_protected", "age<18",
// "age>=18", "age 13-20".
std::optional<Condition> parse_condition(std::string_view);
// "30 minutes", "4 hours", "1 hour".
std::optional<std::chrono::minutes> parse_ttl(std::string_view);

}  // namespace samband
