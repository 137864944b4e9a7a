// What another rule set would have decided about the exchanges on record: each is decided by both sets, at the time
// when it was decided last and on what was on record about it then, so that only the rules differ. Sends and records
// nothing.
#pragma once
#include <functional>
#include <map>

#include "exchange/case_reader.hpp"

namespace samband {

struct ChangedExchange {
  std::string id, sender, recipient, kind, purpose;
  std::string before, after;  // outcomes
  // Data category -> {fields of the outcome before, and after}, where a field's outcome, or what is done to it before
  // it leaves, differs: "release 3 -> withhold 3". Equal numbers are other fields or persons, or another minimisation.
  struct Counts {
    int released = 0, withheld = 0, held = 0;
    bool operator==(const Counts&) const = default;
  };
  std::map<std::string, std::pair<Counts, Counts>> categories;
};

struct Simulated {
  std::uint64_t exchanges = 0, changed = 0, unreadable = 0;  // unreadable: erased, or of a party that is gone
};

// `changed` hears of every exchange that would come out otherwise, `progress` now and then how many are done.
// `since`/`until` bound when the exchange came. Errors: of the store.
Result<Simulated> simulate(Store&, const CaseReader&, const Parties&, const std::vector<Agreement>&,
                           const RuleSet& before, const RuleSet& after, Time since, Time until,
                           const std::function<void(const ChangedExchange&)>& changed,
                           const std::function<void(std::uint64_t)>& progress);

}  // namespace samband
