#include "exchange/upkeep.hpp"

namespace samband {

Task<void> Upkeep::run() {
  while (!stopping_) {
    co_await journey_.look_after();
    for (auto waited = std::chrono::milliseconds{0}; waited < every_ && !stopping_;
         waited += std::chrono::milliseconds{100})
      co_await sleep_for(std::chrono::milliseconds{100});
  }
}

}  // namespace samband
