#include "keys/key_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <thread>

#include "keys/crypto.hpp"
#include "keys/erasure_list.hpp"
#include "keys/period.hpp"
#include "keys/secret_file.hpp"
#include "keys/sqlite.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::string_view kMonth = "police.suspicion/2026-11";

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
  ASSERT_TRUE(store->payload_key({"a"}, kMonth));
  for (const auto& file : fs::directory_iterator(folder_)) {
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u) << file.path();
  }
}

// systemd 254 and newer: files and folder are root's, and an access list, seen as the group's bits, lets the user of
// the service read them.
TEST_F(KeyStoreTest, ACredentialMayBeRootsAndReadableByTheHubsUser) {
  constexpr uid_t kNobody = 65534;
  const bool as_root = ::geteuid() == 0;
  const fs::path folder = root_ / "credentials", secret = folder / "key", other = root_ / "key";
  ASSERT_EQ(::chmod(root_.c_str(), 0711), 0);
  fs::create_directory(folder);
  for (const fs::path& file : {secret, other}) ASSERT_TRUE(write_secret_file(file, Bytes(32, 'k')));
  // What the hub's user is told of a file with this mode and owner, in a folder of this mode.
  const auto told = [&](const fs::path& file, mode_t mode, mode_t around = 0550, uid_t owner = 0) {
    EXPECT_EQ(::chmod(folder.c_str(), around), 0);
    EXPECT_EQ(::chmod(file.c_str(), mode), 0);
    if (as_root) {
      for (const fs::path& each : {folder, file}) EXPECT_EQ(::chown(each.c_str(), 0, kNobody), 0);
      EXPECT_EQ(::chown(file.c_str(), owner, kNobody), 0);
      EXPECT_EQ(::setegid(kNobody), 0);
      EXPECT_EQ(::seteuid(kNobody), 0);
    }
    const auto read = read_secret_file(file, 32);
    if (as_root) {
      EXPECT_EQ(::seteuid(0), 0);
      EXPECT_EQ(::setegid(0), 0);
    }
    return read ? std::string("read") : read.error().message;
  };
  ::setenv("CREDENTIALS_DIRECTORY", (folder / "").c_str(), 1);
  EXPECT_EQ(told(secret, 0440), "read");
  if (as_root)
    EXPECT_EQ(told(secret, 0400, 0550, kNobody), "read");
  else
    std::cout << "not root: another owner than the hub's user is not tried\n";
  EXPECT_THAT(told(secret, 0444), HasSubstr("laxer"));
  EXPECT_THAT(told(secret, 0460), HasSubstr("laxer"));
  EXPECT_THAT(told(secret, 0550), HasSubstr("laxer"));
  EXPECT_THAT(told(secret, 0440, 0570), HasSubstr("can be written by others"));
  EXPECT_THAT(told(secret, 0440, 0557), HasSubstr("can be written by others"));
  if (as_root) EXPECT_THAT(told(secret, 0440, 0550, 1), HasSubstr("belongs to another user"));
  EXPECT_NE(told(other, 0440), "read") << "outside the folder of credentials";
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_NE(told(secret, 0440), "read") << "it is no folder of credentials";
  ASSERT_EQ(::chmod(folder.c_str(), 0700), 0);
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

TEST_F(KeyStoreTest, AnotherSubjectKeyFindsNobodyAndIsRefused) {
  create();
  (void)open();
  const fs::path file = folder_ / "subject.key";
  const Bytes own = read_secret_file(file, 32).value();
  fs::remove(file);
  ASSERT_TRUE(write_secret_file(file, Bytes(32, 'x')));
  EXPECT_THAT(refusal().message, HasSubstr("is not the key that this store's persons are known by"));
  fs::remove(file);
  ASSERT_TRUE(write_secret_file(file, own));
  EXPECT_TRUE(open());
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
  const auto key = store->payload_key({"b", "a", "a"}, kMonth).value();
  EXPECT_EQ(key.key.size(), 32u);
  EXPECT_EQ(store->payload_key({"a", "b"}, kMonth)->id, key.id);
  EXPECT_NE(store->payload_key({"a"}, kMonth)->id, key.id);
  EXPECT_NE(store->payload_key(std::vector<std::string>{}, kMonth)->id, key.id);
  store.reset();
  store = open();
  EXPECT_EQ(store->payload_key({"a", "b"}, kMonth)->key, key.key) << "durable";
  EXPECT_EQ(store->payload_key(key.id)->key, key.key);
}

TEST_F(KeyStoreTest, EveryPeriodHasItsOwnKeys) {
  create();
  auto store = open();
  const auto november = store->payload_key({"a"}, kMonth).value();
  const auto december = store->payload_key({"a"}, "police.suspicion/2026-12").value();
  const auto other_kind = store->payload_key({"a"}, "care.referral/2026-11").value();
  EXPECT_NE(november.id, december.id);
  EXPECT_NE(november.id, other_kind.id);
  EXPECT_NE(november.key, december.key);
  EXPECT_THAT(store->periods().value(),
              testing::ElementsAre("care.referral/2026-11", kMonth, "police.suspicion/2026-12"));
  EXPECT_THAT(store->keys_in(kMonth).value(), testing::ElementsAre(november.id));
  EXPECT_EQ(store->keys_of("a")->size(), 3u);
  ASSERT_TRUE(store->destroy({november.id}));
  EXPECT_FALSE(store->payload_key(november.id));
  EXPECT_TRUE(store->payload_key(december.id));
  EXPECT_FALSE(store->payload_key({"a"}, "november")) << "not a period";
}

TEST_F(KeyStoreTest, AnOlderKeyStoreIsBroughtForwardWithItsKeys) {
  create();
  const Bytes key(32, 'k');
  const Bytes master = read_secret_file(folder_ / "master.key", 32).value();
  {
    auto db = sqlite::Database::open(folder_ / "keys.db", sqlite::Database::Mode::read_write).value();
    ASSERT_TRUE(
        db.exec("DROP TABLE payload_key; DROP TABLE master; CREATE TABLE payload_key(id INTEGER PRIMARY KEY "
                "AUTOINCREMENT, subjects TEXT NOT NULL UNIQUE, wrapped BLOB NOT NULL); INSERT INTO key_subject "
                "VALUES('a', 7); PRAGMA user_version = 1"));
    const Bytes wrapped = crypto::seal(master, key, "samband/payload-key/7");
    ASSERT_TRUE(
        db.query("INSERT INTO payload_key(id, subjects, wrapped) VALUES(7, 'a', ?)", sqlite::Blob{wrapped}).run());
  }
  auto store = open();
  EXPECT_EQ(store->payload_key(7)->key, key);
  EXPECT_THAT(store->keys_of("a").value(), testing::ElementsAre(7));
  ASSERT_EQ(store->periods()->size(), 1u);
  EXPECT_EQ(class_of(store->periods()->front()), kLegacyClass);
  EXPECT_NE(store->payload_key({"a"}, kMonth)->id, 7);
}

TEST_F(KeyStoreTest, MalformedSubjectsAreRefused) {
  create();
  auto store = open();
  EXPECT_FALSE(store->payload_key({""}, kMonth));
  EXPECT_FALSE(store->payload_key({"a,b"}, kMonth));
  EXPECT_FALSE(store->payload_key({std::string(1000, 'a')}, kMonth));
}

TEST_F(KeyStoreTest, ErasingASubjectDestroysEverySetItIsIn) {
  create();
  auto store = open();
  const auto alone = store->payload_key({"a"}, kMonth).value(), both = store->payload_key({"a", "b"}, kMonth).value();
  const auto other = store->payload_key({"b"}, kMonth).value();
  const auto keys = store->keys_of("a").value();
  EXPECT_THAT(keys, testing::UnorderedElementsAre(alone.id, both.id));
  EXPECT_EQ(store->destroy(keys).value(), 2);
  EXPECT_EQ(store->destroy(keys).value(), 0) << "gone is gone";
  EXPECT_TRUE(store->keys_of("a").value().empty());
  for (const auto id : {alone.id, both.id}) {
    auto gone = store->payload_key(id);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::not_found);
  }
  EXPECT_EQ(store->payload_key(other.id)->key, other.key);
  const auto fresh = store->payload_key({"a"}, kMonth).value();
  EXPECT_NE(fresh.key, alone.key);
  for (const auto& before : {alone, both, other}) EXPECT_NE(fresh.id, before.id) << "an id never comes back";
  EXPECT_TRUE(store->keys_of("nobody").value().empty());
}

TEST_F(KeyStoreTest, NoTraceOfAnErasedKeyStaysInTheFiles) {
  create();
  auto store = open();
  const auto key = store->payload_key({"a"}, kMonth).value();
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
  ASSERT_TRUE(store->destroy({key.id}));
  ASSERT_TRUE(store->scrub());
  EXPECT_FALSE(files_hold());
}

TEST_F(KeyStoreTest, AWrappedKeyMovedToAnotherIdDoesNotOpen) {
  create();
  std::int64_t a = 0, b = 0;
  {
    auto store = open();
    a = store->payload_key({"a"}, kMonth)->id;
    b = store->payload_key({"b"}, kMonth)->id;
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

TEST_F(KeyStoreTest, TheMasterKeyIsRotatedAndEveryKeyOpensAsBefore) {
  create();
  const Bytes before = read_secret_file(folder_ / "master.key", 32).value();
  std::vector<PayloadKey> keys;
  {
    auto store = open();
    for (int i = 0; i < 20; ++i) keys.push_back(store->payload_key({"s" + std::to_string(i)}, kMonth).value());
    auto refused = KeyStore::rotate_master(folder_);
    ASSERT_FALSE(refused) << "somebody has the old key in memory";
    EXPECT_THAT(refused.error().message, HasSubstr("stop it first"));
  }
  EXPECT_EQ(KeyStore::rotate_master(folder_).value(), 20);
  EXPECT_NE(read_secret_file(folder_ / "master.key", 32).value(), before);
  EXPECT_FALSE(fs::exists(folder_ / "master.key.next"));
  auto store = open();
  for (const PayloadKey& key : keys) EXPECT_EQ(store->payload_key(key.id)->key, key.key);
  store.reset();
  fs::remove(folder_ / "master.key");
  ASSERT_TRUE(write_secret_file(folder_ / "master.key", before));
  EXPECT_THAT(refusal().message, HasSubstr("is not the key that wraps")) << "the old key opens nothing";
}

// Each point where a rotation can be cut short: before the commit of the re-wrapped keys, and after it.
TEST_F(KeyStoreTest, ARotationThatWasCutShortLeavesKeysThatOpen) {
  create();
  const auto key = open()->payload_key({"a"}, kMonth).value();
  ASSERT_TRUE(write_secret_file(folder_ / "master.key.next", Bytes(32, 'x')));
  EXPECT_EQ(open()->payload_key(key.id)->key, key.key) << "cut before the commit: what lies beside is nothing";
  const Bytes before = read_secret_file(folder_ / "master.key", 32).value();
  ASSERT_TRUE(KeyStore::rotate_master(folder_)) << "and is no hindrance";
  fs::rename(folder_ / "master.key", folder_ / "master.key.next");
  ASSERT_TRUE(write_secret_file(folder_ / "master.key", before));
  EXPECT_EQ(open()->payload_key(key.id)->key, key.key) << "cut after the commit: the new one is put in place";
  EXPECT_FALSE(fs::exists(folder_ / "master.key.next"));
  EXPECT_NE(read_secret_file(folder_ / "master.key", 32).value(), before);
}

TEST_F(KeyStoreTest, TheMasterKeyMayComeFromSystemd) {
  create();
  const auto key = open()->payload_key({"a"}, kMonth).value();
  const fs::path credentials = root_ / "credentials";
  fs::create_directory(credentials);
  fs::rename(folder_ / "master.key", credentials / "samband-master-key");
  EXPECT_THAT(refusal().where, HasSubstr("master.key"));
  ::setenv("CREDENTIALS_DIRECTORY", credentials.c_str(), 1);
  EXPECT_EQ(open()->payload_key(key.id)->key, key.key);
  EXPECT_FALSE(KeyStore::rotate_master(folder_)) << "the hub cannot put a new one where systemd reads it";
  const fs::path next = root_ / "next";
  ASSERT_TRUE(write_secret_file(next, Bytes(32, 'n')));
  ASSERT_TRUE(KeyStore::rotate_master(folder_, next));
  EXPECT_THAT(refusal().message, HasSubstr("is not the key that wraps"));
  fs::rename(next, credentials / "samband-master-key");
  EXPECT_EQ(open()->payload_key(key.id)->key, key.key);
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_F(KeyStoreTest, ManyThreadsAgree) {
  create();
  auto store = open();
  std::vector<std::thread> threads;
  std::vector<std::vector<std::int64_t>> ids(4);
  for (auto& mine : ids)
    threads.emplace_back([&store, &mine] {
      for (int i = 0; i < 50; ++i) mine.push_back(store->payload_key({"s" + std::to_string(i)}, kMonth)->id);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& mine : ids) EXPECT_EQ(mine, ids[0]);
}

}  // namespace
}  // namespace samband
