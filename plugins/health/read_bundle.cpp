#include "health/read_bundle.hpp"

#include <algorithm>
#include <array>

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
constexpr std::array<Pair, 8> kFacts{{{"need-for-care", "need_for_care"},
                                      {"ongoing-misuse", "ongoing_misuse"},
                                      {"compulsory-care", "compulsory_care"},
                                      {"individual-assessment", "individual_assessment"},
                                      {"identity-established", "identity_established"},
                                      {"guardian-harm", "guardian_harm"},
                                      {"lvm-need", "lvm_need"},
                                      {"not-helped-in-health-care", "not_helped_in_health_care"}}};

}  // namespace

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

sdk::Result<json::object> read_patient(Input& in, const Resource& from, std::string_view element) {
  const auto* reference = object_at(*from.object, element);
  json::object person{{"ref", "p1"}, {"role", "subject"}, {"protection", "none"}};
  if (const auto patient = resolve(in.resources, from, reference); patient && patient.type() == "Patient") {
    auto read = person_from(patient, in.warnings);
    if (std::holds_alternative<sdk::Error>(read)) return read;
    person = std::move(std::get<json::object>(read));
  } else if (const auto* identifier = reference ? object_at(*reference, "identifier") : nullptr) {
    json::object stand_in{{"identifier", json::array{*identifier}}};
    auto read = person_from({&stand_in, from.where + "/" + std::string(element), ""}, in.warnings);
    if (auto* e = std::get_if<sdk::Error>(&read))
      return sdk::invalid(from.where + "/" + std::string(element) + "/identifier/value", e->message);
    person = std::move(std::get<json::object>(read));
  }
  person["protection"] = stronger(string_at(person, "protection"), protection_of(*from.object));
  return person;
}

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

// What the assessor signed about this one answer: an extension of the input that gives it.
std::string signature_of(const json::object& input) {
  const auto* extensions = array_at(input, "extension");
  if (!extensions) return {};
  for (const auto& v : *extensions)
    if (const auto* e = v.if_object(); e && string_at(*e, "url") == kSignatureUrl)
      return std::string(string_at(*e, "valueString"));
  return {};
}

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
    if (auto jws = signature_of(*input); !jws.empty()) who["jws"] = std::move(jws);
    if (who.contains("id")) fact["assessor"] = std::move(who);
    facts.push_back(std::move(fact));
  }
  return facts;
}

std::string exchange_named_by(const json::object& resource) {
  // A group is what a step belongs to; the Task's own identifier may be the step's.
  if (const auto* group = object_at(resource, "groupIdentifier");
      group && string_at(*group, "system") == kExchangeSystem)
    return std::string(string_at(*group, "value"));
  if (const auto own = identifier_of(resource, kExchangeSystem);
      !own.empty() && string_at(resource, "resourceType") == "Task")
    return std::string(own);
  const auto named = [](const json::object* reference) {
    const auto* id = reference ? object_at(*reference, "identifier") : nullptr;
    return id && string_at(*id, "system") == kExchangeSystem ? std::string(string_at(*id, "value")) : std::string();
  };
  if (const auto* list = array_at(resource, "basedOn"))
    for (const auto& v : *list)
      if (auto id = named(v.if_object()); !id.empty()) return id;
  return named(object_at(resource, "focus"));
}

}  // namespace samband::health
