// The list of erasures and the retention periods: what survives a crash, and what is refused.
#include "keys/erasure_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "keys/period.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;

class ErasureListTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "samband-list-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    list_ = folder_ / kErasureList;
  }
  void TearDown() override { fs::remove_all(folder_); }
  static ErasureEntry entry(const std::string& id) {
    return {id,
            Time(std::chrono::milliseconds(1000)),
            "subject",
            "gdpr_17_1_d",
            "SN 2026-17",
            "operator",
            {5, INT64_MAX},
            {"consent-1"}};
  }
  std::string text() {
    std::ifstream in(list_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path folder_, list_;
};

TEST_F(ErasureListTest, EntriesComeBackInOrder) {
  EXPECT_TRUE(erasure_list::read(list_).value().empty());
  ASSERT_TRUE(erasure_list::append(list_, entry("a")));
  ASSERT_TRUE(erasure_list::append(list_, entry("b")));
  EXPECT_THAT(erasure_list::read(list_).value(), testing::ElementsAre(entry("a"), entry("b")));
  EXPECT_EQ(fs::status(list_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(ErasureListTest, ALongErasureTakesSeveralLines) {
  ErasureEntry entry = this->entry("a");
  entry.keys.resize(12'000, 9);
  ASSERT_TRUE(erasure_list::append(list_, entry));
  const auto parts = erasure_list::read(list_).value();
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].keys.size() + parts[1].keys.size() + parts[2].keys.size(), 12'000u);
  EXPECT_EQ(parts[0].consents.size(), 1u);
  EXPECT_TRUE(parts[2].consents.empty());
}

TEST_F(ErasureListTest, ALineCutShortAnywhereIsAsIfNotWritten) {
  ASSERT_TRUE(erasure_list::append(list_, entry("a")));
  const std::string first = text();
  ASSERT_TRUE(erasure_list::append(list_, entry("b")));
  const std::string both = text();
  for (std::size_t size = first.size(); size < both.size(); ++size) {
    fs::resize_file(list_, size);
    ASSERT_THAT(erasure_list::read(list_).value(), testing::ElementsAre(entry("a"))) << size;
    ASSERT_TRUE(erasure_list::append(list_, entry("b")));
    ASSERT_EQ(text(), both) << "what was cut short goes when the next is written";
  }
}

TEST_F(ErasureListTest, AChangedByteIsRefused) {
  ASSERT_TRUE(erasure_list::append(list_, entry("a")));
  const std::string whole = text();
  for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
    std::string other = whole;
    other[i] = static_cast<char>(other[i] ^ 1);
    std::ofstream(list_, std::ios::binary | std::ios::trunc) << other;
    EXPECT_FALSE(erasure_list::read(list_)) << i;
  }
}

TEST_F(ErasureListTest, TheListOfABackupIsAddedOnce) {
  const fs::path other = folder_ / "other";
  ASSERT_TRUE(erasure_list::append(list_, entry("a")));
  ASSERT_TRUE(erasure_list::append(other, entry("a")));
  ASSERT_TRUE(erasure_list::append(other, entry("b")));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(erasure_list::merge(list_, other));
  EXPECT_THAT(erasure_list::read(list_).value(), testing::ElementsAre(entry("a"), entry("b")));
}

TEST(Period, IsAClassAndAMonthInStockholm) {
  const Time new_year = parse_rfc3339("2026-12-31T23:30:00Z").value();
  EXPECT_EQ(period_of("care.referral", new_year), "care.referral/2027-01");
  EXPECT_EQ(class_of("care.referral/2027-01"), "care.referral");
  EXPECT_EQ(to_rfc3339(*period_end("care.referral/2026-12")), "2026-12-31T23:00:00.000Z");
  for (const char* text : {"", "2026-12", "/2026-12", "x/2026-13", "x/2026-00", "x/20a6-01", "x/2026/01"})
    EXPECT_FALSE(period_end(text) && !class_of(text).empty()) << text;
}

}  // namespace
}  // namespace samband
