// Headers that an adapter asks for, and how long the outbox waits.
#include "delivery/actions.hpp"

#include <gtest/gtest.h>

#include "delivery/outbox.hpp"

namespace samband {
namespace {

TEST(Headers, AnAdapterSetsItsOwnOnly) {
  const Headers h = headers_from(
      R"({"Content-Type":"application/xml","Host":"evil","Content-Length":"1","Idempotency-Key":"x","accept":"a/b"})");
  ASSERT_EQ(h.size(), 2u);
  EXPECT_EQ(h[0], (std::pair<std::string, std::string>("content-type", "application/xml")));
  EXPECT_EQ(h[1].first, "accept");
}

TEST(Headers, InjectionIsDropped) {
  EXPECT_TRUE(headers_from(R"({"x":"a\r\nhost: evil"})").empty());
  EXPECT_TRUE(headers_from(R"({"x y":"a"})").empty());
  EXPECT_TRUE(headers_from(R"({"x:y":"a"})").empty());
  EXPECT_TRUE(headers_from("not json").empty());
  EXPECT_TRUE(headers_from(R"({"x":1})").empty());
}

TEST(Retry, BackOffDoublesUpToTheCap) {
  RetryPolicy p;
  p.jitter = 0;
  EXPECT_EQ(retry_delay(p, 1, 0.5).count(), 1000);
  EXPECT_EQ(retry_delay(p, 2, 0.5).count(), 2000);
  EXPECT_EQ(retry_delay(p, 5, 0.5).count(), 16000);
  EXPECT_EQ(retry_delay(p, 60, 0.5).count(), 3600000);
  EXPECT_EQ(retry_delay(p, 1000000, 0.5).count(), 3600000);
}

TEST(Retry, JitterStaysInItsShare) {
  RetryPolicy p;
  EXPECT_EQ(retry_delay(p, 1, 0.0).count(), 800);
  EXPECT_LT(retry_delay(p, 1, 0.999).count(), 1201);
  EXPECT_NE(retry_delay(p, 3, 0.1), retry_delay(p, 3, 0.9));
}

}  // namespace
}  // namespace samband
