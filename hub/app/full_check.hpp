// Recomputes the whole log in the background, at start and once a day: a start looks at frontier and tail alone
// (Ledger::open), and what is damaged deeper must not wait for an auditor. Reads one commit through a connection of its
// own. A damaged log is signed no further: fail closed. Thread-safe.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "admin/metrics.hpp"
#include "base/meter.hpp"
#include "ledger/ledger.hpp"

namespace samband {

class FullCheck {
 public:
  FullCheck(std::filesystem::path data, Ledger& ledger, Metrics& metrics, Meter& meter,
            std::chrono::milliseconds every = std::chrono::hours(24))
      : data_(std::move(data)), every_(every), ledger_(ledger), metrics_(metrics), meter_(meter) {}
  ~FullCheck() { stop(); }
  void start();
  void stop();  // also in the middle of one

 private:
  void run();
  void look();

  const std::filesystem::path data_;
  const std::chrono::milliseconds every_;
  Ledger& ledger_;
  Metrics& metrics_;
  Meter& meter_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stopping_{false};  // set under mutex_
  std::thread thread_;
};

}  // namespace samband
