#include "store/sqlite_txn.hpp"

#include "store/erased_rows.hpp"
#include "store/rows.hpp"

namespace samband::store {

template <class T>
Result<T> SqliteTxn::checked(Result<T> result, std::string_view place) {
  if (result) return result;
  Error error = result.error();
  const bool callers_own = error.code == Errc::conflict || error.code == Errc::invalid_input ||
                           error.code == Errc::too_large ||
                           error.code == Errc::busy;  // never SQLite's own: that is unavailable
  if (!callers_own || !db_.in_transaction()) broken_ = true;
  error.where = std::string(place);
  return error;
}

template <class Operation>
Result<void> SqliteTxn::write(std::string_view place, Operation operation) {
  if (broken_) return fail(Errc::unavailable, std::string(place), "the transaction is broken off");
  return checked<void>(operation(), place);
}

template <class Row, class Read, class... Values>
Result<std::vector<Row>> SqliteTxn::read(std::string_view place, std::string_view sql, Read read,
                                         const Values&... values) {
  using Rows = Result<std::vector<Row>>;
  if (broken_) return fail(Errc::unavailable, std::string(place), "the transaction is broken off");
  auto query = db_.query(sql, values...);
  std::vector<Row> rows;
  for (;;) {
    auto row = query.step();
    if (!row) return checked(Rows(row.error()), place);
    if (!*row) return rows;
    rows.push_back(read(query));
  }
}

Result<void> SqliteTxn::add_message(const MessageRow& row) {
  return write("store.message", [&]() -> Result<void> {
    auto gone = is_erased(row.key_id);
    if (!gone) return gone.error();
    if (*gone && row.key_id != 0)
      return fail(Errc::busy, "", "its key was destroyed by an erasure a moment ago; send it again");
    return write_message(db_, row);
  });
}

Result<void> SqliteTxn::put_exchange(const ExchangeRow& row) {
  return write("store.exchange", [&]() -> Result<void> {
    auto gone = is_erased(row.key_id);
    if (!gone) return gone.error();
    if (!*gone) return write_exchange(db_, row);
    if (row.key_id != 0) return fail(Errc::conflict, "", "erased meanwhile");
    ExchangeRow bare = row;  // nothing opens what was sealed with no key
    for (Bytes* sealed : {&bare.external_reference, &bare.side, &bare.conversation}) sealed->clear();
    return write_exchange(db_, bare);
  });
}

Result<std::optional<ExchangeRow>> SqliteTxn::exchange(std::string_view id) {
  using Found = Result<std::optional<ExchangeRow>>;
  if (broken_) return fail(Errc::unavailable, "store.exchange", "the transaction is broken off");
  static const std::string sql = kSelectExchange + "WHERE id=?";
  auto query = db_.query(sql, id);
  auto row = query.step();
  if (!row) return checked(Found(row.error()), "store.exchange");
  if (!*row) return std::optional<ExchangeRow>();
  auto read = read_exchange(query);
  if (!read) return checked(Found(read.error()), "store.exchange");
  return std::optional<ExchangeRow>(std::move(*read));
}

Result<std::optional<Consent>> SqliteTxn::consent(std::string_view id) {
  static const std::string sql = kSelectConsent + "WHERE id=?";
  auto rows = read<Consent>("store.consent", sql, &read_consent, id);
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<Consent>();
  return std::optional<Consent>(std::move(rows->front()));
}

Result<void> SqliteTxn::put_consent(const Consent& consent) {
  return write("store.consent", [&] { return write_consent(db_, consent); });
}

Result<void> SqliteTxn::add_assessment(const AssessmentRow& row) {
  return write("store.assessment", [&]() -> Result<void> {
    auto gone = is_erased(row.exchange_id);
    if (!gone) return gone.error();
    const Bytes nobody;
    return db_
        .query(
            "INSERT INTO assessment(id,exchange_id,code,person_ref,assessor_id,reason_code,party,value,at,side) "
            "VALUES(?,?,?,?,?,?,?,?,?,?)",
            row.id, row.exchange_id, row.code, *gone ? std::string_view() : std::string_view(row.person_ref),
            sqlite::Blob{*gone ? nobody : row.assessor_id}, row.reason_code, row.party, row.value, to_integer(row.at),
            sqlite::Blob{*gone ? nobody : row.side})
        .run();
  });
}

Result<std::vector<AssessmentRow>> SqliteTxn::assessments(std::string_view exchange_id) {
  static const std::string sql = kSelectAssessment + "WHERE exchange_id=? ORDER BY at,id";
  return read<AssessmentRow>("store.assessment", sql, &read_assessment, exchange_id);
}

Result<void> SqliteTxn::add_status(const StatusRow& row) {
  return write("store.status", [&]() -> Result<void> {
    auto gone = is_erased(row.exchange_id);
    if (!gone) return gone.error();
    const Bytes nobody;
    return db_
        .query(
            "INSERT INTO status(id,exchange_id,party,status,reason_code,handler,at,leaf_index) "
            "VALUES(?,?,?,?,?,?,?,?)",
            row.id, row.exchange_id, row.party, row.status, row.reason_code, sqlite::Blob{*gone ? nobody : row.handler},
            to_integer(row.at), row.leaf_index)
        .run();
  });
}

Result<void> SqliteTxn::put_agenda(const AgendaRow& row) {
  return write("store.agenda", [&] {
    return db_
        .query(
            "INSERT INTO agenda(exchange_id,what,at,opened_at,count) VALUES(?,?,?,?,?) ON CONFLICT(exchange_id,what) "
            "DO UPDATE SET at=excluded.at, opened_at=excluded.opened_at, count=excluded.count",
            row.exchange_id, row.what, to_integer(row.at), to_integer(row.opened_at), row.count)
        .run();
  });
}

Result<void> SqliteTxn::drop_agenda(std::string_view exchange_id, std::string_view what) {
  return write("store.agenda",
               [&] { return db_.query("DELETE FROM agenda WHERE exchange_id=? AND what=?", exchange_id, what).run(); });
}

Result<std::vector<AgendaRow>> SqliteTxn::agenda(std::string_view exchange_id) {
  static const std::string sql = kSelectAgenda + "WHERE exchange_id=?";
  return read<AgendaRow>("store.agenda", sql, &read_agenda, exchange_id);
}

Result<AnswersRow> SqliteTxn::answers(std::string_view party, std::string_view code) {
  static const std::string sql = kSelectAnswers + "WHERE party=? AND code=?";
  auto rows = read<AnswersRow>("store.answers", sql, &read_answers, party, code);
  if (!rows) return rows.error();
  if (rows->empty()) return AnswersRow{std::string(party), std::string(code), {}, {}};
  return std::move(rows->front());
}

Result<void> SqliteTxn::put_answers(const AnswersRow& row) {
  return write("store.answers", [&] {
    return db_
        .query(
            "INSERT INTO answers(party,code,recent,alarmed_at) VALUES(?,?,?,?) ON CONFLICT(party,code) "
            "DO UPDATE SET recent=excluded.recent, alarmed_at=excluded.alarmed_at",
            row.party, row.code, row.recent, to_integer(row.alarmed_at))
        .run();
  });
}

Result<void> SqliteTxn::put_review(const ReviewRow& row) {
  return write("store.review", [&]() -> Result<void> {
    auto gone = is_erased(row.exchange_id);
    if (!gone) return gone.error();
    const Bytes nobody;
    return db_
        .query(
            "INSERT INTO review(exchange_id,party,why,cause,opened_at,due_at,overdue_at,closed_at,reviewer,verdict,"
            "reason_code,leaf_index) VALUES(?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(exchange_id) DO UPDATE SET "
            "overdue_at=excluded.overdue_at, closed_at=excluded.closed_at, reviewer=excluded.reviewer, "
            "verdict=excluded.verdict, reason_code=excluded.reason_code, leaf_index=excluded.leaf_index",
            row.exchange_id, row.party, row.why, row.cause, to_integer(row.opened_at), to_integer(row.due_at),
            to_integer(row.overdue_at), to_integer(row.closed_at), sqlite::Blob{*gone ? nobody : row.reviewer},
            row.verdict, row.reason_code, row.leaf_index)
        .run();
  });
}

Result<std::optional<ReviewRow>> SqliteTxn::review(std::string_view exchange_id) {
  static const std::string sql = kSelectReview + "WHERE exchange_id=?";
  auto rows = read<ReviewRow>("store.review", sql, &read_review, exchange_id);
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<ReviewRow>();
  return std::optional<ReviewRow>(std::move(rows->front()));
}

Result<void> SqliteTxn::put_task(const TaskRow& row) {
  return write("store.task", [&]() -> Result<void> {
    auto gone = is_erased(row.exchange_id);
    if (!gone) return gone.error();
    const Bytes nobody;
    return db_
        .query(
            "INSERT INTO task(exchange_id,task,party,opened_at,due_at,overdue_at,closed_at,official,outcome,"
            "reason_code,leaf_index) VALUES(?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(exchange_id,task) DO UPDATE SET "
            "overdue_at=excluded.overdue_at, closed_at=excluded.closed_at, official=excluded.official, "
            "outcome=excluded.outcome, reason_code=excluded.reason_code, leaf_index=excluded.leaf_index",
            row.exchange_id, row.task, row.party, to_integer(row.opened_at), to_integer(row.due_at),
            to_integer(row.overdue_at), to_integer(row.closed_at), sqlite::Blob{*gone ? nobody : row.official},
            row.outcome, row.reason_code, row.leaf_index)
        .run();
  });
}

Result<std::optional<TaskRow>> SqliteTxn::task(std::string_view exchange_id, std::string_view task) {
  static const std::string sql = kSelectTask + "WHERE exchange_id=? AND task=?";
  auto rows = read<TaskRow>("store.task", sql, &read_task, exchange_id, task);
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<TaskRow>();
  return std::optional<TaskRow>(std::move(rows->front()));
}

Result<void> SqliteTxn::drop_task(std::string_view exchange_id, std::string_view task) {
  return write("store.task",
               [&] { return db_.query("DELETE FROM task WHERE exchange_id=? AND task=?", exchange_id, task).run(); });
}

Result<void> SqliteTxn::put_rule_set(const RuleSetRow& row) {
  return write("store.rule_set", [&] {
    return db_
        .query(
            "INSERT INTO "
            "rule_set(hash,state,base,reason,proposed_by,proposed_at,approved_by,approved_at,files,leaf_index) "
            "VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT(hash) DO UPDATE SET state=excluded.state, base=excluded.base, "
            "reason=excluded.reason, proposed_by=excluded.proposed_by, proposed_at=excluded.proposed_at, "
            "approved_by=excluded.approved_by, approved_at=excluded.approved_at, leaf_index=excluded.leaf_index, "
            "files=CASE excluded.files WHEN '' THEN files ELSE excluded.files END",
            row.hash, row.state, row.base, row.reason, row.proposed_by, to_integer(row.proposed_at), row.approved_by,
            to_integer(row.approved_at), row.files, row.leaf_index)
        .run();
  });
}

Result<void> SqliteTxn::drop_rule_files(int kept) {
  return write("store.rule_set", [&] {
    return db_
        .query(
            "UPDATE rule_set SET files='' WHERE files<>'' AND hash IN (SELECT hash FROM (SELECT hash, row_number() "
            "OVER "
            "(PARTITION BY state ORDER BY leaf_index DESC) AS place FROM rule_set WHERE state='retired' OR "
            "(state='proposed' AND base NOT IN (SELECT hash FROM rule_set WHERE state='active'))) WHERE place>?)",
            kept)
        .run();
  });
}

Result<void> SqliteTxn::add_quarantine(const QuarantineRow& row) {
  return write("store.quarantine", [&]() -> Result<void> {
    auto gone = is_erased(row.key_id);
    if (!gone) return gone.error();
    if (*gone) return fail(Errc::busy, "", "its key was destroyed a moment ago; send it again");
    return db_
        .query("INSERT INTO quarantine(id,sender,at,key_id,sealed,reason,adapter) VALUES(?,?,?,?,?,?,?)", row.id,
               row.party, to_integer(row.at), row.key_id, sqlite::Blob{row.sealed}, row.reason, row.adapter)
        .run();
  });
}

Result<void> SqliteTxn::drop_quarantine(std::string_view id) {
  return write("store.quarantine", [&]() -> Result<void> {
    auto gone = db_.query("DELETE FROM quarantine WHERE id=? RETURNING id", id);
    auto row = gone.step();
    if (!row) return row.error();
    if (!*row) return fail(Errc::conflict, "", "no such entry");
    auto end = gone.step();
    return end ? Result<void>() : Result<void>(end.error());
  });
}

// ---- erasure ---------------------------------------------------------------------------------------------------

Result<bool> SqliteTxn::any(std::string_view sql) {
  auto query = db_.query(sql);
  return query.step();
}

Result<bool> SqliteTxn::is_erased(std::int64_t key_id) {
  if (key_id == 0) return true;
  auto query = db_.query("SELECT 1 FROM erased_key WHERE id=?", key_id);
  return query.step();
}

Result<bool> SqliteTxn::is_erased(std::string_view exchange_id) {
  std::int64_t key_id = 0;
  {
    auto query = db_.query("SELECT key_id FROM exchange WHERE id=?", exchange_id);
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return false;
    key_id = query.integer(0);
  }
  return is_erased(key_id);
}

Result<void> SqliteTxn::forget_keys(const std::vector<std::int64_t>& ids) {
  return write("store.erased_key", [&]() -> Result<void> {
    for (const std::int64_t id : ids)
      if (auto put = db_.query("INSERT OR IGNORE INTO erased_key(id) VALUES(?)", id).run(); !put) return put;
    if (auto emptied = forget_incidents(db_); !emptied) return emptied;
    if (auto dropped = drop_quarantined(db_); !dropped) return dropped;
    // The partial indices on what waits make this cheap, whatever the size of the table.
    for (const std::string_view sql :
         {"SELECT 1 FROM exchange WHERE (state='inbox' OR state='held' OR state='dead') AND key_id IN (SELECT id FROM "
          "erased_key) LIMIT 1",
          "SELECT 1 FROM exchange WHERE next_attempt_at IS NOT NULL AND key_id IN (SELECT id FROM erased_key) LIMIT 1",
          "SELECT 1 FROM exchange WHERE due_at IS NOT NULL AND key_id IN (SELECT id FROM erased_key) LIMIT 1",
          "SELECT 1 FROM review JOIN exchange ON exchange.id=review.exchange_id WHERE closed_at IS NULL AND key_id IN "
          "(SELECT id FROM erased_key) LIMIT 1"}) {
      auto live = any(sql);
      if (!live) return live.error();
      if (*live) return fail(Errc::conflict, "", "an exchange under one of these keys still waits for something");
    }
    return {};
  });
}

Result<void> SqliteTxn::empty_rows(const SealedRows& rows) {
  return write("store.erasure", [&] { return store::empty_rows(db_, rows); });
}

Result<void> SqliteTxn::empty_consents(const std::vector<std::string>& ids) {
  return write("store.erasure", [&] { return store::empty_consents(db_, ids); });
}

Result<void> SqliteTxn::add_erasure(const ErasureRow& row) {
  return write("store.erasure", [&] { return write_erasure(db_, row); });
}

Result<void> SqliteTxn::put_incident(const IncidentRow& row) {
  return write("store.incident", [&]() -> Result<void> {
    auto gone = is_erased(row.key_id);
    if (!gone) return gone.error();
    if (*gone && row.key_id != 0) return fail(Errc::busy, "", "its key was destroyed a moment ago; send it again");
    return write_incident(db_, row);
  });
}

Result<std::optional<IncidentRow>> SqliteTxn::incident(std::string_view id) {
  static const std::string sql = kSelectIncident + "WHERE id=?";
  auto rows = read<IncidentRow>("store.incident", sql, &read_incident, id);
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<IncidentRow>();
  return std::optional<IncidentRow>(std::move(rows->front()));
}

// A leaf or a tile that is there already is nobody's input: it means that the log in memory and on disk differ.
Result<void> SqliteTxn::add_leaves(std::uint64_t first, std::span<const Bytes> leaves) {
  return write("store.leaf", [&]() -> Result<void> {
    auto done = write_leaves(db_, first, leaves);
    if (!done)
      return fail(done.error().code == Errc::unavailable ? Errc::unavailable : Errc::internal, "",
                  done.error().message);
    return {};
  });
}

Result<void> SqliteTxn::put_tile(int level, std::uint64_t index, std::string_view hashes) {
  return write("store.tile", [&]() -> Result<void> {
    auto done = db_.query("INSERT INTO tile(level,idx,hashes) VALUES(?,?,?)", level, index, sqlite::Blob{hashes}).run();
    if (!done)
      return fail(done.error().code == Errc::unavailable ? Errc::unavailable : Errc::internal, "",
                  done.error().message);
    return {};
  });
}

Result<void> SqliteTxn::put_checkpoint(std::uint64_t size, std::string_view note) {
  return write("store.checkpoint", [&] {
    return db_
        .query(
            "INSERT INTO checkpoint(one,size,note) VALUES(1,?,?) "
            "ON CONFLICT(one) DO UPDATE SET size=excluded.size, note=excluded.note",
            size, note)
        .run();
  });
}

Result<void> SqliteTxn::savepoint(const Store::Write& body) {
  if (auto begun = write("store.savepoint", [&] { return db_.query("SAVEPOINT append").run(); }); !begun) return begun;
  auto written = body(*this);
  if (broken_)
    return written ? Result<void>(fail(Errc::unavailable, "store", "the transaction is broken off")) : written;
  if (!written) {
    auto undone = write("store.savepoint", [&] { return db_.query("ROLLBACK TO append").run(); });
    if (!undone) broken_ = true;
  }
  auto released = write("store.savepoint", [&] { return db_.query("RELEASE append").run(); });
  if (!released) broken_ = true;
  if (!written) return written;
  return released;
}

}  // namespace samband::store
