// The small texts within a rule that have a form of their own: its conditions and its time to live. Pure.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "confidentiality/rules.hpp"

namespace samband {

// "fact:x", "not_fact:x", "any_fact:x|y", "consent", "agreement", "emergency", "protected", "not_protected", "age<18",
// "age>=18", "age 13-20", "age<18_or_assumed" ("kan antas vara under arton": where the age is unknown, the fact
// assumed_under_18 answers; a known age decides alone).
std::optional<Condition> parse_condition(std::string_view);
std::string text_of(const Condition&);  // the same, back
// "30 minutes", "4 hours", "1 hour".
std::optional<std::chrono::minutes> parse_ttl(std::string_view);

}  // namespace samband
