#include "keys/jws.hpp"

#include <gtest/gtest.h>

namespace samband {
namespace {

// RFC 7515 appendix A.3: the key as SubjectPublicKeyInfo, and its signature. The example has no `kid`, so that it is
// the unhappy case here; the ones below were made with OpenSSL and a key of our own.
constexpr std::string_view kRfcExample =
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

// A key pair made for this test alone; its private half is gone.
constexpr const char* kPublicKey =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEv+FMWjn9my7ieqa67w9oTmtXGZ182sRGCRBH8tUI7js+8C2Ow2mg1w7kX2Pj5CAM"
    "oGsp88Zg90Cis6kcZzNwfg==";
constexpr const char* kOtherKey =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwVTNVSwu0CUBnkw0P2+RFt3FzTHYlHK49QUCIj2z0fRxffYYg2JdH/DeBBm1CW6b"
    "rbIJ4VS3fNnJ2auwKqhd0Q==";
constexpr const char* kSigned =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6Im9mZmljaWFsLTEifQ.eyJleGNoYW5nZSI6IngtMSIsImlhdCI6MTc5NTAwMDAwMH0.rttpj"
    "lipHq8wvdG1-OmNzEFZvlqCK9b7ztNso6ECc6nqmwQYv3sO9sOq31_9Vu5vXSYbP9BM3k-xov0SY7JpNQ";

Bytes key(const char* base64) { return from_base64(base64).value(); }

TEST(Jws, OpensWhatTheKeySigned) {
  EXPECT_EQ(jws::key_id(kSigned).value(), "official-1");
  const auto payload = jws::verify(kSigned, key(kPublicKey));
  ASSERT_TRUE(payload) << payload.error().message;
  EXPECT_EQ(string_at(payload->get_object(), "exchange"), "x-1");
}

TEST(Jws, AnotherKeySignedNothing) {
  const auto payload = jws::verify(kSigned, key(kOtherKey));
  ASSERT_FALSE(payload);
  EXPECT_EQ(payload.error().code, Errc::unauthorised);
}

TEST(Jws, EveryChangedCharacterIsRefused) {
  for (std::size_t i = 0; i < std::string_view(kSigned).size(); ++i) {
    std::string text(kSigned);
    text[i] = text[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(jws::verify(text, key(kPublicKey))) << i;
  }
}

TEST(Jws, OtherAlgorithmsAndShapesAreRefused) {
  EXPECT_FALSE(jws::key_id(kRfcExample));  // no kid
  for (const char* header :
       {R"({"alg":"none","kid":"a"})", R"({"alg":"HS256","kid":"a"})", R"({"alg":"ES384","kid":"a"})",
        R"({"alg":"ES256","kid":"a","crit":["b64"]})", R"(["ES256"])", "x"}) {
    std::string text = to_base64(header);
    while (text.ends_with('=')) text.pop_back();
    EXPECT_FALSE(jws::key_id(text + ".e30.")) << header;
  }
  for (const char* text : {"", ".", "..", "a.b", "a.b.c.d", "e30=.e30.e30"}) EXPECT_FALSE(jws::key_id(text)) << text;
  EXPECT_FALSE(jws::verify(kSigned, ""));
}

}  // namespace
}  // namespace samband
