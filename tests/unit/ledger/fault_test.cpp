// Crashes, damage, restored backups, and a disk that says no.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A store whose commits fail when told to.
class FailingStore final : public Store {
 public:
  explicit FailingStore(Store& inner) : inner_(inner) {}
  std::atomic<bool> fail_commit{false};

  Result<void> transact(const std::function<Result<void>(Txn&)>& body) override {
    if (!fail_commit) return inner_.transact(body);
    (void)inner_.transact([&](Txn& txn) -> Result<void> {
      (void)body(txn);
      return fail(Errc::unavailable, "test", "undo");
    });
    return fail(Errc::unavailable, "store", "disk I/O error");
  }
  Result<void> savepoint(Txn& t, const Write& w) override { return inner_.savepoint(t, w); }
  Result<std::optional<MessageRow>> message(std::string_view a) override { return inner_.message(a); }
  Result<std::optional<MessageRow>> message(std::string_view a, std::string_view b) override {
    return inner_.message(a, b);
  }
  Result<std::optional<ExchangeRow>> exchange(std::string_view a) override { return inner_.exchange(a); }
  Result<std::vector<ExchangeRow>> exchanges(const ExchangeFilter& f) override { return inner_.exchanges(f); }
  Result<std::vector<ExchangeRow>> due_exchanges(Time t, int n) override { return inner_.due_exchanges(t, n); }
  Result<std::vector<ExchangeRow>> overdue(Time t, int n) override { return inner_.overdue(t, n); }
  Result<std::vector<ExchangeRow>> inbox(std::string_view p, std::string_view a, int n) override {
    return inner_.inbox(p, a, n);
  }
  Result<std::optional<Consent>> consent(std::string_view a) override { return inner_.consent(a); }
  Result<std::vector<Consent>> consents_of(const std::vector<std::string>& s) override { return inner_.consents_of(s); }
  Result<std::vector<Consent>> consents_held_by(std::string_view p, std::string_view before, int n) override {
    return inner_.consents_held_by(p, before, n);
  }
  Result<std::vector<AssessmentRow>> assessments(std::string_view a) override { return inner_.assessments(a); }
  Result<std::vector<StatusRow>> statuses(std::string_view a) override { return inner_.statuses(a); }
  Result<std::vector<AgendaRow>> agenda_due(Time t, int n, Time after) override {
    return inner_.agenda_due(t, n, after);
  }
  Result<std::vector<AgendaRow>> agenda(std::string_view a) override { return inner_.agenda(a); }
  Result<std::vector<AnswersRow>> answers() override { return inner_.answers(); }
  Result<std::optional<ReviewRow>> review(std::string_view a) override { return inner_.review(a); }
  Result<std::vector<ReviewRow>> reviews(std::string_view p, bool open, int n) override {
    return inner_.reviews(p, open, n);
  }
  Result<std::vector<ReviewRow>> reviews_overdue(Time t, int n) override { return inner_.reviews_overdue(t, n); }
  Result<std::optional<TaskRow>> task(std::string_view a, std::string_view b) override { return inner_.task(a, b); }
  Result<std::vector<TaskRow>> tasks(std::string_view p, bool open, std::string_view a, std::string_view b,
                                     int n) override {
    return inner_.tasks(p, open, a, b, n);
  }
  Result<std::vector<TaskRow>> tasks_overdue(Time t, int n) override { return inner_.tasks_overdue(t, n); }
  Result<std::vector<RuleSetRow>> rule_sets() override { return inner_.rule_sets(); }
  Result<std::optional<RuleSetRow>> rule_set(std::string_view hash) override { return inner_.rule_set(hash); }
  Result<std::vector<QuarantineRow>> quarantined(std::string_view a, int n) override {
    return inner_.quarantined(a, n);
  }
  Result<std::optional<QuarantineRow>> quarantined(std::string_view a) override { return inner_.quarantined(a); }
  Result<SealedRows> sealed_under(const std::vector<std::int64_t>& ids) override { return inner_.sealed_under(ids); }
  Result<std::vector<std::int64_t>> key_ids() override { return inner_.key_ids(); }
  Result<std::vector<std::string>> consents_ended(Time t) override { return inner_.consents_ended(t); }
  Result<std::optional<ErasureRow>> erasure(std::string_view a) override { return inner_.erasure(a); }
  Result<std::vector<ErasureRow>> erasures(int n, std::string_view b) override { return inner_.erasures(n, b); }
  Result<std::optional<IncidentRow>> incident(std::string_view a) override { return inner_.incident(a); }
  Result<std::vector<IncidentRow>> incidents(std::string_view b, int n) override { return inner_.incidents(b, n); }
  Result<void> scrub() override { return inner_.scrub(); }
  Result<void> copy_to(const fs::path& file) override { return inner_.copy_to(file); }
  Result<Bytes> leaf(std::uint64_t i) override { return inner_.leaf(i); }
  Result<std::vector<Bytes>> leaves(std::uint64_t i, int n) override { return inner_.leaves(i, n); }
  Result<std::optional<Bytes>> tile(int l, std::uint64_t i) override { return inner_.tile(l, i); }
  Result<std::optional<std::pair<std::uint64_t, std::string>>> checkpoint() override { return inner_.checkpoint(); }
  Result<std::int64_t> count(std::string_view t) override { return inner_.count(t); }
  Result<void> check() override { return inner_.check(); }

 private:
  Store& inner_;
};

TEST_F(LedgerTest, AFailedCommitStopsWritingForGood) {
  ledger_.reset();
  FailingStore failing(*store_);
  ledger_ = Ledger::open(failing, options()).value();
  ASSERT_TRUE(append("a"));
  const std::string checkpoint = ledger_->checkpoint();
  failing.fail_commit = true;
  for (int i = 0; i < 2; ++i) {
    auto failed = append("b");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::unavailable);
    EXPECT_THAT(failed.error().message, HasSubstr("NOT SENT"));
    EXPECT_FALSE(ledger_->healthy());
    failing.fail_commit = false;  // never retried, even when the disk comes back
  }
  EXPECT_EQ(ledger_->size(), 1u);
  EXPECT_EQ(ledger_->checkpoint(), checkpoint);
  EXPECT_TRUE(receipt_proves(ledger_->receipt(0).value(), store_->leaf(0).value(), ledger_->verifier_key()));
  ledger_.reset();
  ledger_ = Ledger::open(*store_, options()).value();
  EXPECT_TRUE(append("b")) << "a restart, which checks, goes on";
  EXPECT_TRUE(Ledger::verify(*store_, ledger_->verifier_key())->problems.empty());
}

// The child acknowledges each commit on a pipe and is killed at an arbitrary place.
TEST_F(LedgerTest, WhatWasAcknowledgedSurvivesKill) {
  close();
  int acknowledged = 0;
  for (int round = 0; round < 5; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_ends[0]);
      open();
      for (int i = 0;; ++i) {
        if (!append("r" + std::to_string(round) + "-" + std::to_string(i))) ::_exit(1);
        const char mark = 'x';
        if (::write(pipe_ends[1], &mark, 1) != 1) ::_exit(2);
      }
    }
    ::close(pipe_ends[1]);
    char mark = 0;
    int here = 0;
    while (here < 40 + 23 * round && ::read(pipe_ends[0], &mark, 1) == 1) ++here;
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    while (::read(pipe_ends[0], &mark, 1) == 1) ++here;
    ::close(pipe_ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    acknowledged += here;

    open();
    EXPECT_GE(ledger_->size(), static_cast<std::uint64_t>(acknowledged));
    for (int i = 0; i < here; ++i)
      ASSERT_TRUE(store_->exchange("r" + std::to_string(round) + "-" + std::to_string(i)).value()) << i;
    const auto verified = Ledger::verify(*store_, ledger_->verifier_key()).value();
    EXPECT_TRUE(verified.problems.empty()) << verified.problems[0].where << " " << verified.problems[0].message;
    acknowledged = static_cast<int>(ledger_->size());
    close();
  }
}

class DamageTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    append_many(300);
    ASSERT_TRUE(append("x"));
    key_ = ledger_->verifier_key();
    close();
  }
  std::vector<std::string> places() {
    auto store = Store::open(root_ / "data", true).value();
    std::vector<std::string> out;
    for (const Error& problem : Ledger::verify(*store, key_).value().problems) out.push_back(problem.where);
    return out;
  }
  bool opens() {
    auto store = Store::open(root_ / "data").value();
    auto ledger = Ledger::open(*store, options());
    if (ledger) return true;
    message_ = ledger.error().message;
    return false;
  }
  std::string key_, message_;
};

TEST_F(DamageTest, SoundIsSound) {
  EXPECT_TRUE(places().empty());
  EXPECT_TRUE(opens());
}

TEST_F(DamageTest, AChangedLeafInTheTail) {
  tamper("UPDATE leaf SET bytes = CAST(replace(CAST(bytes AS TEXT), 'released', 'refused ') AS BLOB) WHERE idx = 300");
  EXPECT_THAT(places(), testing::Contains("checkpoint"));
  EXPECT_FALSE(opens());
  EXPECT_THAT(message_, HasSubstr("restore"));
}

TEST_F(DamageTest, AChangedLeafUnderAFullTile) {
  tamper("UPDATE leaf SET bytes = CAST(replace(CAST(bytes AS TEXT), 'k7', 'k8') AS BLOB) WHERE idx = 0");
  EXPECT_THAT(places(), testing::IsSupersetOf({"tile/0/0", "checkpoint"}));
}

TEST_F(DamageTest, AMissingLeaf) {
  tamper("DELETE FROM leaf WHERE idx = 256");
  EXPECT_THAT(places(), testing::Contains("leaf/256"));
  tamper("DELETE FROM leaf WHERE idx = 300");
  EXPECT_FALSE(opens());
}

TEST_F(DamageTest, ALeafThatWasNeverSigned) {
  tamper("INSERT INTO leaf(idx, count, bytes) SELECT 301, count, bytes FROM leaf WHERE idx = 300");
  EXPECT_THAT(places(), testing::Contains("checkpoint"));
  EXPECT_FALSE(opens());
  EXPECT_THAT(message_, HasSubstr("never signed"));
}

TEST_F(DamageTest, AChangedTile) {
  tamper("UPDATE tile SET hashes = zeroblob(8192)");
  EXPECT_THAT(places(), testing::ElementsAre("tile/0/0"));
  EXPECT_FALSE(opens());
  tamper("DELETE FROM tile");
  EXPECT_THAT(places(), testing::ElementsAre("tile/0/0"));
  EXPECT_FALSE(opens());
}

TEST_F(DamageTest, ATileChangedWhileRunningGivesNoWrongReceipt) {
  open();
  tamper("UPDATE tile SET hashes = zeroblob(8192)");
  EXPECT_EQ(ledger_->receipt(3).error().code, Errc::internal);
  EXPECT_TRUE(ledger_->receipt(300)) << "the tail does not need it";
}

TEST_F(DamageTest, AChangedCheckpoint) {
  tamper("UPDATE checkpoint SET note = replace(note, char(10) || '301' || char(10), char(10) || '300' || char(10))");
  EXPECT_THAT(places(), testing::Contains("checkpoint"));
  EXPECT_FALSE(opens());
  tamper("DELETE FROM checkpoint");
  EXPECT_THAT(places(), testing::Contains("checkpoint"));
  EXPECT_FALSE(opens());
}

TEST_F(DamageTest, AnOldCheckpointOverMoreLeaves) {
  open();
  const std::string old = ledger_->checkpoint();
  ASSERT_TRUE(append("y"));
  close();
  auto db = sqlite::Database::open(root_ / "data" / "hub.db", sqlite::Database::Mode::read_write).value();
  ASSERT_TRUE(db.query("UPDATE checkpoint SET size = 301, note = ?", old).run());
  EXPECT_THAT(places(), testing::Contains("checkpoint"));
  EXPECT_FALSE(opens());
}

TEST_F(DamageTest, AnotherKey) {
  key_ = note::to_text(note::make_verifier(kOrigin, crypto::ed25519_public(Bytes(32, 'z'))));
  EXPECT_THAT(places(), testing::ElementsAre("checkpoint"));
  auto store = Store::open(root_ / "data").value();
  auto other = options();
  other.log_seed = Bytes(32, 'z');
  auto refused = Ledger::open(*store, other);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("log.seed"));
}

TEST_F(DamageTest, AChangedExchange) {
  for (const char* change : {"outcome = 'refused'", "leaf_index = 299", "leaf_index = 999", "recipient = 'landlord'",
                             "sender = 'bup'", "ack_leaf_index = 300", "id = 'another'"}) {
    tamper((std::string("CREATE TABLE kept AS SELECT * FROM exchange; UPDATE exchange SET ") + change).c_str());
    EXPECT_FALSE(places().empty()) << change;
    tamper("DELETE FROM exchange; INSERT INTO exchange SELECT * FROM kept; DROP TABLE kept");
    EXPECT_TRUE(places().empty()) << change;
  }
  tamper("DELETE FROM exchange");
  EXPECT_THAT(places(), testing::ElementsAre("leaf/300"));
}

TEST_F(DamageTest, ARestoredBackupIsNotSignedOn) {
  fs::copy(root_ / "data", root_ / "backup", fs::copy_options::recursive);
  open();
  ASSERT_TRUE(append("y"));
  close();  // writes the guard
  fs::rename(root_ / "data", root_ / "newer");
  fs::copy(root_ / "backup", root_ / "data", fs::copy_options::recursive);
  EXPECT_FALSE(opens());
  EXPECT_THAT(message_, HasSubstr("restored backup"));
  fs::remove_all(root_ / "data");
  fs::rename(root_ / "newer", root_ / "data");
  EXPECT_TRUE(opens());
}

TEST_F(DamageTest, AForkIsNotSignedOn) {
  fs::copy(root_ / "data", root_ / "copy", fs::copy_options::recursive);
  open();
  ASSERT_TRUE(append("y"));
  close();
  fs::remove_all(root_ / "data");
  fs::rename(root_ / "copy", root_ / "data");
  auto without_guard = options();
  without_guard.guard_file.clear();
  store_ = Store::open(root_ / "data").value();
  ledger_ = Ledger::open(*store_, without_guard).value();
  ASSERT_TRUE(append("z"));
  ASSERT_TRUE(append("z2"));
  close();
  EXPECT_FALSE(opens());
  EXPECT_THAT(message_, HasSubstr("another history"));
}

TEST_F(DamageTest, AnUnreadableGuardIsNotIgnored) {
  fs::resize_file(root_ / "log.guard", 10);
  EXPECT_FALSE(opens());
}

// On a new host, say, with an old backup: nobody can tell, so nobody signs.
TEST_F(DamageTest, ALogWithoutItsGuardIsNotSignedOn) {
  fs::remove(root_ / "log.guard");
  EXPECT_FALSE(opens());
  EXPECT_THAT(message_, HasSubstr("no rollback guard"));
  EXPECT_THAT(message_, HasSubstr("samband log guard --size"));
  EXPECT_FALSE(fs::exists(root_ / "log.guard"));
}

}  // namespace
}  // namespace samband
