#include "store/wal_checkpointer.hpp"

namespace samband::store {
namespace {
constexpr int kPagesWanted = 4'000;  // about 16 MB: start moving pages beside the writer
constexpr int kPagesMax = 32'000;    // about 128 MB: the writer itself waits for it
}  // namespace

WalCheckpointer::WalCheckpointer(sqlite::Database own, sqlite::Database& writer)
    : own_(std::move(own)), writer_(writer) {
  sqlite3_wal_autocheckpoint(own_.handle(), 0);
  sqlite3_wal_hook(writer_.handle(), &WalCheckpointer::on_commit, this);  // takes the place of the automatic one
  thread_ = std::thread([this] { run(); });
}

WalCheckpointer::~WalCheckpointer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_one();
  thread_.join();
  sqlite3_wal_hook(writer_.handle(), nullptr, nullptr);
}

int WalCheckpointer::on_commit(void* self, sqlite3*, const char*, int pages) {
  static_cast<WalCheckpointer*>(self)->pages_ = pages;
  return SQLITE_OK;
}

void WalCheckpointer::after_commit() {
  if (pages_ < kPagesWanted) return;
  if (pages_ >= kPagesMax) return checkpoint(writer_);
  {
    const std::lock_guard lock(mutex_);
    if (work_) return;
    work_ = true;
  }
  wanted_.notify_one();
}

bool WalCheckpointer::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

void WalCheckpointer::checkpoint(sqlite::Database& database) {
  const int code = sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // Busy: another checkpoint is under way; it will be asked for again.
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) return;
  const std::lock_guard lock(mutex_);
  failed_ = true;
}

void WalCheckpointer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [this] { return work_ || stop_; });
    if (stop_) return;
    lock.unlock();
    checkpoint(own_);
    lock.lock();
    work_ = false;
  }
}

}  // namespace samband::store
