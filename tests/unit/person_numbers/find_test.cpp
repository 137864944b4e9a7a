// Every number of the Tax Agency's test population, written in every way that hides it, is found; what is no number of
// a person stays.
#include "person_numbers/find.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

namespace {

using namespace samband::person_numbers;
using Disguise = std::function<std::string(const std::string&)>;

// The runs of twelve digits of a JSON array of texts.
std::vector<std::string> population(const char* name) {
  std::ifstream file(std::filesystem::path(SAMBAND_SOURCE_DIR).parent_path() / "shared/testdata/ids" / name);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::vector<std::string> out;
  for (std::size_t i = 0, run = 0; i < text.size(); ++i) {
    run = text[i] >= '0' && text[i] <= '9' ? run + 1 : 0;
    if (run == 12) out.push_back(text.substr(i - 11, 12));
  }
  return out;
}

std::string between(const std::string& digits, std::string_view sign, std::size_t every = 1) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && i % every == 0) out += sign;
    out += digits[i];
  }
  return out;
}

std::string utf8(char32_t c) {
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3F))};
  if (c < 0x10000)
    return {static_cast<char>(0xE0 | (c >> 12)), static_cast<char>(0x80 | ((c >> 6) & 0x3F)),
            static_cast<char>(0x80 | (c & 0x3F))};
  return {static_cast<char>(0xF0 | (c >> 18)), static_cast<char>(0x80 | ((c >> 12) & 0x3F)),
          static_cast<char>(0x80 | ((c >> 6) & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
}

std::string in_script(const std::string& digits, char32_t zero) {
  std::string out;
  for (const char c : digits) out += utf8(zero + static_cast<char32_t>(c - '0'));
  return out;
}

std::string circled(const std::string& digits) {
  std::string out;
  for (const char c : digits) out += c == '0' ? utf8(0x24EA) : utf8(0x2460 + static_cast<char32_t>(c - '1'));
  return out;
}

std::string parts(const std::string& p, std::string_view a, std::string_view b) {  // 1990?01?31!1234
  return p.substr(0, 4) + std::string(a) + p.substr(4, 2) + std::string(a) + p.substr(6, 2) + std::string(b) +
         p.substr(8);
}

std::vector<Disguise> disguises() {
  std::vector<Disguise> out;
  for (const char* sign : {"",       "-",      "+",        " ",
                           ".",      "/",      "_",        ",",
                           ":",      " - ",    "--",       "  ",
                           "\t",     "\n",     "\u00A0",   "\u2009",
                           "\u202F", "\u3000", "\u2010",   "\u2011",
                           "\u2013", "\u2014", "\u2212",   "\u00B7",
                           "\u2022", "\u200B", "\u200C",   "\u200D",
                           "\u2060", "\uFEFF", "\u202E",   "\u202D",
                           "\u2066", "\u2069", "\u200F",   "\u061C",
                           "\u00AD", "\u034F", "\u0336",   "\uFE0F",
                           "\uFF0D", "\uFF0E", " \u200B-", "\u202E-\u202C",
                           "*",      "|",      "(",        ")",
                           "'",      "\"",     "~",        "\xF3\xA0\x80\xA0"}) {
    const std::string s = sign;
    out.push_back([s](const std::string& p) { return p.substr(0, 8) + s + p.substr(8); });
    out.push_back([s](const std::string& p) { return p.substr(2, 6) + s + p.substr(8); });
    out.push_back([s](const std::string& p) { return between(p, s); });
    out.push_back([s](const std::string& p) { return between(p.substr(2), s); });
    out.push_back([s](const std::string& p) { return between(p.substr(2), s, 2); });
    out.push_back([s](const std::string& p) { return between(p, s, 4); });
    out.push_back([s](const std::string& p) { return s + p.substr(2, 6) + "-" + p.substr(8) + s; });
  }
  for (const char32_t zero :
       {0xFF10u, 0x0660u, 0x06F0u, 0x0966u, 0x1D7CEu, 0x1D7ECu, 0x1D7F6u, 0x2080u, 0x1FBF0u, 0x1CCF0u}) {
    out.push_back([zero](const std::string& p) { return in_script(p, zero); });
    out.push_back([zero](const std::string& p) { return in_script(p.substr(2, 6), zero) + "-" + p.substr(8); });
    out.push_back([zero](const std::string& p) {
      return in_script(p.substr(0, 8), zero) + "\u200B" + in_script(p.substr(8), zero);
    });
  }
  out.push_back(circled);
  out.push_back([](const std::string& p) { return parts(p, "-", "-"); });
  out.push_back([](const std::string& p) { return parts(p, "-", " "); });
  out.push_back([](const std::string& p) { return parts(p, ".", "."); });
  out.push_back([](const std::string& p) { return parts(p, "/", " - "); });
  out.push_back([](const std::string& p) { return between(p, "\uFE0F\u20E3"); });
  out.push_back([](const std::string& p) { return p.substr(2, 6) + "-" + p.substr(8) + "\u00B9"; });  // a footnote
  return out;
}

void all_are_found(const char* name) {
  const auto numbers = population(name);
  if (numbers.empty()) GTEST_SKIP() << "no test data: ids/" << name;
  const auto ways = disguises();
  std::size_t missed = 0;
  for (std::size_t n = 0; n < numbers.size(); ++n) {
    // Every number in a fifth of the ways, every way for some thousand numbers.
    for (std::size_t w = n % 5; w < ways.size(); w += 5) {
      std::string text = "Anna " + ways[w](numbers[n]) + " Berg";
      const auto count = strip(text);
      if (count == 1 && text.rfind("Anna [personnummer]", 0) == 0) continue;
      if (count == 1 && text.find(numbers[n].substr(8)) == std::string::npos) continue;
      if (++missed < 20) ADD_FAILURE() << "way " << w << ": " << text;
    }
  }
  EXPECT_EQ(missed, 0u);
  std::printf("%zu numbers of %s, %zu ways\n", numbers.size(), name, ways.size());
}

TEST(Find, EveryTestNumberInEveryDisguise) { all_are_found("personnummer-allPins.json"); }
TEST(Find, EveryCoordinationNumberInEveryDisguise) { all_are_found("personnummer-allCoords.json"); }

TEST(Find, WhatStandsAroundANumberStays) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"Anna 198503012380 Berg", "Anna [personnummer] Berg"},
      {"Storgatan 19 850301-2380", "Storgatan 19 [personnummer]"},
      {"lgh 1001, 850301 2380.", "lgh 1001, [personnummer]."},
      {"född 8503012380,ring 070-174 06 05", "född [personnummer],ring 070-174 06 05"},
      {"850301-2380/850301-2380", "[personnummer]/[personnummer]"},
      {"1 850301-2380 2", "1 [personnummer] 2"},
      {"pnr8503012380x", "pnr[personnummer]x"},
      {"19730173-2389", "[personnummer]"},  // samordningsnummer
  };
  for (const auto& [in, out] : cases) {
    std::string text = in;
    strip(text);
    EXPECT_EQ(text, out);
  }
}

TEST(Find, WhatIsNoNumberStays) {
  for (const char* text :
       {"", "-", "850301-2381", "19850301-2381", "8503012381", "8 5 0 3 0 1 2 3 8 1", "850301.2381", "851301-2386",
        "850230-2386", "178503012380", "98503012380", "85030123801", "a1b9c8503d012380",
        "\xC3\xA5"
        "850301\xC3\xA5"
        "2380",
        // Telephone, OCR, bank, organisation and lease numbers, sums, postal addresses.
        "070-174 06 05", "+46 70 174 06 05", "08-123 456 78", "0171-123 45", "OCR 1234567897", "7992739871300",
        "bankgiro 123-4567", "5050-1055", "plusgiro 12 34 56-7", "556016-0680", "16556016-0680", "212000-0142",
        "kontrakt 0999-123 45", "12-0034-0567", "8 450,00 kr, ränta 8,5", "Storgatan 12, lgh 1102, 123 45 Staden",
        // Days and times, one in ten of which would pass the check digit.
        "2026-11-22", "2026-11-01 - 2026-11-30", "2026-11-20T09:00:00Z", "2026-11-19 23:40-02:15",
        "2026-11-19 kl. 23.40", "22:30-02:15, 23:10-01:20", "den 3/11 och 4/11 2026",
        "019abcde-1234-7abc-8def-190905279816"})
    EXPECT_TRUE(find(text).empty()) << text;
  // All minutes of a day and all days of a year: no moment and no period is a person.
  const auto two = [](int n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
  for (int month = 1; month <= 12; ++month)
    for (int day = 1; day <= 28; ++day) {
      const auto date = "2026-" + two(month) + "-" + two(day);
      EXPECT_TRUE(find(date + " - 2026-" + two(month) + "-28").empty()) << date;
      for (int minute = 0; minute < 1440; minute += 7)
        EXPECT_TRUE(find(date + " " + two(minute / 60) + ":" + two(minute % 60)).empty()) << date << " " << minute;
    }
}

// Every sum of four digits: one in ten would pass the check digit.
TEST(Find, AListOfDatesAndSumsIsNoNumber) {
  for (int sum = 1000; sum < 10000; ++sum) {
    const std::string due = "2026-03-19, " + std::to_string(sum) + " kr";
    EXPECT_TRUE(find(due).empty()) << due;
  }
  for (int day = 10; day < 29; ++day)
    for (int other = 10; other < 29; ++other) {
      const std::string list = std::to_string(day) + "/10, " + std::to_string(other) + "/11, 14/12";
      EXPECT_TRUE(find(list).empty()) << list;
    }
}

TEST(Find, AShapeIsAsWideAsTheCallerAsks) {
  for (const char* text : {"198503012380", "19850301-2380", "850301-2380", "850301+2380", "850301 2380",
                           "850301\u20112380", "8503\u200B012380", "\uFF18\uFF15\u0660\u0663012380"}) {
    EXPECT_EQ(find(text, Shape::plain).size(), 1u) << text;
    EXPECT_EQ(find(text, Shape::plain).at(0).digits.substr(find(text, Shape::plain).at(0).digits.size() - 4), "2380");
  }
  for (const char* text : {"1985-03-01-2380", "850301.2380", "8.5.0.3.0.1.2.3.8.0", "19850301/2380"}) {
    EXPECT_TRUE(find(text, Shape::plain).empty()) << text;
    EXPECT_EQ(find(text, Shape::dated).size(), 1u) << text;
  }
  for (const char* text : {"1985-0301-2380", "850301 - 2380", "85 03 01 23 80"}) {
    EXPECT_TRUE(find(text, Shape::dated).empty()) << text;
    EXPECT_EQ(find(text).size(), 1u) << text;
  }
  EXPECT_TRUE(find("\u200B850301-2380 ").at(0).alone);
  EXPECT_FALSE(find("a 850301-2380").at(0).alone);
  EXPECT_FALSE(find("1 850301-2380").at(0).alone);
}

TEST(Find, TextThatIsNoTextIsReadToItsEnd) {
  EXPECT_EQ(find("\xFF"
                 "850301\xFF-2380\xC3")
                .size(),
            1u);
  std::string long_text;
  for (int i = 0; i < 100'000; ++i) long_text += "1 ";
  EXPECT_TRUE(find(long_text).empty());
}

TEST(Phone, InGroupsIsToldFromANumber) {
  for (const char* text : {"070-174 06 05", "08-123 456 78", "0171-123 45", "070 174 06 05", "070-1679474"})
    EXPECT_TRUE(is_grouped_phone(text)) << text;
  for (const char* text : {"", "0", "070101-2380", "0701012380", "07 01 01 23 80", "07-01-01", "070-174", "850301 2380",
                           "850-3012380", "07010-12380", "070-174 06 05 x", "070 \u200B174 06 05"})
    EXPECT_FALSE(is_grouped_phone(text)) << text;
}

}  // namespace
