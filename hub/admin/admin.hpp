// The admin listener (loopback, no TLS): GET /metrics, /healthz (is the process able to work at all), /readyz (should
// it be sent traffic). Thread-safe.
#pragma once
#include <functional>

#include "admin/metrics.hpp"
#include "transport/http.hpp"

namespace samband {

// The metrics must outlive the handler.
// `warning` is added to /healthz: a line for each thing that works and yet needs somebody.
Handler admin_handler(Metrics&, std::function<bool()> healthy, std::function<bool()> ready,
                      std::function<std::string()> warning = {});

}  // namespace samband
