#include "common/canonical.hpp"
#include "digg_sdk/message.hpp"

namespace samband::plugin {
namespace {

constexpr std::string_view kDocumentId =
    "urn:riv:infrastructure:messaging:MessageWithAttachments:3::messagePayload##3.0::tm-base-ext-sigenc";

void criterion(XmlWriter& x, std::string_view type, std::string_view value) {
  x.open("xha:BusinessScopeCriterion");
  x.leaf("xhb:BusinessScopeCriterionTypeCode", type).leaf("xhb:BusinessScopeCriterionValue", value);
  x.close();
}

void xhe_party(XmlWriter& x, std::string_view name, std::string_view participant) {
  x.open(name).open("xha:PartyIdentification");
  x.leaf("xhb:ID", participant, {{"schemeID", kParticipantScheme}});
  x.close().close();
}

void identifier(XmlWriter& x, std::string_view name, std::string_view root, std::string_view extension) {
  x.open(name).leaf("m:root", root).leaf("m:extension", extension).close();
}

void party(XmlWriter& x, const SdkParty& p, bool is_sender) {
  x.open(is_sender ? "m:sender" : "m:recipient");
  identifier(x, is_sender ? "m:senderID" : "m:recipientID", kParticipantScheme, p.participant_id);
  x.leaf_if("m:label", p.label);
  if (!p.functional_address.empty()) {
    x.open("m:attention").open("m:subOrganization");
    identifier(x, "m:organizationId", kFunctionalAddressRoot, p.functional_address);
    x.close();
    for (const auto& reference : p.references) {
      if (is_blank(reference.extension)) continue;
      x.open("m:reference");
      identifier(x, "m:referenceId", reference.root, reference.extension);
      x.leaf_if("m:label", reference.label).close();
    }
    x.close();
  }
  x.close();
}

void document(XmlWriter& x, const SdkDocument& d, std::size_t index) {
  x.open("m:documents")
      .leaf("m:documentID", d.id)
      .leaf_if("m:documentName", d.name)
      .leaf("m:index", std::to_string(index));
  for (const auto& file : d.files) {
    if (file.base64.empty()) continue;
    x.open("m:ContentFiles").leaf("m:fileName", file.name).leaf("m:contentType", file.media_type);
    x.leaf("m:content", file.base64).close();
  }
  if (!is_blank(d.text)) x.open("m:ContentText").leaf("m:characterSequence", d.text).close();
  x.close();
}

}  // namespace

sdk::Result<std::string> write_sdk_message(const SdkMessage& m) {
  if (!m.notice || m.documents.empty())
    return sdk::Error{HUB_INTERNAL, "/data", "a message without notice or document"};
  if (!is_uuid(m.message_id) || !is_uuid(m.conversation_id) ||
      (!m.ref_to_message_id.empty() && !is_uuid(m.ref_to_message_id)))
    return sdk::Error{HUB_INTERNAL, "/exchangeId", "an identifier that is not a UUID"};
  if (utc_milliseconds(m.created_at).empty()) return sdk::Error{HUB_INTERNAL, "/createdAt", "not a UTC time"};
  for (const auto* p : {&m.sender, &m.recipient})
    if (p->participant_id.substr(0, 5) != "0203:" || p->participant_id.size() < 6)
      return sdk::Error{HUB_INVALID_CONFIG, p == &m.sender ? "/sender/participantId" : "/recipient/participantId",
                        "the party has no SDK participant id (0203:...)"};
  if (m.recipient.functional_address.empty())
    return sdk::Error{HUB_INVALID_CONFIG, "/recipient/functionalAddress", "the party has no functional address"};

  XmlWriter x;
  x.open("xhe:XHE", {{"xmlns:xhe", kXheNamespace},
                     {"xmlns:xha", kXheAggregate},
                     {"xmlns:xhb", kXheBasic},
                     {"xmlns:m", kSdkNamespace}});
  x.leaf("xhb:XHEVersionID", "1.0").leaf("xhb:CustomizationID", kXheCustomization);
  x.open("xha:Header").leaf("xhb:ID", m.message_id).leaf("xhb:CreationDateTime", utc_milliseconds(m.created_at));
  x.open("xha:BusinessScope");
  criterion(x, "FEDERATIONID", kFederation);
  criterion(x, "PROCESSID", "bdx:noprocess");
  criterion(x, "PROCESSID_SCHEME", "urn:fdc:digg.se:edelivery:process");
  criterion(x, "DOCUMENTID", kDocumentId);
  criterion(x, "DOCUMENTID_SCHEME", "busdox-docid-qns");
  x.close();
  xhe_party(x, "xha:FromParty", m.sender.participant_id);
  xhe_party(x, "xha:ToParty", m.recipient.participant_id);
  x.close();

  x.open("xha:Payloads").open("xha:Payload");
  x.leaf("xhb:DocumentTypeCode", "Q{" + std::string(kSdkNamespace) + "}messagePayload")
      .leaf("xhb:ContentTypeCode", "application/xml");
  x.leaf("xhb:HandlingServiceID", m.recipient.functional_address).leaf("xhb:InstanceEncryptionIndicator", "false");
  x.open("xha:PayloadContent").open("m:messagePayload").open("m:message").open("m:messageHeader");
  x.leaf("m:creationDateTime", utc_milliseconds(m.created_at)).leaf("m:messageId", m.message_id);
  x.leaf("m:conversationId", m.conversation_id)
      .leaf_if("m:refToMessageId", m.ref_to_message_id)
      .leaf_if("m:label", m.label);
  x.leaf("m:confidentiality", m.confidential ? "true" : "false");
  if (!m.generating_system.extension.empty())
    identifier(x, "m:generatingSystem", m.generating_system.root, m.generating_system.extension);
  party(x, m.recipient, false);
  party(x, m.sender, true);
  x.close().open("m:messageBody");
  for (std::size_t i = 0; i < m.documents.size(); ++i) document(x, m.documents[i], i + 1);
  auto written = write_notice(x, m.notice->kind, m.notice->data);
  if (auto* e = std::get_if<sdk::Error>(&written)) return *e;
  return x.take();
}

}  // namespace samband::plugin
