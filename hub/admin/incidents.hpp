// Personal data breaches on record (GDPR article 33(5)): opened from a range of the log, closed with what came of them;
// each step is a leaf. What a breach touched is counted from the leaves of the range and the rows that they name.
//
// A record names nobody: it keeps counts, parties, kinds and categories, and its texts sealed under a key of their own
// period. Whom it touched follows from the exchanges of its range, which know their persons as keyed references until
// these are erased: so the record outlives an erasure, and the erasure misses nothing here. Thread-safe; a large range
// takes the thread it runs on.
#pragma once
#include "base/json.hpp"
#include "keys/key_store.hpp"
#include "ledger/ledger.hpp"
#include "store/store.hpp"

namespace samband {

// GDPR article 4(12), and what came of it.
const std::vector<std::string>& incident_kinds();
const std::vector<std::string>& incident_results();

inline constexpr std::chrono::hours kIncidentReportWithin{72};  // article 33(1), from when the controller was aware
inline constexpr std::uint64_t kIncidentLeavesMax = 1'000'000;
inline constexpr std::size_t kIncidentTextMax = 16u << 10, kIncidentExchangesShown = 1000;

struct IncidentOpening {
  std::string party, kind;
  std::uint64_t first_leaf = 0, last_leaf = 0;
  std::optional<Time> aware_at;  // when the operator became aware; none: now
  std::string text;
};

struct IncidentClosing {
  std::string party, id, result;    // one of incident_results()
  std::optional<Time> reported_at;  // with "reported": when the supervisory authority had it
  std::string text;
};

class Incidents {
 public:
  struct Parts {
    Store& store;
    Ledger& ledger;
    KeyStore& keys;
    const Clock& clock;
  };
  explicit Incidents(Parts parts) : s_(parts) {}

  // Errors: invalid_input (pointer of the member), unavailable, busy (send it again).
  Result<IncidentRow> open(const IncidentOpening&);
  // And not_found, conflict: closed already, or its texts' time is over.
  Result<IncidentRow> close(const IncidentClosing&);

  // What a leaf of it commits to, as {"nonce", "details"}; the text stands in the details. null: there is none, or its
  // time was over.
  Result<json::value> opened(const IncidentRow&) const;
  Result<json::value> closed(const IncidentRow&) const;
  // Ids of the exchanges in its range, in order of the log, kIncidentExchangesShown at most.
  Result<std::vector<std::string>> exchanges(const IncidentRow&) const;

 private:
  Result<json::value> unseal(const IncidentRow&, const Bytes& sealed, std::string_view place) const;
  const Parts s_;
};

}  // namespace samband
