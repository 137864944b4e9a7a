// Files put into a folder: whole, closed to others, under plain names only, and never through a link.
#include "transport/folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace samband {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "samband-folder-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  static std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path folder_;
};

TEST_F(Folder, AFileIsWholeAndItsOwnersAlone) {
  ASSERT_TRUE(put_file(folder_, "a-1.json", "first"));
  ASSERT_TRUE(put_file(folder_, "a-1.json", "second"));
  EXPECT_EQ(read(folder_ / "a-1.json"), "second");
  EXPECT_EQ(fs::status(folder_ / "a-1.json").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1) << "nothing is left beside";
}

TEST_F(Folder, WhatAProcessThatDiedLeftIsReplaced) {
  std::ofstream(folder_ / ".a.tmp") << "half";
  ASSERT_TRUE(put_file(folder_, "a", "whole"));
  EXPECT_EQ(read(folder_ / "a"), "whole");
  EXPECT_FALSE(fs::exists(folder_ / ".a.tmp"));
}

TEST_F(Folder, NamesArePlain) {
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "../a", "a b", "a\nb", "\xC3\xA5", "a:b", "a\\b"}) {
    EXPECT_FALSE(is_plain_file_name(name)) << name;
    const auto put = put_file(folder_, name, "x");
    ASSERT_FALSE(put) << name;
    EXPECT_EQ(put.error().code, Errc::invalid_input);
  }
  EXPECT_FALSE(is_plain_file_name(std::string(201, 'a')));
  EXPECT_TRUE(is_plain_file_name("019abcde-0000-7000-8000-000000000031-1.pdf"));
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(Folder, ALinkIsNeverFollowed) {
  std::ofstream(folder_ / "target") << "mine";
  fs::create_symlink(folder_ / "target", folder_ / "link");
  ASSERT_TRUE(put_file(folder_, "link", "new"));
  EXPECT_EQ(read(folder_ / "target"), "mine");
  EXPECT_FALSE(fs::is_symlink(folder_ / "link"));
  fs::create_symlink(folder_ / "target", folder_ / ".x.tmp");
  ASSERT_TRUE(put_file(folder_, "x", "new"));
  EXPECT_EQ(read(folder_ / "target"), "mine");
  fs::create_directory_symlink(folder_, fs::path(folder_.string() + "-link"));
  EXPECT_FALSE(put_file(fs::path(folder_.string() + "-link"), "y", "new"));
  fs::remove(fs::path(folder_.string() + "-link"));
}

TEST_F(Folder, AFolderThatIsGoneOrOpenToAllTakesNothing) {
  fs::permissions(folder_, fs::perms::owner_all | fs::perms::others_exec);
  EXPECT_EQ(put_file(folder_, "a", "x").error().code, Errc::unavailable);
  fs::permissions(folder_, fs::perms::owner_all);
  EXPECT_TRUE(put_file(folder_, "a", "x"));
  EXPECT_EQ(put_file(folder_ / "nowhere", "a", "x").error().code, Errc::unavailable);
  EXPECT_FALSE(check_drop_folder(folder_ / "a"));
}

}  // namespace
}  // namespace samband
