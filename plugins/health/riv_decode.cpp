#include <algorithm>
#include <array>

#include "common/canonical.hpp"
#include "digg_sdk/xml.hpp"
#include "digg_sdk/xml_writer.hpp"
#include "health/riv.hpp"
#include "health/riv_words.hpp"
#include "health/swedish_time.hpp"

namespace samband::health {
namespace {

using plugin::is_blank;
using plugin::XmlElement;

constexpr plugin::XmlLimits kLimits{4u << 20, 5000, 24, 8192, 32};
constexpr std::size_t kReferenceMax = 128;
constexpr std::size_t kWrappersMax = 4;  // Envelope, Body, ProcessRequest, and one to spare

using Pair = std::pair<std::string_view, std::string_view>;
// Codes of confirmations and outcomes: the contract's three letters, the pilot's two.
constexpr std::array<Pair, 9> kSteps{{{"BEK", "received"},
                                      {"KOM", "completion_requested"},
                                      {"VID", "forwarded"},
                                      {"SVA", "completed"},
                                      {"RB", "received"},
                                      {"KB", "completion_requested"},
                                      {"BV", "forwarded"},
                                      {"SR", "in_progress"},
                                      {"SS", "completed"}}};

bool all_digits(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Blanks at the ends and runs of them inside a line go; line breaks stay.
std::string tidy(std::string_view text) {
  std::string out;
  bool blank = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r') {
      blank = true;
      continue;
    }
    if (blank && c != '\n' && !out.empty() && out.back() != '\n') out += ' ';
    blank = false;
    if (c == '\n' && (out.empty() || out.ends_with("\n\n"))) continue;
    out += c;
  }
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

// One document: the request, confirmation or outcome, whose children all have its own namespace.
class Document {
 public:
  explicit Document(XmlElement root) : root_(root) {}
  // Through Envelope, Body and the operation's element to what it carries; empty when it is nothing of ours.
  static XmlElement find(XmlElement at) {
    for (std::size_t i = 0; i <= kWrappersMax && at; ++i) {
      if ((at.ns() == kRivCore || at.ns() == kRivPilot) &&
          (at.name() == "request" || at.name() == "requestConfirmation" || at.name() == "requestOutcome"))
        return at;
      if (at.is(kSoap, "Envelope")) {
        at = at.child(kSoap, "Body");
      } else if (at.is(kSoap, "Body") || at.ns().starts_with(kRivResponder)) {
        const auto children = at.children();
        at = children.empty() ? XmlElement() : children.front();
      } else {
        return {};
      }
    }
    return {};
  }

  bool is(std::string_view name) const { return root_.name() == name; }
  // at({"patient","personId"})
  XmlElement at(std::initializer_list<std::string_view> path) const {
    XmlElement e = root_;
    for (const auto name : path) e = e.child(root_.ns(), name);
    return e;
  }
  std::vector<XmlElement> all(std::initializer_list<std::string_view> path, std::string_view name) const {
    std::vector<XmlElement> out;
    const auto parent = at(path);
    if (!parent) return out;
    for (const auto& e : parent.children())
      if (e.is(root_.ns(), name)) out.push_back(e);
    return out;
  }
  XmlElement in(XmlElement parent, std::string_view name) const { return parent.child(root_.ns(), name); }
  std::string text(std::initializer_list<std::string_view> path) const {
    const auto e = at(path);
    return e ? tidy(e.text()) : std::string();
  }
  std::string value(std::initializer_list<std::string_view> path, std::string_view attribute) const {
    const auto e = at(path);
    return e ? e.attribute(attribute) : std::string();
  }
  std::string place(std::string_view path) const {
    return "/" + std::string(root_.name()) + (path.empty() ? "" : "/") + std::string(path);
  }
  XmlElement extension() const { return root_.child(kRivExtension, "status"); }

 private:
  XmlElement root_;
};

// "Family/middle/called/given": the name that a person is called by comes before all given names.
void add_name(json::object& person, const std::string& name) {
  std::array<std::string, 4> part;
  std::size_t i = 0, from = 0;
  for (; i < part.size(); ++i) {
    const auto slash = name.find('/', from);
    part[i] = tidy(std::string_view(name).substr(from, slash == std::string::npos ? slash : slash - from));
    if (slash == std::string::npos) break;
    from = slash + 1;
  }
  if (!part[0].empty()) person["familyName"] = part[1].empty() ? part[0] : part[0] + " " + part[1];
  if (const auto& given = part[3].empty() ? part[2] : part[3]; !given.empty()) person["givenName"] = given;
}

void add_address(json::object& person, const Document& d) {
  const auto address = d.at({"patient", "address"});
  if (!address) return;
  json::object out;
  std::string street, digits;
  if (const auto care_of = d.text({"patient", "address", "careOf"}); !care_of.empty()) street = "c/o " + care_of;
  for (const auto* line : {"streetName1", "streetName2", "streetName3"})
    if (const auto text = d.text({"patient", "address", line}); !text.empty())
      street += (street.empty() ? "" : ", ") + text;
  if (!street.empty()) out["street"] = street;
  for (const char c : d.text({"patient", "address", "postalCode"}))
    if (c >= '0' && c <= '9') digits += c;
  if (!digits.empty()) out["postalCode"] = digits;
  if (const auto city = d.text({"patient", "address", "postalCity"}); !city.empty()) out["city"] = city;
  if (!out.empty()) person["address"] = std::move(out);
}

sdk::Result<json::object> read_patient(const Document& d, std::vector<plugin::Warning>& warnings) {
  // The contract has no mark for protected identity, so nothing is said of it: "none" would be a lie.
  json::object person{{"ref", "p1"}, {"role", "subject"}};
  const auto root = d.value({"patient", "personId"}, "root"), id = d.value({"patient", "personId"}, "extension");
  if (root == kOidPersonnummer || root == kOidSamordningsnummer) {
    if (id.size() != 12 || !all_digits(id))
      return sdk::invalid(d.place("patient/personId/@extension"), "must be a person number of twelve digits");
    person["personalNumber"] = id;
  } else if (!root.empty()) {
    warnings.push_back({"unknown_field", d.place("patient/personId")});  // a region's reserve number: not ours to match
  } else {
    return sdk::invalid(d.place("patient/personId"), "is required");
  }
  add_name(person, d.text({"patient", "name"}));
  const auto gender = d.value({"patient", "gender"}, "code");
  if (gender == "1" || gender == "2") person["sex"] = gender == "1" ? "male" : "female";
  if (const auto born = d.value({"patient", "dateOfBirth"}, "value"); born.size() == 8 && all_digits(born))
    person["birthDate"] = born.substr(0, 4) + "-" + born.substr(4, 2) + "-" + born.substr(6, 2);
  add_address(person, d);
  for (const auto* wanted : {"MC", "H"})
    for (const auto& telecom : d.all({"patient"}, "telecom")) {
      const auto number = tidy(d.in(telecom, "number").text());
      if (!person.contains("phone") && d.in(telecom, "typeOfTelecom").attribute("code") == wanted && !number.empty() &&
          number.size() <= 40)
        person["phone"] = number;
    }
  return person;
}

json::object read_author(const Document& d) {
  json::object author;
  for (const auto* staff : {"staff", "healthcareProfessional"}) {  // the pilot's word and the contract's
    if (const auto id = d.value({"author", staff, "id"}, "extension"); !is_blank(id) && id.size() <= 128)
      author["id"] = id;
    if (const auto name = d.text({"author", staff, "name"}); !name.empty()) author["name"] = name;
  }
  return author;
}

// The message's own id and time; both are required.
sdk::Result<std::pair<std::string, std::string>> read_head(const Document& d, std::string_view id_element,
                                                           std::string_view time_element) {
  const auto id = d.value({id_element}, "extension");
  if (id.find('#') == std::string::npos || id.size() > 200)
    return sdk::invalid(d.place(id_element), "must be an id of the form unit#number");
  const auto time = instant_of_local(d.value({time_element}, "value"));
  if (time.empty()) return sdk::invalid(d.place(time_element), "must be a time: twelve or fourteen digits");
  return std::pair{id, time};
}

sdk::Result<int> read_version(const Document& d, std::string_view element) {
  const auto text = d.text({element});
  const auto at = text.find_first_not_of('0');
  if (at == std::string::npos || !all_digits(text) || text.size() - at > 6)
    return sdk::invalid(d.place(element), "must be a positive number");
  return std::stoi(text.substr(at));
}

void line(std::string& out, std::string_view label, const std::string& text) {
  if (text.empty()) return;
  if (!out.empty()) out += "\n";
  if (!label.empty()) out += std::string(label) + ": ";
  out += text;
}

// What the referral says beside its question, each under its own label so that nothing is lost.
std::string clinical_text(const Document& d) {
  auto out = d.text({"questionFormulation", "clinicalInformation", "text"});
  const auto coded = [&](XmlElement e) {
    const auto code = d.in(e, "code");
    auto text = d.in(e, "text") ? tidy(d.in(e, "text").text()) : std::string();
    if (code) {
      const auto value = code.attribute("extension") + code.attribute("code");
      text +=
          (text.empty() ? "" : " ") + ("[" + value + " " + code.attribute("root") + code.attribute("codeSystem") + "]");
    }
    return text;
  };
  for (const auto& e : d.all({"questionFormulation"}, "condition")) line(out, "Tillstånd", coded(e));
  for (const auto* name : {"desiredAction", "desiredActivity"})
    for (const auto& e : d.all({"questionFormulation"}, name)) line(out, "Önskad åtgärd", coded(e));
  for (const auto& e : d.all({}, "awarenessInformation")) line(out, "Uppmärksamma", tidy(e.text()));
  line(out, "Övrigt", d.text({"additionalInformation", "text"}));
  line(out, "Administrativt", d.text({"additionalInformation", "administrativeInformation"}));
  for (const auto& e : d.all({"additionalInformation"}, "desiredRequestRecipient"))
    line(out, "Önskad mottagare", tidy(e.text()));
  const auto start = d.value({"additionalInformation", "desiredDateForPerformance"}, "start"),
             end = d.value({"additionalInformation", "desiredDateForPerformance"}, "end");
  if (!start.empty() || !end.empty()) line(out, "Önskad tid", start + "-" + end);
  for (const auto& e : d.all({"additionalInformation"}, "interpreterRequirement")) line(out, "Tolk", tidy(e.text()));
  return out;
}

sdk::Result<std::string> decode_request(const Document& d, const RivSettings& settings) {
  auto head = read_head(d, "requestId", "versionTimeStamp");
  if (auto* e = std::get_if<sdk::Error>(&head)) return *e;
  const auto& [request_id, time] = std::get<0>(head);
  auto version = read_version(d, "versionNumber");
  if (auto* e = std::get_if<sdk::Error>(&version)) return *e;
  const int number = std::get<int>(version);
  std::vector<plugin::Warning> warnings;
  auto person = read_patient(d, warnings);
  if (auto* e = std::get_if<sdk::Error>(&person)) return *e;

  json::object payload;
  if (auto question = d.text({"questionFormulation", "text"}); !question.empty()) payload["question"] = question;
  if (auto text = clinical_text(d); !text.empty()) payload["clinicalInformation"] = text;
  if (!payload.contains("question")) return sdk::invalid(d.place("questionFormulation/text"), "is required");

  json::object data{{"persons", json::array{std::move(std::get<json::object>(person))}}};
  if (auto author = read_author(d); !author.empty()) data["author"] = std::move(author);
  if (request_id.size() <= kReferenceMax) {
    data["conversationId"] = request_id;  // a status that comes back names it
    data["references"] = json::array{json::object{{"system", "riv_request"}, {"value", request_id}}};
  }
  if (d.value({"reasonForVersion", "typeOfReason"}, "code") == "AR" && number > 1)
    data["correctionOf"] = request_id + "/" + std::to_string(number - 1);
  const auto unit = d.value({"recipient", "organisation", "careUnitId"}, "extension");
  const auto known = std::find_if(settings.units.begin(), settings.units.end(),
                                  [&](const auto& entry) { return entry.second == unit; });
  if (known != settings.units.end())
    data["to"] = known->first;
  else if (!settings.units.empty() && unit != settings.care_unit)
    return sdk::invalid(d.place("recipient/organisation/careUnitId"), "is no care unit that the hub knows");
  data["payload"] = std::move(payload);
  return plugin::canonical_message("care.referral", request_id + "/" + std::to_string(number),
                                   "urn:samband:adapter:health", time, std::move(data), warnings);
}

// Our own element says the step exactly; without it the contract's coarser code does.
sdk::Result<json::object> read_step(const Document& d, std::string_view code_element) {
  json::object payload;
  if (const auto own = d.extension()) {
    for (const auto* name : {"status", "reasonCode", "visitAt", "expectedBy", "recordNumber"})
      if (auto text = own.attribute(name); !text.empty()) payload[name] = text;
    if (!payload.contains("status")) return sdk::invalid(d.place("status/@status"), "is required");
    return payload;
  }
  const auto code = d.value({code_element}, "code");
  for (const auto& [theirs, ours] : kSteps)
    if (theirs == code) {
      payload["status"] = ours;
      return payload;
    }
  return sdk::invalid(d.place(code_element), "is not a code of the contract");
}

sdk::Result<std::string> decode_status(const Document& d, const RivSettings& settings) {
  const bool confirms = d.is("requestConfirmation");
  const auto* id_element = confirms ? "requestConfirmationId" : "requestOutcomeId";
  // The pilot's outcome has the time of its version; the contract's its own.
  const auto* time_element = confirms                       ? "requestConfirmationTime"
                             : d.at({"requestOutcomeTime"}) ? "requestOutcomeTime"
                                                            : "versionTimeStamp";
  auto head = read_head(d, id_element, time_element);
  if (auto* e = std::get_if<sdk::Error>(&head)) return *e;
  const auto& [own_id, time] = std::get<0>(head);
  const auto request = d.value({"requestId"}, "extension");
  const auto hash = request.find('#');
  if (hash == std::string::npos || hash + 1 == request.size() || request.size() - hash > kReferenceMax)
    return sdk::invalid(d.place("requestId"), "must name the request: unit#exchange");
  if (!settings.care_unit.empty() && request.substr(0, hash) != settings.care_unit)
    return sdk::invalid(d.place("requestId"), "is no request of this hub's care unit");
  auto step = read_step(d, confirms ? "typeOfRequestConfirmation" : "typeOfRequestOutcome");
  if (auto* e = std::get_if<sdk::Error>(&step)) return *e;
  std::vector<plugin::Warning> warnings;
  auto person = read_patient(d, warnings);
  if (auto* e = std::get_if<sdk::Error>(&person)) return *e;

  auto payload = std::move(std::get<json::object>(step));
  const auto exchange = request.substr(hash + 1);
  payload["exchangeId"] = exchange;
  json::object data{{"relatesTo", exchange}, {"persons", json::array{std::move(std::get<json::object>(person))}}};
  if (auto author = read_author(d); !author.empty()) {
    if (author.contains("name")) payload["handler"] = json::object{{"name", author.at("name")}};
    data["author"] = std::move(author);
  }
  auto text = d.text({"outcome", "outcomeText"});
  if (text.empty()) text = d.text({"outcome", "clinicalInformation", "text"});
  line(text, "Vidareskickad till", d.value({"forwardingRecipient", "organisation", "careUnitId"}, "extension"));
  if (!text.empty()) data["text"] = text;
  data["payload"] = std::move(payload);
  // Told apart by their last part, so that the answer can be of the right operation (riv_answer.cpp).
  return plugin::canonical_message("care.status", own_id + (confirms ? "/confirmation" : "/outcome"),
                                   "urn:samband:adapter:health", time, std::move(data), warnings);
}

}  // namespace

sdk::Result<std::string> decode_riv(std::string_view xml, const RivSettings& settings) {
  auto parsed = plugin::XmlDocument::parse(xml, kLimits);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto& document = std::get<plugin::XmlDocument>(parsed);
  const auto root = Document::find(document.root());
  if (!root) return sdk::invalid("/", "must be a request, a requestConfirmation or a requestOutcome of RIV-TA");
  const Document d(root);
  return d.is("request") ? decode_request(d, settings) : decode_status(d, settings);
}

}  // namespace samband::health
