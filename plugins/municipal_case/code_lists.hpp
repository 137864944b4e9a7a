// What the case system offers for a person (GET Actualisations/Proposals) and what it already has (GET Actualisations).
// Answers come from outside: anything malformed gives nothing, never a guess. Pure, thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "municipal_case/case_config.hpp"

namespace samband::municipal {

// The ids that were chosen by the configured names; kept in the conversation's state with the names they had.
struct Choice {
  std::string date;  // YYYY-MM-DD, Swedish calendar
  EntryNames names;
  std::int64_t type = 0, reason = 0, from_who = 0, organisation = 0;
  std::string unit;
  std::optional<std::int64_t> working_status;
  std::int64_t document_type = 0, sender_type = 0;

  json::object to_json() const;
  static std::optional<Choice> from_json(const json::object&);
};

struct Chosen {
  std::optional<Choice> choice;
  bool malformed = false;    // the answer is not what the interface promises: ask again later
  std::string_view missing;  // which code list lacks the configured name: the operator must act
};
Chosen choose_entries(std::string_view proposals, const CaseConfig&, std::string_view kind, std::string date);

// Ids of the actualisations in a list that look exactly like the choice. Nothing when the list is malformed or cut.
std::optional<std::vector<std::int64_t>> matching_ids(std::string_view list, const Choice&);
// The bare integer that POST Actualisations answers.
std::optional<std::int64_t> bare_id(std::string_view body);

// The date in Sweden at an instant "2026-11-22T23:30:00.000Z" -> "2026-11-23" (a plugin reads no clock and no tz files:
// EU summer time is computed). "" when it is not an instant.
std::string swedish_date(std::string_view utc);

}  // namespace samband::municipal
