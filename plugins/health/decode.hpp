// FHIR R4 -> one canonical message. A Task tells what became of an exchange (care.status); a ServiceRequest is a
// referral (care.referral) or, of the laboratory category, an order of a test (test.order); a DiagnosticReport is its
// result (test.result); a Communication is a report to the social board (concern.report, lvm.report). Unknown elements
// are passed over, as FHIR asks of a reader; what we read is read strictly. Pure, thread-safe.
#pragma once
#include "common/json_tools.hpp"

namespace samband::health {

// Errors: invalid_input with a JSON pointer; never a value.
sdk::Result<std::string> decode_fhir(std::string_view body);

}  // namespace samband::health
