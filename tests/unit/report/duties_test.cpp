// Every duty has an end on record: in time, late, in part or missed; and none is counted so small that it tells of a
// person.
#include "report/duties.hpp"

#include <gtest/gtest.h>

#include "delivery/acknowledge.hpp"

namespace samband::report {
namespace {

const Time kStart = parse_rfc3339("2026-11-20T10:00:00Z").value();
constexpr std::chrono::hours kHour{1};

ExchangeRow row(std::string_view due, bool confirm = false) {
  ExchangeRow r;
  r.id = "x", r.sender = "police-west", r.fingerprint = "f", r.created_at = kStart;
  json::object explanation{{"obligations", json::array{}}, {"duty", nullptr}};
  if (confirm) explanation["obligations"] = json::array{"confirm_same_day"};
  if (!due.empty()) explanation["duty"] = json::object{{"rule", "POL-SN-LOB"}, {"modality", "must"}, {"due", due}};
  r.explanation = json::serialize(explanation);
  return r;
}

TEST(Duties, InTimeLateMissedAndOpen) {
  ExchangeRow r = row("2026-11-20T12:00:00Z");
  EXPECT_EQ(fulfilment_of(r, false, {}, kStart), Fulfilment::open);
  EXPECT_EQ(fulfilment_of(r, true, {}, kStart + 3 * kHour), Fulfilment::missed);
  r.acknowledged_at = kStart + 2 * kHour;
  EXPECT_EQ(fulfilment_of(r, false, {}, kStart + 9 * kHour), Fulfilment::in_time);
  EXPECT_EQ(fulfilment_of(r, true, {}, kStart + 9 * kHour), Fulfilment::in_part);
  r.acknowledged_at = kStart + 3 * kHour;
  EXPECT_EQ(fulfilment_of(r, false, {}, kStart + 9 * kHour), Fulfilment::late);
}

TEST(Duties, AtOnceAllowsWhatMachinesNeed) {
  ExchangeRow r = row("2026-11-20T10:00:00Z");
  r.acknowledged_at = kStart + kAtOnceGrace;
  EXPECT_EQ(fulfilment_of(r, false, {}, kStart), Fulfilment::in_time);
  EXPECT_EQ(fulfilment(*duty_of(r), kStart + kAtOnceGrace), "duty_fulfilled");
  EXPECT_EQ(fulfilment(*duty_of(r), kStart + kAtOnceGrace + std::chrono::seconds(1)), "duty_late");
}

TEST(Duties, AConfirmationMeetsWhatAsksForOne) {
  ExchangeRow r = row("2026-11-20T10:00:00Z", true);
  r.acknowledged_at = kStart;
  EXPECT_EQ(duty_of(r)->due, parse_rfc3339("2026-11-20T22:59:59.999Z").value());
  EXPECT_EQ(fulfilment_of(r, false, {}, kStart + kHour), Fulfilment::open);
  EXPECT_EQ(fulfilment_of(r, false, {}, kStart + 24 * kHour), Fulfilment::missed);
  EXPECT_EQ(fulfilment_of(r, false, kStart + 2 * kHour, kStart + 24 * kHour), Fulfilment::in_time);
}

TEST(Duties, WithoutADutyOrTakenBackIsNotCounted) {
  EXPECT_FALSE(fulfilment_of(row(""), false, {}, kStart));
  ExchangeRow r = row("2026-11-20T12:00:00Z");
  r.life = "recalled";
  EXPECT_FALSE(fulfilment_of(r, false, {}, kStart));
  r.life = "", r.fingerprint = "";
  EXPECT_FALSE(fulfilment_of(r, false, {}, kStart));
}

TEST(Duties, WhatIsHeldIsSeenButNotAnOfficialsName) {
  ExchangeRow r;
  r.explanation = R"({"fields":{"held":[{"category":"document","count":1}]}})";
  EXPECT_TRUE(holds_something(r));
  r.explanation = R"({"fields":{"held":[{"category":"official","count":1}]}})";
  EXPECT_FALSE(holds_something(r));
  r.explanation = R"({"fields":{"held":[]}})";
  EXPECT_FALSE(holds_something(r));
}

TEST(Duties, SmallCountsAreSuppressedAndTheTotalWithThem) {
  DutyLine line{"POL-SN-LOB", "police-west", {{Fulfilment::in_time, 12}, {Fulfilment::missed, 2}}};
  const json::object shown = to_json(std::vector<DutyLine>{line}).at(0).as_object();
  EXPECT_EQ(shown.at("inTime").as_string(), "12");
  EXPECT_EQ(shown.at("missed").as_string(), "<5");
  EXPECT_EQ(shown.at("late").as_string(), "0");
  EXPECT_EQ(shown.at("total").as_string(), "suppressed");
  line.counts[Fulfilment::missed] = 5;
  EXPECT_EQ(to_json(std::vector<DutyLine>{line}).at(0).at("total").as_string(), "17");
}

}  // namespace
}  // namespace samband::report
