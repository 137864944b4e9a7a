#include "person_numbers/find.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "person_numbers/digits.hpp"

namespace samband::person_numbers {
namespace {

constexpr int kCoordinationDays = 60;  // lag (2022:1697): day of birth + 60
constexpr int kTimesFrom = 2020;       // a date and a time since then is when something happened
constexpr std::size_t kZerosMax = 32;  // in front of a number: a system that fills up its fields
// A run of digits that may hold a number in full and something glued to it: 12 digits at five places at most.
constexpr std::size_t kRunMin = 13, kRunMax = 16;
// Clearing numbers of Nordea's personal accounts: the account number after them is the holder's.
constexpr std::array<std::string_view, 2> kPersonalAccounts{"3300", "3782"};

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

bool is_date(int year, int month, int day) {
  using namespace std::chrono;
  return year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                        std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

// Ten or twelve digits.
bool is_number(std::string_view digits) {
  const std::string_view ten = digits.substr(digits.size() - 10);
  if (digits.size() == 12 && (number(digits.substr(0, 2)) < 18 || number(digits.substr(0, 2)) > 20)) return false;
  // Nothing says the century of ten digits, and 2000 has a 29 February.
  const int year = digits.size() == 12 ? number(digits.substr(0, 4)) : 2000;
  const int month = number(ten.substr(2, 2)), day = number(ten.substr(4, 2));
  const bool coordination = day >= kCoordinationDays;
  if (!is_digit(ten[6])) return is_date(year, month, day);  // an interim number: its letter says nothing, nor a digit
  const bool dated = is_date(year, month, coordination ? day - kCoordinationDays : day) ||
                     (coordination && month <= 12 && day - kCoordinationDays <= 31);
  if (!dated || ten.substr(6, 3) == "000") return false;
  int sum = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    const int doubled = (ten[i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 == 0;
}

class Finder {
 public:
  Finder(std::string_view text, Shape widest)
      : text_(text), widest_(widest), d_(digits_of(text, widest >= Shape::any, letters_)) {
    mark_dates_and_times();
    for (std::size_t i = 0; i < d_.size(); ++i) mark_phone(i);
    // From the end: a number may end where another begins, glued to it.
    lengths_.assign(d_.size() + 1, 0);
    for (std::size_t i = d_.size(); i-- > 0;) lengths_[i] = match(i);
  }

  std::vector<Found> find() const {
    std::vector<Found> out;
    for (std::size_t i = 0, free = 0; i < d_.size();) {
      const bool starts = d_[i].starts || (i > 0 && i == free);
      std::size_t at = i, length = starts ? lengths_[i] : 0;
      for (; starts && length == 0 && d_[at].value == '0' && at - i < kZerosMax && !breaks(at + 1);
           length = lengths_[at])
        ++at;
      std::string digits = all(at, length);
      if (length == 0 && starts && widest_ >= Shape::any) {
        at = i;
        for (const auto rule : {&Finder::in_a_run, &Finder::day_first, &Finder::four_first, &Finder::apart})
          if (length == 0) length = (this->*rule)(i, digits);
      }
      if (length == 0) {
        ++i;
        continue;
      }
      free = at + length;
      out.push_back({d_[i].begin, d_[free - 1].end, std::move(digits), !letters_ && d_.size() == length});
      i = free;
    }
    return out;
  }

 private:
  std::string all(std::size_t at, std::size_t length) const {
    std::string out;
    for (std::size_t i = at; i < at + length; ++i) out += d_[i].value;
    return out;
  }
  int number_at(std::size_t at, std::size_t length) const { return number(all(at, length)); }

  // Does a group begin here, or the text end? What nobody sees parts none.
  bool breaks(std::size_t i) const {
    return i == 0 || i >= d_.size() || d_[i].chain != d_[i - 1].chain || d_[i].signs > 0 || !is_digit(d_[i].value);
  }
  std::size_t group_length(std::size_t at) const {
    std::size_t end = at + 1;
    while (!breaks(end)) ++end;
    return end - at;
  }
  // Whole groups of digits with no letter between them.
  bool whole(std::size_t at, std::size_t length) const {
    if (at + length > d_.size() || d_[at].chain != d_[at + length - 1].chain || !breaks(at) || !breaks(at + length))
      return false;
    return std::all_of(&d_[at], &d_[at] + length, [](const Digit& d) { return is_digit(d.value); });
  }

  // Lengths of the groups of a window; empty when it does not end with a group, or a letter stands in it.
  std::vector<std::size_t> groups(std::size_t at, std::size_t length) const {
    const std::size_t end = at + length;
    if (end > d_.size() || d_[end - 1].chain != d_[at].chain) return {};
    if (end < d_.size() && d_[end].chain == d_[at].chain && !d_[end].starts && lengths_[end] == 0) return {};
    for (std::size_t i = at; i < end; ++i) {
      if (is_digit(d_[i].value)) continue;
      // The letter of an interim number begins its last group (850301-T380), unless each digit stands alone.
      const bool last_four = i == end - 4 && d_[i + 1].signs == 0 && d_[i + 2].signs == 0 && d_[i + 3].signs == 0;
      if (i != end - 4 || (!last_four && group_length(at) > 1)) return {};
    }
    std::vector<std::size_t> out;
    for (std::size_t i = at; i < end; ++i) {
      if (i == at || d_[i].signs > 0) out.push_back(0);
      ++out.back();
    }
    return out;
  }

  static bool joins(char32_t sign) {
    return sign == '-' || sign == '+' || sign == ' ' || sign == 0xA0 || (sign >= 0x2000 && sign <= 0x2015) ||
           sign == 0x202F || sign == 0x2212 || sign == 0x3000 || sign == 0xFF0D || sign == 0xFF0B;
  }

  Shape shape_of(const std::vector<std::size_t>& groups, std::size_t at) const {
    bool single = true, joined = true;
    std::size_t first = at;
    for (std::size_t g = 0; g < groups.size(); first += groups[g++]) {
      if (g == 0) continue;
      single = single && d_[first].signs == 1;
      joined = joined && d_[first].signs == 1 && joins(d_[first].sign);
    }
    const bool two = groups.size() == 2 && groups[1] == 4;
    if (groups.size() == 1 || (two && joined)) return Shape::plain;
    const bool parts = groups.size() == 4 && groups[1] == 2 && groups[2] == 2 && groups[3] == 4;
    const bool ones = std::all_of(groups.begin(), groups.end(), [](std::size_t n) { return n == 1; });
    return single && (two || parts || ones) ? Shape::dated : Shape::any;
  }

  std::size_t match(std::size_t at) const {
    for (const std::size_t length : {std::size_t{12}, std::size_t{10}}) {
      if (at + length > d_.size()) continue;
      const std::string digits = all(at, length);
      if (!is_number(digits)) continue;
      const auto parts = groups(at, length);
      if (parts.empty() || shape_of(parts, at) > widest_) continue;
      // "Storgatan 19 850301-..." ends an address before the number begins.
      if (length == 12 && parts[0] == 2 && parts.size() > 1 && parts[1] >= 6) continue;
      if (is_moment(parts, at) || cuts(at, length, parts[0]) || is_a_list(parts, at, length)) continue;
      if (std::any_of(&d_[at], &d_[at] + length, [](const Digit& d) { return d.phone; })) continue;
      // 0702914177 where a telephone number is expected: too few have such a co-ordination number.
      if (widest_ == Shape::phone && parts.size() == 1 && digits.starts_with("07") && digits[4] >= '6') continue;
      return length;
    }
    return 0;
  }

  // A date and a time of day: 2026-11-19 23:40.
  bool is_moment(const std::vector<std::size_t>& parts, std::size_t at) const {
    if (parts.size() != 5 || parts[0] != 4 || parts[1] != 2 || parts[2] != 2 || parts[3] != 2) return false;
    return marked(at, 8) && number_at(at, 4) >= kTimesFrom && marked(at + 8, 4) && d_[at + 8].signs <= 2;
  }

  // "2026-03-19, 9262 kr" and "16/10, 13/04": a comma and a blank after a recent date, or between pairs, part a list.
  bool is_a_list(const std::vector<std::size_t>& parts, std::size_t at, std::size_t length) const {
    const bool pairs = std::all_of(parts.begin(), parts.end(), [](std::size_t n) { return n <= 2; });
    const bool recent = length == 12 && parts[0] == 4 && number_at(at, 4) >= kTimesFrom;
    if (!pairs && !recent) return false;
    for (std::size_t i = at + 1; i < at + length; ++i)
      if (d_[i].sign == ',' && d_[i].signs > 1) return true;
    return false;
  }

  // Does the window begin or end inside a date or a time? One that begins with a written-out birth date may be
  // followed by anything.
  bool cuts(std::size_t at, std::size_t length, std::size_t first_group) const {
    if (span_[at] > 0 && !begins_[at]) return true;
    const std::size_t end = at + length;
    return first_group < 6 && end < d_.size() && span_[end] > 0 && !begins_[end];
  }

  // A number in full with more digits glued to it, which go too: 12 digits with a century somewhere in 13 to 16, but
  // for a date since 2020 (20261122093000); or after the clearing number of a personal account. Answers, as the next
  // three do, how many digits of the text that takes.
  std::size_t in_a_run(std::size_t at, std::string& digits) const {
    if (!breaks(at)) return 0;
    const std::size_t account = at + kPersonalAccounts[0].size();
    if (account < d_.size() && !breaks(account) && lengths_[account] > 0 &&
        std::find(kPersonalAccounts.begin(), kPersonalAccounts.end(), all(at, account - at)) !=
            kPersonalAccounts.end()) {
      digits = all(account, lengths_[account]);
      return account - at + lengths_[account];
    }
    const std::size_t run = group_length(at);
    if (run < kRunMin || run > kRunMax) return 0;
    for (std::size_t i = at; i + 12 <= at + run; ++i) {
      digits = all(i, 12);
      const int year = number_at(i, 4);
      if (year >= 1900 && year < kTimesFrom && is_number(digits)) return run;
    }
    return 0;
  }

  // 01.03.1985-2380, 1/3 1985-2380, 01.03.85-2380. Since 2020, and with a year of two digits, only a dash or a plus
  // joins them: "31/10 2026 8450 kr" is a day and a sum. "1/3 1985, sista fyra 2380" says it in words.
  std::size_t day_first(std::size_t at, std::string& digits) const {
    std::string date;
    const std::size_t length = date_day_first(at, date), four = at + length;
    if (length == 0 || !whole(four, 4) || group_length(four) != 4) return 0;
    digits = date + all(four, 4);
    const bool old = date.size() == 8 && number(date.substr(0, 4)) < kTimesFrom;
    const bool near = d_[four].chain == d_[four - 1].chain && d_[four].signs <= 3;
    const bool joined = near && (old || (d_[four].signs == 1 && d_[four].sign != ' ' && joins(d_[four].sign)));
    return (joined || says_last(d_[four - 1].end, d_[four].begin)) && is_number(digits) ? length + 4 : 0;
  }
  // Answers the digits of the text, and the date turned round.
  std::size_t date_day_first(std::size_t at, std::string& date) const {
    if (!breaks(at)) return 0;
    const std::size_t day = group_length(at), month_at = at + day;
    if (day > 2 || month_at >= d_.size() || d_[month_at].signs != 1) return 0;
    const std::size_t month = group_length(month_at), year_at = month_at + month;
    if (month > 2 || year_at >= d_.size() || d_[year_at].signs > 2) return 0;
    const std::size_t year = group_length(year_at), length = day + month + year;
    if ((year != 4 && year != 2) || !whole(at, length)) return 0;
    const auto two = [](const std::string& s) { return s.size() == 1 ? "0" + s : s; };
    date = all(year_at, year) + two(all(month_at, month)) + two(all(at, day));
    return length;
  }

  // 2380-850301, one sign between. A date since 2020 after a dash is when something happened ("1102-261122").
  std::size_t four_first(std::size_t at, std::string& digits) const {
    if (widest_ == Shape::phone || !group_of(at, 4)) return 0;
    const std::size_t date = at + 4;
    const std::size_t length = group_of(date, 8) ? 8 : group_of(date, 6) ? 6 : 0;
    if (length == 0 || lengths_[date] > 0 || d_[date].chain != d_[at].chain || d_[date].signs != 1) return 0;
    const char32_t sign = d_[date].sign;
    if (sign != '/' && sign != '.' && (sign == ' ' || !joins(sign))) return 0;
    digits = all(date, length) + all(at, 4);
    const int year = length == 8 ? number_at(date, 4) : 2000 + number_at(date, 2);
    return is_number(digits) && (year < kTimesFrom || year >= kTimesFrom + 10) ? length + 4 : 0;
  }
  bool group_of(std::size_t at, std::size_t length) const { return whole(at, length) && group_length(at) == length; }

  // A birth date and, where words between them say so, its last four digits: "850301 (sista fyra 2380)"; or the other
  // way round.
  std::size_t apart(std::size_t at, std::string& digits) const {
    for (const std::size_t date : {std::size_t{8}, std::size_t{6}}) {
      if (whole(at, date)) {
        std::size_t four = at + date;
        if (whole(four, 1) && d_[four].value == '4') ++four;  // "de 4 sista"
        digits = all(at, date) + (whole(four, 4) ? all(four, 4) : "");
        if (digits.size() == date + 4 && says_last(d_[at + date - 1].end, d_[four].begin) && is_number(digits))
          return four + 4 - at;
      }
      if (whole(at, 4) && whole(at + 4, date) && says_last(at == 0 ? 0 : d_[at - 1].end, d_[at].begin)) {
        digits = all(at + 4, date) + all(at, 4);
        if (is_number(digits)) return date + 4;
      }
    }
    return 0;
  }
  bool says_last(std::size_t begin, std::size_t end) const {
    constexpr std::array<std::string_view, 9> kStems{"sist",    "fyra", "slut", "siffr", "kontroll",
                                                     "individ", "last", "four", "ending"};
    constexpr std::size_t kWordsMax = 64;  // bytes
    std::string words(
        text_.substr(std::max(begin, end < kWordsMax ? 0 : end - kWordsMax), std::min(end - begin, kWordsMax)));
    for (char& c : words)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return std::any_of(kStems.begin(), kStems.end(), [&](auto s) { return words.find(s) != std::string::npos; });
  }

  bool marked(std::size_t at, std::size_t length) const { return begins_[at] && span_[at] == length; }

  // Does a group of `length` digits stand here, after one `sign` (0: whatever)?
  bool group(std::size_t at, std::size_t length, std::string_view signs) const {
    if (at + length > d_.size() || !d_[at].starts || !whole(at, length) || group_length(at) != length) return false;
    return signs.empty() || (d_[at].chain == d_[at - 1].chain && d_[at].signs == 1 && d_[at].sign < 0x80 &&
                             signs.find(static_cast<char>(d_[at].sign)) != std::string_view::npos);
  }
  // Three groups with one sign between: a year of `digits`, a month and a day.
  bool date_in_parts(std::size_t at, std::size_t digits) const {
    if (!group(at, digits, "") || !group(at + digits, 2, "-/.") || !group(at + digits + 2, 2, "-/.")) return false;
    const int year = number_at(at, digits) + (digits == 2 ? 2000 : 0);
    return d_[at + digits].sign == d_[at + digits + 2].sign && year >= 1900 && year < 2100 &&
           is_date(year, number_at(at + digits, 2), number_at(at + digits + 2, 2));
  }

  void mark(std::size_t at, std::size_t length) {
    for (std::size_t i = at; i < at + length; ++i) span_[i] = length;
    begins_[at] = true;
  }

  void mark_dates_and_times() {
    span_.assign(d_.size(), 0);
    begins_.assign(d_.size(), false);
    for (std::size_t i = 0; i < d_.size(); ++i) {
      if (span_[i] > 0) continue;
      if (date_in_parts(i, 4)) {
        mark(i, 8);
      } else if (date_in_parts(i, 2) && date_in_parts(i + 6, 2) && d_[i + 6].signs > 1) {
        mark(i, 6);  // 24-06-16 - 26-08-12; one alone may begin a number
        mark(i + 6, 6);
      } else if (group(i, 2, "") && group(i + 2, 2, ":.") && number_at(i, 2) < 24 && number_at(i + 2, 2) < 60) {
        mark(i, 4);
      }
    }
  }

  // "540112-0448, 070-112 45 62": what ends a number begins no telephone number (0448-070 112).
  bool last_four(std::size_t at) const {
    for (const std::size_t date : {std::size_t{8}, std::size_t{6}}) {
      if (at < date || !whole(at - date, date) || group_length(at) != 4 || !is_number(all(at - date, date + 4)))
        continue;
      if (group_length(at - date) == date || (d_[at].signs == 1 && d_[at].sign != ' ')) return true;
    }
    return false;
  }

  // A telephone number in groups, 0 and nine digits: 070-112 45 62, 08-123 456 78, 070-1124562, +46 (0)70-112 45 62:
  // 07x first, or an area code and three digits. A number of a person has six digits first, or pairs all the way.
  void mark_phone(std::size_t at) {
    if (!breaks(at) || last_four(at)) return;
    const bool plus = d_[at].begin > 0 && text_[d_[at].begin - 1] == '+';
    const std::size_t code = plus && group(at, 2, "") ? 2 : group(at, 4, "") ? 4 : 0;
    const bool abroad = code > 0 && number_at(at, code) == 46;
    std::size_t end = abroad ? at + code : at, total = 0;
    if (end >= d_.size() || (!abroad && d_[at].value != '0')) return;
    std::vector<std::size_t> sizes;  // of the groups, the area code with its 0
    if (abroad && d_[end].value != '0') total = 1;
    while (total < 10 && end < d_.size() && d_[end].chain == d_[at].chain) {
      const std::size_t length = group_length(end);
      total += length;
      end += length;
      if (total > 1) sizes.push_back(sizes.empty() ? total : length);  // "(0)" goes with what follows
    }
    if (total != 10 || !breaks(end)) return;
    const bool mobile = d_[end - 9].value == '7', three = sizes.size() > 2 && sizes[1] == 3;
    const bool grouped = (mobile && sizes[0] == 3) || (three && sizes[0] <= 4);
    const bool fit = std::all_of(sizes.begin(), sizes.end(), [](std::size_t n) { return n >= 2; });
    if ((grouped && fit) || (abroad && mobile && sizes.size() == 1))
      for (std::size_t i = at; i < end; ++i) d_[i].phone = true;
  }

  std::string_view text_;
  Shape widest_;
  bool letters_ = false;
  std::vector<Digit> d_;
  std::vector<std::size_t> span_;  // length of the date or time that the digit belongs to, 0 where to none
  std::vector<bool> begins_;
  std::vector<std::size_t> lengths_;  // of the number that may begin here, 0 where none
};

}  // namespace

std::vector<Found> find(std::string_view text, Shape widest) { return Finder(text, widest).find(); }

std::size_t strip(std::string& text, Shape widest) {
  const auto found = find(text, widest);
  if (found.empty()) return 0;
  std::string out;
  std::size_t copied = 0;
  for (const Found& f : found) {
    out.append(text, copied, f.begin - copied).append(kStripped);
    copied = f.end;
  }
  text = out.append(text, copied, std::string::npos);
  return found.size();
}

}  // namespace samband::person_numbers
