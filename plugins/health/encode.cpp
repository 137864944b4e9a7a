#include "health/encode.hpp"

#include <array>

#include "health/bundle.hpp"
#include "notice_text/notice_text.hpp"

namespace samband::health {
namespace {

using plugin::array_at;
using plugin::object_at;
using plugin::string_at;

constexpr std::string_view kTaskCode = "http://hl7.org/fhir/CodeSystem/task-code";

const json::object& data_of(const json::object& exchange) {
  static const json::object kNothing;
  const auto* data = object_at(exchange, "data");
  return data ? *data : kNothing;
}
const json::object& payload_of(const json::object& exchange) {
  static const json::object kNothing;
  const auto* payload = object_at(data_of(exchange), "payload");
  return payload ? *payload : kNothing;
}

std::string_view priority_of(const json::object& exchange) {
  const auto* emergency = plugin::bool_at(data_of(exchange), "emergency");
  if (emergency && *emergency) return "stat";
  const auto said = string_at(payload_of(exchange), "priority");
  for (const std::string_view known : {"routine", "urgent", "asap", "stat"})
    if (said == known) return known;
  return {};
}

// Created-at does not change between attempts; "now" is for a host that does not say it.
std::string_view written_at(const json::object& exchange) {
  const auto created = string_at(exchange, "createdAt");
  return created.empty() ? string_at(exchange, "now") : created;
}

void add_common(json::object& resource, const json::object& exchange) {
  if (auto priority = priority_of(exchange); !priority.empty()) resource["priority"] = priority;
  if (auto at = written_at(exchange); !at.empty()) resource["authoredOn"] = at;
  if (auto sender = plugin::one_line(plugin::party_name(exchange, "sender"), 200); !sender.empty())
    resource["requester"] = json::object{{"display", sender}};
}

std::string text_of(const json::value* v) {
  if (const auto* o = v ? v->if_object() : nullptr) return plugin::one_line(string_at(*o, "name"), 200);
  return v && v->is_string() ? plugin::one_line(std::string_view(v->as_string()), 200) : std::string();
}

json::array substances_of(const json::object& payload) {
  json::array out;
  if (const auto* list = array_at(payload, "substances"))
    for (const auto& v : *list)
      if (auto text = text_of(&v); !text.empty()) out.push_back(json::object{{"text", text}});
  return out;
}

// What a laboratory orders by: the category, the substances, when, and who is to be told.
void add_test(json::object& request, const json::object& payload) {
  request["category"] = json::array{coded(kSnomed, kLaboratory)};
  if (auto substances = substances_of(payload); !substances.empty()) request["orderDetail"] = std::move(substances);
  if (const auto from = string_at(payload, "from"); !from.empty()) request["occurrenceDateTime"] = from;
  if (const auto number = string_at(payload, "orderNumber"); !number.empty())
    request["identifier"].as_array().push_back(identifier(kRecordSystem, number));
}

void add_request(Bundle& bundle, const json::object& exchange, std::string_view protection, json::array supporting) {
  const auto kind = string_at(exchange, "kind");
  const auto& payload = payload_of(exchange);
  json::object request{{"resourceType", "ServiceRequest"}};
  add_security(request, protection);
  json::array identifiers{identifier(kExchangeSystem, bundle.exchange_id())};
  if (const auto* references = array_at(data_of(exchange), "references"))
    for (const auto& v : *references)
      if (const auto* r = v.if_object(); r && !string_at(*r, "value").empty())
        identifiers.push_back(identifier(kRecordSystem, string_at(*r, "value")));
  request["identifier"] = std::move(identifiers);
  request["status"] = "active";
  // A referral asks; a notice only makes an offer possible.
  request["intent"] = kind == "care.referral" || kind == "test.order" ? "order" : "proposal";
  const auto service = string_at(payload, "service");
  auto code = service.empty() ? coded(kKindSystem, kind) : coded(kServiceSystem, service);
  code["text"] = service.empty() ? plugin::notice_title(kind) : service;
  request["code"] = std::move(code);
  if (kind == "test.order") add_test(request, payload);
  request["subject"] = bundle.reference("patient");
  add_common(request, exchange);
  if (auto question = string_at(payload, "question"); !question.empty())
    request["reasonCode"] = json::array{json::object{{"text", question}}};
  if (!supporting.empty()) request["supportingInfo"] = std::move(supporting);
  // Everything that was released, for people; what has an element of its own is there as well.
  request["note"] = json::array{json::object{{"text", plugin::notice_text(exchange)}}};
  bundle.add("request", std::move(request), kExchangeSystem, bundle.exchange_id());
}

json::object task_for(const json::object& exchange, std::string_view code, std::string_view status) {
  const auto kind = string_at(exchange, "kind");
  json::object task{{"resourceType", "Task"},
                    {"identifier", json::array{identifier(kExchangeSystem, string_at(exchange, "exchangeId"))}},
                    {"status", status},
                    {"intent", "order"},
                    {"code", coded(kTaskCode, code)},
                    {"description", plugin::notice_title(kind)}};
  add_common(task, exchange);
  return task;
}

std::string_view task_status(std::string_view status) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kStatuses{
      {{"sent", "requested"},
       {"received", "received"},
       {"accepted", "accepted"},
       {"declined", "rejected"},
       {"completion_requested", "on-hold"},
       {"forwarded", "in-progress"},
       {"queued", "on-hold"},
       {"first_visit_booked", "accepted"},
       {"no_show", "on-hold"},
       {"first_visit", "in-progress"},
       {"in_progress", "in-progress"},
       {"confirmed", "accepted"},
       {"completed", "completed"},
       {"broken_off", "failed"}}};
  for (const auto& [ours, fhir] : kStatuses)
    if (ours == status) return fhir;
  return "in-progress";
}

// The caseworker as a contained Practitioner: FHIR has no telephone on a reference.
void add_handler(json::object& task, const json::object& payload) {
  const auto* handler = object_at(payload, "handler");
  const auto name = handler ? plugin::one_line(string_at(*handler, "name"), 200) : std::string();
  const auto phone = handler ? plugin::one_line(string_at(*handler, "phone"), 40) : std::string();
  if (name.empty() && phone.empty()) return;
  json::object practitioner{{"resourceType", "Practitioner"}, {"id", "handler"}};
  json::object owner{{"reference", "#handler"}};
  if (!name.empty()) {
    practitioner["name"] = json::array{json::object{{"text", name}}};
    owner["display"] = name;
  }
  if (!phone.empty()) practitioner["telecom"] = json::array{json::object{{"system", "phone"}, {"value", phone}}};
  task["contained"] = json::array{std::move(practitioner)};
  task["owner"] = std::move(owner);
}

json::object encode_status(const json::object& exchange) {
  Bundle bundle{std::string(string_at(exchange, "exchangeId"))};
  const auto& payload = payload_of(exchange);
  const bool receipt = string_at(exchange, "kind") == "exchange.receipt";
  const std::string_view status = receipt ? "received" : string_at(payload, "status");
  auto task = task_for(exchange, "change", task_status(status));
  if (const auto* subject = subject_of(data_of(exchange))) {
    add_security(task, string_at(*subject, "protection"));
    if (const auto number = string_at(*subject, "personalNumber"); number_system(number) != kPersonSystem)
      task["for"] = json::object{{"type", "Patient"}, {"identifier", identifier(number_system(number), number)}};
  }
  if (auto about = string_at(payload, "exchangeId"); !about.empty())
    task["groupIdentifier"] = identifier(kExchangeSystem, about);
  if (!status.empty()) task["businessStatus"] = coded(kStatusSystem, status);
  if (auto reason = string_at(payload, "reasonCode"); !reason.empty())
    task["statusReason"] = coded(kReasonSystem, reason);
  if (auto at = string_at(payload, "visitAt"); !at.empty()) task["executionPeriod"] = json::object{{"start", at}};
  if (auto by = string_at(payload, "expectedBy"); !by.empty())
    task["restriction"] = json::object{{"period", json::object{{"end", by}}}};
  if (auto number = string_at(payload, "recordNumber"); !number.empty())
    task["identifier"].as_array().push_back(identifier(kRecordSystem, number));
  add_handler(task, payload);
  task["note"] = json::array{json::object{{"text", plugin::notice_text(exchange)}}};
  bundle.add("task", std::move(task), kExchangeSystem, bundle.exchange_id());
  return bundle.take();
}

// Patient, the report with its observation, and a Task that is done and points at the report.
json::object encode_result(const json::object& exchange) {
  Bundle bundle{std::string(string_at(exchange, "exchangeId"))};
  const auto& payload = payload_of(exchange);
  const auto* subject = subject_of(data_of(exchange));
  const auto protection = subject ? string_at(*subject, "protection") : std::string_view();
  add_patient(bundle, subject);
  add_consents(bundle, exchange, subject ? string_at(*subject, "ref") : std::string_view());
  const auto result = plugin::one_line(string_at(payload, "result"), 1000);
  const auto order = string_at(payload, "exchangeId");
  const auto sampled = string_at(payload, "sampledAt");
  const auto describe = [&](json::object& resource) {
    add_security(resource, protection);
    resource["status"] = "final";
    json::object code = coded(kKindSystem, "test.result");
    std::string text(plugin::notice_title("test.result"));
    for (const auto& v : substances_of(payload)) text += ", " + std::string(v.at("text").as_string());
    code["text"] = text;
    resource["code"] = std::move(code);
    resource["subject"] = bundle.reference("patient");
    if (!order.empty())
      resource["basedOn"] =
          json::array{json::object{{"type", "ServiceRequest"}, {"identifier", identifier(kExchangeSystem, order)}}};
    if (!sampled.empty()) resource["effectiveDateTime"] = sampled;
  };
  const auto value = bundle.exchange_id() + "/observation";
  json::object observation{{"resourceType", "Observation"},
                           {"identifier", json::array{identifier(kExchangeSystem, value)}}};
  describe(observation);
  if (!result.empty()) observation["valueString"] = result;
  bundle.add("observation", std::move(observation), kExchangeSystem, value);
  json::object report{{"resourceType", "DiagnosticReport"},
                      {"identifier", json::array{identifier(kExchangeSystem, bundle.exchange_id())}}};
  describe(report);
  if (auto number = string_at(payload, "orderNumber"); !number.empty())
    report["identifier"].as_array().push_back(identifier(kRecordSystem, number));
  if (auto at = written_at(exchange); !at.empty()) report["issued"] = at;
  report["result"] = json::array{bundle.reference("observation")};
  if (!result.empty()) report["conclusion"] = result;
  bundle.add("report", std::move(report), kExchangeSystem, bundle.exchange_id());
  auto task = task_for(exchange, "fulfill", "completed");
  add_security(task, protection);
  if (!order.empty()) task["groupIdentifier"] = identifier(kExchangeSystem, order);
  task["focus"] = bundle.reference("report");
  task["for"] = bundle.reference("patient");
  task["note"] = json::array{json::object{{"text", plugin::notice_text(exchange)}}};
  bundle.add("task", std::move(task), kExchangeSystem, bundle.exchange_id());
  return bundle.take();
}

}  // namespace

json::object encode_exchange(const json::object& exchange) {
  const auto kind = string_at(exchange, "kind");
  if (kind == "care.status" || kind == "exchange.receipt") return encode_status(exchange);
  if (kind == "test.result") return encode_result(exchange);
  Bundle bundle{std::string(string_at(exchange, "exchangeId"))};
  const auto& data = data_of(exchange);
  const auto* subject = subject_of(data);
  const auto protection = subject ? string_at(*subject, "protection") : std::string_view();
  add_patient(bundle, subject);
  add_related(bundle, data);
  add_consents(bundle, exchange, subject ? string_at(*subject, "ref") : std::string_view());
  auto supporting = add_documents(bundle, data);
  add_request(bundle, exchange, protection, std::move(supporting));
  auto task = task_for(exchange, "fulfill", "requested");
  add_security(task, protection);
  task["businessStatus"] = coded(kStatusSystem, "sent");
  task["focus"] = bundle.reference("request");
  task["for"] = bundle.reference("patient");
  bundle.add("task", std::move(task), kExchangeSystem, bundle.exchange_id());
  return bundle.take();
}

json::object encode_recall(const json::object& exchange) {
  Bundle bundle{std::string(string_at(exchange, "exchangeId"))};
  const auto& payload = payload_of(exchange);
  auto recalled = string_at(payload, "exchangeId");
  if (recalled.empty()) recalled = string_at(exchange, "exchangeId");
  auto task = task_for(exchange, "abort", "requested");
  if (auto reason = string_at(payload, "reasonCode"); !reason.empty())
    task["statusReason"] = coded(kReasonSystem, reason);
  task["focus"] = json::object{{"identifier", identifier(kExchangeSystem, recalled)}};
  bundle.add("task", std::move(task), kExchangeSystem, bundle.exchange_id());
  return bundle.take();
}

}  // namespace samband::health
