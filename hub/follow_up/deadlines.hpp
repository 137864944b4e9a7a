// Watches what should have happened by now: a duty with nothing received, a confirmation that did not come. Each miss
// is a leaf and an alarm, once. Thread-safe; runs on the io_context.
#pragma once
#include <atomic>

#include "base/meter.hpp"
#include "ledger/ledger.hpp"

namespace samband {

class DeadlineWatch {
 public:
  DeadlineWatch(const Clock&, Store&, Ledger&, Meter&, std::chrono::milliseconds every = std::chrono::seconds(5));
  boost::asio::awaitable<void> run();  // until stop()
  void stop() { stopping_ = true; }
  // One round; how many alarms it raised.
  boost::asio::awaitable<int> look();

 private:
  const Clock& clock_;
  Store& store_;
  Ledger& ledger_;
  Meter& meter_;
  std::chrono::milliseconds every_;
  std::atomic<bool> stopping_{false};
};

}  // namespace samband
