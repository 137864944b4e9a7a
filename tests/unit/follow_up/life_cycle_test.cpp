// Which steps may follow which, and that nobody sets the hub's own.
#include "follow_up/life_cycle.hpp"

#include <gtest/gtest.h>

namespace samband {
namespace {

bool may(std::string_view from, std::string_view to) { return static_cast<bool>(check_life_step(from, to)); }

TEST(LifeCycle, AReferralRunsToItsEnd) {
  const char* path[] = {"received",           "accepted",    "first_visit_booked", "no_show",
                        "first_visit_booked", "first_visit", "in_progress",        "completed"};
  for (std::size_t i = 0; i + 1 < std::size(path); ++i)
    EXPECT_TRUE(may(path[i], path[i + 1])) << path[i] << " -> " << path[i + 1];
}

TEST(LifeCycle, AFinalStepIsFinal) {
  for (const char* last : {"declined", "completed", "broken_off", "recalled"})
    for (const char* next : {"accepted", "declined", "in_progress", "completed", "broken_off"})
      EXPECT_FALSE(may(last, next)) << last << " -> " << next;
}

TEST(LifeCycle, StepsAreNotSkipped) {
  EXPECT_FALSE(may("received", "completed"));
  EXPECT_FALSE(may("", "first_visit"));
  EXPECT_FALSE(may("accepted", "accepted"));
}

TEST(LifeCycle, TheHubsOwnStepsAreForbidden) {
  for (const char* own : {"sent", "received", "recalled"}) {
    auto r = check_life_step("received", own);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, Errc::forbidden);
  }
}

TEST(LifeCycle, AnUnknownStepIsNamedAsSuch) {
  auto r = check_life_step("received", "cured");
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::invalid_input);
  EXPECT_EQ(r.error().where, "/status");
  EXPECT_FALSE(is_life_step("cured"));
  EXPECT_TRUE(is_life_step("no_show"));
}

TEST(LifeCycle, AnEvictionNoticeIsConfirmedAfterReceipt) {
  EXPECT_TRUE(may("received", "confirmed"));
  EXPECT_FALSE(may("accepted", "confirmed"));
}

}  // namespace
}  // namespace samband
