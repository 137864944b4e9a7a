#include "app/full_check.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"

namespace samband {
namespace {

constexpr int kNiceness = 10;  // exchanges go first
constexpr std::size_t kProblemsSaid = 10;
struct Stopped {};

// Of the tree itself, or of a row that says otherwise than the tree.
bool is_of_the_log(const Error& e) {
  return e.where.starts_with("leaf") || e.where.starts_with("tile") || e.where.starts_with("checkpoint");
}

}  // namespace

void FullCheck::start() {
  thread_ = std::thread([this] { run(); });
}

void FullCheck::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void FullCheck::run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    try {
      look();
    } catch (const Stopped&) {
      return;
    } catch (const std::exception&) {
      log(LogLevel::error, "ledger.check_failed", {{"reason", "it could not be carried out"}});
    }
    lock.lock();
    wake_.wait_for(lock, every_, [this] { return stopping_.load(); });
  }
}

void FullCheck::look() {
  auto store = Store::open(data_, true);
  if (!store) {
    log(LogLevel::error, "ledger.check_failed", {{"reason", store.error().message}});
    return;
  }
  const auto found = Ledger::verify(**store, ledger_.verifier_key(), [this](std::uint64_t, std::uint64_t) {
    if (stopping_) throw Stopped{};
  });
  if (!found) {
    log(LogLevel::error, "ledger.check_failed", {{"reason", found.error().message}});
    return;
  }
  metrics_.set_log_checked(static_cast<double>(found->size), static_cast<double>(found->problems.size()));
  if (found->problems.empty()) {
    log(LogLevel::info, "ledger.checked", {{"size", std::to_string(found->size)}});
    return;
  }
  for (std::size_t i = 0; i < std::min(kProblemsSaid, found->problems.size()); ++i)
    log(LogLevel::error, "ledger.damaged",
        {{"where", found->problems[i].where}, {"reason", found->problems[i].message}});
  meter_.alarm("ledger");
  if (std::any_of(found->problems.begin(), found->problems.end(), is_of_the_log))
    ledger_.stop_signing("the log does not verify: samband log verify says where. Restore the newest backup");
}

}  // namespace samband
