// Counts a collaboration's follow-up figures from the records of the hub, in one pass over its exchanges, and says
// which counts may be shown (report/suppress.hpp). Messages are opened where a figure needs their day, their persons or
// their payload; nothing of them is kept but a keyed reference per person while counting. Thread-safe: no state.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "intake/case.hpp"
#include "report/figures.hpp"
#include "report/suppress.hpp"
#include "store/store.hpp"

namespace samband::report {

// The message of an exchange, opened. not_found: erased.
using ReadMessage = std::function<Result<CasePtr>(const ExchangeRow&)>;

struct Period {
  Date from, to;  // [from, to) in Swedish calendar days
};
// Everything that is on record.
inline constexpr Period kAlways{Date{std::chrono::year(1), std::chrono::January, std::chrono::day(1)},
                                Date{std::chrono::year(9999), std::chrono::January, std::chrono::day(1)}};

// Units that are counted one by one (persons) and kept while counting; more of them: narrow the period.
inline constexpr std::size_t kUnitsMax = 1'000'000;

struct FollowUpCounts {
  Population population;
  // Cell of a figure's total, and of its class in a table ("2008-01", "2008-1", "2008", "15-19", "female", "unknown").
  std::vector<std::uint32_t> totals;
  std::map<std::pair<std::size_t, std::size_t>, std::map<std::string, std::uint32_t>> classes;  // (table, figure)
  std::vector<std::int64_t> values;
  std::uint64_t exchanges = 0, erased = 0;  // looked at; of these without a message that can be opened
  std::optional<Period> held;               // the whole months in which something counted
};

// `now`: which deadlines are over. Errors: of the store and the keys; too_large: more than `units_max` units.
Result<FollowUpCounts> count_figures(const FollowUp&, Store&, const ReadMessage&, const Parties&, const Routes&,
                                     const Period&, Time now, std::size_t units_max = kUnitsMax);

// ---- shown --------------------------------------------------------------------------------------------------------

struct Shown {
  std::string language = "sv";
  std::optional<Period> period;  // none: nothing is on record
  bool unsuppressed = false;
};
// Tables with Swedish or English labels; one line of CSV (RFC 4180) a cell; one JSON object. A count that may not be
// shown is ".." (null in JSON), and so is a share of or from one.
std::string follow_up_text(const FollowUp&, const FollowUpCounts&, const Shown&);
std::string follow_up_csv(const FollowUp&, const FollowUpCounts&, const Shown&);
json::object follow_up_json(const FollowUp&, const FollowUpCounts&, const Shown&);

}  // namespace samband::report
