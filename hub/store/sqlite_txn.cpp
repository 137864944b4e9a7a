#include "store/sqlite_txn.hpp"

#include "store/rows.hpp"

namespace samband::store {

template <class T>
Result<T> SqliteTxn::checked(Result<T> result, std::string_view place) {
  if (result) return result;
  Error error = result.error();
  const bool callers_own =
      error.code == Errc::conflict || error.code == Errc::invalid_input || error.code == Errc::too_large;
  if (!callers_own || !db_.in_transaction()) broken_ = true;
  error.where = std::string(place);
  return error;
}

template <class Operation>
Result<void> SqliteTxn::write(std::string_view place, Operation operation) {
  if (broken_) return fail(Errc::unavailable, std::string(place), "the transaction is broken off");
  return checked<void>(operation(), place);
}

Result<void> SqliteTxn::add_message(const MessageRow& row) {
  return write("store.message", [&] { return write_message(db_, row); });
}

Result<void> SqliteTxn::put_exchange(const ExchangeRow& row) {
  return write("store.exchange", [&] { return write_exchange(db_, row); });
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

Result<void> SqliteTxn::put_consent(const Consent& consent) {
  return write("store.consent", [&] { return write_consent(db_, consent); });
}

Result<void> SqliteTxn::add_assessment(const AssessmentRow& row) {
  return write("store.assessment", [&] {
    return db_
        .query(
            "INSERT INTO assessment(id,exchange_id,code,person_ref,assessor_id,reason_code,party,value,at) "
            "VALUES(?,?,?,?,?,?,?,?,?)",
            row.id, row.exchange_id, row.code, row.person_ref, row.assessor_id, row.reason_code, row.party, row.value,
            to_integer(row.at))
        .run();
  });
}

Result<void> SqliteTxn::add_status(const StatusRow& row) {
  return write("store.status", [&] {
    return db_
        .query(
            "INSERT INTO status(id,exchange_id,party,status,reason_code,handler,at,leaf_index) "
            "VALUES(?,?,?,?,?,?,?,?)",
            row.id, row.exchange_id, row.party, row.status, row.reason_code, row.handler, to_integer(row.at),
            row.leaf_index)
        .run();
  });
}

Result<void> SqliteTxn::add_quarantine(std::string_view id, std::string_view sender, Time at, std::int64_t key_id,
                                       std::string_view sealed, std::string_view reason) {
  return write("store.quarantine", [&] {
    return db_
        .query("INSERT INTO quarantine(id,sender,at,key_id,sealed,reason) VALUES(?,?,?,?,?,?)", id, sender,
               to_integer(at), key_id, sqlite::Blob{sealed}, reason)
        .run();
  });
}

// A leaf or a tile that is there already is nobody's input: it means that the log in memory and on disk differ.
Result<void> SqliteTxn::add_leaf(std::uint64_t index, std::string_view bytes) {
  return write("store.leaf", [&]() -> Result<void> {
    auto done = db_.query("INSERT INTO leaf(idx,bytes) VALUES(?,?)", index, sqlite::Blob{bytes}).run();
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
