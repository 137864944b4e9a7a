// The digits of a text in their order, each with what stands before it. Pure, thread-safe, linear in the text.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

namespace samband::person_numbers {

struct Digit {
  char value = '0';                // or a letter that may stand in an interim number
  std::size_t begin = 0, end = 0;  // bytes
  int chain = 0;                   // digits with no letter between them
  bool starts = true;              // a group may start here: something stands before it
  int signs = 0;                   // visible characters before it, after the digit before
  char32_t sign = 0;               // the first of them
  bool phone = false;              // belongs to a telephone number
};

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// `wide`: also in UUIDs, and with the letters that may stand in an interim number, where they stand alone. `letters`
// becomes true when there is any letter in the text.
std::vector<Digit> digits_of(std::string_view text, bool wide, bool& letters);

}  // namespace samband::person_numbers
