// What a character is to somebody who looks for numbers: a digit of some script, a letter, a sign, or nothing to see.
// By its general category in the Unicode Character Database: what is neither letter nor digit parts digits, whatever it
// is. The tables are written by make_table.py. Pure, thread-safe.
#pragma once
#include <cstddef>
#include <string_view>

namespace samband::person_numbers::characters {

enum class What { letter, digit, sign, hidden };
struct Kind {
  What what = What::letter;
  int value = 0;  // of a digit; 10 to 99 for circled numbers and the like
  int style = 0;  // digits of one row of one script have one style
};
Kind kind_of(char32_t c);

// The character at `at`, which moves past it. A byte that is no UTF-8 is a sign of its own; a character reference of
// HTML ("&nbsp;", "&#8211;") is the character that it means, and a tag is a blank, as are a blank and a dash of a
// URL, a mail or JSON ("%2D", "=2D", "\u2011").
char32_t next(std::string_view text, std::size_t& at);

}  // namespace samband::person_numbers::characters
