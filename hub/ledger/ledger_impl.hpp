// Inside of the ledger: what the public functions, the start-up checks and the writer thread share.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "keys/crypto.hpp"
#include "ledger/guard_file.hpp"
#include "ledger/ledger.hpp"
#include "ledger/note.hpp"
#include "ledger/tile_cache.hpp"
#include "ledger/tree.hpp"

namespace samband {

// Who waits for an append. Called once, on the writer thread.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void complete(Result<Committed>) = 0;
};

// A leaf as release() needs it.
struct LeafSummary {
  LeafType type{};
  std::string subject_id, recipient, outcome;
};
LeafSummary summary_of(const Leaf&);

struct Append {
  std::vector<Bytes> leaves;  // encoded
  std::vector<merkle::Hash> hashes;
  std::vector<LeafSummary> summaries;
  std::vector<std::pair<std::size_t, Leaf>> late;  // encoded again when their neighbours have indices
  Ledger::Write write;
  std::unique_ptr<Waiter> waiter;
};

// A signed state; never changes once it is published.
struct Snapshot {
  merkle::Tree tree;
  std::string checkpoint;
};

// The newest checkpoint that the witnesses' quorum has cosigned.
struct Cosigned {
  std::uint64_t size = 0;
  std::string note;
};

// Who waits for a number to grow. Thread-safe.
class Watchers {
 public:
  using Done = std::function<void(Result<void>)>;
  // Calls `done` at once when `reached` says that the number is larger already, or when nobody may wait any more.
  void add(std::uint64_t above, const std::function<bool()>& reached, Done done);
  void reached(std::uint64_t number);  // everybody who waits for less
  void fail_all(const Error&);         // also those who come later

 private:
  std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, Done>> waiting_;
  std::optional<Error> over_;
};

// The leaves committed last, so that release() reads no disk on the common way. Thread-safe.
class RecentLeaves {
 public:
  void put(std::uint64_t index, LeafSummary);
  std::optional<LeafSummary> find(std::uint64_t index) const;

 private:
  static constexpr std::size_t kLeavesMax = 16'384;
  struct Slot {
    std::uint64_t index = UINT64_MAX;
    LeafSummary leaf;
  };
  mutable std::mutex mutex_;
  std::vector<Slot> slots_ = std::vector<Slot>(kLeavesMax);
};

struct Ledger::Impl {
  Impl(Store&, Options);
  ~Impl();

  // start.cpp: rebuilds the tree and checks it, before the writer thread starts.
  Result<void> load();
  Result<void> check_guard(const Snapshot&);
  void start();

  // writer.cpp
  Result<Append> prepare(const std::vector<Leaf>&, Write) const;
  void enqueue(Append);
  void run();
  void run_batch(std::vector<Append>&);
  Result<void> write_batch(Txn&, std::vector<Append>&, std::vector<std::optional<Result<Committed>>>&, Snapshot& next,
                           std::vector<merkle::FullTile>& filled);
  Result<Committed> append(Txn&, Append&, merkle::Tree&, std::vector<merkle::FullTile>& filled);

  std::shared_ptr<const Snapshot> current() const {
    const std::lock_guard lock(snapshot_mutex);
    return snapshot;
  }
  merkle::TileSource tiles_of(const Snapshot& signed_state) const {
    return [this, &tree = signed_state.tree](int level, std::uint64_t index) { return tiles.get(tree, level, index); };
  }

  Store& store;
  const Options options;
  const crypto::Signer signer;  // writer thread
  const note::Verifier key;
  std::optional<GuardFile> guard;
  mutable TileCache tiles;
  RecentLeaves recent;
  std::atomic<bool> healthy{true};

  mutable std::mutex snapshot_mutex;
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const Cosigned> cosigned = std::make_shared<Cosigned>();  // under snapshot_mutex
  Watchers growth, cosigning;

  std::shared_ptr<const Cosigned> newest_cosigned() const {
    const std::lock_guard lock(snapshot_mutex);
    return cosigned;
  }

  std::mutex queue_mutex;
  std::condition_variable queued;
  std::deque<Append> queue;
  bool closing = false;
  std::thread writer;
};

// "tile/entries/<N>": each leaf after its length in two bytes.
Bytes entry_bundle(const std::vector<Bytes>& leaves);
// The tree of this size, out of full tiles and the last leaves. What it is worth, its root must show.
Result<merkle::Tree> restore_tree(Store&, std::uint64_t size);
Error cannot_record();  // what a sender hears when the ledger is not healthy

}  // namespace samband
