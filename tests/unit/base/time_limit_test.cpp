// Time limits in words: which texts are one, and when they end, over weekends, holidays and the two days that have not
// 24 hours.
#include "base/time_limit.hpp"

#include <gtest/gtest.h>

namespace samband {
namespace {

std::string ends(std::string_view limit, std::string_view start, bool to_working_day = false) {
  auto parsed = parse_time_limit(limit);
  if (!parsed) return "refused";
  parsed->to_working_day = to_working_day;
  return to_rfc3339(end_of(*parsed, parse_rfc3339(start).value()));
}

TEST(TimeLimit, HoursRunByTheClock) {
  EXPECT_EQ(ends("24 hours", "2026-11-22T10:15:00Z"), "2026-11-23T10:15:00.000Z");
  EXPECT_EQ(ends("1 hour", "2026-11-22T23:30:00Z"), "2026-11-23T00:30:00.000Z");
}

TEST(TimeLimit, TwentyFourHoursAreTwentyFourAlsoWhenTheClocksTurn) {
  // 25 October 2026, 03:00 becomes 02:00; 28 March 2027, 02:00 becomes 03:00.
  EXPECT_EQ(ends("24 hours", "2026-10-24T20:00:00Z"), "2026-10-25T20:00:00.000Z");
  EXPECT_EQ(ends("24 hours", "2027-03-27T20:00:00Z"), "2027-03-28T20:00:00.000Z");
}

TEST(TimeLimit, DaysEndWithTheLocalDay) {
  EXPECT_EQ(ends("same day", "2026-11-22T10:15:00Z"), "2026-11-22T22:59:59.999Z");
  EXPECT_EQ(ends("same day", "2026-11-22T23:30:00Z"), "2026-11-23T22:59:59.999Z") << "past midnight in Stockholm";
  EXPECT_EQ(ends("2 days", "2026-11-20T10:00:00Z"), "2026-11-22T22:59:59.999Z");
  EXPECT_EQ(ends("2 weeks", "2026-06-01T10:00:00Z"), "2026-06-15T21:59:59.999Z");
  EXPECT_EQ(ends("1 day", "2026-10-24T10:00:00Z"), "2026-10-25T22:59:59.999Z") << "the day of 25 hours is whole";
  EXPECT_EQ(ends("1 day", "2027-03-27T10:00:00Z"), "2027-03-28T21:59:59.999Z") << "the day of 23 hours too";
}

TEST(TimeLimit, WorkingDaysSkipWeekendsAndHolidays) {
  EXPECT_EQ(ends("next working day", "2026-11-20T10:00:00Z"), "2026-11-23T22:59:59.999Z");
  // Friday 18 December: Monday to Wednesday; Christmas Eve to Sunday 27 are none.
  EXPECT_EQ(ends("4 working days", "2026-12-18T10:00:00Z"), "2026-12-28T22:59:59.999Z");
}

// JB 12:44: three weeks, and two working days more before an eviction may be decided.
TEST(TimeLimit, ThreeWeeksAndTwoWorkingDays) {
  EXPECT_EQ(ends("3 weeks + 2 working days", "2026-11-02T10:00:00Z", true), "2026-11-25T22:59:59.999Z");
  // 4 December + 21 days is Christmas Day, a Friday: the first working day after is Monday 28, and two more are the
  // 30th.
  EXPECT_EQ(ends("3 weeks + 2 working days", "2026-12-04T10:00:00Z", true), "2026-12-30T22:59:59.999Z");
  EXPECT_EQ(ends("3 weeks + 2 working days", "2026-12-04T10:00:00Z"), "2026-12-29T22:59:59.999Z");
}

TEST(TimeLimit, WhatIsNoneIsRefused) {
  for (const char* text : {"", "soon", "0 days", "-1 days", "1001 days", "3", "3 fortnights", "1 day +", "+ 1 day",
                           "1 day + 1 day + 1 day + 1 day + 1 day", "1.5 hours"})
    EXPECT_FALSE(parse_time_limit(text)) << text;
}

}  // namespace
}  // namespace samband
