// What an acknowledgement records, in one transaction: state, sealed reference, and the message that it owes.
#include "delivery/acknowledge.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>

namespace samband {
namespace {

class Acknowledge : public ::testing::Test {
 protected:
  Acknowledge() {
    std::string name = (std::filesystem::temp_directory_path() / "samband-ack-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    store_ = Store::open(folder_).value();
    Ledger::Options options;
    options.log_seed = Bytes(32, 's');
    ledger_ = Ledger::open(*store_, options).value();
    row_.id = "x", row_.sender = "landlord", row_.recipient = "board", row_.kind = "rent.arrears";
    row_.state = ExchangeState::queued, row_.outcome = "released", row_.explanation = R"({"obligations":["receipt"]})";
    put(row_);
  }
  ~Acknowledge() override {
    ledger_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void put(const ExchangeRow& row) {
    ASSERT_TRUE(store_->transact([&](Txn& txn) { return txn.put_exchange(row); }));
  }
  ExchangeRow acknowledge(bool owes, std::string reference = "", std::vector<AgendaRow> begun = {}) {
    boost::asio::io_context io;
    auto done = boost::asio::co_spawn(
        io, record_acknowledgement(*ledger_, row_, std::move(reference), key_, owes, std::move(begun), Time{}),
        boost::asio::use_future);
    io.run();
    return done.get().value();
  }
  std::vector<std::string> owed() {
    std::vector<std::string> out;
    for (const AgendaRow& entry : store_->agenda("x").value()) out.push_back(entry.what);
    return out;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Ledger> ledger_;
  const Bytes key_ = Bytes(32, 'k');
  ExchangeRow row_;
};

using What = std::vector<std::string>;

TEST_F(Acknowledge, NotesTheReceiptThatItOwesOnce) {
  const auto done = acknowledge(true);
  EXPECT_EQ(done.state, ExchangeState::delivered);
  EXPECT_EQ(owed(), What{"receipt"});
  ASSERT_TRUE(store_->transact([](Txn& txn) { return txn.drop_agenda("x", kOwesReceipt); }));
  acknowledge(true);
  EXPECT_EQ(owed(), What{}) << "the first acknowledgement stands, and its receipt was made";
}

TEST_F(Acknowledge, OwesNothingWithoutAnObligation) {
  acknowledge(false);
  EXPECT_EQ(owed(), What{});
}

TEST_F(Acknowledge, NotesTheRecallOfWhatWasDecidedOtherwiseMeanwhile) {
  ExchangeRow meanwhile = row_;
  meanwhile.leaf_index = 7, meanwhile.state = ExchangeState::withdrawn;
  put(meanwhile);
  acknowledge(true);
  EXPECT_EQ(owed(), What{"recall"});
}

TEST_F(Acknowledge, SealsTheReference) {
  const auto done = acknowledge(false, "Ärende Provsson 20090302-2390");
  EXPECT_EQ(open_reference(done, key_), "Ärende Provsson [personnummer]");
  EXPECT_EQ(done.external_reference.find("Provsson"), Bytes::npos);
  EXPECT_EQ(open_reference(done, Bytes(32, 'o')), "") << "not with another key";
}

TEST(OwesReceipt, NeedsAnObligationAndAnEndpoint) {
  Party sender, board;
  sender.id = "landlord", sender.adapter = "landlord";
  board.id = "board";
  ExchangeRow row;
  row.sender = "landlord", row.recipient = "board", row.kind = "rent.arrears";
  row.explanation = R"({"obligations":["receipt"]})";
  EXPECT_TRUE(owes_receipt(row, Parties({sender, board})));
  EXPECT_FALSE(owes_receipt(row, Parties({sender})));
  Party inbox_only = sender;
  inbox_only.adapter.clear();
  EXPECT_FALSE(owes_receipt(row, Parties({inbox_only, board})));
  row.kind = "exchange.receipt";
  EXPECT_FALSE(owes_receipt(row, Parties({sender, board})));
  row.kind = "rent.arrears", row.explanation = "{}";
  EXPECT_FALSE(owes_receipt(row, Parties({sender, board})));
}

// What is awaited from receipt on is on the agenda with it; a second acknowledgement begins nothing anew.
TEST_F(Acknowledge, WhatIsAwaitedBeginsWithTheFirstReceipt) {
  put(row_);
  acknowledge(false, "", {{"x", "step:talk", Time{} + std::chrono::hours(24), Time{}, 0}});
  EXPECT_EQ(owed(), std::vector<std::string>{"step:talk"});
  acknowledge(false, "", {{"x", "step:other", Time{} + std::chrono::hours(24), Time{}, 0}});
  EXPECT_EQ(owed(), std::vector<std::string>{"step:talk"});
}

}  // namespace
}  // namespace samband
