// The admin listener (loopback, no TLS): GET /metrics, /healthz (is the process able to work at all), /readyz (should
// it be sent traffic). Thread-safe.
#pragma once
#include <functional>

#include "admin/metrics.hpp"
#include "transport/http.hpp"

namespace samband {

// The metrics must outlive the handler.
Handler admin_handler(Metrics&, std::function<bool()> healthy, std::function<bool()> ready);

}  // namespace samband
