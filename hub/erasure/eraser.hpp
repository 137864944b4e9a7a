// Erasure of a person by decision, and weeding (gallring) of what has been kept long enough: keys are destroyed, what
// they sealed is emptied, and a leaf says so; the log, the receipts and the skeleton of each exchange stay.
//
// Order of an erasure: its line in the list of erasures (the point of no return), the keys, then rows and leaf in one
// transaction, then the bytes out of every file. What a crash cuts short, or a restored backup brings back, replay()
// does again from the list before anything is served. Thread-safe; one erasure at a time, on the caller's thread.
#pragma once
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "keys/erasure_list.hpp"
#include "keys/key_store.hpp"
#include "ledger/ledger.hpp"
#include "store/store.hpp"

namespace samband {

// Why a person is erased before the time is over: letters of GDPR article 17(1), a court, or a decision on weeding.
const std::vector<std::string>& erasure_bases();

struct ErasureOrder {
  std::string subject_ref;
  std::string basis;     // one of erasure_bases()
  std::string decision;  // the operator's own number of the decision: 1..64 printable characters, no identity number
  std::string party;     // who orders it
  bool force = false;    // withdraws what still waits, with a record of it
  bool dry_run = false;
};

struct Erased {
  std::string id;  // "" = nothing was done: a dry run, or nothing was over
  std::int64_t keys = 0, messages = 0, exchanges = 0, consents = 0;
  std::vector<std::string> live;     // exchanges that still wait: withdrawn, or what the order stumbled over, or kept
  std::vector<std::string> reviews;  // exchanges whose emergency nobody has judged
  std::vector<std::string> periods;  // weeding: those that are over
  std::uint64_t leaf_index = 0;
  bool traces = false;  // a reader held old pages; the hub tries again by itself
};

class Eraser {
 public:
  struct Parts {
    Store& store;
    Ledger& ledger;
    KeyStore& keys;
    const Clock& clock;
    std::filesystem::path list;                               // keys/erasure_list.hpp
    std::function<int(std::string_view)> days_for;            // of a retention class, after the end of its month
    int consents_days = 1825;                                 // after a consent's end
    std::function<bool(const std::string&)> is_sending = {};  // is an attempt to deliver it under way?
    std::function<void()> changed = {};                       // what was decided earlier must be looked at again
    std::function<void()> every_night = {};                   // after the weeding, on its thread
  };
  explicit Eraser(Parts);
  ~Eraser();

  // Before anything is served: what the list names and keys or store still hold is erased again. How many erasures.
  Result<int> replay();
  // Errors: invalid_input (basis, decision), not_found (nothing is held about this person), conflict (something waits;
  // see `force`; or an emergency waits for its review), busy (something is being sent: try again), unavailable.
  Result<Erased> erase(const ErasureOrder&);
  // Every period whose time is over, and consents whose time after their end is. What still waits is kept until it does
  // not.
  Result<Erased> weed(bool dry_run, const std::string& party = {});

  // Weeds every night at three o'clock from now on, and at once when a night was missed, on a thread of its own.
  void start();

 private:
  struct Work;
  Result<Erased> carry_out(const ErasureEntry&, std::vector<std::string> codes, std::string outcome);
  Result<bool> commit(Work&);
  Result<void> empty_ahead(Work&);
  Result<void> empty_rest(const std::vector<std::int64_t>& keys);
  Result<void> empty(SealedRows);
  void clean(Erased&);
  void run();
  std::chrono::milliseconds until_next_weeding();

  const Parts s_;
  std::mutex working_;   // one erasure at a time
  bool traces_ = false;  // under working_

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace samband
