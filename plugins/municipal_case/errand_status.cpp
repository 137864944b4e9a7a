#include "municipal_case/errand_status.hpp"

#include <algorithm>

#include "common/canonical.hpp"
#include "common/delivery.hpp"

namespace samband::municipal {
namespace {

using plugin::string_at;
using plugin::verdict_of;
using sdk::Action;
using sdk::Event;
using sdk::Step;

constexpr std::string_view kReadHeaders = R"({"accept":"application/json"})";
constexpr std::size_t kErrandBytesMax = 4u << 20, kRecordMax = 64;

// What may stand in a path as it is.
bool is_plain_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

bool was_said(const json::object& question, std::string_view step) {
  const auto* said = plugin::array_at(question, "steps");
  return said && std::any_of(said->begin(), said->end(), [&](const json::value& v) {
           const auto* text = v.if_string();
           return text && std::string_view(*text) == step;
         });
}

// Its id is the exchange's and the step's: asked again after a crash, it is the same message.
std::string status_message(const json::object& question, const ErrandStep& step, std::string_view record) {
  const auto exchange = string_at(question, "exchangeId");
  json::object payload{{"exchangeId", exchange}, {"status", step.step}};
  if (!step.reason.empty()) payload["reasonCode"] = step.reason;
  if (!record.empty() && record.size() <= kRecordMax) payload["recordNumber"] = record;
  return plugin::canonical_message("care.status", "errand/" + std::string(exchange) + "/" + step.step,
                                   "urn:samband:errand", string_at(question, "now"),
                                   json::object{{"payload", std::move(payload)}});
}

Step read_errand(const CaseConfig& config, const json::object& question, std::string_view body) {
  auto parsed = plugin::parse_json(body, {kErrandBytesMax, 32});
  const auto* value = std::get_if<json::value>(&parsed);
  const auto* errand = value ? value->if_object() : nullptr;
  const auto status = errand ? string_at(*errand, "status") : std::string_view();
  if (!errand || status.empty()) return {Action::retry("malformed_answer"), {}, {}};
  Step out{Action::delivered({}), {}, {}};
  const auto stands_for = config.statuses.find(status);
  if (stands_for == config.statuses.end()) return out;  // a word that says nothing to anybody outside
  for (const ErrandStep& step : stands_for->second)
    if (!was_said(question, step.step))
      out.messages.push_back(status_message(question, step, string_at(*errand, "errandNumber")));
  return out;
}

}  // namespace

sdk::Result<Step> ask_errand(const CaseConfig& config, const json::object& question, Event event,
                             const sdk::Wire& wire) {
  if (config.statuses.empty())
    return sdk::Error{HUB_UNSUPPORTED, "/statuses", "nothing says what the errand's statuses stand for"};
  const auto reference = string_at(question, "reference");
  switch (event) {
    case Event::started:
    case Event::resumed:
      if (!is_plain_id(reference)) return Step{Action::rejected("no_errand"), {}, {}};
      return Step{
          Action::http("GET", config.errands_path + "/" + std::string(reference), std::string(kReadHeaders), {}),
          {},
          {}};
    case Event::timed_out:
      return Step{Action::retry("timed_out"), {}, {}};
    case Event::http_response:
      if (wire.status == 404 || wire.status == 410) return Step{Action::rejected("errand_gone"), {}, {}};
      if (verdict_of(wire.status) != plugin::HttpVerdict::accepted)
        return Step{Action::retry(plugin::http_reason(wire.status)), {}, {}};
      return read_errand(config, question, wire.body);
    case Event::file:
      break;
  }
  return sdk::Error{HUB_UNSUPPORTED, "event", "this conversation takes no such event"};
}

}  // namespace samband::municipal
