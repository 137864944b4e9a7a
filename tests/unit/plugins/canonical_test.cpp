// The parts that adapters share, and the landlord's form: sums, dates, facts, strict JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/canonical.hpp"
#include "common/delivery.hpp"
#include "landlord/form.hpp"
#include "person_numbers/find.hpp"

namespace {

using namespace samband;
using namespace samband::plugin;

TEST(Sums, AreReadAsSwedesWriteThemOrNotAtAll) {
  const std::vector<std::pair<const char*, std::int64_t>> good{{R"("8450,00 kr")", 845000},
                                                               {R"("8 450,50 kr")", 845050},
                                                               {"\"8\u00a0450 kr\"", 845000},
                                                               {R"("8450:-")", 845000},
                                                               {R"("8450.25")", 845025},
                                                               {R"("1 234 567 SEK")", 123456700},
                                                               {R"("0,01")", 1},
                                                               {"8450", 845000},
                                                               {"8450.5", 845050},
                                                               {"8450.10", 845010},
                                                               {R"({"ore":845001})", 845001}};
  for (const auto& [text, ore] : good) EXPECT_EQ(ore_from(json::parse(text)), ore) << text;
  for (const auto* text : {R"("8.450 kr")",
                           R"("8450,5")",
                           R"("8450,500")",
                           R"("-1 kr")",
                           R"("0")",
                           "0",
                           "-5",
                           "8450.123",
                           R"("84 50 kr")",
                           R"("8 45")",
                           R"("kr")",
                           R"("")",
                           R"("8450 EUR")",
                           R"("1e3")",
                           "1e300",
                           R"("99999999999")",
                           "10000000000",
                           R"({"ore":1.5})",
                           R"({"ore":1,"x":2})",
                           "null",
                           "true",
                           "[1]",
                           R"("8450,00:-")"})
    EXPECT_FALSE(ore_from(json::parse(text))) << text;
}

TEST(IdentityNumbers, AreReplacedAndNothingElseIs) {
  for (const auto* text :
       {"198503012380", "x 19850301-2380.", "850301-2380", "850301+2380", "8503012380", "850301 2380"}) {
    std::string s = text;
    EXPECT_EQ(person_numbers::strip(s), 1u) << text;
    EXPECT_THAT(s, testing::HasSubstr("[personnummer]"));
    EXPECT_THAT(s, testing::Not(testing::HasSubstr("2380")));
  }
  for (const auto* text : {"850301-2381", "853301-2380", "850300-2380", "1850301238", "98503012380", "0999-123 45",
                           "123-4567", "2026-11-22", "85030123800", "178503012380"}) {
    std::string s = text;
    EXPECT_EQ(person_numbers::strip(s), 0u) << text;
    EXPECT_EQ(s, text);
  }
}

TEST(Times, AreUtcWithMilliseconds) {
  EXPECT_EQ(utc_milliseconds("2026-11-22T10:00:00Z"), "2026-11-22T10:00:00.000Z");
  EXPECT_EQ(utc_milliseconds("2026-11-22T10:00:00.123456Z"), "2026-11-22T10:00:00.123Z");
  for (const auto* text :
       {"", "Z", "2026-11-22", "2026-11-22T10:00:00", "2026-11-22T10:00:00+01:00", "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T10:00:00.Z", "2026-11-22t10:00:00Z"})
    EXPECT_EQ(utc_milliseconds(text), "") << text;
}

TEST(Facts, OfANamedAssessorStandAndOthersOnlyFall) {
  const auto fact_after = [](const char* facts, bool form) {
    auto data =
        json::parse(std::string(R"({"persons":[{"ref":"p1","role":"subject"}],"facts":)") + facts + "}").as_object();
    add_fact(data, "reasonable_suspicion", form);
    const auto& list = data["facts"].as_array();
    EXPECT_EQ(list.size(), 1u);
    return list.at(0).at("value").as_bool();
  };
  EXPECT_TRUE(fact_after("[]", true));
  EXPECT_FALSE(fact_after("[]", false));
  EXPECT_TRUE(fact_after(R"([{"code":"reasonable_suspicion","value":true,"assessor":{"id":"a"}}])", false));
  EXPECT_FALSE(fact_after(R"([{"code":"reasonable_suspicion","value":true,"person":"p1"}])", false));
  EXPECT_FALSE(fact_after(R"([{"code":"reasonable_suspicion","value":false,"person":"p1"}])", true));
}

TEST(StrictJson, RefusesWhatTwoReadersCouldReadDifferently) {
  const auto refused = [](std::string_view text, JsonLimits limits = {}) {
    return std::holds_alternative<sdk::Error>(parse_json(text, limits));
  };
  EXPECT_FALSE(refused(R"({"a":{"b":1},"c":[{"b":1},{"b":2}]})"));
  EXPECT_TRUE(refused(R"({"a":1,"a":2})"));
  EXPECT_TRUE(refused(R"({"a":1,"\u0061":2})"));
  EXPECT_TRUE(refused(R"({"a":1} x)"));
  EXPECT_TRUE(refused("{\"a\":\"\xC0\x80\"}"));
  EXPECT_TRUE(refused("{'a':1}"));
  EXPECT_TRUE(refused("[[[[1]]]]", {100, 3}));
  EXPECT_TRUE(refused("[1,2,3,4,5]", {5, 3}));
  EXPECT_TRUE(refused(""));
}

TEST(Utf8, IsCheckedToTheLastByte) {
  for (const auto* text : {"", "a", "å", "€", "😀", "aå€😀"}) EXPECT_TRUE(is_valid_utf8(text)) << text;
  for (const auto* text :
       {"\xC3", "\xE2\x82", "\xF0\x9F\x98", "\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\xFF"})
    EXPECT_FALSE(is_valid_utf8(text));
}

TEST(HttpStatuses, DecideOnce) {
  for (const int s : {200, 201, 202, 204}) EXPECT_EQ(verdict_of(s), HttpVerdict::accepted) << s;
  for (const int s : {0, 100, 408, 425, 429, 500, 502, 503, 599}) EXPECT_EQ(verdict_of(s), HttpVerdict::retry) << s;
  for (const int s : {301, 304, 400, 401, 403, 404, 409, 410, 422})
    EXPECT_EQ(verdict_of(s), HttpVerdict::rejected) << s;
  EXPECT_EQ(safe_code("not-supported"), "not-supported");
  EXPECT_EQ(safe_code("\xFF <x>"), "x");
  EXPECT_EQ(safe_code(""), "other");
  EXPECT_EQ(reference_of(R"({"reference":"R"})"), "R");
  EXPECT_EQ(reference_of("R"), "");
}

}  // namespace
