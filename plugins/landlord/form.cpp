#include "landlord/form.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>

#include "landlord/identity_numbers.hpp"

namespace samband::plugin {
namespace {

constexpr std::int64_t kOreMax = 100'000'000'000;
constexpr std::size_t kCoTenantsMax = 10, kAttachmentsMax = 16;
constexpr std::array<std::string_view, 5> kConcerns{"late_rent", "upkeep", "disturbance", "no_contact", "other"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

bool drop_suffix(std::string_view& s, std::string_view suffix) {
  if (s.size() < suffix.size() || s.substr(s.size() - suffix.size()) != suffix) return false;
  s.remove_suffix(suffix.size());
  s = trimmed(s);
  return true;
}

std::optional<std::int64_t> ore_from_text(std::string_view text) {
  std::string plain;  // no-break spaces are thousands separators like any space
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\xC2\xA0")
      plain += ' ', ++i;
    else
      plain += text[i];
  }
  auto s = trimmed(plain);
  if (!drop_suffix(s, "kr") && !drop_suffix(s, "SEK")) drop_suffix(s, "kronor");
  const bool whole_only = drop_suffix(s, ":-");
  std::int64_t kronor = 0;
  std::size_t i = 0, digits = 0, since_space = 0;
  bool spaced = false;
  for (; i < s.size() && (is_digit(s[i]) || s[i] == ' '); ++i) {
    if (s[i] == ' ') {
      if (digits == 0 || (spaced ? since_space != 3 : since_space > 3)) return std::nullopt;
      spaced = true;
      since_space = 0;
      continue;
    }
    if (++digits > 10) return std::nullopt;
    ++since_space;
    kronor = kronor * 10 + (s[i] - '0');
  }
  if (digits == 0 || (spaced && since_space != 3)) return std::nullopt;
  std::int64_t ore = kronor * 100;
  if (i < s.size()) {
    // Two decimals exactly: "8.450" is thousands to one reader and öre to another, and a wrong amount voids a notice.
    if (whole_only || (s[i] != ',' && s[i] != '.') || s.size() - i != 3 || !is_digit(s[i + 1]) || !is_digit(s[i + 2]))
      return std::nullopt;
    ore += (s[i + 1] - '0') * 10 + (s[i + 2] - '0');
  }
  return ore;
}

std::optional<std::int64_t> in_range(std::int64_t ore) {
  if (ore < 1 || ore > kOreMax) return std::nullopt;
  return ore;
}

// Reads members of one object and remembers which it knows; the rest becomes warnings.
class Members {
 public:
  Members(const json::object& object, std::string where) : object_(object), where_(std::move(where)) {}
  const json::value* find(std::string_view key) {
    known_.emplace_back(key);
    return object_.if_contains(json::string_view(key.data(), key.size()));
  }
  std::string text(std::string_view key) {
    const auto* v = find(key);
    return v && v->is_string() ? std::string(trimmed(std::string_view(v->get_string()))) : std::string();
  }
  void copy(json::object& to, std::string_view key) {
    if (auto s = text(key); !s.empty()) to[key] = s;
  }
  void warn_unknown(std::vector<Warning>& warnings) const {
    for (const auto& [key, value] : object_) {
      const std::string_view name(key.data(), key.size());
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
      });
      warnings.push_back({"unknown_field", plain && name.size() <= 40 ? where_ + "/" + std::string(name) : where_});
    }
  }

 private:
  const json::object& object_;
  std::string where_;
  std::vector<std::string_view> known_;
};

// "Anna Maria Berg" or "Berg, Anna Maria".
void set_name(json::object& person, std::string_view given_name) {
  // What stands where a number stood is no part of the name, unless nothing else is left.
  std::string kept(given_name);
  for (std::size_t at; (at = kept.find(person_numbers::kStripped)) != std::string::npos;)
    kept.erase(at, person_numbers::kStripped.size());
  auto name = trimmed(kept);
  while (!name.empty() && (name.back() == ',' || name.back() == ' ')) name.remove_suffix(1);
  if (name.empty()) name = person_numbers::kStripped;
  if (const auto comma = name.find(','); comma != std::string_view::npos) {
    person["familyName"] = std::string(trimmed(name.substr(0, comma)));
    if (const auto given = trimmed(name.substr(comma + 1)); !given.empty()) person["givenName"] = std::string(given);
    return;
  }
  const auto space = name.rfind(' ');
  person["familyName"] = std::string(space == std::string_view::npos ? name : name.substr(space + 1));
  if (space != std::string_view::npos) person["givenName"] = std::string(trimmed(name.substr(0, space)));
}

sdk::Result<json::object> person_from(const json::value* v, const std::string& where, std::string_view ref,
                                      std::string_view role, std::vector<Warning>& warnings) {
  const auto* object = v ? v->if_object() : nullptr;
  if (!object) return sdk::invalid(where, "required");
  Members m(*object, where);
  json::object person{{"ref", ref}, {"role", role}};
  const auto name = m.text("name");
  if (name.empty()) return sdk::invalid(where + "/name", "required");
  set_name(person, name);
  const auto* a = m.find("address");
  if (a && a->is_string()) {  // one line, as it stands on the paper form
    if (auto line = m.text("address"); !line.empty()) person["address"] = json::object{{"street", line}};
  } else if (a && a->is_object()) {
    Members am(a->get_object(), where + "/address");
    json::object address;
    for (const auto* key : {"street", "apartment", "postalCode", "city"}) am.copy(address, key);
    am.warn_unknown(warnings);
    if (!address.empty()) person["address"] = std::move(address);
  }
  m.copy(person, "phone");
  m.copy(person, "email");
  m.warn_unknown(warnings);
  return person;
}

sdk::Result<json::object> landlord_from(const json::value* v, bool with_address, std::vector<Warning>& warnings) {
  const auto* object = v ? v->if_object() : nullptr;
  if (!object) return sdk::invalid("/landlord", "required");
  Members m(*object, "/landlord");
  json::object out;
  m.copy(out, "name");
  if (out.empty()) return sdk::invalid("/landlord/name", "required");
  m.copy(out, "phone");
  if (const auto* a = m.find("address"); a && with_address) {
    if (a->is_string()) {
      out["address"] = *a;
    } else if (a->is_object()) {
      Members am(a->get_object(), "/landlord/address");
      json::object address;
      for (const auto* key : {"street", "postalCode", "city"}) am.copy(address, key);
      am.warn_unknown(warnings);
      out["address"] = std::move(address);
    }
  }
  m.warn_unknown(warnings);
  return out;
}

bool is_date_or_time(std::string_view s) {
  return is_date(s) || (s.size() > 10 && is_date(s.substr(0, 10)) && s[10] == 'T');
}

sdk::Result<std::monostate> add_arrears(Members& m, json::object& payload) {
  payload["form"] = kArrearsForm;
  const auto* amount = m.find("amount");
  if (!amount) return sdk::invalid("/amount", "required");
  const auto ore = ore_from(*amount);
  if (!ore) return sdk::invalid("/amount", "not a sum in kronor with two decimals, or {\"ore\": whole number}");
  payload["amount"] = *ore;
  payload["currency"] = "SEK";
  const auto due = m.text("dueDate");
  if (!is_date(due)) return sdk::invalid("/dueDate", "not a date such as 2026-11-22");
  payload["dueDate"] = due;
  // Neither is a sum of ours: what has decimals ("2.5" rooms, 8.5 per cent) goes on as it was written.
  for (const auto* key : {"rooms", "interest"}) {
    const auto* v = m.find(key);
    if (v && v->is_double())
      payload[key] = json::serialize(*v);
    else if (v && (v->is_int64() || v->is_string()))
      payload[key] = *v;
  }
  m.copy(payload, "paymentAccount");
  m.copy(payload, "leaseNumber");
  if (const auto served = m.text("servedAt"); !served.empty()) {
    if (!is_date_or_time(served)) return sdk::invalid("/servedAt", "neither a date nor a time");
    payload["servedAt"] = served;
  }
  return std::monostate{};
}

sdk::Result<std::monostate> add_disturbance(Members& m, json::object& payload, bool serious) {
  m.copy(payload, "description");
  if (!payload.contains("description")) return sdk::invalid("/description", "required");
  const auto severity = m.text("severity");
  payload["severity"] = !severity.empty() ? severity : serious ? "serious" : "disturbance";
  if (serious) payload["particularlySerious"] = true;  // what JB 12:42 fourth paragraph is about; the fact follows
  if (const auto since = m.text("since"); !since.empty()) {
    if (!is_date_or_time(since)) return sdk::invalid("/since", "neither a date nor a time");
    payload["since"] = since;
  }
  return std::monostate{};
}

sdk::Result<std::monostate> add_contact(Members& m, json::object& payload) {
  const auto concern = m.text("concern");
  if (std::find(kConcerns.begin(), kConcerns.end(), concern) == kConcerns.end())
    return sdk::invalid("/concern", "not late_rent, upkeep, disturbance, no_contact or other");
  payload["concern"] = concern;
  if (const auto since = m.text("since"); !since.empty()) {
    if (!is_date(since)) return sdk::invalid("/since", "not a date such as 2026-11-22");
    payload["since"] = since;
  }
  if (const auto* informed = m.find("tenantInformed"); informed && informed->is_bool())
    payload["tenantInformed"] = *informed;
  return std::monostate{};
}

// The copy of the termination (JB 12:42 fourth paragraph) and what else lies beside it.
sdk::Result<std::monostate> add_attachments(const json::value* v, bool required, json::object& data,
                                            std::vector<Warning>& warnings) {
  if (!v && !required) return std::monostate{};
  const auto* list = v ? v->if_array() : nullptr;
  if (!list || list->empty()) return sdk::invalid("/attachments", "required: the copy of the termination");
  if (list->size() > kAttachmentsMax) return sdk::invalid("/attachments", "more than sixteen");
  json::array out;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto where = "/attachments/" + std::to_string(i);
    const auto* object = (*list)[i].if_object();
    if (!object) return sdk::invalid(where, "not an object");
    Members m(*object, where);
    json::object attachment;
    for (const auto* key : {"name", "mediaType", "content"}) {
      m.copy(attachment, key);
      if (!attachment.contains(key)) return sdk::invalid(where + "/" + key, "required");
    }
    m.warn_unknown(warnings);
    out.push_back(std::move(attachment));
  }
  data["attachments"] = std::move(out);
  return std::monostate{};
}

}  // namespace

bool is_date(std::string_view s) { return s.size() == 10 && !utc_milliseconds(std::string(s) + "T00:00:00Z").empty(); }

std::optional<std::int64_t> ore_from(const json::value& v) {
  if (const auto* i = v.if_int64()) return *i > 0 && *i <= kOreMax / 100 ? in_range(*i * 100) : std::nullopt;
  if (const auto* d = v.if_double()) {
    if (!(*d > 0 && *d < static_cast<double>(kOreMax / 100))) return std::nullopt;
    const double ore = *d * 100, rounded = std::round(ore);
    if (std::abs(ore - rounded) > 1e-4) return std::nullopt;
    return in_range(static_cast<std::int64_t>(rounded));
  }
  if (const auto* s = v.if_string()) {
    const auto ore = ore_from_text(std::string_view(*s));
    return ore ? in_range(*ore) : std::nullopt;
  }
  if (const auto* o = v.if_object(); o && o->size() == 1) {
    const auto* ore = o->if_contains("ore");
    if (ore && ore->is_int64()) return in_range(ore->get_int64());
  }
  return std::nullopt;
}

sdk::Result<LandlordForm> read_form(const json::object& form, std::vector<Warning>& warnings) {
  Members m(form, "");
  LandlordForm out;
  const auto name = m.text("form");
  const bool arrears = name == kArrearsForm, serious = name == kSeriousDisturbanceForm, contact = name == kContactForm;
  if (!arrears && !serious && !contact && name != kDisturbanceForm)
    return sdk::invalid("/form", "not SFS1978:314/3, JB12:25a, JB12:42 or contact");
  out.kind = arrears ? "rent.arrears" : contact ? "housing.contact_request" : "tenancy.disturbance";
  out.id = m.text("messageId");
  if (out.id.empty() || out.id.size() > 128)
    return sdk::invalid("/messageId", "a text of 1 to 128 characters is required");
  out.time = utc_milliseconds(m.text("createdAt"));
  if (out.time.empty()) return sdk::invalid("/createdAt", "not a UTC time such as 2026-11-22T10:00:00Z");
  for (const auto* key : {"correctionOf", "conversationId"}) m.copy(out.data, key);

  auto landlord = landlord_from(m.find("landlord"), arrears, warnings);
  if (auto* e = std::get_if<sdk::Error>(&landlord)) return *e;
  auto tenant = person_from(m.find("tenant"), "/tenant", "p1", "tenant", warnings);
  if (auto* e = std::get_if<sdk::Error>(&tenant)) return *e;
  json::array persons{std::move(std::get<json::object>(tenant))};
  if (const auto* others = m.find("coTenants"); others && others->is_array()) {
    const auto& list = others->get_array();
    if (list.size() > kCoTenantsMax) return sdk::invalid("/coTenants", "more than ten");
    for (std::size_t i = 0; i < list.size(); ++i) {
      auto other =
          person_from(&list[i], "/coTenants/" + std::to_string(i), "p" + std::to_string(i + 2), "co_tenant", warnings);
      if (auto* e = std::get_if<sdk::Error>(&other)) return *e;
      persons.push_back(std::move(std::get<json::object>(other)));
    }
  }

  json::object payload;
  payload["landlord"] = std::move(std::get<json::object>(landlord));
  if (const auto* p = m.find("premises"); p && p->is_object()) {
    Members pm(p->get_object(), "/premises");
    json::object premises;
    pm.copy(premises, "municipality");
    pm.copy(premises, "district");
    pm.warn_unknown(warnings);
    for (const auto& [key, value] : premises) persons[0].as_object()[key] = value;
    if (!premises.empty()) payload["premises"] = std::move(premises);
  }
  auto added = arrears   ? add_arrears(m, payload)
               : contact ? add_contact(m, payload)
                         : add_disturbance(m, payload, serious);
  if (auto* e = std::get_if<sdk::Error>(&added)) return *e;
  if (!arrears && !contact) {
    auto attached = add_attachments(m.find("attachments"), serious, out.data, warnings);
    if (auto* e = std::get_if<sdk::Error>(&attached)) return *e;
  }

  // Form 3 exists for tenants of dwellings only ("bostadshyresgäst"); a landlord may still say that it is not one.
  bool dwelling = arrears;
  const auto* said = m.find("dwelling");
  if (said && said->is_bool()) dwelling = said->get_bool();
  if (arrears || (contact && said)) payload["dwelling"] = dwelling;
  out.data["persons"] = std::move(persons);
  out.data["payload"] = std::move(payload);
  if (arrears || (said && said->is_bool())) add_fact(out.data, "dwelling", dwelling, "tenant");
  if (serious) add_fact(out.data, "particularly_serious", true, "tenant");
  m.warn_unknown(warnings);
  return out;
}

}  // namespace samband::plugin
