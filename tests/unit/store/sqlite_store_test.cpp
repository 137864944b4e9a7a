// SQLite as the store: its files, schema versions, locks and damage. What any backend must do is in contract_test.cpp.
#include "contract.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "keys/sqlite.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "samband-store-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    store_ = Store::open(folder_).value();
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(folder_);
  }
  void put(const ExchangeRow& row) {
    ASSERT_TRUE(store_->transact([&](Txn& txn) { return txn.put_exchange(row); }));
  }

  bool files_hold(const std::string& bytes) const {
    for (const auto& file : fs::directory_iterator(folder_)) {
      std::ifstream in(file.path(), std::ios::binary);
      const std::string all((std::istreambuf_iterator<char>(in)), {});
      if (all.find(bytes) != std::string::npos) return true;
    }
    return false;
  }

  fs::path folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, LeavesAndTilesNeverChange) {
  ASSERT_TRUE(store_->transact([](Txn& txn) -> Result<void> {
    if (auto r = txn.add_leaves(0, std::vector<Bytes>{"zero", "one", ""}); !r) return r;
    if (auto r = txn.add_leaves(3, std::vector<Bytes>{"three"}); !r) return r;
    if (auto r = txn.put_tile(0, 0, "hashes"); !r) return r;
    if (auto r = txn.put_checkpoint(1, "old"); !r) return r;
    return txn.put_checkpoint(2, "note");
  }));
  EXPECT_EQ(store_->leaf(1).value(), "one");
  EXPECT_EQ(store_->leaf(3).value(), "three");
  EXPECT_EQ(store_->leaf(4).error().code, Errc::not_found);
  EXPECT_THAT(store_->leaves(0, 10).value(), ElementsAre("zero", "one", "", "three"));
  EXPECT_THAT(store_->leaves(1, 2).value(), ElementsAre("one", ""));
  EXPECT_EQ(store_->count("leaf").value(), 4);
  EXPECT_EQ(store_->tile(0, 0).value(), "hashes");
  EXPECT_FALSE(store_->tile(1, 0).value());
  EXPECT_EQ(store_->checkpoint().value()->second, "note");
  auto db = sqlite::Database::open(folder_ / "hub.db", sqlite::Database::Mode::read_write).value();
  EXPECT_FALSE(db.exec("UPDATE leaf SET bytes = 'two' WHERE idx = 0"));
  EXPECT_FALSE(db.exec("DELETE FROM leaf WHERE idx = 0"));
  EXPECT_FALSE(db.exec("DELETE FROM tile"));
}

TEST_F(StoreTest, ASecondHubIsRefusedAndAReaderIsNot) {
  put(exchange("x"));
  auto second = Store::open(folder_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::invalid_config);
  EXPECT_THAT(second.error().message, HasSubstr("another hub"));
  auto reader = Store::open(folder_, true).value();
  EXPECT_TRUE(reader->exchange("x").value());
  EXPECT_EQ(reader->transact([](Txn&) { return Result<void>(); }).error().code, Errc::forbidden);
  store_.reset();
  store_ = Store::open(folder_).value();
  EXPECT_TRUE(store_->exchange("x").value());
}

TEST_F(StoreTest, ANewerSchemaIsRefused) {
  store_.reset();
  {
    auto db = sqlite::Database::open(folder_ / "hub.db", sqlite::Database::Mode::read_write).value();
    ASSERT_TRUE(db.exec("PRAGMA user_version = 99"));
  }
  for (const bool read_only : {false, true}) {
    auto opened = Store::open(folder_, read_only);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("schema version 99"));
  }
}

TEST_F(StoreTest, AnOlderSchemaIsBroughtForwardWithItsRows) {
  put(exchange("x"));
  store_.reset();
  {
    auto db = sqlite::Database::open(folder_ / "hub.db", sqlite::Database::Mode::read_write).value();
    ASSERT_TRUE(db.exec(
        "DROP TABLE agenda; DROP TABLE answers; DROP TABLE review; DROP TABLE rule_set; DROP TABLE erasure; DROP "
        "TABLE erased_key; DROP TABLE incident; DROP TABLE task; ALTER TABLE quarantine "
        "DROP COLUMN adapter; ALTER TABLE leaf DROP COLUMN count; ALTER TABLE message DROP COLUMN side; "
        "ALTER TABLE message DROP COLUMN leaf_index; ALTER TABLE consent DROP COLUMN key_id; "
        "ALTER TABLE consent DROP COLUMN side; ALTER TABLE assessment DROP COLUMN side; "
        "PRAGMA user_version = 1"));
  }
  ASSERT_FALSE(Store::open(folder_, true)) << "a reader changes nothing: it waits for the hub";
  store_ = Store::open(folder_).value();
  EXPECT_TRUE(store_->exchange("x").value());
  EXPECT_TRUE(store_->transact([&](Txn& txn) { return txn.put_agenda({"x", "duty", at(5), at(1), 0}); }));
  store_.reset();
  store_ = Store::open(folder_).value();
  EXPECT_EQ(store_->agenda("x").value().size(), 1u);
}

TEST_F(StoreTest, ADatabaseOfVersion3GetsItsTableOfIncidents) {
  put(exchange("x"));
  store_.reset();
  {
    auto db = sqlite::Database::open(folder_ / "hub.db", sqlite::Database::Mode::read_write).value();
    ASSERT_TRUE(db.exec("DROP TABLE incident; DROP TABLE task; PRAGMA user_version = 3"));
  }
  ASSERT_FALSE(Store::open(folder_, true)) << "a reader changes nothing: it waits for the hub";
  store_ = Store::open(folder_).value();
  EXPECT_TRUE(store_->exchange("x").value());
  EXPECT_TRUE(store_->incidents("", 10).value().empty());
}

TEST_F(StoreTest, ADatabaseOfVersion4GetsItsTableOfTasks) {
  put(exchange("x"));
  store_.reset();
  {
    auto db = sqlite::Database::open(folder_ / "hub.db", sqlite::Database::Mode::read_write).value();
    ASSERT_TRUE(db.exec("DROP TABLE task; PRAGMA user_version = 4"));
  }
  ASSERT_FALSE(Store::open(folder_, true)) << "a reader changes nothing: it waits for the hub";
  store_ = Store::open(folder_).value();
  EXPECT_TRUE(store_->exchange("x").value());
  EXPECT_TRUE(store_->transact(
      [&](Txn& txn) { return txn.put_task({"x", "notify_person", "police", at(1), at(9), {}, {}, "", "", "", 4}); }));
  EXPECT_EQ(store_->tasks("police", true, "", "", 10).value().size(), 1u);
}

// A file as a hub of version 2 wrote it, with what that hub had written over still in it.
TEST_F(StoreTest, ADatabaseOfVersion2IsBroughtForwardAndKeepsNoOldBytes) {
  store_.reset();
  fs::remove_all(folder_);
  fs::create_directory(folder_);
  const fs::path file = folder_ / "hub.db";
  const Bytes before(20'000, 'Q'), after(3000, 'R');
  {
    std::ifstream in(fs::path(SAMBAND_SOURCE_DIR) / "tests/unit/store/schema_2.sql");
    const std::string schema((std::istreambuf_iterator<char>(in)), {});
    auto db = sqlite::Database::open(file, sqlite::Database::Mode::create).value();
    ASSERT_TRUE(db.exec(("PRAGMA secure_delete=OFF; PRAGMA journal_mode=WAL;" + schema).c_str()));
    for (const Bytes* body : {&before, &after})
      ASSERT_TRUE(db.query("INSERT OR REPLACE INTO message(id,sender,sender_message_id,kind,content_hash,received_at,"
                           "key_id,body,exchanges,warnings) VALUES('m','police','m-1','k',x'00',5,3,?,'x','[]')",
                           sqlite::Blob{*body})
                      .run());
  }
  const auto holds = [&](const Bytes& bytes) { return files_hold(bytes.substr(0, 500)); };
  ASSERT_TRUE(holds(before)) << "the test must begin with what it wants gone";
  EXPECT_THAT(Store::open(folder_, true).error().message, HasSubstr("schema version 2"));
  store_ = Store::open(folder_).value();
  EXPECT_EQ(store_->message("m").value()->body, after);
  EXPECT_FALSE(holds(before));
  EXPECT_TRUE(holds(after));
  EXPECT_TRUE(store_->erasures(10).value().empty());
}

TEST_F(StoreTest, FilesAreForTheirOwnerOnly) {
  put(exchange("x"));
  for (const auto& file : fs::directory_iterator(folder_)) {
    struct stat status{};
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 077, 0u) << file.path();
  }
}

TEST_F(StoreTest, DamageIsFoundByCheck) {
  for (int i = 0; i < 500; ++i) put(exchange("x" + std::to_string(i)));
  store_.reset();
  {
    auto db = sqlite::Database::open(folder_ / "hub.db", sqlite::Database::Mode::read_write).value();
    sqlite3_db_config(db.handle(), SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
    ASSERT_TRUE(db.exec("PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'exchange_sender'"));
  }
  auto reader = Store::open(folder_, true);
  ASSERT_TRUE(reader);
  EXPECT_FALSE((*reader)->check());
}

}  // namespace
}  // namespace samband
