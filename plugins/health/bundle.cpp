#include "health/bundle.hpp"

#include <algorithm>
#include <array>

#include "health/fhir_consent.hpp"
#include "notice_text/notice_text.hpp"

namespace samband::health {
namespace {

using plugin::array_at;
using plugin::object_at;
using plugin::string_at;

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

}  // namespace

json::object identifier(std::string_view system, std::string_view value) {
  return {{"system", system}, {"value", value}};
}
json::object coded(std::string_view system, std::string_view code) {
  return {{"coding", json::array{json::object{{"system", system}, {"code", code}}}}};
}

// Day 61-91 marks a samordningsnummer; what is not twelve digits (a pseudonym) is a name of the hub's own.
std::string_view number_system(std::string_view number) {
  if (number.size() != 12 || !std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return kPersonSystem;
  return number[6] >= '6' ? kSamordningsnummer : kPersonnummer;
}

void add_security(json::object& resource, std::string_view protection) {
  const std::string_view code = protection == "marked" ? "sekretessmarkering"
                                : protection == "protected_registration" || protection == "fictitious"
                                    ? "skyddadFolkbokforing"
                                    : "";
  if (!code.empty())
    resource["meta"] =
        json::object{{"security", json::array{json::object{{"system", kSecurityLabel}, {"code", code}}}}};
}

const json::object* subject_of(const json::object& data) {
  const auto* persons = array_at(data, "persons");
  if (!persons) return nullptr;
  for (const auto& v : *persons)
    if (const auto* p = v.if_object(); p && (string_at(*p, "role") == "subject" || string_at(*p, "role") == "tenant"))
      return p;
  return nullptr;
}

void add_patient(Bundle& bundle, const json::object* subject) {
  json::object patient{{"resourceType", "Patient"}};
  // Where it is not sure who it is, no number goes out that a system would match somebody else by.
  const auto* sure = subject ? plugin::bool_at(*subject, "identityEstablished") : nullptr;
  const auto number = subject && !(sure && !*sure) ? string_at(*subject, "personalNumber") : std::string_view();
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

static bool says_whom_why_and_what(const json::object& consent) {
  for (const char* key : {"recipients", "purposes", "categories"})
    if (const auto* list = array_at(consent, key); !list || list->empty()) return false;
  return true;
}

void add_consents(Bundle& bundle, const json::object& exchange, std::string_view subject_ref) {
  const auto* consents = array_at(exchange, "consents");
  if (!consents) return;
  std::size_t i = 0;
  for (const auto& v : *consents) {
    const auto value = bundle.exchange_id() + "/consent/" + std::to_string(i++);
    const auto* given = v.if_object();
    if (!given || string_at(*given, "person") != subject_ref || subject_ref.empty()) continue;
    // In FHIR a provision without actors, purposes or codes is about all of them.
    if (!says_whom_why_and_what(*given)) continue;
    json::object consent{{"resourceType", "Consent"},
                         {"identifier", json::array{identifier(kExchangeSystem, value)}},
                         {"status", "active"},
                         {"scope", coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")},
                         {"category", json::array{coded("http://loinc.org", "59284-0")}},
                         {"patient", bundle.reference("patient")},
                         {"policyRule", coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN")}};
    if (auto id = string_at(*given, "id"); !id.empty())
      consent["identifier"].as_array().push_back(identifier(kConsentSystem, id));
    if (auto holder = string_at(*given, "holder"); !holder.empty())
      consent["organization"] = json::array{json::object{{"identifier", identifier(kPartySystem, holder)}}};
    write_consent(consent, *given, bundle.reference("patient"));
    bundle.add("consent/" + std::to_string(i), std::move(consent), kExchangeSystem, value);
  }
}

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

}  // namespace samband::health
