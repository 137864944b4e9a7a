// Files of a case system without an API: which are taken, what is asked, and where they end. Who answers is a function
// of the test; tests/integration/test_drop_in.py has the real one.
#include "exchange/drop_in.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>

namespace samband {
namespace {

namespace fs = std::filesystem;
const std::string kExchange = "019abcde-0000-7000-8000-000000000031";

class DropInFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "samband-drop-in-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    party_.id = "social-board";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void put(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void leave(const std::string& stem, const std::string& text) {
    put(stem + ".json", text);
    put(stem + ".done", "");
  }
  int look(std::size_t bytes_max = 1000) {
    DropIn::Options options;
    options.folder = folder_;
    options.adapter = "file_drop";
    options.file_bytes_max = bytes_max;
    const auto ask = [this](HttpRequest request) {
      asked_.push_back(std::move(request));
      HttpResponse out;
      out.status = status_;
      out.body = "{}";
      return out;
    };
    DropIn drop(party_, ask, options);
    const auto done = drop.look();
    return done ? *done : -1;
  }
  static std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<fs::path> in(const char* sub) const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(folder_ / sub)) out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
  }
  std::string problems() const {
    std::string all;
    for (const auto& path : in("error"))
      if (path.string().ends_with(".problem.json")) all += read(path);
    return all;
  }

  fs::path folder_;
  Party party_;
  int status_ = 200;
  std::vector<HttpRequest> asked_;
};

TEST_F(DropInFolder, AFileIsTakenOnceItsMarkerIsThere) {
  put("a.json", "{\"x\":1}");
  EXPECT_EQ(look(), 0);
  EXPECT_TRUE(asked_.empty());
  put("a.done", "");
  EXPECT_EQ(look(), 1);
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_[0].target, "/v1/in/file_drop");
  EXPECT_EQ(asked_[0].body, "{\"x\":1}");
  EXPECT_EQ(in("done").size(), 2u);
  EXPECT_FALSE(fs::exists(folder_ / "a.json"));
  EXPECT_FALSE(fs::exists(folder_ / "a.done"));
  EXPECT_EQ(look(), 0);
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(DropInFolder, WhatWasTakenIsWeededAndWhatWasRefusedWaits) {
  leave("taken", "{}");
  EXPECT_EQ(look(), 1);
  status_ = 400;
  leave("refused", "{}");
  EXPECT_EQ(look(), 1);
  // Written long ago, come today: the days count from when it came.
  fs::last_write_time(in("done").front(), fs::file_time_type::clock::now() - std::chrono::hours(24 * 400));
  DropIn::Options options;
  options.folder = folder_;
  options.done_kept = std::chrono::days(30);
  const DropIn drop(party_, [](HttpRequest) { return HttpResponse{}; }, options);
  const auto now = std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
  auto weeded = drop.weed(now + std::chrono::days(29));
  ASSERT_TRUE(weeded);
  EXPECT_EQ(weeded->deleted, 0);
  EXPECT_EQ(weeded->errors_waiting, 0);
  EXPECT_EQ(in("done").size(), 2u);
  weeded = drop.weed(now + std::chrono::days(31));
  ASSERT_TRUE(weeded);
  EXPECT_EQ(weeded->deleted, 2);
  EXPECT_EQ(weeded->errors_waiting, 1);
  EXPECT_TRUE(in("done").empty());
  EXPECT_EQ(in("error").size(), 2u);
  EXPECT_EQ(drop.weed(now + std::chrono::days(60))->deleted, 0);
}

TEST_F(DropInFolder, WhatWaitsForAPersonIsCounted) {
  std::mutex mutex;
  std::condition_variable told;
  int waiting = -1;
  DropIn::Options options;
  options.folder = folder_;
  options.poll = std::chrono::milliseconds(5);
  options.errors_waiting = [&](int files) {
    const std::lock_guard lock(mutex);
    waiting = files;
    told.notify_all();
  };
  const auto becomes = [&](int files) {
    std::unique_lock lock(mutex);
    return told.wait_for(lock, std::chrono::seconds(20), [&] { return waiting == files; });
  };
  const auto refuse = [](HttpRequest) {
    HttpResponse out;
    out.status = 400;
    out.body = "{}";
    return out;
  };
  DropIn drop(party_, refuse, options);
  drop.start();
  EXPECT_TRUE(becomes(0));
  leave("one", "{}");
  leave("two", "{}");
  EXPECT_TRUE(becomes(2));
  // One is mended and moved, its problem stays: nothing waits for that. The other's problem is read and deleted.
  for (const auto& path : in("error"))
    if (path.string().ends_with("one.json") || path.string().ends_with("two.problem.json")) fs::remove(path);
  EXPECT_TRUE(becomes(1));
  for (const auto& path : in("error")) fs::remove(path);
  EXPECT_TRUE(becomes(0));
}

TEST_F(DropInFolder, AMarkerOlderThanItsFileIsThatOfAnother) {
  leave("a", "{}");
  fs::last_write_time(folder_ / "a.done", fs::last_write_time(folder_ / "a.json") - std::chrono::seconds(1));
  EXPECT_EQ(look(), 0);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(DropInFolder, WhatTheHubCannotTakeNowStaysAndIsTheSameMessageLater) {
  const std::string stem = kExchange + ".status";
  leave(stem, R"({"status":"started"})");
  status_ = 503;
  EXPECT_EQ(look(), 0);
  EXPECT_TRUE(fs::exists(folder_ / (stem + ".json")));
  status_ = 200;
  EXPECT_EQ(look(), 1);
  ASSERT_EQ(asked_.size(), 2u);
  EXPECT_EQ(asked_[0].body, asked_[1].body);
  // The same words said at another time are another step.
  leave(stem, R"({"status":"started"})");
  fs::last_write_time(folder_ / (stem + ".json"), fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(look(), 1);
  ASSERT_EQ(asked_.size(), 3u);
  EXPECT_NE(asked_[2].body, asked_[0].body);
}

TEST_F(DropInFolder, AStepNamesItsExchangeByItsFile) {
  leave(kExchange + ".status", R"({"status":"started","facts":[]})");
  EXPECT_EQ(look(), 1);
  ASSERT_EQ(asked_.size(), 1u);
  const auto message = parse_json(asked_[0].body);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->at("type").as_string(), "status");
  EXPECT_EQ(message->at("status").at("exchangeId").as_string(), std::string_view(kExchange));
  EXPECT_TRUE(message->at("facts").is_array());
  leave(kExchange + ".status", R"({"status":"started","exchangeId":"another"})");
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_NE(problems().find("exchangeId"), std::string::npos);
}

TEST_F(DropInFolder, AnAcknowledgementNamesItsExchangeByItsFile) {
  leave(kExchange + ".ack", R"({"reference":"SN 2026-0417"})");
  EXPECT_EQ(look(), 1);
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_[0].target, "/v1/inbox/" + kExchange + "/ack");
  leave("not.an.id.ack", "{}");
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(DropInFolder, WhatIsRefusedIsKeptBesideTheReason) {
  leave("a", "what it said");
  status_ = 400;
  EXPECT_EQ(look(), 1);
  const auto kept = in("error");
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(read(kept[0]), "what it said");
}

TEST_F(DropInFolder, LinksOtherPeoplesFilesAndLargeOnesAreNotRead) {
  put("secret", "{}");
  fs::create_symlink(folder_ / "secret", folder_ / "link.json");
  put("link.done", "");
  EXPECT_EQ(look(), 1);
  EXPECT_NE(problems().find("plain file"), std::string::npos);
  fs::create_hard_link(folder_ / "secret", folder_ / "hard.json");
  put("hard.done", "");
  EXPECT_EQ(look(), 1);
  EXPECT_NE(problems().find("hard link"), std::string::npos);
  leave("large", std::string(101, ' '));
  EXPECT_EQ(look(100), 1);
  EXPECT_NE(problems().find("limit of bytes"), std::string::npos);
  if (::geteuid() == 0) {
    leave("foreign", "{}");
    ASSERT_EQ(::chown((folder_ / "foreign.json").c_str(), 65534, static_cast<gid_t>(-1)), 0);
    put("foreign.done", "");
    EXPECT_EQ(look(), 1);
    EXPECT_NE(problems().find("belongs neither"), std::string::npos);
  }
  EXPECT_TRUE(asked_.empty());
  EXPECT_TRUE(fs::exists(folder_ / "secret"));
}

TEST_F(DropInFolder, AFolderThatIsOpenToAllOrALinkIsNotUsed) {
  leave("a", "{}");
  fs::permissions(folder_, fs::perms::owner_all | fs::perms::others_write);
  EXPECT_EQ(look(), -1);
  fs::permissions(folder_, fs::perms::owner_all);
  fs::create_directory_symlink(fs::temp_directory_path(), folder_ / "done");
  EXPECT_EQ(look(), -1);
  EXPECT_TRUE(asked_.empty());
}

}  // namespace
}  // namespace samband
