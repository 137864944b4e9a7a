// Finds Swedish identity numbers in text, however they are written: the one detector of the hub and of the adapters.
// Why shared: what an adapter takes out of a notice and what the hub refuses in an envelope must be the same numbers.
// Pure, thread-safe, linear in the text; knows the standard library only.
//
// Digits of any script count as 0-9 (also full-width, mathematical, circled, raised). Between two digits may stand
// anything that is no letter: blanks, signs, and what nobody sees (zero-width, bidi and format characters, combining
// marks). A number is ten digits, or twelve with the century 18, 19 or 20; whole groups of digits; a possible date (day
// + 60 for a samordningsnummer, whose date may be unknown) and a right check digit. Never a number: a date with a time
// of day beside it (from 2020), a part of a date or of a time, a part of a UUID, a list with comma and blank between
// pairs of digits or after a date from 2020.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace samband::person_numbers {

enum class Shape {
  plain,  // one group, or two of 6+4 or 8+4 with at most a dash, a plus or a blank between: as systems write it
  dated,  // also any one sign between, the date in parts (1990-01-31-1234), or one digit at a time
  any,    // grouped in any way: for free text, where a hit is replaced and nothing is refused for it
};

struct Found {
  std::size_t begin = 0, end = 0;  // bytes of the text
  std::string digits;              // 10 or 12, ASCII
  bool alone = false;              // no letter and no other digit in the text
};

// In the order of the text, never overlapping; nothing wider than `widest`.
std::vector<Found> find(std::string_view text, Shape widest = Shape::any);

inline constexpr std::string_view kStripped = "[personnummer]";
// Replaces each by kStripped and returns how many.
std::size_t strip(std::string& text, Shape widest = Shape::any);

// Is all of it a telephone number in groups, as Swedes write one (070-174 06 05, 070-1740605, 08-123 456 78)? Read as
// ten digits one in twenty is a possible identity number: ask this where a telephone number is expected, and only
// there.
bool is_grouped_phone(std::string_view text);

}  // namespace samband::person_numbers
