// Moves committed pages from the write-ahead log into the database file on a thread of its own, so that no commit pays
// for it, unless the log has grown far: then the committing thread does it and the log starts over. An I/O error there
// stops the store. Thread-safe.
#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "keys/sqlite.hpp"

namespace samband::store {

class WalCheckpointer {
 public:
  // The database is a connection of its own; the writer's commits are watched through its WAL hook.
  WalCheckpointer(sqlite::Database own, sqlite::Database& writer);
  ~WalCheckpointer();
  WalCheckpointer(const WalCheckpointer&) = delete;

  void after_commit();  // on the writer's thread
  bool failed() const;

 private:
  void run();
  void checkpoint(sqlite::Database&);
  static int on_commit(void* self, sqlite3*, const char*, int pages);

  sqlite::Database own_;
  sqlite::Database& writer_;
  int pages_ = 0;  // writer's thread only
  mutable std::mutex mutex_;
  std::condition_variable wanted_;
  bool work_ = false, stop_ = false, failed_ = false;
  std::thread thread_;
};

}  // namespace samband::store
