// What the recipient of an exchange is to have done by when (routing's StepDeadline), as rows of the agenda: begun by a
// step, ended by another, reminded of before the end and escalated after it. Pure; the agenda is the memory, so a
// restart forgets nothing.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "routing/routes.hpp"
#include "store/store.hpp"

namespace samband {

// `what` of an agenda row: "step:<id of the deadline>".
inline constexpr std::string_view kStepPrefix = "step:";

// The deadlines of the route that begin with this step. `served`: when the notice was served on the person, for a clock
// that counts from the later of service and receipt; it begins with "received". More than a month ahead it does not
// count.
std::vector<AgendaRow> begun_by(const Route*, const std::string& exchange_id, std::string_view step, Time at,
                                std::optional<Time> served = std::nullopt);

struct EndedDeadline {
  std::string what;  // of the agenda row to drop
  std::string id;
  bool met = false;  // else the life ended without it, and there is nothing left to wait for
  bool in_time = false;
};
// Which of the open rows this step ends.
std::vector<EndedDeadline> ended_by(const Route*, const std::vector<AgendaRow>& open, std::string_view step, Time at);

// The deadline that an agenda row stands for; null when the route has it no more.
const StepDeadline* deadline_of(const Route*, const AgendaRow&);
inline Time due_of(const StepDeadline& deadline, const AgendaRow& row) {
  return end_of(deadline.within, row.opened_at);
}

}  // namespace samband
