#include "health/decode.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "common/canonical.hpp"
#include "health/fhir_tools.hpp"
#include "health/person.hpp"

namespace samband::health {
namespace {

using plugin::array_at;
using plugin::bool_at;
using plugin::object_at;
using plugin::string_at;

constexpr std::size_t kEntriesMax = 100;
constexpr std::string_view kHsa = "urn:oid:1.2.752.29.4.19";

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
constexpr std::array<Pair, 4> kFacts{{{"need-for-care", "need_for_care"},
                                      {"ongoing-misuse", "ongoing_misuse"},
                                      {"compulsory-care", "compulsory_care"},
                                      {"individual-assessment", "individual_assessment"}}};

struct Input {
  std::vector<Resource> resources;
  std::string id, time;
};

sdk::Result<Input> read_input(const json::object& root) {
  Input in;
  if (string_at(root, "resourceType") != "Bundle") {
    in.resources.push_back({&root, "", ""});
    const auto* meta = object_at(root, "meta");
    const auto version = meta ? string_at(*meta, "versionId") : std::string_view();
    if (auto id = string_at(root, "id"); !id.empty() && !version.empty())
      in.id = std::string(id) + "/" + std::string(version);
    in.time = utc_instant(string_at(root, "lastModified"));
    if (in.time.empty()) in.time = utc_instant(meta ? string_at(*meta, "lastUpdated") : std::string_view());
    if (in.id.empty()) return sdk::invalid("/meta/versionId", "a resource alone needs id and meta.versionId");
    if (in.time.empty()) return sdk::invalid("/lastModified", "is required, as an instant");
    return in;
  }
  const auto* identifier = object_at(root, "identifier");
  in.id = identifier ? string_at(*identifier, "value") : std::string_view();
  if (in.id.empty()) in.id = string_at(root, "id");
  in.time = utc_instant(string_at(root, "timestamp"));
  if (in.id.empty()) return sdk::invalid("/identifier/value", "is required: the message's own id");
  if (in.time.empty()) return sdk::invalid("/timestamp", "is required, as an instant");
  const auto* entries = array_at(root, "entry");
  if (!entries || entries->empty()) return sdk::invalid("/entry", "is required");
  if (entries->size() > kEntriesMax) return sdk::invalid("/entry", "has more than 100 elements");
  std::size_t i = 0;
  for (const auto& v : *entries) {
    const auto where = "/entry/" + std::to_string(i++);
    const auto* entry = v.if_object();
    const auto* resource = entry ? object_at(*entry, "resource") : nullptr;
    if (!resource) return sdk::invalid(where + "/resource", "is required");
    in.resources.push_back({resource, where + "/resource", std::string(string_at(*entry, "fullUrl"))});
  }
  return in;
}

// The Patient of a "for" or "subject" element: in the bundle, or by identifier alone.
sdk::Result<json::object> read_patient(const Input& in, const Resource& from, std::string_view element) {
  const auto* reference = object_at(*from.object, element);
  json::object person{{"ref", "p1"}, {"role", "subject"}, {"protection", "none"}};
  if (const auto patient = resolve(in.resources, from, reference); patient && patient.type() == "Patient") {
    auto read = person_from(patient);
    if (std::holds_alternative<sdk::Error>(read)) return read;
    person = std::move(std::get<json::object>(read));
  } else if (const auto* identifier = reference ? object_at(*reference, "identifier") : nullptr) {
    json::object stand_in{{"identifier", json::array{*identifier}}};
    auto read = person_from({&stand_in, from.where + "/" + std::string(element), ""});
    if (auto* e = std::get_if<sdk::Error>(&read))
      return sdk::invalid(from.where + "/" + std::string(element) + "/identifier/value", e->message);
    person = std::move(std::get<json::object>(read));
  }
  // A label on the request or the task protects as much as one on the patient.
  person["protection"] = stronger(string_at(person, "protection"), protection_of(*from.object));
  return person;
}

// {"id","name"} of a practitioner reference: HSA id and name, from the resource in the bundle or from the reference.
json::object practitioner(const Input& in, const Resource& from, const json::object* reference) {
  json::object out;
  if (!reference) return out;
  const auto resource = resolve(in.resources, from, reference);
  if (const auto* identifier = object_at(*reference, "identifier");
      identifier && !string_at(*identifier, "value").empty())
    out["id"] = string_at(*identifier, "value");
  if (auto display = string_at(*reference, "display"); !display.empty()) out["name"] = display;
  if (!resource) return out;
  if (auto hsa = identifier_of(*resource.object, kHsa); !hsa.empty()) out["id"] = hsa;
  const auto* names = array_at(*resource.object, "name");
  const auto* name = names && !names->empty() ? names->front().if_object() : nullptr;
  if (name && !out.contains("name"))
    if (auto text = string_at(*name, "text"); !text.empty()) out["name"] = text;
  if (const auto* telecom = array_at(*resource.object, "telecom"))
    for (const auto& v : *telecom)
      if (const auto* t = v.if_object(); t && string_at(*t, "system") == "phone" && !out.contains("phone"))
        out["phone"] = string_at(*t, "value");
  return out;
}

std::string notes(const json::object& resource) {
  std::string out;
  if (const auto* list = array_at(resource, "note"))
    for (const auto& v : *list)
      if (const auto* note = v.if_object(); note && !string_at(*note, "text").empty())
        out += (out.empty() ? "" : "\n\n") + std::string(string_at(*note, "text"));
  return out;
}

// Task.input with a type of our fact system: a Practitioner reference says yes and who answers for it; a boolean says
// yes or no, with the assessor in an input of type "assessor".
json::array read_facts(const Input& in, const Resource& task) {
  json::array facts;
  const auto* inputs = array_at(*task.object, "input");
  if (!inputs) return facts;
  json::object assessor;
  for (const auto& v : *inputs) {
    const auto* input = v.if_object();
    const auto* type = input ? object_at(*input, "type") : nullptr;
    if (type && code_of(*type, kFactSystem) == "assessor")
      assessor = practitioner(in, task, object_at(*input, "valueReference"));
  }
  for (const auto& v : *inputs) {
    const auto* input = v.if_object();
    const auto* type = input ? object_at(*input, "type") : nullptr;
    const auto code = type ? code_of(*type, kFactSystem) : std::string_view();
    const auto known = std::find_if(kFacts.begin(), kFacts.end(), [&](const Pair& p) { return p.first == code; });
    if (known == kFacts.end()) continue;
    json::object fact{{"code", known->second}, {"person", "p1"}};
    auto who = assessor;
    if (const auto* reference = object_at(*input, "valueReference")) {
      fact["value"] = true;
      who = practitioner(in, task, reference);
    } else if (const auto* value = bool_at(*input, "valueBoolean")) {
      fact["value"] = *value;
    } else {
      continue;  // neither form: nobody has answered
    }
    who.erase("phone");
    if (who.contains("id")) fact["assessor"] = std::move(who);
    facts.push_back(std::move(fact));
  }
  return facts;
}

std::string exchange_named_by(const json::object& task) {
  if (auto own = identifier_of(task, kExchangeSystem); !own.empty()) return std::string(own);
  const auto named = [](const json::object* reference) {
    const auto* id = reference ? object_at(*reference, "identifier") : nullptr;
    return id && string_at(*id, "system") == kExchangeSystem ? std::string(string_at(*id, "value")) : std::string();
  };
  if (const auto* list = array_at(task, "basedOn"))
    for (const auto& v : *list)
      if (auto id = named(v.if_object()); !id.empty()) return id;
  if (const auto* group = object_at(task, "groupIdentifier"); group && string_at(*group, "system") == kExchangeSystem)
    return std::string(string_at(*group, "value"));
  return named(object_at(task, "focus"));
}

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

sdk::Result<std::string> decode_task(const Input& in, const Resource& task) {
  const auto exchange = exchange_named_by(*task.object);
  if (exchange.empty())
    return sdk::invalid(task.where + "/identifier", "must name the exchange (urn:samband:exchange)");
  auto status = status_of(task);
  if (auto* e = std::get_if<sdk::Error>(&status)) return *e;
  auto person = read_patient(in, task, "for");
  if (auto* e = std::get_if<sdk::Error>(&person)) return *e;

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
    const auto at = utc_instant(string_at(*period, "end"));
    if (at.empty()) return sdk::invalid(task.where + "/restriction/period/end", "must be an instant");
    payload["expectedBy"] = at;
  }
  if (auto number = identifier_of(*task.object, kRecordSystem); !number.empty()) payload["recordNumber"] = number;
  auto owner = practitioner(in, task, object_at(*task.object, "owner"));
  json::object data{{"relatesTo", exchange}, {"persons", json::array{std::move(std::get<json::object>(person))}}};
  if (owner.contains("id") || owner.contains("name")) {
    data["author"] = owner;
    owner.erase("id");
    if (!owner.empty()) payload["handler"] = std::move(owner);
  }
  if (auto facts = read_facts(in, task); !facts.empty()) data["facts"] = std::move(facts);
  if (auto text = notes(*task.object); !text.empty()) data["text"] = text;
  data["payload"] = std::move(payload);
  return plugin::canonical_message("care.status", in.id, "urn:samband:adapter:health", in.time, std::move(data));
}

sdk::Result<std::string> decode_request(const Input& in, const Resource& request, const Resource& task) {
  auto person = read_patient(in, request, "subject");
  if (auto* e = std::get_if<sdk::Error>(&person)) return *e;
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

  json::object data{{"persons", json::array{std::move(std::get<json::object>(person))}}};
  if (auto author = practitioner(in, request, object_at(o, "requester"));
      author.contains("id") || author.contains("name"))
    data["author"] = std::move(author);
  if (const auto* performers = array_at(o, "performer"))
    for (const auto& v : *performers) {
      const auto* performer = v.if_object();
      const auto* id = performer ? object_at(*performer, "identifier") : nullptr;
      if (!id || data.contains("to")) continue;
      if (const auto system = string_at(*id, "system"); system == kFunctionalAddressSystem || system == kPartySystem)
        data["to"] = string_at(*id, "value");
    }
  if (auto number = identifier_of(o, kRecordSystem); !number.empty())
    data["references"] = json::array{json::object{{"system", "dnr"}, {"value", number}}};
  if (task)
    if (auto facts = read_facts(in, task); !facts.empty()) data["facts"] = std::move(facts);
  data["payload"] = std::move(payload);
  return plugin::canonical_message("care.referral", in.id, "urn:samband:adapter:health", in.time, std::move(data));
}

}  // namespace

sdk::Result<std::string> decode_fhir(std::string_view body) {
  auto parsed = plugin::parse_json(body);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto* root = std::get<json::value>(parsed).if_object();
  if (!root) return sdk::invalid("", "a FHIR resource is an object");
  auto input = read_input(*root);
  if (auto* e = std::get_if<sdk::Error>(&input)) return *e;
  const auto& in = std::get<Input>(input);

  Resource task, request;
  for (const auto& r : in.resources) {
    Resource* slot = r.type() == "Task" ? &task : r.type() == "ServiceRequest" ? &request : nullptr;
    if (!slot) continue;
    if (*slot) return sdk::invalid(r.where, "a second resource of this type: one message says one thing");
    *slot = r;
  }
  const bool asks =
      !task || string_at(*task.object, "status") == "requested" || string_at(*task.object, "status") == "draft";
  if (request && asks) return decode_request(in, request, task);
  if (task) return decode_task(in, task);
  return sdk::invalid("/resourceType", "must be a Task or a ServiceRequest, or a Bundle with one");
}

}  // namespace samband::health
