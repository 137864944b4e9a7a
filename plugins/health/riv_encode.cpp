#include <algorithm>

#include "digg_sdk/xml_writer.hpp"
#include "health/riv.hpp"
#include "health/riv_words.hpp"
#include "health/swedish_time.hpp"
#include "notice_text/notice_text.hpp"

namespace samband::health {
namespace {

using plugin::array_at;
using plugin::object_at;
using plugin::one_line;
using plugin::string_at;
using plugin::XmlWriter;

constexpr std::size_t kTextMax = 8192;  // characters, in every free text of the contract

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}
// At most `max` bytes is at most `max` characters: the contract counts characters.
std::string short_text(std::string_view text, std::size_t max) { return one_line(text, max); }

// The pieces of an exchange that both documents need; `refused` says why RIV cannot carry it.
struct Parts {
  const json::object* payload = nullptr;
  const json::object* person = nullptr;
  std::string id, recipient_unit, sender_unit, sender_name, time, number, refused;
};

const json::object& nothing() {
  static const json::object kNothing;
  return kNothing;
}

std::string party_of(const json::object& exchange, std::string_view which) {
  if (const auto* party = object_at(exchange, which)) return std::string(string_at(*party, "party"));
  return std::string(string_at(exchange, which));
}

std::string unit_of(const RivSettings& settings, const std::string& party) {
  const auto found = settings.units.find(party);
  return found == settings.units.end() ? std::string() : found->second;
}

Parts parts_of(const json::object& exchange, const RivSettings& settings) {
  Parts p;
  const auto* data = object_at(exchange, "data");
  if (!data) data = &nothing();
  p.payload = object_at(*data, "payload");
  if (!p.payload) p.payload = &nothing();
  if (const auto* persons = array_at(*data, "persons"))
    for (const auto& v : *persons)
      if (const auto* o = v.if_object(); o && !p.person && string_at(*o, "role") == "subject") p.person = o;
  if (!p.person) p.person = &nothing();
  p.id = string_at(exchange, "exchangeId");
  p.recipient_unit = unit_of(settings, party_of(exchange, "recipient"));
  p.sender_unit = unit_of(settings, party_of(exchange, "sender"));
  if (p.sender_unit.empty()) p.sender_unit = settings.care_unit;
  p.sender_name = short_text(plugin::party_name(exchange, "sender"), 64);
  const auto created = string_at(exchange, "createdAt");
  p.time = local_of_instant(created.empty() ? string_at(exchange, "now") : created);
  p.number = string_at(*p.person, "personalNumber");
  const auto protection = string_at(*p.person, "protection");
  const auto* attachments = array_at(*data, "attachments");
  const bool numbered = p.number.size() == 12 &&
                        std::all_of(p.number.begin(), p.number.end(), [](char c) { return c >= '0' && c <= '9'; });
  // Nothing is left out in silence: what the contract cannot carry is refused, and the sender is told.
  if (!protection.empty() && protection != "none")
    p.refused = "riv_no_protection_mark";
  else if (const auto* sure = plugin::bool_at(*p.person, "identityEstablished"); sure && !*sure)
    p.refused = "riv_identity_not_established";
  else if (!numbered)
    p.refused = "riv_person_number_missing";
  else if (attachments && !attachments->empty())
    p.refused = "riv_no_attachments";
  else if (p.recipient_unit.empty() || settings.care_unit.empty() || p.time.empty())
    p.refused = "riv_care_unit_missing";
  return p;
}

void write_person_id(XmlWriter& w, const std::string& number) {
  // Day 61-91 marks a samordningsnummer.
  w.open("personId", {{"root", number[6] >= '6' ? kOidSamordningsnummer : kOidPersonnummer}, {"extension", number}})
      .close();
}
void write_value(XmlWriter& w, std::string_view name, std::string_view attribute, std::string_view value) {
  w.open(name, {{attribute, value}}).close();
}
void write_unit(XmlWriter& w, std::string_view name, std::string_view unit) {
  w.open(name);
  write_value(w, "careUnitId", "extension", unit);
  w.close();
}
void write_recipient(XmlWriter& w, std::string_view unit) {
  w.open("recipient");
  write_unit(w, "organisation", unit);
  w.close();
}

// "Family/middle/called/given"
std::string person_name(const json::object& person) {
  const auto part = [&](const char* key) {
    auto text = short_text(string_at(person, key), 100);
    std::replace(text.begin(), text.end(), '/', ' ');
    return text;
  };
  const auto family = part("familyName"), given = part("givenName");
  return family.empty() && given.empty() ? std::string() : family + "///" + given;
}

void open_call(XmlWriter& w, std::string_view operation, const std::string& to) {
  const auto responder = std::string(kRivResponder) + std::string(operation) + "Responder:1";
  w.open("soap:Envelope", {{"xmlns:soap", kSoap}});
  w.open("soap:Header").leaf("LogicalAddress", to, {{"xmlns", kRivAddress}}).close();
  w.open("soap:Body").open("r:" + std::string(operation), {{"xmlns:r", responder}});
}
std::string soap_action(std::string_view operation) {
  return std::string(kRivResponder) + std::string(operation) + "Responder:1:" + std::string(operation);
}

void write_patient(XmlWriter& w, const Parts& p) {
  w.open("patient");
  write_person_id(w, p.number);
  if (const auto* a = object_at(*p.person, "address")) {
    auto street = short_text(string_at(*a, "street"), 35);
    const auto apartment = short_text(string_at(*a, "apartment"), 30);
    std::string code;
    for (const char c : string_at(*a, "postalCode"))
      if (c >= '0' && c <= '9') code += c;
    const auto city = short_text(string_at(*a, "city"), 27);
    // The contract wants all three; the whole address stands in the text as well.
    if (!street.empty() && code.size() == 5 && !city.empty()) {
      w.open("address").leaf("streetName1", street);
      if (!apartment.empty()) w.leaf("streetName2", "lgh " + apartment);
      w.leaf("postalCode", code).leaf("postalCity", city).close();
    }
  }
  if (const auto phone = short_text(string_at(*p.person, "phone"), 40); !phone.empty()) {
    w.open("telecom");
    write_value(w, "typeOfTelecom", "code", "MC");
    w.leaf("number", phone).close();
  }
  if (const auto name = person_name(*p.person); !name.empty()) w.leaf("name", name);
  if (const auto sex = string_at(*p.person, "sex"); sex == "male" || sex == "female")
    write_value(w, "gender", "code", sex == "male" ? "1" : "2");
  if (const auto born = string_at(*p.person, "birthDate"); born.size() == 10)
    write_value(w, "dateOfBirth", "value",
                std::string(born.substr(0, 4)) + std::string(born.substr(5, 2)) + std::string(born.substr(8, 2)));
  w.close();
}

void write_author(XmlWriter& w, const json::object& exchange, const Parts& p, bool dated) {
  w.open("author");
  if (dated) write_value(w, "date", "value", std::string_view(p.time).substr(0, 8));
  const auto* data = object_at(exchange, "data");
  const auto* author = data ? object_at(*data, "author") : nullptr;
  if (const auto name = author ? short_text(string_at(*author, "name"), 64) : std::string(); !name.empty()) {
    w.open("healthcareProfessional");
    if (const auto id = short_text(string_at(*author, "id"), 64); !id.empty()) write_value(w, "id", "extension", id);
    w.leaf("name", name).close();
  }
  write_unit(w, "healthcareProfessionalOrganisation", p.sender_unit);
  w.close();
}

void write_organisation(XmlWriter& w, std::string_view name, const Parts& p) {
  w.open(name);
  write_value(w, "careUnitId", "extension", p.sender_unit);
  if (!p.sender_name.empty()) w.leaf("careUnitName", p.sender_name);
  w.close();
}

RivCall refused(std::string reason) { return {{}, {}, std::move(reason)}; }

RivCall encode_referral(const json::object& exchange, const Parts& p, const RivSettings& settings) {
  auto question = string_at(*p.payload, "question");
  if (question.empty()) question = string_at(*p.payload, "service");
  if (question.empty()) question = plugin::notice_title("care.referral");
  const auto all = plugin::notice_text(exchange);
  if (characters(question) > kTextMax || characters(all) > kTextMax) return refused("riv_text_too_long");
  XmlWriter w;
  open_call(w, "ProcessRequest", p.recipient_unit);
  w.open("request", {{"xmlns", kRivCore}});
  write_value(w, "requestId", "extension", settings.care_unit + "#" + p.id);
  write_value(w, "typeOfRequest", "code", "4");  // allmänremiss, the only one there is
  write_value(w, "versionTimeStamp", "value", p.time);
  w.leaf("versionNumber", "1").open("reasonForVersion");
  write_value(w, "typeOfReason", "code", "NR");
  w.close();
  write_patient(w, p);
  write_organisation(w, "requestOrganisation", p);
  write_author(w, exchange, p, true);
  write_recipient(w, p.recipient_unit);
  w.open("additionalInformation");
  if (const auto language = short_text(string_at(*p.person, "interpreter"), 40); !language.empty())
    w.leaf("interpreterRequirement", language);
  w.close();
  w.open("questionFormulation").leaf("text", question);
  // Everything that was released, for people; what has an element of its own is there as well.
  w.open("clinicalInformation").leaf("text", all).close().close();
  return {soap_action("ProcessRequest"), w.take(), {}};
}

RivCall encode_status(const json::object& exchange, const Parts& p, const RivSettings& settings) {
  const auto status = string_at(*p.payload, "status");
  const auto about = string_at(*p.payload, "exchangeId");
  if (status.empty() || about.empty()) return refused("riv_status_missing");
  // A request of theirs is named by their own id, which the conversation carries; ours by the exchange.
  const auto conversation = string_at(exchange, "conversationId");
  const auto request = conversation.find('#') != std::string_view::npos ? std::string(conversation)
                                                                        : settings.care_unit + "#" + std::string(about);
  const auto text = plugin::notice_text(exchange);
  if (characters(text) > kTextMax) return refused("riv_text_too_long");
  const bool ends = status == "completed" || status == "broken_off" || status == "declined";
  const std::string_view operation = ends ? "ProcessRequestOutcome" : "ProcessRequestConfirmation";
  XmlWriter w;
  open_call(w, operation, p.recipient_unit);
  w.open(ends ? "requestOutcome" : "requestConfirmation", {{"xmlns", kRivCore}});
  write_value(w, "requestId", "extension", request);
  write_value(w, ends ? "requestOutcomeId" : "requestConfirmationId", "extension", settings.care_unit + "#" + p.id);
  if (ends)
    write_value(w, "typeOfRequestOutcome", "code", "SVA");
  else
    write_value(w, "typeOfRequestConfirmation", "code",
                status == "completion_requested" ? "KOM"
                : status == "forwarded"          ? "VID"
                                                 : "BEK");
  w.leaf("requestVersionNumber", "1");
  write_value(w, ends ? "requestOutcomeTime" : "requestConfirmationTime", "value", p.time);
  w.open("patient");
  write_person_id(w, p.number);
  if (const auto name = person_name(*p.person); !name.empty()) w.leaf("name", name);
  w.close();
  write_organisation(w, ends ? "respondingOrganisation" : "confirmingOrganisation", p);
  write_author(w, exchange, p, false);
  write_recipient(w, p.recipient_unit);
  w.open("outcome").leaf("outcomeText", text).close();
  XmlWriter::Attributes exact{{"xmlns", kRivExtension}};
  for (const std::string_view name : {"status", "reasonCode", "visitAt", "expectedBy", "recordNumber"})
    if (const auto value = string_at(*p.payload, name); !value.empty()) exact.emplace_back(name, value);
  w.open("status", exact).close();
  return {soap_action(operation), w.take(), {}};
}

}  // namespace

RivCall encode_riv(const json::object& exchange, const RivSettings& settings) {
  const auto kind = string_at(exchange, "kind");
  if (kind != "care.referral" && kind != "care.status") return refused("riv_kind_unsupported");
  const auto parts = parts_of(exchange, settings);
  if (!parts.refused.empty()) return refused(parts.refused);
  return kind == "care.referral" ? encode_referral(exchange, parts, settings)
                                 : encode_status(exchange, parts, settings);
}

}  // namespace samband::health
