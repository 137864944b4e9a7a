#include "landlord/identity_numbers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace samband::plugin {
namespace {

using namespace person_numbers;

constexpr std::array<std::string_view, 3> kKeys{"messageId", "correctionOf", "conversationId"};

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

// With as many decimals as a number of a person could have (850301.2380), or none.
std::string written_out(double number) {
  std::array<char, 64> text{};
  const bool whole = std::nearbyint(number) == number;
  if (!(std::abs(number) < 1e13)) return {};
  std::snprintf(text.data(), text.size(), whole ? "%.0f" : "%.4f", number);
  return text.data();
}

void walk(json::value& v, const std::string& where, Shape shape, std::vector<Warning>& warnings) {
  if (auto* object = v.if_object()) {
    std::vector<std::string> removed;
    for (auto& [key, value] : *object) {
      std::string name(key.data(), key.size());
      const bool remove = is_identity_member(name);
      if (remove) removed.push_back(name);
      strip(name);
      const auto place = where + "/" + pointer_token(name);
      // A sum is a number with no room for anything else; a large one must not be taken for a person.
      const bool sum = (name == "amount" || name == "ore") && value.is_number();
      // The bytes of an attachment (Base64) are no text; a named person releases it or not.
      const bool bytes = name == "content" && where.rfind("/attachments/", 0) == 0;
      // A key is no free text: the hub puts another in its place, by which the sender finds it again.
      const bool id = where.empty() && std::find(kKeys.begin(), kKeys.end(), name) != kKeys.end();
      if (remove)
        warnings.push_back({"personnummer_stripped", place});
      else if (!sum && !bytes && !id)
        walk(value, place, name == "phone" ? Shape::phone : Shape::any, warnings);
    }
    for (const auto& name : removed) object->erase(name);
  } else if (auto* array = v.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) walk((*array)[i], where + "/" + std::to_string(i), shape, warnings);
  } else if (auto* s = v.if_string()) {
    std::string text(s->data(), s->size());
    if (!strip(text, shape)) return;
    v = text;
    warnings.push_back({"personnummer_stripped", where});
  } else if (v.is_number()) {
    auto text = v.is_double() ? written_out(v.get_double()) : json::serialize(v);
    if (!strip(text, shape)) return;
    v = text;
    warnings.push_back({"personnummer_stripped", where});
  }
}

}  // namespace

void strip_identity_numbers(json::value& form, std::vector<Warning>& warnings) { walk(form, "", Shape::any, warnings); }

}  // namespace samband::plugin
