// Do the answers that one party gives to one question look like a person's? A system that answers the same for
// everybody, or faster than anybody can judge, shows here. The last answers are one row of the store. Pure.
//
// How fast is counted by when each answer was given, not by when it came: a backlog that arrives in one minute after a
// night without a line is no machine. A time of more than a week ago counts as now, so that nobody hides behind old
// dates; evenly forged ones still show as identical.
#pragma once
#include "store/store.hpp"

namespace samband {

struct SamenessLimits {
  int window = 50;           // answers that are kept
  int minimum = 20;          // fewer say nothing
  double same_share = 0.98;  // of one value, from here on
  int per_minute_max = 20;   // of one assessor
};

struct GivenAnswer {
  std::string code;  // fact code
  bool value = false;
  std::string about;  // message or exchange, and person: the same again is the same answer changed
  std::string assessor;
  Time at{};  // when it was given, by its signature or its message; Time{} = as it comes
};

struct Sameness {
  int answers = 0, assessors = 0;
  double share = 0;    // of the commoner value
  bool value = false;  // which that is
  bool identical = false, too_fast = false;
};

// `about` and `assessor` are kept as digests: the row says nothing about anybody.
void add_answer(AnswersRow&, const GivenAnswer&, Time now, const SamenessLimits&);
Sameness look_at(const AnswersRow&, const SamenessLimits&);
// Is it time to say so: when it begins, and again after a day while it lasts. What is no longer odd may begin anew.
bool needs_alarm(AnswersRow&, const Sameness&, Time now);

}  // namespace samband
