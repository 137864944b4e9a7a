// Which leaves are about whom: the lists behind the completeness index (docs/ledger-format.md), built from the store,
// and the leaf that logs their root. Only the hub can make a label: its key follows from subject.key.
//
// Lists are kept between epochs, so an epoch reads the leaves since the last one; an erasure makes them be read anew
// (what was erased has no label any more). Memory: some 80 bytes a person and 8 a leaf. Thread-safe; an epoch takes the
// thread it runs on, one at a time.
#pragma once
#include <atomic>
#include <mutex>

#include "keys/key_store.hpp"
#include "ledger/ledger.hpp"
#include "ledger/prefix_index.hpp"
#include "store/store.hpp"

namespace samband {

// What a logged root says about one person.
struct IndexAnswer {
  index::Hash label{};
  std::uint64_t covered = 0;       // leaves before this one are in the index
  std::uint64_t leaf_index = 0;    // of the root
  std::vector<std::uint64_t> own;  // the leaves about the person, rising
  index::Walk walk;
};

class PersonIndex {
 public:
  PersonIndex(Store&, Ledger&, const KeyStore&, const Clock&);

  // Logs the root over every leaf that is there now. Errors: conflict (nothing to cover, or persons are being erased
  // this moment), unavailable.
  Result<std::uint64_t> log_epoch();
  // The same, and what it says about this person.
  Result<IndexAnswer> epoch_about(std::string_view subject_ref);
  // Reads everything anew next time: somebody was erased, or another day begins.
  void forget() { ++generation_; }

  index::Hash label_of(std::string_view subject_ref) const;

 private:
  struct Epoch {
    std::uint64_t covered = 0, leaf_index = 0;
  };
  Result<Epoch> make_epoch();  // under mutex_
  Result<void> read_up_to(std::uint64_t size);
  Result<std::string> subjects_of(const Leaf&);

  Store& store_;
  Ledger& ledger_;
  const Clock& clock_;
  const Bytes label_key_;
  std::atomic<std::uint64_t> generation_{0};

  std::mutex mutex_;
  std::uint64_t read_generation_ = 0, read_ = 0;  // leaves before `read_` are in `lists_`
  index::Lists lists_;
  std::string last_id_, last_subjects_;  // leaves of one exchange stand close together
};

}  // namespace samband
