// What every FHIR message is read by, whatever it says: the resources of a Bundle, the person it is about, who wrote
// it, the facts it asserts, the exchange it names. Pure, thread-safe.
#pragma once
#include <string>
#include <vector>

#include "common/canonical.hpp"
#include "health/fhir_tools.hpp"

namespace samband::health {

struct Input {
  std::vector<Resource> resources;
  std::string id, time;
  std::vector<plugin::Warning> warnings;
};

// Errors: no id, no time, no resources, too many.
sdk::Result<Input> read_input(const json::object& root);

// The Patient of a "for" or "subject" element: in the bundle, or by identifier alone. A label on the resource itself
// protects as much as one on the patient.
sdk::Result<json::object> read_patient(Input&, const Resource& from, std::string_view element);

// {"id","name","phone"} of a practitioner reference: HSA id and name, from the resource or from the reference.
json::object practitioner(const Input&, const Resource& from, const json::object* reference);

// Texts of "note", with an empty line between.
std::string notes(const json::object& resource);

// Task.input with a type of our fact system: a Practitioner reference says yes and who answers for it; a boolean says
// yes or no, with the assessor in an input of type "assessor".
json::array read_facts(const Input&, const Resource& task);

// The exchange that a Task or a report is about: groupIdentifier, a Task's own identifier, basedOn
// or focus; "".
std::string exchange_named_by(const json::object& resource);

}  // namespace samband::health
