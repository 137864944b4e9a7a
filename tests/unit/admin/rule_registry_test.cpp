// A hub starts with the rule set that the log says was published last; when that entry is not the one that was signed,
// it says that the log is at fault.
#include "admin/rule_registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "keys/sqlite.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RuleRegistryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "samband-rules-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  // Opens all of it, does `then`, and closes it. Why the rules did not start, or nothing.
  std::string start(const std::function<void(Ledger&)>& then = {}) {
    auto store = Store::open(root_ / "data").value();
    Ledger::Options options;
    options.log_seed = Bytes(32, 'k');
    auto ledger = Ledger::open(*store, options).value();
    const auto config = fs::path(SAMBAND_SOURCE_DIR) / "config";
    auto rules = RuleRegistry::open(system_clock(), *store, *ledger, {config / "rules", {}}, {}, 3);
    if (rules && then) then(*ledger);
    return rules ? "" : rules.error().message;
  }

  fs::path root_;
};

TEST_F(RuleRegistryTest, ADamagedEntryIsTheLogsFault) {
  // Leaf 0 publishes the set; then so many that a start reads a tile in its place.
  ASSERT_EQ(start([](Ledger& ledger) {
              const std::vector<Leaf> many(300, make_leaf(LeafType::key, system_clock().now(), {}, {}, "k", "rotated"));
              ASSERT_TRUE(
                  ledger.commit_blocking(many, [](Txn&, const std::vector<std::uint64_t>&) { return Result<void>(); }));
            }),
            "");
  ASSERT_EQ(start(), "");
  {
    auto database = sqlite::Database::open(root_ / "data" / "hub.db", sqlite::Database::Mode::create).value();
    ASSERT_TRUE(database.exec("DROP TRIGGER leaf_update"));
    auto query = database.query("SELECT bytes FROM leaf WHERE idx = 0");
    ASSERT_TRUE(query.step().value());
    Bytes bytes(query.bytes(0));
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    auto put = database.query("UPDATE leaf SET bytes = ? WHERE idx = 0", sqlite::Blob{bytes});
    ASSERT_TRUE(put.run());
  }
  const std::string told = start();
  EXPECT_THAT(told, HasSubstr("the log does not verify at entry 0"));
  EXPECT_THAT(told, HasSubstr("samband log verify"));
}

}  // namespace
}  // namespace samband
