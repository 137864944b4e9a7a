#include "ledger/ledger.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <future>
#include <iostream>
#include <thread>

#include "fixture.hpp"
#include "ledger/tree.hpp"
#include "minimise/minimise.hpp"

namespace samband {

// Stands in for the decision engine, which is the only other class that may make a Decision.
class DecisionMaker {
 public:
  static Decision decision(Outcome outcome, std::string rule) {
    Decision d;
    d.outcome_ = outcome;
    d.rules_ = {std::move(rule)};
    return d;
  }
};

namespace {

namespace asio = boost::asio;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(LedgerTest, ACommitIsDurableAndHasAReceipt) {
  EXPECT_EQ(ledger_->size(), 0u);
  const Leaf leaf = decision_leaf("x1");
  const auto committed = ledger_->commit_blocking({leaf}, write_exchange("x1"));
  ASSERT_TRUE(committed);
  EXPECT_THAT(committed->leaves, ElementsAre(0));
  EXPECT_EQ(ledger_->size(), 1u);
  EXPECT_TRUE(store_->exchange("x1").value());
  const std::string receipt = ledger_->receipt(0).value();
  EXPECT_TRUE(receipt_proves(receipt, encode_leaf(leaf).value(), ledger_->verifier_key()));
  EXPECT_FALSE(receipt_proves(receipt, encode_leaf(decision_leaf("x2")).value(), ledger_->verifier_key()));
  EXPECT_EQ(ledger_->receipt(1).error().code, Errc::not_found);
  const auto alone = note::parse_proof(ledger_->receipt(0, Ledger::Carry::leaf).value());
  EXPECT_EQ(alone->extra, store_->leaf(0).value()) << "can be checked and read alone";
  EXPECT_TRUE(receipt_proves(ledger_->receipt(0, Ledger::Carry::leaf).value(), alone->extra, ledger_->verifier_key()));
  EXPECT_EQ(receipt.find("extra"), std::string::npos);
}

TEST_F(LedgerTest, EveryDurableTransactionIsToldOfWithItsTime) {
  close();
  std::vector<double> told;
  Ledger::Options counting = options();
  counting.durable = [&told](double seconds) { told.push_back(seconds); };
  store_ = Store::open(root_ / "data").value();
  ledger_ = Ledger::open(*store_, counting).value();
  ASSERT_TRUE(append("x1"));
  ASSERT_TRUE(append("x2"));
  EXPECT_THAT(told, testing::SizeIs(2));
  EXPECT_THAT(told, testing::Each(testing::Gt(0.0)));
}

TEST_F(LedgerTest, AFailedAppendTakesNoIndexAndNoRow) {
  ASSERT_TRUE(append("a"));
  auto failed = ledger_->commit_blocking({decision_leaf("b")}, [](Txn& txn, const auto& leaves) -> Result<void> {
    if (auto r = txn.put_exchange(exchange_row("b", leaves[0])); !r) return r;
    return fail(Errc::conflict, "test", "duplicate");
  });
  EXPECT_EQ(failed.error().code, Errc::conflict);
  auto thrown = ledger_->commit_blocking({decision_leaf("b")}, [](Txn& txn, const auto& leaves) -> Result<void> {
    (void)txn.put_exchange(exchange_row("b", leaves[0]));
    throw std::runtime_error("bug");
  });
  EXPECT_EQ(thrown.error().code, Errc::internal);
  EXPECT_FALSE(store_->exchange("b").value());
  EXPECT_TRUE(ledger_->healthy());
  EXPECT_THAT(append("c")->leaves, ElementsAre(1));
  EXPECT_TRUE(Ledger::verify(*store_, ledger_->verifier_key())->problems.empty());
}

TEST_F(LedgerTest, RowsWithoutLeavesAreCommittedToo) {
  ASSERT_TRUE(append("a"));
  const std::string before = ledger_->checkpoint();
  ASSERT_TRUE(ledger_->commit_blocking({}, [](Txn& txn, const auto&) {
    ExchangeRow row = exchange_row("a", 0);
    row.state = ExchangeState::delivered;
    return txn.put_exchange(row);
  }));
  EXPECT_EQ(store_->exchange("a").value()->state, ExchangeState::delivered);
  EXPECT_EQ(ledger_->checkpoint(), before);
}

TEST_F(LedgerTest, AMalformedLeafIsRefusedBeforeTheQueue) {
  Leaf leaf = decision_leaf("a");
  leaf.event_id = "short";
  EXPECT_EQ(ledger_->commit_blocking({leaf}, no_rows).error().code, Errc::invalid_input);
}

TEST_F(LedgerTest, ReceiptsOfOldAndNewLeavesVerifyAfterReopening) {
  append_many(70'000);
  ASSERT_TRUE(append("last"));
  for (int round = 0; round < 2; ++round) {
    for (const std::uint64_t i : {0u, 255u, 256u, 65'535u, 65'536u, 69'999u, 70'000u})
      EXPECT_TRUE(receipt_proves(ledger_->receipt(i).value(), store_->leaf(i).value(), ledger_->verifier_key())) << i;
    close();
    open();
  }
}

TEST_F(LedgerTest, ServesTheTilesOfTheSpecification) {
  append_many(600);
  EXPECT_EQ(ledger_->serve_path("checkpoint").value(), ledger_->checkpoint());
  const Bytes full = ledger_->serve_path("tile/0/001").value();
  EXPECT_EQ(full.size(), 8192u);
  EXPECT_EQ(full.substr(0, 32), merkle::view(merkle::leaf_hash(store_->leaf(256).value())));
  EXPECT_EQ(ledger_->serve_path("tile/0/002.p/88")->size(), 88u * 32);
  EXPECT_EQ(ledger_->serve_path("tile/1/000.p/2").value().substr(32), merkle::view(merkle::Tile::parse(full)->root()));
  const Bytes bundle = ledger_->serve_path("tile/entries/002.p/88").value();
  const Bytes first = store_->leaf(512).value();
  EXPECT_EQ(bundle.substr(0, 2 + first.size()), Bytes({'\0', static_cast<char>(first.size())}) + first);
  for (const char* absent : {"tile/0/002", "tile/0/002.p/89", "tile/0/003", "tile/1/000", "tile/2/000.p/1",
                             "tile/9/000", "nothing", "tile/entries/003", "tile/63/x999/x999/x999/x999/x999/999"})
    EXPECT_EQ(ledger_->serve_path(absent).error().code, Errc::not_found) << absent;
}

class ReleaseTest : public LedgerTest {
 protected:
  static Decision permit(const std::string& rule = "R1") { return DecisionMaker::decision(Outcome::released, rule); }
  static Minimised body(const Decision& decision) {
    Message message;
    message.data = json::object();
    return minimise(message, decision).value();
  }
};

TEST_F(ReleaseTest, ADurablePermissionIsReleased) {
  const std::uint64_t leaf = append("x")->leaves[0];
  auto released = ledger_->release("x", "social-board", permit(), body(permit()), leaf);
  ASSERT_TRUE(released) << released.error().message;
  EXPECT_EQ(released->exchange_id(), "x");
  EXPECT_EQ(released->leaf_index(), leaf);
  close();
  open();
  EXPECT_TRUE(ledger_->release("x", "social-board", permit(), body(permit()), leaf)) << "read back from the store";
}

TEST_F(ReleaseTest, NothingElseIs) {
  const std::uint64_t leaf = append("x")->leaves[0];
  Leaf refused = decision_leaf("no", "refused"), delivery = decision_leaf("x");
  delivery.type = LeafType::delivery;
  const auto others = ledger_->commit_blocking({refused, delivery}, no_rows).value().leaves;
  for (int round = 0; round < 2; ++round) {
    const auto code = [&](const std::string& id, const std::string& recipient, const Decision& d, Minimised m,
                          std::uint64_t i) {
      auto released = ledger_->release(id, recipient, d, std::move(m), i);
      return released ? Errc::not_found : released.error().code;
    };
    const Decision deny = DecisionMaker::decision(Outcome::refused, "R1");
    const Decision partial = DecisionMaker::decision(Outcome::partial, "R1");
    EXPECT_EQ(code("x", "social-board", deny, body(permit()), leaf), Errc::forbidden) << "no permission";
    EXPECT_EQ(code("x", "social-board", permit("R2"), body(permit("R1")), leaf), Errc::forbidden) << "other bytes";
    EXPECT_EQ(code("y", "social-board", permit(), body(permit()), leaf), Errc::internal) << "another exchange's leaf";
    EXPECT_EQ(code("x", "landlord", permit(), body(permit()), leaf), Errc::internal) << "another recipient";
    EXPECT_EQ(code("x", "social-board", partial, body(partial), leaf), Errc::internal) << "another outcome";
    EXPECT_EQ(code("no", "social-board", permit(), body(permit()), others[0]), Errc::internal) << "a refusal";
    EXPECT_EQ(code("x", "social-board", permit(), body(permit()), others[1]), Errc::internal) << "not a decision";
    EXPECT_EQ(code("x", "social-board", permit(), body(permit()), 3), Errc::busy) << "not in the tree: not yet";
    close();
    open();
  }
}

asio::awaitable<void> commit_some(Ledger& ledger, std::string name, int n, std::atomic<int>& done,
                                  std::atomic<int>& failed) {
  for (int i = 0; i < n; ++i) {
    const std::string id = name + "-" + std::to_string(i);
    std::vector<Leaf> leaves{decision_leaf(id)};
    Ledger::Write write = write_exchange(id);
    auto committed = co_await ledger.commit(std::move(leaves), std::move(write));
    ++(committed ? done : failed);
  }
}

TEST_F(LedgerTest, ManyCoroutinesOnManyThreads) {
  asio::io_context io;
  std::atomic<int> done{0}, failed{0};
  for (int c = 0; c < 32; ++c)
    asio::co_spawn(io, commit_some(*ledger_, "c" + std::to_string(c), 20, done, failed), asio::detached);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) threads.emplace_back([&io] { io.run(); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 640);
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(ledger_->size(), 640u);
  EXPECT_TRUE(Ledger::verify(*store_, ledger_->verifier_key())->problems.empty());
}

TEST_F(LedgerTest, NobodyWaitsForTheWitnessesOfALogThatStoppedSigning) {
  close();
  Ledger::Options waiting = options();
  waiting.wait_for_witnesses = true;
  store_ = Store::open(root_ / "data").value();
  ledger_ = Ledger::open(*store_, waiting).value();
  const auto leaf = append("x1")->leaves.at(0);
  asio::io_context io;
  std::vector<Errc> told;
  const auto wait = [&]() -> asio::awaitable<void> {
    auto seen = co_await ledger_->cosigned(leaf);
    if (!seen) told.push_back(seen.error().code);
  };
  asio::co_spawn(io, wait(), asio::detached);  // before
  io.poll();
  EXPECT_TRUE(told.empty());
  ledger_->stop_signing("a witness has seen more");
  asio::co_spawn(io, wait(), asio::detached);  // and after
  io.restart();
  io.run_for(std::chrono::seconds(10));
  EXPECT_THAT(told, testing::ElementsAre(Errc::unavailable, Errc::unavailable));
}

TEST_F(LedgerTest, OnlyACheckpointOfItsOwnKeyRefutesALog) {
  ASSERT_TRUE(append("x1"));
  const std::string before = ledger_->checkpoint();
  ASSERT_TRUE(append("x2"));
  EXPECT_FALSE(ledger_->is_refuted_by(before).value());
  EXPECT_FALSE(ledger_->is_refuted_by(ledger_->checkpoint()).value());
  const auto signed_by = [](char seed, std::uint64_t size, const std::string& origin = kOrigin) {
    const Bytes key(32, seed);
    return note::sign(note::to_text({origin, size, merkle::empty_root()}),
                      note::make_verifier(kOrigin, crypto::ed25519_public(key)), crypto::Signer(key));
  };
  EXPECT_TRUE(ledger_->is_refuted_by(signed_by('k', 3)).value());  // more
  EXPECT_TRUE(ledger_->is_refuted_by(signed_by('k', 2)).value());  // another
  for (const std::string& nothing : {signed_by('x', 3), signed_by('k', 3, "another.example/log"), std::string("3\n")})
    EXPECT_EQ(ledger_->is_refuted_by(nothing).error().code, Errc::invalid_input);
}

TEST_F(LedgerTest, AFullQueueIsBusyAndRecovers) {
  ledger_.reset();
  auto small = options();
  small.queue_max = 1;
  ledger_ = Ledger::open(*store_, small).value();
  std::promise<void> started, go;
  auto may_go = go.get_future().share();
  auto first = std::async(std::launch::async, [&] {
    return ledger_->commit_blocking({decision_leaf("a")}, [&](Txn&, const auto&) -> Result<void> {
      started.set_value();
      may_go.wait();
      return {};
    });
  });
  started.get_future().wait();  // the writer is busy: one may wait, not two
  asio::io_context io;
  std::atomic<int> done{0}, failed{0};
  asio::co_spawn(io, commit_some(*ledger_, "b", 1, done, failed), asio::detached);
  io.poll();
  const auto refused = ledger_->commit_blocking({decision_leaf("c")}, no_rows);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::busy);
  go.set_value();
  EXPECT_TRUE(first.get());
  io.run();
  EXPECT_EQ(done, 1);
  EXPECT_TRUE(append("d"));
}

TEST_F(LedgerTest, ClosingFinishesWhatIsQueued) {
  std::vector<std::future<Result<Committed>>> waiting;
  asio::io_context io;
  std::atomic<int> done{0}, failed{0};
  for (int i = 0; i < 50; ++i)
    asio::co_spawn(io, commit_some(*ledger_, "q" + std::to_string(i), 1, done, failed), asio::detached);
  io.poll();
  ledger_.reset();
  io.run();
  EXPECT_EQ(done, 50);
  EXPECT_EQ(failed, 0);
}

TEST_F(LedgerTest, PrintsCommitsPerSecond) {
  constexpr int kCoroutines = 64, kEach = 250;
  asio::io_context io;
  const auto work = [](Ledger& ledger, int c) -> asio::awaitable<void> {
    for (int i = 0; i < kEach; ++i) {
      const std::string id = "bench-" + std::to_string(c) + "-" + std::to_string(i);
      std::vector<Leaf> leaves{decision_leaf(id)};
      Ledger::Write write = [id](Txn& txn, const std::vector<std::uint64_t>& indices) -> Result<void> {
        MessageRow row;
        row.id = id, row.sender = "police", row.sender_message_id = id, row.kind = "concern";
        row.content_hash = Bytes(32, 'h'), row.body = Bytes(1200, 'b'), row.exchanges = id, row.warnings = "[]";
        if (auto r = txn.add_message(row); !r) return r;
        return txn.put_exchange(exchange_row(id, indices[0]));
      };
      auto committed = co_await ledger.commit(std::move(leaves), std::move(write));
      if (committed) (void)ledger.receipt(committed->leaves[0]);
    }
  };
  for (int c = 0; c < kCoroutines; ++c) asio::co_spawn(io, work(*ledger_, c), asio::detached);
  const auto start = std::chrono::steady_clock::now();
  io.run();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::cout << "[   note   ] " << static_cast<int>(kCoroutines * kEach / seconds.count())
            << " commits with receipt a second, 64 coroutines, message + exchange + leaf\n";
  EXPECT_EQ(ledger_->size(), std::uint64_t{kCoroutines} * kEach);
}

TEST_F(LedgerTest, ALeafRestsOnItsNeighboursInTheSameAppend) {
  append_many(3);
  Leaf origin = decision_leaf("m"), first = decision_leaf("a"), second = decision_leaf("b");
  origin.type = LeafType::origin;
  first.relies_on_own = {0}, second.relies_on_own = {0};
  second.relies_on = {2};
  ASSERT_TRUE(ledger_->commit_blocking({origin, first, second}, no_rows));
  EXPECT_EQ(decode_leaf(store_->leaf(4).value())->relies_on, std::vector<std::uint64_t>{3});
  EXPECT_EQ(decode_leaf(store_->leaf(5).value())->relies_on, (std::vector<std::uint64_t>{3, 2}));
  EXPECT_TRUE(receipt_proves(ledger_->receipt(5).value(), store_->leaf(5).value(), ledger_->verifier_key()));
  first.relies_on_own = {1};
  EXPECT_FALSE(ledger_->commit_blocking({origin, first}, no_rows)) << "a leaf after itself";
}

}  // namespace
}  // namespace samband
