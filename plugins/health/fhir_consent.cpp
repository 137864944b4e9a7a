#include "health/fhir_consent.hpp"

#include <algorithm>
#include <array>

namespace samband::health {
namespace {

using plugin::array_at;
using plugin::object_at;
using plugin::string_at;

constexpr std::string_view kRoleClass = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";

struct Giver {
  std::string_view code;
  int guardians;
  bool self;
};
constexpr std::array<Giver, 5> kGivers{{{"self", 0, true},
                                        {"guardian", 1, false},
                                        {"both_guardians", 2, false},
                                        {"guardian_and_child", 1, true},
                                        {"both_guardians_and_child", 2, true}}};

// Codes of that system in a list of Codings or of CodeableConcepts.
json::array codes_of(const json::array* list, std::string_view system) {
  json::array out;
  if (!list) return out;
  for (const auto& v : *list) {
    const auto* o = v.if_object();
    if (!o) continue;
    const auto code = string_at(*o, "system") == system ? string_at(*o, "code") : code_of(*o, system);
    if (!code.empty()) out.emplace_back(code);
  }
  return out;
}

// Patient or RelatedPerson, by the resource or by the reference's own type.
std::string type_of(const Input& in, const Resource& from, const json::object& reference) {
  if (const auto resource = resolve(in.resources, from, &reference)) return std::string(resource.type());
  return std::string(string_at(reference, "type"));
}

std::string_view giver_of(const Input& in, const Resource& consent) {
  int guardians = 0;
  bool self = false;
  if (const auto* performers = array_at(*consent.object, "performer"))
    for (const auto& v : *performers) {
      const auto* reference = v.if_object();
      const auto type = reference ? type_of(in, consent, *reference) : std::string();
      if (type == "Patient")
        self = true;
      else if (type == "RelatedPerson")
        ++guardians;
      else
        return {};
    }
  for (const auto& g : kGivers)
    if (g.guardians == guardians && g.self == self) return g.code;
  return {};
}

json::array recipients_of(const json::object& provision) {
  json::array out;
  if (const auto* actors = array_at(provision, "actor"))
    for (const auto& v : *actors) {
      const auto* actor = v.if_object();
      const auto* reference = actor ? object_at(*actor, "reference") : nullptr;
      const auto* id = reference ? object_at(*reference, "identifier") : nullptr;
      if (id && string_at(*id, "system") == kPartySystem) out.emplace_back(string_at(*id, "value"));
    }
  return out;
}

sdk::Result<json::object> read_consent(const Input& in, const Resource& consent, const json::object& provision,
                                       json::array purposes) {
  const auto at = consent.where + "/provision";
  if (const auto type = string_at(provision, "type"); type != "permit")
    return sdk::invalid(at + "/type", "must be permit: what is not permitted is denied already");
  if (provision.contains("provision"))
    return sdk::invalid(at + "/provision", "exceptions are not carried: say what is permitted");
  const auto giver = giver_of(in, consent);
  if (giver.empty())
    return sdk::invalid(consent.where + "/performer", "must be the Patient, RelatedPersons (guardians), or both");
  json::object out{{"person", "p1"}, {"giver", giver}};
  out["recipients"] = recipients_of(provision);
  if (out["recipients"].as_array().empty())
    return sdk::invalid(at + "/actor", "must name who may receive (urn:samband:party)");
  out["purposes"] = std::move(purposes);
  out["categories"] = codes_of(array_at(provision, "code"), kCategorySystem);
  if (out["categories"].as_array().empty())
    return sdk::invalid(at + "/code", "must name what may be received (urn:samband:data-category)");
  const auto* period = object_at(provision, "period");
  for (const auto& [fhir, ours] : {std::pair<const char*, const char*>{"start", "validFrom"}, {"end", "validTo"}}) {
    const auto text = period ? string_at(*period, fhir) : std::string_view();
    const auto instant = utc_instant(text);
    if (instant.empty() && (!text.empty() || std::string_view(fhir) == "end"))
      return sdk::invalid(at + "/period/" + fhir, "must be an instant");
    if (!instant.empty()) out[ours] = instant;
  }
  if (auto language = string_at(*consent.object, "language"); !language.empty())
    out["language"] = language.substr(0, language.find('-'));
  // Without the signed form nobody can show that it was given.
  const auto* source = object_at(*consent.object, "sourceReference");
  const auto* evidence = source ? object_at(*source, "identifier") : nullptr;
  if (!evidence || string_at(*evidence, "system") != kEvidenceSystem || string_at(*evidence, "value").empty())
    return sdk::invalid(consent.where + "/sourceReference", "must name the signed form (urn:samband:evidence-sha256)");
  out["evidenceSha256"] = string_at(*evidence, "value");
  if (const auto* policies = array_at(*consent.object, "policy"))
    for (const auto& v : *policies)
      if (const auto* p = v.if_object(); p && string_at(*p, "uri").starts_with(kAgreementPrefix))
        out["agreement"] = string_at(*p, "uri").substr(kAgreementPrefix.size());
  return out;
}

bool same_person(const Input& in, const Resource& consent, const Resource& patient, const json::object* reference) {
  if (!reference) return false;
  const auto named = resolve(in.resources, consent, reference);
  return named && patient && named.object == patient.object;
}

}  // namespace

sdk::Result<json::array> read_consents(Input& in, const Resource& patient) {
  json::array out;
  for (const auto& r : in.resources) {
    if (r.type() != "Consent") continue;
    const auto* provision = object_at(*r.object, "provision");
    auto purposes = codes_of(provision ? array_at(*provision, "purpose") : nullptr, kPurposeSystem);
    if (purposes.empty()) {
      in.warnings.push_back({"unknown_field", r.where});
      continue;
    }
    if (string_at(*r.object, "status") != "active") continue;  // refused, ended or entered in error: no consent
    if (!same_person(in, r, patient, object_at(*r.object, "patient")))
      return sdk::invalid(r.where + "/patient", "must be the Patient that the message is about, in the bundle");
    auto read = read_consent(in, r, *provision, std::move(purposes));
    if (auto* e = std::get_if<sdk::Error>(&read)) return *e;
    out.push_back(std::move(std::get<json::object>(read)));
  }
  return out;
}

void write_consent(json::object& resource, const json::object& consent, const json::object& patient_reference) {
  const auto strings = [&](const char* key, auto&& make) {
    json::array out;
    if (const auto* list = array_at(consent, key))
      for (const auto& v : *list)
        if (const auto* s = v.if_string()) out.push_back(make(std::string_view(*s)));
    return out;
  };
  json::object provision{{"type", "permit"}}, period;
  for (const auto& [ours, fhir] : {std::pair<const char*, const char*>{"validFrom", "start"}, {"validTo", "end"}})
    if (auto at = string_at(consent, ours); !at.empty()) period[fhir] = at;
  if (!period.empty()) provision["period"] = std::move(period);
  auto actors = strings("recipients", [](std::string_view party) {
    return json::object{
        {"role", json::object{{"coding", json::array{json::object{{"system", kRoleClass}, {"code", "IRCP"}}}}}},
        {"reference", json::object{{"identifier", json::object{{"system", kPartySystem}, {"value", party}}}}}};
  });
  if (!actors.empty()) provision["actor"] = std::move(actors);
  auto purposes = strings(
      "purposes", [](std::string_view code) { return json::object{{"system", kPurposeSystem}, {"code", code}}; });
  if (!purposes.empty()) provision["purpose"] = std::move(purposes);
  auto categories = strings("categories", [](std::string_view code) {
    return json::object{{"coding", json::array{json::object{{"system", kCategorySystem}, {"code", code}}}}};
  });
  if (!categories.empty()) provision["code"] = std::move(categories);
  resource["provision"] = std::move(provision);

  json::array performers;
  for (const auto& g : kGivers) {
    if (g.code != string_at(consent, "giver")) continue;
    if (g.self) performers.push_back(patient_reference);
    for (int i = 0; i < g.guardians; ++i)
      performers.push_back(json::object{{"type", "RelatedPerson"}, {"display", "vårdnadshavare"}});
  }
  if (!performers.empty()) resource["performer"] = std::move(performers);
  if (auto language = string_at(consent, "language"); !language.empty()) resource["language"] = language;
  if (auto hash = string_at(consent, "evidenceSha256"); !hash.empty())
    resource["sourceReference"] =
        json::object{{"identifier", json::object{{"system", kEvidenceSystem}, {"value", hash}}}};
  if (auto agreement = string_at(consent, "agreement"); !agreement.empty())
    resource["policy"] = json::array{json::object{{"uri", std::string(kAgreementPrefix) + std::string(agreement)}}};
}

}  // namespace samband::health
