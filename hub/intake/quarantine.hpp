// What could not be read, kept sealed so that nothing a sender said is lost: under the keys of the persons whose
// numbers stand in it, so that an erasure takes it along, else under the hub's own; within limits of bytes, in all and
// per party, and for a number of days. The operator lists and deletes it; content comes out through `samband quarantine
// show --export` only. Thread-safe: one of them per store.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "keys/key_store.hpp"
#include "ledger/ledger.hpp"

namespace samband {

class Quarantine {
 public:
  struct Limits {
    std::int64_t bytes_max = 1 << 30, party_bytes_max = 128 << 20;
    std::chrono::days retention{30};
  };
  Quarantine(Store&, Ledger&, KeyStore&, const Clock&, Limits);
  // Counts what is kept already. Before anything else.
  Result<void> open();
  // Counts again: an erasure took entries away.
  Result<void> recount();

  // Answers the id. Errors: too_large when it is full, in all or for this party; whatever the ledger says.
  boost::asio::awaitable<Result<std::string>> keep(std::string party, std::string adapter, std::string body, Error why);
  // The operator's own word, with a leaf. Errors: not_found.
  boost::asio::awaitable<Result<void>> remove(std::string id, std::string by);
  // Forgets what is older than the retention; how many.
  boost::asio::awaitable<int> expire();
  // expire() now and every hour, until the executor stops.
  boost::asio::awaitable<void> run();

 private:
  std::vector<std::string> subjects_in(std::string_view body, Time at) const;
  bool reserve(const std::string& party, std::int64_t bytes);
  void release(const std::string& party, std::int64_t bytes);

  Store& store_;
  Ledger& ledger_;
  KeyStore& keys_;
  const Clock& clock_;
  const Limits limits_;
  std::mutex mutex_;
  std::int64_t used_ = 0;  // sealed bytes
  std::map<std::string, std::int64_t> used_by_;
};

// Content of one entry, for the command line. Errors: not_found (erased or deleted key), internal (damaged).
Result<std::string> open_quarantined(KeyStore&, const QuarantineRow&);

}  // namespace samband
