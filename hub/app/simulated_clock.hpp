// A clock that a simulation moves forward: the machine's, and so many milliseconds ahead (or, where a scenario's time
// begins before the machine's, behind). Only a configuration that
// says `[simulation]` has one; its log has an origin of its own, so no real log was ever signed by it. Thread-safe.
#pragma once
#include <atomic>
#include <filesystem>
#include <memory>

#include "base/time.hpp"
#include "config/config.hpp"
#include "store/store.hpp"
#include "transport/http.hpp"

namespace samband {

inline constexpr const char* kSimulatedClockFile = "simulated-clock";  // in the data folder

class SimulatedClock final : public Clock {
 public:
  // How far ahead is kept in the file, so that a restart does not turn the time back. Errors: unavailable, internal.
  static Result<std::unique_ptr<SimulatedClock>> open(std::filesystem::path file);
  // The first time it is opened, it is that time.
  Result<void> begin_at(Time);
  Time now() const override { return system_clock().now() + std::chrono::milliseconds(ahead_.load()); }
  // Errors: invalid_input (the time would go backwards), unavailable (cannot be kept).
  Result<void> move_to(Time);

 private:
  explicit SimulatedClock(std::filesystem::path file) : file_(std::move(file)) {}
  Result<void> keep(std::int64_t ahead);
  std::filesystem::path file_;
  std::atomic<std::int64_t> ahead_{0};  // ms
};

// What time it is for the hub of a configuration: the machine's, or how far its simulation has come.
Time now_of(const Config&);

// GET /simulation/clock: {"now"}. POST {"to": time} or {"hours": number}: goes there, stopping wherever the agenda has
// something to do, and answers when all of it is done.
bool is_simulation_path(std::string_view path);
Handler simulation_handler(SimulatedClock&, Store&, std::function<Task<void>()> look);

}  // namespace samband
