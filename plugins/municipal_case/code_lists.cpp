#include "municipal_case/code_lists.hpp"

#include <chrono>

#include "common/canonical.hpp"

namespace samband::municipal {
namespace {

constexpr std::size_t kAnswerMax = 4u << 20;
using plugin::array_at;
using plugin::string_at;

std::optional<std::int64_t> int_at(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(json::string_view(key.data(), key.size()));
  const auto* i = v ? v->if_int64() : nullptr;
  return i ? std::optional(*i) : std::nullopt;
}

std::optional<json::object> parse_object(std::string_view text) {
  auto parsed = plugin::parse_json(text, {kAnswerMax, 16});
  auto* value = std::get_if<json::value>(&parsed);
  if (!value || !value->is_object()) return {};
  return std::move(value->get_object());
}

const json::object* by_name(const json::object& o, std::string_view list, std::string_view name) {
  const auto* entries = array_at(o, list);
  if (!entries) return nullptr;
  for (const auto& v : *entries)
    if (const auto* entry = v.if_object(); entry && string_at(*entry, "Name") == name && int_at(*entry, "Id"))
      return entry;
  return nullptr;
}

// By name; the only entry of a list stands for itself.
const json::object* by_name_or_only(const json::object& o, std::string_view list, std::string_view name) {
  if (const auto* entry = by_name(o, list, name)) return entry;
  const auto* entries = array_at(o, list);
  if (!entries || entries->size() != 1) return nullptr;
  const auto* entry = entries->front().if_object();
  return entry && int_at(*entry, "Id") ? entry : nullptr;
}

const json::object* organisation(const json::object& proposals, const CaseConfig& config) {
  const auto* list = array_at(proposals, "Organizations");
  if (!list) return nullptr;
  for (const auto& v : *list) {
    const auto* o = v.if_object();
    if (!o || !int_at(*o, "Id")) continue;
    if (config.organisation_id ? *int_at(*o, "Id") == *config.organisation_id &&
                                     (config.unit_id.empty() || string_at(*o, "UnitId") == config.unit_id)
                               : list->size() == 1)
      return o;
  }
  return nullptr;
}

}  // namespace

json::object Choice::to_json() const {
  json::object o{{"date", date},
                 {"typeName", names.type},
                 {"reasonName", names.reason},
                 {"fromName", names.from_who},
                 {"type", type},
                 {"reason", reason},
                 {"from", from_who},
                 {"organisation", organisation},
                 {"unit", unit},
                 {"documentType", document_type},
                 {"senderType", sender_type}};
  if (working_status) o["workingStatus"] = *working_status;
  return o;
}

std::optional<Choice> Choice::from_json(const json::object& o) {
  Choice c;
  c.date = string_at(o, "date");
  c.names = {std::string(string_at(o, "typeName")), std::string(string_at(o, "reasonName")),
             std::string(string_at(o, "fromName"))};
  c.unit = string_at(o, "unit");
  c.working_status = int_at(o, "workingStatus");
  const std::pair<std::string_view, std::int64_t*> ids[] = {{"type", &c.type},
                                                            {"reason", &c.reason},
                                                            {"from", &c.from_who},
                                                            {"organisation", &c.organisation},
                                                            {"documentType", &c.document_type},
                                                            {"senderType", &c.sender_type}};
  for (const auto& [key, to] : ids) {
    const auto id = int_at(o, key);
    if (!id) return {};
    *to = *id;
  }
  return c.date.size() == 10 ? std::optional(std::move(c)) : std::nullopt;
}

Chosen choose_entries(std::string_view text, const CaseConfig& config, std::string_view kind, std::string date) {
  const auto proposals = parse_object(text);
  if (!proposals || !array_at(*proposals, "ActualisationTypes")) return {{}, true, {}};
  const auto& names = config.names_for(kind);
  Choice c;
  c.date = std::move(date), c.names = names;
  const auto* type = by_name(*proposals, "ActualisationTypes", names.type);
  if (!type) return {{}, false, "type"};
  const auto* reason = by_name(*type, "Reasons", names.reason);
  if (!reason) return {{}, false, "reason"};
  const auto* from = by_name(*type, "FromWho", names.from_who);
  if (!from) return {{}, false, "from_who"};
  const auto* unit = organisation(*proposals, config);
  if (!unit) return {{}, false, "organisation"};
  const auto* document = by_name_or_only(*proposals, "AttachmentTypes", config.attachment_type);
  const auto* sender = document ? by_name_or_only(*document, "SenderTypes", config.attachment_sender_type) : nullptr;
  if (!sender) return {{}, false, "attachment_type"};
  if (!config.working_status.empty()) {
    const auto* status = by_name(*proposals, "WorkingStatus", config.working_status);
    if (!status) return {{}, false, "working_status"};
    c.working_status = int_at(*status, "Id");
  }
  c.type = *int_at(*type, "Id"), c.reason = *int_at(*reason, "Id"), c.from_who = *int_at(*from, "Id");
  c.organisation = *int_at(*unit, "Id"), c.unit = string_at(*unit, "UnitId");
  c.document_type = *int_at(*document, "Id"), c.sender_type = *int_at(*sender, "Id");
  return {std::move(c), false, {}};
}

std::optional<std::vector<std::int64_t>> matching_ids(std::string_view text, const Choice& choice) {
  const auto list = parse_object(text);
  const auto* result = list ? array_at(*list, "Result") : nullptr;
  // A page out of several would hide what we look for; without pageSize the interface promises all records.
  if (!result || int_at(*list, "TotalNumberOfPages").value_or(1) > 1) return {};
  std::vector<std::int64_t> ids;
  for (const auto& v : *result) {
    const auto* a = v.if_object();
    const auto id = a ? int_at(*a, "Id") : std::nullopt;
    if (!id) return {};
    if (string_at(*a, "Date").substr(0, 10) == choice.date && string_at(*a, "Type") == choice.names.type &&
        string_at(*a, "Reason") == choice.names.reason && string_at(*a, "FromWho") == choice.names.from_who)
      ids.push_back(*id);
  }
  return ids;
}

std::optional<std::int64_t> bare_id(std::string_view body) {
  if (body.size() > 32) return {};
  auto parsed = plugin::parse_json(body);
  const auto* value = std::get_if<json::value>(&parsed);
  const auto* id = value ? value->if_int64() : nullptr;
  return id && *id > 0 ? std::optional(*id) : std::nullopt;
}

std::string swedish_date(std::string_view utc) {
  namespace chrono = std::chrono;
  const auto t = plugin::utc_milliseconds(utc);
  if (t.empty()) return {};
  const auto number = [&](std::size_t at, std::size_t n) {
    int value = 0;
    for (std::size_t i = at; i < at + n; ++i) value = value * 10 + (t[i] - '0');
    return value;
  };
  const chrono::year year(number(0, 4));
  const auto day = chrono::year_month_day(year, chrono::month(static_cast<unsigned>(number(5, 2))),
                                          chrono::day(static_cast<unsigned>(number(8, 2))));
  if (!day.ok()) return {};
  const auto instant = chrono::sys_days(day) + chrono::hours(number(11, 2)) + chrono::minutes(number(14, 2));
  // Summer time: from 01:00 UTC on the last Sunday of March to 01:00 UTC on the last Sunday of October.
  const auto from = chrono::sys_days(year / chrono::March / chrono::Sunday[chrono::last]) + chrono::hours(1);
  const auto to = chrono::sys_days(year / chrono::October / chrono::Sunday[chrono::last]) + chrono::hours(1);
  const auto local = instant + chrono::hours(instant >= from && instant < to ? 2 : 1);
  const chrono::year_month_day here(chrono::floor<chrono::days>(local));
  char out[32];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(here.year()), static_cast<unsigned>(here.month()),
                static_cast<unsigned>(here.day()));
  return out;
}

}  // namespace samband::municipal
