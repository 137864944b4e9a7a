#include "health/health_adapter.hpp"

#include "common/delivery.hpp"
#include "health/decode.hpp"
#include "health/encode.hpp"

namespace samband::health {
namespace {

// FHIR R4 value set issue-type, the codes that a refusal carries. Anything else could be a value: it becomes "other".
std::string issue_type(std::string_view code) {
  for (const std::string_view known :
       {"invalid",       "structure", "required",         "value",         "invariant",  "security",
        "login",         "unknown",   "expired",          "forbidden",     "suppressed", "processing",
        "not-supported", "duplicate", "multiple-matches", "not-found",     "deleted",    "too-long",
        "code-invalid",  "extension", "too-costly",       "business-rule", "conflict",   "transient",
        "lock-error",    "no-store",  "exception",        "timeout",       "incomplete", "throttled"})
    if (code == known) return std::string(known);
  return "other";
}

using plugin::array_at;
using plugin::HttpVerdict;
using plugin::object_at;
using plugin::string_at;
using sdk::Action;

constexpr std::string_view kHeaders = R"({"accept":"application/fhir+json","content-type":"application/fhir+json"})";
constexpr std::size_t kAnswerMax = 4u << 20;

// "Task/123/_history/1" or a full URL -> "Task/123"; "" when it is no Task.
std::string task_reference(std::string_view location) {
  const auto at = location.rfind("Task/");
  if (at == std::string_view::npos || (at > 0 && location[at - 1] != '/')) return {};
  const auto id = location.substr(at + 5);
  return "Task/" + std::string(id.substr(0, id.find('/')).substr(0, 64));
}

// The Task's place in a transaction-response whose entries all succeeded; nothing when it is anything else.
std::optional<std::string> accepted_task(std::string_view body) {
  auto parsed = plugin::parse_json(body, {kAnswerMax, 32});
  const auto* value = std::get_if<json::value>(&parsed);
  const auto* bundle = value ? value->if_object() : nullptr;
  if (!bundle || string_at(*bundle, "resourceType") != "Bundle" || string_at(*bundle, "type") != "transaction-response")
    return {};
  const auto* entries = array_at(*bundle, "entry");
  if (!entries || entries->empty()) return {};
  std::string task;
  for (const auto& v : *entries) {
    const auto* entry = v.if_object();
    const auto* response = entry ? object_at(*entry, "response") : nullptr;
    if (!response || !string_at(*response, "status").starts_with('2')) return {};
    if (auto reference = task_reference(string_at(*response, "location")); !reference.empty()) task = reference;
  }
  return task;
}

// The code of the first issue: a FHIR code, never the diagnostics, which may quote the message.
std::string outcome_code(std::string_view body) {
  auto parsed = plugin::parse_json(body, {kAnswerMax, 32});
  const auto* value = std::get_if<json::value>(&parsed);
  const auto* outcome = value ? value->if_object() : nullptr;
  const auto* issues =
      outcome && string_at(*outcome, "resourceType") == "OperationOutcome" ? array_at(*outcome, "issue") : nullptr;
  const auto* issue = issues && !issues->empty() ? issues->front().if_object() : nullptr;
  return issue ? "operation-outcome." + issue_type(string_at(*issue, "code")) : "operation-outcome";
}

Action answered(const sdk::Wire& answer) {
  switch (answer.status) {
    case 200:
    case 201: {
      auto task = accepted_task(answer.body);
      // Unreadable: it may have been done. Sent again, the conditions create nothing a second time.
      return task ? Action::delivered(std::move(*task)) : Action::retry("malformed_answer");
    }
    case 400:
    case 422:
      return Action::rejected(outcome_code(answer.body));
    case 409:
      return Action::retry("conflict");  // another transaction touches the same patient
    case 412:
      return Action::delivered({});  // the condition selects more than one: it is there
    default:
      break;
  }
  const auto reason = plugin::http_reason(answer.status);
  return plugin::verdict_of(answer.status) == HttpVerdict::rejected ? Action::rejected(reason) : Action::retry(reason);
}

}  // namespace

sdk::Result<std::monostate> HealthAdapter::configure(std::string_view config_json) {
  auto parsed = plugin::parse_config(config_json);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  for (const auto& [key, value] : std::get<json::object>(parsed)) {
    if (key != "path") return sdk::Error{HUB_INVALID_CONFIG, "", "has a member that this adapter does not know"};
    const auto* path = value.if_string();
    const bool plain = path && !path->empty() && path->front() == '/' && path->size() <= 200 &&
                       std::all_of(path->begin(), path->end(), [](char c) {
                         return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                c == '/' || c == '-' || c == '_';
                       });
    if (!plain) return sdk::Error{HUB_INVALID_CONFIG, "/path", "must be a plain path that begins with /"};
    path_ = std::string(*path);
  }
  return std::monostate{};
}

sdk::Result<std::vector<std::string>> HealthAdapter::decode(const sdk::Wire& wire) {
  if (!wire.media_type.empty() && !wire.media_type.starts_with("application/fhir+json") &&
      !wire.media_type.starts_with("application/json"))
    return sdk::invalid("", "the media type must be application/fhir+json");
  auto message = decode_fhir(wire.body);
  if (auto* e = std::get_if<sdk::Error>(&message)) return *e;
  return std::vector<std::string>{std::move(std::get<std::string>(message))};
}

sdk::Result<sdk::Step> HealthAdapter::step(std::uint32_t conversation, std::string_view exchange_json, std::string_view,
                                           sdk::Event event, const sdk::Wire& wire) {
  if (conversation != HUB_CONVERSATION_DELIVER && conversation != HUB_CONVERSATION_RECALL)
    return sdk::Error{HUB_UNSUPPORTED, "conversation", "this adapter delivers and recalls"};
  auto parsed = plugin::parse_json(exchange_json, {64u << 20, 32});
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto* exchange = std::get<json::value>(parsed).if_object();
  if (!exchange || string_at(*exchange, "exchangeId").empty())
    return sdk::Error{HUB_INTERNAL, "/exchangeId", "the exchange has no id"};
  switch (event) {
    case sdk::Event::started:
    case sdk::Event::resumed: {
      const bool recall = conversation == HUB_CONVERSATION_RECALL || string_at(*exchange, "kind") == "exchange.recall";
      auto body = json::serialize(recall ? encode_recall(*exchange) : encode_exchange(*exchange));
      return sdk::Step{Action::http("POST", path_, std::string(kHeaders), std::move(body)), {}, {}};
    }
    case sdk::Event::timed_out:
      return sdk::Step{Action::retry("timed_out"), {}, {}};
    case sdk::Event::http_response:
      return sdk::Step{answered(wire), {}, {}};
    case sdk::Event::file:
      break;
  }
  return sdk::Error{HUB_UNSUPPORTED, "event", "this conversation takes no such event"};
}

}  // namespace samband::health
