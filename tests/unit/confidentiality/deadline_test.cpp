// Deadlines of the shipped duties in the Swedish calendar: at once, the same day, the next working day, within one
// week.
#include "support.hpp"

namespace samband::testing {
namespace {

using namespace std::chrono;

// The duty's due time for a rule set with one duty of this deadline.
Time due(std::string_view deadline, Time now) {
  auto rules = tiny_rules();
  rules.rules[0].modality = "must";
  rules.rules[0].deadline = deadline;
  auto w = tiny_world().field("identity");
  w.now = now;
  return w.decide(rules).duty()->due;
}

TEST(Deadlines, AtOnceIsNow) {
  const Time now = at("2026-12-24T22:30:00Z");
  EXPECT_EQ(due("at_once", now), now) << "no holiday moves it";
}

// Every day of twelve years, at an hour that is already the next day in Stockholm and at noon.
TEST(Deadlines, FallOnTheLastSecondOfTheRightLocalDay) {
  for (sys_days d{day("2024-01-01")}; d < sys_days{day("2036-01-01")}; d += days{1})
    for (const hours hour : {hours{11}, hours{23}}) {
      const Time now = Time{d} + hour;
      const Date today = stockholm_date(now);
      const auto last_second = [](Date on) {
        const Date after{sys_days{on} + days{1}};
        return stockholm_midnight(after) - seconds{1};
      };
      ASSERT_EQ(due("same_day", now), last_second(today)) << to_rfc3339(now);
      ASSERT_EQ(due("next_working_day", now), last_second(next_working_day(today))) << to_rfc3339(now);
      Date week{sys_days{today} + days{7}};
      if (!is_working_day(week)) week = next_working_day(week);
      ASSERT_EQ(due("within_7_days", now), last_second(week)) << to_rfc3339(now);
      ASSERT_EQ(stockholm_minute_of_day(due("within_7_days", now)), 1439) << "23:59, whatever the clocks did";
    }
}

// Lag (1930:173): a week ends on the same weekday (1 §); on a Sunday, another public holiday, a Saturday or one of the
// three eves the last day is the next working day (2 §). "At once", "the same day" and a working day are moved by
// nothing.
TEST(Deadlines, AWeekThatEndsOnAHolidayEndsOnTheNextWorkingDay) {
  struct Row {
    const char *now, *due, *why;
  };
  for (const Row& row : {
           Row{"2026-11-23T11:00:00Z", "2026-11-30T22:59:59.000Z", "a Monday to the Monday after"},
           Row{"2026-11-21T11:00:00Z", "2026-11-30T22:59:59.000Z", "Saturday"},
           Row{"2026-11-22T11:00:00Z", "2026-11-30T22:59:59.000Z", "Sunday"},
           Row{"2026-12-17T11:00:00Z", "2026-12-28T22:59:59.000Z",
               "Christmas Eve, a Thursday, then two holidays, a Saturday among them"},
           Row{"2026-12-24T11:00:00Z", "2027-01-04T22:59:59.000Z", "New Year's Eve, then New Year and a weekend"},
           Row{"2026-12-30T11:00:00Z", "2027-01-07T22:59:59.000Z", "Epiphany"},
           Row{"2026-03-27T11:00:00Z", "2026-04-07T21:59:59.000Z", "Good Friday to the Tuesday after Easter"},
           Row{"2026-04-24T11:00:00Z", "2026-05-04T21:59:59.000Z", "the first of May, a Friday"},
           Row{"2026-05-07T11:00:00Z", "2026-05-15T21:59:59.000Z", "Ascension Day"},
           Row{"2026-05-30T11:00:00Z", "2026-06-08T21:59:59.000Z", "the national day, a Saturday"},
           Row{"2026-06-12T11:00:00Z", "2026-06-22T21:59:59.000Z", "Midsummer Eve"},
           // The clocks go forward on 29 March 2026 and back on 25 October: a day ends on its own local midnight.
           Row{"2026-03-22T22:59:59Z", "2026-03-30T21:59:59.000Z", "to the Sunday of the change, moved past it"},
           Row{"2026-03-22T23:00:00Z", "2026-03-30T21:59:59.000Z", "already Monday in Stockholm"},
           Row{"2026-03-25T11:00:00Z", "2026-04-01T21:59:59.000Z", "over the change forward"},
           Row{"2026-10-18T21:59:59Z", "2026-10-26T22:59:59.000Z", "to the Sunday of the change back, moved past it"},
           Row{"2026-10-18T22:00:00Z", "2026-10-26T22:59:59.000Z", "already Monday in Stockholm"},
           Row{"2026-10-21T11:00:00Z", "2026-10-28T22:59:59.000Z", "over the change back"},
       }) {
    EXPECT_EQ(to_rfc3339(due("within_7_days", at(row.now))), row.due) << row.why;
  }
  for (const char* holiday : {"2026-12-24T11:00:00Z", "2026-11-22T11:00:00Z", "2026-04-03T11:00:00Z"}) {
    EXPECT_EQ(due("at_once", at(holiday)), at(holiday));
    EXPECT_EQ(stockholm_date(due("same_day", at(holiday))), stockholm_date(at(holiday)));
  }
}

TEST(Deadlines, OfLobNoticesOverTheHolidays) {
  const auto lob = [](std::string_view now) {
    World w("police", "social_board", "police.lob", "need_of_help");
    w.now = at(now);
    w.person("subject", 30);
    w.field("identity").fact("identity_established", true, "p1").fact("need_of_help", true, "p1");
    return to_rfc3339(w.decide().duty()->due);
  };
  EXPECT_EQ(lob("2026-04-02T20:00:00Z"), "2026-04-07T21:59:59.000Z") << "Maundy Thursday to the Tuesday after Easter";
  EXPECT_EQ(lob("2026-05-13T10:00:00Z"), "2026-05-15T21:59:59.000Z") << "over Ascension Day";
  EXPECT_EQ(lob("2026-06-18T10:00:00Z"), "2026-06-22T21:59:59.000Z") << "over Midsummer";
  EXPECT_EQ(lob("2026-10-30T10:00:00Z"), "2026-11-02T22:59:59.000Z") << "over All Saints' Day";
  EXPECT_EQ(lob("2026-12-23T10:00:00Z"), "2026-12-28T22:59:59.000Z") << "over Christmas";
  EXPECT_EQ(lob("2026-12-30T10:00:00Z"), "2027-01-04T22:59:59.000Z") << "over New Year";
  EXPECT_EQ(lob("2027-01-05T10:00:00Z"), "2027-01-07T22:59:59.000Z") << "over Epiphany";
  EXPECT_EQ(lob("2026-03-27T23:30:00Z"), "2026-03-30T21:59:59.000Z") << "already Saturday, and the clocks change";
  EXPECT_EQ(lob("2026-10-23T22:30:00Z"), "2026-10-26T22:59:59.000Z") << "already Saturday, and the clocks change back";
}

}  // namespace
}  // namespace samband::testing
