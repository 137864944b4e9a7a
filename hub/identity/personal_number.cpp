#include "identity/personal_number.hpp"

#include <algorithm>

#include "base/id.hpp"
#include "person_numbers/find.hpp"

namespace samband {
namespace {

constexpr std::string_view kInterimLetters = "TRSUWXJKLMN";
constexpr int kCoordinationDays = 60;  // lag (2022:1697): day of birth + 60

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view s) { return std::all_of(s.begin(), s.end(), is_digit); }
int two(std::string_view s, std::size_t at) { return (s[at] - '0') * 10 + (s[at + 1] - '0'); }

Error bad(const char* rule) { return fail(Errc::invalid_input, "", rule); }

struct MonthDay {
  unsigned month, day;
  bool coordination;
};
MonthDay month_day(std::string_view six) {  // YYMMDD, digits
  const unsigned day = static_cast<unsigned>(two(six, 4));
  const bool coordination = day >= kCoordinationDays;
  return {static_cast<unsigned>(two(six, 2)), coordination ? day - kCoordinationDays : day, coordination};
}
Date date_of(int year, MonthDay md) {
  return Date{std::chrono::year(year), std::chrono::month(md.month), std::chrono::day(md.day)};
}

// A samordningsnummer of somebody whose birth date is not known has month 00 or day 60, or a day that its month does
// not have; the Tax Agency's test population holds such numbers. They are valid and say no birth date.
bool date_allowed(int year, MonthDay md) {
  return date_of(year, md).ok() || (md.coordination && md.month <= 12 && md.day <= 31);
}

// The year of a ten-digit form. '+' is written from the year in which the person turns 100.
int full_year(int two_digits, char separator, Date today) {
  const int base = static_cast<int>(today.year()) - (separator == '+' ? 100 : 0);
  return base - ((base - two_digits) % 100 + 100) % 100;
}

struct Parts {
  std::string_view century;  // "" or two digits
  std::string_view six;      // YYMMDD
  std::string_view four;     // NNNC
  char separator = 0;
};
std::optional<Parts> split(std::string_view text) {
  Parts parts;
  std::size_t lead = text.size();
  if (lead != 10 && lead != 11 && lead != 12 && lead != 13) return std::nullopt;
  parts.four = text.substr(lead - 4);
  lead -= 4;
  if (lead == 7 || lead == 9) {
    parts.separator = text[--lead];
    if (parts.separator != '-' && parts.separator != '+') return std::nullopt;
  }
  parts.six = text.substr(lead - 6, 6);
  parts.century = text.substr(0, lead - 6);
  return parts;
}

}  // namespace

bool luhn_valid(std::string_view digits) {
  if (digits.empty() || !all_digits(digits)) return false;
  int sum = 0;
  bool twice = false;
  for (auto c = digits.rbegin(); c != digits.rend(); ++c, twice = !twice) {
    const int value = (*c - '0') * (twice ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

Result<IdNumber> parse_personal_number(std::string_view text, Date today) {
  const auto parts = split(text);
  if (!parts) return bad("identity number: 10 or 12 characters, '-' or '+' before the last four");
  const auto [century, six, four, separator] = *parts;
  if (!all_digits(century) || !all_digits(six) || !all_digits(four.substr(1)))
    return bad("identity number: digits only");
  const bool interim = kInterimLetters.find(four[0]) != std::string_view::npos;
  if (!interim && !is_digit(four[0])) return bad("identity number: not a letter of an interim number");

  const MonthDay md = month_day(six);
  int year = 0;
  if (!century.empty()) {
    if (century != "18" && century != "19" && century != "20") return bad("identity number: century");
    year = two(century, 0) * 100 + two(six, 0);
  } else {
    year = full_year(two(six, 0), separator, today);
    // Without a separator a date later this year can only be of somebody who turns 100.
    if (separator == 0 && date_of(year, md).ok() && date_of(year, md) > today) year -= 100;
  }
  const Date birth = date_of(year, md);
  if (!date_allowed(year, md)) return bad("identity number: date");
  if (birth.ok() ? birth > today : birth.year() > today.year()) return bad("identity number: date is in the future");

  IdNumber number;
  number.digits = std::to_string(year).append(six.substr(2)).append(four);
  if (interim) {
    // Issued by the sender for somebody whose number is not known: its date is a guess and proves no age.
    number.type = IdNumberType::interim;
    return number;
  }
  if (four.substr(0, 3) == "000") return bad("identity number: birth number");
  if (!luhn_valid(std::string_view(number.digits).substr(2))) return bad("identity number: check digit");
  number.type = md.coordination ? IdNumberType::samordningsnummer : IdNumberType::personnummer;
  if (birth.ok()) number.birth_date = birth;
  return number;
}

Result<std::string> parse_organisation_number(std::string_view text) {
  std::string digits(text);
  if (digits.size() == 11 || digits.size() == 13) {
    if (digits[digits.size() - 5] != '-') return bad("organisation number: '-' before the last four");
    digits.erase(digits.size() - 5, 1);
  }
  if (digits.size() == 12) {
    if (!digits.starts_with("16")) return bad("organisation number: prefix is 16");
    digits.erase(0, 2);
  }
  if (digits.size() != 10 || !all_digits(digits)) return bad("organisation number: ten digits");
  if (digits[2] < '2') return bad("organisation number: third digit is 2 or more");
  if (!luhn_valid(digits)) return bad("organisation number: check digit");
  return digits;
}

namespace {

bool is_somebodys(std::string_view text, Date today) {
  const auto number = parse_personal_number(text, today);
  if (!number) return false;
  if (number->birth_date) return age_on(*number->birth_date, today) >= 1;
  return number->type == IdNumberType::samordningsnummer &&
         std::stoi(number->digits.substr(0, 4)) + 1 < static_cast<int>(today.year());
}

// Is there a number that satisfies `wanted` in one of the words? With a '+' where that says that somebody is a hundred.
template <class Wanted>
bool any_word(std::string_view attribute, Wanted wanted) {
  using namespace person_numbers;
  while (!attribute.empty()) {
    const std::size_t end = std::min(attribute.find_first_of(":/ ,;?=&"), attribute.size());
    const std::string_view word = attribute.substr(0, end);
    for (const Found& found : find(word, Shape::dated)) {
      if (found.digits.size() == 10 && !found.alone) continue;
      const bool old = found.digits.size() == 10 && word.find('+') != std::string_view::npos;
      if (wanted(old ? found.digits.substr(0, 6) + "+" + found.digits.substr(6) : found.digits)) return true;
    }
    attribute.remove_prefix(std::min(end + 1, attribute.size()));
  }
  return false;
}

}  // namespace

bool names_a_person(std::string_view attribute, Date today) {
  return any_word(attribute, [today](const std::string& number) { return is_somebodys(number, today); });
}

bool key_may_name_a_person(std::string_view key) {
  using namespace person_numbers;
  return !find(key, is_uuid(key) ? Shape::dated : Shape::any).empty() ||
         any_word(key, [](const std::string&) { return true; });
}

}  // namespace samband
