#include "app/simulated_clock.hpp"

#include <cmath>
#include <fstream>

#include "base/json.hpp"

namespace samband {
namespace {

constexpr double kHoursMax = 24 * 366;
constexpr int kStopsMax = 100000;  // what fails stays on the agenda: the time goes on all the same

Task<Result<void>> go_to(SimulatedClock& clock, Store& store, const std::function<Task<void>()>& look, Time target) {
  co_await look();  // what is due already, first
  for (int stops = 0; stops < kStopsMax; ++stops) {
    auto next = store.agenda_due(target, 1, clock.now());
    if (!next) co_return next.error();
    if (next->empty()) break;
    if (auto moved = clock.move_to(std::max(next->front().at, clock.now())); !moved) co_return moved.error();
    co_await look();
  }
  if (clock.now() < target)
    if (auto moved = clock.move_to(target); !moved) co_return moved.error();
  co_await look();
  co_return Result<void>();
}

Task<HttpResponse> answer(SimulatedClock* clock, Store* store, std::function<Task<void>()> look, HttpRequest request) {
  if (request.method == "POST") {
    auto body = parse_json(request.body);
    if (!body) co_return problem(body.error());
    Time target{};
    const json::object* wanted = body->if_object();
    const json::value* hours = wanted ? wanted->if_contains("hours") : nullptr;
    auto at = parse_rfc3339(wanted ? string_at(*wanted, "to") : std::string_view());
    if (at) {
      target = *at;
    } else if (hours && hours->is_number()) {
      const double n = hours->to_number<double>();
      if (!(n >= 0 && n <= kHoursMax)) co_return problem(fail(Errc::invalid_input, "/hours", "0 to 8784"));
      target = clock->now() + std::chrono::milliseconds(std::llround(n * 3600000));
    } else {
      co_return problem(fail(Errc::invalid_input, "", "say {\"to\": a time} or {\"hours\": a number}"));
    }
    if (target < clock->now()) co_return problem(fail(Errc::invalid_input, "/to", "the time does not go backwards"));
    auto gone = co_await go_to(*clock, *store, look, target);
    if (!gone) co_return problem(gone.error());
  } else if (request.method != "GET") {
    co_return problem(405, "method_not_allowed", "Only GET and POST", {});
  }
  co_return json_response(200, json::serialize(json::object{{"now", to_rfc3339(clock->now())}}));
}

}  // namespace

Result<std::unique_ptr<SimulatedClock>> SimulatedClock::open(std::filesystem::path file) {
  std::unique_ptr<SimulatedClock> clock(new SimulatedClock(std::move(file)));
  std::error_code ec;
  if (std::filesystem::exists(clock->file_, ec)) {
    std::ifstream in(clock->file_);
    std::int64_t ahead = 0;
    if (!(in >> ahead)) return fail(Errc::internal, clock->file_.string(), "not a number of milliseconds");
    clock->ahead_ = ahead;
  }
  return clock;
}

Result<void> SimulatedClock::begin_at(Time begins) {
  std::error_code ec;
  if (std::filesystem::exists(file_, ec)) return {};
  return keep((begins - system_clock().now()).count());
}

Result<void> SimulatedClock::move_to(Time target) {
  const auto ahead = (target - system_clock().now()).count();
  if (ahead < ahead_.load()) {
    // The machine's clock has gone on meanwhile: it is there already, or nearly.
    if (now() >= target) return {};
    return fail(Errc::invalid_input, "", "the time does not go backwards");
  }
  return keep(ahead);
}

Result<void> SimulatedClock::keep(std::int64_t ahead) {
  auto beside = file_;
  beside += ".new";
  {
    std::ofstream out(beside, std::ios::trunc);
    out << ahead << "\n";
    if (!out.flush()) return fail(Errc::unavailable, beside.string(), "cannot be written");
  }
  std::error_code ec;
  std::filesystem::rename(beside, file_, ec);
  if (ec) return fail(Errc::unavailable, file_.string(), "cannot be written");
  ahead_ = ahead;
  return {};
}

Time now_of(const Config& config) {
  if (config.simulation)
    if (auto clock = SimulatedClock::open(config.data_dir / kSimulatedClockFile)) return (*clock)->now();
  return system_clock().now();
}

bool is_simulation_path(std::string_view path) { return path == "/simulation/clock"; }

Handler simulation_handler(SimulatedClock& clock, Store& store, std::function<Task<void>()> look) {
  return [&clock, &store, look = std::move(look)](HttpRequest request) {
    return answer(&clock, &store, look, std::move(request));
  };
}

}  // namespace samband
