#include "health/encode.hpp"

#include <algorithm>
#include <array>

#include "health/fhir_tools.hpp"
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

json::object identifier(std::string_view system, std::string_view value) {
  return {{"system", system}, {"value", value}};
}
json::object coded(std::string_view system, std::string_view code) {
  return {{"coding", json::array{json::object{{"system", system}, {"code", code}}}}};
}

// Builds the entries; a fullUrl is a name made of the exchange and the part, so that every attempt writes the same
// bytes.
class Bundle {
 public:
  explicit Bundle(std::string exchange_id) : exchange_id_(std::move(exchange_id)) {}
  std::string url(std::string_view part) const {
    return "urn:uuid:" + named_uuid(exchange_id_ + "/" + std::string(part));
  }
  json::object reference(std::string_view part) const { return {{"reference", url(part)}}; }
  // Created unless a resource with this identifier exists. The identifier is in the body, never in a URL.
  void add(std::string_view part, json::object resource, std::string_view system, std::string_view value) {
    json::object request{{"method", "POST"},
                         {"url", string_at(resource, "resourceType")},
                         {"ifNoneExist", "identifier=" + std::string(system) + "|" + std::string(value)}};
    entries_.push_back(
        json::object{{"fullUrl", url(part)}, {"resource", std::move(resource)}, {"request", std::move(request)}});
  }
  json::object take() { return {{"resourceType", "Bundle"}, {"type", "transaction"}, {"entry", std::move(entries_)}}; }
  const std::string& exchange_id() const { return exchange_id_; }

 private:
  std::string exchange_id_;
  json::array entries_;
};

void add_security(json::object& resource, std::string_view protection) {
  const std::string_view code = protection == "marked" ? "sekretessmarkering"
                                : protection == "protected_registration" || protection == "fictitious"
                                    ? "skyddadFolkbokforing"
                                    : "";
  if (!code.empty())
    resource["meta"] =
        json::object{{"security", json::array{json::object{{"system", kSecurityLabel}, {"code", code}}}}};
}

// Day 61-91 marks a samordningsnummer; what is not twelve digits (a pseudonym) is a name of the hub's own.
std::string_view number_system(std::string_view number) {
  if (number.size() != 12 || !std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return kPersonSystem;
  return number[6] >= '6' ? kSamordningsnummer : kPersonnummer;
}

bool is_fhir_date(std::string_view s) {
  return (s.size() == 4 || s.size() == 7 || s.size() == 10) &&
         std::all_of(s.begin(), s.end(), [](char c) { return (c >= '0' && c <= '9') || c == '-'; });
}

void add_demographics(json::object& to, const json::object& person) {
  json::object name;
  if (auto family = string_at(person, "familyName"); !family.empty()) name["family"] = family;
  if (auto given = string_at(person, "givenName"); !given.empty()) name["given"] = json::array{json::value(given)};
  if (!name.empty()) to["name"] = json::array{std::move(name)};
  json::array telecom;
  for (const auto* system : {"phone", "email"})
    if (auto value = string_at(person, system); !value.empty())
      telecom.push_back(json::object{{"system", system}, {"value", value}});
  if (!telecom.empty()) to["telecom"] = std::move(telecom);
  if (auto sex = string_at(person, "sex"); sex == "female" || sex == "male") to["gender"] = sex;
  // A generalised birth date is a year, which FHIR takes as it is.
  if (auto date = string_at(person, "birthDate"); is_fhir_date(date)) to["birthDate"] = date;
  if (const auto* a = object_at(person, "address")) {
    json::object address;
    std::string street(string_at(*a, "street"));
    if (auto apartment = string_at(*a, "apartment"); !apartment.empty())
      street += (street.empty() ? "lgh " : ", lgh ") + std::string(apartment);
    if (!street.empty()) address["line"] = json::array{json::value(street)};
    for (const auto* key : {"postalCode", "city"})
      if (auto text = string_at(*a, key); !text.empty()) address[key] = text;
    if (!address.empty()) to["address"] = json::array{std::move(address)};
  }
}

const json::object* subject_of(const json::object& data) {
  const auto* persons = array_at(data, "persons");
  if (!persons) return nullptr;
  for (const auto& v : *persons)
    if (const auto* p = v.if_object(); p && (string_at(*p, "role") == "subject" || string_at(*p, "role") == "tenant"))
      return p;
  return nullptr;
}

// The subject, also when nothing about the person was released: a ServiceRequest needs one.
void add_patient(Bundle& bundle, const json::object* subject) {
  json::object patient{{"resourceType", "Patient"}};
  const auto number = subject ? string_at(*subject, "personalNumber") : std::string_view();
  const auto system = number_system(number);
  const auto value = system == kPersonSystem ? bundle.exchange_id() + "/patient" : std::string(number);
  if (subject) add_security(patient, string_at(*subject, "protection"));
  patient["identifier"] = json::array{identifier(system, value)};
  if (subject) {
    add_demographics(patient, *subject);
    if (auto language = string_at(*subject, "interpreter"); !language.empty())
      patient["communication"] = json::array{json::object{{"language", coded("urn:ietf:bcp:47", language)}}};
  }
  bundle.add("patient", std::move(patient), system, value);
}

void add_related(Bundle& bundle, const json::object& data) {
  const auto* persons = array_at(data, "persons");
  if (!persons) return;
  for (const auto& v : *persons) {
    const auto* person = v.if_object();
    if (!person || string_at(*person, "role") != "guardian" || string_at(*person, "ref").empty()) continue;
    json::object related{{"resourceType", "RelatedPerson"}};
    add_security(related, string_at(*person, "protection"));
    const auto number = string_at(*person, "personalNumber");
    const auto value = bundle.exchange_id() + "/" + plugin::one_line(string_at(*person, "ref"), 64);
    json::array identifiers{identifier(kPersonSystem, value)};
    if (number_system(number) != kPersonSystem) identifiers.push_back(identifier(number_system(number), number));
    related["identifier"] = std::move(identifiers);
    related["patient"] = bundle.reference("patient");
    related["relationship"] = json::array{coded("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "GUARD")};
    add_demographics(related, *person);
    bundle.add("related/" + value, std::move(related), kPersonSystem, value);
  }
}

void add_consents(Bundle& bundle, const json::object& data, std::string_view subject_ref) {
  const auto* consents = array_at(data, "consents");
  if (!consents) return;
  std::size_t i = 0;
  for (const auto& v : *consents) {
    const auto value = bundle.exchange_id() + "/consent/" + std::to_string(i++);
    const auto* given = v.if_object();
    if (!given || string_at(*given, "person") != subject_ref || subject_ref.empty()) continue;
    json::object consent{{"resourceType", "Consent"},
                         {"identifier", json::array{identifier(kExchangeSystem, value)}},
                         {"status", "active"},
                         {"scope", coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")},
                         {"category", json::array{coded("http://loinc.org", "59284-0")}},
                         {"patient", bundle.reference("patient")},
                         {"policyRule", coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN")}};
    json::object provision{{"type", "permit"}};
    json::object period;
    for (const auto& [from, to] :
         std::array<std::pair<std::string_view, std::string_view>, 2>{{{"validFrom", "start"}, {"validTo", "end"}}})
      if (auto at = string_at(*given, from); !at.empty()) period[to] = at;
    if (!period.empty()) provision["period"] = std::move(period);
    consent["provision"] = std::move(provision);
    bundle.add("consent/" + std::to_string(i), std::move(consent), kExchangeSystem, value);
  }
}

// Released attachments; answers the references for ServiceRequest.supportingInfo.
json::array add_documents(Bundle& bundle, const json::object& data) {
  json::array references;
  const auto* list = array_at(data, "attachments");
  if (!list) return references;
  std::size_t i = 0;
  for (const auto& v : *list) {
    const auto part = "document/" + std::to_string(i++);
    const auto* a = v.if_object();
    if (!a || string_at(*a, "content").empty()) continue;
    json::object attachment{{"data", string_at(*a, "content")}};
    if (auto type = string_at(*a, "mediaType"); !type.empty()) attachment["contentType"] = type;
    if (auto name = plugin::one_line(string_at(*a, "name"), 200); !name.empty()) attachment["title"] = name;
    const auto value = bundle.exchange_id() + "/" + part;
    json::object document{{"resourceType", "DocumentReference"},
                          {"identifier", json::array{identifier(kExchangeSystem, value)}},
                          {"status", "current"},
                          {"subject", bundle.reference("patient")},
                          {"content", json::array{json::object{{"attachment", std::move(attachment)}}}}};
    bundle.add(part, std::move(document), kExchangeSystem, value);
    references.push_back(bundle.reference(part));
  }
  return references;
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

json::object encode_status(const json::object& exchange) {
  Bundle bundle{std::string(string_at(exchange, "exchangeId"))};
  const auto& payload = payload_of(exchange);
  const bool receipt = string_at(exchange, "kind") == "exchange.receipt";
  const std::string_view status = receipt ? "received" : string_at(payload, "status");
  auto task = task_for(exchange, "change", task_status(status));
  if (auto about = string_at(payload, "exchangeId"); !about.empty())
    task["groupIdentifier"] = identifier(kExchangeSystem, about);
  if (!status.empty()) task["businessStatus"] = coded(kStatusSystem, status);
  if (auto reason = string_at(payload, "reasonCode"); !reason.empty())
    task["statusReason"] = coded(kReasonSystem, reason);
  task["note"] = json::array{json::object{{"text", plugin::notice_text(exchange)}}};
  bundle.add("task", std::move(task), kExchangeSystem, bundle.exchange_id());
  return bundle.take();
}

}  // namespace

json::object encode_exchange(const json::object& exchange) {
  const auto kind = string_at(exchange, "kind");
  if (kind == "care.status" || kind == "exchange.receipt") return encode_status(exchange);
  Bundle bundle{std::string(string_at(exchange, "exchangeId"))};
  const auto& data = data_of(exchange);
  const auto* subject = subject_of(data);
  const auto protection = subject ? string_at(*subject, "protection") : std::string_view();
  add_patient(bundle, subject);
  add_related(bundle, data);
  add_consents(bundle, data, subject ? string_at(*subject, "ref") : std::string_view());
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
