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

// What is said of a form beside its data: warnings, and the first member of a wrong type, which is never left out
// unsaid.
struct Remarks {
  std::vector<Warning>& warnings;
  std::optional<sdk::Error> wrong = {};
};

// Reads members of one object and remembers which it knows; the rest becomes warnings. `null` is an absent member.
class Members {
 public:
  Members(const json::object& object, std::string where, Remarks& remarks)
      : object_(object), where_(std::move(where)), remarks_(remarks) {}
  const json::value* find(std::string_view key) {
    known_.emplace_back(key);
    const auto* v = object_.if_contains(json::string_view(key.data(), key.size()));
    return v && !v->is_null() ? v : nullptr;
  }
  std::string text(std::string_view key) {
    const auto* v = find(key);
    if (!v) return {};
    auto text = text_from(*v);
    if (!text) wrong_type(key, "not a text");
    return std::move(text).value_or("");
  }
  std::optional<bool> flag(std::string_view key) {
    const auto* v = find(key);
    if (!v) return std::nullopt;
    if (!v->is_bool()) return wrong_type(key, "neither true nor false"), std::nullopt;
    return v->get_bool();
  }
  void wrong_type(std::string_view key, const char* what) {
    if (!remarks_.wrong) remarks_.wrong = sdk::invalid(where_ + "/" + std::string(key), what);
  }
  // A date or time beside which a number of a person may have stood: then what is left, or nothing.
  sdk::Result<std::string> date(std::string_view key, bool (*fits)(std::string_view), const char* what) {
    const auto given = text(key);
    const auto left = without_number(given);
    if (left.empty() || fits(left)) return left;
    if (left.size() != trimmed(given).size()) return std::string();
    return sdk::invalid(where_ + "/" + std::string(key), what);
  }
  void copy(json::object& to, std::string_view key) {
    if (auto s = text(key); !s.empty()) to[key] = s;
  }
  void warn_unknown() const {
    for (const auto& [key, value] : object_) {
      const std::string_view name(key.data(), key.size());
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
      });
      remarks_.warnings.push_back(
          {"unknown_field", plain && name.size() <= 40 ? where_ + "/" + std::string(name) : where_});
    }
  }

 private:
  const json::object& object_;
  std::string where_;
  Remarks& remarks_;
  std::vector<std::string_view> known_;
};

// "Anna Maria Berg" or "Berg, Anna Maria".
void set_name(json::object& person, std::string_view given_name) {
  // What stands where a number stood is no part of the name, unless nothing else is left.
  const std::string kept = without_number(given_name);
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
                                      std::string_view role, Remarks& remarks) {
  const auto* object = v ? v->if_object() : nullptr;
  if (!object) return sdk::invalid(where, "required");
  Members m(*object, where, remarks);
  json::object person{{"ref", ref}, {"role", role}};
  const auto name = m.text("name");
  if (name.empty()) return sdk::invalid(where + "/name", "required");
  set_name(person, name);
  const auto* a = m.find("address");
  if (a && a->is_string()) {  // one line, as it stands on the paper form
    if (auto line = m.text("address"); !line.empty()) person["address"] = json::object{{"street", line}};
  } else if (a && a->is_object()) {
    Members am(a->get_object(), where + "/address", remarks);
    json::object address;
    for (const auto* key : {"street", "apartment", "postalCode", "city"}) am.copy(address, key);
    am.warn_unknown();
    if (!address.empty()) person["address"] = std::move(address);
  } else if (a) {
    m.wrong_type("address", "neither a text nor an object");
  }
  m.copy(person, "phone");
  m.copy(person, "email");
  m.warn_unknown();
  return person;
}

sdk::Result<json::object> landlord_from(const json::value* v, bool with_address, Remarks& remarks) {
  const auto* object = v ? v->if_object() : nullptr;
  if (!object) return sdk::invalid("/landlord", "required");
  Members m(*object, "/landlord", remarks);
  json::object out;
  m.copy(out, "name");
  if (out.empty()) return sdk::invalid("/landlord/name", "required");
  m.copy(out, "phone");
  if (const auto* a = m.find("address"); a && with_address) {
    if (a->is_string()) {
      out["address"] = *a;
    } else if (a->is_object()) {
      Members am(a->get_object(), "/landlord/address", remarks);
      json::object address;
      for (const auto* key : {"street", "postalCode", "city"}) am.copy(address, key);
      am.warn_unknown();
      out["address"] = std::move(address);
    } else {
      m.wrong_type("address", "neither a text nor an object");
    }
  }
  m.warn_unknown();
  return out;
}

bool is_date_or_time(std::string_view s) {
  return is_date(s) || (s.size() > 10 && is_date(s.substr(0, 10)) && s[10] == 'T');
}

sdk::Result<std::monostate> add_date(json::object& payload, std::string_view key, sdk::Result<std::string> date) {
  if (auto* e = std::get_if<sdk::Error>(&date)) return *e;
  if (auto& text = std::get<std::string>(date); !text.empty()) payload[key] = std::move(text);
  return std::monostate{};
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
    else if (v)
      m.wrong_type(key, "neither a number nor a text");
  }
  m.copy(payload, "paymentAccount");
  m.copy(payload, "leaseNumber");
  return add_date(payload, "servedAt", m.date("servedAt", is_date_or_time, "neither a date nor a time"));
}

sdk::Result<std::monostate> add_disturbance(Members& m, json::object& payload, bool serious) {
  m.copy(payload, "description");
  if (!payload.contains("description")) return sdk::invalid("/description", "required");
  const auto severity = m.text("severity");
  payload["severity"] = !severity.empty() ? severity : serious ? "serious" : "disturbance";
  if (serious) payload["particularlySerious"] = true;  // what JB 12:42 fourth paragraph is about; the fact follows
  return add_date(payload, "since", m.date("since", is_date_or_time, "neither a date nor a time"));
}

sdk::Result<std::monostate> add_contact(Members& m, json::object& payload) {
  const auto concern = m.text("concern");
  if (std::find(kConcerns.begin(), kConcerns.end(), concern) == kConcerns.end())
    return sdk::invalid("/concern", "not late_rent, upkeep, disturbance, no_contact or other");
  payload["concern"] = concern;
  if (const auto informed = m.flag("tenantInformed")) payload["tenantInformed"] = *informed;
  return add_date(payload, "since", m.date("since", is_date, "not a date such as 2026-11-22"));
}

// The copy of the termination (JB 12:42 fourth paragraph) and what else lies beside it.
sdk::Result<std::monostate> add_attachments(const json::value* v, bool required, json::object& data, Remarks& remarks) {
  if (!v && !required) return std::monostate{};
  const auto* list = v ? v->if_array() : nullptr;
  if (!list || list->empty()) return sdk::invalid("/attachments", "required: the copy of the termination");
  if (list->size() > kAttachmentsMax) return sdk::invalid("/attachments", "more than sixteen");
  json::array out;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto where = "/attachments/" + std::to_string(i);
    const auto* object = (*list)[i].if_object();
    if (!object) return sdk::invalid(where, "not an object");
    Members m(*object, where, remarks);
    json::object attachment;
    for (const auto* key : {"name", "mediaType", "content"}) {
      m.copy(attachment, key);
      if (!attachment.contains(key)) return sdk::invalid(where + "/" + key, "required");
    }
    m.warn_unknown();
    out.push_back(std::move(attachment));
  }
  data["attachments"] = std::move(out);
  return std::monostate{};
}

}  // namespace

bool is_date(std::string_view s) { return s.size() == 10 && !utc_milliseconds(std::string(s) + "T00:00:00Z").empty(); }

std::string without_number(std::string_view text) {
  std::string left(text);
  for (std::size_t at; (at = left.find(person_numbers::kStripped)) != std::string::npos;)
    left.erase(at, person_numbers::kStripped.size());
  return std::string(trimmed(left));
}

std::optional<std::string> text_from(const json::value& v) {
  if (v.is_null()) return "";
  if (v.is_int64() || v.is_uint64()) return json::serialize(v);
  if (const auto* s = v.if_string()) return std::string(trimmed(std::string_view(*s)));
  return std::nullopt;
}

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
  Remarks remarks{warnings};
  Members m(form, "", remarks);
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

  auto landlord = landlord_from(m.find("landlord"), arrears, remarks);
  if (auto* e = std::get_if<sdk::Error>(&landlord)) return *e;
  auto tenant = person_from(m.find("tenant"), "/tenant", "p1", "tenant", remarks);
  if (auto* e = std::get_if<sdk::Error>(&tenant)) return *e;
  json::array persons{std::move(std::get<json::object>(tenant))};
  const auto* others = m.find("coTenants");
  if (others && !others->is_array()) {
    m.wrong_type("coTenants", "not a list");
  } else if (others) {
    const auto& list = others->get_array();
    if (list.size() > kCoTenantsMax) return sdk::invalid("/coTenants", "more than ten");
    for (std::size_t i = 0; i < list.size(); ++i) {
      auto other =
          person_from(&list[i], "/coTenants/" + std::to_string(i), "p" + std::to_string(i + 2), "co_tenant", remarks);
      if (auto* e = std::get_if<sdk::Error>(&other)) return *e;
      persons.push_back(std::move(std::get<json::object>(other)));
    }
  }

  json::object payload;
  payload["landlord"] = std::move(std::get<json::object>(landlord));
  const auto* p = m.find("premises");
  if (p && !p->is_object()) {
    m.wrong_type("premises", "not an object");
  } else if (p) {
    Members pm(p->get_object(), "/premises", remarks);
    json::object premises;
    if (const auto given = pm.text("municipality"); !given.empty()) {
      const auto code = without_number(given);  // the hub leaves out what is none
      premises["municipality"] = code.size() == 4 && std::all_of(code.begin(), code.end(), is_digit) ? code : given;
    }
    pm.copy(premises, "district");
    pm.warn_unknown();
    for (const auto& [key, value] : premises) persons[0].as_object()[key] = value;
    if (!premises.empty()) payload["premises"] = std::move(premises);
  }
  auto added = arrears   ? add_arrears(m, payload)
               : contact ? add_contact(m, payload)
                         : add_disturbance(m, payload, serious);
  if (auto* e = std::get_if<sdk::Error>(&added)) return *e;
  if (!arrears && !contact) {
    auto attached = add_attachments(m.find("attachments"), serious, out.data, remarks);
    if (auto* e = std::get_if<sdk::Error>(&attached)) return *e;
  }

  // Form 3 exists for tenants of dwellings only ("bostadshyresgäst"); a landlord may still say that it is not one.
  const auto said = m.flag("dwelling");
  const bool dwelling = said.value_or(arrears);
  if (arrears || (contact && said)) payload["dwelling"] = dwelling;
  out.data["persons"] = std::move(persons);
  out.data["payload"] = std::move(payload);
  if (arrears || said) add_fact(out.data, "dwelling", dwelling, "tenant");
  if (serious) add_fact(out.data, "particularly_serious", true, "tenant");
  m.warn_unknown();
  if (remarks.wrong) return *remarks.wrong;
  return out;
}

}  // namespace samband::plugin
