#include "digg_sdk/agency_adapter.hpp"

#include <algorithm>

#include "common/canonical.hpp"
#include "common/delivery.hpp"
#include "digg_sdk/receipt.hpp"
#include "notice_text/notice_text.hpp"

namespace samband::plugin {
namespace {

constexpr std::size_t kReferenceMax = 128;
constexpr std::string_view kDocument = "document.message";
constexpr std::string_view kRecipientNumber = "recipient_dnr";
constexpr std::string_view kPersonnummer = "1.2.752.129.2.1.3.1", kSamordningsnummer = "1.2.752.129.2.1.3.3";

bool is_xml(std::string_view media_type) {
  const auto type = media_type.substr(0, media_type.find(';'));
  return type.empty() || type == "application/xml" || type == "text/xml" || type == "application/xhe+xml";
}

// Case numbers become references; a reference that names a person (an OID of identity numbers) stays behind, because
// a person number must never travel as a case number. What stands at the recipient is the recipient's own number, which
// an answer brings back.
void add_references(json::object& data, const SdkParty& party, bool is_sender) {
  for (const auto& r : party.references) {
    const std::string_view system = r.root == "dnr"           ? is_sender ? "dnr" : kRecipientNumber
                                    : r.root == "unregistred" ? is_sender ? "unregistered" : kRecipientNumber
                                                              : "";
    if (system.empty() || is_blank(r.extension)) continue;
    if (!array_at(data, "references")) data["references"] = json::array();
    auto& list = data["references"].as_array();
    bool known = false;
    for (const auto& v : list)
      if (const auto* o = v.if_object()) known = known || string_at(*o, "value") == r.extension;
    if (!known) list.push_back(json::object{{"system", system}, {"value", r.extension}});
  }
}

// "19121212-1212" -> "191212121212"; nothing when it is not twelve digits.
std::string twelve_digits(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-' || c == ' ') continue;
    if (c < '0' || c > '9') return {};
    out += c;
  }
  return out.size() == 12 ? out : std::string();
}

// A message of people for people: text and files, and of its structure what the header says. Whom it is about is known
// where a reference of either party names a person.
Notice document_notice(const SdkMessage& m) {
  Notice n;
  n.kind = kDocument;
  json::object payload{{"confidential", m.confidential}};
  if (!is_blank(m.label)) payload["title"] = m.label;
  for (const auto& p : m.recipient.persons)
    if (!is_blank(p.label)) payload["attention"] = p.label;
  n.data["payload"] = std::move(payload);
  for (const auto& p : m.sender.persons)
    if (!is_blank(p.label)) n.data["author"] = json::object{{"name", one_line(p.label, 200)}};
  json::array persons;
  std::vector<std::string> seen;
  for (const auto* party : {&m.sender, &m.recipient})
    for (const auto& r : party->references) {
      if (r.root != kPersonnummer && r.root != kSamordningsnummer) continue;
      auto number = twelve_digits(r.extension);
      if (number.empty() || std::find(seen.begin(), seen.end(), number) != seen.end()) continue;
      seen.push_back(number);
      persons.push_back(json::object{
          {"ref", "p" + std::to_string(seen.size())}, {"role", "subject"}, {"personalNumber", std::move(number)}});
    }
  if (persons.empty()) persons.push_back(json::object{{"ref", "p1"}, {"role", "subject"}});  // somebody, unnamed
  n.data["persons"] = std::move(persons);
  return n;
}

// "Application/PDF; name=x" -> "application/pdf"
std::string plain_media_type(std::string_view type) {
  std::string out;
  for (const char c : type.substr(0, type.find(';'))) {
    if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c - 'A' + 'a');
    else if (c != ' ')
      out += c;
  }
  return out;
}

void add_documents(json::object& data, const SdkMessage& m) {
  std::string text;
  json::array files;
  for (const auto& d : m.documents) {
    if (!is_blank(d.text) && !m.notice->text_is_rendered) text += (text.empty() ? "" : "\n\n") + d.text;
    for (const auto& f : d.files)
      files.push_back(
          json::object{{"name", f.name}, {"mediaType", plain_media_type(f.media_type)}, {"content", f.base64}});
  }
  if (!text.empty()) {
    const auto own = string_at(data, "text");
    data["text"] = own.empty() ? text : std::string(own) + "\n\n" + text;
  }
  if (!files.empty()) data["attachments"] = std::move(files);
}

SdkParty party_from(const json::object& o) {
  SdkParty p;
  p.participant_id = string_at(o, "participantId");
  p.functional_address = string_at(o, "functionalAddress");
  p.label = one_line(string_at(o, "name"), 256);
  return p;
}

sdk::Action action_for(const SdkReceipt& receipt) {
  if (receipt.accepted) return sdk::Action::delivered(one_line(receipt.id, kReferenceMax));
  for (const auto& f : receipt.findings)
    if (f.detail == "duplicate") return sdk::Action::delivered(one_line(receipt.id, kReferenceMax));
  if (receipt.findings.empty()) return sdk::Action::rejected("sdk_rejected");
  const auto& f = receipt.findings.front();
  return sdk::Action::rejected("sdk_" + safe_code(f.reason) + "_" + safe_code(f.detail));
}

std::vector<std::string> outcome_lines(const json::object& answer) {
  std::vector<std::string> out;
  const auto* exchanges = array_at(answer, "exchanges");
  if (!exchanges) return out;
  for (const auto& v : *exchanges) {
    const auto* e = v.if_object();
    if (!e) continue;
    auto line = "exchange " + std::string(string_at(*e, "id")) + " to " + std::string(string_at(*e, "recipient")) +
                ": " + std::string(string_at(*e, "outcome"));
    if (const auto reason = string_at(*e, "reason"); !reason.empty()) line += " (" + std::string(reason) + ")";
    out.push_back(one_line(line, 256));
  }
  return out;
}

// A problem document (RFC 9457) of the hub's as a finding: what it says that the XML could not.
SdkFinding finding_of(const json::object& problem) {
  SdkFinding f;
  f.line = one_line(string_at(problem, "pointer"), 128);
  const auto code = string_at(problem, "code");
  f.reason = "BV";
  f.detail = code == "conflict"                              ? "duplicate"
             : code == "not_found" || code == "rejected"     ? "not-found"  // nobody here takes it
             : code == "too_large"                           ? "too-long"
             : code == "forbidden" || code == "unauthorised" ? "not-supported"
                                                             : "invariant";
  f.text = one_line(string_at(problem, "detail"), 256);
  return f;
}

}  // namespace

sdk::Result<std::monostate> SdkAgencyAdapter::configure(std::string_view config_json) {
  auto parsed = parse_config(config_json);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto& config = std::get<json::object>(parsed);
  party_ = string_at(config, "party");
  if (const auto* hub = object_at(config, "hub")) hub_ = party_from(*hub);
  if (const auto* agency = object_at(config, "agency")) agency_participant_ = string_at(*agency, "participantId");
  const auto bad = [](std::string_view id) { return !id.empty() && id.substr(0, 5) != "0203:"; };
  if (bad(hub_.participant_id)) return sdk::Error{HUB_INVALID_CONFIG, "/hub/participantId", "must begin with 0203:"};
  if (bad(agency_participant_)) return sdk::Error{HUB_INVALID_CONFIG, "/agency/participantId", "must begin with 0203:"};
  return std::monostate{};
}

// What decode() takes; render_answer() reads a refused message again to say in the receipt why it was refused.
sdk::Result<SdkMessage> SdkAgencyAdapter::read(std::string_view body, SdkRefusal& why) const {
  auto read = read_sdk_message(body, &why);
  auto* m = std::get_if<SdkMessage>(&read);
  if (!m) return read;
  const auto refuse = [&](const char* where, const char* what, const char* detail) {
    why.reason = "BV";
    why.detail = detail;
    return sdk::invalid(where, what);
  };
  if (!m->notice) {
    // Without structure only the address says for whom it is.
    if (m->recipient.functional_address == hub_.functional_address)
      return refuse("/message/messageHeader/recipient/attention",
                    "a message without our extension must be addressed to a recipient behind the hub", "not-found");
    m->notice = document_notice(*m);
  } else if (!takes(m->notice->kind))
    return refuse("/message/messageBody/notice/@kind", "not a kind that this adapter takes", "not-supported");
  return read;
}

sdk::Result<std::vector<std::string>> SdkAgencyAdapter::decode(const sdk::Wire& in) {
  if (!is_xml(in.media_type)) return sdk::invalid("content-type", "application/xml is required");
  SdkRefusal why;
  auto read = this->read(in.body, why);
  if (auto* e = std::get_if<sdk::Error>(&read)) return *e;
  auto& m = std::get<SdkMessage>(read);
  const auto kind = m.notice->kind;
  auto& data = m.notice->data;
  data["conversationId"] = m.conversation_id;
  data.erase("refToMessageId");
  if (!m.ref_to_message_id.empty()) data["refToMessageId"] = m.ref_to_message_id;
  // The header's address is the one the envelope was checked against. Addressed to the hub itself, routing decides.
  if (m.recipient.functional_address != hub_.functional_address) data["to"] = m.recipient.functional_address;
  add_references(data, m.sender, true);
  add_references(data, m.recipient, false);
  add_documents(data, m);
  add_facts(kind, data);
  const auto source = party_.empty() ? "urn:samband:sdk:" + m.sender.participant_id : "urn:samband:party:" + party_;
  return std::vector<std::string>{canonical_message(kind, m.message_id, source, m.created_at, std::move(data))};
}

SdkParty SdkAgencyAdapter::sender_of(const json::object& exchange) const {
  const auto* sender = object_at(exchange, "sender");
  auto party = sender ? party_from(*sender) : SdkParty();
  if (party.participant_id.empty()) {
    // A sender that is not on SDK (a landlord): the hub is the SDK sender, and the text says whose words they are.
    party.participant_id = hub_.participant_id;
    party.functional_address = hub_.functional_address;
  }
  return party;
}

sdk::Result<std::string> SdkAgencyAdapter::compose(const json::object& exchange) const {
  const auto* data = object_at(exchange, "data");
  const auto* recipient = object_at(exchange, "recipient");
  if (!data || !recipient) return sdk::Error{HUB_INTERNAL, "", "an exchange without data or recipient"};
  const auto kind = string_at(exchange, "kind");
  SdkMessage m;
  m.message_id = string_at(exchange, "exchangeId");
  const auto conversation = string_at(exchange, "conversationId");
  m.conversation_id = is_uuid(conversation) ? std::string(conversation) : m.message_id;
  if (const auto ref = string_at(*data, "refToMessageId"); is_uuid(ref)) m.ref_to_message_id = ref;
  const auto created = string_at(exchange, "createdAt");
  m.created_at = created.empty() ? string_at(exchange, "now") : created;
  m.label = notice_title(kind);
  m.generating_system = {"un-encoded", "Samband", {}};
  m.recipient = party_from(*recipient);
  m.sender = sender_of(exchange);

  const bool answers = kind == "care.status" || kind == "exchange.receipt" || kind == "report.answer";
  Notice notice{std::string(kind), true, *data};
  for (const auto* key : {"kind", "conversationId", "refToMessageId", "attachments", "to"}) notice.data.erase(key);
  if (const auto* references = array_at(*data, "references")) {
    for (const auto& v : *references) {
      const auto* r = v.if_object();
      if (!r || is_blank(string_at(*r, "value"))) continue;
      const auto system = string_at(*r, "system");
      // In an answer the references are those of whoever is answered: they come back where they came from.
      auto& party = answers || system == kRecipientNumber ? m.recipient : m.sender;
      party.references.push_back({system == "dnr" || system == kRecipientNumber ? "dnr" : "unregistred",
                                  std::string(string_at(*r, "value")), one_line(system, 256)});
    }
  }
  if (const auto* payload = object_at(*data, "payload"); answers && payload)
    if (const auto own = string_at(*payload, "recordNumber"); !is_blank(own))
      m.sender.references.push_back({"dnr", std::string(own), {}});

  json::object shown = exchange;
  if (const auto* sender = object_at(exchange, "sender")) shown["sender"] = std::string(string_at(*sender, "name"));
  SdkDocument document{"SDK-Meddelande", std::string(notice_title(kind)), notice_text(shown), {}};
  if (const auto* attachments = array_at(*data, "attachments")) {
    for (const auto& v : *attachments) {
      const auto* a = v.if_object();
      if (!a || string_at(*a, "content").empty()) continue;
      const auto name = one_line(string_at(*a, "name"), 200), type = one_line(string_at(*a, "mediaType"), 100);
      document.files.push_back({is_blank(name) ? "bilaga" : name, is_blank(type) ? "application/octet-stream" : type,
                                std::string(string_at(*a, "content"))});
    }
  }
  m.documents.push_back(std::move(document));
  m.notice = std::move(notice);
  return write_sdk_message(m);
}

sdk::Result<sdk::Step> SdkAgencyAdapter::step(std::uint32_t, std::string_view exchange_json, std::string_view,
                                              sdk::Event event, const sdk::Wire& in) {
  auto parsed = parse_json(exchange_json);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto* exchange = std::get<json::value>(parsed).if_object();
  if (!exchange) return sdk::Error{HUB_INTERNAL, "", "the exchange is not an object"};
  sdk::Step out;
  switch (event) {
    case sdk::Event::http_response: {
      const auto verdict = verdict_of(in.status);
      if (verdict != HttpVerdict::accepted) {
        out.action = verdict == HttpVerdict::retry ? sdk::Action::retry(http_reason(in.status))
                                                   : sdk::Action::rejected(http_reason(in.status));
        return out;
      }
      auto receipt = read_sdk_receipt(in.body);
      const auto* r = std::get_if<SdkReceipt>(&receipt);
      // Without a receipt for this very message nothing is proven; sent again, the recipient knows it as a duplicate.
      if (!r)
        out.action = sdk::Action::retry("sdk_no_receipt");
      else if (r->document_id != string_at(*exchange, "exchangeId"))
        out.action = sdk::Action::retry("sdk_other_receipt");
      else
        out.action = action_for(*r);
      return out;
    }
    case sdk::Event::timed_out:  // perhaps it arrived: the same message again, after the hub's back-off
      out.action = sdk::Action::retry("timed_out");
      return out;
    default: {
      auto body = compose(*exchange);
      if (auto* e = std::get_if<sdk::Error>(&body)) return *e;
      auto& xml = std::get<std::string>(body);
      if (xml.size() > XmlLimits().bytes_max)
        out.action = sdk::Action::rejected("sdk_too_large");
      else
        out.action = sdk::Action::http("POST", "", R"({"content-type":"application/xml","accept":"application/xml"})",
                                       std::move(xml));
      return out;
    }
  }
}

sdk::Result<sdk::Wire> SdkAgencyAdapter::render_answer(std::string_view answer_json) {
  if (hub_.participant_id.empty() || agency_participant_.empty())
    return sdk::Error{HUB_UNSUPPORTED, "", "no participant ids configured"};
  auto parsed = parse_json(answer_json);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto* root = std::get<json::value>(parsed).if_object();
  if (!root) return sdk::invalid("", "the answer is not an object");
  const auto* answer = object_at(*root, "answer");
  if (!answer) answer = root;
  SdkReceipt r;
  r.accepted = answer->contains("exchanges");
  r.sender = hub_.participant_id;
  r.receiver = agency_participant_;
  if (r.accepted) {
    r.id = string_at(*answer, "messageId");
    r.document_id = string_at(*answer, "senderMessageId");
    r.issued_at = string_at(*answer, "receivedAt");
    r.descriptions = outcome_lines(*answer);
  } else {
    const auto* request = object_at(*root, "request");
    SdkRefusal why;
    if (request) (void)read(string_at(*request, "body"), why);
    auto finding = finding_of(*answer);
    if (!why.reason.empty()) finding.reason = why.reason, finding.detail = why.detail;
    r.findings.push_back(std::move(finding));
    r.id = r.document_id = why.document_id;
    if (request) r.issued_at = string_at(*request, "receivedAt");
  }
  // A message that names no id in its envelope cannot be named in a receipt.
  if (is_blank(r.document_id) || utc_milliseconds(r.issued_at).empty())
    return sdk::Error{HUB_UNSUPPORTED, "", "the answer names no message"};
  if (r.id.empty()) r.id = r.document_id;
  sdk::Wire out;
  out.media_type = "application/xml";
  out.status = 200;
  out.body = write_sdk_receipt(r);
  return out;
}

}  // namespace samband::plugin
