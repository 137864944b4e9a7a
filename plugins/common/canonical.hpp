// Canonical messages (docs/vocabulary.md) as an adapter writes them: the CloudEvents envelope, facts that follow from
// fields, and the adapter's word about what it changed. Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/json_tools.hpp"

namespace samband::plugin {

struct Warning {
  std::string code;   // a reason code of the vocabulary: "personnummer_stripped"
  std::string where;  // JSON pointer into the sender's message; never a value
};

// `data` must be complete except for `kind`, which is set here. `time` is RFC 3339.
std::string canonical_message(std::string_view kind, std::string_view id, std::string_view source,
                              std::string_view time, json::object data, const std::vector<Warning>& = {});

// Adds a fact that follows from a field of the form, about each person with that role. A fact that the sender gave
// itself (same code and person) is kept: a named assessor's word goes before ours, which has no assessor. Where nobody
// is named and the two differ, it becomes false.
// May add a member to `data`: pointers and views into it do not survive the call.
void add_fact(json::object& data, std::string_view code, bool value, std::string_view role = "subject");

// "2026-11-22T01:10:00.5Z" -> "2026-11-22T01:10:00.500Z"; nothing when it is not an RFC 3339 instant in UTC.
std::string utc_milliseconds(std::string_view time);
bool is_uuid(std::string_view);
}  // namespace samband::plugin
