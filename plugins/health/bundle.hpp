// The parts of a transaction Bundle: entries that are conditional creates, and the resources that several messages
// share (Patient, RelatedPerson, Consent, DocumentReference). Made of the released fields and nothing else. Pure; one
// Bundle each, not thread-safe.
#pragma once
#include <string>
#include <string_view>

#include "common/json_tools.hpp"
#include "health/fhir_tools.hpp"

namespace samband::health {

json::object identifier(std::string_view system, std::string_view value);
json::object coded(std::string_view system, std::string_view code);

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
                         {"url", plugin::string_at(resource, "resourceType")},
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

void add_security(json::object& resource, std::string_view protection);
// The FHIR system of a person number; the hub's own for what is none (a pseudonym).
std::string_view number_system(std::string_view number);
const json::object* subject_of(const json::object& data);
// The subject, also when nothing about the person was released: a ServiceRequest needs one.
void add_patient(Bundle&, const json::object* subject);
// Guardians.
void add_related(Bundle&, const json::object& data);
// The consents that the hub says the exchange rests on (`consents` of the exchange, never of its data).
void add_consents(Bundle&, const json::object& exchange, std::string_view subject_ref);
// Released attachments; answers the references for ServiceRequest.supportingInfo.
json::array add_documents(Bundle&, const json::object& data);

}  // namespace samband::health
