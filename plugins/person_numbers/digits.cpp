#include "person_numbers/digits.hpp"

#include <utility>

#include "person_numbers/characters.hpp"

namespace samband::person_numbers {
namespace {

constexpr std::string_view kInterimLetters = "TRSUWXJKLMN";

// A random identifier holds any digits: where nothing wider than Shape::dated is asked for, no number is looked for in
// one. One letter at least tells it from a number.
std::size_t uuid_length(std::string_view at) {
  constexpr std::size_t kLength = 36;
  if (at.size() < kLength) return 0;
  bool letter = false;
  for (std::size_t i = 0; i < kLength; ++i) {
    const char c = at[i];
    const bool hex_letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    letter = letter || hex_letter;
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? c != '-' : !hex_letter && !is_digit(c)) return 0;
  }
  const bool ends = at.size() == kLength ||
                    characters::kind_of(static_cast<unsigned char>(at[kLength])).what != characters::What::digit;
  return letter && ends ? kLength : 0;
}

// The letter of an interim number, in capitals, when a letter stands alone; else 0.
char interim_letter(std::string_view text, std::size_t begin, std::size_t end) {
  const char c = static_cast<char>(text[begin] & ~0x20);
  if (end - begin != 1 || kInterimLetters.find(c) == std::string_view::npos) return 0;
  const bool more =
      end < text.size() && characters::kind_of(characters::next(text, end)).what == characters::What::letter;
  return more ? '\0' : c;
}

}  // namespace

std::vector<Digit> digits_of(std::string_view text, bool wide, bool& letters) {
  std::vector<Digit> out;
  int chain = 0, signs = 0, style = -1;
  char32_t sign = 0;
  bool gap = true, word = false, letter = false;  // what stands before the next character
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t length = !wide && !word && text[i] >= '0' ? uuid_length(text.substr(i)) : 0; length > 0) {
      i += length;
      ++chain;
      letters = gap = word = true;
      continue;
    }
    const std::size_t begin = i;
    const char32_t c = characters::next(text, i);
    const auto kind = characters::kind_of(c);
    const bool after_letter = std::exchange(letter, kind.what == characters::What::letter);
    letters = letters || letter;
    if (const char interim = wide && letter && !after_letter ? interim_letter(text, begin, i) : '\0'; interim != 0) {
      out.push_back({interim, begin, i, chain, true, signs, sign});
      gap = word = true;
      signs = 0;
    } else if (kind.what == characters::What::digit) {
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
    } else {
      word = letter;
      chain += letter ? 1 : 0;
      gap = true;
      if (kind.what == characters::What::hidden) {
        if (signs == 0 && !out.empty() && out.back().chain == chain) out.back().end = i;  // sits on the digit before it
      } else if (signs++ == 0) {
        sign = c;
      }
    }
  }
  return out;
}

}  // namespace samband::person_numbers
