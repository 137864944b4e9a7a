// Deadlines of a route: which step begins and which ends them, when the reminder comes, and that the form 3 clock
// counts from the later of service and receipt.
#include "follow_up/step_deadlines.hpp"

#include <gtest/gtest.h>

namespace samband {
namespace {

Time at(const char* text) { return parse_rfc3339(text).value(); }

Route route_with(StepDeadline deadline) {
  Route route;
  route.id = "r";
  route.deadlines.push_back(std::move(deadline));
  return route;
}

StepDeadline talk() {
  StepDeadline d;
  d.id = "personal_talk", d.starts = "sent", d.met_by = {"contacted", "first_visit"};
  d.within = parse_time_limit("24 hours").value();
  d.remind = std::chrono::hours(4);
  return d;
}

TEST(StepDeadlines, BeginWithTheirStepAloneAndRemindBefore) {
  const Route route = route_with(talk());
  const Time sent = at("2026-10-24T20:00:00Z");  // the clocks turn that night
  EXPECT_TRUE(begun_by(&route, "e", "received", sent).empty());
  EXPECT_TRUE(begun_by(nullptr, "e", "sent", sent).empty());
  const auto rows = begun_by(&route, "e", "sent", sent);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].what, "step:personal_talk");
  EXPECT_EQ(to_rfc3339(rows[0].at), "2026-10-25T16:00:00.000Z");
  EXPECT_EQ(to_rfc3339(due_of(*deadline_of(&route, rows[0]), rows[0])), "2026-10-25T20:00:00.000Z");
}

TEST(StepDeadlines, EndInTimeLateOrWithTheLife) {
  const Route route = route_with(talk());
  const Time sent = at("2026-11-22T10:00:00Z");
  const auto open = begun_by(&route, "e", "sent", sent);
  EXPECT_TRUE(ended_by(&route, open, "accepted", sent).empty());
  auto ended = ended_by(&route, open, "contacted", sent + std::chrono::hours(24));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_TRUE(ended[0].met && ended[0].in_time);
  ended = ended_by(&route, open, "contacted", sent + std::chrono::hours(24) + std::chrono::milliseconds(1));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_TRUE(ended[0].met);
  EXPECT_FALSE(ended[0].in_time);
  ended = ended_by(&route, open, "declined", sent);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_FALSE(ended[0].met);
}

TEST(StepDeadlines, AReminderInThePastIsDueAtOnce) {
  StepDeadline d = talk();
  d.remind = std::chrono::hours(48);
  const Route route = route_with(d);
  const Time sent = at("2026-11-22T10:00:00Z");
  EXPECT_EQ(begun_by(&route, "e", "sent", sent).at(0).at, sent);
}

// JB 12:44: three weeks from the later of service on the tenant and the board's receipt, and two working days.
TEST(StepDeadlines, FormThreeCountsFromTheLaterOfServiceAndReceipt) {
  StepDeadline d;
  d.id = "tenancy_recovery", d.starts = "served", d.met_by = {"averted"};
  d.within = parse_time_limit("3 weeks + 2 working days").value();
  d.within.to_working_day = true;
  const Route route = route_with(d);
  const Time receipt = at("2026-11-02T10:00:00Z");
  EXPECT_EQ(begun_by(&route, "e", "received", receipt, at("2026-10-30T00:00:00Z")).at(0).opened_at, receipt);
  EXPECT_EQ(begun_by(&route, "e", "received", receipt, at("2026-11-04T00:00:00Z")).at(0).opened_at,
            at("2026-11-04T00:00:00Z"));
  EXPECT_EQ(begun_by(&route, "e", "received", receipt, at("2099-11-04T00:00:00Z")).at(0).opened_at, receipt)
      << "a slip of the pen does not put the reminders off";
  EXPECT_EQ(to_rfc3339(begun_by(&route, "e", "received", receipt).at(0).at), "2026-11-25T22:59:59.999Z");
  EXPECT_TRUE(begun_by(&route, "e", "served", receipt).empty()) << "no step of that name exists";
}

}  // namespace
}  // namespace samband
