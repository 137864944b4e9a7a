// One exchange -> a FHIR R4 transaction Bundle, of the released fields and nothing else. Every entry is a conditional
// create on an identifier that the exchange gives it, so the same Bundle twice creates nothing twice. Pure,
// thread-safe.
//
//   referrals and notices   Patient (RelatedPerson, Consent, DocumentReference) + ServiceRequest + Task "fulfill"
//   statuses and receipts   Task that names the exchange it is about (groupIdentifier)
//   test results            Patient + Observation + DiagnosticReport + Task "completed", of the order's group
//   recalls                 Task "abort" whose focus is the recalled exchange: the recipient's own resources are not
//   touched
#pragma once
#include "common/json_tools.hpp"

namespace samband::health {
namespace json = boost::json;

json::object encode_exchange(const json::object& exchange);
json::object encode_recall(const json::object& exchange);

}  // namespace samband::health
