#include "person_numbers/find.hpp"

#include <algorithm>
#include <chrono>

#include "person_numbers/characters.hpp"

namespace samband::person_numbers {
namespace {

constexpr int kCoordinationDays = 60;  // lag (2022:1697): day of birth + 60
constexpr int kTimesFrom = 2020;       // a date and a time since then is when something happened

struct Digit {
  char value = '0';
  std::size_t begin = 0, end = 0;  // bytes
  int chain = 0;                   // digits with no letter between them
  bool starts = true;              // a group may start here: something stands before it
  int signs = 0;                   // visible characters before it, after the digit before
  char32_t sign = 0;               // the first of them
};

// A random identifier holds any digits, and nobody writes a number in one. One letter at least tells it from a number.
std::size_t uuid_length(std::string_view at) {
  constexpr std::size_t kLength = 36;
  if (at.size() < kLength) return 0;
  bool letter = false;
  for (std::size_t i = 0; i < kLength; ++i) {
    const char c = at[i];
    const bool hex_letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    letter = letter || hex_letter;
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? c != '-' : !hex_letter && !(c >= '0' && c <= '9')) return 0;
  }
  const bool ends = at.size() == kLength ||
                    characters::kind_of(static_cast<unsigned char>(at[kLength])).what != characters::What::digit;
  return letter && ends ? kLength : 0;
}

std::vector<Digit> digits_of(std::string_view text, bool& letters) {
  std::vector<Digit> out;
  int chain = 0, signs = 0, style = -1;
  char32_t sign = 0;
  bool gap = true, word = false;  // what stands before the next digit
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t length = !word && (text[i] >= '0') ? uuid_length(text.substr(i)) : 0; length > 0) {
      i += length;
      ++chain;
      letters = gap = word = true;
      continue;
    }
    const std::size_t begin = i;
    const char32_t c = characters::next(text, i);
    const auto kind = characters::kind_of(c);
    if (kind.what == characters::What::digit) {
      const bool starts = gap || kind.style != style;
      if (kind.value >= 10) {
        out.push_back({static_cast<char>('0' + kind.value / 10), begin, i, chain, starts, signs, sign});
        out.push_back({static_cast<char>('0' + kind.value % 10), begin, i, chain, false, 0, 0});
      } else {
        out.push_back({static_cast<char>('0' + kind.value), begin, i, chain, starts, signs, sign});
      }
      style = kind.style;
      gap = false;
      word = true;
      signs = 0;
      continue;
    }
    word = kind.what == characters::What::letter;
    chain += word ? 1 : 0;
    letters = letters || word;
    gap = true;
    if (kind.what == characters::What::hidden) {
      if (signs == 0 && !out.empty() && out.back().chain == chain) out.back().end = i;  // goes with the digit before it
    } else if (signs++ == 0) {
      sign = c;
    }
  }
  return out;
}

int number(const std::vector<Digit>& d, std::size_t at, std::size_t length) {
  int value = 0;
  for (std::size_t i = at; i < at + length; ++i) value = value * 10 + (d[i].value - '0');
  return value;
}

bool is_date(int year, int month, int day) {
  using namespace std::chrono;
  return year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                        std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

// Ten digits of the vector from `at`, with the century before them or -1.
bool is_number(const std::vector<Digit>& d, std::size_t at, int century) {
  // Nothing says the century of ten digits, and 2000 has a 29 February.
  const int year = (century < 0 ? 20 : century) * 100 + (century < 0 ? 0 : number(d, at, 2));
  const int month = number(d, at + 2, 2), day = number(d, at + 4, 2);
  const bool coordination = day >= kCoordinationDays;
  const bool dated = is_date(year, month, coordination ? day - kCoordinationDays : day) ||
                     (coordination && month <= 12 && day - kCoordinationDays <= 31);
  if (!dated) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    const int doubled = (d[at + i].value - '0') * (i % 2 == 0 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 == 0;
}

class Finder {
 public:
  explicit Finder(std::string_view text) : d_(digits_of(text, letters_)) { mark_dates_and_times(); }

  std::vector<Found> find(Shape widest) const {
    std::vector<Found> out;
    for (std::size_t i = 0; i < d_.size();) {
      const std::size_t length = d_[i].starts ? match(i, widest) : 0;
      if (length == 0) {
        ++i;
        continue;
      }
      Found found{d_[i].begin, d_[i + length - 1].end, {}, !letters_ && d_.size() == length};
      for (std::size_t k = i; k < i + length; ++k) found.digits += d_[k].value;
      out.push_back(std::move(found));
      i += length;
    }
    return out;
  }

 private:
  // Lengths of the groups of a window; empty when it does not end with a group, or a letter stands in it.
  std::vector<std::size_t> groups(std::size_t at, std::size_t length) const {
    const std::size_t end = at + length;
    if (end > d_.size() || d_[end - 1].chain != d_[at].chain) return {};
    if (end < d_.size() && d_[end].chain == d_[at].chain && !d_[end].starts) return {};
    std::vector<std::size_t> out;
    for (std::size_t i = at; i < end; ++i) {
      // What nobody sees parts no group.
      if (i == at || (d_[i].starts && d_[i].signs > 0)) out.push_back(0);
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

  std::size_t match(std::size_t at, Shape widest) const {
    for (const std::size_t length : {std::size_t{12}, std::size_t{10}}) {
      const auto parts = groups(at, length);
      if (parts.empty()) continue;
      int century = -1;
      if (length == 12) {
        century = number(d_, at, 2);
        if (century < 18 || century > 20) continue;
        // "Storgatan 19 850301-..." ends an address before the number begins.
        if (parts[0] == 2 && parts.size() > 1 && parts[1] >= 6) continue;
      }
      if (shape_of(parts, at) > widest || !is_number(d_, at + length - 10, century)) continue;
      if (is_moment(parts, at) || cuts(at, length, parts[0]) || is_a_list(parts, at, length)) continue;
      return length;
    }
    return 0;
  }

  // A date and a time of day: 2026-11-19 23:40.
  bool is_moment(const std::vector<std::size_t>& parts, std::size_t at) const {
    if (parts.size() != 5 || parts[0] != 4 || parts[1] != 2 || parts[2] != 2 || parts[3] != 2) return false;
    return marked(at, 8) && number(d_, at, 4) >= kTimesFrom && marked(at + 8, 4) && d_[at + 8].signs <= 2;
  }

  // "2026-03-19, 9262 kr" and "16/10, 13/04": a comma and a blank after a recent date, or between pairs, part a list.
  bool is_a_list(const std::vector<std::size_t>& parts, std::size_t at, std::size_t length) const {
    const bool pairs = std::all_of(parts.begin(), parts.end(), [](std::size_t n) { return n <= 2; });
    const bool recent = length == 12 && parts[0] == 4 && number(d_, at, 4) >= kTimesFrom;
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

  bool marked(std::size_t at, std::size_t length) const { return begins_[at] && span_[at] == length; }

  // Does a group of `length` digits stand here, after one `sign` (0: whatever)?
  bool group(std::size_t at, std::size_t length, std::string_view signs) const {
    if (at + length > d_.size() || !d_[at].starts || d_[at + length - 1].chain != d_[at].chain) return false;
    for (std::size_t i = at + 1; i < at + length; ++i)
      if (d_[i].starts) return false;
    if (at + length < d_.size() && d_[at + length].chain == d_[at].chain && !d_[at + length].starts) return false;
    return signs.empty() || (d_[at].chain == d_[at - 1].chain && d_[at].signs == 1 && d_[at].sign < 0x80 &&
                             signs.find(static_cast<char>(d_[at].sign)) != std::string_view::npos);
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
      if (group(i, 4, "") && group(i + 4, 2, "-/.") && group(i + 6, 2, "-/.") && d_[i + 4].sign == d_[i + 6].sign) {
        const int year = number(d_, i, 4);
        if (year >= 1900 && year < 2100 && is_date(year, number(d_, i + 4, 2), number(d_, i + 6, 2))) mark(i, 8);
      } else if (group(i, 2, "") && group(i + 2, 2, ":.") && number(d_, i, 2) < 24 && number(d_, i + 2, 2) < 60) {
        mark(i, 4);
      }
    }
  }

  bool letters_ = false;
  std::vector<Digit> d_;
  std::vector<std::size_t> span_;  // length of the date or time that the digit belongs to, 0 where to none
  std::vector<bool> begins_;
};

}  // namespace

std::vector<Found> find(std::string_view text, Shape widest) { return Finder(text).find(widest); }

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

bool is_grouped_phone(std::string_view text) {
  std::vector<std::size_t> groups(1);
  for (const char c : text) {
    const bool area = groups.size() == 1;
    if (c >= '0' && c <= '9') {
      ++groups.back();
    } else if (groups.back() > 0 && (c == ' ' || (area && (c == '-' || c == '/')))) {
      groups.push_back(0);
    } else {
      return false;
    }
  }
  // 07x and seven digits: no number of a person is written so.
  if (groups.size() == 2) return text.starts_with("07") && groups[0] == 3 && groups[1] == 7;
  // 07x or an area code, then groups of two or three: a birth date has six digits, or pairs all the way.
  return groups.size() >= 3 && text.front() == '0' && groups[0] >= 2 && groups[0] <= 4 && groups[1] == 3 &&
         std::all_of(groups.begin() + 2, groups.end(), [](std::size_t n) { return n == 2 || n == 3; });
}

}  // namespace samband::person_numbers
