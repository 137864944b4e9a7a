#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <set>

#include "keys/folder_lock.hpp"
#include "keys/sqlite_copy.hpp"
#include "store/erased_rows.hpp"
#include "store/reader_pool.hpp"
#include "store/restore_mark.hpp"
#include "store/rows.hpp"
#include "store/schema.hpp"
#include "store/sqlite_txn.hpp"
#include "store/store.hpp"
#include "store/wal_checkpointer.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
using sqlite::Database;
using store::kSelectConsent;
using store::kSelectExchange;
using store::kSelectMessage;

constexpr const char* kDatabaseName = "hub.db";
constexpr const char* kLockName = "hub.lock";
constexpr int kRowsMax = 1000;

Result<std::int64_t> schema_version(Database& db) {
  auto query = db.query("PRAGMA user_version");
  auto row = query.step();
  if (!row) return row.error();
  return query.integer(0);
}

Result<void> check_version(std::int64_t version, const fs::path& path) {
  if (version == store::kSchemaVersion) return {};
  return fail(Errc::invalid_config, path.string(),
              "has schema version " + std::to_string(version) + ", this program knows " +
                  std::to_string(store::kSchemaVersion) + "; start the version of the hub that made it");
}

class SqliteStore final : public Store {
 public:
  SqliteStore(fs::path path, bool one_snapshot) : readers_(std::move(path), one_snapshot) {}

  void start_writing(FolderLock lock, Database writer, Database for_checkpoints) {
    lock_.emplace(std::move(lock));
    writer_.emplace(std::move(writer));
    checkpointer_.emplace(std::move(for_checkpoints), *writer_);
  }

  Result<void> transact(const std::function<Result<void>(Txn&)>& body) override {
    const std::lock_guard lock(writer_mutex_);
    if (!writer_) return fail(Errc::forbidden, "store", "opened for reading only");
    // After a failed write or sync nobody knows what the disk holds: only a restart, which checks, may write again.
    if (failed_ || checkpointer_->failed())
      return fail(Errc::unavailable, "store", "stopped after a disk error; restart the hub");
    if (auto begun = writer_->query("BEGIN IMMEDIATE").run(); !begun) return stopped(begun.error());
    store::SqliteTxn txn(*writer_);
    Result<void> written;
    try {
      written = body(txn);
    } catch (...) {
      roll_back();
      throw;
    }
    if (txn.broken()) {
      roll_back();
      return stopped(written ? fail(Errc::unavailable, "store", "the transaction was broken off") : written.error());
    }
    if (!written) {
      roll_back();
      return written;
    }
    if (auto committed = writer_->query("COMMIT").run(); !committed) {
      roll_back();
      return stopped(committed.error());
    }
    checkpointer_->after_commit();
    return {};
  }

  Result<void> savepoint(Txn& txn, const Write& write) override {
    auto* own = dynamic_cast<store::SqliteTxn*>(&txn);
    if (!own) return fail(Errc::internal, "store", "the transaction is of another store");
    return own->savepoint(write);
  }

  Result<std::optional<MessageRow>> message(std::string_view id) override {
    static const std::string sql = kSelectMessage + "WHERE id=?";
    return one<MessageRow>(sql, &store::read_message, id);
  }
  Result<std::optional<MessageRow>> message(std::string_view sender, std::string_view sender_message_id) override {
    static const std::string sql = kSelectMessage + "WHERE sender=? AND sender_message_id=?";
    return one<MessageRow>(sql, &store::read_message, sender, sender_message_id);
  }
  Result<std::optional<ExchangeRow>> exchange(std::string_view id) override {
    static const std::string sql = kSelectExchange + "WHERE id=?";
    return one<ExchangeRow>(sql, &store::read_exchange, id);
  }

  Result<std::vector<ExchangeRow>> exchanges(const ExchangeFilter& filter) override;

  Result<std::vector<ExchangeRow>> due_exchanges(Time before, int limit) override {
    static const std::string sql = kSelectExchange +
                                   "WHERE next_attempt_at IS NOT NULL AND next_attempt_at<=? "
                                   "AND state IN('queued','delivering') ORDER BY next_attempt_at LIMIT ?";
    return many<ExchangeRow>(sql, &store::read_exchange, store::to_integer(before), bounded(limit));
  }
  Result<std::vector<ExchangeRow>> overdue(Time before, int limit) override {
    static const std::string sql = kSelectExchange +
                                   "WHERE due_at IS NOT NULL AND due_at<=? "
                                   "ORDER BY due_at LIMIT ?";
    return many<ExchangeRow>(sql, &store::read_exchange, store::to_integer(before), bounded(limit));
  }
  Result<std::vector<ExchangeRow>> inbox(std::string_view party, std::string_view after, int limit) override {
    static const std::string sql = kSelectExchange + "WHERE state='inbox' AND recipient=? AND id>? ORDER BY id LIMIT ?";
    return many<ExchangeRow>(sql, &store::read_exchange, party, after, bounded(limit));
  }

  Result<std::optional<Consent>> consent(std::string_view id) override {
    static const std::string sql = kSelectConsent + "WHERE id=?";
    return one<Consent>(sql, &store::read_consent, id);
  }
  Result<std::vector<Consent>> consents_of(const std::vector<std::string>& subject_refs) override {
    static const std::string sql = kSelectConsent + "WHERE subject_ref=? ORDER BY id LIMIT ?";
    std::vector<Consent> all;
    for (const std::string& subject : std::set<std::string>(subject_refs.begin(), subject_refs.end())) {
      auto found = many<Consent>(sql, &store::read_consent, subject, kRowsMax);
      if (!found) return found;
      // A list cut short could hide a revocation: better none than some.
      if (found->size() == static_cast<std::size_t>(kRowsMax))
        return fail(Errc::too_large, "store.consent", "more than 999 consents about one person");
      std::move(found->begin(), found->end(), std::back_inserter(all));
    }
    return all;
  }
  Result<std::vector<Consent>> consents_held_by(std::string_view party, std::string_view before, int limit) override {
    static const std::string sql = kSelectConsent + "WHERE holder=?1 AND (?2='' OR id<?2) ORDER BY id DESC LIMIT ?3";
    return many<Consent>(sql, &store::read_consent, party, before, bounded(limit));
  }

  Result<std::vector<AssessmentRow>> assessments(std::string_view exchange_id) override {
    static const std::string sql = store::kSelectAssessment + "WHERE exchange_id=? ORDER BY at,id";
    return many<AssessmentRow>(sql, &store::read_assessment, exchange_id);
  }
  Result<std::vector<StatusRow>> statuses(std::string_view exchange_id) override {
    const auto read = [](const sqlite::Query& q) {
      StatusRow row;
      row.id = q.text(0), row.exchange_id = q.text(1), row.party = q.text(2), row.status = q.text(3);
      row.reason_code = q.text(4), row.handler = q.bytes(5), row.at = store::to_time(q.integer(6));
      row.leaf_index = static_cast<std::uint64_t>(q.integer(7));
      return row;
    };
    return many<StatusRow>(
        "SELECT id,exchange_id,party,status,reason_code,handler,at,leaf_index FROM status WHERE exchange_id=? "
        "ORDER BY at,id",
        read, exchange_id);
  }

  Result<std::vector<AgendaRow>> agenda_due(Time before, int limit, Time after) override {
    static const std::string sql = store::kSelectAgenda + "WHERE at<=? AND at>? ORDER BY at LIMIT ?";
    return many<AgendaRow>(sql, &store::read_agenda, store::to_integer(before), store::to_integer(after),
                           bounded(limit));
  }
  Result<std::vector<AgendaRow>> agenda(std::string_view exchange_id) override {
    static const std::string sql = store::kSelectAgenda + "WHERE exchange_id=?";
    return many<AgendaRow>(sql, &store::read_agenda, exchange_id);
  }
  Result<std::vector<AnswersRow>> answers() override {
    static const std::string sql = store::kSelectAnswers + "ORDER BY party,code";
    return many<AnswersRow>(sql, &store::read_answers);
  }
  Result<std::optional<ReviewRow>> review(std::string_view exchange_id) override {
    static const std::string sql = store::kSelectReview + "WHERE exchange_id=?";
    return one<ReviewRow>(sql, &store::read_review, exchange_id);
  }
  Result<std::vector<ReviewRow>> reviews(std::string_view party, bool open_only, int limit) override {
    static const std::string any =
        store::kSelectReview + "WHERE (?1='' OR party=?1) ORDER BY exchange_id DESC LIMIT ?2";
    static const std::string open =
        store::kSelectReview + "WHERE closed_at IS NULL AND (?1='' OR party=?1) ORDER BY due_at LIMIT ?2";
    return many<ReviewRow>(open_only ? open : any, &store::read_review, party, bounded(limit));
  }
  Result<std::vector<ReviewRow>> reviews_overdue(Time before, int limit) override {
    static const std::string sql =
        store::kSelectReview + "WHERE closed_at IS NULL AND overdue_at IS NULL AND due_at<=? ORDER BY due_at LIMIT ?";
    return many<ReviewRow>(sql, &store::read_review, store::to_integer(before), bounded(limit));
  }

  Result<std::optional<TaskRow>> task(std::string_view exchange_id, std::string_view task) override {
    static const std::string sql = store::kSelectTask + "WHERE exchange_id=? AND task=?";
    return one<TaskRow>(sql, &store::read_task, exchange_id, task);
  }
  Result<std::vector<TaskRow>> tasks(std::string_view party, bool open, std::string_view after_exchange,
                                     std::string_view after_task, int limit) override {
    static const std::string sql = store::kSelectTask +
                                   "WHERE party=? AND (closed_at IS NULL)=? AND (exchange_id,task)>(?,?) "
                                   "ORDER BY exchange_id,task LIMIT ?";
    return many<TaskRow>(sql, &store::read_task, party, std::int64_t{open}, after_exchange, after_task, bounded(limit));
  }
  Result<std::vector<TaskRow>> tasks_overdue(Time before, int limit) override {
    static const std::string sql =
        store::kSelectTask + "WHERE closed_at IS NULL AND overdue_at IS NULL AND due_at<=? ORDER BY due_at LIMIT ?";
    return many<TaskRow>(sql, &store::read_task, store::to_integer(before), bounded(limit));
  }
  Result<std::vector<RuleSetRow>> rule_sets() override {
    static const std::string sql = store::kSelectRuleSetHead + "ORDER BY proposed_at,hash";
    return many<RuleSetRow>(sql, &store::read_rule_set);
  }
  Result<std::optional<RuleSetRow>> rule_set(std::string_view hash) override {
    static const std::string sql = store::kSelectRuleSet + "WHERE hash=?";
    return one<RuleSetRow>(sql, &store::read_rule_set, hash);
  }

  Result<std::vector<QuarantineRow>> quarantined(std::string_view after, int limit) override {
    return many<QuarantineRow>(
        "SELECT id,sender,adapter,at,key_id,reason,length(sealed) FROM quarantine WHERE id>? ORDER BY id LIMIT ?",
        &quarantine_row, after, bounded(limit));
  }
  Result<std::optional<QuarantineRow>> quarantined(std::string_view id) override {
    const auto read = [](const sqlite::Query& q) {
      QuarantineRow row = quarantine_row(q);
      row.sealed = q.bytes(7);
      return row;
    };
    return one<QuarantineRow>(
        "SELECT id,sender,adapter,at,key_id,reason,length(sealed),sealed FROM quarantine WHERE id=?", read, id);
  }

  Result<SealedRows> sealed_under(const std::vector<std::int64_t>& key_ids) override {
    auto db = readers_.lend();
    if (!db) return db.error();
    return store::sealed_under(**db, key_ids);
  }
  Result<std::vector<std::int64_t>> key_ids() override {
    return many<std::int64_t>(
        "SELECT key_id FROM message WHERE key_id<>0 UNION SELECT key_id FROM exchange WHERE key_id<>0 UNION "
        "SELECT key_id FROM quarantine WHERE key_id<>0 UNION SELECT key_id FROM consent WHERE key_id<>0 UNION "
        "SELECT key_id FROM incident WHERE key_id<>0",
        [](const sqlite::Query& q) { return q.integer(0); });
  }
  Result<std::vector<std::string>> consents_ended(Time before) override {
    return many<std::string>(
        "SELECT id FROM consent WHERE subject_ref<>'' AND (valid_to<?1 OR revoked_at<?1) ORDER BY id",
        [](const sqlite::Query& q) { return q.text(0); }, store::to_integer(before));
  }
  Result<std::optional<ErasureRow>> erasure(std::string_view id) override {
    static const std::string sql = store::kSelectErasure + "WHERE id=?";
    return one<ErasureRow>(sql, &store::read_erasure, id);
  }
  // By id: ids begin with their time.
  Result<std::vector<ErasureRow>> erasures(int limit, std::string_view before) override {
    static const std::string sql = store::kSelectErasure + "WHERE (?1='' OR id<?1) ORDER BY id DESC LIMIT ?2";
    return many<ErasureRow>(sql, &store::read_erasure, before, bounded(limit));
  }
  Result<std::optional<IncidentRow>> incident(std::string_view id) override {
    static const std::string sql = store::kSelectIncident + "WHERE id=?";
    return one<IncidentRow>(sql, &store::read_incident, id);
  }
  Result<std::vector<IncidentRow>> incidents(std::string_view before, int limit) override {
    static const std::string sql = store::kSelectIncident + "WHERE (?1='' OR id<?1) ORDER BY id DESC LIMIT ?2";
    return many<IncidentRow>(sql, &store::read_incident, before, bounded(limit));
  }

  Result<Bytes> leaf(std::uint64_t index) override {
    auto found = leaves(index, 1);
    if (!found) return found.error();
    if (found->empty()) return fail(Errc::not_found, "store.leaf", "no leaf with this index");
    return std::move(found->front());
  }
  Result<std::vector<Bytes>> leaves(std::uint64_t from, int limit) override {
    // Only a run without gaps: callers count on places.
    auto db = readers_.lend();
    if (!db) return db.error();
    const auto most = static_cast<std::size_t>(bounded(limit));
    auto query = (*db)->query(
        "SELECT idx,count,bytes FROM leaf WHERE idx>=(SELECT max(idx) FROM leaf WHERE idx<=?) ORDER BY idx LIMIT ?",
        from, bounded(limit));
    std::vector<Bytes> leaves;
    while (leaves.size() < most) {
      auto row = query.step();
      if (!row) return row.error();
      if (!*row) return leaves;
      const auto first = static_cast<std::uint64_t>(query.integer(0));
      const std::uint64_t wanted = from + leaves.size();
      if (first > wanted) return leaves;
      if (!store::read_leaves(query, wanted - first, most, leaves))
        return fail(Errc::internal, "store.leaf", "a row of leaves is damaged");
    }
    return leaves;
  }
  Result<std::optional<Bytes>> tile(int level, std::uint64_t index) override {
    return one<Bytes>("SELECT hashes FROM tile WHERE level=? AND idx=?", &first_bytes, level, index);
  }
  Result<std::optional<std::pair<std::uint64_t, std::string>>> checkpoint() override {
    const auto read = [](const sqlite::Query& q) {
      return std::pair(static_cast<std::uint64_t>(q.integer(0)), q.text(1));
    };
    return one<std::pair<std::uint64_t, std::string>>("SELECT size,note FROM checkpoint", read);
  }

  Result<std::int64_t> count(std::string_view table) override {
    static const std::set<std::string, std::less<>> kTables = {
        "message", "exchange", "consent", "assessment", "status",     "quarantine", "leaf", "tile",
        "agenda",  "answers",  "review",  "erasure",    "erased_key", "incident",   "task"};
    if (!kTables.contains(table)) return fail(Errc::invalid_input, "store.count", "no such table");
    auto db = readers_.lend();
    if (!db) return db.error();
    auto query = (*db)->query(table == "leaf" ? "SELECT coalesce(sum(max(count, 1)), 0) FROM leaf"
                                              : "SELECT count(*) FROM " + std::string(table));
    auto row = query.step();
    if (!row) return row.error();
    return query.integer(0);
  }

  Result<void> check() override {
    auto db = readers_.lend();
    if (!db) return db.error();
    auto query = (*db)->query("PRAGMA integrity_check(1)");
    auto row = query.step();
    if (!row) return row.error();
    if (query.text(0) == "ok") return {};
    return fail(Errc::internal, kDatabaseName, "damaged: SQLite's integrity check found a fault; restore a backup");
  }

  Result<void> scrub() override {
    const std::lock_guard lock(writer_mutex_);
    if (!writer_) return fail(Errc::forbidden, "store", "opened for reading only");
    if (failed_ || checkpointer_->failed())
      return fail(Errc::unavailable, "store", "stopped after a disk error; restart the hub");
    // Commits wait meanwhile: not for long, and rather again later.
    sqlite3_busy_timeout(writer_->handle(), 500);
    auto emptied = store::write_anew(*writer_);
    sqlite3_busy_timeout(writer_->handle(), 5000);
    return emptied;
  }

  Result<void> copy_to(const fs::path& file) override {
    auto db = readers_.lend();
    if (!db) return db.error();
    return sqlite::copy_database(**db, file);
  }

 private:
  static QuarantineRow quarantine_row(const sqlite::Query& q) {
    return {q.text(0), q.text(1), q.text(2), store::to_time(q.integer(3)), q.integer(4), {}, q.text(5), q.integer(6)};
  }
  static Bytes first_bytes(const sqlite::Query& query) { return query.bytes(0); }
  static int bounded(int limit) { return std::clamp(limit, 1, kRowsMax); }

  template <class Row, class Read, class... Values>
  Result<std::vector<Row>> many(std::string_view sql, Read read, const Values&... values) {
    auto db = readers_.lend();
    if (!db) return db.error();
    auto query = (*db)->query(sql, values...);
    std::vector<Row> rows;
    for (;;) {
      auto row = query.step();
      if (!row) return row.error();
      if (!*row) return rows;
      Result<Row> one = read(query);
      if (!one) return one.error();
      rows.push_back(std::move(*one));
    }
  }
  template <class Row, class Read, class... Values>
  Result<std::optional<Row>> one(std::string_view sql, Read read, const Values&... values) {
    auto rows = many<Row>(sql, read, values...);
    if (!rows) return rows.error();
    if (rows->empty()) return std::optional<Row>();
    return std::optional<Row>(std::move(rows->front()));
  }

  void roll_back() {
    if (writer_->in_transaction()) (void)writer_->query("ROLLBACK").run();
    if (writer_->in_transaction()) failed_ = true;
  }
  Error stopped(Error error) {
    failed_ = true;
    return fail(Errc::unavailable, "store", error.message);
  }

  std::optional<FolderLock> lock_;
  std::mutex writer_mutex_;
  std::optional<Database> writer_;
  std::optional<store::WalCheckpointer> checkpointer_;
  bool failed_ = false;  // under writer_mutex_
  store::ReaderPool readers_;
};

// The state is a code of ours and stands in the text as itself, so that SQLite may use the partial index.
Result<std::vector<ExchangeRow>> SqliteStore::exchanges(const ExchangeFilter& filter) {
  if (!filter.state.empty() && !exchange_state_from(filter.state))
    return fail(Errc::invalid_input, "/state", "not a state of an exchange");
  const std::string order = filter.newest_first ? " ORDER BY id DESC LIMIT ?1" : " ORDER BY id LIMIT ?1";
  std::string where;
  if (!filter.state.empty()) where += " AND state='" + filter.state + "'";
  if (!filter.after.empty()) where += filter.newest_first ? " AND id<?2" : " AND id>?2";
  if (!filter.message_id.empty()) where += " AND message_id=?3";
  if (!filter.subject_ref.empty()) where += " AND instr(','||subject_refs||',', ','||?4||',')>0";
  if (!filter.consent_id.empty()) where += " AND instr(','||consents||',', ','||?5||',')>0";
  std::string sql = kSelectExchange;
  if (filter.party.empty()) {
    sql += "WHERE 1" + where + order;
  } else {
    // Two ordered index walks, each cut at the limit, instead of sorting everything the party ever had.
    const auto half = [&](const char* role) {
      return "SELECT id FROM (SELECT id FROM exchange WHERE " + std::string(role) + "=?6" + where + order + ")";
    };
    sql += "WHERE id IN (" + half("sender") + " UNION " + half("recipient") + ")" + order;
  }
  // ?2..?6 may be absent from the text, and binding what is absent is an error: mention each once, to no effect.
  sql.insert(sql.rfind(" ORDER BY"), " AND (1 OR ?2 OR ?3 OR ?4 OR ?5 OR ?6)");
  return many<ExchangeRow>(sql, &store::read_exchange, bounded(filter.limit), filter.after, filter.message_id,
                           filter.subject_ref, filter.consent_id, filter.party);
}

Result<void> prepare_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail(Errc::invalid_config, folder.string(),
              "cannot be made: " + std::error_code(errno, std::generic_category()).message());
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const fs::path& folder, bool read_only) {
  const fs::path path = folder / kDatabaseName;
  if (auto whole = check_restored(folder); !whole) return whole.error();
  auto made = std::make_unique<SqliteStore>(path, read_only);
  if (read_only) {
    auto database = Database::open(path, Database::Mode::read_only);
    if (!database) return fail(Errc::invalid_config, path.string(), "cannot be opened: " + database.error().message);
    auto version = schema_version(*database);
    if (!version) return version.error();
    if (auto known = check_version(*version, path); !known) return known.error();
    return std::unique_ptr<Store>(std::move(made));
  }
  if (auto ready = prepare_folder(folder); !ready) return ready.error();
  auto lock = FolderLock::take(folder / kLockName, FolderLock::Mode::exclusive,
                               "another hub runs on this data folder; stop it first, or give this one a folder of its "
                               "own");
  if (!lock) return lock.error();
  // Made by us and not by SQLite, so that it and the files beside it are for this user only.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail(Errc::invalid_config, path.string(),
                "cannot be opened: " + std::error_code(errno, std::generic_category()).message());
  ::close(fd);
  auto writer = Database::open(path, Database::Mode::read_write);
  if (!writer) return fail(Errc::invalid_config, path.string(), "cannot be opened: " + writer.error().message);
  auto set = writer->make_durable();
  if (!set) return fail(Errc::invalid_config, path.string(), "cannot be used: " + set.error().message);
  set = writer->exec(
      "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;"
      "PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON; PRAGMA journal_size_limit=268435456");
  if (!set) return fail(Errc::invalid_config, path.string(), "cannot be opened: " + set.error().message);
  auto version = schema_version(*writer);
  if (!version) return version.error();
  if (*version == 0) {
    if (auto created = writer->exec(store::kSchema); !created) return created.error();
  } else if (*version == 1 || *version == 2) {
    // Older hubs may have left what they wrote over; and after this one, erased means gone from the file.
    if (auto rebuilt = writer->exec("VACUUM"); !rebuilt) return rebuilt.error();
    if (auto moved = writer->exec(*version == 1 ? store::kFrom1 : store::kFrom2); !moved) return moved.error();
    if (auto emptied = store::empty_log(*writer); !emptied) return emptied.error();
  } else if (*version == 3 || *version == 4) {
    if (auto moved = writer->exec(*version == 3 ? store::kFrom3 : store::kFrom4); !moved) return moved.error();
  } else if (auto known = check_version(*version, path); !known) {
    return known.error();
  }
  auto for_checkpoints = Database::open(path, Database::Mode::read_write);
  if (!for_checkpoints) return for_checkpoints.error();
  if (auto durable = for_checkpoints->make_durable(); !durable) return durable.error();
  made->start_writing(std::move(*lock), std::move(*writer), std::move(*for_checkpoints));
  return std::unique_ptr<Store>(std::move(made));
}

}  // namespace samband
