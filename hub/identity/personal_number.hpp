// Swedish identity numbers. Pure, thread-safe.
// Personnummer: folkbokföringslagen (1991:481) 18 §; samordningsnummer: lag (2022:1697), day + 60; interim numbers
// (T/R/S/U/W/X/J/K/L/M/N in the birth number) have no check digit that identifies; organisationsnummer: lag (1974:174).
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"

namespace samband {

enum class IdNumberType { personnummer, samordningsnummer, interim };
struct IdNumber {
  IdNumberType type = IdNumberType::personnummer;
  std::string digits;              // 12 characters, CCYYMMDDNNNC
  std::optional<Date> birth_date;  // empty: interim, or a samordningsnummer of somebody whose birth date is not known
};
// Accepts 10 or 12 digits with or without '-' or '+'; `today` decides the century of 10-digit forms.
// Errors: invalid_input with the rule that failed (length, date, check digit); never the number.
Result<IdNumber> parse_personal_number(std::string_view text, Date today);

// Ten digits, third digit >= 2 (a sole trader's number is a personnummer and is refused here), Luhn. Accepts an
// optional "16" prefix and one '-'. Returns the ten digits.
Result<std::string> parse_organisation_number(std::string_view text);
bool luhn_valid(std::string_view digits);

// Is one of the words of an attribute (parted by any of ":/ ,;?=&") an identity number, or does one stand in full
// (twelve digits) anywhere in it, glued to letters ("abc198104022382def")? Found as person_numbers::find does, in its
// dated shapes: digits of any script, hidden characters between. A serial number that starts with a recent date
// ("20261122-0001") is none, though one in ten passes the check digit; hence the person must be a year old; of a
// samordningsnummer without a date of birth, by its year. Ten glued digits, and what stands in a UUID, are not looked
// for: random identifiers hold too many of them.
bool names_a_person(std::string_view attribute, Date today);

// May there be an identity number in this key? Found in any shape (in a UUID in none), of any date: the answer for a
// key is the same every day. So of keys that end with a date and a serial number one in ten is taken for one.
bool key_may_name_a_person(std::string_view key);

}  // namespace samband
