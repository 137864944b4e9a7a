// Code lists, the vendor's own examples, and the calendar.
#include "municipal_case/code_lists.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "notice_text/notice_text.hpp"

namespace samband::municipal {
namespace {

TEST(SwedishDate, FollowsSummerTime) {
  EXPECT_EQ(swedish_date("2026-11-22T22:59:59Z"), "2026-11-22");
  EXPECT_EQ(swedish_date("2026-11-22T23:00:00.000Z"), "2026-11-23");
  EXPECT_EQ(swedish_date("2026-07-01T21:59:00Z"), "2026-07-01");
  EXPECT_EQ(swedish_date("2026-07-01T22:00:00Z"), "2026-07-02");
  EXPECT_EQ(swedish_date("2026-12-31T23:30:00Z"), "2027-01-01");
  EXPECT_EQ(swedish_date("2026-02-30T23:30:00Z"), "");
  EXPECT_EQ(swedish_date("today"), "");
}

TEST(BareId, TakesAPositiveIntegerOnly) {
  EXPECT_EQ(bare_id("98765"), 98765);
  for (const auto* body :
       {"", "\"98765\"", "0", "-1", "98765.5", "{\"Id\":1}", "98765 x", "99999999999999999999999999"})
    EXPECT_FALSE(bare_id(body)) << body;
}

std::string vendor_body(const std::string& file) {
  const char* env = std::getenv("SAMBAND_TESTDATA");
  const std::filesystem::path root = env ? env : std::string(SAMBAND_SOURCE_DIR) + "/../shared/testdata";
  std::ifstream in(root / "lifecare/wiremock/ActualisationsIT/__files" / file / "mappings/fc.json");
  std::ostringstream text;
  text << in.rdbuf();
  if (text.str().empty()) return {};
  return json::serialize(json::parse(text.str()).at("response").at("jsonBody"));
}

TEST(CodeLists, ReadsTheVendorsOwnExamples) {
  const auto proposals = vendor_body("test2_getActualisationProposal");
  const auto list = vendor_body("test1_getActualisations");
  if (proposals.empty() || list.empty()) GTEST_SKIP() << "no shared test data beside the sources; set SAMBAND_TESTDATA";
  CaseConfig config;
  config.kinds["care.status"] = {"Ansökan", "Behov", "Klient"};
  auto chosen = choose_entries(proposals, config, "care.status", "2025-04-01");
  ASSERT_TRUE(chosen.choice);
  EXPECT_EQ(chosen.choice->type, 1);
  EXPECT_EQ(chosen.choice->reason, 10);
  EXPECT_EQ(chosen.choice->from_who, 20);
  EXPECT_EQ(chosen.choice->unit, "U1");
  EXPECT_EQ(chosen.choice->document_type, 5);
  EXPECT_EQ(matching_ids(list, *chosen.choice), std::vector<std::int64_t>{1201});
  chosen.choice->date = "2025-04-02";
  EXPECT_EQ(matching_ids(list, *chosen.choice), std::vector<std::int64_t>{});
}

TEST(NoticeText, TheSendersWordsCannotPassForOurs) {
  const auto exchange = json::parse(R"({"exchangeId":"ex-1","kind":"concern.report","data":{
    "persons":[{"ref":"p1","role":"subject","givenName":"A\nUtbyte: falsk"}],
    "payload":{"concern":"oro\n# Rubrik","narrative":"rad\nUtbyte: falsk"},"text":"\nUtbyte: falsk\n"}})")
                            .as_object();
  const auto text = plugin::notice_text(exchange);
  std::size_t lines = 0;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines += line.starts_with("Utbyte: ");
  EXPECT_EQ(lines, 1u);
  EXPECT_NE(text.find("> Utbyte: falsk"), std::string::npos);
  EXPECT_EQ(text.find("\n# Rubrik"), std::string::npos);
}

TEST(NoticeText, HasNothingThatWasNotReleased) {
  const auto text =
      plugin::notice_text(json::parse(R"({"exchangeId":"ex-1","kind":"care.status","data":{}})").as_object());
  EXPECT_EQ(text,
            "# Status för remiss\n\nUtbyte: ex-1\n\nInnehåller endast de uppgifter som får lämnas ut för ändamålet.\n");
}

TEST(NoticeText, CutsOnACharacterAndWritesMoney) {
  EXPECT_EQ(plugin::one_line("åäö", 3), "å");
  EXPECT_EQ(plugin::one_line("a\r\nb\x01"), "a b ");
  EXPECT_EQ(plugin::kronor(123456789), "1 234 567,89 kr");
  EXPECT_EQ(plugin::kronor(5), "0,05 kr");
  EXPECT_EQ(plugin::kronor(-100), "-1,00 kr");
}

}  // namespace
}  // namespace samband::municipal
