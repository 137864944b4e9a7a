#include "person_numbers/characters.hpp"

#include <algorithm>
#include <iterator>

namespace samband::person_numbers::characters {
namespace {

struct Row {
  char32_t first, last;
  int value;  // of the first; the next ones follow
};
#include "person_numbers/characters.inc"

template <class Edges>
bool inside(const Edges& edges, char32_t c) {
  return (std::upper_bound(std::begin(edges), std::end(edges), c) - std::begin(edges)) % 2 == 1;
}

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

// "&nbsp;", "&#160;", "&#xA0;", also "&amp;nbsp;": the character, or a blank for a name, whatever it means: between two
// digits no letter is written by its name. Without one, `at` stays.
char32_t reference(std::string_view text, std::size_t& at) {
  constexpr std::size_t kNameMax = 31;
  std::size_t i = at + 1;
  while (text.substr(i, 4) == "amp;") i += 4;
  char32_t c = ' ';
  std::size_t begin = i;
  if (text.substr(i, 1) == "#") {
    const bool hex = text.substr(i + 1, 1) == "x" || text.substr(i + 1, 1) == "X";
    begin = i += hex ? 2 : 1;
    for (c = 0; i < text.size() && i - begin < 7; ++i) {
      const char d = static_cast<char>(text[i] | 0x20);
      const bool letter = hex && d >= 'a' && d <= 'f';
      if (!letter && !is_ascii_digit(text[i])) break;
      c = c * (hex ? 16 : 10) + static_cast<char32_t>(letter ? d - 'a' + 10 : text[i] - '0');
    }
  } else {
    while (i < text.size() && i - begin < kNameMax && is_ascii_letter(text[i])) ++i;
  }
  const auto name = text.substr(begin, i - begin);
  const bool closed = text.substr(i, 1) == ";";
  if (name.empty() || (!closed && name != "nbsp" && name != "shy")) return '&';  // these two never needed a semicolon
  at = closed ? i + 1 : i;
  return c;
}

// "<b>", "</td>", "<br/>": a blank. One with a digit in it is read as text. Without one, `at` stays.
char32_t tag(std::string_view text, std::size_t& at) {
  constexpr std::size_t kTagMax = 200;
  const auto inner = text.substr(at + 1, kTagMax);
  const auto end = inner.find_first_of("<>");
  if (end == std::string_view::npos || inner[end] != '>' || end == 0) return '<';
  const auto plain = [](char c) { return static_cast<unsigned char>(c) < 0x80 && !is_ascii_digit(c); };
  if (!is_ascii_letter(inner[0]) && inner[0] != '/') return '<';
  if (!std::all_of(inner.begin(), inner.begin() + static_cast<std::ptrdiff_t>(end), plain)) return '<';
  at += end + 2;
  return ' ';
}

// What a URL, a mail and JSON write for a blank or a dash: a blank. No other: "%85" may be digits of a number.
char32_t escaped(std::string_view text, std::size_t& at) {
  const auto same = [](char a, char b) { return a == b || (is_ascii_letter(a) && (a | 0x20) == (b | 0x20)); };
  for (const std::string_view e :
       {"%C2%A0", "%20", "%2D", "%2B", "%2F", "=2D", "\\u00A0", "\\u00AD", "\\u002B", "\\u002D", "\\u200B", "\\u2010",
        "\\u2011", "\\u2012", "\\u2013", "\\u2014", "\\u2212"}) {
    const auto here = text.substr(at, e.size());
    if (!std::equal(here.begin(), here.end(), e.begin(), e.end(), same)) continue;
    at += e.size();
    return ' ';
  }
  return static_cast<unsigned char>(text[at]);
}

}  // namespace

Kind kind_of(char32_t c) {
  if (c < 0x80) {  // most of any text
    const char ascii = static_cast<char>(c);
    if (is_ascii_digit(ascii)) return {What::digit, ascii - '0', 0};
    if (is_ascii_letter(ascii)) return {};
    if (c >= ' ' && c < 0x7F) return {What::sign, 0, 0};
  }
  const auto* row =
      std::lower_bound(std::begin(kDigits), std::end(kDigits), c, [](const Row& r, char32_t x) { return r.last < x; });
  if (row != std::end(kDigits) && c >= row->first)
    return {What::digit, row->value + static_cast<int>(c - row->first), static_cast<int>(row - std::begin(kDigits))};
  if (inside(kLetters, c)) return {};
  return {inside(kHidden, c) ? What::hidden : What::sign, 0, 0};
}

char32_t next(std::string_view text, std::size_t& at) {
  constexpr char32_t kNoCharacter = 0xFFFD;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  if (first == '&' || first == '<' || first == '%' || first == '=' || first == '\\') {
    const std::size_t before = at;
    const char32_t c = first == '&' ? reference(text, at) : first == '<' ? tag(text, at) : escaped(text, at);
    if (at == before) ++at;
    return c;
  }
  ++at;
  if (first < 0x80) return first;
  const std::size_t more = first >= 0xF0 && first < 0xF8 ? 3 : first >= 0xE0 && first < 0xF0 ? 2 : 1;
  if (first < 0xC2 || first >= 0xF8 || text.size() - at < more) return kNoCharacter;
  char32_t c = first & (0x3Fu >> more);
  for (std::size_t i = 0; i < more; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return kNoCharacter;
    c = (c << 6) | (byte(at + i) & 0x3Fu);
  }
  at += more;
  return c;
}

}  // namespace samband::person_numbers::characters
