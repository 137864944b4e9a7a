// The values of a case file that have forms of their own: times, ages, protections, answers. Each takes its keys from
// the reader and reports to it what it cannot read. Internal to hub/confidentiality.
#pragma once
#include <optional>
#include <string>

#include "confidentiality/decide.hpp"
#include "confidentiality/object_reader.hpp"

namespace samband {

enum class Edge { start, noon, end };  // what a day without a time means

// "2026-11-22" or "2026-11-22T10:00:00Z".
Time moment(ObjectReader&, std::string_view key, Edge, Time fallback);
Date day(ObjectReader&, std::string_view key, Date fallback);
// A text; null or "" is nobody. (TOML has no null.)
std::string or_nobody(ObjectReader&, std::string_view key, std::string fallback);
bool is_nobody(const json::value&);
// Of `birth_date`, or of `age` on the day of the case; "unknown" and nothing at all are nullopt.
std::optional<Date> birth_date(ObjectReader&, Date today);
// `protection`, `protected`, `fictitious` and `flags` together: the strictest of what they say.
Protection protection_in(ObjectReader&);
// true, "yes", "ja"; false, "no", "nej"; null, "unknown", "okänt". Anything else is no answer.
std::optional<Truth> truth_of(const json::value&);

}  // namespace samband
