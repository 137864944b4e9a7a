#include "follow_up/step_deadlines.hpp"

#include <algorithm>

#include "follow_up/life_cycle.hpp"

namespace samband {
namespace {

// A day of service farther ahead than this is a slip of the pen: it must not put the board's reminders off for years.
constexpr std::chrono::days kServedAheadMax{31};

}  // namespace

std::vector<AgendaRow> begun_by(const Route* route, const std::string& exchange_id, std::string_view step, Time at,
                                std::optional<Time> served) {
  std::vector<AgendaRow> out;
  if (!route) return out;
  for (const StepDeadline& deadline : route->deadlines) {
    const bool by_service = deadline.starts == "served";
    if ((by_service ? std::string_view("received") : std::string_view(deadline.starts)) != step) continue;
    AgendaRow row;
    row.exchange_id = exchange_id;
    row.what = std::string(kStepPrefix) + deadline.id;
    const bool later = by_service && served && *served > at && *served <= at + kServedAheadMax;
    row.opened_at = later ? *served : at;
    const Time due = due_of(deadline, row);
    row.at = deadline.remind ? std::max(at, due - *deadline.remind) : due;
    out.push_back(std::move(row));
  }
  return out;
}

const StepDeadline* deadline_of(const Route* route, const AgendaRow& row) {
  if (!route || !row.what.starts_with(kStepPrefix)) return nullptr;
  const std::string_view id = std::string_view(row.what).substr(kStepPrefix.size());
  const auto it = std::find_if(route->deadlines.begin(), route->deadlines.end(),
                               [&](const StepDeadline& each) { return each.id == id; });
  return it == route->deadlines.end() ? nullptr : &*it;
}

std::vector<EndedDeadline> ended_by(const Route* route, const std::vector<AgendaRow>& open, std::string_view step,
                                    Time at) {
  std::vector<EndedDeadline> out;
  for (const AgendaRow& row : open) {
    const StepDeadline* deadline = deadline_of(route, row);
    if (!deadline) continue;
    const bool met = std::find(deadline->met_by.begin(), deadline->met_by.end(), step) != deadline->met_by.end();
    if (met || ends_life(step)) out.push_back({row.what, deadline->id, met, at <= due_of(*deadline, row)});
  }
  return out;
}

}  // namespace samband
