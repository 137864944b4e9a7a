#include "keys/key_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "keys/sqlite.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class KeyStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "samband-keys-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    folder_ = root_ / "keys";
  }
  void TearDown() override { fs::remove_all(root_); }

  void create() { ASSERT_TRUE(KeyStore::create(folder_)); }
  std::unique_ptr<KeyStore> open() { return KeyStore::open(folder_).value(); }
  Error refusal() {
    auto opened = KeyStore::open(folder_);
    return opened ? Error{Errc::internal, "", "was opened"} : opened.error();
  }

  fs::path root_, folder_;
};

TEST_F(KeyStoreTest, MakesAPrivateFolderWithPrivateFiles) {
  create();
  struct stat status{};
  ASSERT_EQ(::stat(folder_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  auto store = open();
  ASSERT_TRUE(store->payload_key({"a"}));
  for (const auto& file : fs::directory_iterator(folder_)) {
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u) << file.path();
  }
}

TEST_F(KeyStoreTest, NeverOverwritesKeys) {
  create();
  auto again = KeyStore::create(folder_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::conflict);
  ASSERT_TRUE(fs::remove(folder_ / "log.seed"));
  again = KeyStore::create(folder_);
  ASSERT_FALSE(again) << "some keys left is as bad as all of them";
  EXPECT_EQ(again.error().code, Errc::conflict);
}

TEST_F(KeyStoreTest, RefusesLaxModes) {
  create();
  ASSERT_EQ(::chmod(folder_.c_str(), 0750), 0);
  EXPECT_EQ(refusal().code, Errc::invalid_config);
  EXPECT_THAT(refusal().message, HasSubstr("chmod 700"));
  ASSERT_EQ(::chmod(folder_.c_str(), 0700), 0);
  for (const char* name : {"master.key", "subject.key", "log.seed", "keys.db"}) {
    ASSERT_EQ(::chmod((folder_ / name).c_str(), 0640), 0);
    EXPECT_EQ(refusal().code, Errc::invalid_config);
    EXPECT_THAT(refusal().message, HasSubstr("chmod 600")) << name;
    EXPECT_THAT(refusal().where, HasSubstr(name));
    ASSERT_EQ(::chmod((folder_ / name).c_str(), 0600), 0);
  }
  EXPECT_TRUE(KeyStore::open(folder_));
}

TEST_F(KeyStoreTest, RefusesLinks) {
  create();
  fs::rename(folder_ / "master.key", root_ / "elsewhere");
  fs::create_symlink(root_ / "elsewhere", folder_ / "master.key");
  EXPECT_THAT(refusal().message, HasSubstr("symbolic link"));
  fs::remove(folder_ / "master.key");
  fs::create_hard_link(root_ / "elsewhere", folder_ / "master.key");
  EXPECT_THAT(refusal().message, HasSubstr("hard link"));
  fs::remove(root_ / "elsewhere");
  EXPECT_TRUE(KeyStore::open(folder_));
  fs::create_directory_symlink(folder_, root_ / "link");
  EXPECT_FALSE(KeyStore::open(root_ / "link"));
}

TEST_F(KeyStoreTest, RefusesWrongSizesAndMissingFiles) {
  create();
  std::ofstream(folder_ / "subject.key", std::ios::app) << "x";
  EXPECT_THAT(refusal().message, HasSubstr("32 bytes"));
  fs::remove(folder_ / "subject.key");
  EXPECT_EQ(refusal().code, Errc::invalid_config);
}

TEST_F(KeyStoreTest, RefusesAnUnknownSchema) {
  create();
  {
    auto db = sqlite::Database::open(folder_ / "keys.db", sqlite::Database::Mode::read_write).value();
    ASSERT_TRUE(db.exec("PRAGMA user_version = 7"));
  }
  EXPECT_THAT(refusal().message, HasSubstr("schema version 7"));
}

TEST_F(KeyStoreTest, SubjectReferencesAreKeyedAndStable) {
  create();
  auto store = open();
  const std::string ref = store->subject_ref("somebody");
  EXPECT_EQ(ref.size(), 32u);
  EXPECT_EQ(ref, store->subject_ref("somebody"));
  EXPECT_NE(ref, store->subject_ref("somebody else"));
  store.reset();
  EXPECT_EQ(ref, open()->subject_ref("somebody"));
  ASSERT_TRUE(KeyStore::create(root_ / "other"));
  EXPECT_NE(ref, KeyStore::open(root_ / "other").value()->subject_ref("somebody"));
}

TEST_F(KeyStoreTest, ASetOfSubjectsHasOneKeyWhateverItsOrder) {
  create();
  auto store = open();
  const auto key = store->payload_key({"b", "a", "a"}).value();
  EXPECT_EQ(key.key.size(), 32u);
  EXPECT_EQ(store->payload_key({"a", "b"})->id, key.id);
  EXPECT_NE(store->payload_key({"a"})->id, key.id);
  EXPECT_NE(store->payload_key(std::vector<std::string>{})->id, key.id);
  store.reset();
  store = open();
  EXPECT_EQ(store->payload_key({"a", "b"})->key, key.key) << "durable";
  EXPECT_EQ(store->payload_key(key.id)->key, key.key);
}

TEST_F(KeyStoreTest, MalformedSubjectsAreRefused) {
  create();
  auto store = open();
  EXPECT_FALSE(store->payload_key({""}));
  EXPECT_FALSE(store->payload_key({"a,b"}));
  EXPECT_FALSE(store->payload_key({std::string(1000, 'a')}));
}

TEST_F(KeyStoreTest, ErasingASubjectDestroysEverySetItIsIn) {
  create();
  auto store = open();
  const auto alone = store->payload_key({"a"}).value(), both = store->payload_key({"a", "b"}).value();
  const auto other = store->payload_key({"b"}).value();
  EXPECT_THAT(store->erase("a").value(), testing::UnorderedElementsAre(alone.id, both.id));
  for (const auto id : {alone.id, both.id}) {
    auto gone = store->payload_key(id);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::not_found);
  }
  EXPECT_EQ(store->payload_key(other.id)->key, other.key);
  const auto fresh = store->payload_key({"a"}).value();
  EXPECT_NE(fresh.key, alone.key);
  EXPECT_GT(fresh.id, other.id) << "an id never comes back with another key";
  EXPECT_TRUE(store->erase("nobody").value().empty());
}

TEST_F(KeyStoreTest, NoTraceOfAnErasedKeyStaysInTheFiles) {
  create();
  auto store = open();
  const auto key = store->payload_key({"a"}).value();
  Bytes wrapped;
  {
    auto db = sqlite::Database::open(folder_ / "keys.db", sqlite::Database::Mode::read_only).value();
    auto query = db.query("SELECT wrapped FROM payload_key WHERE id = ?", key.id);
    ASSERT_TRUE(query.step().value());
    wrapped = query.bytes(0);
  }
  const auto files_hold = [&] {
    for (const auto& file : fs::directory_iterator(folder_)) {
      std::ifstream in(file.path(), std::ios::binary);
      const std::string all((std::istreambuf_iterator<char>(in)), {});
      if (all.find(wrapped) != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_TRUE(files_hold()) << "the search must be able to find it";
  ASSERT_TRUE(store->erase("a"));
  EXPECT_FALSE(files_hold());
}

TEST_F(KeyStoreTest, AWrappedKeyMovedToAnotherIdDoesNotOpen) {
  create();
  std::int64_t a = 0, b = 0;
  {
    auto store = open();
    a = store->payload_key({"a"})->id;
    b = store->payload_key({"b"})->id;
  }
  {
    auto db = sqlite::Database::open(folder_ / "keys.db", sqlite::Database::Mode::read_write).value();
    ASSERT_TRUE(
        db.query("UPDATE payload_key SET wrapped = (SELECT wrapped FROM payload_key WHERE id = ?) WHERE id = ?", a, b)
            .run());
  }
  auto store = open();
  EXPECT_TRUE(store->payload_key(a));
  auto swapped = store->payload_key(b);
  ASSERT_FALSE(swapped);
  EXPECT_EQ(swapped.error().code, Errc::internal);
}

TEST_F(KeyStoreTest, ManyThreadsAgree) {
  create();
  auto store = open();
  std::vector<std::thread> threads;
  std::vector<std::vector<std::int64_t>> ids(4);
  for (auto& mine : ids)
    threads.emplace_back([&store, &mine] {
      for (int i = 0; i < 50; ++i) mine.push_back(store->payload_key({"s" + std::to_string(i)})->id);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& mine : ids) EXPECT_EQ(mine, ids[0]);
}

}  // namespace
}  // namespace samband
