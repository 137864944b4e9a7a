#include "keys/crypto.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace samband {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

TEST(Crypto, Sha256OfFips180) {
  EXPECT_EQ(crypto::sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(crypto::sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Crypto, HmacOfRfc4231) {
  EXPECT_EQ(to_hex(crypto::hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Crypto, HmacWithAnEmptyKeyDoesNotReuseTheLastKey) {
  const Bytes empty_first = crypto::hmac_sha256("", "data");
  (void)crypto::hmac_sha256("another key", "data");
  EXPECT_EQ(crypto::hmac_sha256("", "data"), empty_first);
}

TEST(Crypto, Ed25519OfRfc8032) {
  const Bytes seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const Bytes key = crypto::ed25519_public(seed);
  EXPECT_EQ(to_hex(key), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const crypto::Signer signer(seed);
  Bytes signature = signer.sign("\x72");
  EXPECT_EQ(
      to_hex(signature),
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302ae"
      "eb00d291612bb0c00");
  EXPECT_TRUE(crypto::ed25519_verify(key, "\x72", signature));
  EXPECT_FALSE(crypto::ed25519_verify(key, "\x73", signature));
  signature[3] = static_cast<char>(signature[3] ^ 1);
  EXPECT_FALSE(crypto::ed25519_verify(key, "\x72", signature));
  EXPECT_FALSE(crypto::ed25519_verify(key, "\x72", "short"));
  EXPECT_FALSE(crypto::ed25519_verify("short", "\x72", signature));
}

TEST(Crypto, WhatIsSealedOpensWithTheSameKeyAndPlace) {
  const Bytes key = crypto::random_bytes(32);
  for (const std::string& plain : {std::string(), std::string("x"), std::string(100'000, 'y')}) {
    const Bytes sealed = crypto::seal(key, plain, "place");
    EXPECT_EQ(sealed.size(), plain.size() + 28);
    EXPECT_EQ(crypto::open(key, sealed, "place").value(), plain);
  }
}

TEST(Crypto, AnyChangeOfSealedDataIsRefused) {
  const Bytes key = crypto::random_bytes(32);
  const Bytes sealed = crypto::seal(key, "secret", "place");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    const auto opened = crypto::open(key, changed, "place");
    ASSERT_FALSE(opened) << "byte " << i;
    EXPECT_EQ(opened.error().code, Errc::invalid_input);
  }
  EXPECT_FALSE(crypto::open(key, sealed, "another place"));
  EXPECT_FALSE(crypto::open(crypto::random_bytes(32), sealed, "place"));
  EXPECT_FALSE(crypto::open(key, std::string_view(sealed).substr(0, 27), "place"));
  EXPECT_FALSE(crypto::open(key, "", "place"));
  EXPECT_TRUE(crypto::open(key, sealed, "place")) << "the context must be clean after a refusal";
}

TEST(Crypto, NoncesDiffer) {
  const Bytes key = crypto::random_bytes(32);
  EXPECT_NE(crypto::seal(key, "same", ""), crypto::seal(key, "same", ""));
}

TEST(Crypto, WrongKeySizesAreBugs) {
  EXPECT_THROW(crypto::seal("short", "x", ""), std::runtime_error);
  EXPECT_THROW(crypto::Signer("short"), std::runtime_error);
}

TEST(Crypto, ThreadsDoNotShareContexts) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&wrong, t] {
      const Bytes key(32, static_cast<char>(t));
      for (int i = 0; i < 500; ++i) {
        const std::string text(static_cast<std::size_t>(i), 'a');
        if (crypto::open(key, crypto::seal(key, text, "p"), "p").value() != text) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace samband
