// config/routes.toml -> Routes. The only unit of this room that knows TOML.
#include <algorithm>
#include <set>

#include "model/vocabulary.hpp"
#include "routing/routes.hpp"
#include "routing/toml_reader.hpp"

namespace samband {
namespace {

using toml_file::File;
using toml_file::Table;

constexpr int kAgeMax = 200;
constexpr int kDayMinutes = 1440;

std::optional<int> whole_number(std::string_view text, int max) {
  int value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text[0] == '-' || ec != std::errc{} || end != text.data() + text.size() || value > max) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

bool parse_age(std::string_view text, int& min, int& max) {
  min = 0, max = kAgeMax;
  if (text.starts_with('<') || text.starts_with('>')) {
    const bool below = text[0] == '<', inclusive = text.substr(1).starts_with('=');
    const auto bound = whole_number(text.substr(inclusive ? 2 : 1), kAgeMax);
    if (!bound) return false;
    if (below) {
      max = inclusive ? *bound : *bound - 1;
    } else {
      min = inclusive ? *bound : *bound + 1;
    }
    return min <= max;
  }
  const std::size_t dash = text.find('-');
  const auto from = whole_number(text.substr(0, dash), kAgeMax);
  const auto to = dash == std::string_view::npos ? from : whole_number(text.substr(dash + 1), kAgeMax);
  if (!from || !to) return false;
  min = *from, max = *to;
  return min <= max;
}

namespace {

std::optional<int> parse_minute(std::string_view text) {  // "HH:MM", "24:00" is the end of the day
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = whole_number(text.substr(0, 2), 24), minute = whole_number(text.substr(3), 59);
  if (!hour || !minute || *hour * 60 + *minute > kDayMinutes) return std::nullopt;
  return *hour * 60 + *minute;
}

bool parse_hours(std::string_view text, int& from, int& to) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const auto first = parse_minute(text.substr(0, dash)), last = parse_minute(text.substr(dash + 1));
  if (!first || !last || *first == *last || *first == kDayMinutes) return false;
  from = *first, to = *last;
  return true;
}

void read_age(Table& in, Route& route) {
  if (in.has("age")) {
    if (in.has("age_min") || in.has("age_max")) in.refuse("age", "either 'age' or 'age_min' and 'age_max'");
    if (!parse_age(in.text("age"), route.age_min, route.age_max)) {
      in.refuse("age", "expected an age like \"15-20\", \"<18\" or \">=20\"");
    }
    return;
  }
  route.age_min = static_cast<int>(in.integer("age_min", 0, 0, kAgeMax));
  route.age_max = static_cast<int>(in.integer("age_max", kAgeMax, 0, kAgeMax));
  if (route.age_min > route.age_max) in.refuse("age_min", "expected age_min <= age_max");
}

StepDeadline read_deadline(Table& in, const Parties& parties) {
  StepDeadline out;
  out.id = in.required_text("id", 40);
  if (!std::all_of(out.id.begin(), out.id.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }))
    in.refuse("id", "expected small letters and _");
  out.starts = in.has("starts") ? in.text("starts", 40) : "received";
  if (out.starts != "served") in.check_code("starts", out.starts, life_steps(), "step");
  out.met_by = in.texts("met_by");
  if (out.met_by.empty()) in.require("met_by", "steps");
  in.check_codes("met_by", out.met_by, life_steps(), "step");
  auto within = parse_time_limit(in.required_text("within", 100));
  if (!within) in.refuse("within", within.error().message);
  if (within) out.within = std::move(*within);
  out.within.to_working_day = in.boolean("to_working_day", false);
  if (in.has("remind")) {
    auto before = parse_time_limit(in.text("remind", 40));
    if (!before || before->parts.size() != 1 || before->parts.front().unit == TimeLimit::Unit::working_days)
      in.refuse("remind", "expected how long before, like \"4 hours\" or \"2 days\"");
    else
      out.remind = std::chrono::hours(before->parts.front().count *
                                      (before->parts.front().unit == TimeLimit::Unit::days ? 24 : 1));
  }
  out.escalate_to = in.text("escalate_to", 100);
  if (!out.escalate_to.empty() && parties.find(out.escalate_to) == nullptr)
    in.refuse("escalate_to", "unknown party '" + out.escalate_to + "'");
  // A reminder tells that something of such a kind waits there: nothing for whoever is outside public secrecy.
  else if (!out.escalate_to.empty() && parties.find(out.escalate_to)->actor_type == "landlord_private")
    in.refuse("escalate_to", "expected an authority: a private landlord learns nothing of what is awaited");
  in.finish();
  return out;
}

Route read_route(Table& in, const Parties& parties, const std::vector<Agreement>* agreements) {
  Route route;
  route.id = in.required_text("id", 100);
  route.kinds = in.texts("kinds");
  if (route.kinds.empty()) in.require("kinds", "message kinds");
  in.check_codes("kinds", route.kinds, message_kinds(), "message kind");
  route.from = in.texts("from");
  in.check_codes("from", route.from, actor_types(), "actor type");
  route.municipalities = in.texts("municipalities");
  for (const std::string& code : route.municipalities) {
    if (code.size() != 4 || !whole_number(code, 9999)) in.refuse("municipalities", "expected codes of four digits");
  }
  route.districts = in.texts("districts");
  read_age(in, route);
  if (in.has("time") && !parse_hours(in.text("time"), route.from_minute, route.to_minute)) {
    in.refuse("time", "expected hours like \"08:00-17:00\" or \"17:00-08:00\"");
  }
  route.working_days_only = in.boolean("working_days_only", false);
  route.non_working_days_only = in.boolean("non_working_days_only", false);
  if (route.working_days_only && route.non_working_days_only)
    in.refuse("non_working_days_only", "either 'working_days_only' or 'non_working_days_only'");
  const bool has_hours = in.has("time") || route.working_days_only || route.non_working_days_only;
  route.addressed = in.boolean("addressed", false);
  route.agreement = in.text("agreement", 100);
  if (!route.agreement.empty() && agreements != nullptr &&
      std::none_of(agreements->begin(), agreements->end(),
                   [&](const Agreement& a) { return a.id == route.agreement; })) {
    in.refuse("agreement", "unknown agreement '" + route.agreement + "'");
  }
  route.to = in.required_text("to", 100);
  if (parties.find(route.to) == nullptr) in.refuse("to", "unknown party '" + route.to + "'");
  route.purpose = in.required_text("purpose", 100);
  in.check_code("purpose", route.purpose, purposes(), "purpose");
  route.reason_if_refused = in.text("reason_if_refused", 100);
  if (!route.reason_if_refused.empty()) {
    in.check_code("reason_if_refused", route.reason_if_refused, reason_codes(), "reason code");
  }
  route.alternative = in.text("alternative", 200);
  if (!route.alternative.empty() && route.reason_if_refused.empty() && !has_hours)
    in.refuse("alternative", "is said with 'reason_if_refused' or with hours only");
  std::set<std::string> names;
  for (Table& table : in.tables("deadline", 8)) {
    StepDeadline deadline = read_deadline(table, parties);
    if (!names.insert(deadline.id).second) table.refuse("id", "the id is used twice in this route");
    route.deadlines.push_back(std::move(deadline));
  }
  in.finish();
  return route;
}

}  // namespace

Result<Routes> Routes::load(const std::filesystem::path& path, const Parties& parties,
                            const std::vector<Agreement>* agreements) {
  File file(path);
  Routes routes;
  if (!file.failed()) {
    Table root(file);
    toml_file::check_version(root);
    std::set<std::string> ids;
    for (Table& table : root.tables("route")) {
      Route route = read_route(table, parties, agreements);
      if (!ids.insert(route.id).second) table.refuse("id", "the id is used twice");
      routes.routes_.push_back(std::move(route));
    }
    root.finish();
  }
  if (file.failed()) return file.error();
  return routes;
}

}  // namespace samband
