#include "ledger/leaf.hpp"

#include <fstream>

#include "fixture.hpp"

namespace samband {
namespace {

Leaf full_leaf() {
  Leaf leaf = decision_leaf("019a8f00-0000-7000-8000-000000000001", "partial");
  leaf.event_id = from_hex("000102030405060708090a0b0c0d0e0f").value();
  leaf.ruleset_hash = std::string(64, 'a');
  leaf.relies_on = {0, 24, 70'000};
  return leaf;
}

// docs/ledger-format.md shows these very bytes.
constexpr const char* kGolden =
    "ac"
    "0101"
    "0201"
    "0350000102030405060708090a0b0c0d0e0f"
    "041b000001a1ee565e00"
    "0566706f6c696365"
    "066c736f6369616c2d626f617264"
    "07782430313961386630302d303030302d373030302d383030302d303030303030303030303031"
    "08677061727469616c"
    "09826c504f4c2d534e2d31352d313767636c6561726564"
    "0a5820aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "0b830018181a00011170"
    "0c58206363636363636363636363636363636363636363636363636363636363636363";

TEST(Leaf, EachMadeOneIsAnEventOfItsOwn) {
  const auto make = [] { return make_leaf(LeafType::delivery, Time{}, "a", "b", "x", "dead", {7}); };
  const Leaf one = make(), other = make();
  EXPECT_EQ(one.event_id.size(), 16u);
  EXPECT_NE(one.event_id, other.event_id);
  EXPECT_EQ(std::tie(one.sender, one.recipient, one.subject_id, one.outcome), std::make_tuple("a", "b", "x", "dead"));
  EXPECT_EQ(one.relies_on, std::vector<std::uint64_t>{7});
  EXPECT_TRUE(encode_leaf(one));
}

TEST(Leaf, Golden) {
  EXPECT_EQ(to_hex(encode_leaf(full_leaf()).value()), kGolden);
  EXPECT_EQ(decode_leaf(from_hex(kGolden).value()).value(), full_leaf());
}

TEST(Leaf, TheDocumentShowsTheGolden) {
  std::ifstream in(SAMBAND_SOURCE_DIR "/docs/ledger-format.md");
  std::string hex;
  for (std::string text((std::istreambuf_iterator<char>(in)), {}); const char c : text)
    if (!isspace(static_cast<unsigned char>(c))) hex += c;
  EXPECT_NE(hex.find(kGolden), std::string::npos);
}

TEST(Leaf, EmptyFieldsAreLeftOut) {
  Leaf leaf;
  leaf.type = LeafType::key, leaf.event_id = Bytes(16, '\0');
  EXPECT_EQ(to_hex(encode_leaf(leaf).value()), "a40101020b0350000000000000000000000000000000000400");
  EXPECT_EQ(decode_leaf(encode_leaf(leaf).value()).value(), leaf);
  leaf.at = Time(std::chrono::milliseconds(-1));
  EXPECT_EQ(decode_leaf(encode_leaf(leaf).value()).value(), leaf);
}

TEST(Leaf, EveryFlippedBitIsAnotherLeafOrRefused) {
  const Bytes bytes = encode_leaf(full_leaf()).value();
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    Bytes changed = bytes;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    const auto decoded = decode_leaf(changed);
    EXPECT_TRUE(!decoded || *decoded != full_leaf()) << "bit " << i;
  }
}

TEST(Leaf, OtherFormsOfTheSameValuesAreRefused) {
  const std::string minimal = "a40101020b0350000000000000000000000000000000000400";
  ASSERT_TRUE(decode_leaf(from_hex(minimal).value()));
  for (const std::string& bad : {
           std::string("a4011801020b0350000000000000000000000000000000000400"),              // longer head
           std::string("a4020b01010350000000000000000000000000000000000400"),                // order of keys
           std::string("a50101020b03500000000000000000000000000000000004000560"),            // empty sender
           std::string("a50101020b035000000000000000000000000000000000040005f6"),            // null
           std::string("a50101020b0350000000000000000000000000000000000400186301"),          // unknown key
           std::string("a4010101010350000000000000000000000000000000000400"),                // duplicate key
           std::string("bf0101020b0350000000000000000000000000000000000400ff"),              // indefinite length
           std::string("a40102020b0350000000000000000000000000000000000400"),                // version 2
           std::string("a4010102180e0350000000000000000000000000000000000400"),              // unknown type
           std::string("a40101020b034f0000000000000000000000000000000400"),                  // short event id
           std::string("a40101020b035000000000000000000000000000000000fb0000000000000000"),  // float
           std::string("bbffffffffffffffff0101"),
           minimal + "00",
           minimal.substr(0, 20),
           std::string(""),
           std::string("80"),
       })
    EXPECT_FALSE(decode_leaf(from_hex(bad).value())) << bad;
}

TEST(Leaf, SizeHasALimit) {
  Leaf leaf = full_leaf();
  while (encode_leaf(leaf)) leaf.codes.push_back("CODE-THAT-IS-QUITE-LONG");
  EXPECT_EQ(encode_leaf(leaf).error().code, Errc::too_large);
  leaf.codes.pop_back();
  EXPECT_LE(encode_leaf(leaf)->size(), 1023u);
  EXPECT_EQ(decode_leaf(Bytes(1024, '\0')).error().code, Errc::too_large);
}

TEST(Leaf, NothingWithTheShapeOfAPersonalNumberGetsIn) {
  const std::string twelve = "190001019801", ten = twelve.substr(2);  // no such day: not anybody's
  for (const std::string& text : {twelve, ten, twelve.substr(0, 8) + "-" + twelve.substr(8),
                                  ten.substr(0, 6) + "+" + ten.substr(6), "x " + twelve, "code:" + twelve + "."}) {
    Leaf leaf = full_leaf();
    leaf.codes = {text};
    auto refused = encode_leaf(leaf);
    ASSERT_FALSE(refused) << text.size();
    EXPECT_EQ(refused.error().message.find(text), std::string::npos) << "an error names the place, never the value";
    leaf = full_leaf(), leaf.sender = text;
    EXPECT_FALSE(encode_leaf(leaf));
  }
  Leaf leaf = full_leaf();
  leaf.codes = {"2026-11-22", "OSL 35:1", "LUL (1964:167) 6 \x24", "01928374-1234-7123-8123-123456789012",
                "v1234567890123"};
  EXPECT_TRUE(encode_leaf(leaf));
  leaf.outcome = "n\xc3\xa4";
  EXPECT_FALSE(encode_leaf(leaf)) << "codes are ASCII";
}

TEST(Leaf, CommitmentsAreFreshAndCheckable) {
  const auto a = commit_to("details"), b = commit_to("details");
  EXPECT_NE(a.digest, b.digest) << "a bare hash of a personal number could be found by trying";
  EXPECT_EQ(a.digest, crypto::hmac_sha256(a.nonce, "details"));
  EXPECT_EQ(a.nonce.size(), 32u);
}

}  // namespace
}  // namespace samband
