// Erasure and weeding with a clock in hand: what goes, what stays, what a crash or a restored backup cannot bring back.
#include "erasure/eraser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <future>
#include <set>

#include "base/id.hpp"
#include "keys/crypto.hpp"
#include "keys/period.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct HandClock final : Clock {
  Time at = parse_rfc3339("2026-01-20T10:00:00Z").value();
  Time now() const override { return at; }
};

class EraserTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "samband-eraser-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    ASSERT_TRUE(KeyStore::create(root_ / "keys"));
    open();
  }
  void TearDown() override {
    close();
    fs::remove_all(root_);
  }
  void open() {
    keys_ = KeyStore::open(root_ / "keys").value();
    store_ = Store::open(root_ / "data").value();
    Ledger::Options options;
    options.log_seed = keys_->log_seed();
    ledger_ = Ledger::open(*store_, options).value();
    eraser_ = std::make_unique<Eraser>(Eraser::Parts{*store_, *ledger_, *keys_, clock_, root_ / "keys" / kErasureList,
                                                     [](std::string_view kind) { return kind == "short" ? 30 : 365; },
                                                     100, [this](const std::string& id) { return id == sending_; },
                                                     [this] {
                                                       if (++changes_ == cut_at_) throw std::runtime_error("cut short");
                                                     },
                                                     [this] { night_.set_value(); }});
  }
  void close() { eraser_.reset(), ledger_.reset(), store_.reset(), keys_.reset(); }

  // A delivered exchange about these persons, with its leaf. Its id is the sender's too.
  void deliver(const std::string& id, const std::vector<std::string>& subjects, const std::string& kind = "long",
               ExchangeState state = ExchangeState::delivered) {
    const PayloadKey key = keys_->payload_key(subjects, period_of(kind, clock_.at)).value();
    MessageRow message;
    message.id = "m-" + id, message.sender = "police", message.sender_message_id = id, message.kind = kind;
    message.received_at = clock_.at, message.key_id = key.id, message.body = crypto::seal(key.key, "text", "");
    ExchangeRow row;
    row.id = id, row.message_id = message.id, row.sender = "police", row.recipient = "board", row.kind = kind;
    row.state = state, row.outcome = "released", row.created_at = clock_.at, row.key_id = key.id;
    row.fingerprint = "f", row.explanation = "{}", row.side = crypto::seal(key.key, "side", "");
    for (const auto& s : subjects) row.subject_refs += (row.subject_refs.empty() ? "" : ",") + s;
    if (state == ExchangeState::delivered) row.life = "received";
    auto done = ledger_->commit_blocking({make_leaf(LeafType::decision, clock_.at, "police", "board", id, "released")},
                                         [&](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
                                           if (auto r = txn.add_message(message); !r) return r;
                                           row.leaf_index = at.at(0);
                                           return txn.put_exchange(row);
                                         });
    ASSERT_TRUE(done) << done.error().message;
  }
  ErasureOrder order(const std::string& subject, bool force = false) {
    return {subject, "gdpr_17_1_d", "SN 2026-17", "operator", force, false};
  }
  bool is_erased(const std::string& id) { return store_->exchange(id).value()->key_id == 0; }
  Leaf leaf(std::uint64_t index) { return decode_leaf(store_->leaf(index).value()).value(); }
  void expect_log_is_sound() {
    const auto checked = Ledger::verify(*store_, ledger_->verifier_key()).value();
    for (const Error& e : checked.problems) ADD_FAILURE() << e.where << ": " << e.message;
  }

  fs::path root_;
  HandClock clock_;
  std::string sending_;
  int changes_ = 0, cut_at_ = 0;
  std::promise<void> night_;
  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Eraser> eraser_;
};

TEST_F(EraserTest, APersonGoesWithEverythingAboutHerAndNothingElse) {
  deliver("one", {"anna"});
  deliver("two", {"anna", "bo"});
  deliver("three", {"bo"});
  const auto receipt = ledger_->receipt(0);
  const auto scope = [&] {
    ErasureOrder dry = order("anna");
    dry.dry_run = true;
    return eraser_->erase(dry).value();
  }();
  EXPECT_EQ(scope.keys, 2);
  EXPECT_EQ(scope.exchanges, 2);
  EXPECT_EQ(scope.id, "");
  EXPECT_EQ(ledger_->size(), 3u) << "a dry run does nothing";
  EXPECT_FALSE(is_erased("one"));

  const Erased done = eraser_->erase(order("anna")).value();
  EXPECT_EQ(done.keys, 2);
  EXPECT_FALSE(done.traces);
  EXPECT_TRUE(is_erased("one") && is_erased("two"));
  EXPECT_FALSE(is_erased("three"));
  EXPECT_GT(changes_, 0) << "what was decided earlier is looked at again";
  const Leaf leaf = this->leaf(done.leaf_index);
  EXPECT_EQ(leaf.type, LeafType::erasure);
  EXPECT_EQ(leaf.outcome, "erased");
  EXPECT_THAT(leaf.codes, ElementsAre("subject", "gdpr_17_1_d", "keys:2", "messages:2", "exchanges:2", "consents:0",
                                      "withdrawn:0"));
  const ErasureRow record = store_->erasure(done.id).value().value();
  EXPECT_EQ(record.decision, "SN 2026-17");
  EXPECT_EQ(crypto::hmac_sha256(record.nonce, record.details), leaf.payload_commitment) << "the leaf commits to it";
  EXPECT_EQ(ledger_->receipt(0).has_value(), receipt.has_value());
  expect_log_is_sound();
  EXPECT_EQ(eraser_->erase(order("anna")).error().code, Errc::not_found) << "there is nothing left";
  deliver("four", {"anna"});  // what comes later is new, under a new key
  EXPECT_FALSE(is_erased("four"));
}

TEST_F(EraserTest, OrdersThatAreNotOneAreRefused) {
  deliver("one", {"anna"});
  ErasureOrder bad = order("anna");
  bad.basis = "because";
  EXPECT_EQ(eraser_->erase(bad).error().where, "/basis");
  for (const char* decision : {"", "åäö", "198001022386", "line\nbreak"}) {
    bad = order("anna");
    bad.decision = decision;
    auto refused = eraser_->erase(bad);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, "/decision");
  }
  EXPECT_EQ(eraser_->erase(order("nobody")).error().code, Errc::not_found);
  EXPECT_EQ(ledger_->size(), 1u);
  EXPECT_THAT(erasure_list::read(root_ / "keys" / kErasureList).value(), IsEmpty());
}

TEST_F(EraserTest, WhatWaitsStopsItAndForceWithdrawsItOnRecord) {
  deliver("held", {"anna"}, "long", ExchangeState::held);
  deliver("queued", {"anna"}, "long", ExchangeState::queued);
  auto refused = eraser_->erase(order("anna"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("2 of this person's"));
  sending_ = "queued";
  EXPECT_EQ(eraser_->erase(order("anna", true)).error().code, Errc::busy) << "not while it is being sent";
  sending_ = "";
  EXPECT_FALSE(is_erased("held"));
  const Erased done = eraser_->erase(order("anna", true)).value();
  EXPECT_THAT(done.live, SizeIs(2));
  for (const char* id : {"held", "queued"}) {
    const ExchangeRow row = store_->exchange(id).value().value();
    EXPECT_EQ(row.state, ExchangeState::withdrawn);
    EXPECT_EQ(row.outcome, "refused");
    EXPECT_FALSE(row.next_attempt_at || row.due_at);
    const Leaf decided = leaf(row.leaf_index);
    EXPECT_EQ(decided.type, LeafType::decision);
    EXPECT_THAT(decided.codes, ElementsAre("erased"));
  }
  expect_log_is_sound();
}

TEST_F(EraserTest, AnEmergencyIsJudgedFirst) {
  deliver("one", {"anna"});
  ASSERT_TRUE(store_->transact([&](Txn& txn) {
    return txn.put_review({"one", "police", "emergency", "danger", clock_.at, clock_.at, {}, {}, "", "", "", 0});
  }));
  auto refused = eraser_->erase(order("anna", true));
  ASSERT_FALSE(refused) << "not with force either";
  EXPECT_EQ(refused.error().where, "reviews");
}

// The folder as it was, put back: keys and data.
TEST_F(EraserTest, ARestoredBackupIsErasedAgainBeforeAnythingIsServed) {
  deliver("one", {"anna"});
  deliver("two", {"bo"});
  const std::int64_t key = store_->exchange("one").value()->key_id;
  close();
  fs::copy(root_ / "data", root_ / "old-data");
  fs::copy(root_ / "keys" / "keys.db", root_ / "old-keys.db");
  open();
  ASSERT_TRUE(eraser_->erase(order("anna")));
  close();

  fs::copy_file(root_ / "old-keys.db", root_ / "keys" / "keys.db", fs::copy_options::overwrite_existing);
  open();
  ASSERT_TRUE(keys_->payload_key(key)) << "the key is back";
  EXPECT_EQ(eraser_->replay().value(), 1);
  EXPECT_FALSE(keys_->payload_key(key));
  EXPECT_EQ(eraser_->replay().value(), 0) << "once is enough";
  close();

  fs::remove_all(root_ / "data");
  fs::rename(root_ / "old-data", root_ / "data");
  fs::copy_file(root_ / "old-keys.db", root_ / "keys" / "keys.db", fs::copy_options::overwrite_existing);
  open();
  ASSERT_FALSE(is_erased("one")) << "the data is back too";
  EXPECT_EQ(eraser_->replay().value(), 1);
  EXPECT_TRUE(is_erased("one"));
  EXPECT_FALSE(is_erased("two"));
  EXPECT_FALSE(keys_->payload_key(key));
  EXPECT_EQ(leaf(ledger_->size() - 1).outcome, "replayed");
  expect_log_is_sound();
}

// The list was written and the process died.
TEST_F(EraserTest, AnErasureThatWasCutShortIsFinishedAtTheNextStart) {
  deliver("one", {"anna"}, "long", ExchangeState::held);
  ErasureEntry entry{"e-1", clock_.at, "subject", "gdpr_17_1_d", "SN 1", "operator", keys_->keys_of("anna").value(),
                     {}};
  ASSERT_TRUE(erasure_list::append(root_ / "keys" / kErasureList, entry));
  close();
  open();
  EXPECT_EQ(eraser_->replay().value(), 1);
  EXPECT_TRUE(is_erased("one"));
  EXPECT_EQ(store_->exchange("one").value()->state, ExchangeState::withdrawn) << "decided is decided";
  EXPECT_EQ(store_->erasure("e-1").value()->decision, "SN 1");
}

// The same with more rows than one transaction takes: wherever it dies, no row is left behind for ever.
TEST_F(EraserTest, ALongErasureThatWasCutShortLeavesNoRow) {
  for (int i = 0; i < 1005; ++i) deliver("e" + std::to_string(i), {"anna"});
  deliver("waits", {"anna"}, "long", ExchangeState::held);
  const auto keys = keys_->keys_of("anna").value();
  cut_at_ = changes_ + 3;  // after the commit, before what follows it
  EXPECT_ANY_THROW((void)eraser_->erase(order("anna", true)));
  cut_at_ = 0;
  close();
  open();
  ASSERT_TRUE(eraser_->replay());
  EXPECT_TRUE(store_->sealed_under(keys)->empty());
  const auto on_record = store_->erasures(1).value();
  ASSERT_THAT(on_record, SizeIs(1));
  EXPECT_EQ(on_record[0].exchanges, 1006);
  EXPECT_EQ(on_record[0].messages, 1006);
  EXPECT_EQ(store_->exchange("waits").value()->state, ExchangeState::withdrawn);
  expect_log_is_sound();
}

// An inbox that nobody empties must keep nobody's data; a recall is still to be heard.
TEST_F(EraserTest, ANoticeGoesWithItsExchangeAndARecallIsWaitedFor) {
  const auto tell = [&](const std::string& id, const std::string& subject, const std::string& kind) {
    deliver(id, {subject}, "short");
    ExchangeRow notice = store_->exchange(id).value().value();
    notice.id = "about-" + id, notice.kind = kind, notice.purpose = "receipt", notice.state = ExchangeState::inbox;
    notice.life.clear();
    ASSERT_TRUE(
        ledger_->commit_blocking({make_leaf(LeafType::decision, clock_.at, "police", "board", notice.id, "released")},
                                 [&](Txn& txn, const std::vector<std::uint64_t>& at) {
                                   notice.leaf_index = at.at(0);
                                   return txn.put_exchange(notice);
                                 }));
  };
  tell("one", "anna", "exchange.receipt");
  tell("two", "bo", "exchange.recall");
  tell("three", "cecilia", "duty.alert");
  EXPECT_TRUE(eraser_->erase(order("anna")).has_value());
  EXPECT_TRUE(is_erased("about-one"));
  EXPECT_EQ(store_->exchange("about-one").value()->state, ExchangeState::withdrawn);
  EXPECT_EQ(eraser_->erase(order("bo")).error().code, Errc::conflict);
  clock_.at += std::chrono::days(60);
  const Erased weeded = eraser_->weed(false).value();
  EXPECT_THAT(weeded.live, ElementsAre("about-two"));
  EXPECT_TRUE(is_erased("three") && is_erased("about-three"));
  EXPECT_FALSE(is_erased("two") || is_erased("about-two"));
  expect_log_is_sound();
}

TEST_F(EraserTest, AListOfManyThatWasLostIsWrittenAgainWhole) {
  for (int page = 0; page < 11; ++page)
    ASSERT_TRUE(store_->transact([&](Txn& txn) -> Result<void> {
      for (int i = 0; i < 100; ++i) {
        ErasureRow row;
        row.id = new_id(clock_.at), row.at = clock_.at, row.scope = "subject", row.basis = "gdpr_17_1_d", row.keys = 1;
        row.details = R"({"keys":[)" + std::to_string(page * 100 + i + 1) + R"(],"consents":[]})";
        if (auto added = txn.add_erasure(row); !added) return added;
      }
      return {};
    }));
  EXPECT_EQ(eraser_->replay().value(), 0) << "these keys are gone";
  const auto lines = erasure_list::read(root_ / "keys" / kErasureList).value();
  std::set<std::int64_t> keys;
  for (const ErasureEntry& line : lines) keys.insert(line.keys.begin(), line.keys.end());
  EXPECT_EQ(keys.size(), 1100u);
}

TEST_F(EraserTest, AListThatWasLostIsWrittenAgainFromTheRecord) {
  deliver("one", {"anna"});
  ASSERT_TRUE(eraser_->erase(order("anna")));
  const auto list = root_ / "keys" / kErasureList;
  const auto before = erasure_list::read(list).value();
  fs::remove(list);
  ASSERT_TRUE(eraser_->replay());
  EXPECT_EQ(erasure_list::read(list).value(), before);
}

TEST_F(EraserTest, WeedsWhatIsOverByKindAndMonth) {
  deliver("short-january", {"anna"}, "short");
  deliver("long-january", {"anna"}, "long");
  clock_.at = parse_rfc3339("2026-02-10T10:00:00Z").value();
  deliver("short-february", {"anna"}, "short");
  EXPECT_EQ(eraser_->weed(true)->keys, 0);
  clock_.at = parse_rfc3339("2026-03-02T22:59:59Z").value();  // thirty days after January, but for a second
  EXPECT_EQ(eraser_->weed(true)->keys, 0);
  clock_.at = parse_rfc3339("2026-03-02T23:00:00Z").value();
  const Erased would = eraser_->weed(true).value();
  EXPECT_THAT(would.periods, ElementsAre("short/2026-01"));
  EXPECT_EQ(would.exchanges, 1);
  EXPECT_FALSE(is_erased("short-january")) << "a dry run does nothing";
  const Erased done = eraser_->weed(false).value();
  EXPECT_EQ(done.keys, 1);
  EXPECT_TRUE(is_erased("short-january"));
  EXPECT_FALSE(is_erased("long-january"));
  EXPECT_FALSE(is_erased("short-february"));
  const Leaf leaf = this->leaf(done.leaf_index);
  EXPECT_EQ(leaf.outcome, "weeded");
  EXPECT_THAT(leaf.codes, ElementsAre("retention", "short=30d", "keys:1", "messages:1", "exchanges:1", "consents:0",
                                      "withdrawn:0"));
  clock_.at = parse_rfc3339("2027-03-01T00:00:00Z").value();
  ASSERT_TRUE(eraser_->weed(false));
  EXPECT_TRUE(is_erased("long-january") && is_erased("short-february"));
  EXPECT_THAT(keys_->periods().value(), IsEmpty());
  expect_log_is_sound();
}

TEST_F(EraserTest, ARunThatFindsNothingIsOnRecordToo) {
  const Erased done = eraser_->weed(false).value();
  EXPECT_EQ(leaf(done.leaf_index).codes.front(), "retention");
  EXPECT_EQ(ledger_->size(), 1u);
}

TEST_F(EraserTest, WeedingKeepsWhatStillWaits) {
  deliver("held", {"anna"}, "short", ExchangeState::held);
  deliver("other", {"bo"}, "short");
  clock_.at = parse_rfc3339("2026-06-01T00:00:00Z").value();
  const Erased done = eraser_->weed(false).value();
  EXPECT_THAT(done.live, ElementsAre("held"));
  EXPECT_FALSE(is_erased("held"));
  EXPECT_EQ(store_->exchange("held").value()->state, ExchangeState::held);
  EXPECT_TRUE(is_erased("other"));
  ASSERT_TRUE(store_->transact([&](Txn& txn) {
    ExchangeRow row = txn.exchange("held").value().value();
    row.state = ExchangeState::refused;
    return txn.put_exchange(row);
  }));
  ASSERT_TRUE(eraser_->weed(false));
  EXPECT_TRUE(is_erased("held"));
}

TEST_F(EraserTest, ConsentsAreWeededSomeTimeAfterTheirEnd) {
  Consent consent;
  consent.id = "c", consent.subject_ref = "anna", consent.holder = "board", consent.giver = "self";
  consent.valid_from = clock_.at, consent.valid_to = clock_.at + std::chrono::days(10);
  ASSERT_TRUE(store_->transact([&](Txn& txn) { return txn.put_consent(consent); }));
  clock_.at += std::chrono::days(110);
  EXPECT_EQ(eraser_->weed(true)->consents, 0);
  clock_.at += std::chrono::seconds(1);
  EXPECT_EQ(eraser_->weed(false)->consents, 1);
  EXPECT_EQ(store_->consent("c").value()->subject_ref, "");
}

TEST_F(EraserTest, AReaderOfAnOlderStateIsSaidAndCleanedUpAfter) {
  deliver("one", {"anna"});
  auto reader = Store::open(root_ / "data", true).value();
  ASSERT_TRUE(reader->exchange("one").value());
  EXPECT_TRUE(eraser_->erase(order("anna"))->traces);
  reader.reset();
  EXPECT_FALSE(eraser_->weed(false)->traces);
}

TEST_F(EraserTest, AMissedNightIsMadeUpForWithWhatFollowsTheWeeding) {
  ASSERT_TRUE(eraser_->weed(false));
  clock_.at += std::chrono::hours(26);
  eraser_->start();
  ASSERT_EQ(night_.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_EQ(store_->erasures(10).value().size(), 2u) << "weeded first";
}

}  // namespace
}  // namespace samband
