#include "base/time_limit.hpp"

#include <charconv>

namespace samband {
namespace {

constexpr int kCountMax = 1000;
constexpr std::size_t kPartsMax = 4;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool parse_part(std::string_view text, TimeLimit::Part& out) {
  using Unit = TimeLimit::Unit;
  if (text == "same day") return out = {Unit::days, 0}, true;
  if (text == "next working day") return out = {Unit::working_days, 1}, true;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.count);
  if (error != std::errc() || out.count < 1 || out.count > kCountMax) return false;
  std::string_view unit = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
  if (unit.ends_with('s')) unit.remove_suffix(1);
  if (unit == "hour") return out.unit = Unit::hours, true;
  if (unit == "day") return out.unit = Unit::days, true;
  if (unit == "week") return out.unit = Unit::days, out.count *= 7, true;
  if (unit == "working day") return out.unit = Unit::working_days, true;
  return false;
}

}  // namespace

Result<TimeLimit> parse_time_limit(std::string_view text) {
  TimeLimit limit;
  for (;;) {
    const auto plus = text.find('+');
    TimeLimit::Part part;
    if (limit.parts.size() == kPartsMax || !parse_part(trimmed(text.substr(0, plus)), part))
      return fail(Errc::invalid_input, "",
                  "not a time limit like \"24 hours\", \"2 days\", \"3 weeks + 2 working days\", \"same day\" or "
                  "\"next working day\"");
    limit.parts.push_back(part);
    if (plus == std::string_view::npos) return limit;
    text.remove_prefix(plus + 1);
  }
}

Time stockholm_end_of(Date day) {
  return stockholm_midnight(Date(std::chrono::sys_days(day) + std::chrono::days(1))) - std::chrono::milliseconds(1);
}

Time end_of(const TimeLimit& limit, Time start) {
  Time end = start;
  for (const TimeLimit::Part& part : limit.parts) {
    if (part.unit == TimeLimit::Unit::hours) {
      end += std::chrono::hours(part.count);
      continue;
    }
    Date day = stockholm_date(end);
    if (part.unit == TimeLimit::Unit::days) {
      day = Date(std::chrono::sys_days(day) + std::chrono::days(part.count));
      if (limit.to_working_day && !is_working_day(day)) day = next_working_day(day);
    } else {
      for (int i = 0; i < part.count; ++i) day = next_working_day(day);
    }
    end = stockholm_end_of(day);
  }
  return end;
}

}  // namespace samband
