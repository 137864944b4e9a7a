#include "common/canonical.hpp"

namespace samband::plugin {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void add_one(json::array& facts, std::string_view code, bool value, std::string_view person) {
  for (auto& v : facts) {
    auto* f = v.if_object();
    if (!f || string_at(*f, "code") != code || (string_at(*f, "person") != person && !string_at(*f, "person").empty()))
      continue;
    // Nobody stands for it and the form says otherwise: the answer that permits less.
    if (const auto* said = bool_at(*f, "value"); said && *said && !value && !object_at(*f, "assessor"))
      (*f)["value"] = false;
    return;
  }
  json::object fact{{"code", code}, {"value", value}};
  if (!person.empty()) fact["person"] = person;
  facts.emplace_back(std::move(fact));
}

}  // namespace

std::string canonical_message(std::string_view kind, std::string_view id, std::string_view source,
                              std::string_view time, json::object data, const std::vector<Warning>& warnings) {
  data["kind"] = kind;
  json::object message;
  message["specversion"] = "1.0";
  message["id"] = id;
  message["source"] = source;
  message["type"] = "se.samband.notice." + std::string(kind) + ".v1";
  message["time"] = time;
  message["datacontenttype"] = "application/json";
  message["data"] = std::move(data);
  if (!warnings.empty()) {
    auto& list = message["sambandwarnings"].emplace_array();
    for (const auto& w : warnings) list.push_back(json::object{{"code", w.code}, {"where", w.where}});
  }
  return json::serialize(message);
}

void add_fact(json::object& data, std::string_view code, bool value, std::string_view role) {
  if (!array_at(data, "facts")) data["facts"] = json::array();
  auto& facts = data["facts"].as_array();
  bool found = false;
  if (const auto* persons = array_at(data, "persons")) {
    for (const auto& v : *persons) {
      const auto* person = v.if_object();
      if (!person || string_at(*person, "role") != role) continue;
      add_one(facts, code, value, string_at(*person, "ref"));
      found = true;
    }
  }
  if (!found) add_one(facts, code, value, {});
}

std::string utc_milliseconds(std::string_view t) {
  static constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (t.size() < kShape.size() + 1 || t.size() > kShape.size() + 11 || t.back() != 'Z') return {};
  for (std::size_t i = 0; i < kShape.size(); ++i)
    if (kShape[i] == '0' ? !is_digit(t[i]) : t[i] != kShape[i]) return {};
  auto fraction = t.substr(kShape.size(), t.size() - kShape.size() - 1);
  std::string digits;
  if (!fraction.empty()) {
    if (fraction[0] != '.' || fraction.size() < 2) return {};
    for (const char c : fraction.substr(1)) {
      if (!is_digit(c)) return {};
      digits += c;
    }
  }
  digits.resize(3, '0');
  const auto two = [&](std::size_t at) { return (t[at] - '0') * 10 + (t[at + 1] - '0'); };
  static constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int month = two(5), day = two(8);
  if (month < 1 || month > 12 || day < 1 || day > kDays[month - 1] || two(11) > 23 || two(14) > 59 || two(17) > 60)
    return {};
  return std::string(t.substr(0, kShape.size())) + "." + digits + "Z";
}

bool is_uuid(std::string_view s) {
  if (s.size() != 36) return false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace samband::plugin
