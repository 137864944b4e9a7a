#include "health/decode.hpp"

#include <algorithm>
#include <array>

#include "common/canonical.hpp"
#include "health/fhir_consent.hpp"
#include "health/read_bundle.hpp"

namespace samband::health {
namespace {

using plugin::array_at;
using plugin::object_at;
using plugin::string_at;

constexpr std::size_t kSubstancesMax = 32;
constexpr std::string_view kSource = "urn:samband:adapter:health";

using Pair = std::pair<std::string_view, std::string_view>;
constexpr std::array<Pair, 9> kTaskStatus{{{"received", "received"},
                                           {"accepted", "accepted"},
                                           {"rejected", "declined"},
                                           {"in-progress", "in_progress"},
                                           {"on-hold", "queued"},
                                           {"ready", "queued"},
                                           {"completed", "completed"},
                                           {"failed", "broken_off"},
                                           {"cancelled", "broken_off"}}};
constexpr std::array<std::string_view, 13> kBusinessStatus{
    "received",  "accepted",           "declined",  "completion_requested", "forwarded",
    "queued",    "first_visit_booked", "no_show",   "first_visit",          "in_progress",
    "confirmed", "completed",          "broken_off"};
sdk::Result<std::string> status_of(const Resource& task) {
  if (const auto* business = object_at(*task.object, "businessStatus"))
    if (auto code = code_of(*business, kStatusSystem); !code.empty()) {
      if (std::find(kBusinessStatus.begin(), kBusinessStatus.end(), code) == kBusinessStatus.end())
        return sdk::invalid(task.where + "/businessStatus", "is not a step of a referral");
      return std::string(code);
    }
  const auto status = string_at(*task.object, "status");
  for (const auto& [fhir, ours] : kTaskStatus)
    if (fhir == status) return std::string(ours);
  return sdk::invalid(task.where + "/status", "is not a step that the hub passes on");
}

// The Patient resource that the element points at; empty when it is an identifier alone.
Resource patient_of(const Input& in, const Resource& from, std::string_view element) {
  return resolve(in.resources, from, object_at(*from.object, element));
}

// Everything that a message says beside its payload: the person, consents, facts of the Task beside it.
sdk::Result<json::object> start_data(Input& in, const Resource& about, std::string_view element, const Resource& task) {
  auto person = read_patient(in, about, element);
  if (auto* e = std::get_if<sdk::Error>(&person)) return *e;
  auto consents = read_consents(in, patient_of(in, about, element));
  if (auto* e = std::get_if<sdk::Error>(&consents)) return *e;
  json::object data{{"persons", json::array{std::move(std::get<json::object>(person))}}};
  if (auto& list = std::get<json::array>(consents); !list.empty()) data["consents"] = std::move(list);
  if (task)
    if (auto facts = read_facts(in, task); !facts.empty()) data["facts"] = std::move(facts);
  return data;
}

void add_author(json::object& data, json::object author) {
  if (author.contains("id") || author.contains("name")) data["author"] = std::move(author);
}

std::string finish(Input& in, std::string_view kind, json::object data, json::object payload) {
  data["payload"] = std::move(payload);
  return plugin::canonical_message(kind, in.id, kSource, in.time, std::move(data), in.warnings);
}

// Texts (or else the display or the code) of a list of CodeableConcepts.
json::array words_of(const json::array* list) {
  json::array out;
  if (!list) return out;
  for (const auto& v : *list) {
    const auto* o = v.if_object();
    if (!o) continue;
    auto text = string_at(*o, "text");
    const auto* codings = array_at(*o, "coding");
    const auto* coding = codings && !codings->empty() ? codings->front().if_object() : nullptr;
    if (text.empty() && coding) text = string_at(*coding, "display");
    if (text.empty() && coding) text = string_at(*coding, "code");
    if (!text.empty() && out.size() < kSubstancesMax) out.emplace_back(text);
  }
  return out;
}

bool has_code(const json::object& resource, std::string_view element, std::string_view system, std::string_view code) {
  if (const auto* list = array_at(resource, element))
    for (const auto& v : *list)
      if (const auto* o = v.if_object(); o && code_of(*o, system) == code) return true;
  return false;
}

// An instant, or a date as it stands; "" when it is neither.
std::string instant_or_date(std::string_view text) {
  const auto instant = utc_instant(text);
  if (!instant.empty()) return instant;
  const bool date = text.size() == 10 && !utc_instant(std::string(text) + "T00:00:00Z").empty();
  return date ? std::string(text) : std::string();
}

sdk::Result<std::string> decode_task(Input& in, const Resource& task) {
  const auto exchange = exchange_named_by(*task.object);
  if (exchange.empty())
    return sdk::invalid(task.where + "/identifier", "must name the exchange (urn:samband:exchange)");
  auto status = status_of(task);
  if (auto* e = std::get_if<sdk::Error>(&status)) return *e;
  auto started = start_data(in, task, "for", task);
  if (auto* e = std::get_if<sdk::Error>(&started)) return *e;
  auto data = std::move(std::get<json::object>(started));

  json::object payload{{"exchangeId", exchange}, {"status", std::get<std::string>(status)}};
  if (const auto* reason = object_at(*task.object, "statusReason"))
    if (auto code = code_of(*reason, kReasonSystem); !code.empty()) payload["reasonCode"] = code;
  if (const auto* period = object_at(*task.object, "executionPeriod"); period && period->contains("start")) {
    const auto at = utc_instant(string_at(*period, "start"));
    if (at.empty()) return sdk::invalid(task.where + "/executionPeriod/start", "must be an instant");
    payload["visitAt"] = at;
  }
  const auto* restriction = object_at(*task.object, "restriction");
  if (const auto* period = restriction ? object_at(*restriction, "period") : nullptr;
      period && period->contains("end")) {
    const auto at = instant_or_date(string_at(*period, "end"));
    if (at.empty()) return sdk::invalid(task.where + "/restriction/period/end", "must be an instant or a date");
    payload["expectedBy"] = at;
  }
  if (auto number = identifier_of(*task.object, kRecordSystem); !number.empty()) payload["recordNumber"] = number;
  auto owner = practitioner(in, task, object_at(*task.object, "owner"));
  data["relatesTo"] = exchange;
  if (owner.contains("id") || owner.contains("name")) {
    data["author"] = owner;
    owner.erase("id");
    if (!owner.empty()) payload["handler"] = std::move(owner);
  }
  if (auto text = notes(*task.object); !text.empty()) data["text"] = text;
  return finish(in, "care.status", std::move(data), std::move(payload));
}

void add_addressee(json::object& data, const json::object& resource, std::string_view element) {
  const auto* list = array_at(resource, element);
  if (!list) return;
  for (const auto& v : *list) {
    const auto* to = v.if_object();
    const auto* id = to ? object_at(*to, "identifier") : nullptr;
    if (!id || data.contains("to")) continue;
    if (const auto system = string_at(*id, "system"); system == kFunctionalAddressSystem || system == kPartySystem)
      data["to"] = string_at(*id, "value");
  }
}

sdk::Result<json::object> start_request(Input& in, const Resource& request, const Resource& task) {
  auto started = start_data(in, request, "subject", task);
  if (std::holds_alternative<sdk::Error>(started)) return started;
  auto& data = std::get<json::object>(started);
  add_author(data, practitioner(in, request, object_at(*request.object, "requester")));
  add_addressee(data, *request.object, "performer");
  return started;
}

sdk::Result<std::string> decode_referral(Input& in, const Resource& request, const Resource& task) {
  auto started = start_request(in, request, task);
  if (auto* e = std::get_if<sdk::Error>(&started)) return *e;
  auto data = std::move(std::get<json::object>(started));
  const auto& o = *request.object;
  json::object payload;
  if (const auto* code = object_at(o, "code")) {
    auto service = code_of(*code, kServiceSystem);
    if (service.empty()) service = string_at(*code, "text");
    if (!service.empty()) payload["service"] = service;
  }
  if (auto priority = string_at(o, "priority"); !priority.empty()) payload["priority"] = priority;
  std::string question;
  if (const auto* reasons = array_at(o, "reasonCode"))
    for (const auto& v : *reasons)
      if (const auto* reason = v.if_object(); reason && !string_at(*reason, "text").empty())
        question += (question.empty() ? "" : "\n") + std::string(string_at(*reason, "text"));
  if (!question.empty()) payload["question"] = question;
  if (auto text = notes(o); !text.empty()) payload["clinicalInformation"] = text;
  if (!payload.contains("service") && !payload.contains("question"))
    return sdk::invalid(request.where + "/code", "a referral names a service or a question");
  if (auto number = identifier_of(o, kRecordSystem); !number.empty())
    data["references"] = json::array{json::object{{"system", "dnr"}, {"value", number}}};
  return finish(in, "care.referral", std::move(data), std::move(payload));
}

// A ServiceRequest of the laboratory category: substances in orderDetail, else the code's words.
sdk::Result<std::string> decode_order(Input& in, const Resource& request, const Resource& task) {
  auto started = start_request(in, request, task);
  if (auto* e = std::get_if<sdk::Error>(&started)) return *e;
  auto data = std::move(std::get<json::object>(started));
  const auto& o = *request.object;
  auto substances = words_of(array_at(o, "orderDetail"));
  if (substances.empty())
    if (const auto* code = object_at(o, "code")) {
      const json::array one{*code};
      substances = words_of(&one);
    }
  if (substances.empty()) return sdk::invalid(request.where + "/orderDetail", "must name what is tested for");
  json::object payload{{"substances", std::move(substances)}};
  if (const auto* author = object_at(data, "author")) {
    json::object by;
    for (const auto* key : {"name", "phone"})
      if (auto text = string_at(*author, key); !text.empty()) by[key] = text;
    if (!by.empty()) payload["orderedBy"] = std::move(by);
  }
  if (const auto from = string_at(o, "occurrenceDateTime"); !from.empty()) {
    const auto at = instant_or_date(from);
    if (at.empty()) return sdk::invalid(request.where + "/occurrenceDateTime", "must be an instant or a date");
    payload["from"] = at;
  }
  if (auto number = identifier_of(o, kRecordSystem); !number.empty()) payload["orderNumber"] = number;
  return finish(in, "test.order", std::move(data), std::move(payload));
}

// "THC: positiv": the value of an Observation in words; "" when it has none.
std::string observed(const json::object& observation, const json::array& substances) {
  std::string value(string_at(observation, "valueString"));
  if (const auto* concept_ = object_at(observation, "valueCodeableConcept")) {
    const json::array one{*concept_};
    if (const auto words = words_of(&one); !words.empty()) value = std::string(words.front().as_string());
  }
  if (value.empty())
    if (const auto words = words_of(array_at(observation, "interpretation")); !words.empty())
      value = std::string(words.front().as_string());
  if (value.empty() || substances.empty()) return value;
  return std::string(substances.front().as_string()) + ": " + value;
}

// A final report on a test that was ordered through the hub: the order's exchange says who gets it.
sdk::Result<std::string> decode_result(Input& in, const Resource& report) {
  const auto& o = *report.object;
  if (const auto status = string_at(o, "status"); status != "final" && status != "amended" && status != "corrected")
    return sdk::invalid(report.where + "/status", "must be final, amended or corrected");
  const auto exchange = exchange_named_by(o);
  if (exchange.empty())
    return sdk::invalid(report.where + "/basedOn", "must name the order's exchange (urn:samband:exchange)");
  auto started = start_data(in, report, "subject", {});
  if (auto* e = std::get_if<sdk::Error>(&started)) return *e;
  auto data = std::move(std::get<json::object>(started));
  json::object payload{{"exchangeId", exchange}};
  json::array substances;
  std::string result(string_at(o, "conclusion"));
  std::string sampled(string_at(o, "effectiveDateTime"));
  const bool concluded = !result.empty();
  if (const auto* results = array_at(o, "result"))
    for (const auto& v : *results) {
      const auto observation = resolve(in.resources, report, v.if_object());
      if (!observation || observation.type() != "Observation") continue;
      const auto* code = object_at(*observation.object, "code");
      const auto words = code ? json::array{*code} : json::array();
      const auto names = words_of(&words);
      if (!names.empty() && substances.size() < kSubstancesMax) substances.push_back(names.front());
      if (const auto line = observed(*observation.object, names); !concluded && !line.empty())
        result += (result.empty() ? "" : "; ") + line;
      if (sampled.empty()) sampled = string_at(*observation.object, "effectiveDateTime");
    }
  if (result.empty())
    return sdk::invalid(report.where + "/conclusion", "a result is required, here or in an Observation");
  payload["result"] = result;
  if (!substances.empty()) payload["substances"] = std::move(substances);
  if (!sampled.empty()) {
    const auto at = utc_instant(sampled);
    if (at.empty()) return sdk::invalid(report.where + "/effectiveDateTime", "must be an instant");
    payload["sampledAt"] = at;
  }
  if (auto number = identifier_of(o, kRecordSystem); !number.empty()) payload["orderNumber"] = number;
  if (const auto* performers = array_at(o, "performer"); performers && !performers->empty())
    add_author(data, practitioner(in, report, performers->front().if_object()));
  data["relatesTo"] = exchange;
  return finish(in, "test.result", std::move(data), std::move(payload));
}

// A report of concern about a child, or of need of compulsory care: first text is the concern, the others and the notes
// are what was observed.
sdk::Result<std::string> decode_report(Input& in, const Resource& communication, const Resource& task) {
  const auto& o = *communication.object;
  std::string_view kind;
  for (const std::string_view known : {"concern.report", "lvm.report"})
    if (has_code(o, "category", kKindSystem, known)) kind = known;
  if (kind.empty())
    return sdk::invalid(communication.where + "/category", "must be concern.report or lvm.report (urn:samband:kind)");
  if (const auto status = string_at(o, "status"); status != "completed" && status != "in-progress")
    return sdk::invalid(communication.where + "/status", "must be completed or in-progress");
  auto started = start_data(in, communication, "subject", task);
  if (auto* e = std::get_if<sdk::Error>(&started)) return *e;
  auto data = std::move(std::get<json::object>(started));
  json::object payload;
  std::string observation;
  if (const auto* parts = array_at(o, "payload"))
    for (const auto& v : *parts) {
      const auto* part = v.if_object();
      const auto text = part ? string_at(*part, "contentString") : std::string_view();
      if (text.empty()) continue;
      if (!payload.contains("concern"))
        payload["concern"] = text;
      else
        observation += (observation.empty() ? "" : "\n\n") + std::string(text);
    }
  if (!payload.contains("concern"))
    return sdk::invalid(communication.where + "/payload", "must say the concern in words");
  if (auto text = notes(o); !text.empty()) observation += (observation.empty() ? "" : "\n\n") + text;
  if (!observation.empty()) payload["observation"] = observation;
  if (kind == "concern.report" && string_at(o, "priority") == "stat") payload["immediateDanger"] = true;
  if (const auto sent = string_at(o, "sent"); !sent.empty()) {
    const auto at = utc_instant(sent);
    if (at.empty()) return sdk::invalid(communication.where + "/sent", "must be an instant");
    data["occurredAt"] = at;
  }
  add_author(data, practitioner(in, communication, object_at(o, "sender")));
  add_addressee(data, o, "recipient");
  return finish(in, kind, std::move(data), std::move(payload));
}

}  // namespace

sdk::Result<std::string> decode_fhir(std::string_view body) {
  auto parsed = plugin::parse_json(body);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto* root = std::get<json::value>(parsed).if_object();
  if (!root) return sdk::invalid("", "a FHIR resource is an object");
  auto input = read_input(*root);
  if (auto* e = std::get_if<sdk::Error>(&input)) return *e;
  auto& in = std::get<Input>(input);

  Resource task, request, report, communication;
  for (const auto& r : in.resources) {
    Resource* slot = r.type() == "Task"               ? &task
                     : r.type() == "ServiceRequest"   ? &request
                     : r.type() == "DiagnosticReport" ? &report
                     : r.type() == "Communication"    ? &communication
                                                      : nullptr;
    if (!slot) continue;
    if (*slot) return sdk::invalid(r.where, "a second resource of this type: one message says one thing");
    *slot = r;
  }
  if (report && communication)
    return sdk::invalid(communication.where, "beside a DiagnosticReport: one message says one thing");
  if (report) return decode_result(in, report);
  if (communication) return decode_report(in, communication, task);
  const bool asks =
      !task || string_at(*task.object, "status") == "requested" || string_at(*task.object, "status") == "draft";
  if (request && asks) {
    const bool laboratory = has_code(*request.object, "category", kSnomed, kLaboratory) ||
                            has_code(*request.object, "category", kKindSystem, "test.order");
    return laboratory ? decode_order(in, request, task) : decode_referral(in, request, task);
  }
  if (task) return decode_task(in, task);
  return sdk::invalid("/resourceType",
                      "must be a Task, ServiceRequest, DiagnosticReport or Communication, or a Bundle with one");
}

}  // namespace samband::health
