#include "landlord/identity_numbers.hpp"

#include <algorithm>
#include <array>

namespace samband::plugin {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::array<std::string_view, 11> kNames{
    "personnummer",         "personnr",       "personalnumber", "personalidentitynumber", "pnr",       "ssn",
    "socialsecuritynumber", "identitynumber", "personid",       "samordningsnummer",      "nationalid"};

// "Personal_Number" and "person-nummer" are the same name.
bool is_identity_member(std::string_view key) {
  std::string plain;
  for (const char c : key) {
    if (c >= 'A' && c <= 'Z')
      plain += static_cast<char>(c - 'A' + 'a');
    else if (c >= 'a' && c <= 'z')
      plain += c;
  }
  return std::find(kNames.begin(), kNames.end(), plain) != kNames.end();
}

bool is_identity_number(std::string_view digits) {  // ten or twelve
  if (digits.size() == 12) {
    const auto century = digits.substr(0, 2);
    if (century != "18" && century != "19" && century != "20") return false;
    digits.remove_prefix(2);
  }
  const int month = (digits[2] - '0') * 10 + (digits[3] - '0');
  int day = (digits[4] - '0') * 10 + (digits[5] - '0');
  if (day > 60) day -= 60;
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    const int doubled = (digits[i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 == 0;
}

// A number may be written 8+4 or 6+4 with -, + or a space between. Length of the match at `at`, or 0.
std::size_t match(std::string_view text, std::size_t at) {
  for (const std::size_t head : {std::size_t{8}, std::size_t{6}}) {
    std::string digits;
    std::size_t i = at;
    while (i < text.size() && digits.size() < head && is_digit(text[i])) digits += text[i++];
    if (digits.size() != head) continue;
    if (i < text.size() && (text[i] == '-' || text[i] == '+' || text[i] == ' ')) ++i;
    const std::size_t tail = i;
    while (i < text.size() && i - tail < 4 && is_digit(text[i])) digits += text[i++];
    if (digits.size() != head + 4 || (i < text.size() && is_digit(text[i]))) continue;
    if (is_identity_number(digits)) return i - at;
  }
  return 0;
}

void walk(json::value& v, const std::string& where, std::vector<Warning>& warnings) {
  if (auto* object = v.if_object()) {
    std::vector<std::string> removed;
    for (auto& [key, value] : *object) {
      std::string name(key.data(), key.size());
      const bool remove = is_identity_member(name);
      if (remove) removed.push_back(name);
      replace_identity_numbers(name);
      const auto place = where + "/" + pointer_token(name);
      // A sum is a number with no room for anything else; a large one must not be taken for a person.
      const bool sum = (name == "amount" || name == "ore" || name == "interest") && value.is_number();
      // The bytes of an attachment (Base64) are no text; a named person releases it or not.
      const bool bytes = name == "content" && where.rfind("/attachments/", 0) == 0;
      if (remove)
        warnings.push_back({"personnummer_stripped", place});
      else if (!sum && !bytes)
        walk(value, place, warnings);
    }
    for (const auto& name : removed) object->erase(name);
  } else if (auto* array = v.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) walk((*array)[i], where + "/" + std::to_string(i), warnings);
  } else if (auto* s = v.if_string()) {
    std::string text(s->data(), s->size());
    if (!replace_identity_numbers(text)) return;
    v = text;
    warnings.push_back({"personnummer_stripped", where});
  } else if (v.is_int64() || v.is_uint64()) {
    auto text = json::serialize(v);
    if (!replace_identity_numbers(text)) return;
    v = text;
    warnings.push_back({"personnummer_stripped", where});
  }
}

}  // namespace

bool replace_identity_numbers(std::string& text) {
  std::string out;
  bool found = false;
  for (std::size_t i = 0; i < text.size();) {
    const bool starts = is_digit(text[i]) && (i == 0 || !is_digit(text[i - 1]));
    const std::size_t length = starts ? match(text, i) : 0;
    if (length) {
      out += kStripped;
      i += length;
      found = true;
    } else {
      out += text[i++];
    }
  }
  if (found) text = std::move(out);
  return found;
}

void strip_identity_numbers(json::value& form, std::vector<Warning>& warnings) { walk(form, "", warnings); }

}  // namespace samband::plugin
