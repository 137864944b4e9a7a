// A consent as a FHIR Consent resource, both ways. It is ours when provision.purpose has a purpose of ours: then it is
// read strictly, because a consent that was half understood would permit what nobody allowed. Any other Consent (a
// patient's for the region's own records, say) permits nothing here. Pure, thread-safe.
#pragma once
#include "health/read_bundle.hpp"

namespace samband::health {

// The "consents" entries about the person of the message; only active ones. `patient` is where the message's person
// stands (may be empty). Errors: a consent of ours that lacks something, or is about somebody else.
sdk::Result<json::array> read_consents(Input&, const Resource& patient);

// What is the consent's own: performer, provision, policy, language, evidence.
void write_consent(json::object& resource, const json::object& consent, const json::object& patient_reference);

}  // namespace samband::health
