// Finds Swedish identity numbers in text, however they are written: the one detector of the hub and of the adapters.
// Why shared: what an adapter takes out of a notice and what the hub refuses in an envelope must be the same numbers.
// Pure, thread-safe, linear in the text; knows the standard library only.
//
// Digits of any script count as 0-9 (also full-width, mathematical, circled, raised). Between two digits may stand
// anything that is no letter: blanks, signs, markup, and what nobody sees (zero-width, bidi and format characters,
// combining marks). A number is ten digits, or twelve with the century 18, 19 or 20; whole groups of digits, but for
// zeros in front, a second number or a few digits glued to it; a possible date (day + 60 for a samordningsnummer, whose
// date may be unknown) and a right check digit. An interim number has a letter for its seventh digit, no check digit.
//
// What is decided where a number and something harmless look alike:
// 1. That a number passes is worse than that something harmless goes: what may be a number, is one.
// 2. How the digits are grouped counts where nobody groups a number so. None are: a telephone number in its groups
//    (070-112 45 62, +46 (0)70-112 45 62), a date with a time of day beside it (from 2020), a part of a date or of a
//    time, a period of two dates, a list with comma and blank between pairs of digits or after a date from 2020.
// 3. Ten or twelve digits in one group are told apart by date and check digit alone, whatever word stands before them:
//    an OCR number, whose check digit is made the same way, goes one time in fourteen. A date in the future is no
//    excuse.
// 4. Where the field is a telephone number (Shape::phone), ten digits from 07 that would be a samordningsnummer stay.
// 5. In a run of 13 to 16 digits, which goes whole, only twelve with the century are a number, of a date from 1900 to
//    2019: one random run in two thousand. A later date begins a time or a serial number (20261122093000). Ten of them
//    would be one run in a hundred, so they are found after the clearing number of a personal account (3300, 3782)
//    alone. Nothing is found in a run of more than 16, but for zeros in front.
// 6. A date with its day first (1/3 1985-2380) and one after its four digits (2380-850301) are told from a day and a
//    sum, and from a flat and a day: from 2020 only a dash or a plus joins the first to its four, nothing the second.
// 7. Words join a birth date and its last four digits only if they say so ("850301, sista fyra 2380").
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace samband::person_numbers {

enum class Shape {
  plain,  // one group, or two of 6+4 or 8+4 with at most a dash, a plus or a blank between: as systems write it
  dated,  // also any one sign between, the date in parts (1990-01-31-1234), or one digit at a time
  any,    // grouped in any way, glued, with words between, interim numbers, in a UUID: for free text, where a hit is
          // replaced and nothing is refused for it
  phone,  // the same, where a telephone number is expected
};

struct Found {
  std::size_t begin = 0, end = 0;  // bytes of the text
  std::string digits;              // 10 or 12, ASCII; of an interim number with its letter
  bool alone = false;              // no letter and no other digit in the text
};

// In the order of the text, never overlapping; nothing wider than `widest`.
std::vector<Found> find(std::string_view text, Shape widest = Shape::any);

inline constexpr std::string_view kStripped = "[personnummer]";
// Replaces each by kStripped and returns how many.
std::size_t strip(std::string& text, Shape widest = Shape::any);

}  // namespace samband::person_numbers
