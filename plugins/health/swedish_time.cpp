#include "health/swedish_time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "health/fhir_tools.hpp"

namespace samband::health {
namespace {

namespace chrono = std::chrono;
using Seconds = chrono::sys_seconds;

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

// 01:00 UTC on the last Sundays of March and October.
bool is_summer(Seconds utc) {
  const chrono::year_month_day day(chrono::floor<chrono::days>(utc));
  const auto change = [&](chrono::month month) {
    return chrono::sys_days(day.year() / month / chrono::Sunday[chrono::last]) + chrono::hours(1);
  };
  return utc >= change(chrono::March) && utc < change(chrono::October);
}

// Year, month, day, hour, minute, second, all digits -> seconds as if it were UTC.
bool read_clock(std::string_view date, std::string_view time, Seconds& out) {
  const chrono::year_month_day day(chrono::year(number(date.substr(0, 4))),
                                   chrono::month(static_cast<unsigned>(number(date.substr(4, 2)))),
                                   chrono::day(static_cast<unsigned>(number(date.substr(6, 2)))));
  const int hour = number(time.substr(0, 2)), minute = number(time.substr(2, 2)), second = number(time.substr(4, 2));
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return false;
  out = chrono::sys_days(day) + chrono::hours(hour) + chrono::minutes(minute) + chrono::seconds(second);
  return true;
}

std::string written(Seconds at, const char* format) {
  const auto date = chrono::floor<chrono::days>(at);
  const chrono::year_month_day day(date);
  const auto rest = static_cast<int>((at - date).count());
  char out[64];
  std::snprintf(out, sizeof out, format, static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                static_cast<unsigned>(day.day()), rest / 3600, rest / 60 % 60, rest % 60);
  return out;
}

}  // namespace

std::string instant_of_local(std::string_view digits) {
  const bool all_digits = std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!all_digits || (digits.size() != 12 && digits.size() != 14)) return {};
  Seconds local;
  if (!read_clock(digits.substr(0, 8), std::string(digits.substr(8)) + (digits.size() == 12 ? "00" : ""), local))
    return {};
  const auto as_summer = local - chrono::hours(2);
  const auto utc = is_summer(as_summer) ? as_summer : local - chrono::hours(1);
  return written(utc, "%04d-%02u-%02uT%02d:%02d:%02d.000Z");
}

std::string local_of_instant(std::string_view instant) {
  const auto utc_text = utc_instant(instant);
  if (utc_text.size() < 19) return {};
  const std::string_view t = utc_text;
  const std::string date = std::string(t.substr(0, 4)) + std::string(t.substr(5, 2)) + std::string(t.substr(8, 2));
  const std::string time = std::string(t.substr(11, 2)) + std::string(t.substr(14, 2)) + std::string(t.substr(17, 2));
  Seconds utc;
  if (!read_clock(date, time, utc)) return {};
  return written(utc + chrono::hours(is_summer(utc) ? 2 : 1), "%04d%02u%02u%02d%02d%02d");
}

}  // namespace samband::health
