#include "health/hsa_id.hpp"

#include <algorithm>

namespace samband::health {
namespace {

constexpr std::size_t kMax = 31, kDigits = 10;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool luhn(std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int doubled = (digits[i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += doubled / 10 + doubled % 10;
  }
  return sum % 10 == 0;
}

}  // namespace

bool is_hsa_id(std::string_view text) {
  if (text.size() > kMax || !text.starts_with("SE")) return false;
  const auto hyphen = text.find('-');
  if (hyphen == std::string_view::npos) return false;
  auto number = text.substr(2, hyphen - 2);
  const auto rest = text.substr(hyphen + 1);
  if (number.size() == kDigits + 2 && number.starts_with("16")) number.remove_prefix(2);
  return number.size() == kDigits && std::all_of(number.begin(), number.end(), is_digit) && luhn(number) &&
         !rest.empty() && std::all_of(rest.begin(), rest.end(), [](char c) {
           return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         });
}

}  // namespace samband::health
