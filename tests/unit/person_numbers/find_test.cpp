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
  // What a web page or an export puts between.
  for (const char* sign : {"&nbsp;",   "&ndash;", "&minus;",    "&hyphen;", "&shy;", "&#160;",    "&#8211;",
                           "&#x2013;", "&#XAD;",  "&amp;nbsp;", "&nbsp",    "<br/>", "</td><td>", " &ndash; ",
                           "%2D",      "%2d",     "%20",        "%C2%A0",   "=2D",   "\\u2011",   "\\u00a0"})
    out.push_back([sign](const std::string& p) { return p.substr(2, 6) + sign + p.substr(8); });
  // Zeros in front, in a UUID, and words that say what the last four are.
  out.push_back([](const std::string& p) { return "0" + p; });
  out.push_back([](const std::string& p) { return "00" + p.substr(2); });
  out.push_back([](const std::string& p) { return "0" + p.substr(2, 6) + "-" + p.substr(8); });
  out.push_back([](const std::string& p) { return std::string(8, '0') + p; });
  out.push_back([](const std::string& p) { return std::string(20, '0') + p.substr(2); });
  // Glued to other digits, and after the clearing number of a personal account.
  out.push_back([](const std::string& p) { return "3300" + p.substr(2); });
  out.push_back([](const std::string& p) { return "3782" + p; });
  out.push_back([](const std::string& p) { return "3300" + p.substr(2, 6) + "-" + p.substr(8); });
  // The day first, as people write their birthday.
  const auto no_zero = [](std::string two) { return two[0] == '0' ? two.substr(1) : two; };
  for (const char* sign : {".", "/", "-"}) {
    out.push_back([sign](const std::string& p) {
      return p.substr(6, 2) + sign + p.substr(4, 2) + sign + p.substr(0, 4) + "-" + p.substr(8);
    });
    out.push_back([sign](const std::string& p) {
      return p.substr(6, 2) + sign + p.substr(4, 2) + sign + p.substr(2, 2) + "-" + p.substr(8);
    });
    out.push_back([sign, no_zero](const std::string& p) {
      return no_zero(p.substr(6, 2)) + sign + no_zero(p.substr(4, 2)) + " " + p.substr(0, 4) + "\u2013" + p.substr(8);
    });
  }
  out.push_back([no_zero](const std::string& p) {
    return no_zero(p.substr(6, 2)) + "/" + no_zero(p.substr(4, 2)) + " " + p.substr(0, 4) + ", sista fyra " +
           p.substr(8);
  });
  out.push_back([](const std::string& p) { return "a0000000-0000-4000-8000-" + p; });
  for (const char* words : {" (sista fyra ", " sista siffrorna: ", " med slutet ", " -- de fyra sista är ",
                            ", de 4 sista är ", " SLUTAR ", " last four digits ", ", kontrollsiffror "}) {
    out.push_back([words](const std::string& p) { return p.substr(2, 6) + words + p.substr(8); });
    out.push_back([words](const std::string& p) { return parts(p.substr(0, 8), "-", "") + words + p.substr(8); });
  }
  out.push_back([](const std::string& p) { return "sista fyra " + p.substr(8) + ", född " + p.substr(2, 6); });
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

// Where a birth date from 2020 could be a day on which something happened, it is one.
TEST(Find, GluedAndReversedNumbersOfWhoeverIsOldEnough) {
  const auto numbers = population("personnummer-allPins.json");
  if (numbers.empty()) GTEST_SKIP() << "no test data: ids/personnummer-allPins.json";
  std::size_t looked_at = 0;
  for (const std::string& p : numbers) {
    if (p.substr(0, 4) >= "2020" || p.starts_with("18") || p[2] == '2') continue;
    ++looked_at;
    for (const std::string& text :
         {p + "1", p + "01", p + "8001", "9" + p, "77" + p, "4444" + p, "1" + p + "23",
          p.substr(8) + "-" + p.substr(2, 6), p.substr(8) + "-" + p.substr(0, 8), p.substr(8) + "/" + p.substr(2, 6),
          p.substr(6, 2) + "." + p.substr(4, 2) + "." + p.substr(0, 4) + " " + p.substr(8)}) {
      std::string stripped = "Anna " + text + " Berg";
      EXPECT_EQ(strip(stripped), 1u);
      ASSERT_EQ(stripped, "Anna [personnummer] Berg") << text;
    }
  }
  EXPECT_GT(looked_at, 1000u);
}

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
      {"8503012380850301-2380", "[personnummer][personnummer]"},
      {"198503012380850301238019850301-2380x", "[personnummer][personnummer][personnummer]x"},
      {"0198503012380, 08503012380", "[personnummer], [personnummer]"},
      {"850301 (sista fyra 2380)", "[personnummer])"},
      {"de fyra sista är 2380 och hon är född 850301.", "de fyra sista är [personnummer]."},
      {"850301&nbsp;2380&nbsp;kr", "[personnummer]&nbsp;kr"},
      {"<td title=\"850301-2380\">850301</td><td>2380</td>", "<td title=\"[personnummer]\">[personnummer]</td>"},
      {"&a8503012380;", "&a[personnummer];"},
      {"?q=Anna%208503012380&p=2003012396", "?q=Anna%20[personnummer]&p=[personnummer]"},
      {"8%850301-2380", "8%[personnummer]"},
      // Glued, the day first, reversed.
      {"ref 19850301238001.", "ref [personnummer]."},
      {"Nordea 33008503012380, 3782 8503012380", "Nordea [personnummer], 3782 [personnummer]"},
      {"konto 3300850301-2380", "konto [personnummer]"},
      {"00000000198104022382 kr", "[personnummer] kr"},
      {"f. 01.03.1985-2380, lgh 1102", "f. [personnummer], lgh 1102"},
      {"den 1/3 1985-2380", "den [personnummer]"},
      {"lgh 12 1/3 1985 2380", "lgh 12 [personnummer]"},
      {"född 1/3 1985, sista fyra 2380", "född [personnummer]"},
      {"01.03.85-2380", "[personnummer]"},
      {"1985.03.01-2380", "[personnummer]"},
      {"2380-850301!", "[personnummer]!"},
      {"lgh 1102-850301-2380", "lgh 1102-[personnummer]"},
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
        "070-112 45 62", "070-1122380", "070-81 71 590", "070 112 4562", "ring 070-112 45 62, 08-123 456 78",
        "+46 (0)70-769 64 98", "+46(0)707696498", "+46 (0)8-123 456 78", "+46 70 769 64 98", "0046 (0)70-769 64 98",
        "kontrakt 0999-123 45", "12-0034-0567", "8 450,00 kr, ränta 8,5", "Storgatan 12, lgh 1102, 123 45 Staden",
        // Days and times, one in ten of which would pass the check digit.
        "2026-11-22", "2026-11-01 - 2026-11-30", "2026-11-20T09:00:00Z", "2026-11-19 23:40-02:15",
        "2026-11-19 kl. 23.40", "22:30-02:15, 23:10-01:20", "den 3/11 och 4/11 2026", "24-06-16 - 26-08-12",
        "24.06.16 – 26.08.12", "24-06-16--26-08-12",
        // Words that do not say that the last four digits come, other digits, another check digit.
        "850301 betalades 2380 kr", "850301 (sista fyra 2381)", "850301 (sista fyra 12380)", "851301 (sista fyra 2386)",
        "850301&kod2380", "8503012380850301-2381", "850301<b 2>2380",
        // Digits glued to ten of them, another clearing number, too long a run, a wrong check digit, a moment.
        "85030123801", "44448503012380", "33008503012381", "33001234567897", "198503012380123456789", "19850301238101",
        "20261122093000", "2026112209300012", "1763800000000", "19850301-23801",
        // A day and a sum, a flat and a day, a telephone; a date that is none; a sum after a comma.
        "31/10 2026 8454 kr", "31.10.2026, 8454", "01.03.1985-2381", "32/3 1985-2380", "1/13 1985-2380",
        "1/3 1985-23801", "1/3 1985 kl 2380", "1/3 85 2380", "1102-261122", "2381-850301", "2380 850301",
        "2380--850301", "12380-850301", "2380-8503011", "2380-851301",
        // What is no interim number: another letter, a date that is none, more or fewer digits, part of a word.
        "850301-A380", "851301-T380", "850301-T38", "850301-T3801", "850301-AT380", "850301-T 380", "850361-T380",
        "2026-11-20T09:00:00Z", "2026-11-20T093000Z"})
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

TEST(Find, AnInterimNumberHasALetterAndNoCheckDigit) {
  for (const char letter : std::string("TRSUWXJKLMNt"))
    for (const char* date :
         {"850301", "19850301", "850301-", "19850301-", "850301 ", "1985-03-01-", "850301+", "850301\u2013"}) {
      const std::string text = std::string("nr ") + date + letter + "380";
      ASSERT_EQ(find(text).size(), 1u) << text;
      EXPECT_EQ(find(text).at(0).digits, find(text).at(0).digits.size() == 12
                                             ? "19850301" + find(text).at(0).digits.substr(8)
                                             : "850301" + find(text).at(0).digits.substr(6));
      EXPECT_TRUE(find(text, Shape::dated).empty()) << "identifiers hold too many: " << text;
    }
  EXPECT_EQ(find("8 5 0 3 0 1 T 3 8 0").size(), 1u);
  EXPECT_EQ(find("850301T380").at(0).digits, "850301T380");
}

// Whatever is neither letter nor digit, known to Unicode or not, parts two digits; a letter does.
TEST(Find, EverySeparatorOfUnicode) {
  for (const char32_t c : {0x890u, 0x8E2u, 0x93Eu, 0x2BCu, 0x640u, 0x30FCu, 0xA670u, 0xA671u, 0xA672u, 0xBEu, 0x110BDu,
                           0x13430u, 0xE001u, 0x1F600u, 0xF0000u}) {
    const std::string bytes =
        c < 0x10000 ? utf8(c)
                    : std::string{static_cast<char>(0xF0 | (c >> 18)), static_cast<char>(0x80 | ((c >> 12) & 0x3F)),
                                  static_cast<char>(0x80 | ((c >> 6) & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
    EXPECT_EQ(find("850301" + bytes + "2380").size(), 1u) << std::hex << static_cast<unsigned>(c);
  }
  for (const char* letter : {"a", "å", "Ω", "ж", "א", "あ", "中", "ª", "𝐀"})
    EXPECT_TRUE(find(std::string("850301") + letter + "2380").empty()) << letter;
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
  EXPECT_TRUE(find("019abcde-1234-7abc-8def-190905279816", Shape::dated).empty()) << "identifiers are many";
  EXPECT_EQ(find("019abcde-1234-7abc-8def-190905279816").size(), 1u);
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

TEST(Find, WhatIsGluedReversedOrTurnedRoundIsForFreeTextAlone) {
  for (const char* text : {"19850301238001", "33008503012380", "01.03.1985-2380", "2380-850301"}) {
    EXPECT_EQ(find(text).size(), 1u) << text;
    EXPECT_TRUE(find(text, Shape::dated).empty()) << text;
  }
  EXPECT_EQ(find("33008503012380").at(0).digits, "8503012380");
  EXPECT_EQ(find("119850301238001").at(0).digits, "198503012380");
  EXPECT_EQ(find("1/3 1985-2380").at(0).digits, "198503012380");
  EXPECT_EQ(find("2380-850301").at(0).digits, "8503012380");
  EXPECT_TRUE(find("2380-850301", Shape::phone).empty()) << "an area code and six digits";
}

TEST(Phone, InItsFieldStaysUnlessItIsABirthDate) {
  for (const char* text :
       {"070-112 45 62", "08-123 456 78", "070 174 06 05", "070-1679474", "+46 (0)70-769 64 98", "0702914177"})
    EXPECT_TRUE(find(text, Shape::phone).empty()) << text;
  EXPECT_EQ(find("0702914177").size(), 1u) << "elsewhere it may be a samordningsnummer";
  for (const char* text :
       {"850301-2380", "8503012380", "198503012380", "8 5 0 3 0 1 2 3 8 0", "07 02 91 41 77", "070291-4177",
        "0 850301-2380", "+46 850301-2380", "070-112 45 62, 850301-2380", "850301 2380 070-112 45 62",
        "540112-0448, 070-112 45 62", "19540112-0448 08-123 456 78", "1954-01-12-0448 123 456"})
    EXPECT_EQ(find(text, Shape::phone).size(), 1u) << text;
}

// How often what is no number goes, over 20,000 of each kind: so that no change of a rule makes it more, unseen.
TEST(Rates, OfWhatIsHarmless) {
  std::uint64_t state = 20261122;
  const auto digits = [&](int n) {
    std::string out;
    while (n-- > 0) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      out += static_cast<char>('0' + (state >> 33) % 10);
    }
    return out;
  };
  const auto two = [&](int from, int count) {
    const int n = from + std::stoi(digits(6)) % count;
    return std::string(n < 10 ? "0" : "") + std::to_string(n);
  };
  const auto day = [&](const char* sign) { return two(24, 3) + sign + two(1, 12) + sign + two(1, 28); };
  const auto checked = [](std::string text) {  // the check digit of an OCR number
    int sum = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const int doubled = (text[text.size() - 1 - i] - '0') * (i % 2 == 0 ? 2 : 1);
      sum += doubled > 9 ? doubled - 9 : doubled;
    }
    return text + static_cast<char>('0' + (10 - sum % 10) % 10);
  };
  struct Kind {
    const char* name;
    std::function<std::string()> make;
    double most;  // per cent
    Shape shape = Shape::any;
  };
  const std::vector<Kind> kinds{
      {"phone 070-112 45 62", [&] { return "070-" + digits(3) + " " + digits(2) + " " + digits(2); }, 0},
      {"phone +46 (0)70-112 45 62", [&] { return "+46 (0)70-" + digits(3) + " " + digits(2) + " " + digits(2); }, 0},
      {"phone 08-123 456 78", [&] { return "08-" + digits(3) + " " + digits(3) + " " + digits(2); }, 0},
      {"phone 0701124562 in a text", [&] { return "070" + digits(7); }, 6.5},
      {"phone 0701124562 in its field", [&] { return "070" + digits(7); }, 3.2, Shape::phone},
      {"phone 0731124562", [&] { return "073" + digits(7); }, 0},
      {"OCR number of ten digits", [&] { return "OCR " + checked(digits(9)); }, 8},
      {"OCR number of twelve digits", [&] { return "OCR " + checked(digits(11)); }, 0.5},
      {"OCR number of sixteen digits", [&] { return "OCR " + checked(digits(15)); }, 0.1},
      {"ten digits", [&] { return digits(10); }, 1},
      {"run of 13 digits", [&] { return digits(13); }, 0.1},
      {"run of 16 digits", [&] { return digits(16); }, 0.1},
      {"run of 19 digits", [&] { return digits(19); }, 0},
      {"moment 20261122093000", [&] { return "20" + day("") + two(0, 24) + two(0, 60) + two(0, 60); }, 0},
      {"day and serial 202611220001234", [&] { return "20" + day("") + digits(7); }, 0},
      {"account 3300 and ten digits", [&] { return "3300" + digits(10); }, 1},
      {"account 8327-9, 123 456 789-0",
       [&] {
         return "8" + digits(3) + "-" + digits(1) + ", " + digits(3) + " " + digits(3) + " " + digits(3) + "-" +
                digits(1);
       },
       1.6},
      {"account 5000-1234567", [&] { return "5" + digits(3) + "-" + digits(7); }, 0},
      {"account 1234-123456", [&] { return digits(4) + "-" + digits(6); }, 1.7},
      {"account of 14 digits", [&] { return "9" + digits(13); }, 0.1},
      {"flat and day 1102-261122", [&] { return "1" + digits(3) + "-" + day(""); }, 1.3},
      {"day and sum 31/10 2026 8450 kr",
       [&] { return two(1, 28) + "/" + two(1, 12) + " 20" + two(20, 7) + " " + digits(4) + " kr"; }, 0},
      {"lease since 01.10.2012, 8450 kr",
       [&] { return two(1, 28) + "." + two(1, 12) + ".20" + two(5, 15) + ", " + digits(4) + " kr"; }, 11},
      {"two dates", [&] { return day("-") + " - " + day("-"); }, 0},
      {"period", [&] { return "20" + day("-") + "--20" + day("-"); }, 0},
      {"period in six digits", [&] { return day("") + "-" + day(""); }, 0},
      {"sum", [&] { return two(1, 99) + " " + digits(3) + "," + digits(2) + " kr"; }, 0},
      {"flat", [&] { return "Provgatan " + two(1, 99) + ", lgh 1" + digits(3) + ", 999 " + digits(2) + " Provstad"; },
       0},
      {"lease", [&] { return digits(2) + "-" + digits(4) + "-" + digits(2); }, 0},
      {"IBAN in one run", [&] { return "SE" + digits(22); }, 0},
      {"IBAN",
       [&] {
         return "SE" + digits(2) + " " + digits(4) + " " + digits(4) + " " + digits(4) + " " + digits(4) + " " +
                digits(4);
       },
       1.2}};
  for (const Kind& kind : kinds) {
    int gone = 0;
    for (int i = 0; i < 20'000; ++i) gone += !find(kind.make(), kind.shape).empty();
    std::printf("%-32s %.2f %%\n", kind.name, gone / 200.0);
    EXPECT_LE(gone / 200.0, kind.most) << kind.name;
  }
}

}  // namespace
