#include "base/time.hpp"

#include <date/tz.h>

#include <array>

namespace samband {
namespace {

using namespace std::chrono;

const date::time_zone& stockholm() {
  static const date::time_zone* const zone = date::locate_zone("Europe/Stockholm");
  return *zone;
}

date::local_time<milliseconds> stockholm_local(Time at) { return stockholm().to_local(at); }

class SystemClock final : public Clock {
 public:
  Time now() const override { return floor<milliseconds>(std::chrono::system_clock::now()); }
};

void append_padded(std::string& out, int value, int width) {
  std::array<char, 12> digits{};
  for (int i = width - 1; i >= 0; --i, value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), width);
}

// Reads fixed-width numbers and literal characters off the front; sticks at failed.
struct Reader {
  std::string_view rest;
  bool ok = true;

  int digits(std::size_t width) {
    if (!ok || rest.size() < width) return fail_();
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (rest[i] < '0' || rest[i] > '9') return fail_();
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(width);
    return value;
  }
  char one_of(std::string_view allowed) {
    if (!ok || rest.empty() || allowed.find(rest.front()) == std::string_view::npos) return static_cast<char>(fail_());
    const char c = rest.front();
    rest.remove_prefix(1);
    return c;
  }

 private:
  int fail_() {
    ok = false;
    return 0;
  }
};

Date read_date(Reader& in) {
  const int y = in.digits(4);
  in.one_of("-");
  const int m = in.digits(2);
  in.one_of("-");
  const int d = in.digits(2);
  const Date result{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (!result.ok()) in.ok = false;
  return result;
}

// Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher).
sys_days easter(int y) {
  const int a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
  const int m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;
  return sys_days(year{y} / month{static_cast<unsigned>(n / 31)} / day{static_cast<unsigned>(n % 31 + 1)});
}

bool is_fixed_holiday(Date on) {
  const auto is = [&](unsigned m, unsigned d) { return on.month() == month{m} && on.day() == day{d}; };
  return is(1, 1) || is(1, 6) || is(5, 1) || is(12, 24) || is(12, 25) || is(12, 26) || is(12, 31) ||
         (is(6, 6) && on.year() >= year{2005});
}

bool is_moving_holiday(Date on) {
  const sys_days today{on};
  const auto after_easter = (today - easter(static_cast<int>(on.year()))).count();
  // Långfredagen, annandag påsk, Kristi himmelsfärdsdag; annandag pingst until 2004. The others are Sundays.
  if (after_easter == -2 || after_easter == 1 || after_easter == 39) return true;
  if (after_easter == 50 && on.year() < year{2005}) return true;
  // Midsommarafton is the Friday in 19-25 June; midsommardagen and alla helgons dag are Saturdays.
  return weekday{today} == Friday && on.month() == June && on.day() >= day{19} && on.day() <= day{25};
}

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string to_string(Date d) {
  std::string out;
  append_padded(out, static_cast<int>(d.year()), 4);
  out += '-';
  append_padded(out, static_cast<int>(static_cast<unsigned>(d.month())), 2);
  out += '-';
  append_padded(out, static_cast<int>(static_cast<unsigned>(d.day())), 2);
  return out;
}

std::string to_rfc3339(Time at) {
  const sys_days days = floor<std::chrono::days>(at);
  const auto ms = static_cast<int>((at - days).count());
  std::string out = to_string(Date{days});
  out += 'T';
  append_padded(out, ms / 3'600'000, 2);
  out += ':';
  append_padded(out, ms / 60'000 % 60, 2);
  out += ':';
  append_padded(out, ms / 1000 % 60, 2);
  out += '.';
  append_padded(out, ms % 1000, 3);
  out += 'Z';
  return out;
}

Result<Date> parse_date(std::string_view text) {
  Reader in{text};
  const Date result = read_date(in);
  if (!in.ok || !in.rest.empty()) return fail(Errc::invalid_input, "", "not a date of the form YYYY-MM-DD");
  return result;
}

Result<Time> parse_rfc3339(std::string_view text) {
  Reader in{text};
  const Date date = read_date(in);
  in.one_of("Tt");
  const int hour = in.digits(2);
  in.one_of(":");
  const int minute = in.digits(2);
  in.one_of(":");
  const int second = in.digits(2);
  int ms = 0;
  if (in.ok && !in.rest.empty() && in.rest.front() == '.') {
    in.one_of(".");
    int count = 0;
    for (int scale = 100; count < 9 && !in.rest.empty() && in.rest.front() >= '0' && in.rest.front() <= '9'; ++count) {
      ms += in.digits(1) * scale;
      scale /= 10;
    }
    // A point wants at least one digit (RFC 3339 section 5.6); no fraction at all has no point.
    if (count == 0) in.ok = false;
  }
  int offset = 0;
  const char zone = in.one_of("Zz+-");
  if (zone == '+' || zone == '-') {
    const int hours = in.digits(2);
    in.one_of(":");
    const int minutes = in.digits(2);
    if (hours > 23 || minutes > 59) in.ok = false;
    offset = (zone == '+' ? 1 : -1) * (hours * 60 + minutes);
  }
  // Leap seconds are refused: no clock that the hub speaks with gives them, and 60 has no UTC instant here.
  if (!in.ok || !in.rest.empty() || hour > 23 || minute > 59 || second > 59) {
    return fail(Errc::invalid_input, "", "not a time of the form YYYY-MM-DDThh:mm:ss with a zone");
  }
  return Time{sys_days{date}} + hours{hour} + minutes{minute - offset} + seconds{second} + milliseconds{ms};
}

Date stockholm_date(Time at) {
  const auto days = date::floor<date::days>(stockholm_local(at));
  return Date{sys_days{std::chrono::days{days.time_since_epoch().count()}}};
}

int stockholm_minute_of_day(Time at) {
  const auto local = stockholm_local(at);
  return static_cast<int>(duration_cast<minutes>(local - date::floor<date::days>(local)).count());
}

Time stockholm_midnight(Date d) {
  const date::local_time<milliseconds> local{duration_cast<milliseconds>(sys_days{d}.time_since_epoch())};
  return stockholm().to_sys(local, date::choose::earliest);
}

bool is_working_day(Date d) {
  const weekday name{sys_days{d}};
  return name != Saturday && name != Sunday && !is_fixed_holiday(d) && !is_moving_holiday(d);
}

Date next_working_day(Date d) {
  sys_days next = sys_days{d} + days{1};
  while (!is_working_day(Date{next})) next += days{1};
  return Date{next};
}

int age_on(Date birth, Date on) {
  const int years = static_cast<int>(on.year()) - static_cast<int>(birth.year());
  const bool before_birthday = on.month() < birth.month() || (on.month() == birth.month() && on.day() < birth.day());
  return before_birthday ? years - 1 : years;
}

}  // namespace samband
