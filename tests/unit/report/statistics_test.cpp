// Figures that a steering group may see: right, and never so small that they point to a person.
#include "report/statistics.hpp"

#include <gtest/gtest.h>

namespace samband::report {
namespace {

using Lines = std::map<std::pair<std::string, std::string>, Line>;

ExchangeRow row(const char* kind, const char* outcome, const char* at, bool received = false) {
  ExchangeRow r;
  r.kind = kind;
  r.outcome = outcome;
  r.created_at = parse_rfc3339(at).value();
  if (received) r.acknowledged_at = r.created_at;
  return r;
}

TEST(Statistics, SmallCountsAreSuppressedAndNothingIsNot) {
  EXPECT_EQ(shown(0), "0");
  EXPECT_EQ(shown(1), "<5");
  EXPECT_EQ(shown(4), "<5");
  EXPECT_EQ(shown(5), "5");
}

TEST(Statistics, CountsByMonthOfTheSwedishCalendarAndKind) {
  Lines lines;
  for (int i = 0; i < 6; ++i)
    count(lines, row("police.suspicion", "released", "2026-10-31T23:30:00Z", true));  // 1 November in Sweden
  count(lines, row("police.suspicion", "released", "2026-10-31T22:30:00Z"));
  count(lines, row("exchange.receipt", "released", "2026-11-01T10:00:00Z"));
  ASSERT_EQ(lines.size(), 2u);
  const Line& november = lines.at({"2026-11", "police.suspicion"});
  EXPECT_EQ(november.total, 6);
  EXPECT_EQ(november.received, 6);
  EXPECT_EQ(lines.at({"2026-10", "police.suspicion"}).total, 1);
}

TEST(Statistics, ATotalDoesNotGiveASuppressedPartAway) {
  Lines lines;
  for (int i = 0; i < 9; ++i) count(lines, row("police.lob", "released", "2026-11-02T10:00:00Z"));
  count(lines, row("police.lob", "refused", "2026-11-02T10:00:00Z"));
  const json::array out = to_json({lines.begin()->second});
  const json::object& line = out.at(0).as_object();
  EXPECT_EQ(line.at("released").as_string(), "9");
  EXPECT_EQ(line.at("refused").as_string(), "<5");
  EXPECT_EQ(line.at("total").as_string(), "suppressed");
}

TEST(Statistics, WithoutSmallPartsTheTotalIsShown) {
  Lines lines;
  for (int i = 0; i < 9; ++i) count(lines, row("police.lob", "released", "2026-11-02T10:00:00Z"));
  EXPECT_EQ(to_json({lines.begin()->second}).at(0).at("total").as_string(), "9");
}

}  // namespace
}  // namespace samband::report
