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
      ASSERT_EQ(due("within_7_days", now), last_second(Date{sys_days{today} + days{7}})) << to_rfc3339(now);
      ASSERT_EQ(stockholm_minute_of_day(due("within_7_days", now)), 1439) << "23:59, whatever the clocks did";
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
