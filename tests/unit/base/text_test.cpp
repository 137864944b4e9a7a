// Encodings, identifiers, errors and log lines.
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "base/json.hpp"
#include "base/log.hpp"

namespace samband {
namespace {

TEST(Hex, RoundTripsAndRefuses) {
  EXPECT_EQ(to_hex(std::string_view("\x00\xff\x1a", 3)), "00ff1a");
  EXPECT_EQ(from_hex("00fF1A"), std::string("\x00\xff\x1a", 3));
  EXPECT_EQ(from_hex(""), "");
  for (const char* text : {"0", "0g", "0x10", " 00", "00 "}) EXPECT_FALSE(from_hex(text)) << text;
}

// RFC 4648 section 10.
TEST(Base64, MatchesTheRfc) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t n = 0; n <= all.size(); ++n) EXPECT_EQ(from_base64(to_base64(all.substr(0, n))), all.substr(0, n));
}

TEST(Base64, RefusesEveryOtherSpelling) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v ", " Zm9v", "Zm9v\n", "Zm-_",
                           "Z===", "====", "Zg==Zg==", "Zm9vYg=a"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(NewId, IsUuidVersion7AndTimeOrdered) {
  const Time now = parse_rfc3339("2022-02-22T19:22:22.000Z").value();  // RFC 9562 appendix A.6
  const std::string id = new_id(now);
  EXPECT_EQ(id.substr(0, 15), "017f22e2-79b0-7");
  EXPECT_NE(std::string_view("89ab").find(id[19]), std::string_view::npos);
  EXPECT_TRUE(is_uuid(id));
  EXPECT_LT(id, new_id(now + std::chrono::milliseconds{1}));
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(new_id(now));
  EXPECT_EQ(seen.size(), 10'000u);
}

TEST(IsUuid, Refuses) {
  for (const char* text : {"", "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
                           "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
                           "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}"}) {
    EXPECT_FALSE(is_uuid(text)) << text;
  }
}

TEST(Error, ValueOnAnErrorThrows) {
  const Result<int> result = fail(Errc::not_found, "/a", "absent");
  EXPECT_THROW(result.value(), std::logic_error);
}

TEST(Log, WritesOneSafeJsonLine) {
  testing::internal::CaptureStderr();
  log(LogLevel::warning, "bad\nevent", {{"code", "a\"b\\c\r\n\x1b[31m\xff"}, {"count", "3"}});
  const std::string out = testing::internal::GetCapturedStderr();
  ASSERT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
  for (const char c : out.substr(0, out.size() - 1)) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
  const auto line = parse_json(out.substr(0, out.size() - 1));
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(string_at(line->as_object(), "event"), "bad\nevent");
  EXPECT_EQ(string_at(line->as_object(), "level"), "warning");
  EXPECT_EQ(string_at(line->as_object(), "count"), "3");
}

TEST(Log, KeepsTheLevel) {
  testing::internal::CaptureStderr();
  log(LogLevel::debug, "hidden");
  set_log_level(LogLevel::error);
  log(LogLevel::warning, "hidden");
  set_log_level(LogLevel::info);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Log, LinesOfThreadsDoNotMix) {
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 200; ++i) log(LogLevel::info, "tick", {{"n", std::to_string(i)}});
      });
    }
  }
  std::istringstream lines(testing::internal::GetCapturedStderr());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(parse_json(line).has_value());
  EXPECT_EQ(count, 800);
}

TEST(Line, IsTextThatHidesNothing) {
  EXPECT_TRUE(is_line("counsel answered question 3", 27));
  EXPECT_FALSE(is_line("counsel answered question 3", 26));
  EXPECT_TRUE(is_line("åäö €", 5)) << "characters, not bytes";
  EXPECT_TRUE(is_line("\xf0\x9f\x8e\x84", 1));
  for (const std::string_view hides : {"", "   ", "a\nb", "a\x1b[2J", "a\x7f",
                                       "\xc2\x9b"
                                       "31m",
                                       "\xe2\x80\xae"
                                       "abc",
                                       "a\xe2\x80\x8b",
                                       "a\xe2\x80\xa8"
                                       "b",
                                       "\xef\xbb\xbf"
                                       "a",
                                       "\xd8\x9c"
                                       "a",
                                       "\xc2\xad"
                                       "a",
                                       "\xe3\x80\x80",
                                       "\xf3\xa0\x81\xa1"
                                       "a",
                                       "\xe2\x81\xa6"
                                       "a"})
    EXPECT_FALSE(is_line(hides, 100)) << to_hex(hides);
  for (const std::string_view broken :
       {"\xff\xfe", "a\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe2\x28\xa1"})
    EXPECT_FALSE(is_line(broken, 100)) << to_hex(broken);
}

}  // namespace
}  // namespace samband
