#include "case_errand/decode.hpp"

#include <array>

#include "common/canonical.hpp"
#include "common/form_parts.hpp"

namespace samband::case_errand {
namespace {

namespace json = boost::json;
using plugin::kFreeTextMax;
using plugin::ObjectReader;
using plugin::Problem;

constexpr std::size_t kPersonsMax = 10;

void fill_referral(ObjectReader& in, json::object& payload) {
  payload["service"] = in.required_text("service", 100);
  in.copy_text(payload, "priority", 40);
  for (const auto* key : {"question", "clinicalInformation", "misuse", "socialSituation", "school", "narrative"})
    in.copy_text(payload, key, kFreeTextMax);
}

void fill_status(ObjectReader& in, json::object& payload) {
  payload["exchangeId"] = in.required_text("exchangeId", 64);
  payload["status"] = in.required_text("status", 40);
  in.copy_text(payload, "reasonCode", 40);
  in.copy_text(payload, "recordNumber", 100);
  for (const auto* key : {"visitAt", "expectedBy"}) in.copy_instant(payload, key);
  if (const auto* handler = in.object("handler")) {
    ObjectReader reader(*handler, in.at("handler"), in.problem());
    json::object out;
    for (const auto* key : {"name", "phone"}) reader.copy_text(out, key, 200);
    reader.finish();
    payload["handler"] = std::move(out);
  }
}

void fill_receipt(ObjectReader& in, json::object& payload) {
  payload["exchangeId"] = in.required_text("exchangeId", 64);
  payload["receivedAt"] = in.required_instant("receivedAt");
  if (const auto leaf = in.integer("receiptLeaf")) payload["receiptLeaf"] = *leaf;
}

struct Form {
  std::string_view type, kind, section;
  bool needs_client;
  plugin::FillPayload fill;  // nullptr: the section is the payload of docs/vocabulary.md as it stands
  std::string_view role = "subject";
};
// Of a request and its answer the hub checks every member (schema of the kind); a member that the kind does not have is
// withheld and said so, and none of them protects anybody.
constexpr Form request(std::string_view type, std::string_view kind, std::string_view role = "subject") {
  return {type, kind, type, true, nullptr, role};
}
constexpr std::array<Form, 19> kForms{{
    {"referral", "care.referral", "referral", true, fill_referral},
    {"sig_information", "sig.information", "sig", true, plugin::fill_group_information},
    {"status", "care.status", "status", false, fill_status},
    {"receipt", "exchange.receipt", "receipt", false, fill_receipt},
    {"concern", "concern.report", "concern", true, plugin::fill_concern},
    request("known_query", "known.query"),
    request("stay_query", "stay.query"),
    request("contact_query", "contact.query"),
    request("test_order", "test.order"),
    request("housing_emergency", "housing.emergency"),
    request("benefit_information", "benefit.information"),
    request("inquiry_information", "inquiry.information"),
    request("service_report", "service.report"),
    request("youth_opinion", "youth.opinion"),
    request("sanction_notice", "sanction.notice"),
    request("protection_information", "protection.information"),
    request("crime_risk", "crime.risk"),
    request("crime_suspicion", "crime.suspicion"),
    request("rent_commitment", "rent.commitment", "tenant"),
}};

json::object read_person(const json::object& object, const std::string& where, Problem& problem, bool guardian) {
  ObjectReader in(object, where, problem);
  json::object out;
  if (auto number = plugin::read_twelve_digits(in, "personalNumber"); !number.empty()) out["personalNumber"] = number;
  for (const auto* key : {"givenName", "familyName", "phone", "email"}) in.copy_text(out, key, 200);
  for (const auto* key : {"birthDate", "sex", "interpreter", "municipality", "district"}) in.copy_text(out, key, 40);
  if (auto protection = in.text("protection", 40); !protection.empty()) {
    static constexpr std::array<std::string_view, 4> kKnown{"none", "marked", "protected_registration", "fictitious"};
    bool known = false;
    for (const auto code : kKnown) known = known || code == protection;
    if (!known) problem.set(in.at("protection"), "must be none, marked, protected_registration or fictitious");
    out["protection"] = protection;
  }
  if (guardian) in.copy_boolean(out, "informed");
  if (const auto* address = in.object("address")) {
    ObjectReader reader(*address, in.at("address"), problem);
    json::object copy;
    for (const auto* key : {"street", "apartment", "postalCode", "city"}) reader.copy_text(copy, key, 200);
    reader.finish();
    if (!copy.empty()) out["address"] = std::move(copy);
  }
  in.finish();
  return out;
}

json::array read_persons(ObjectReader& in, const Form& form) {
  json::array persons;
  if (const auto* client = in.object("client")) {
    auto person = read_person(*client, in.at("client"), in.problem(), false);
    person["ref"] = "p1", person["role"] = form.role;
    persons.push_back(std::move(person));
  } else if (form.needs_client) {
    in.problem().set(in.at("client"), "is required");
  }
  if (const auto* guardians = in.array("guardians", kPersonsMax)) {
    std::size_t i = 0;
    for (const auto& v : *guardians) {
      const auto where = in.at("guardians") + "/" + std::to_string(i++);
      const auto* object = v.if_object();
      if (!object) return in.problem().set(where, "must be an object"), json::array();
      auto person = read_person(*object, where, in.problem(), true);
      person["ref"] = "g" + std::to_string(i), person["role"] = "guardian", person["relationTo"] = "p1";
      persons.push_back(std::move(person));
    }
  }
  return persons;
}

}  // namespace

sdk::Result<std::string> decode_case_message(std::string_view body) {
  auto parsed = plugin::parse_json(body);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto* root = std::get<json::value>(parsed).if_object();
  if (!root) return sdk::invalid("", "the message must be an object");

  Problem problem;
  ObjectReader in(*root, "", problem);
  const auto head = plugin::read_head(in);
  if (problem) return *problem.error();
  const Form* form = nullptr;
  for (const auto& f : kForms)
    if (f.type == head.type) form = &f;
  if (!form) return sdk::invalid("/type", "is none of the types of plugins/municipal_case/README.md");

  json::object data;
  plugin::copy_surroundings(in, data);
  if (auto number = in.text("caseNumber", 100); !number.empty())
    data["references"] = json::array{json::object{{"system", "dnr"}, {"value", number}}};
  const auto author = plugin::read_official(in, "caseworker");
  if (!author.empty()) data["author"] = author;
  if (auto persons = read_persons(in, *form); !persons.empty()) data["persons"] = std::move(persons);
  plugin::copy_facts(in, author, data);
  // Consents are checked field by field by the hub (schema of `data`); they have no form of their own here.
  if (const auto* consents = in.array("consents")) data["consents"] = *consents;

  data["payload"] = plugin::read_section(in, form->section, form->fill);
  in.finish();
  if (problem) return *problem.error();
  // The certificate says who the sender is; the hub writes the party over this source.
  return plugin::canonical_message(form->kind, head.id, "urn:samband:adapter:municipal_case", head.created,
                                   std::move(data));
}

}  // namespace samband::case_errand
