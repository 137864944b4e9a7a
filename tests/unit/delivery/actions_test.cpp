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

// Skatteverket's test numbers, as they might stand in a URL.
TEST(Target, APersonNumberIsSeenInEveryForm) {
  for (const char* target :
       {"/Actualisations?personId=200903022390", "/p/090302-2390", "/p/20090302-2390?x=1", "/p/090302+2390",
        "/p?n=20090302%2D2390", "/p?n=%32%30090302239%30", "/p?n=20090302%252D2390", "/p/x200903022390y",
        "/p?n=%25252525252525252525252541", "/0193a0b1-0000-7000-8000-000000000000/200903022390"})
    EXPECT_TRUE(has_personal_number(target)) << target;
  for (const char* target :
       {"", "/", "/Errands", "/Actualisations/98765/Attachments?startDate=2026-11-22&endDate=2026-11-22",
        "/Errands/0193a0b1-2009-7030-8223-200903022390", "/p/200903022391", "/p/2009030223900", "/p?q=a%20b%"})
    EXPECT_FALSE(has_personal_number(target)) << target;
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
