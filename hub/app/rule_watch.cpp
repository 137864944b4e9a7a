#include "app/rule_watch.hpp"

#include "base/log.hpp"

namespace samband {

void RuleWatch::look() {
  seen_ = stockholm_date(clock_.now());
  std::vector<std::string> found = look_();
  findings_ = static_cast<int>(found.size());
  metrics_.set_rule_findings(static_cast<double>(found.size()));
  if (!found.empty() && found != said_) meter_.alarm("rules_finding");
  if (found != said_)
    for (const std::string& words : found) log(LogLevel::error, "policy.finding", {{"finding", words}});
  said_ = std::move(found);
}

Task<void> RuleWatch::run() {
  while (!stopping_) {
    co_await sleep_for(std::chrono::milliseconds{200});
    if (!stopping_ && (pending_.exchange(false) || seen_ != stockholm_date(clock_.now()))) look();
  }
}

}  // namespace samband
