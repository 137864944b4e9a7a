// What an adapter says of a file of rows: read with its words cleaned, and the same row is the same wherever it stands.
#include "intake/rows.hpp"

#include <gtest/gtest.h>

namespace {
using namespace samband;

TEST(Rows, TheSameRowHasTheSameHashWhereverItStandsAndWhateverWasRemarked) {
  const auto one = read_row(R"({"sambandrow":2,"id":"a","data":{"x":1}})");
  const auto other =
      read_row(R"({"sambandrow":71,"id":"a","data":{"x":1},"sambandwarnings":[{"code":"unknown_field"}]})");
  const auto changed = read_row(R"({"sambandrow":2,"id":"a","data":{"x":2}})");
  ASSERT_TRUE(one && other && changed);
  EXPECT_EQ(one->content_hash, other->content_hash);
  EXPECT_NE(one->content_hash, changed->content_hash);
  EXPECT_EQ(one->line, 2);
  EXPECT_EQ(one->id, "a");
  EXPECT_EQ(one->text, R"({"id":"a","data":{"x":1}})");
  EXPECT_NE(other->text.find("sambandwarnings"), std::string::npos) << "the sender still gets to know";
}

TEST(Rows, AProblemKeepsItsPlaceAndItsSwedishLettersAndNothingOfAPerson) {
  const auto row =
      read_row(R"({"sambandrow":3,"sambandproblem":{"where":"Förfallodatum","detail":"not 19850301-2380\u0007"}})");
  ASSERT_TRUE(row && row->problem);
  EXPECT_EQ(row->problem->code, Errc::invalid_input);
  EXPECT_EQ(row->problem->where, "Förfallodatum");
  EXPECT_EQ(row->problem->message.find("2380"), std::string::npos);
  EXPECT_EQ(row->problem->message.find('\a'), std::string::npos);
  const auto longer = read_row(R"({"sambandrow":3,"sambandproblem":{"detail":")" + std::string(5000, 'x') + "\"}}");
  ASSERT_TRUE(longer && longer->problem);
  EXPECT_LE(longer->problem->message.size(), 184u);
}

TEST(Rows, AnAdapterThatBreaksItsContractIsTheOperatorsMatter) {
  for (const auto* text : {"{}", "[]", "", R"({"sambandrow":"2","id":"a"})", R"({"sambandrow":0,"id":"a"})"}) {
    const auto row = read_row(text);
    ASSERT_FALSE(row) << text;
    EXPECT_EQ(row.error().code, Errc::internal);
  }
  EXPECT_TRUE(is_row(R"({"sambandrow":2})"));
  EXPECT_FALSE(is_row(R"({"id":"sambandrow"})"));
}
}  // namespace
