#include "ledger/note.hpp"

#include <gtest/gtest.h>

namespace samband::note {
namespace {

// The example of golang.org/x/mod/sumdb/note, written by another implementation.
constexpr const char* kForeignKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr const char* kForeignNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

TEST(Note, ReadsWhatAnotherImplementationSigned) {
  const auto key = parse_verifier(kForeignKey);
  ASSERT_TRUE(key);
  EXPECT_EQ(to_text(*key), kForeignKey);
  const auto text = open(kForeignNote, *key);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(text->substr(0, 12), "If you think");
}

class SignedNote : public testing::Test {
 protected:
  const Bytes seed_ = Bytes(32, 's');
  const crypto::Signer signer_{seed_};
  const Verifier key_ = make_verifier("log.example/a", crypto::ed25519_public(seed_));
  const Checkpoint checkpoint_{"log.example/a", 42, merkle::empty_root()};
};

TEST_F(SignedNote, OpensWithItsKeyAndNoOther) {
  const std::string signed_note = sign(to_text(checkpoint_), key_, signer_);
  EXPECT_EQ(parse_checkpoint(open(signed_note, key_).value()).value(), checkpoint_);
  EXPECT_FALSE(open(signed_note, make_verifier("log.example/b", key_.public_key)));
  EXPECT_FALSE(open(signed_note, make_verifier("log.example/a", crypto::ed25519_public(Bytes(32, 'x')))));
  EXPECT_FALSE(open(to_text(checkpoint_), key_));
  EXPECT_FALSE(open(to_text(checkpoint_) + "\n", key_));
}

TEST_F(SignedNote, NoChangedByteIsAccepted) {
  const std::string signed_note = sign(to_text(checkpoint_), key_, signer_);
  for (std::size_t i = 0; i < signed_note.size(); ++i) {
    std::string changed = signed_note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open(changed, key_)) << i;
  }
}

TEST_F(SignedNote, CosignaturesOfOthersArePassedOver) {
  const std::string signed_note = sign(to_text(checkpoint_), key_, signer_);
  const Verifier witness = make_verifier("witness.example", crypto::ed25519_public(Bytes(32, 'w')));
  const std::string both = signed_note + sign("", witness, crypto::Signer(Bytes(32, 'w'))).substr(1);
  EXPECT_TRUE(open(both, key_));
  EXPECT_FALSE(open(both, witness)) << "the witness signed another text";
}

TEST_F(SignedNote, MalformedVerifiersAndCheckpointsAreRefused) {
  const std::string good = to_text(key_);
  EXPECT_TRUE(parse_verifier(good));
  for (const std::string& bad :
       {std::string(), std::string("a+b"), good.substr(1), good + "=", "x" + good, std::string("+" + good)})
    EXPECT_FALSE(parse_verifier(bad)) << bad;
  const std::string hash = to_base64(Bytes(32, 'h'));
  EXPECT_TRUE(parse_checkpoint("o\n0\n" + hash + "\n"));
  EXPECT_TRUE(parse_checkpoint("o\n7\n" + hash + "\nextension\n"));
  for (const std::string& bad : {"o\n07\n" + hash + "\n", "o\n-1\n" + hash + "\n", "\n7\n" + hash + "\n",
                                 "o\n7\n" + hash, "o\n7\n" + to_base64("short") + "\n", std::string("o\n7\n")})
    EXPECT_FALSE(parse_checkpoint(bad)) << bad;
}

TEST_F(SignedNote, ReceiptsInTheFormOfTheSpecification) {
  const LogProof proof{5, {merkle::empty_root(), merkle::leaf_hash("x")}, sign(to_text(checkpoint_), key_, signer_)};
  const std::string text = to_text(proof);
  EXPECT_TRUE(text.starts_with("c2sp.org/tlog-proof@v1\nindex 5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"))
      << text;
  const auto read = parse_proof(text).value();
  EXPECT_EQ(read.index, 5u);
  EXPECT_EQ(read.hashes, proof.hashes);
  EXPECT_EQ(read.checkpoint, proof.checkpoint);
  std::string extra = text;
  extra.insert(extra.find("index"), "extra AAAA\n");
  EXPECT_TRUE(parse_proof(extra));
  EXPECT_FALSE(parse_proof("c2sp.org/tlog-proof@v2" + text.substr(22)));
  EXPECT_FALSE(parse_proof("c2sp.org/tlog-proof@v1\nindex 05\n\n" + proof.checkpoint));
  EXPECT_FALSE(parse_proof("c2sp.org/tlog-proof@v1\nindex 5\nAAAA\n\n" + proof.checkpoint));
  EXPECT_FALSE(parse_proof("c2sp.org/tlog-proof@v1\nindex 5\n"));
}

}  // namespace
}  // namespace samband::note
