// A thin layer over the SQLite C API for the key store and the store: opening with the hub's settings, statements
// prepared once per connection, values bound in order. A Database belongs to one thread at a time; nothing is shared.
// Errors: conflict (constraint), unavailable (busy, I/O, full), too_large, internal (corruption, bug). Texts hold
// SQLite's constant description of the code, never a value and never SQL.
#pragma once
#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/encoding.hpp"
#include "base/error.hpp"

namespace samband::sqlite {

struct Blob {
  std::string_view bytes;
};

// One use of a prepared statement; the statement is reset when the query goes away. Bound texts and blobs are not
// copied: they must live as long as the query.
class Query {
 public:
  template <class... Values>
  Query(sqlite3_stmt* statement, int prepared, const Values&... values) : statement_(statement), failed_(prepared) {
    (bind(values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  void bind(std::string_view text);
  void bind(Blob);
  void bind(std::nullptr_t);
  void bind(const char* text) { bind(std::string_view(text)); }
  void bind(const std::string& text) { bind(std::string_view(text)); }
  template <std::integral T>
  void bind(T number) {
    bind_integer(static_cast<std::int64_t>(number));
  }
  template <class T>
  void bind(const std::optional<T>& value) {
    if (value) {
      bind(*value);
    } else {
      bind(nullptr);
    }
  }

  Result<bool> step();  // true: a row is there to read
  Result<void> run();   // for statements that return no rows

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string text(int column) const { return bytes(column); }
  Bytes bytes(int column) const;
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  void bind_integer(std::int64_t);
  void note(int code);

  sqlite3_stmt* statement_;
  int failed_;
  int bound_ = 0;
};

class Database {
 public:
  enum class Mode { create, read_write, read_only };
  static Result<Database> open(const std::filesystem::path&, Mode);
  ~Database();
  Database(Database&&) noexcept;
  Database& operator=(Database&&) = delete;
  Database(const Database&) = delete;

  // A commit is on the disk when it returns: write-ahead log, synchronous FULL, both read back. invalid_config: SQLite
  // keeps another journal here (a file system without shared memory). Every connection that writes calls it.
  Result<void> make_durable();
  // For statements without values: settings, schema. May hold several.
  Result<void> exec(const char* sql);
  // Prepares on first use and keeps the statement.
  template <class... Values>
  Query query(std::string_view sql, const Values&... values) {
    int code = SQLITE_OK;
    sqlite3_stmt* statement = prepare(sql, code);
    return Query(statement, code, values...);
  }
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  std::int64_t last_id() const { return sqlite3_last_insert_rowid(db_); }
  sqlite3* handle() { return db_; }

 private:
  explicit Database(sqlite3* db) : db_(db) {}
  sqlite3_stmt* prepare(std::string_view sql, int& code);

  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  sqlite3* db_;
  std::unordered_map<std::string, sqlite3_stmt*, TextHash, std::equal_to<>> statements_;
};

Error error_of(int code);

}  // namespace samband::sqlite
