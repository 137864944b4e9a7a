// A deadline that passes unmet is an alarm and a leaf, once; a met one is neither.
#include "follow_up/deadlines.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>

namespace samband {
namespace {

struct HandClock final : Clock {
  Time at = Time(std::chrono::hours(1));
  Time now() const override { return at; }
};

struct Alarms final : Meter {
  std::vector<std::string> kinds;
  void message(std::string_view, std::string_view) override {}
  void decision(std::string_view, std::string_view, double) override {}
  void delivery(std::string_view, double) override {}
  void odd_assessments(std::string_view, std::string_view) override {}
  void alarm(std::string_view kind) override { kinds.emplace_back(kind); }
};

class Deadlines : public ::testing::Test {
 protected:
  Deadlines() {
    std::string name = (std::filesystem::temp_directory_path() / "samband-due-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    store_ = Store::open(folder_).value();
    Ledger::Options options;
    options.log_seed = Bytes(32, 's');
    ledger_ = Ledger::open(*store_, options).value();
    row_.id = "00000000-0000-7000-8000-000000000001";
    row_.sender = "police", row_.recipient = "board", row_.kind = "police.suspicion", row_.outcome = "held";
    row_.state = ExchangeState::held, row_.explanation = "{}", row_.due_at = clock_.at + std::chrono::minutes(1);
  }
  ~Deadlines() override {
    ledger_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void put() {
    ASSERT_TRUE(store_->transact([&](Txn& txn) { return txn.put_exchange(row_); }));
  }
  int look() {
    DeadlineWatch watch(clock_, *store_, *ledger_, alarms_);
    boost::asio::io_context io;
    auto done = boost::asio::co_spawn(io, watch.look(), boost::asio::use_future);
    io.run();
    return done.get();
  }
  Leaf last_leaf() { return decode_leaf(store_->leaf(ledger_->size() - 1).value()).value(); }

  std::filesystem::path folder_;
  HandClock clock_;
  Alarms alarms_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Ledger> ledger_;
  ExchangeRow row_;
};

using Kinds = std::vector<std::string>;

TEST_F(Deadlines, NothingIsLateBeforeItsTime) {
  put();
  EXPECT_EQ(look(), 0);
  EXPECT_EQ(ledger_->size(), 0u);
}

TEST_F(Deadlines, AMissedDutyIsAnAlarmAndALeafOnce) {
  put();
  clock_.at += std::chrono::minutes(2);
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(alarms_.kinds, Kinds{"duty_missed"});
  const Leaf leaf = last_leaf();
  EXPECT_EQ(leaf.type, LeafType::alarm);
  EXPECT_EQ(leaf.outcome, "duty_missed");
  EXPECT_EQ(leaf.subject_id, row_.id);
  EXPECT_EQ(look(), 0) << "the leaf is the memory; the alarm is raised once";
  EXPECT_EQ(ledger_->size(), 1u);
}

TEST_F(Deadlines, AConfirmationThatDidNotComeIsNamedAsSuch) {
  row_.acknowledged_at = clock_.at, row_.ack_leaf_index = 0, row_.state = ExchangeState::delivered;
  row_.explanation = R"({"obligations":["confirm_same_day"]})";
  put();
  clock_.at += std::chrono::minutes(2);
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(alarms_.kinds, Kinds{"confirmation_missed"});
}

TEST_F(Deadlines, ARestThatIsStillHeldIsMissedInPart) {
  row_.acknowledged_at = clock_.at, row_.ack_leaf_index = 0, row_.state = ExchangeState::delivered;
  put();
  clock_.at += std::chrono::minutes(2);
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(last_leaf().outcome, "duty_missed");
  EXPECT_EQ(last_leaf().codes, Kinds{"in_part"});
}

TEST_F(Deadlines, AMetOneIsNoAlarm) {
  row_.due_at.reset();
  put();
  clock_.at += std::chrono::hours(24);
  EXPECT_EQ(look(), 0);
  EXPECT_TRUE(alarms_.kinds.empty());
}

}  // namespace
}  // namespace samband
