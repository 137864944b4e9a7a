// HSA ids, by the published format. There are no vectors of it to be had: these are the published samples and our own.
#include "health/hsa_id.hpp"

#include <gtest/gtest.h>

#include <string>

namespace samband::health {
namespace {

TEST(HsaId, WhatIsOne) {
  for (const char* id : {"SE2321000131-P000000123457",  // the Swedish base profiles' Organization and Practitioner
                         "SE2321000131-P000000123456",
                         "SE165565594230-1000",                   // the eRemiss pilot's samples
                         "SE9999000061-HUB", "SE9999000038-h1b",  // letters of both sorts
                         "SE9999000061-1", "SE9999000061-01234567890123456"})
    EXPECT_TRUE(is_hsa_id(id)) << id;
}

TEST(HsaId, WhatIsNone) {
  for (const char* id : {"",
                         "SE",
                         "SE-1",
                         "SE9999000061",
                         "SE9999000061-",  // nothing after the hyphen, or none
                         "SE9999000062-HUB",
                         "SE165565594231-1000",  // check digit
                         "SE999900006-HUB",
                         "SE99990000610-HUB",
                         "SE205565594230-1000",  // ten digits, or 16 and ten
                         "SE99990O0061-HUB",
                         "se9999000061-HUB",
                         "NO9999000061-HUB",
                         "9999000061-HUB",
                         "SE9999000061-HUB-1",
                         "SE9999000061-H B",
                         "SE9999000061-H@B",
                         "SE9999000061-H\xc3\x96J",
                         "SE9999000061-HUB\n",
                         " SE9999000061-HUB",
                         "SE9999000061-0123456789012345678"})  // 32 characters
    EXPECT_FALSE(is_hsa_id(id)) << id;
}

TEST(HsaId, HasAtMost31Characters) {
  const std::string prefix = "SE9999000061-";
  EXPECT_TRUE(is_hsa_id(prefix + std::string(31 - prefix.size(), '7')));
  EXPECT_FALSE(is_hsa_id(prefix + std::string(32 - prefix.size(), '7')));
}

}  // namespace
}  // namespace samband::health
