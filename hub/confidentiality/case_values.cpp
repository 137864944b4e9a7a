#include "confidentiality/case_values.hpp"

namespace samband {
namespace {

using namespace std::chrono;

constexpr std::string_view kFlags[] = {"marked", "protected", "protected_registration", "fictitious"};
constexpr std::string_view kProtections[] = {"none", "marked", "protected_registration", "fictitious"};

Date day_after(Date day) { return Date{sys_days{day} + days{1}}; }

}  // namespace

Time moment(ObjectReader& in, std::string_view key, Edge edge, Time fallback) {
  const auto* value = in.take(key);
  if (value == nullptr) return fallback;
  const std::string text(value->is_string() ? std::string_view(value->get_string()) : std::string_view());
  if (text.size() == 10) {
    if (const auto day = parse_date(text)) {
      if (edge == Edge::end) return stockholm_midnight(day_after(*day));
      return stockholm_midnight(*day) + (edge == Edge::noon ? hours{12} : hours{0});
    }
  } else if (const auto time = parse_rfc3339(text)) {
    return *time;
  }
  in.report(key, "expects a day as 2026-11-22 or a time as 2026-11-22T10:00:00Z");
  return fallback;
}

Date day(ObjectReader& in, std::string_view key, Date fallback) {
  const auto* value = in.take(key);
  if (value == nullptr) return fallback;
  const auto day = parse_date(value->is_string() ? std::string_view(value->get_string()) : std::string_view());
  if (!day) in.report(key, "expects a day as 2026-11-22");
  return day ? *day : fallback;
}

std::string or_nobody(ObjectReader& in, std::string_view key, std::string fallback) {
  const auto* value = in.take(key);
  if (value == nullptr) return fallback;
  return is_nobody(*value) ? std::string() : in.text(key, fallback);
}
bool is_nobody(const json::value& value) {
  return value.is_null() || (value.is_string() && value.get_string().empty());
}

std::optional<Date> birth_date(ObjectReader& in, Date today) {
  const auto* birth = in.take("birth_date");
  const auto* age = in.take("age");
  const auto unknown = [](const json::value* v) {
    return v == nullptr || v->is_null() || (v->is_string() && v->get_string() == "unknown");
  };
  if (!unknown(birth) && !unknown(age)) in.report("age", "give either `age` or `birth_date`");
  if (!unknown(birth)) {
    const auto found = day(in, "birth_date", Date{});
    if (found.ok() && sys_days{found} > sys_days{today}) in.report("birth_date", "lies after the date of the case");
    return found.ok() ? std::optional(found) : std::nullopt;
  }
  if (unknown(age)) return std::nullopt;
  if (!age->is_int64() || age->get_int64() < 0 || age->get_int64() > 120) {
    in.report("age", "expects a number of whole years, or \"unknown\"");
    return std::nullopt;
  }
  // The birthday is the day of the case: `age` has just begun.
  Date born = today - years{static_cast<int>(age->get_int64())};
  if (!born.ok()) born = Date{born.year(), born.month(), std::chrono::day{28}};
  return born;
}

Protection protection_in(ObjectReader& in) {
  auto out = protection_from(in.code("protection", kProtections, "none")).value_or(Protection::none);
  const auto raise = [&](Protection to) { out = std::max(out, to); };
  if (in.flag("protected", false)) raise(Protection::protected_registration);
  if (in.flag("fictitious", false)) raise(Protection::fictitious);
  for (const auto& flag : in.codes("flags", kFlags)) {
    if (flag == "protected") raise(Protection::protected_registration);
    if (const auto named = protection_from(flag)) raise(*named);
  }
  return out;
}

std::optional<Truth> truth_of(const json::value& value) {
  if (value.is_null()) return Truth::unknown;
  if (value.is_bool()) return value.get_bool() ? Truth::yes : Truth::no;
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_string();
  if (text == "true" || text == "yes" || text == "ja") return Truth::yes;
  if (text == "false" || text == "no" || text == "nej") return Truth::no;
  if (text == "unknown" || text == "okänt") return Truth::unknown;
  return std::nullopt;
}

}  // namespace samband
