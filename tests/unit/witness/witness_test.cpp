// What a witness cosigns and refuses (C2SP tlog-witness), and what a policy counts (C2SP tlog-policy).
#include "witness/witness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "ledger/tree.hpp"

namespace samband {
namespace {

using testing::HasSubstr;
const std::string kOrigin = "samband.example/log";
const Time kNow(std::chrono::seconds(1'795'000'000));

merkle::Hash leaf(int i, char history) { return merkle::leaf_hash(std::to_string(i) + history); }

// A log of n leaves; `history` makes it another one from leaf 5 on.
merkle::Tree tree_of(int n, char history = 'a') {
  merkle::Tree tree;
  std::vector<merkle::FullTile> filled;
  for (int i = 0; i < n; ++i) tree.append(leaf(i, i < 5 ? 'a' : history), filled);
  return tree;
}

class WitnessTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "samband-witness-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    open();
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void open(const std::string& name = "witness.example/w1", const Bytes& seed = Bytes(32, 'w')) {
    witness_.reset();
    auto opened = Witness::open(root_ / "witness.db", name, seed, {{log_key_, ""}});
    refused_ = opened ? "" : opened.error().message;
    if (opened) witness_ = std::move(*opened);
  }
  std::string checkpoint(int n, char history = 'a', const std::string& origin = kOrigin, char seed = 'k') {
    const note::Verifier key = note::make_verifier(origin, crypto::ed25519_public(Bytes(32, seed)));
    const auto tree = tree_of(n, history);
    return note::sign(note::to_text({origin, static_cast<std::uint64_t>(n), n ? tree.root() : merkle::empty_root()}),
                      key, crypto::Signer(Bytes(32, seed)));
  }
  std::string request(int from, int to, char history = 'a') {
    std::string out = "old " + std::to_string(from) + "\n";
    if (from > 0 && from < to) {
      const auto none = [](int, std::uint64_t) -> Result<std::shared_ptr<const merkle::Tile>> {
        return fail(Errc::internal, "", "");
      };
      const merkle::Proof proof =
          tree_of(to, history)
              .consistency(static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(to), none)
              .value();
      for (const auto& hash : proof) out += to_base64(merkle::view(hash)) + "\n";
    }
    return out + "\n" + checkpoint(to, history);
  }
  int ask(const std::string& body) { return (last_ = witness_->add_checkpoint(body, kNow)).status; }

  std::filesystem::path root_;
  const note::Verifier log_key_ = note::make_verifier(kOrigin, crypto::ed25519_public(Bytes(32, 'k')));
  const note::Cosigner key_ = note::make_cosigner("witness.example/w1", crypto::ed25519_public(Bytes(32, 'w')));
  std::unique_ptr<Witness> witness_;
  Witness::Answer last_;
  std::string refused_;
};

TEST_F(WitnessTest, CosignsALogThatGrowsAndRemembersIt) {
  ASSERT_EQ(ask(request(0, 3)), 200);
  EXPECT_EQ(note::cosigned_at(checkpoint(3) + last_.body, key_), 1'795'000'000);
  ASSERT_EQ(ask(request(3, 7)), 200);
  EXPECT_EQ(ask(request(7, 7)), 200);  // again: it is still the largest
  open();
  EXPECT_EQ(ask(request(3, 9)), 409);
  EXPECT_EQ(last_.body, "7\n");
  EXPECT_EQ(last_.content_type, "text/x.tlog.size");
  EXPECT_EQ(ask(request(7, 9)), 200);
}

TEST_F(WitnessTest, ShowsTheCheckpointThatItCosignedLast) {
  const std::string hash = crypto::sha256_hex(kOrigin);
  EXPECT_EQ(witness_->newest_checkpoint(hash).status, 404);
  ASSERT_EQ(ask(request(0, 3)), 200);
  ASSERT_EQ(ask(request(3, 7)), 200);
  EXPECT_EQ(ask(request(7, 9, 'b')), 422);
  open();
  const auto shown = witness_->newest_checkpoint(hash);
  EXPECT_EQ(shown.status, 200);
  const auto text = note::open(shown.body, log_key_);
  ASSERT_TRUE(text);
  EXPECT_EQ(note::parse_checkpoint(*text)->size, 7u);
  EXPECT_EQ(note::cosigned_at(shown.body, key_), 1'795'000'000);
  EXPECT_EQ(witness_->newest_checkpoint(crypto::sha256_hex("another.example/log")).status, 404);
  EXPECT_EQ(witness_->newest_checkpoint("").status, 404);
}

TEST_F(WitnessTest, RefusesAnotherHistory) {
  ASSERT_EQ(ask(request(0, 7)), 200);
  EXPECT_EQ(ask(request(7, 9, 'b')), 422);
  EXPECT_EQ(ask(request(7, 7, 'b')), 409);
  EXPECT_EQ(ask("old 7\n\n" + checkpoint(9)), 422);  // without a proof
  EXPECT_EQ(ask(request(7, 9)), 200);
}

TEST_F(WitnessTest, RefusesWhatIsSmallerUnknownOrUnsigned) {
  ASSERT_EQ(ask(request(0, 7)), 200);
  EXPECT_EQ(ask(request(0, 3)), 409);
  EXPECT_EQ(ask("old 7\n\n" + checkpoint(3)), 400);
  EXPECT_EQ(ask("old 7\n\n" + checkpoint(9, 'a', "another.example/log")), 404);
  EXPECT_EQ(ask("old 7\n\n" + checkpoint(9, 'a', kOrigin, 'x')), 403);
  for (const std::string& bad :
       {std::string(), std::string("old"), std::string("old 07\n\n") + checkpoint(9),
        std::string("old 7\nno hash\n\n") + checkpoint(9), std::string("old 7\n\nno checkpoint\n"),
        std::string("old -1\n\n") + checkpoint(9), std::string(70'000, 'x')})
    EXPECT_EQ(ask(bad), 400) << bad.substr(0, 20);
  EXPECT_EQ(ask(request(7, 9)), 200);
}

TEST_F(WitnessTest, AMemoryBelongsToOneKey) {
  open("witness.example/w1", Bytes(32, 'v'));
  EXPECT_EQ(witness_, nullptr);
  EXPECT_THAT(refused_, HasSubstr("another witness key"));
  open("witness.example/w2");
  EXPECT_EQ(witness_, nullptr);
}

TEST(Cosignature, EveryChangedByteIsSeen) {
  const note::Cosigner key = note::make_cosigner("w", crypto::ed25519_public(Bytes(32, 'w')));
  const std::string text = "o\n1\n" + to_base64(Bytes(32, 'r')) + "\n";
  const std::string note = text + "\n" + note::cosign(text, 1'795'000'000, key, crypto::Signer(Bytes(32, 'w')));
  ASSERT_TRUE(note::cosigned_at(note, key));
  for (std::size_t i = 0; i < note.size() - 1; ++i) {  // the last line break alone holds nothing
    std::string changed = note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(note::cosigned_at(changed, key)) << i;
  }
  EXPECT_EQ(note::to_text(note::parse_verifier(note::to_text(key), note::kCosignature).value()), note::to_text(key));
  EXPECT_FALSE(note::parse_verifier(note::to_text(note::make_verifier("w", crypto::ed25519_public(Bytes(32, 'w')))),
                                    note::kCosignature));
}

std::string witness_line(char seed) {
  const std::string name(1, seed);
  return "witness " + name + " " + note::to_text(note::make_cosigner(name, crypto::ed25519_public(Bytes(32, seed)))) +
         "\n";
}

TEST(WitnessPolicy, CountsGroupsOfGroups) {
  const std::string text = "# two of a, b, c, and one of d, e\n" + witness_line('a') + witness_line('b') +
                           witness_line('c') + witness_line('d') + witness_line('e') +
                           "group abc 2 a b c\n\tgroup de any d e\ngroup both all abc de\nquorum both\n";
  const auto policy = note::WitnessPolicy::parse(text);
  ASSERT_TRUE(policy) << policy.error().where << policy.error().message;
  const std::string checkpoint = "o\n1\n" + to_base64(Bytes(32, 'r')) + "\n";
  const auto met = [&](const std::string& by) {
    std::string note = checkpoint + "\n";
    for (const char seed : by)
      note += note::cosign(checkpoint, 1,
                           note::make_cosigner(std::string(1, seed), crypto::ed25519_public(Bytes(32, seed))),
                           crypto::Signer(Bytes(32, seed)));
    return policy->is_met(note);
  };
  EXPECT_TRUE(met("abd"));
  EXPECT_TRUE(met("bcde"));
  EXPECT_TRUE(policy->is_met_by({"a", "c", "e"}));
  EXPECT_FALSE(policy->is_met_by({"a", "b", "c"}));
  for (const char* few : {"", "ab", "ade", "abc", "de", "aad", "abz"}) EXPECT_FALSE(met(few)) << few;
}

TEST(WitnessPolicy, RefusesWithTheLine) {
  const std::string a = witness_line('a'), b = witness_line('b');
  for (const auto& [text, line] : std::vector<std::pair<std::string, std::string>>{
           {a, "line 1"},  // no quorum
           {a + "quorum b\n", "line 2"},
           {a + "quorum a\nquorum a\n", "line 3"},
           {a + a + "quorum a\n", "line 2"},
           {a + b + "group g 3 a b\nquorum g\n", "line 3"},
           {a + b + "group g 0 a b\nquorum g\n", "line 3"},
           {a + b + "group g any a\ngroup h any a b\nquorum h\n", "line 4"},  // a counts in one way only
           {a + "group g any g\nquorum g\n", "line 2"},
           {a + "group a any a\nquorum a\n", "line 2"},
           {"witness none x\n", "line 1"},
           {"log x\n", "line 1"},
           {a + "what\n", "line 2"},
           {a + "quorum a\x01\n", "line 2"}}) {
    const auto policy = note::WitnessPolicy::parse(text);
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.error().where, line) << text;
  }
  EXPECT_TRUE(note::WitnessPolicy::parse(a + "quorum none\n"));
}

}  // namespace
}  // namespace samband
