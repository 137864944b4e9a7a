// What another rule set would have decided about the exchanges on record: each is decided by both sets, at the time
// when it was decided last and on what was on record about it then, so that only the rules differ. Sends and records
// nothing. Not shared between threads.
#pragma once
#include <functional>
#include <map>

#include "confidentiality/diff.hpp"
#include "exchange/case_reader.hpp"

namespace samband {

struct ChangedExchange {
  std::string id, kind, purpose;
  Party sender, recipient;

  // What it comes to: more leaves, or whole instead of minimised; less; some of each; what stays is held, refused or
  // asked for otherwise; or the same fields leave and stay, and only duty, deadline, obligation or ground differ.
  enum class Turn { more, less, both, stays, only } turn = Turn::only;

  struct Duty {
    std::string rule, modality, deadline;
    Time due{};
    bool operator==(const Duty&) const = default;
  };
  struct Side {  // as one of the sets decides
    Outcome outcome = Outcome::refused;
    std::string reason;  // of a refusal or hold
    std::optional<Duty> duty;
    std::optional<Time> expires_at;
    std::optional<int> hold_days;  // a hold without a duty ends unanswered: 0 = as hub.toml says
    std::vector<std::string> rules, obligations, unassigned, missing, consents;  // sorted
    bool operator==(const Side&) const = default;
  } before, after;

  // Fields of a data category, where what becomes of at least one differs. Equal counts are other fields or persons, or
  // another minimisation.
  struct Counts {
    int released = 0, withheld = 0, held = 0;
    int minimised = 0;                 // of the released: those that do not leave whole
    std::vector<std::string> reasons;  // why those that differ stay, sorted
    bool operator==(const Counts&) const = default;
  };
  std::map<std::string, std::pair<Counts, Counts>> categories;  // "unknown": of no category

  // What is written otherwise in the later set and reaches this exchange: its cause is among them.
  std::vector<ItemChange> items;
};
std::string_view to_string(ChangedExchange::Turn);

struct Simulated {
  std::uint64_t exchanges = 0, changed = 0, unreadable = 0;  // unreadable: erased, or of a party that is gone
  std::map<ChangedExchange::Turn, std::uint64_t> turns;      // of the changed; every turn is named
};

// `changed` hears of every exchange that would come out otherwise, `progress` now and then how many are done.
// `since`/`until` bound when the exchange came. Errors: of the store.
Result<Simulated> simulate(Store&, const CaseReader&, const Parties&, const std::vector<Agreement>&,
                           const RuleSet& before, const RuleSet& after, Time since, Time until,
                           const std::function<void(const ChangedExchange&)>& changed,
                           const std::function<void(std::uint64_t)>& progress);

}  // namespace samband
