#include "exchange/upkeep.hpp"

namespace samband {

Task<void> Upkeep::run() {
  while (!stopping_) {
    // After a full round more may be due: an alert does not wait behind what is asked of case systems.
    if (co_await journey_.look_after() >= Journey::kRoundMax) continue;
    for (auto waited = std::chrono::milliseconds{0}; waited < every_ && !stopping_;
         waited += std::chrono::milliseconds{100})
      co_await sleep_for(std::chrono::milliseconds{100});
  }
}

}  // namespace samband
