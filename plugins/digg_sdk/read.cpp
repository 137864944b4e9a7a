#include <initializer_list>

#include "common/canonical.hpp"
#include "digg_sdk/message.hpp"

namespace samband::plugin {
namespace {

constexpr std::size_t kLabelMax = 256;
constexpr int kMany = 1 << 20;

// What the receipt of a refused message says (innehållsspecifikation 1.5.2, section 5.3).
struct Code {
  std::string_view reason, detail;
};
constexpr Code kStructure{"SV", "structure"};  // the schema says so
constexpr Code kInvariant{"BV", "invariant"};  // the Schematron says so
constexpr Code kSecurity{"BV", "security"};    // two layers name two parties
constexpr Code kNotSupported{"BV", "not-supported"};
constexpr Code kTooLong{"BV", "too-long"};
constexpr Code kHeading{"BV", "structure"};  // of the message's own label, whose length only the Schematron limits

struct Expected {
  std::string_view name;
  int min, max;
};

std::size_t characters(std::string_view utf8) {
  std::size_t n = 0;
  for (const char c : utf8) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

// Reads with one error: after the first, everything reads as empty and the caller looks once at the end.
class Reader {
 public:
  bool ok() const { return !error_; }
  sdk::Error error() const { return *error_; }
  Code code() const { return code_; }
  void refuse(std::string where, const XmlElement& e, std::string message, Code code = kStructure) {
    if (error_) return;
    if (e) message += " (line " + std::to_string(e.line()) + ")";
    refuse(sdk::invalid(std::move(where), std::move(message)), code);
  }
  void refuse(sdk::Error e, Code code) {
    if (error_) return;
    error_ = std::move(e);
    code_ = code;
  }

  // Children of one namespace in order and number; then elements of other namespaces where the schema has xs:any.
  void check(const XmlElement& e, const std::string& where, std::initializer_list<Expected> expected, bool any = true) {
    if (!ok() || !e) return;
    if (e.has_own_text()) return refuse(where, e, "text where elements belong");
    auto rule = expected.begin();
    int count = 0;
    bool foreign = false;
    for (const auto& child : e.children()) {
      if (child.ns() != kSdkNamespace) {
        foreign = true;
        if (!any) return refuse(where, child, "a foreign element is not accepted here");
        continue;
      }
      if (foreign) return refuse(where, child, "an element after a foreign one");
      while (rule != expected.end() && rule->name != child.name()) {
        if (count < rule->min) return refuse(where + "/" + std::string(rule->name), e, "required");
        ++rule;
        count = 0;
      }
      if (rule == expected.end()) return refuse(where, child, "an unknown element, or one in the wrong place");
      if (++count > rule->max) return refuse(where + "/" + std::string(rule->name), child, "too many");
    }
    for (; rule != expected.end(); ++rule, count = 0)
      if (count < rule->min) return refuse(where + "/" + std::string(rule->name), e, "required");
  }

  XmlElement need(const XmlElement& parent, std::string_view ns, std::string_view name, const std::string& where) {
    if (!ok()) return {};
    auto e = parent.child(ns, name);
    if (!e) refuse(where + "/" + std::string(name), parent, "required");
    return e;
  }
  std::string leaf(const XmlElement& e, const std::string& where) {
    if (!ok() || !e) return {};
    if (!e.children().empty()) return refuse(where, e, "elements where text belongs"), std::string();
    return e.text();
  }
  std::string need_leaf(const XmlElement& parent, std::string_view ns, std::string_view name,
                        const std::string& where) {
    return leaf(need(parent, ns, name, where), where + "/" + std::string(name));
  }
  std::string sdk_leaf(const XmlElement& parent, std::string_view name, const std::string& where) {
    return leaf(parent.child(kSdkNamespace, name), where + "/" + std::string(name));
  }

 private:
  std::optional<sdk::Error> error_;
  Code code_ = kStructure;
};

// Schematron: every element below messagePayload must hold something other than white space.
XmlElement first_empty(const XmlElement& e) {
  bool inside = e.has_own_text();
  for (const auto& child : e.children()) {
    if (auto found = first_empty(child)) return found;
    inside = true;
  }
  return inside ? XmlElement() : e;
}

std::string label_of(Reader& r, const XmlElement& parent, const std::string& where, Code code = kStructure) {
  auto text = r.sdk_leaf(parent, "label", where);
  if (characters(text) > kLabelMax) r.refuse(where + "/label", parent, "longer than 256 characters", code);
  return text;
}

SdkIdentifier identifier(Reader& r, const XmlElement& e, const std::string& where) {
  r.check(e, where, {{"root", 1, 1}, {"extension", 1, 1}}, false);
  return {r.sdk_leaf(e, "root", where), r.sdk_leaf(e, "extension", where), {}};
}

std::vector<SdkIdentifier> labelled(Reader& r, const XmlElement& attention, std::string_view element,
                                    std::string_view id, int id_min, const std::string& where) {
  std::vector<SdkIdentifier> out;
  for (const auto& e : attention.children()) {
    if (!e.is(kSdkNamespace, element)) continue;
    const auto place = where + "/" + std::string(element);
    r.check(e, place, {{id, id_min, 1}, {"label", 0, 1}});
    SdkIdentifier value;
    if (auto inner = e.child(kSdkNamespace, id)) value = identifier(r, inner, place + "/" + std::string(id));
    value.label = label_of(r, e, place);
    out.push_back(std::move(value));
  }
  return out;
}

SdkParty party(Reader& r, const XmlElement& header, bool is_sender) {
  const std::string name = is_sender ? "sender" : "recipient", id = name + "ID";
  const std::string where = "/message/messageHeader/" + name;
  const auto e = r.need(header, kSdkNamespace, name, "/message/messageHeader");
  r.check(e, where, {{id, 1, 1}, {"label", 0, 1}, {"attention", is_sender ? 0 : 1, 1}});
  SdkParty out;
  const auto identity = identifier(r, e.child(kSdkNamespace, id), where + "/" + id);
  if (identity.root != kParticipantScheme)
    r.refuse(where + "/" + id + "/root", e, "must be iso6523-actorid-upis", kInvariant);
  out.participant_id = identity.extension;
  if (out.participant_id.substr(0, 5) != "0203:")
    r.refuse(where + "/" + id + "/extension", e, "must begin with 0203:", kInvariant);
  out.label = label_of(r, e, where);
  const auto attention = e.child(kSdkNamespace, "attention");
  if (!attention) return out;
  const auto place = where + "/attention";
  r.check(attention, place, {{"person", 0, kMany}, {"subOrganization", 1, 1}, {"reference", 0, kMany}});
  out.persons = labelled(r, attention, "person", "personId", 0, place);
  out.references = labelled(r, attention, "reference", "referenceId", 1, place);
  const auto unit = attention.child(kSdkNamespace, "subOrganization");
  r.check(unit, place + "/subOrganization", {{"organizationId", 1, 1}, {"label", 0, 1}});
  const auto address = identifier(r, unit.child(kSdkNamespace, "organizationId"), place + "/subOrganization");
  if (address.root != kFunctionalAddressRoot)
    r.refuse(place + "/subOrganization", unit, "the root is not that of a functional address", kInvariant);
  out.functional_address = address.extension;
  return out;
}

// Canonical base64 (RFC 4648): the sender may fold lines, what leaves here does not.
std::string base64_of(Reader& r, const XmlElement& e, const std::string& where) {
  const auto text = r.leaf(e, where);
  std::string out;
  out.reserve(text.size());
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    const bool letter =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    if (c == '=') ++padding;
    if ((!letter && c != '=') || (letter && padding))
      return r.refuse(where, e, "not base64", kInvariant), std::string();
    out += c;
  }
  if (out.size() % 4 != 0 || padding > 2) r.refuse(where, e, "not base64", kInvariant);
  return out;
}

SdkDocument document(Reader& r, const XmlElement& e, const std::string& where) {
  r.check(e, where,
          {{"documentID", 1, 1},
           {"documentName", 0, 1},
           {"index", 0, 1},
           {"ContentFiles", 0, kMany},
           {"ContentText", 0, kMany}});
  SdkDocument out;
  out.id = r.sdk_leaf(e, "documentID", where);
  out.name = r.sdk_leaf(e, "documentName", where);
  for (const auto& child : e.children()) {
    if (child.is(kSdkNamespace, "ContentFiles")) {
      const auto place = where + "/ContentFiles";
      r.check(child, place, {{"fileName", 1, 1}, {"contentType", 1, 1}, {"content", 1, 1}});
      out.files.push_back({r.sdk_leaf(child, "fileName", place), r.sdk_leaf(child, "contentType", place),
                           base64_of(r, child.child(kSdkNamespace, "content"), place + "/content")});
    } else if (child.is(kSdkNamespace, "ContentText")) {
      const auto place = where + "/ContentText";
      r.check(child, place, {{"characterSequence", 1, 1}});
      if (!out.text.empty()) out.text += "\n\n";
      out.text += r.sdk_leaf(child, "characterSequence", place);
    }
  }
  return out;
}

std::string uuid_leaf(Reader& r, const XmlElement& header, std::string_view name) {
  const std::string where = "/message/messageHeader";
  auto text = r.sdk_leaf(header, name, where);
  if (header.child(kSdkNamespace, name) && !is_uuid(text))
    r.refuse(where + "/" + std::string(name), header, "not a UUID", kInvariant);
  return text;
}

// Near enough to xs:dateTime to tell the schema's refusal from the Schematron's.
bool looks_like_time(std::string_view text) {
  return text.size() >= 19 && text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' &&
         text.substr(0, 19).find_first_not_of("0123456789-T:") == std::string_view::npos;
}

SdkMessage message(Reader& r, const XmlElement& payload) {
  SdkMessage out;
  if (!payload.is(kSdkNamespace, "messagePayload"))
    return r.refuse("/messagePayload", payload, "not a MessageWithAttachments v3", kNotSupported), out;
  r.check(payload, "/messagePayload", {{"message", 1, 1}}, false);
  if (auto empty = first_empty(payload)) r.refuse("/messagePayload", empty, "an empty element", kInvariant);
  const auto e = r.need(payload, kSdkNamespace, "message", "");
  r.check(e, "/message", {{"messageHeader", 1, 1}, {"messageBody", 1, 1}});
  const auto header = r.need(e, kSdkNamespace, "messageHeader", "/message");
  const std::string where = "/message/messageHeader";
  r.check(header, where,
          {{"creationDateTime", 1, 1},
           {"messageId", 1, 1},
           {"conversationId", 1, 1},
           {"refToMessageId", 0, 1},
           {"label", 0, 1},
           {"confidentiality", 1, 1},
           {"generatingSystem", 0, 1},
           {"recipient", 1, 1},
           {"sender", 1, 1}});
  // DIGG's form has one to three decimals and no offset: the Schematron's rule, where the schema takes any dateTime.
  const auto created = r.sdk_leaf(header, "creationDateTime", where);
  const auto dot = created.find('.');
  out.created_at = utc_milliseconds(created);
  if (out.created_at.empty() || dot == std::string::npos || created.size() - dot > 5)
    r.refuse(where + "/creationDateTime", header, "not of the form 2026-11-22T10:00:00.000Z",
             looks_like_time(created) ? kInvariant : kStructure);
  out.message_id = uuid_leaf(r, header, "messageId");
  out.conversation_id = uuid_leaf(r, header, "conversationId");
  out.ref_to_message_id = uuid_leaf(r, header, "refToMessageId");
  out.label = label_of(r, header, where, kHeading);
  const auto confidential = r.sdk_leaf(header, "confidentiality", where);
  if (confidential != "true" && confidential != "false" && confidential != "1" && confidential != "0")
    r.refuse(where + "/confidentiality", header, "neither true nor false");
  out.confidential = confidential == "true" || confidential == "1";
  if (auto system = header.child(kSdkNamespace, "generatingSystem"))
    out.generating_system = identifier(r, system, where + "/generatingSystem");
  out.recipient = party(r, header, false);
  out.sender = party(r, header, true);

  const auto body = r.need(e, kSdkNamespace, "messageBody", "/message");
  r.check(body, "/message/messageBody", {{"documents", 1, kMany}});
  for (const auto& child : body.children()) {
    if (!r.ok()) break;
    if (child.is(kSdkNamespace, "documents")) {
      out.documents.push_back(document(r, child, "/message/messageBody/documents"));
    } else if (child.is(kNoticeNamespace, "notice")) {
      if (out.notice) r.refuse("/message/messageBody/notice", child, "two structured extensions", kInvariant);
      auto notice = read_notice(child);
      if (auto* bad = std::get_if<sdk::Error>(&notice))
        r.refuse(*bad, kInvariant);
      else
        out.notice = std::move(std::get<Notice>(notice));
    }
  }
  return out;
}

struct Envelope {
  std::string id, from, to, handling_service;
  XmlElement payload;
};

std::string xhe_party(Reader& r, const XmlElement& header, std::string_view name) {
  const std::string where = "/XHE/Header/" + std::string(name);
  int count = 0;
  for (const auto& child : header.children()) count += child.is(kXheAggregate, name);
  if (count != 1) return r.refuse(where, header, "exactly one is required"), std::string();
  const auto identification = r.need(header.child(kXheAggregate, name), kXheAggregate, "PartyIdentification", where);
  const auto id = r.need(identification, kXheBasic, "ID", where);
  if (r.ok() && id.attribute("schemeID") != kParticipantScheme)
    r.refuse(where, id, "schemeID must be iso6523-actorid-upis", kInvariant);
  return r.leaf(id, where);
}

Envelope envelope(Reader& r, const XmlElement& root) {
  Envelope out;
  if (!root.is(kXheNamespace, "XHE")) return r.refuse("/", root, "the document is not an XHE envelope"), out;
  if (r.need_leaf(root, kXheBasic, "XHEVersionID", "/XHE") != "1.0")
    r.refuse("/XHE/XHEVersionID", root, "must be 1.0", kNotSupported);
  if (r.need_leaf(root, kXheBasic, "CustomizationID", "/XHE") != kXheCustomization)
    r.refuse("/XHE/CustomizationID", root, "not DIGG's", kNotSupported);
  const auto header = r.need(root, kXheAggregate, "Header", "/XHE");
  out.id = r.need_leaf(header, kXheBasic, "ID", "/XHE/Header");
  for (const auto& criterion : header.child(kXheAggregate, "BusinessScope").children()) {
    if (criterion.child(kXheBasic, "BusinessScopeCriterionTypeCode").text() == "FEDERATIONID" &&
        criterion.child(kXheBasic, "BusinessScopeCriterionValue").text() != kFederation)
      r.refuse("/XHE/Header/BusinessScope", criterion, "another federation than SDK", kNotSupported);
  }
  out.from = xhe_party(r, header, "FromParty");
  out.to = xhe_party(r, header, "ToParty");
  const auto payloads = r.need(root, kXheAggregate, "Payloads", "/XHE");
  if (r.ok() && payloads.children().size() != 1) r.refuse("/XHE/Payloads", payloads, "exactly one payload is required");
  const auto payload = r.need(payloads, kXheAggregate, "Payload", "/XHE/Payloads");
  const std::string where = "/XHE/Payloads/Payload";
  out.handling_service = r.need_leaf(payload, kXheBasic, "HandlingServiceID", where);
  if (r.need_leaf(payload, kXheBasic, "InstanceEncryptionIndicator", where) != "false")
    r.refuse(where + "/InstanceEncryptionIndicator", payload,
             "the payload is encrypted; the access point decrypts it first", kNotSupported);
  const auto content = r.need(payload, kXheAggregate, "PayloadContent", where);
  if (r.ok() && content.children().size() != 1)
    r.refuse(where + "/PayloadContent", content, "exactly one element is required");
  if (r.ok()) out.payload = content.children().front();
  return out;
}

}  // namespace

sdk::Result<SdkMessage> read_sdk_message(std::string_view xhe, SdkRefusal* why) {
  SdkRefusal nobody_asks;
  SdkRefusal& refusal = why ? *why : nobody_asks;
  refusal = {};
  const auto refused = [&](sdk::Error e, Code code) {
    refusal.reason = code.reason;
    refusal.detail = code.detail;
    return e;
  };
  auto parsed = XmlDocument::parse(xhe);
  if (auto* e = std::get_if<sdk::Error>(&parsed))
    return refused(*e, xhe.size() > XmlLimits().bytes_max ? kTooLong : kStructure);
  const auto& doc = std::get<XmlDocument>(parsed);
  // Who is told of a refusal, even if the envelope is the reason.
  const auto header = doc.root().child(kXheAggregate, "Header");
  refusal.document_id = header.child(kXheBasic, "ID").text();
  refusal.sender = header.child(kXheAggregate, "FromParty")
                       .child(kXheAggregate, "PartyIdentification")
                       .child(kXheBasic, "ID")
                       .text();
  Reader r;
  const auto outer = envelope(r, doc.root());
  if (!r.ok()) return refused(r.error(), r.code());
  auto out = message(r, outer.payload);
  if (!r.ok()) return refused(r.error(), r.code());
  // The specification demands these; no schema can say them.
  if (out.message_id != outer.id)
    r.refuse("/message/messageHeader/messageId", outer.payload, "differs from the XHE ID", kInvariant);
  if (out.sender.participant_id != outer.from)
    r.refuse("/message/messageHeader/sender/senderID", outer.payload, "differs from the XHE FromParty", kSecurity);
  if (out.recipient.participant_id != outer.to)
    r.refuse("/message/messageHeader/recipient/recipientID", outer.payload, "differs from the XHE ToParty", kSecurity);
  if (out.recipient.functional_address != outer.handling_service)
    r.refuse("/message/messageHeader/recipient/attention", outer.payload,
             "the functional address differs from HandlingServiceID", kSecurity);
  if (!r.ok()) return refused(r.error(), r.code());
  return out;
}

}  // namespace samband::plugin
