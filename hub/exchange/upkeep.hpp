// Looks after what waits: asks the journey, round after round, to act on what its agenda has come to. Thread-safe; runs
// on the io_context.
#pragma once
#include <atomic>

#include "exchange/journey.hpp"

namespace samband {

class Upkeep {
 public:
  explicit Upkeep(Journey& journey, std::chrono::milliseconds every = std::chrono::seconds(1))
      : journey_(journey), every_(every) {}
  Task<void> run();  // until stop()
  void stop() { stopping_ = true; }

 private:
  Journey& journey_;
  std::chrono::milliseconds every_;
  std::atomic<bool> stopping_{false};
};

}  // namespace samband
