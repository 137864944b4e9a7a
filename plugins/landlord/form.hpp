// The landlord's forms (README.md) -> canonical data. Identity numbers are gone before a form comes here.
// Pure, thread-safe.
#pragma once
#include <optional>
#include <string>

#include "common/canonical.hpp"

namespace samband::plugin {

inline constexpr std::string_view kArrearsForm = "SFS1978:314/3";
inline constexpr std::string_view kDisturbanceForm = "JB12:25a";
inline constexpr std::string_view kSeriousDisturbanceForm = "JB12:42";
inline constexpr std::string_view kContactForm = "contact";

struct LandlordForm {
  std::string kind, id, time;
  json::object data;
};
// Errors: JSON pointer into the form. Members that the form does not have are left out with a warning (unknown_field);
// one that it has is never left out unsaid: of a wrong type it is an error.
sdk::Result<LandlordForm> read_form(const json::object& form, std::vector<Warning>& warnings);

// What is left of a text beside the numbers that were taken out of it, trimmed.
std::string without_number(std::string_view);
// A text, or a whole number as it is written ("leaseNumber": 1102); "" for null. Nothing for what is neither.
std::optional<std::string> text_from(const json::value&);

// "8 450,00 kr", "8450:-", 8450, 8450.5 (kronor) or {"ore": 845000} -> 845000. Nothing when it is not a sum, is below
// one öre or above a thousand million kronor, or when a point could mean thousands.
std::optional<std::int64_t> ore_from(const json::value&);
bool is_date(std::string_view);
}  // namespace samband::plugin
