#include "landlord/fi2.hpp"

#include <algorithm>
#include <optional>

#include "digg_sdk/xml.hpp"
#include "landlord/form.hpp"

namespace samband::plugin {
namespace {

constexpr std::string_view kTenant = "16", kDwellingContract = "12",
                           kPremisesContract = "11";  // CA000_005_003, CA000_009_002
constexpr std::size_t kXmlBytesMax = 4u << 20;

// XML in the shape that fastAPI's JSON has: attributes and children are members, text is "$t", or the value itself
// where there is nothing else; what comes twice is an array.
json::value as_json(const XmlElement& element) {
  json::object out;
  for (const auto* attribute : {"id", "usage"})
    if (auto text = element.attribute(attribute); !text.empty()) out[attribute] = std::move(text);
  const auto children = element.children();
  for (const auto& child : children) {
    auto value = as_json(child);
    auto* there = out.if_contains(json::string_view(child.name().data(), child.name().size()));
    if (!there) {
      out[json::string_view(child.name().data(), child.name().size())] = std::move(value);
    } else if (there->is_array()) {
      there->get_array().push_back(std::move(value));
    } else {
      json::array both;
      both.push_back(std::move(*there));
      both.push_back(std::move(value));
      *there = std::move(both);
    }
  }
  if (!children.empty()) return out;
  if (out.empty()) return json::string(element.text());
  out["$t"] = element.text();
  return out;
}

// A member that is one or many.
std::vector<const json::value*> each(const json::object& o, std::string_view key) {
  std::vector<const json::value*> out;
  const auto* v = o.if_contains(json::string_view(key.data(), key.size()));
  if (v && v->is_array())
    for (const auto& one : v->get_array()) out.push_back(&one);
  else if (v)
    out.push_back(v);
  return out;
}
std::vector<const json::object*> objects(const json::object& o, std::string_view key) {
  std::vector<const json::object*> out;
  for (const auto* v : each(o, key))
    if (const auto* object = v->if_object()) out.push_back(object);
  return out;
}
std::string text_of(const json::value& v) {
  if (const auto* s = v.if_string()) return std::string(*s);
  if (const auto* o = v.if_object()) return std::string(string_at(*o, "$t"));
  return {};
}
const json::object* only(const json::object& o, std::string_view key) {
  const auto all = objects(o, key);
  return all.size() == 1 ? all.front() : nullptr;
}

// The text of the one `key` with this usage; "" when there is none or more than one.
std::string with_usage(const json::object& o, std::string_view key, std::string_view usage) {
  std::string out;
  for (const auto* v : each(o, key)) {
    const auto* object = v->if_object();
    if (!object || string_at(*object, "usage") != usage) continue;
    if (!out.empty()) return {};
    out = text_of(*v);
  }
  return out;
}
bool has_code(const json::object& o, std::string_view key, std::string_view code) {
  for (const auto* c : objects(o, key))
    if (string_at(*c, "fi2class_code") == code) return true;
  return false;
}

bool holds_number(const json::value& v) {
  if (const auto* array = v.if_array()) return std::any_of(array->begin(), array->end(), holds_number);
  const auto* o = v.if_object();
  if (!o) return false;
  if (string_at(*o, "usage") == "Ssn" || o->contains("fi2part_orgidcode")) return true;
  return std::any_of(o->begin(), o->end(), [](const auto& member) { return holds_number(member.value()); });
}

std::string contract_number(const json::object& contract) {
  const auto* ids = only(contract, "fi2lease_ids");
  return ids ? with_usage(*ids, "fi2_id", "ContractNo") : std::string();
}

// "Ulla  Prov" and "PROV, ULLA" are one name; nothing cleverer: a doubt is the sender's to settle.
std::vector<std::string> words(std::string_view name) {
  std::vector<std::string> out(1);
  for (const char c : name) {
    if (c == ' ' || c == ',' || c == '\t')
      out.emplace_back();
    else
      out.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  std::erase(out, std::string());
  std::sort(out.begin(), out.end());
  return out;
}

struct Tenants {
  std::vector<std::string> names;  // in the contract's order
};

std::optional<Tenants> tenants_of(const json::object& contract, const json::object& message) {
  std::vector<std::pair<std::string, std::string>> ordered;  // sort order and partner id
  for (const auto* actor : objects(contract, "fi2lease_actor")) {
    const auto* partner = only(*actor, "fi2actor_partner");
    if (!partner || !(has_code(*actor, "fi2actor_role", kTenant) || has_code(*partner, "fi2part_class", kTenant)))
      continue;
    const auto* ids = only(*partner, "fi2part_ids");
    auto order = ids ? with_usage(*ids, "fi2_id", "Sortorder") : std::string();
    ordered.emplace_back(std::string(order.size() < 4 ? 4 - order.size() : 0, '0') + order, string_at(*partner, "id"));
  }
  std::sort(ordered.begin(), ordered.end());
  Tenants out;
  for (const auto& [order, id] : ordered) {
    std::string name;
    int found = 0;
    for (const auto* partner : objects(message, "fi2partner"))
      if (!id.empty() && string_at(*partner, "id") == id) ++found, name = string_at(*partner, "fi2part_fullname");
    if (found != 1 || name.empty()) return std::nullopt;
    out.names.push_back(std::move(name));
  }
  if (out.names.empty()) return std::nullopt;
  return out;
}

// The flat that the contract is about, when the message holds it.
const json::object* flat_of(const json::object& contract, const json::object& message) {
  const auto* parent = only(contract, "fi2lease_parentobject");
  const auto* ids = parent ? only(*parent, "fi2parent_ids") : nullptr;
  if (!ids) return nullptr;
  const auto wanted = each(*ids, "fi2_id");
  const json::object* found = nullptr;
  for (const auto* flat : objects(message, "fi2spatisystem"))
    for (const auto* id : wanted)
      if (!text_of(*id).empty() && string_at(*flat, "id") == text_of(*id)) {
        if (found && found != flat) return nullptr;
        found = flat;
      }
  return found;
}

json::object address_of(const json::object& flat) {
  json::object out;
  const auto* address = only(flat, "fi2spsys_address");
  if (!address) return out;
  if (auto street = with_usage(*address, "fi2addr_addrline", "Street"); !street.empty()) out["street"] = street;
  if (const auto* zip = address->if_contains("fi2addr_zipcode"); zip && !text_of(*zip).empty())
    out["postalCode"] = text_of(*zip);
  if (const auto* city = address->if_contains("fi2addr_city"); city && !text_of(*city).empty())
    out["city"] = text_of(*city);
  return out;
}

json::object& object_in(json::object& form, std::string_view key) {
  auto& value = form[json::string_view(key.data(), key.size())];
  if (!value.is_object()) value = json::object{};
  return value.get_object();
}

// null is an absent member, which fi2 may complete.
void erase_nulls(json::object& object) {
  for (auto it = object.begin(); it != object.end();) it = it->value().is_null() ? object.erase(it) : std::next(it);
}

}  // namespace

sdk::Result<std::monostate> complete_from_fi2(json::object& form, std::vector<Warning>& warnings) {
  const auto* given = form.if_contains("fi2");
  if (!given) return std::monostate{};
  json::value data = *given;
  form.erase("fi2");
  erase_nulls(form);
  if (auto* tenant = form.if_contains("tenant"); tenant && tenant->is_object()) erase_nulls(tenant->get_object());
  if (const auto* text = data.if_string()) {
    XmlLimits limits;
    limits.bytes_max = kXmlBytesMax;
    auto document = XmlDocument::parse(std::string_view(*text), limits);
    if (auto* e = std::get_if<sdk::Error>(&document)) return sdk::invalid("/fi2", e->message);
    const auto root = std::get<XmlDocument>(document).root();
    if (root.ns() != "http://www.fi2.se/schemas/1.31") return sdk::invalid("/fi2", "not fi2xml 1.31");
    data = json::object{{json::string_view(root.name().data(), root.name().size()), as_json(root)}};
  }
  const auto* object = data.if_object();
  const auto* message = object ? only(*object, "fi2simplemessage") : nullptr;
  if (!message) return sdk::invalid("/fi2", "not an fi2simplemessage");
  if (holds_number(data)) warnings.push_back({"personnummer_stripped", "/fi2"});

  const auto* lease = form.if_contains("leaseNumber");
  const auto said = lease ? text_from(*lease) : std::string();
  if (!said) return sdk::invalid("/leaseNumber", "not a text");
  const std::string& number = *said;
  const auto* given_tenant = form.if_contains("tenant");
  if (given_tenant && !given_tenant->is_object()) return sdk::invalid("/tenant", "not an object");
  std::vector<const json::object*> contracts;
  for (const auto* contract : objects(*message, "fi2leasecontract"))
    if (number.empty() || contract_number(*contract) == number) contracts.push_back(contract);
  if (contracts.size() != 1)
    return sdk::invalid("/fi2", contracts.empty() ? "no lease contract of that number"
                                                  : "more than one lease contract: say leaseNumber");
  const auto& contract = *contracts.front();
  if (number.empty() && !contract_number(contract).empty()) form["leaseNumber"] = contract_number(contract);

  const auto tenants = tenants_of(contract, *message);
  if (!tenants) return sdk::invalid("/fi2", "the contract's tenants are not all in fi2partner, once each and by name");
  auto& tenant = object_in(form, "tenant");
  const auto* given_name = tenant.if_contains("name");
  const auto said_name = given_name ? text_from(*given_name) : std::string();
  if (!said_name) return sdk::invalid("/tenant/name", "not a text");
  const std::string& name = *said_name;
  if (name.empty()) {
    tenant["name"] = tenants->names.front();
    if (tenants->names.size() > 1 && !form.contains("coTenants")) {
      json::array others;
      for (std::size_t i = 1; i < tenants->names.size(); ++i)
        others.push_back(json::object{{"name", tenants->names[i]}});
      form["coTenants"] = std::move(others);
    }
  } else if (std::none_of(tenants->names.begin(), tenants->names.end(),
                          [&](const std::string& one) { return words(one) == words(name); })) {
    return sdk::invalid("/tenant/name", "is no tenant of the lease contract in fi2");
  }
  if (const auto* flat = flat_of(contract, *message)) {
    auto& at_form = object_in(form, "tenant");
    if (!at_form.contains("address"))
      if (auto address = address_of(*flat); !address.empty()) at_form["address"] = std::move(address);
    for (const auto* value : objects(*flat, "fi2spsys_value"))
      if (string_at(*value, "fi2value_code") == "Rooms" && !string_at(*value, "fi2value_value").empty() &&
          !form.contains("rooms"))
        form["rooms"] = string_at(*value, "fi2value_value");
  }
  if (!form.contains("dwelling")) {
    if (has_code(contract, "fi2lease_class", kDwellingContract)) form["dwelling"] = true;
    if (has_code(contract, "fi2lease_class", kPremisesContract)) form["dwelling"] = false;
  }
  return std::monostate{};
}

}  // namespace samband::plugin
