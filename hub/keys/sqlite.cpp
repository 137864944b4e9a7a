#include "keys/sqlite.hpp"

#include <utility>

namespace samband::sqlite {

Error error_of(int code) {
  const std::string text = std::string(sqlite3_errstr(code & 0xff)) + " (" + std::to_string(code) + ")";
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return fail(Errc::conflict, "sqlite", text);
    case SQLITE_TOOBIG:
      return fail(Errc::too_large, "sqlite", text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
    case SQLITE_PERM:
      return fail(Errc::unavailable, "sqlite", text);
    default:
      return fail(Errc::internal, "sqlite", text);
  }
}

Query::~Query() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::note(int code) {
  if (failed_ == SQLITE_OK) failed_ = code;
}

void Query::bind(std::string_view text) {
  if (!statement_) return;
  // An empty view may have no address, and SQLite would take that for NULL.
  note(sqlite3_bind_text64(statement_, ++bound_, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                           SQLITE_UTF8));
}

void Query::bind(Blob blob) {
  if (!statement_) return;
  note(sqlite3_bind_blob64(statement_, ++bound_, blob.bytes.data() ? blob.bytes.data() : "", blob.bytes.size(),
                           SQLITE_STATIC));
}

void Query::bind(std::nullptr_t) {
  if (statement_) note(sqlite3_bind_null(statement_, ++bound_));
}

void Query::bind_integer(std::int64_t number) {
  if (statement_) note(sqlite3_bind_int64(statement_, ++bound_, number));
}

Result<bool> Query::step() {
  if (failed_ != SQLITE_OK) return error_of(failed_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  failed_ = code;
  return error_of(code);
}

Result<void> Query::run() {
  if (auto stepped = step(); !stepped) return stepped.error();
  return {};
}

Bytes Query::bytes(int column) const {
  // The order matters: the size is of the form that was asked for last.
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return data ? Bytes(data, static_cast<std::size_t>(size)) : Bytes();
}

Result<Database> Database::open(const std::filesystem::path& path, Mode mode) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  flags |= mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == Mode::create) flags |= SQLITE_OPEN_CREATE;
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  if (code != SQLITE_OK) {
    sqlite3_close_v2(db);
    return error_of(code);
  }
  Database database(db);
  sqlite3_busy_timeout(db, 5000);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

Result<void> Database::make_durable() {
  if (auto set = exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"); !set) return set;
  for (const auto& [pragma, wanted] : {std::pair{"PRAGMA journal_mode", "wal"}, std::pair{"PRAGMA synchronous", "2"}}) {
    auto read_back = query(pragma);
    if (auto row = read_back.step(); !row) return row.error();
    if (read_back.text(0) != wanted)
      return fail(Errc::invalid_config, "sqlite", "no durable write-ahead log on this file system: use a local one");
  }
  return {};
}

Database::Database(Database&& other) noexcept
    : db_(std::exchange(other.db_, nullptr)), statements_(std::move(other.statements_)) {
  other.statements_.clear();
}

Database::~Database() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(db_);
}

Result<void> Database::exec(const char* sql) {
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(code);
  return {};
}

sqlite3_stmt* Database::prepare(std::string_view sql, int& code) {
  if (auto found = statements_.find(sql); found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  code =
      sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code == SQLITE_OK) statements_.emplace(std::string(sql), statement);
  return statement;
}

}  // namespace samband::sqlite
