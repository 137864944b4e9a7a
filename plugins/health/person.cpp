#include "health/person.hpp"

#include <algorithm>
#include <array>

namespace samband::health {
namespace {

using plugin::array_at;
using plugin::object_at;
using plugin::string_at;

constexpr std::string_view kNone = "none", kMarked = "marked", kProtected = "protected_registration";
// Swedish systems by URI (FHIR) and by OID (older senders).
constexpr std::array<std::string_view, 4> kNumberSystems{kPersonnummer, kSamordningsnummer,
                                                         "urn:oid:1.2.752.129.2.1.3.1", "urn:oid:1.2.752.129.2.1.3.3"};

bool is_number(std::string_view s) {
  return s.size() == 12 && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

const json::object* first_object(const json::object& o, std::string_view key) {
  const auto* list = array_at(o, key);
  return list && !list->empty() ? list->front().if_object() : nullptr;
}

void add_contact(json::object& person, const json::object& patient) {
  const auto* list = array_at(patient, "telecom");
  if (!list) return;
  for (const auto& v : *list) {
    const auto* t = v.if_object();
    if (!t || string_at(*t, "value").empty()) continue;
    const auto system = string_at(*t, "system");
    const std::string_view key = system == "email" ? "email" : system == "phone" || system == "sms" ? "phone" : "";
    if (!key.empty() && !person.contains(key)) person[key] = string_at(*t, "value");
  }
}

void add_address(json::object& person, const json::object& patient) {
  const auto* a = first_object(patient, "address");
  if (!a) return;
  json::object address;
  if (const auto* lines = array_at(*a, "line")) {
    std::string street;
    for (const auto& line : *lines)
      if (const auto* s = line.if_string(); s && !s->empty()) street += (street.empty() ? "" : ", ") + std::string(*s);
    if (!street.empty()) address["street"] = street;
  }
  for (const auto* key : {"postalCode", "city"})
    if (auto text = string_at(*a, key); !text.empty()) address[key] = text;
  if (!address.empty()) person["address"] = std::move(address);
}

}  // namespace

std::string_view stronger(std::string_view a, std::string_view b) {
  for (const auto level : {kProtected, kMarked})
    if (a == level || b == level) return level;
  return kNone;
}

std::string_view protection_of(const json::object& resource) {
  const auto* meta = object_at(resource, "meta");
  const auto* labels = meta ? array_at(*meta, "security") : nullptr;
  std::string_view found = kNone;
  if (!labels) return found;
  for (const auto& v : *labels) {
    const auto* label = v.if_object();
    const auto code = label ? string_at(*label, "code") : std::string_view();
    if (code == "skyddadFolkbokforing") found = kProtected;
    // Confidentiality at or below normal asks for nothing special.
    else if (code != "N" && code != "L" && code != "M" && code != "U")
      found = stronger(found, kMarked);
  }
  return found;
}

sdk::Result<json::object> person_from(const Resource& patient, std::vector<plugin::Warning>& warnings) {
  json::object person{{"ref", "p1"}, {"role", "subject"}};
  const auto& o = *patient.object;
  if (const auto* list = array_at(o, "identifier")) {
    std::size_t i = 0;
    for (const auto& v : *list) {
      const auto where = patient.where + "/identifier/" + std::to_string(i++) + "/value";
      const auto* id = v.if_object();
      // A reserve number of health care is nobody's number outside it: left out, and said so.
      if (id && string_at(*id, "system") == kReserveNumber) warnings.push_back({"unknown_field", where});
      if (!id ||
          std::find(kNumberSystems.begin(), kNumberSystems.end(), string_at(*id, "system")) == kNumberSystems.end())
        continue;
      if (!is_number(string_at(*id, "value"))) return sdk::invalid(where, "must be a person number of twelve digits");
      if (person.contains("personalNumber")) return sdk::invalid(where, "a second person number");
      person["personalNumber"] = string_at(*id, "value");
    }
  }
  if (const auto* name = first_object(o, "name")) {
    if (auto family = string_at(*name, "family"); !family.empty()) person["familyName"] = family;
    if (const auto* given = array_at(*name, "given")) {
      std::string all;
      for (const auto& v : *given)
        if (const auto* s = v.if_string(); s && !s->empty()) all += (all.empty() ? "" : " ") + std::string(*s);
      if (!all.empty()) person["givenName"] = all;
    }
  }
  if (auto date = string_at(o, "birthDate"); date.size() == 10) person["birthDate"] = date;
  if (auto gender = string_at(o, "gender"); gender == "female" || gender == "male") person["sex"] = gender;
  add_contact(person, o);
  add_address(person, o);
  person["protection"] = protection_of(o);
  return person;
}

}  // namespace samband::health
