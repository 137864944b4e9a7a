// Follow-up figures for a steering group: how many exchanges of each kind, by month and outcome, and what became of
// them. Counts from 1 to 4 are suppressed ("<5"), so that no figure points to a person; with one suppressed figure in a
// group the group's total is suppressed too, or it would give it away. Pure, but for collect().
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "store/store.hpp"

namespace samband::report {

inline constexpr std::int64_t kSmallest = 5;  // the smallest count that is shown; 0 is shown, it is about nobody

struct Line {
  std::string month, kind;                       // "2026-11" (Europe/Stockholm), message kind
  std::map<std::string, std::int64_t> outcomes;  // released, partial, held, refused
  std::int64_t received = 0;                     // acknowledged by the recipient
  std::int64_t total = 0;
};

// Adds one exchange. Receipts and recalls are the hub's own and are not counted.
void count(std::map<std::pair<std::string, std::string>, Line>& lines, const ExchangeRow&);
// Every exchange of the store created in [from, to).
Result<std::vector<Line>> collect(Store&, Time from, Time to);

std::string shown(std::int64_t n);              // "0", "<5", "17"
json::array to_json(const std::vector<Line>&);  // suppressed
std::string to_text(const std::vector<Line>&);  // suppressed, a table

}  // namespace samband::report
