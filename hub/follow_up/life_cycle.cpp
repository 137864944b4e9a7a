#include "follow_up/life_cycle.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace samband {
namespace {

struct Step {
  std::string_view name;
  std::string_view after;  // space-separated steps that it may follow; "*" = any that is not final
  bool hub_only;
};

// A final step ends the life; a recall may still come after it, since the disclosure stays a disclosure.
constexpr std::string_view kFinal = "declined completed broken_off";
constexpr std::array<Step, 15> kSteps{{
    {"sent", "", true},
    {"received", "sent", true},
    {"recalled", "*", true},
    {"accepted", "sent received completion_requested forwarded queued", false},
    {"declined", "sent received completion_requested forwarded queued accepted", false},
    {"completion_requested", "sent received accepted queued", false},
    {"forwarded", "sent received accepted queued", false},
    {"queued", "sent received accepted forwarded completion_requested", false},
    {"first_visit_booked", "accepted queued no_show first_visit_booked", false},
    {"no_show", "first_visit_booked in_progress", false},
    {"first_visit", "accepted first_visit_booked no_show", false},
    {"in_progress", "accepted first_visit confirmed", false},
    {"confirmed", "sent received", false},
    {"completed", "accepted first_visit in_progress confirmed", false},
    {"broken_off", "*", false},
}};

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto end = list.find(' ');
    if (list.substr(0, end) == word) return true;
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
  }
  return false;
}

const Step* find(std::string_view name) {
  const auto it = std::find_if(kSteps.begin(), kSteps.end(), [&](const Step& s) { return s.name == name; });
  return it == kSteps.end() ? nullptr : &*it;
}

}  // namespace

bool is_life_step(std::string_view status) { return find(status) != nullptr; }

bool ends_a_duty(std::string_view status) {
  return status == "confirmed" || status == "accepted" || status == "declined";
}

Result<void> check_life_step(std::string_view current, std::string_view next) {
  const Step* step = find(next);
  if (!step)
    return fail(Errc::invalid_input, "/status", "unknown step; see docs/vocabulary.md, life cycle of a referral");
  if (step->hub_only) return fail(Errc::forbidden, "/status", "this step is set by the hub itself");
  const std::string_view from = current.empty() ? "sent" : current;
  const bool allowed = step->after == "*" ? !has_word(kFinal, from) && from != "recalled" : has_word(step->after, from);
  if (!allowed)
    return fail(Errc::conflict, "/status",
                "step '" + std::string(next) + "' may not follow '" + std::string(from) + "'");
  return {};
}

}  // namespace samband
