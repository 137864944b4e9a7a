// Which steps may follow which, and that nobody sets the hub's own.
#include "follow_up/life_cycle.hpp"

#include <gtest/gtest.h>

#include "model/vocabulary.hpp"

namespace samband {
namespace {

bool may(std::string_view from, std::string_view to, std::string_view kind = "care.referral") {
  return static_cast<bool>(check_life_step(from, to, kind));
}

TEST(LifeCycle, AReferralRunsToItsEnd) {
  const char* path[] = {"received",           "accepted",    "first_visit_booked", "no_show",
                        "first_visit_booked", "first_visit", "in_progress",        "completed"};
  for (std::size_t i = 0; i + 1 < std::size(path); ++i)
    EXPECT_TRUE(may(path[i], path[i + 1])) << path[i] << " -> " << path[i + 1];
}

TEST(LifeCycle, AFinalStepIsFinal) {
  for (const char* last : {"declined", "completed", "broken_off", "returned", "recalled"})
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
    auto r = check_life_step("received", own, "care.referral");
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, Errc::forbidden);
  }
}

TEST(LifeCycle, AnUnknownStepIsNamedAsSuch) {
  auto r = check_life_step("received", "cured", "care.referral");
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::invalid_input);
  EXPECT_EQ(r.error().where, "/status");
}

TEST(LifeCycle, EveryStepOfTheVocabularyIsOne) {
  // A step that the vocabulary has is legal for some kind and some current step, or is the hub's own.
  for (const std::string_view step : life_steps()) {
    bool known = false;
    for (const std::string_view kind : message_kinds())
      for (const std::string_view from : life_steps()) {
        auto r = check_life_step(from, step, kind);
        known = known || r || r.error().code == Errc::forbidden;
      }
    EXPECT_TRUE(known) << step;
  }
}

TEST(LifeCycle, StepsOfOneKindAreNotOfAnother) {
  EXPECT_TRUE(may("received", "inquiry_opened", "concern.report"));
  EXPECT_FALSE(may("received", "inquiry_opened", "rent.arrears"));
  EXPECT_TRUE(may("in_progress", "averted", "rent.arrears"));
  EXPECT_FALSE(may("in_progress", "averted", "care.referral"));
  EXPECT_TRUE(may("received", "judged_unsuitable", "sig.nomination"));
  EXPECT_FALSE(may("received", "savry_done", "concern.report"));
}

TEST(LifeCycle, AnInquiryIsDecidedWhateverHelpHasBegun) {
  for (const char* from : {"received", "accepted", "completion_requested", "queued", "forwarded", "first_visit_booked",
                           "no_show", "first_visit", "in_progress"})
    for (const char* step : {"inquiry_opened", "inquiry_not_opened", "inquiry_running"})
      EXPECT_TRUE(may(from, step, "concern.report")) << from << " " << step;
  for (const char* step :
       {"first_visit_booked", "first_visit", "in_progress", "completed", "broken_off", "forwarded"}) {
    EXPECT_TRUE(may("inquiry_opened", step, "concern.report")) << step;
    EXPECT_TRUE(may("inquiry_running", step, "concern.report")) << step;
    EXPECT_FALSE(may("inquiry_not_opened", step, "concern.report")) << step;
  }
  for (const char* from : {"completed", "broken_off", "declined", "returned", "recalled"})
    EXPECT_FALSE(may(from, "inquiry_opened", "concern.report")) << from;
  EXPECT_TRUE(may("completion_requested", "forwarded"));
}

TEST(LifeCycle, WhatIsBesideTheLifeEndsWithIt) {
  for (const char* step : {"contacted", "protection_assessed", "judged_suitable", "asked", "savry_done", "plan_made"})
    EXPECT_TRUE(is_beside(step)) << step;
  EXPECT_FALSE(is_beside("accepted"));
  EXPECT_TRUE(may("received", "contacted"));
  EXPECT_TRUE(may("in_progress", "contacted"));
  EXPECT_FALSE(may("completed", "contacted"));
  EXPECT_FALSE(may("recalled", "contacted"));
}

TEST(LifeCycle, AReporterLearnsOfTheInquiryAlone) {
  EXPECT_EQ(answer_to_reporter("inquiry_opened"), "opened");
  EXPECT_EQ(answer_to_reporter("inquiry_not_opened"), "not_opened");
  EXPECT_EQ(answer_to_reporter("inquiry_running"), "running");
  for (const char* step : {"accepted", "in_progress", "completed", "protection_assessed", "contacted"})
    EXPECT_EQ(answer_to_reporter(step), "") << step;
}

TEST(LifeCycle, AnEvictionNoticeIsConfirmedAfterReceipt) {
  EXPECT_TRUE(may("received", "confirmed"));
  EXPECT_FALSE(may("accepted", "confirmed"));
}

}  // namespace
}  // namespace samband
