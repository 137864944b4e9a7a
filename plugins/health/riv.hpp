// RIV-TA referrals: what the national contract clinicalprocess:activity:request 1.0 and the eRemiss pilot of Region
// Stockholm say, as canonical messages, and the other way. Reads both; writes the national contract, as SOAP. What the
// contract has no place for (the step of a referral beyond received, forwarded, completion and answer) stands in an
// element of our own namespace, where the schema leaves room for others. Pure, thread-safe.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/json_tools.hpp"

namespace samband::health {
namespace json = boost::json;

struct RivSettings {
  std::string care_unit;                                  // the hub's own HSA id
  std::map<std::string, std::string, std::less<>> units;  // party -> HSA id of its care unit
};

// A request is care.referral; a confirmation and an outcome are care.status. Errors: invalid_input with a path or
// line:column, never a value.
sdk::Result<std::string> decode_riv(std::string_view xml, const RivSettings&);

struct RivCall {
  std::string soap_action, body;
  std::string refused;  // a reason code when RIV cannot carry this exchange without losing something; else ""
};
RivCall encode_riv(const json::object& exchange, const RivSettings&);

// The hub's answer as the SOAP response of the operation that the message came by; nothing when it did not come by RIV.
std::optional<std::string> render_riv_answer(const json::object& answer);

// What the recipient's SOAP answer means.
sdk::Action riv_answered(const sdk::Wire& answer);

}  // namespace samband::health
