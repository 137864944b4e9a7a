#include "identity/personal_number.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.hpp"
#include "person_numbers/find.hpp"

namespace samband {
namespace {

using namespace std::chrono_literals;
constexpr Date kToday = 2026y / 11 / 22;

// Public test vectors stand beside the checkout and are never copied into it.
std::optional<json::array> vectors(const std::string& name) {
  const char* env = std::getenv("SAMBAND_TESTDATA");
  const std::filesystem::path root = env != nullptr ? env : SAMBAND_SOURCE_DIR "/../shared/testdata";
  std::ifstream file(root / "ids" / name);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return json::parse(text.str()).as_array();
}
#define VECTORS_OR_SKIP(variable, name)                                           \
  const auto variable = vectors(name);                                            \
  if (!variable) GTEST_SKIP() << "no test data (SAMBAND_TESTDATA): ids/" << name; \
  ASSERT_FALSE(variable->empty());                                                \
  std::printf("%zu vectors of %s\n", variable->size(), name)

std::string rule_of(std::string_view text) {
  const auto r = parse_personal_number(text, kToday);
  return r ? "accepted" : r.error().message;
}

TEST(PersonalNumber, EveryPublicVectorIsJudgedRight) {
  VECTORS_OR_SKIP(list, "personnummer-list.json");
  for (const auto& v : *list) {
    const json::object& o = v.as_object();
    const bool valid = o.at("valid").as_bool();
    for (const char* form : {"long_format", "short_format", "separated_format", "separated_long"}) {
      const std::string text(o.at(form).as_string());
      const auto r = parse_personal_number(text, kToday);
      EXPECT_EQ(r.has_value(), valid) << form << " " << text;
      if (!r) continue;
      EXPECT_EQ(r->type,
                o.at("type").as_string() == "con" ? IdNumberType::samordningsnummer : IdNumberType::personnummer);
      EXPECT_TRUE(r->birth_date.has_value());
      // The short form without separator does not say the century; every other form does.
      if (std::string_view(form) != "short_format") EXPECT_EQ(r->digits, o.at("long_format").as_string());
    }
  }
}

TEST(PersonalNumber, EveryNumberOfTheTaxAgencysTestPopulationIsValid) {
  VECTORS_OR_SKIP(pins, "personnummer-allPins.json");
  EXPECT_GT(pins->size(), 40000u);
  for (const auto& v : *pins) {
    const std::string text(v.as_string());
    const auto r = parse_personal_number(text, kToday);
    ASSERT_TRUE(r) << text << " " << r.error().message;
    ASSERT_EQ(r->type, IdNumberType::personnummer) << text;
    ASSERT_EQ(r->digits, text);
    const std::string date = text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2);
    ASSERT_EQ(to_string(*r->birth_date), date);
  }
}

TEST(PersonalNumber, EveryTestCoordinationNumberIsValidAndItsDayIsSixtyLess) {
  VECTORS_OR_SKIP(coords, "personnummer-allCoords.json");
  EXPECT_GT(coords->size(), 2000u);
  std::size_t without_date = 0;
  for (const auto& v : *coords) {
    const std::string text(v.as_string());
    const auto r = parse_personal_number(text, kToday);
    ASSERT_TRUE(r) << text << " " << r.error().message;
    ASSERT_EQ(r->type, IdNumberType::samordningsnummer) << text;
    ASSERT_EQ(r->digits, text);
    const auto month = static_cast<unsigned>(std::stoul(text.substr(4, 2)));
    const auto day = static_cast<unsigned>(std::stoul(text.substr(6, 2))) - 60;
    const Date date{std::chrono::year(std::stoi(text.substr(0, 4))), std::chrono::month(month), std::chrono::day(day)};
    // Some of them carry no real date (month 00, day 60, 30 February): valid, of unknown age.
    ASSERT_EQ(r->birth_date, date.ok() ? std::optional(date) : std::nullopt) << text;
    without_date += !date.ok();
  }
  EXPECT_GT(without_date, 100u);
}

TEST(PersonalNumber, OnlyCoordinationNumbersMayLackADate) {
  const auto unknown = parse_personal_number("191500722390", kToday);  // a test number, month 00
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(unknown->birth_date.has_value());
  EXPECT_EQ(rule_of("191500122390"), "identity number: date");
  EXPECT_EQ(rule_of("200900002390"), "identity number: date");
  EXPECT_EQ(rule_of("200913922390"), "identity number: date");
  EXPECT_EQ(rule_of("202700722390"), "identity number: date is in the future");
}

TEST(PersonalNumber, AnyChangedDigitOfATestNumberIsNoticed) {
  VECTORS_OR_SKIP(pins, "personnummer-allPins.json");
  for (std::size_t n = 0; n < pins->size(); n += 401) {
    const std::string text((*pins)[n].as_string());
    for (std::size_t i = 2; i < 12; ++i) {
      std::string other = text;
      other[i] = static_cast<char>('0' + (other[i] - '0' + 1) % 10);
      EXPECT_FALSE(parse_personal_number(other, kToday)) << other;
    }
  }
}

TEST(PersonalNumber, OrganisationNumbersAreNoPersonalNumbers) {
  VECTORS_OR_SKIP(list, "personnummer-orgnumber.json");
  for (const auto& v : *list) {
    const json::object& o = v.as_object();
    for (const char* form : {"short_format", "separated_format"}) {
      const std::string text(o.at(form).as_string());
      EXPECT_FALSE(parse_personal_number(text, kToday)) << text;
      EXPECT_TRUE(parse_organisation_number(text)) << text;
    }
  }
}

TEST(PersonalNumber, TheSeparatorSaysTheCentury) {
  EXPECT_EQ(parse_personal_number("090527-9816", kToday)->digits, "200905279816");
  EXPECT_EQ(parse_personal_number("090527+9816", kToday)->digits, "190905279816");
  EXPECT_EQ(parse_personal_number("0905279816", kToday)->digits, "200905279816");
}

TEST(PersonalNumber, PlusIsWrittenFromTheYearOfTheHundredthBirthday) {
  // Born 1924-11-24 (a test number): "+" during all of 2024, also before the birthday.
  EXPECT_EQ(parse_personal_number("241124+9267", 2024y / 2 / 1)->digits, "192411249267");
  // With "-" it would be somebody born later in 2024.
  EXPECT_FALSE(parse_personal_number("241124-9267", 2024y / 2 / 1));
  EXPECT_EQ(parse_personal_number("241124-9267", 2023y / 12 / 31)->digits, "192411249267");
  // Without a separator nobody can be born later this year.
  EXPECT_EQ(parse_personal_number("2411249267", 2024y / 2 / 1)->digits, "192411249267");
  EXPECT_EQ(parse_personal_number("2411249267", 2024y / 11 / 24)->digits, "202411249267");
}

TEST(PersonalNumber, LeapDaysNeedALeapYear) {
  EXPECT_TRUE(parse_personal_number("200002292399", kToday));
  EXPECT_EQ(rule_of("000229+2399"), "identity number: date");  // 1900 was none
}

TEST(PersonalNumber, InterimNumbersSayNoAge) {
  for (const char letter : std::string("TRSUWXJKLMN")) {
    const auto r = parse_personal_number("20090301" + std::string(1, letter) + "123", kToday);
    ASSERT_TRUE(r);
    EXPECT_EQ(r->type, IdNumberType::interim);
    EXPECT_FALSE(r->birth_date.has_value());
  }
  EXPECT_EQ(parse_personal_number("090301-T123", kToday)->digits, "20090301T123");
  EXPECT_FALSE(parse_personal_number("20090301A123", kToday));
  EXPECT_FALSE(parse_personal_number("20090301t123", kToday));
  EXPECT_FALSE(parse_personal_number("20091301T123", kToday));
}

TEST(PersonalNumber, RefusalsNameTheRuleAndNeverTheNumber) {
  EXPECT_NE(rule_of("").find("10 or 12"), std::string::npos);
  EXPECT_NE(rule_of("2009052798160").find("10 or 12"), std::string::npos);
  EXPECT_NE(rule_of("090527 9816").find("10 or 12"), std::string::npos);
  EXPECT_NE(rule_of("09052x9816").find("digits"), std::string::npos);
  EXPECT_NE(rule_of("160905279816").find("century"), std::string::npos);
  EXPECT_NE(rule_of("20091327981x").find("digits"), std::string::npos);
  EXPECT_NE(rule_of("200905279817").find("check digit"), std::string::npos);
  EXPECT_NE(rule_of("201509160006").find("birth number"), std::string::npos);
  EXPECT_NE(rule_of("20261123-0003").find("future"), std::string::npos);
  for (const char* text : {"200905279817", "20091305-9816", "160905279816", "0905279 816"}) {
    const auto r = parse_personal_number(text, kToday);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, Errc::invalid_input);
    EXPECT_EQ((r.error().message + r.error().where).find("0905"), std::string::npos);
    EXPECT_EQ((r.error().message + r.error().where).find("981"), std::string::npos);
  }
}

TEST(OrganisationNumber, EveryPublicVectorIsJudgedRight) {
  VECTORS_OR_SKIP(list, "organisationsnummer-list.json");
  for (const auto& v : *list) {
    const json::object& o = v.as_object();
    const bool sole_trader = o.at("type").as_string() == "Enskild firma";
    const bool valid = o.at("valid").as_bool() && !sole_trader;
    for (const char* form : {"input", "long_format", "short_format"}) {
      const std::string text(o.at(form).as_string());
      const auto r = parse_organisation_number(text);
      EXPECT_EQ(r.has_value(), valid) << text;
      if (r) EXPECT_EQ(*r, o.at("short_format").as_string());
      // A sole trader's number is a person's: that is why it is refused here.
      if (sole_trader) EXPECT_TRUE(parse_personal_number(text, kToday)) << text;
    }
  }
}

TEST(OrganisationNumber, FormIsStrict) {
  EXPECT_EQ(*parse_organisation_number("16556016-0680"), "5560160680");
  for (const char* text : {"", "556016", "556016+0680", "55601-60680", "175560160680", "556016068x", "0000000000",
                           "556016-0680 ", "5560160681"}) {
    EXPECT_FALSE(parse_organisation_number(text)) << text;
  }
}

TEST(Luhn, NeedsDigits) {
  EXPECT_FALSE(luhn_valid(""));
  EXPECT_FALSE(luhn_valid("12a"));
  EXPECT_TRUE(luhn_valid("0000"));
}

struct StripCase {
  std::string in, out;
  std::size_t count;
};
class Strip : public ::testing::TestWithParam<StripCase> {};
TEST_P(Strip, ReplacesNumbersAndNothingElse) {
  std::string text = GetParam().in;
  EXPECT_EQ(person_numbers::strip(text), GetParam().count);
  EXPECT_EQ(text, GetParam().out);
}
INSTANTIATE_TEST_SUITE_P(
    FreeText, Strip,
    ::testing::Values(StripCase{"", "", 0}, StripCase{"inget här", "inget här", 0},
                      StripCase{"200002292399", "[personnummer]", 1}, StripCase{"20000229-2399", "[personnummer]", 1},
                      StripCase{"000229-2399.", "[personnummer].", 1}, StripCase{"(0002292399)", "([personnummer])", 1},
                      StripCase{"090527+9816", "[personnummer]", 1}, StripCase{"20000229 2399", "[personnummer]", 1},
                      StripCase{"19730173-2389", "[personnummer]", 1}, StripCase{"150072+2390", "[personnummer]", 1},
                      StripCase{"000229\u20132399", "[personnummer]", 1},
                      StripCase{"000229\u00A02399", "[personnummer]", 1},
                      StripCase{"pnr000229-2399x", "pnr[personnummer]x", 1},
                      StripCase{"a 20000229-2399, b 0905279816!", "a [personnummer], b [personnummer]!", 2},
                      // Check digit, date or length is wrong: not a person's number.
                      StripCase{"000229-2398", "000229-2398", 0}, StripCase{"857209-0606", "857209-0606", 0},
                      StripCase{"556016-0680", "556016-0680", 0}, StripCase{"1200002292399", "[personnummer]", 1},
                      StripCase{"1200002292398", "1200002292398", 0}, StripCase{"000229-23991", "000229-23991", 0},
                      StripCase{"000229--2399", "[personnummer]", 1}, StripCase{"070-1740605", "070-1740605", 0},
                      StripCase{"2026-11-22T01:10:00", "2026-11-22T01:10:00", 0}));

TEST(StripAll, LeavesNoTestNumberInAnyForm) {
  VECTORS_OR_SKIP(pins, "personnummer-allPins.json");
  for (std::size_t n = 0; n < pins->size(); n += 37) {
    const std::string p((*pins)[n].as_string());
    std::string text = "a " + p + " b " + p.substr(2) + " c " + p.substr(0, 8) + "-" + p.substr(8) + " d " +
                       p.substr(2, 6) + "+" + p.substr(8) + " e " + p.substr(2, 6) + " " + p.substr(8) + " f";
    EXPECT_EQ(person_numbers::strip(text), 5u);
    EXPECT_EQ(text.find(p.substr(8)), std::string::npos);
  }
}

// A message id with a number glued to letters is a number in a log all the same.
TEST(NamesAPerson, ANumberInFullIsFoundWhateverItIsGluedTo) {
  const Date today = parse_date("2026-11-22").value();
  for (const char* id : {"198104022382", "abc198104022382def", "x19810402-2382", "k_198104022382_2",
                         "urn:a:b198104022382", "1981.04.02.2382", "1981-04-02-2382", "8.1.0.4.0.2.2.3.8.2",
                         "8104022382", "810402-2382", "810402+2382", "19810402\u200B2382", "\u202E810402-2382\u202C",
                         "\uFF11\uFF19\uFF18\uFF11\uFF10\uFF14\uFF10\uFF12\uFF12\uFF13\uFF18\uFF12",
                         "x\u0661\u0669\u0668\u0661\u0660\u0664\u0660\u0662\u0662\u0663\u0668\u0662"})
    EXPECT_TRUE(names_a_person(id, today)) << id;
  for (const char* id :
       {"abc198104022383def", "9198104022382", "1981040223821", "abc20261122-0001",
        "01a20265-0157-7dde-9425-5a3159b1672e", "abc8104022382def", "019abcde-1234-7abc-8def-190905279816", "19810402",
        "2026.11.22.0001", "kfm-2026-11-22-0001", "2026-11-22", "19810402.2383"})
    EXPECT_FALSE(names_a_person(id, today)) << id;
}

// A samordningsnummer without a date of birth is somebody's as one with a date is; a recent year may begin a serial
// number.
TEST(NamesAPerson, AnUndatedCoordinationNumberToo) {
  const Date today = parse_date("2026-11-22").value();
  for (const char* id : {"urn:x:191500722390", "19150072-2390", "x191500722390y"})
    EXPECT_TRUE(names_a_person(id, today)) << id;
  for (const char* id : {"urn:x:191500722391", "19151372-2390"}) EXPECT_FALSE(names_a_person(id, today)) << id;
  EXPECT_FALSE(names_a_person("19150072-2390", parse_date("1916-12-31").value()));
  EXPECT_TRUE(names_a_person("19150072-2390", parse_date("1917-01-01").value()));
}

// The same key is the same for ever: what is too young to name anybody today is old enough next year.
TEST(Keys, MayNameAPersonWhateverTheDay) {
  for (const char* key : {"198104022382", "HV-810402-2382", "nr 0198104022382", "33008104022382", "urn:x:191500722390",
                          "850301-T380", "20180101-2392", "2380-850301", "22:05-01-01-2397"})
    EXPECT_TRUE(key_may_name_a_person(key)) << key;
  for (const char* key : {"", "HV-2026-001", "0999-123:hyra:2026-10-31", "198104022383", "20261122-0001",
                          "20261122093000", "019abcde-1234-7abc-8def-190905279816", "samband:x"})
    EXPECT_FALSE(key_may_name_a_person(key)) << key;
  int taken = 0;
  for (int n = 1000; n < 10000; ++n) taken += key_may_name_a_person("HV-20261122-" + std::to_string(n));
  EXPECT_EQ(taken, 900) << "one in ten, this year and the next";
}

}  // namespace
}  // namespace samband
