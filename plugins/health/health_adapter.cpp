#include "health/health_adapter.hpp"

#include "common/delivery.hpp"
#include "health/decode.hpp"
#include "health/encode.hpp"
#include "health/hsa_id.hpp"

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

sdk::Error bad_config(std::string where, std::string message) {
  return {HUB_INVALID_CONFIG, std::move(where), std::move(message)};
}

bool is_path(const json::value& value) {
  const auto* path = value.if_string();
  return path && !path->empty() && path->front() == '/' && path->size() <= 200 &&
         std::all_of(path->begin(), path->end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '-' ||
                  c == '_';
         });
}

bool is_care_unit(const json::value& value) {
  const auto* id = value.if_string();
  return id && is_hsa_id(*id);
}

}  // namespace

sdk::Result<std::monostate> HealthAdapter::configure(std::string_view config_json) {
  auto parsed = plugin::parse_config(config_json);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  for (const auto& [key, value] : std::get<json::object>(parsed)) {
    if (key == "path") {
      if (!is_path(value)) return bad_config("/path", "must be a plain path that begins with /");
      path_ = std::string(value.as_string());
    } else if (key == "careUnit") {
      if (!is_care_unit(value)) return bad_config("/careUnit", "must be an HSA id");
      riv_.care_unit = std::string(value.as_string());
    } else if (key == "parties") {
      const auto* parties = value.if_object();
      if (!parties) return bad_config("/parties", "must be an object");
      if (auto done = configure_parties(*parties); std::holds_alternative<sdk::Error>(done)) return done;
    } else {
      return bad_config("", "has a member that this adapter does not know");
    }
  }
  if (!riv_paths_.empty() && riv_.care_unit.empty()) return bad_config("/careUnit", "is required for RIV");
  return std::monostate{};
}

sdk::Result<std::monostate> HealthAdapter::configure_parties(const json::object& parties) {
  for (const auto& [party, settings] : parties) {
    const auto where = "/parties/" + plugin::pointer_token(party);
    const auto* object = settings.if_object();
    if (!object) return bad_config(where, "must be an object");
    bool riv = false;
    std::string path;
    for (const auto& [key, value] : *object) {
      if (key == "format" && value.is_string() && (value.as_string() == "riv" || value.as_string() == "fhir")) {
        riv = value.as_string() == "riv";
      } else if (key == "careUnit" && is_care_unit(value)) {
        riv_.units[party] = std::string(value.as_string());
      } else if (key == "path" && is_path(value)) {
        path = std::string(value.as_string());
      } else {
        return bad_config(where, "takes format (riv or fhir), careUnit (an HSA id) and path (a plain path)");
      }
    }
    if (!riv) continue;
    if (!riv_.units.contains(party)) return bad_config(where + "/careUnit", "is required for RIV");
    riv_paths_[party] = path;
  }
  return std::monostate{};
}

sdk::Result<std::vector<std::string>> HealthAdapter::decode(const sdk::Wire& wire) {
  const auto type = std::string_view(wire.media_type).substr(0, wire.media_type.find(';'));
  const bool xml = type == "application/xml" || type == "text/xml" || type == "application/soap+xml";
  if (!xml && !type.empty() && type != "application/fhir+json" && type != "application/json")
    return sdk::invalid("", "the media type must be application/fhir+json, or text/xml for RIV");
  auto message = xml ? decode_riv(wire.body, riv_) : decode_fhir(wire.body);
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
  const auto* recipient = object_at(*exchange, "recipient");
  const auto riv = riv_paths_.find(recipient ? string_at(*recipient, "party") : string_at(*exchange, "recipient"));
  switch (event) {
    case sdk::Event::started:
    case sdk::Event::resumed: {
      if (riv != riv_paths_.end()) {
        auto call = encode_riv(*exchange, riv_);
        if (!call.refused.empty()) return sdk::Step{Action::rejected(std::move(call.refused)), {}, {}};
        auto headers = json::serialize(json::object{{"accept", "text/xml"},
                                                    {"content-type", "text/xml; charset=utf-8"},
                                                    {"soapaction", "\"" + call.soap_action + "\""}});
        return sdk::Step{Action::http("POST", riv->second, std::move(headers), std::move(call.body)), {}, {}};
      }
      const bool recall = conversation == HUB_CONVERSATION_RECALL || string_at(*exchange, "kind") == "exchange.recall";
      auto body = json::serialize(recall ? encode_recall(*exchange) : encode_exchange(*exchange));
      return sdk::Step{Action::http("POST", path_, std::string(kHeaders), std::move(body)), {}, {}};
    }
    case sdk::Event::timed_out:
      return sdk::Step{Action::retry("timed_out"), {}, {}};
    case sdk::Event::http_response:
      return sdk::Step{riv != riv_paths_.end() ? riv_answered(wire) : answered(wire), {}, {}};
    case sdk::Event::file:
      break;
  }
  return sdk::Error{HUB_UNSUPPORTED, "event", "this conversation takes no such event"};
}

sdk::Result<sdk::Wire> HealthAdapter::render_answer(std::string_view answer_json) {
  auto parsed = plugin::parse_json(answer_json);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto* root = std::get<json::value>(parsed).if_object();
  if (!root) return sdk::invalid("", "the answer is not an object");
  const auto* answer = object_at(*root, "answer");
  auto body = render_riv_answer(answer ? *answer : *root);
  if (!body) return sdk::Error{HUB_UNSUPPORTED, "", "not the answer to a RIV call"};
  sdk::Wire out;
  out.media_type = "text/xml";
  out.status = 200;
  out.body = std::move(*body);
  return out;
}

}  // namespace samband::health
