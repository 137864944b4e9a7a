// Time as values: UTC instants in milliseconds, and the Swedish calendar (Europe/Stockholm).
// Pure functions and one Clock interface; thread-safe.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace samband {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Date = std::chrono::year_month_day;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};
// The machine's clock.
const Clock& system_clock();

// "2026-11-22T10:15:30.123Z" (RFC 3339, always UTC, always milliseconds).
std::string to_rfc3339(Time);
// Accepts offsets and 0-9 fractional digits (cut to milliseconds).
Result<Time> parse_rfc3339(std::string_view);
// "2026-11-22"
std::string to_string(Date);
Result<Date> parse_date(std::string_view);

// Calendar date in Europe/Stockholm at an instant.
Date stockholm_date(Time);
// Minutes since local midnight in Europe/Stockholm (0..1439).
int stockholm_minute_of_day(Time);
// First instant of a local date.
Time stockholm_midnight(Date);
// Lag (1989:253) om allmänna helgdagar, plus Saturdays, midsommarafton, julafton, nyårsafton (lag 1930:173 2 §).
bool is_working_day(Date);
// The first working day strictly after the date.
Date next_working_day(Date);
// Whole years on a date. Somebody born on 29 February grows a year older on 1 March in common years, so that a
// protection "under N" never ends a day early.
int age_on(Date birth, Date on);

}  // namespace samband
