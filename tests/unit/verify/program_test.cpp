#include "fixture.hpp"
#include "verify/entry.hpp"
#include "verify/note.hpp"
#include "verify/text.hpp"

namespace samband::verify {
namespace {

using testing::HasSubstr;
class VerifyProgram : public VerifyTest {};

TEST_F(VerifyProgram, WrongUseIsToldAndIsTwo) {
  const std::string key = log_.vkey();
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {},
           {"sing"},
           {"log"},
           {"log", "x"},
           {"log", "x", "y", "--vkey", key},
           {"log", "x", "--vkey"},
           {"log", "x", "--vkey", ""},
           {"log", "x", "--vkey", key, "--vkey", key},
           {"log", "x", "--vkey", key, "--policy", "p"},
           {"log", "x", "--vkey", key, "--old-vkey", key},
           {"log", "x", "--vkey", key, "--loud"},
           {"log", "x", "--vkey", key, "--json=yes"},
           {"log", "x", "--vkey", key, "--lang", "fi"},
           {"receipt", "x"},
           {"report", "x", "--vkey", key, "--covers", "many"},
       }) {
    const Ran ran = verify(wrong);
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("usage: samband-verify"));
  }
  EXPECT_EQ(verify({"--help"}).code, 0);
  EXPECT_THAT(verify({"log", "--help", "--lang", "sv"}).out, HasSubstr("användning"));
  std::ostringstream out, err;
  EXPECT_EQ(run({"--help"}, {out, err, "sv_SE.UTF-8"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("användning"));
}

TEST_F(VerifyProgram, ProgressIsForTerminalsOnly) {
  grown(6).write(folder());
  std::ostringstream out, err;
  EXPECT_EQ(run({"log", folder().string(), "--vkey", log_.vkey()}, {out, err, "C", true}), 0);
  EXPECT_THAT(err.str(), HasSubstr("6 / 6"));
  EXPECT_EQ(check_log().err, "");
}

TEST_F(VerifyProgram, WhatFilesSayCannotSteerATerminalOrBreakTheJson) {
  grown(6).write(folder());
  save(folder() / "tile/\x1b[31m\"name", "x");
  const Ran text = check_log(), json = check_log({"--json"});
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(json.out.find('\x1b'), std::string::npos);
  EXPECT_THAT(json.out, HasSubstr("\\u001b[31m\\\"name"));
}

TEST(VerifyKey, OneSpellingOnly) {
  const TestLog log;
  const std::string good = log.vkey();
  ASSERT_TRUE(parse_key(good));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string changed = good;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(parse_key(changed)) << bit;
  }
  // From the specification of others: the key of the Go checksum database.
  EXPECT_TRUE(parse_key("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"));
  for (const char* bad : {"", "a", "a+b", "a+00000000+", "a+00000000+AQ==", "+033de0ae+Ac4zctda0e5eza"})
    EXPECT_FALSE(parse_key(bad));
}

TEST(VerifyText, Base64AndHexHaveOneSpelling) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all += static_cast<char>(i);
    EXPECT_EQ(verify::from_base64(verify::to_base64(all)), all);
    EXPECT_EQ(verify::to_base64(all), samband::to_base64(all));
    EXPECT_EQ(verify::from_hex(verify::to_hex(all)), all);
  }
  EXPECT_EQ(verify::from_base64(""), "");
  for (const char* bad :
       {"A", "AA", "AAA", "AB==", "AAB=", "A===", "====", "AA=A", "AAAA=", "AA A", "AAA\n", "AA-_", "=AAA"})
    EXPECT_FALSE(verify::from_base64(bad)) << bad;
  for (const char* bad : {"0", "0G", "AB", " 0"}) EXPECT_FALSE(verify::from_hex(bad)) << bad;
  EXPECT_TRUE(is_utf8("\xC3\xA5\xE2\x80\x94\xF0\x9F\x98\x80"));
  for (const char* bad : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"})
    EXPECT_FALSE(is_utf8(bad));
}

// The hub's encoder and this decoder were written apart and must agree on what is an entry.
TEST(VerifyEntry, AgreesWithTheHubOnEveryBitFlipOfEveryKindOfLeaf) {
  std::size_t accepted = 0, refused = 0;
  for (int type = 1; type <= static_cast<int>(LeafType::index); ++type) {
    Leaf leaf = decision(type);
    leaf.type = static_cast<LeafType>(type);
    leaf.relies_on = {0, 23, 24, 255, 256, 65535, 65536, 1ull << 32};
    const std::string bytes = encode_leaf(leaf).value();
    for (std::size_t bit = 0; bit <= bytes.size() * 8; ++bit) {
      std::string changed = bytes;
      if (bit < bytes.size() * 8) changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
      Entry entry;
      const bool mine = !read_entry(changed, UINT64_MAX, entry), hubs = static_cast<bool>(decode_leaf(changed));
      (hubs ? accepted : refused)++;
      ASSERT_EQ(mine, hubs) << "type " << type << " bit " << bit;
    }
  }
  EXPECT_GT(accepted, 1000u);
  EXPECT_GT(refused, 1000u);
}

TEST(VerifyEntry, OtherFormsOfTheSameValuesAreRefused) {
  const std::string minimal = "a40101020b0350000000000000000000000000000000000400";
  Entry entry;
  ASSERT_FALSE(read_entry(*verify::from_hex(minimal), 0, entry));
  for (const std::string& bad : {
           std::string("a4011801020b0350000000000000000000000000000000000400"),              // longer head
           std::string("a4020b01010350000000000000000000000000000000000400"),                // order of keys
           std::string("a50101020b03500000000000000000000000000000000004000560"),            // empty sender
           std::string("a50101020b035000000000000000000000000000000000040005f6"),            // null
           std::string("a50101020b0350000000000000000000000000000000000400186301"),          // unknown key
           std::string("a4010101010350000000000000000000000000000000000400"),                // duplicate key
           std::string("bf0101020b0350000000000000000000000000000000000400ff"),              // indefinite length
           std::string("a40102020b0350000000000000000000000000000000000400"),                // version 2
           std::string("a401010218630350000000000000000000000000000000000400"),              // unknown type
           std::string("a40101020b034f0000000000000000000000000000000400"),                  // short event id
           std::string("a40101020b035000000000000000000000000000000000fb0000000000000000"),  // float
           std::string("a30101020b035000000000000000000000000000000000"),                    // no time
           std::string("a50101020b03500000000000000000000000000000000004000980"),            // empty list
           std::string("bbffffffffffffffff0101"),
           minimal + "00",
           minimal.substr(0, 20),
           std::string(""),
           std::string("80"),
       })
    EXPECT_TRUE(read_entry(*verify::from_hex(bad), 0, entry)) << bad;
}

TEST(VerifyEntry, NothingWithTheShapeOfAPersonalNumber) {
  const std::string twelve = "190001019801", ten = twelve.substr(2);  // no such day: not anybody's
  // Made by hand: the hub refuses to make such a leaf.
  const auto with_sender = [](const std::string& text) {
    return *verify::from_hex("a50101020b035000000000000000000000000000000000040005") +
           static_cast<char>(0x60 + text.size()) + text;
  };
  Entry entry;
  EXPECT_FALSE(read_entry(with_sender("police"), 0, entry));
  for (const std::string& text : {twelve, ten, twelve.substr(0, 8) + "-" + twelve.substr(8),
                                  ten.substr(0, 6) + "+" + ten.substr(6), "x " + twelve, "c:" + twelve + "."})
    EXPECT_TRUE(read_entry(with_sender(text), 0, entry)) << text.size();
  for (const char* text : {"2026-11-22", "OSL 35:1", "v1234567890123", "LUL (1964:167) 6"})
    EXPECT_FALSE(read_entry(with_sender(text), 0, entry)) << text;
}

}  // namespace
}  // namespace samband::verify
