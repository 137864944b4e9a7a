#include "base/time.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace samband {
namespace {

using namespace std::chrono;

Time at(std::string_view text) { return parse_rfc3339(text).value(); }
Date day_of(std::string_view text) { return parse_date(text).value(); }

TEST(Rfc3339, RoundTrips) {
  for (const char* text : {"2026-11-22T10:15:30.123Z", "1970-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z",
                           "2024-02-29T00:00:00.000Z"}) {
    EXPECT_EQ(to_rfc3339(at(text)), text);
  }
}

TEST(Rfc3339, AcceptsOffsetsAndFractions) {
  EXPECT_EQ(to_rfc3339(at("2026-11-22T00:15:30+01:00")), "2026-11-21T23:15:30.000Z");
  EXPECT_EQ(to_rfc3339(at("2026-11-22t10:15:30.1z")), "2026-11-22T10:15:30.100Z");
  EXPECT_EQ(to_rfc3339(at("2026-11-22T10:15:30.123987654-00:30")), "2026-11-22T10:45:30.123Z");
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T10:15:30", "2026-11-22 10:15:30Z", "2026-02-29T10:15:30Z", "2026-13-01T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T10:60:00Z", "2026-11-22T10:15:60Z", "2026-11-22T10:15:30.Z",
        "2026-11-22T10:15:30.1234567890Z", "2026-11-22T10:15:30+1:00", "2026-11-22T10:15:30+24:00",
        "2026-11-22T10:15:30ZZ", " 2026-11-22T10:15:30Z", "2026-11-22T10:15Z", "2026-11-22T10:15:30+01:60"}) {
    EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
  }
}

TEST(DateText, RoundTripsAndRefuses) {
  EXPECT_EQ(to_string(day_of("2026-03-01")), "2026-03-01");
  for (const char* text :
       {"", "2026-3-1", "20260301", "2026-02-30", "2026-00-10", "2026-03-00", "2026-03-01T", "+026-03-01"}) {
    EXPECT_FALSE(parse_date(text).has_value()) << text;
  }
}

TEST(Stockholm, FollowsSummerTime) {
  EXPECT_EQ(to_string(stockholm_date(at("2026-11-22T22:59:59.999Z"))), "2026-11-22");
  EXPECT_EQ(to_string(stockholm_date(at("2026-11-22T23:00:00Z"))), "2026-11-23");
  EXPECT_EQ(to_string(stockholm_date(at("2026-07-01T22:00:00Z"))), "2026-07-02");
  EXPECT_EQ(stockholm_minute_of_day(at("2026-11-22T23:00:59Z")), 0);
  EXPECT_EQ(stockholm_minute_of_day(at("2026-07-01T21:59:00Z")), 1439);
  EXPECT_EQ(stockholm_minute_of_day(at("2026-03-29T00:59:59Z")), 119);
  EXPECT_EQ(stockholm_minute_of_day(at("2026-03-29T01:00:00Z")), 180);
}

TEST(Stockholm, MidnightIsTheFirstInstantOfTheDate) {
  EXPECT_EQ(to_rfc3339(stockholm_midnight(day_of("2026-11-22"))), "2026-11-21T23:00:00.000Z");
  EXPECT_EQ(to_rfc3339(stockholm_midnight(day_of("2026-07-02"))), "2026-07-01T22:00:00.000Z");
  for (sys_days d{day_of("2026-01-01")}; d < sys_days{day_of("2027-01-01")}; d += days{1}) {
    const Time first = stockholm_midnight(Date{d});
    EXPECT_EQ(stockholm_date(first), Date{d});
    EXPECT_NE(stockholm_date(first - milliseconds{1}), Date{d});
  }
}

// The calendar of 2026 as published, Monday to Friday holidays only.
TEST(WorkingDay, KnowsTheSwedishCalendar) {
  const std::set<std::string> off = {"2026-01-01", "2026-01-06", "2026-04-03", "2026-04-06", "2026-05-01",
                                     "2026-05-14", "2026-06-19", "2026-12-24", "2026-12-25", "2026-12-31"};
  for (sys_days d{day_of("2026-01-01")}; d < sys_days{day_of("2027-01-01")}; d += days{1}) {
    const weekday name{d};
    const bool expected = name != Saturday && name != Sunday && !off.contains(to_string(Date{d}));
    EXPECT_EQ(is_working_day(Date{d}), expected) << to_string(Date{d});
  }
}

TEST(WorkingDay, KnowsOtherYears) {
  // Easter Monday at its earliest and latest here; the national day on a Friday; midsummer eve; Whit Monday until 2004.
  for (const char* off :
       {"2008-03-24", "2038-04-26", "2025-06-06", "2025-06-20", "2024-06-21", "2004-05-31", "2025-05-29"}) {
    EXPECT_FALSE(is_working_day(day_of(off))) << off;
  }
  for (const char* on :
       {"2005-05-16", "2001-06-06", "2025-06-19", "2026-10-30", "2026-12-23", "2026-12-30", "2026-01-05"}) {
    EXPECT_TRUE(is_working_day(day_of(on))) << on;
  }
}

// 2024-2035, the days off from Monday to Friday: lag (1989:253), and the eves that lag (1930:173) 2 § counts with them
// (midsommarafton, julafton, nyårsafton). Written out from the tables of the moon's cycle, not by the code under test.
TEST(WorkingDay, AgreesWithAListOfTwelveYears) {
  const std::vector<std::pair<int, std::string>> years = {
      {2024, "01-01 03-29 04-01 05-01 05-09 06-06 06-21 12-24 12-25 12-26 12-31"},
      {2025, "01-01 01-06 04-18 04-21 05-01 05-29 06-06 06-20 12-24 12-25 12-26 12-31"},
      {2026, "01-01 01-06 04-03 04-06 05-01 05-14 06-19 12-24 12-25 12-31"},
      {2027, "01-01 01-06 03-26 03-29 05-06 06-25 12-24 12-31"},
      {2028, "01-06 04-14 04-17 05-01 05-25 06-06 06-23 12-25 12-26"},
      {2029, "01-01 03-30 04-02 05-01 05-10 06-06 06-22 12-24 12-25 12-26 12-31"},
      {2030, "01-01 04-19 04-22 05-01 05-30 06-06 06-21 12-24 12-25 12-26 12-31"},
      {2031, "01-01 01-06 04-11 04-14 05-01 05-22 06-06 06-20 12-24 12-25 12-26 12-31"},
      {2032, "01-01 01-06 03-26 03-29 05-06 06-25 12-24 12-31"},
      {2033, "01-06 04-15 04-18 05-26 06-06 06-24 12-26"},
      {2034, "01-06 04-07 04-10 05-01 05-18 06-06 06-23 12-25 12-26"},
      {2035, "01-01 03-23 03-26 05-01 05-03 06-06 06-22 12-24 12-25 12-26 12-31"},
  };
  for (const auto& [y, list] : years) {
    std::set<std::string> off;
    for (std::size_t i = 0; i < list.size(); i += 6) off.insert(std::to_string(y) + "-" + list.substr(i, 5));
    for (sys_days d{Date{year{y}, January, day{1}}}; d < sys_days{Date{year{y + 1}, January, day{1}}}; d += days{1}) {
      const weekday name{d};
      const bool expected = name != Saturday && name != Sunday && !off.contains(to_string(Date{d}));
      ASSERT_EQ(is_working_day(Date{d}), expected) << to_string(Date{d});
      // The next working day is the first one after: nothing between is worked.
      const sys_days next{next_working_day(Date{d})};
      ASSERT_GT(next, d);
      ASSERT_TRUE(is_working_day(Date{next}));
      for (sys_days between = d + days{1}; between < next; between += days{1})
        ASSERT_FALSE(is_working_day(Date{between})) << to_string(Date{between});
      ASSERT_LE((next - d).count(), 6) << to_string(Date{d});
    }
  }
}

// Påskdagen, pingstdagen, midsommardagen and alla helgons dag fall on weekends and are off in every year.
TEST(WorkingDay, HolidaysOnWeekendsAreOff) {
  for (const char* off :
       {"2024-03-31", "2025-06-08", "2026-06-20", "2026-10-31", "2027-05-16", "2030-11-02", "2035-05-13"})
    EXPECT_FALSE(is_working_day(day_of(off))) << off;
  // The day after a holiday is worked: annandag pingst is no holiday since 2005, nor is the day before a holiday.
  for (const char* on :
       {"2024-05-20", "2026-05-25", "2026-05-13", "2026-05-15", "2026-06-18", "2026-04-30", "2026-10-30"})
    EXPECT_TRUE(is_working_day(day_of(on))) << on;
}

// The change of clocks in these years: the last Sundays of March and October.
TEST(Stockholm, DaysOfTheChangeOfClocksHave23And25Hours) {
  const std::vector<std::pair<const char*, const char*>> changes = {
      {"2024-03-31", "2024-10-27"}, {"2025-03-30", "2025-10-26"}, {"2026-03-29", "2026-10-25"},
      {"2027-03-28", "2027-10-31"}, {"2028-03-26", "2028-10-29"}, {"2029-03-25", "2029-10-28"},
      {"2030-03-31", "2030-10-27"}, {"2031-03-30", "2031-10-26"}, {"2032-03-28", "2032-10-31"},
      {"2033-03-27", "2033-10-30"}, {"2034-03-26", "2034-10-29"}, {"2035-03-25", "2035-10-28"}};
  for (const auto& [spring, autumn] : changes) {
    const auto length = [](const char* on) {
      const sys_days d{day_of(on)};
      return duration_cast<hours>(stockholm_midnight(Date{d + days{1}}) - stockholm_midnight(Date{d})).count();
    };
    EXPECT_EQ(length(spring), 23) << spring;
    EXPECT_EQ(length(autumn), 25) << autumn;
  }
}

TEST(NextWorkingDay, IsStrictlyAfter) {
  EXPECT_EQ(to_string(next_working_day(day_of("2026-11-20"))), "2026-11-23");
  EXPECT_EQ(to_string(next_working_day(day_of("2026-11-23"))), "2026-11-24");
  EXPECT_EQ(to_string(next_working_day(day_of("2026-12-23"))), "2026-12-28");
  EXPECT_EQ(to_string(next_working_day(day_of("2026-04-02"))), "2026-04-07");
}

TEST(Age, CountsWholeYears) {
  const auto age = [](const char* birth, const char* on) { return age_on(day_of(birth), day_of(on)); };
  EXPECT_EQ(age("2008-11-22", "2026-11-21"), 17);
  EXPECT_EQ(age("2008-11-22", "2026-11-22"), 18);
  EXPECT_EQ(age("2008-02-29", "2026-02-28"), 17);
  EXPECT_EQ(age("2008-02-29", "2026-03-01"), 18);
  EXPECT_EQ(age("2008-02-29", "2028-02-29"), 20);
  EXPECT_EQ(age("2026-11-22", "2026-11-22"), 0);
}

}  // namespace
}  // namespace samband
