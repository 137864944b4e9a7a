// Namespaces and identifiers (OID) of RIV-TA that both directions need.
#pragma once
#include <string_view>

namespace samband::health {

inline constexpr std::string_view kRivCore = "urn:riv:clinicalprocess:activity:request:1";
inline constexpr std::string_view kRivPilot = "urn:riv:clinicalprocess:requestworkflow:request";
inline constexpr std::string_view kRivResponder =
    "urn:riv:clinicalprocess:activity:request:";  // + NAME + "Responder:1"
inline constexpr std::string_view kRivAddress = "urn:riv:itintegration:registry:1";
inline constexpr std::string_view kSoap = "http://schemas.xmlsoap.org/soap/envelope/";
inline constexpr std::string_view kRivExtension = "urn:samband:riv:1";
inline constexpr std::string_view kOidPersonnummer = "1.2.752.129.2.1.3.1";
inline constexpr std::string_view kOidSamordningsnummer = "1.2.752.129.2.1.3.3";

}  // namespace samband::health
