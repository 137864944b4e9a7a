// Connections for reading, lent to one thread at a time. Opened when first needed, at most kReadersMax; who comes after
// that waits for one to come back (queries are short). Thread-safe.
#pragma once
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "keys/sqlite.hpp"

namespace samband::store {

class ReaderPool {
 public:
  // `one_snapshot`: one connection in one read transaction, so that everything read belongs to the same commit,
  // whatever a running hub writes meanwhile (its WAL is not emptied as long).
  explicit ReaderPool(std::filesystem::path database, bool one_snapshot = false)
      : path_(std::move(database)), one_snapshot_(one_snapshot), readers_max_(one_snapshot ? 1 : kReadersMax) {}

  class Lease {
   public:
    Lease(ReaderPool& pool, std::unique_ptr<sqlite::Database> db) : pool_(&pool), db_(std::move(db)) {}
    ~Lease() {
      if (db_) pool_->give_back(std::move(db_));
    }
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    sqlite::Database& operator*() { return *db_; }
    sqlite::Database* operator->() { return db_.get(); }

   private:
    ReaderPool* pool_;
    std::unique_ptr<sqlite::Database> db_;
  };

  Result<Lease> lend() {
    {
      std::unique_lock lock(mutex_);
      returned_.wait(lock, [this] { return !idle_.empty() || open_ < readers_max_; });
      if (!idle_.empty()) {
        auto db = std::move(idle_.back());
        idle_.pop_back();
        return Lease(*this, std::move(db));
      }
      ++open_;
    }
    auto opened = sqlite::Database::open(path_, sqlite::Database::Mode::read_only);
    auto ready = opened ? opened->exec(kSettings) : Result<void>(opened.error());
    if (ready && one_snapshot_) ready = opened->exec("BEGIN; SELECT count(*) FROM sqlite_master");
    if (!ready) {
      const std::lock_guard lock(mutex_);
      --open_;
      returned_.notify_one();
      return fail(Errc::unavailable, "store", ready.error().message);
    }
    return Lease(*this, std::make_unique<sqlite::Database>(std::move(*opened)));
  }

 private:
  static constexpr int kReadersMax = 16;
  static constexpr const char* kSettings =
      "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON";

  void give_back(std::unique_ptr<sqlite::Database> db) {
    {
      const std::lock_guard lock(mutex_);
      idle_.push_back(std::move(db));
    }
    returned_.notify_one();
  }

  const std::filesystem::path path_;
  const bool one_snapshot_;
  const int readers_max_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<sqlite::Database>> idle_;
  int open_ = 0;
};

}  // namespace samband::store
