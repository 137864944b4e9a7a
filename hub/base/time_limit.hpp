// A time limit in the words of a configuration file, and when it ends in the Swedish calendar. Pure; thread-safe.
//
//   "24 hours"  "2 days"  "1 week"  "3 weeks + 2 working days"  "same day"  "next working day"
//
// Hours run by the clock. Days and weeks count from the day after the start and end with that day (23:59:59.999,
// Europe/Stockholm); working days skip what is none (lag 1989:253, lag 1930:173 2 §).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace samband {

struct TimeLimit {
  enum class Unit { hours, days, working_days };
  struct Part {
    Unit unit = Unit::days;
    int count = 0;
  };
  std::vector<Part> parts;
  // What ends on a Saturday, a Sunday or a holiday ends on the next working day instead (lag 1930:173).
  bool to_working_day = false;
};

// At most four parts of at most 1000. Errors: invalid_input.
Result<TimeLimit> parse_time_limit(std::string_view);
Time end_of(const TimeLimit&, Time start);
// Last instant of a local date.
Time stockholm_end_of(Date);

}  // namespace samband
