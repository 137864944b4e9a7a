// What became of every duty to tell: by rule and by the party that owed it. Small counts are suppressed as in
// statistics. Pure, but for collect_duties().
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "store/store.hpp"

namespace samband::report {

enum class Fulfilment { in_time, late, in_part, missed, open };

// `rest_held`: something of it still waits for a person. `confirmed_at`: the answer that a duty may ask for beside
// receipt. Empty: no duty, or its sender took it back.
std::optional<Fulfilment> fulfilment_of(const ExchangeRow&, bool rest_held, std::optional<Time> confirmed_at, Time now);

struct DutyLine {
  std::string rule, party;
  std::map<Fulfilment, std::int64_t> counts;
};

// Exchanges of the store created in [from, to).
Result<std::vector<DutyLine>> collect_duties(Store&, Time from, Time to, Time now);
json::array to_json(const std::vector<DutyLine>&);
std::string to_text(const std::vector<DutyLine>&);

}  // namespace samband::report
