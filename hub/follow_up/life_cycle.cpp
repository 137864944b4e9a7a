#include "follow_up/life_cycle.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace samband {
namespace {

enum class By { hub, recipient };
enum class Effect { moves, beside };

struct Step {
  std::string_view name;
  std::string_view after;  // space-separated steps that it may follow; "*" = any that does not end the life
  By by = By::recipient;
  Effect effect = Effect::moves;
  std::string_view kinds = {};  // space-separated message kinds; empty = any
};

constexpr std::string_view kEnds =
    "declined completed broken_off returned averted evicted inquiry_not_opened judged_unsuitable";
constexpr std::string_view kChild = "concern.report police.suspicion police.information police.lob";
constexpr std::string_view kTenancy = "rent.arrears tenancy.disturbance eviction.time";
constexpr std::string_view kGroup = "sig.nomination";
// The preliminary assessment takes up to 14 days, whatever help has begun meanwhile.
constexpr std::string_view kBeforeInquiry =
    "sent received accepted completion_requested forwarded queued first_visit_booked no_show first_visit in_progress";

constexpr std::array<Step, 29> kSteps{{
    {"sent", "", By::hub},
    {"received", "sent", By::hub},
    {"recalled", "*", By::hub},
    {"accepted", "sent received completion_requested forwarded queued"},
    {"declined", "sent received completion_requested forwarded queued accepted"},
    {"completion_requested", "sent received accepted queued"},
    {"forwarded", "sent received accepted queued completion_requested inquiry_opened inquiry_running"},
    {"queued", "sent received accepted forwarded completion_requested"},
    {"first_visit_booked", "accepted queued no_show first_visit_booked inquiry_opened inquiry_running"},
    {"no_show", "first_visit_booked in_progress"},
    {"first_visit", "accepted first_visit_booked no_show inquiry_opened inquiry_running"},
    {"in_progress", "accepted first_visit confirmed inquiry_opened inquiry_running"},
    {"confirmed", "sent received"},
    {"completed", "accepted first_visit in_progress confirmed inquiry_opened inquiry_running"},
    {"broken_off", "*"},
    {"returned", "sent received accepted queued forwarded completion_requested"},
    {"averted", "sent received accepted confirmed first_visit in_progress", By::recipient, Effect::moves, kTenancy},
    {"evicted", "sent received accepted confirmed first_visit in_progress", By::recipient, Effect::moves, kTenancy},
    {"inquiry_opened", kBeforeInquiry, By::recipient, Effect::moves, kChild},
    {"inquiry_not_opened", kBeforeInquiry, By::recipient, Effect::moves, kChild},
    {"inquiry_running", kBeforeInquiry, By::recipient, Effect::moves, kChild},
    {"judged_unsuitable", "sent received", By::recipient, Effect::moves, kGroup},
    {"contacted", "*", By::recipient, Effect::beside},
    {"protection_assessed", "*", By::recipient, Effect::beside, kChild},
    {"judged_suitable", "*", By::recipient, Effect::beside, kGroup},
    {"asked", "*", By::recipient, Effect::beside, kGroup},
    {"savry_done", "*", By::recipient, Effect::beside, kGroup},
    {"savry_repeated", "*", By::recipient, Effect::beside, kGroup},
    {"plan_made", "*", By::recipient, Effect::beside, kGroup},
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

bool is_beside(std::string_view step) {
  const Step* found = find(step);
  return found && found->effect == Effect::beside;
}

bool ends_life(std::string_view step) { return has_word(kEnds, step); }

bool ends_a_duty(std::string_view step) { return step == "confirmed" || step == "accepted" || step == "declined"; }

std::string_view answer_to_reporter(std::string_view step) {
  if (step == "inquiry_opened") return "opened";
  if (step == "inquiry_not_opened") return "not_opened";
  if (step == "inquiry_running") return "running";
  return {};
}

Result<void> check_life_step(std::string_view current, std::string_view next, std::string_view kind) {
  const Step* step = find(next);
  if (!step || (!step->kinds.empty() && !has_word(step->kinds, kind)))
    return fail(Errc::invalid_input, "/status",
                "unknown step for this kind of message; see docs/vocabulary.md, life cycle of a referral");
  if (step->by == By::hub) return fail(Errc::forbidden, "/status", "this step is set by the hub itself");
  const std::string_view from = current.empty() ? "sent" : current;
  const bool allowed = step->after == "*" ? !ends_life(from) && from != "recalled" : has_word(step->after, from);
  if (!allowed)
    return fail(Errc::conflict, "/status",
                "step '" + std::string(next) + "' may not follow '" + std::string(from) + "'");
  return {};
}

}  // namespace samband
