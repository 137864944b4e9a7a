// Answers that no person gives are seen; those that a person may well give are not.
#include "follow_up/sameness.hpp"

#include <gtest/gtest.h>

namespace samband {
namespace {

const Time kStart = parse_rfc3339("2026-11-22T10:00:00Z").value();
const SamenessLimits kLimits;

// `minutes` apart.
AnswersRow answered(int count, int minutes, auto value_of, auto about_of, auto assessor_of) {
  AnswersRow row{"police-west", "need_of_help", "", {}};
  for (int i = 0; i < count; ++i)
    add_answer(row, {row.code, value_of(i), about_of(i), assessor_of(i), {}},
               kStart + std::chrono::minutes(i * minutes), kLimits);
  return row;
}
std::string each(int i) { return "x-" + std::to_string(i); }
std::string one(int) { return "officer-1"; }
bool always(int) { return true; }

TEST(Sameness, TheSameForEverybodyIsSeenFromTheMinimumOn) {
  EXPECT_FALSE(look_at(answered(19, 5, always, each, one), kLimits).identical);
  const auto found = look_at(answered(20, 5, always, each, one), kLimits);
  EXPECT_TRUE(found.identical);
  EXPECT_FALSE(found.too_fast);
  EXPECT_TRUE(found.value);
  EXPECT_EQ(found.share, 1.0);
  EXPECT_EQ(found.assessors, 1);
  EXPECT_TRUE(look_at(answered(20, 5, [](int) { return false; }, each, each), kLimits).identical) << "no is an answer";
}

TEST(Sameness, APersonsMixIsNot) {
  EXPECT_FALSE(look_at(answered(50, 5, [](int i) { return i % 10 != 0; }, each, one), kLimits).identical);
  EXPECT_TRUE(look_at(answered(50, 5, [](int i) { return i != 7; }, each, one), kLimits).identical) << "49 of 50";
  EXPECT_FALSE(look_at(answered(50, 5, [](int i) { return i > 7 || i < 6; }, each, one), kLimits).identical);
}

TEST(Sameness, OneExchangeAnsweredAgainIsOneAnswer) {
  const auto found = look_at(answered(40, 5, always, [](int) { return std::string("x"); }, one), kLimits);
  EXPECT_EQ(found.answers, 1);
  EXPECT_FALSE(found.identical);
}

TEST(Sameness, OnlyTheWindowCounts) {
  const auto found = look_at(answered(90, 5, [](int i) { return i >= 40; }, each, one), kLimits);
  EXPECT_EQ(found.answers, 50);
  EXPECT_TRUE(found.identical);
}

TEST(Sameness, FasterThanAPersonIsSeenAndManyPersonsAreNot) {
  const auto mixed = [](int i) { return i % 2 == 0; };
  EXPECT_FALSE(look_at(answered(20, 0, mixed, each, one), kLimits).too_fast);
  EXPECT_TRUE(look_at(answered(21, 0, mixed, each, one), kLimits).too_fast);
  EXPECT_FALSE(look_at(answered(30, 0, mixed, each, each), kLimits).too_fast);
  EXPECT_FALSE(look_at(answered(30, 1, mixed, each, one), kLimits).too_fast);
}

// The line was down over night: thirty answers come in one second, given five minutes apart.
TEST(Sameness, ABacklogIsCountedByWhenItsAnswersWereGiven) {
  const auto arrived = [](auto given_at) {
    AnswersRow row{"police-west", "need_of_help", "", {}};
    for (int i = 0; i < 30; ++i)
      add_answer(row, {row.code, i % 2 == 0, each(i), "officer-1", given_at(i)}, kStart, kLimits);
    return look_at(row, kLimits).too_fast;
  };
  using std::chrono::minutes;
  EXPECT_FALSE(arrived([](int i) { return kStart - minutes(5 * (30 - i)); }));
  EXPECT_FALSE(arrived([](int i) { return kStart - minutes(5 * i + 1); })) << "newest first";
  EXPECT_TRUE(arrived([](int) { return kStart - minutes(300); }))
      << "thirty at one time are a machine's, whenever they come";
  EXPECT_TRUE(arrived([](int i) { return kStart - std::chrono::hours(24 * 8 + i); }))
      << "of too long ago: as they come";
  EXPECT_TRUE(arrived([](int i) { return kStart + minutes(5 * i + 5); })) << "nobody answers in the future";
}

TEST(Sameness, IsSaidOnceAndAgainAfterADay) {
  AnswersRow row = answered(20, 5, always, each, one);
  const auto found = look_at(row, kLimits);
  EXPECT_TRUE(needs_alarm(row, found, kStart));
  row.alarmed_at = kStart;
  EXPECT_FALSE(needs_alarm(row, found, kStart + std::chrono::hours(23)));
  EXPECT_TRUE(needs_alarm(row, found, kStart + std::chrono::hours(24)));
  EXPECT_FALSE(needs_alarm(row, Sameness{}, kStart));
  EXPECT_FALSE(row.alarmed_at) << "a new crossing is said anew";
}

TEST(Sameness, TheRowNamesNobody) {
  const AnswersRow row = answered(3, 5, always, each, one);
  EXPECT_EQ(row.recent.find("officer"), std::string::npos);
  EXPECT_EQ(row.recent.find("x-"), std::string::npos);
}

}  // namespace
}  // namespace samband
