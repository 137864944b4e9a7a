// Rows as property systems export them: dates, encodings, hostile files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json_tools.hpp"
#include "landlord/csv.hpp"
#include "landlord/rows.hpp"

namespace {

using namespace samband;
using namespace samband::plugin;
using testing::HasSubstr;
using testing::MatchesRegex;

const std::string kHeader = "Avtalsnummer;Datum;Hyresvärd;Hyresgäst;Kommun;Skuld;Förfallodatum\r\n";
std::string row(const std::string& lease, const std::string& name = "Test Testsson") {
  return lease + ";2026-11-20;Prov AB;" + name + ";0999;8 450,00;2026-10-31\r\n";
}

// "2 ok" or "3 Hyresgäst: begins as a formula" per row, or the file's error.
std::string said(std::string_view body, std::string_view media_type = "text/csv") {
  auto rows = read_rows(body, media_type, "urn:x", {});
  if (auto* e = std::get_if<sdk::Error>(&rows)) return "file: " + e->message;
  std::string out;
  for (const auto& text : std::get<0>(rows)) {
    const auto value = json::parse(text);
    const auto& o = value.as_object();
    out += (out.empty() ? "" : "\n") + std::to_string(o.at("sambandrow").as_int64()) + " ";
    const auto* problem = object_at(o, "sambandproblem");
    out +=
        problem ? std::string(string_at(*problem, "where")) + ": " + std::string(string_at(*problem, "detail")) : "ok";
  }
  return out;
}

TEST(RowDates, AreReadWhereOneDayIsMeantAndRefusedWhereTwoCouldBe) {
  for (const auto& [cell, date] :
       std::vector<std::pair<const char*, const char*>>{{"2026-10-31", "2026-10-31"},
                                                        {"2026-10-31 00:00:00", "2026-10-31"},
                                                        {"20261031", "2026-10-31"},
                                                        {"45961", "2025-10-31"},
                                                        {"36526", "2000-01-01"},
                                                        {"60326", "2065-02-28"},
                                                        {"31/10/2026", "2026-10-31"},
                                                        {"10/31/2026", "2026-10-31"},
                                                        {"31.10.2026", "2026-10-31"},
                                                        {"05/05/2026", "2026-05-05"},
                                                        {"2028-02-29", "2028-02-29"}})
    EXPECT_EQ(date_from(cell), date) << cell;
  for (const auto* cell : {"03/04/2026", "2026-02-30", "2026-13-01", "20260230", "99999", "1", "45961,5", "31/13/2026",
                           "26-10-31", "2026-10-31 08:00:00", "", "idag", "-45961", "2026/10/31", "31/10.2026"})
    EXPECT_EQ(date_from(cell), "") << cell;
}

TEST(RowDates, ADayBeginsAtMidnightInSweden) {
  EXPECT_EQ(start_of_day("2026-01-01"), "2025-12-31T23:00:00Z");
  EXPECT_EQ(start_of_day("2026-03-29"), "2026-03-28T23:00:00Z") << "summer time begins at two that night";
  EXPECT_EQ(start_of_day("2026-03-30"), "2026-03-29T22:00:00Z");
  EXPECT_EQ(start_of_day("2026-10-25"), "2026-10-24T22:00:00Z");
  EXPECT_EQ(start_of_day("2026-10-26"), "2026-10-25T23:00:00Z");
}

TEST(RowFiles, AreReadInTheirOwnEncoding) {
  const std::string utf8 = kHeader + row("1", "Åsa Öberg");
  EXPECT_EQ(said(utf8), "2 ok");
  EXPECT_EQ(said("\xEF\xBB\xBF" + utf8), "2 ok");
  EXPECT_EQ(said("sep=;\r\n" + utf8), "3 ok");
  const std::string latin =
      "Avtalsnummer;Datum;Hyresv\xE4rd;Hyresg\xE4st;Kommun;Skuld;F\xF6rfallodatum\r\n" + row("1",
                                                                                             "\xC5sa \xD6"
                                                                                             "berg");
  for (const auto* type : {"text/csv", "text/csv; charset=ISO-8859-1", "text/csv;charset=\"windows-1252\""})
    EXPECT_EQ(said(latin, type), "2 ok");
  EXPECT_EQ(json::parse(std::get<0>(read_rows(latin, "text/csv", "urn:x", {})).at(0))
                .at("data")
                .at("persons")
                .at(0)
                .at("familyName"),
            "Öberg");
  EXPECT_EQ(said(latin + row("2", "Åke Ek")), "2 ok\n3 Hyresgäst: not in the encoding of the rest of the file");
  EXPECT_EQ(said(utf8 + row("2", "\xC5ke Ek"), "text/csv; charset=utf-8"),
            "2 ok\n3 Hyresgäst: not in the encoding of the rest of the file");
  EXPECT_EQ(said(latin + row("2", "x\x81y")), "2 ok\n3 Hyresgäst: not in the encoding of the rest of the file");
  EXPECT_THAT(said("\xFF\xFEx"), HasSubstr("UTF-16"));
  EXPECT_THAT(said(utf8, "text/csv; charset=utf-7"), HasSubstr("charset"));
  EXPECT_THAT(said("\xEF\xBB\xBF" + utf8, "text/csv; charset=iso-8859-1"), HasSubstr("byte order mark"));
}

TEST(RowFiles, HostileOnesAreRefusedByTheRowOrWhole) {
  const std::string good = kHeader + row("1");
  EXPECT_EQ(said(good + row("2", std::string(1 << 20, 'x')) + row("3")),
            "2 ok\n3 Hyresgäst: longer than 8192 bytes\n4 ok");
  EXPECT_EQ(said(good + row("2", std::string("a\0b", 3)) + row("3")),
            "2 ok\n3 Hyresgäst: holds a control character\n4 ok");
  for (const auto* formula : {"=cmd|' /C calc'!A0", "@SUM(A1)", "+cmd", "-cmd", "=1+1", "\"=1\""})
    EXPECT_EQ(said(good + row("2", formula)), "2 ok\n3 Hyresgäst: begins as a formula") << formula;
  for (const auto* text : {"=\"0123\"", "\"=\"\"0123\"\"\""})
    EXPECT_EQ(said(good + row("2", text)), "2 ok\n3 ok") << text;
  for (const auto* text : {"=\"=1+1\"", "=\"a\"&B1", "=\"a\"\"b\"", "=\"a;b\"", "=\"", "=\"\"", "\"x\"=\"1\""})
    EXPECT_THAT(said(good + row("2", text) + row("3")), MatchesRegex("2 ok\n3 .*: .*\n4 ok")) << text;
  EXPECT_EQ(said(good + row("2", "\"open") + row("3")),
            "2 ok\n3 Hyresgäst: a quote is never closed: nothing after it was read");
  EXPECT_EQ(said(good + row("2", "\"a\"b") + row("3")),
            "2 ok\n3 Hyresgäst: a quote stands inside a cell that is not quoted\n4 ok");
  EXPECT_EQ(said(good + row("2", "a;b") + row("3")), "2 ok\n3 : more cells than the header row\n4 ok");
  EXPECT_EQ(said(good + row("2", "\"a;\r\n\"\"b\"\"\"") + row("3")), "2 ok\n3 ok\n5 ok") << "quoted as RFC 4180 has it";
  EXPECT_THAT(said(std::string(100, ';') + "\r\n"), HasSubstr("more than 64 columns"));
  EXPECT_THAT(said(""), HasSubstr("no delimiter"));
  EXPECT_THAT(said("\r\n\r\n"), HasSubstr("no delimiter"));
  EXPECT_THAT(said(std::string(1000, '"')), HasSubstr("no delimiter"));
  std::string many = kHeader;
  for (std::size_t i = 0; i < kCsvRowsMax; ++i) many += "\"\";\r\n";
  EXPECT_THAT(said(many), HasSubstr("no rows")) << "rows of nothing are none";
  many = kHeader;
  for (std::size_t i = 0; i < kCsvRowsMax; ++i) many += row("1");
  auto rows = read_rows(many, "text/csv", "urn:x", {});
  EXPECT_EQ(std::get<0>(rows).size(), kCsvRowsMax);
  EXPECT_THAT(said(many + row("1")), HasSubstr("more than 50000 rows"));
}

// Whatever bytes come: an answer, no crash, and no row that says nothing.
TEST(RowFiles, AnyChangeOfAGoodFileIsAnswered) {
  const std::string good = kHeader + row("1", "\"Test \"\"T\"\" Testsson\"") + row("2");
  std::uint32_t seed = 20261122;
  for (int i = 0; i < 4000; ++i) {
    std::string text = good;
    for (int k = 0; k < 3; ++k) {
      seed = seed * 1664525u + 1013904223u;
      text[(seed >> 8) % text.size()] = static_cast<char>(seed >> 24);
    }
    EXPECT_FALSE(said(text).empty());
  }
}

}  // namespace
