#include "school/ss12000.hpp"

#include <array>

#include "common/form_parts.hpp"

namespace samband::school {
namespace {

using plugin::object_at;
using plugin::ObjectReader;
using plugin::string_at;

constexpr std::size_t kListMax = 20;

struct Code {
  std::string_view ss12000, ours;
};
// The first of an "ours" is what is written out; SS12000 has no word for fictitious personal data.
constexpr std::array<Code, 4> kMarkings{{{"Ingen", "none"},
                                         {"Sekretessmarkering", "marked"},
                                         {"Skyddad folkbokföring", "protected_registration"},
                                         {"Skyddad folkbokföring", "fictitious"}}};
constexpr std::string_view kStrictest = "fictitious";
constexpr std::array<Code, 2> kSexes{{{"Kvinna", "female"}, {"Man", "male"}}};

std::string_view protection_of(std::string_view marking) {
  for (const auto& code : kMarkings)
    if (code.ss12000 == marking) return code.ours;
  return kStrictest;
}

// {"value", "type"}: the first of a list; SS12000 gives no order of preference.
void copy_first_value(ObjectReader& in, std::string_view key, json::object& out, std::string_view as) {
  const auto* list = in.array(key, kListMax);
  if (!list || list->empty()) return;
  const auto where = in.at(key) + "/0";
  const auto* first = list->front().if_object();
  if (!first) return in.problem().set(where, "must be an object");
  ObjectReader reader(*first, where, in.problem());
  out[as] = reader.required_text("value", 200);
  for (const auto* unused : {"type", "mobile"}) reader.take(unused);
  reader.finish();
}

void copy_address(ObjectReader& in, json::object& out) {
  const auto* list = in.array("addresses", kListMax);
  if (!list || list->empty()) return;
  const auto where = in.at("addresses") + "/0";
  const auto* first = list->front().if_object();
  if (!first) return in.problem().set(where, "must be an object");
  ObjectReader reader(*first, where, in.problem());
  json::object address;
  const auto copy = [&](std::string_view key, std::string_view as) {
    if (auto text = reader.text(key, 200); !text.empty()) address[as] = text;
  };
  copy("streetAddress", "street");
  copy("postalCode", "postalCode");
  copy("locality", "city");
  if (auto code = reader.text("municipalityCode", 4); !code.empty()) out["municipality"] = code;
  for (const auto* unused : {"type", "careOf", "country", "countyCode", "realEstateDesignation"}) reader.take(unused);
  reader.finish();
  if (!address.empty()) out["address"] = std::move(address);
}

}  // namespace

json::object read_ss12000_person(ObjectReader& in, std::vector<plugin::Warning>& warnings) {
  json::object out;
  in.required_text("id", 64);  // the school's own: it stays there
  auto given = in.required_text("givenName", 100);
  if (const auto* middle = in.take("middleName"); middle && !middle->is_null())
    if (auto text = in.text("middleName", 100); !text.empty()) given += " " + text;
  out["givenName"] = given;
  out["familyName"] = in.required_text("familyName", 200);
  if (const auto* civic = in.object("civicNo")) {
    ObjectReader reader(*civic, in.at("civicNo"), in.problem());
    const auto number = plugin::read_twelve_digits(reader, "value");
    if (number.empty()) in.problem().set(reader.at("value"), "is required");
    reader.take("nationality");
    reader.finish();
    out["personalNumber"] = number;
  }
  if (auto date = in.text("birthDate", 10); !date.empty()) out["birthDate"] = date;
  if (const auto sex = in.text("sex", 40); !sex.empty())
    for (const auto& code : kSexes)
      if (code.ss12000 == sex) out["sex"] = code.ours;
  if (const auto* marking = in.take("securityMarking")) {
    const auto* text = marking->if_string();
    const auto protection = protection_of(text ? std::string_view(text->data(), text->size()) : std::string_view());
    if (protection == kStrictest) warnings.push_back({"protected_identity", in.at("securityMarking")});
    out["protection"] = protection;
  }
  copy_first_value(in, "emails", out, "email");
  copy_first_value(in, "phoneNumbers", out, "phone");
  copy_address(in, out);
  for (const auto* unused : {"meta", "eduPersonPrincipalNames", "externalIdentifiers", "personStatus", "photo",
                             "enrolments", "responsibles"})
    in.take(unused);
  return out;
}

json::object ss12000_person(const json::object& person) {
  json::object out;
  const auto copy = [&](std::string_view key, std::string_view as) {
    if (auto text = string_at(person, key); !text.empty()) out[as] = text;
  };
  copy("ref", "ref");
  copy("role", "role");
  copy("relationTo", "relationTo");
  copy("givenName", "givenName");
  copy("familyName", "familyName");
  if (auto number = string_at(person, "personalNumber"); !number.empty())
    out["civicNo"] = json::object{{"value", number}, {"nationality", "SE"}};
  copy("birthDate", "birthDate");
  for (const auto& code : kSexes)
    if (code.ours == string_at(person, "sex")) out["sex"] = code.ss12000;
  if (const auto protection = string_at(person, "protection"); !protection.empty()) {
    out["securityMarking"] = kMarkings.back().ss12000;
    for (const auto& code : kMarkings)
      if (code.ours == protection) out["securityMarking"] = code.ss12000;
  }
  if (auto email = string_at(person, "email"); !email.empty())
    out["emails"] = json::array{json::object{{"value", email}}};
  if (auto phone = string_at(person, "phone"); !phone.empty())
    out["phoneNumbers"] = json::array{json::object{{"value", phone}}};
  json::object address;
  const auto move_address = [&](const json::object& from, std::string_view key, std::string_view as) {
    if (auto text = string_at(from, key); !text.empty()) address[as] = text;
  };
  if (const auto* given = object_at(person, "address")) {
    move_address(*given, "street", "streetAddress");
    // The model has no field for it, and it tells two families in one house apart.
    if (auto flat = string_at(*given, "apartment"); !flat.empty())
      address["streetAddress"] = std::string(string_at(*given, "street")) + " lgh " + std::string(flat);
    move_address(*given, "postalCode", "postalCode");
    move_address(*given, "city", "locality");
  }
  move_address(person, "municipality", "municipalityCode");
  if (!address.empty()) out["addresses"] = json::array{std::move(address)};
  copy("district", "district");
  copy("interpreter", "interpreter");
  if (const auto* informed = plugin::bool_at(person, "informed")) out["informed"] = *informed;
  return out;
}

}  // namespace samband::school
