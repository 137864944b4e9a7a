// A collaboration's follow-up figures as data: follow-up.toml (docs/follow-up.md). A figure says what it counts of the
// records of the hub; a table puts figures side by side. Values; thread-safe once loaded.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "model/party.hpp"
#include "routing/routes.hpp"

namespace samband::report {

enum class Counts { persons, messages, exchanges };
enum class By { nothing, month, third, year, age, sex };

struct Words {
  std::string sv, en;
  const std::string& in(std::string_view language) const { return language == "en" ? en : sv; }
};

struct AgeBand {
  std::string text;  // "15-19"
  int min = 0, max = 200;
};

// A condition on a leaf of the payload: equal to `is`, or a number of at least `at_least`.
struct ValueTest {
  std::string pointer;  // RFC 6901 into `data`, under /payload
  json::value is;
  std::optional<std::int64_t> at_least;
};

struct Figure {
  std::string id;
  Words label;
  Counts count = Counts::exchanges;
  std::vector<std::string> kinds, purposes, outcomes;  // empty = any, as every list below
  std::vector<std::string> sender_types, recipient_types, senders, recipients;
  std::vector<std::string> reached, reasons, not_reached;  // steps; `reasons` of the step in `reached`
  std::string deadline;                                    // id of a deadline of the exchange's route
  std::vector<std::string> deadline_is;                    // in_time | late | missed | open | ended
  std::optional<AgeBand> ages;
  std::string sex;
  std::vector<int> months;  // 1..12
  std::vector<ValueTest> values;
  bool when_step = false;  // the day of the step in `reached` counts, not that of the event
  // Counted in every month from the step in `reached` to the first of these, or to now: what is ongoing.
  std::vector<std::string> until;
  // Of the same person: only what came earlier than that person counted in another figure, or later.
  std::optional<std::size_t> before, after;
  std::optional<std::size_t> share_of, per;  // percent of another figure; so many for each of another
  std::optional<int> target;                 // percent
};

struct FigureTable {
  Words title;
  std::vector<std::size_t> figures;
  By by = By::nothing;
  std::vector<AgeBand> bands;
  bool shares = false;  // every class as a share of its figure
  std::vector<Words> notes;
};

struct FollowUp {
  std::string name;  // of the collaboration: "mumin"
  Words title;
  std::int64_t suppress_below = 5;
  int rounding = 5;  // of shares, in tenths of a percentage point
  bool age_at_receipt = false;
  std::vector<Figure> figures;
  std::vector<FigureTable> tables;
};

// Codes are checked against the vocabulary; party ids and deadlines against the configuration, when it is given.
// Errors: invalid_config with file:line:column.
Result<FollowUp> load_follow_up(const std::filesystem::path& file, const Parties* = nullptr, const Routes* = nullptr);

// Percent of `base` in tenths of a point, rounded to the nearest `rounding` tenths, ties upwards. base > 0.
std::int64_t share(std::int64_t part, std::int64_t base, int rounding);

}  // namespace samband::report
