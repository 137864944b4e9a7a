#include "scenario/names.hpp"

#include <algorithm>

#include "scenario/script.hpp"

namespace samband::scenario {

std::string Names::message_id(const std::string& name) {
  const std::string id = (name.empty() ? "message" : name) + "-" + std::to_string(++messages_);
  ids_[scope_ + name] = id;
  return id;
}

std::string Names::exchange(const std::string& name) const {
  const auto found = exchanges_.find(scope_ + name);
  return found == exchanges_.end() ? name : found->second;
}

void Names::name_persons(json::object& data) {
  auto* persons = data.if_contains("persons");
  if (!persons || !persons->is_array()) return;
  int number = 0;
  for (json::value& each : persons->get_array()) {
    json::object& person = each.as_object();
    ++number;
    if (const std::string name = text(person, "is"); !name.empty()) {
      person.erase("is");
      if (const auto* known = inside(root_, "/persons/" + name); known && known->is_object()) {
        json::object whole = expanded(*known).as_object();
        for (const auto& [key, value] : person) whole[key] = value;
        person = std::move(whole);
      }
    }
    if (!person.contains("ref")) person["ref"] = "p" + std::to_string(number);
    if (!person.contains("role")) person["role"] = "subject";
  }
}

json::value Names::expanded(const json::value& value) const {
  if (value.is_string()) {
    const std::string source(value.get_string());
    std::string said = expanded_text(source);
    // A given value alone may be of another type than text.
    if (source.starts_with("${a:") && source.find('}') == source.size() - 1) {
      if (said == "true" || said == "false") return json::value(said == "true");
      if (!said.empty() && said.size() < 10 &&
          std::all_of(said.begin(), said.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return json::value(static_cast<std::int64_t>(std::atoll(said.c_str())));
    }
    return json::value(std::move(said));
  }
  if (value.is_array()) {
    json::array out;
    for (const json::value& each : value.get_array()) out.push_back(expanded(each));
    return out;
  }
  if (value.is_object()) {
    json::object out;
    for (const auto& [key, each] : value.get_object()) out[key] = expanded(each);
    return out;
  }
  return value;
}

std::string Names::expanded_text(std::string source) const {
  for (std::size_t at = 0; (at = source.find("${", at)) != std::string::npos;) {
    const std::size_t end = source.find('}', at);
    if (end == std::string::npos) break;
    const std::string value = placeholder(source.substr(at + 2, end - at - 2));
    source.replace(at, end - at + 1, value);
    at += value.size();
  }
  return source;
}

std::string Names::placeholder(const std::string& name) const {
  for (const std::string_view word : {"now", "today"}) {
    if (!name.starts_with(word)) continue;
    const auto later =
        name == word ? std::chrono::milliseconds(0) : parse_delay(std::string_view(name).substr(word.size()));
    if (later) return word == "now" ? to_rfc3339(now_ + *later) : to_string(stockholm_date(now_ + *later));
  }
  if (name.starts_with("age:")) {
    const Date day = stockholm_date(born_by_ ? *born_by_ : now_);  // nobody's birthday moves while a story is told
    const Date born{day.year() - std::chrono::years(std::atoi(name.c_str() + 4)), day.month(), std::chrono::day(1)};
    return to_string(Date(std::chrono::sys_days(born) - std::chrono::days(120)));
  }
  if (name.starts_with("id:")) {
    const auto found = ids_.find(scope_ + name.substr(3));
    return found == ids_.end() ? name : found->second;
  }
  if (name.starts_with("exchange:")) return exchange(name.substr(9));
  if (name.starts_with("a:") && given_ != nullptr) {
    const auto found = given_->find(name.substr(2));
    if (found != given_->end()) return found->second;
  }
  return "${" + name + "}";
}

}  // namespace samband::scenario
