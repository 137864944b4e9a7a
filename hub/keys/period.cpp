#include "keys/period.hpp"

#include <charconv>

namespace samband {
namespace {

// "/yyyy-mm" at the end of the text; no month when it is not there.
std::chrono::year_month month_of(std::string_view period) {
  constexpr std::size_t kTail = 8;
  const std::chrono::year_month none{std::chrono::year(0), std::chrono::month(0)};
  if (period.size() <= kTail || period[period.size() - kTail] != '/' || period[period.size() - 3] != '-') return none;
  const auto number = [](std::string_view digits) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() ? value : 0u;
  };
  const unsigned year = number(period.substr(period.size() - 7, 4)), month = number(period.substr(period.size() - 2));
  return year == 0 ? none
                   : std::chrono::year_month{std::chrono::year(static_cast<int>(year)), std::chrono::month(month)};
}

}  // namespace

std::string period_of(std::string_view retention_class, Time at) {
  return std::string(retention_class) + "/" + to_string(stockholm_date(at)).substr(0, 7);
}

std::string_view class_of(std::string_view period) {
  return month_of(period).ok() ? period.substr(0, period.size() - 8) : std::string_view();
}

std::optional<Time> period_end(std::string_view period) {
  const auto month = month_of(period);
  if (!month.ok()) return std::nullopt;
  return stockholm_midnight(Date((month + std::chrono::months(1)) / std::chrono::day(1)));
}

}  // namespace samband
