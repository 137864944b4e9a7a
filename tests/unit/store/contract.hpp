// What any backend of the store must do, whatever it is made of: the tests of contract_test.cpp and erasure_test.cpp
// run once per backend that is listed here.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <functional>

#include "store/store.hpp"

namespace samband {

struct Backend {
  std::string name;
  std::function<Result<std::unique_ptr<Store>>(const std::filesystem::path& folder, bool read_only)> open;
};
inline const Backend kSqlite{
    "Sqlite", [](const std::filesystem::path& folder, bool read_only) { return Store::open(folder, read_only); }};
// NOLINTNEXTLINE: GoogleTest's own form.
#define SAMBAND_FOR_EVERY_BACKEND(suite) \
  INSTANTIATE_TEST_SUITE_P(Store, suite, testing::Values(kSqlite), [](const auto& tested) { return tested.param.name; })

inline Time at(std::int64_t ms) { return Time(std::chrono::milliseconds(ms)); }

inline MessageRow message(const std::string& id, const std::string& sender_message_id = "m-1") {
  MessageRow row;
  row.id = id, row.sender = "police", row.sender_message_id = sender_message_id, row.kind = "concern";
  row.content_hash = Bytes("\0\1\2", 3), row.received_at = at(5), row.key_id = 3, row.body = Bytes("sealed\0body", 11);
  row.exchanges = "x-1,x-2", row.warnings = "[]";
  return row;
}

inline ExchangeRow exchange(const std::string& id, ExchangeState state = ExchangeState::queued) {
  ExchangeRow row;
  row.id = id, row.message_id = "m", row.sender = "police", row.recipient = "social-board", row.kind = "concern";
  row.purpose = "child_protection", row.route = "r1", row.state = state, row.outcome = "released", row.life = "sent";
  row.created_at = at(1), row.updated_at = at(2), row.next_attempt_at = at(10), row.attempts = 2, row.leaf_index = 7;
  row.explanation = "{}", row.fingerprint = "f", row.subject_refs = "s1,s2", row.consents = "c1";
  row.external_reference = "e", row.key_id = 4, row.side = Bytes("\0side", 5), row.conversation = "talk";
  return row;
}

inline std::vector<std::string> ids(const Result<std::vector<ExchangeRow>>& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows.value()) out.push_back(row.id);
  return out;
}

// A store of its own per test, in a folder that goes with it.
class StoreContract : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "samband-store-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    store_ = open();
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::unique_ptr<Store> open(bool read_only = false) { return GetParam().open(folder_ / "data", read_only).value(); }
  void write(const std::function<Result<void>(Txn&)>& body) {
    auto done = store_->transact(body);
    ASSERT_TRUE(done) << done.error().message;
  }
  void put(const ExchangeRow& row) {
    write([&](Txn& txn) { return txn.put_exchange(row); });
  }
  bool files_hold(const std::string& bytes) const {
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder_)) {
      if (!file.is_regular_file()) continue;
      std::ifstream in(file.path(), std::ios::binary);
      const std::string all((std::istreambuf_iterator<char>(in)), {});
      if (all.find(bytes) != std::string::npos) return true;
    }
    return false;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace samband
