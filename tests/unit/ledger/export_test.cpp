// The log as a folder: whole after every run, whatever was there and however it was cut off.
#include "ledger/export.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <fstream>
#include <map>

#include "fixture.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;

class ExportTest : public LedgerTest {
 protected:
  fs::path folder() const { return root_ / "export"; }
  Result<Exported> run(bool entries = true) {
    auto store = Store::open(root_ / "data", true);  // beside the running hub
    return export_log(**store, {folder(), entries});
  }
  // Every file as the hub serves it; tells how many there are.
  std::size_t same_as_served() {
    std::size_t count = 0;
    for (const auto& file : fs::recursive_directory_iterator(folder())) {
      if (!file.is_regular_file()) continue;
      std::ifstream in(file.path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(in)), {});
      const std::string name = file.path().lexically_relative(folder()).string();
      const auto served = ledger_->serve_path(name);
      EXPECT_TRUE(served && *served == bytes) << name;
      ++count;
    }
    return count;
  }
};

TEST_F(ExportTest, WritesWhatTheHubServesAndLaterOnlyWhatIsNew) {
  EXPECT_EQ(run().error().code, Errc::not_found) << "no checkpoint was stored yet";
  append_many(300);
  auto first = run();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->size, 300u);
  EXPECT_EQ(same_as_served(), 6u);  // checkpoint, 2 tiles and 2 bundles of level 0, 1 tile of level 1
  struct stat info{};
  ASSERT_EQ(::stat((folder() / "tile/entries/000").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u) << "entries are for auditors";
  append_many(900);
  auto second = run();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->from, 300u);
  EXPECT_EQ(second->files, 10u) << "tiles 1 to 3 and their entries, what is open, the checkpoint";
  EXPECT_EQ(same_as_served(), 13u) << "partial tiles are gone where full ones stand, not before";
  auto third = run();
  EXPECT_EQ(third->files, 4u);
}

TEST_F(ExportTest, GoesOnAfterItWasCutOffAnywhere) {
  append_many(300);
  ASSERT_TRUE(run());
  append_many(900);
  ASSERT_TRUE(run());
  const std::string old = [&] {
    std::ifstream in(folder() / "checkpoint");
    return std::string((std::istreambuf_iterator<char>(in)), {});
  }();
  append_many(300);
  // What a crash leaves: files of the next run, torn ones among them, and the checkpoint of the last.
  std::ofstream(folder() / "tile/0/005.tmp") << "torn";
  std::ofstream(folder() / "tile/0/004") << "torn";
  std::ofstream(folder() / "tile/entries/004") << "";
  std::ofstream(folder() / "checkpoint.tmp") << old.substr(0, 20);
  ASSERT_TRUE(run());
  fs::remove(folder() / "tile/0/005.tmp");
  EXPECT_EQ(same_as_served(), 16u);
  fs::remove(folder() / "checkpoint");
  ASSERT_TRUE(run()) << "from the beginning";
  EXPECT_EQ(same_as_served(), 16u);
}

TEST_F(ExportTest, RefusesWhatIsNotThisLog) {
  append_many(300);
  ASSERT_TRUE(run());
  EXPECT_EQ(run(false).error().code, Errc::conflict) << "the other kind";
  const int other = ::open(folder().c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  EXPECT_EQ(run().error().code, Errc::conflict) << "another export";
  ::close(other);
  const auto put = [&](std::uint64_t size, merkle::Hash root, const std::string& origin) {
    std::ofstream(folder() / "checkpoint") << note::to_text(note::Checkpoint{origin, size, root}) << "\nx\n";
  };
  put(300, merkle::leaf_hash("x"), kOrigin);
  EXPECT_EQ(run().error().code, Errc::conflict) << "another history";
  put(301, merkle::leaf_hash("x"), kOrigin);
  EXPECT_EQ(run().error().code, Errc::conflict) << "a longer log";
  put(300, merkle::leaf_hash("x"), "other.example/log");
  EXPECT_EQ(run().error().code, Errc::conflict) << "another log";
  std::ofstream(folder() / "checkpoint") << "rubbish";
  EXPECT_EQ(run().error().code, Errc::conflict);
  fs::remove_all(folder());
  std::ofstream(folder()) << "a file";
  EXPECT_EQ(run().error().code, Errc::unavailable);
}

TEST_F(ExportTest, WithoutEntriesNoEntryIsWritten) {
  append_many(300);
  ASSERT_TRUE(run(false));
  EXPECT_FALSE(fs::exists(folder() / "tile/entries"));
  EXPECT_EQ(same_as_served(), 4u);
}

TEST_F(ExportTest, ADamagedStoreIsNotExported) {
  append_many(600);
  tamper("UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND idx = 1");
  EXPECT_FALSE(run());
  EXPECT_FALSE(fs::exists(folder() / "checkpoint"));
}

}  // namespace
}  // namespace samband
