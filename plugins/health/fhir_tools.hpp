// Small pieces of FHIR R4 that both directions need: systems, identifiers, instants, references inside a Bundle.
// Pure, thread-safe.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/json_tools.hpp"

namespace samband::health {
namespace json = boost::json;

inline constexpr std::string_view kExchangeSystem = "urn:samband:exchange";
inline constexpr std::string_view kConsentSystem = "urn:samband:consent";
inline constexpr std::string_view kPersonSystem = "urn:samband:person";
inline constexpr std::string_view kStatusSystem = "urn:samband:referral-status";
inline constexpr std::string_view kReasonSystem = "urn:samband:reason";
inline constexpr std::string_view kServiceSystem = "urn:samband:service";
inline constexpr std::string_view kKindSystem = "urn:samband:kind";
inline constexpr std::string_view kFactSystem = "urn:samband:fact";
inline constexpr std::string_view kSignatureUrl = "urn:samband:assessor-signature";
inline constexpr std::string_view kRecordSystem = "urn:samband:record";
inline constexpr std::string_view kPartySystem = "urn:samband:party";
inline constexpr std::string_view kFunctionalAddressSystem = "urn:riv:infrastructure:messaging:functionalAddress";
inline constexpr std::string_view kPersonnummer = "http://electronichealth.se/identifier/personnummer";
inline constexpr std::string_view kSamordningsnummer = "http://electronichealth.se/identifier/samordningsnummer";
inline constexpr std::string_view kReserveNumber = "http://electronichealth.se/identifier/nationelltReservnummer";
inline constexpr std::string_view kPurposeSystem = "urn:samband:purpose";
inline constexpr std::string_view kCategorySystem = "urn:samband:data-category";
inline constexpr std::string_view kEvidenceSystem = "urn:samband:evidence-sha256";
inline constexpr std::string_view kAgreementPrefix = "urn:samband:agreement:";
inline constexpr std::string_view kSnomed = "http://snomed.info/sct";
inline constexpr std::string_view kLaboratory = "108252007";  // SNOMED CT: laboratory procedure
inline constexpr std::string_view kSecurityLabel = "http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel";

// value of the first identifier of that system in an "identifier" array; "".
std::string_view identifier_of(const json::object& resource, std::string_view system);
// code of the first coding of that system in a CodeableConcept; "".
std::string_view code_of(const json::object& concept_, std::string_view system);

// An instant with Z or an offset -> "2026-11-22T01:10:00.000Z"; "" when it is neither.
std::string utc_instant(std::string_view);

// A UUID that depends on its argument only (a step is a pure function): 128 bits of FNV-1a, marked as version 8.
std::string named_uuid(std::string_view name);

// A resource of the sender's message and the JSON pointer to it.
struct Resource {
  const json::object* object = nullptr;
  std::string where, full_url;
  explicit operator bool() const { return object != nullptr; }
  std::string_view type() const { return object ? plugin::string_at(*object, "resourceType") : std::string_view(); }
};
// What a Reference object points at in the bundle: by fullUrl, by "Type/id", or "#contained" of `from`; empty when it
// is not there.
Resource resolve(const std::vector<Resource>& bundle, const Resource& from, const json::object* reference);

}  // namespace samband::health
