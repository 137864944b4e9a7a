// An SDK message as values: XHE envelope and MessageWithAttachments v3.
// Source: diggsweden/sdk-docs, infrastructure_messaging_MessageWithAttachments_3.0.xsd and
// innehållsspecifikation 1.5.2.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "digg_sdk/notice.hpp"

namespace samband::plugin {

inline constexpr std::string_view kSdkNamespace = "urn:riv:infrastructure:messaging:MessageWithAttachments:3";
inline constexpr std::string_view kXheNamespace = "http://docs.oasis-open.org/bdxr/ns/XHE/1/ExchangeHeaderEnvelope";
inline constexpr std::string_view kXheBasic = "http://docs.oasis-open.org/bdxr/ns/XHE/1/BasicComponents";
inline constexpr std::string_view kXheAggregate = "http://docs.oasis-open.org/bdxr/ns/XHE/1/AggregateComponents";
inline constexpr std::string_view kParticipantScheme = "iso6523-actorid-upis";
inline constexpr std::string_view kFunctionalAddressRoot = "urn:riv:infrastructure:messaging:functionalAddress";
inline constexpr std::string_view kXheCustomization = "urn:fdc:digg.se:edelivery:xhe:1";
inline constexpr std::string_view kFederation = "urn:fdc:digg.se:edelivery:federation:sdk";

struct SdkIdentifier {
  std::string root, extension, label;
};
struct SdkParty {
  std::string participant_id;      // "0203:domain"
  std::string functional_address;  // a sender may lack it
  std::string label;
  std::vector<SdkIdentifier> persons, references;
};
struct SdkFile {
  std::string name, media_type, base64;
};
struct SdkDocument {
  std::string id, name, text;
  std::vector<SdkFile> files;
};
struct SdkMessage {
  std::string created_at;  // RFC 3339, UTC, milliseconds
  std::string message_id, conversation_id, ref_to_message_id, label;
  bool confidential = true;
  SdkIdentifier generating_system;
  SdkParty sender, recipient;
  std::vector<SdkDocument> documents;
  std::optional<Notice> notice;
};

// What the receipt of a refused message says. The ids are as they stand in the envelope, unchecked; empty when it could
// not be read at all, and then no receipt can be written.
struct SdkRefusal {
  std::string document_id, sender;
  std::string reason, detail;  // "SV" "structure", "BV" "invariant", ...
};

// Pure. Errors: a path from the message's root element or "line:column", and which rule; never a value.
sdk::Result<SdkMessage> read_sdk_message(std::string_view xhe, SdkRefusal* why = nullptr);
// message.notice must be set. Errors: an address or id that SDK would refuse (INVALID_CONFIG or INTERNAL).
sdk::Result<std::string> write_sdk_message(const SdkMessage&);
}  // namespace samband::plugin
