// Looks at the published rule set again every day and after every publication: a section that ends, or an act that is
// amended, can make an error of what was good when it was published. Such a set stays in use, since there is no better
// one yet; that it needs one is an alarm, a gauge and a line of /healthz. Thread-safe; run() is one coroutine.
#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "admin/metrics.hpp"
#include "base/meter.hpp"
#include "base/time.hpp"
#include "transport/http.hpp"

namespace samband {

class RuleWatch {
 public:
  // What stands against the published set today, in words; empty = nothing.
  using Look = std::function<std::vector<std::string>()>;
  RuleWatch(const Clock& clock, Look look, Metrics& metrics, Meter& meter)
      : clock_(clock), look_(std::move(look)), metrics_(metrics), meter_(meter) {}

  void look();                       // now
  void again() { pending_ = true; }  // in the next round of run()
  int findings() const { return findings_; }
  Task<void> run();  // until stop()
  void stop() { stopping_ = true; }

 private:
  const Clock& clock_;
  Look look_;
  Metrics& metrics_;
  Meter& meter_;
  Date seen_{};
  std::vector<std::string> said_;
  std::atomic<int> findings_{0};
  std::atomic<bool> pending_{false}, stopping_{false};
};

}  // namespace samband
