#include "scenario/script.hpp"

#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

namespace samband::scenario {
namespace {

// "21:00" or "working day 10:00".
bool is_hour(std::string_view words) {
  constexpr std::string_view kWorking = "working day ";
  if (words.starts_with(kWorking)) words.remove_prefix(kWorking.size());
  const auto digit = [&](std::size_t i) { return words[i] >= '0' && words[i] <= '9'; };
  return words.size() == 5 && words[2] == ':' && digit(0) && digit(1) && digit(3) && digit(4);
}

}  // namespace

Error wrong(const std::filesystem::path& file, const std::string& at, const std::string& what) {
  return fail(Errc::invalid_config, file.string() + " " + at, what);
}

std::string text(const json::object& o, std::string_view key) { return std::string(string_at(o, key)); }

const json::value* inside(const json::object& o, std::string_view pointer) {
  pointer.remove_prefix(1);
  const auto slash = pointer.find('/');
  const json::value* found = o.if_contains(pointer.substr(0, slash));
  if (slash == std::string_view::npos || found == nullptr) return found;
  return found->is_object() ? inside(found->get_object(), pointer.substr(slash)) : nullptr;
}

std::vector<std::string> texts(const json::object& o, std::string_view key) {
  std::vector<std::string> out;
  if (const auto* list = o.if_contains(key); list && list->is_array())
    for (const json::value& each : list->get_array())
      if (each.is_string()) out.emplace_back(each.get_string());
  return out;
}

std::string joined(const std::vector<std::string>& list, const char* with) {
  std::string out;
  for (const std::string& each : list) out += (out.empty() ? "" : with) + each;
  return out.empty() ? "-" : out;
}

std::optional<std::chrono::milliseconds> parse_delay(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit == "d") return std::chrono::hours(24) * n;
  if (unit == "h") return std::chrono::hours(n);
  if (unit == "m") return std::chrono::minutes(n);
  return std::nullopt;
}

std::optional<Time> next_time(std::string words, Time now) {
  constexpr std::string_view kWorking = "working day ";
  const bool working = words.starts_with(kWorking);
  if (working) words.erase(0, kWorking.size());
  if (words.size() != 5 || words[2] != ':') return std::nullopt;
  const int minute = std::atoi(words.c_str()) * 60 + std::atoi(words.c_str() + 3);
  Date day = stockholm_date(now);
  for (;;) {
    const Time at = stockholm_midnight(day) + std::chrono::minutes(minute);
    if (at > now && (!working || is_working_day(day))) return at;
    day = Date(std::chrono::sys_days(day) + std::chrono::days(1));
  }
}

Result<json::object> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return wrong(file, "", "cannot be read");
  std::stringstream body;
  body << in.rdbuf();
  auto parsed = parse_json(body.str());
  if (!parsed) return wrong(file, parsed.error().where, parsed.error().message);
  if (!parsed->is_object()) return wrong(file, "", "must be a JSON object");
  return std::move(parsed->get_object());
}

// A misspelt step would do nothing and look as if it passed.
Result<void> check_step(const json::value& step) {
  static const std::set<std::string_view> kActs{"send", "file",   "assess", "consent", "revoke",
                                                "take", "report", "pass",   "inbox",   "look"};
  static const std::set<std::string_view> kWords{"say",       "as",       "name",  "adapter",   "type",     "status",
                                                 "expect",    "step",     "kind",  "reference", "contains", "lacks",
                                                 "withdrawn", "recalled", "facts", "if",        "after"};
  if (!step.is_object()) return fail(Errc::invalid_config, "", "must be an object");
  int acts = 0;
  for (const auto& [key, value] : step.get_object()) {
    if (kActs.contains(key))
      ++acts;
    else if (!kWords.contains(key))
      return fail(Errc::invalid_config, "/" + std::string(key), "no step has such a member");
  }
  const json::object& said = step.get_object();
  if (said.contains("after") && !parse_delay(string_at(said, "after")))
    return fail(Errc::invalid_config, "/after", "expected a time like \"20d\", \"2h\" or \"30m\"");
  if (const std::string_view pass = string_at(said, "pass");
      said.contains("pass") && !parse_delay(pass) && !parse_date(pass) && !is_hour(pass))
    return fail(Errc::invalid_config, "/pass",
                "expected a time like \"20d\", a date, \"21:00\" or \"working day 10:00\"");
  if (acts > 1) return fail(Errc::invalid_config, "", "one step does one thing");
  if (acts == 0 && !step.get_object().contains("say")) return fail(Errc::invalid_config, "", "does nothing");
  return {};
}

}  // namespace samband::scenario
