// The writer thread: group commit. It takes everything that waits, up to a limit, and makes it durable in one
// transaction; what arrives meanwhile is the next batch. No timers: under light load a batch is one append.
#include <chrono>
#include <iterator>

#include "base/log.hpp"
#include "ledger/ledger_impl.hpp"

namespace samband {

Error cannot_record() { return fail(Errc::unavailable, "ledger", "NOT SENT: the hub cannot record; telephone"); }

LeafSummary summary_of(const Leaf& leaf) { return {leaf.type, leaf.subject_id, leaf.recipient, leaf.outcome}; }

void RecentLeaves::put(std::uint64_t index, LeafSummary leaf) {
  const std::lock_guard lock(mutex_);
  slots_[index % kLeavesMax] = {index, std::move(leaf)};
}

std::optional<LeafSummary> RecentLeaves::find(std::uint64_t index) const {
  const std::lock_guard lock(mutex_);
  const Slot& slot = slots_[index % kLeavesMax];
  if (slot.index != index) return std::nullopt;
  return slot.leaf;
}

// With the indices of its neighbours, when the append begins at `first`.
Leaf resting_on(Leaf leaf, std::uint64_t first) {
  for (std::size_t& own : leaf.relies_on_own) own += first;
  leaf.relies_on.insert(leaf.relies_on.begin(), leaf.relies_on_own.begin(), leaf.relies_on_own.end());
  leaf.relies_on_own.clear();
  return leaf;
}

// Encoding and hashing happen on the caller's thread: the writer thread is the one that everybody waits for.
Result<Append> Ledger::Impl::prepare(const std::vector<Leaf>& leaves, Write write) const {
  Append append;
  for (const Leaf& leaf : leaves) {
    const std::size_t place = append.leaves.size();
    for (const std::size_t own : leaf.relies_on_own)
      if (own >= place) return fail(Errc::internal, "ledger", "a leaf rests on one that is not before it");
    // Which indices its neighbours get, only the writer knows: tried here with the largest, so that it cannot fail
    // there.
    auto bytes = encode_leaf(leaf.relies_on_own.empty() ? leaf : resting_on(leaf, UINT64_MAX - leaves.size()));
    if (!bytes) return bytes.error();
    if (!leaf.relies_on_own.empty()) append.late.emplace_back(place, leaf);
    append.hashes.push_back(merkle::leaf_hash(*bytes));
    append.leaves.push_back(std::move(*bytes));
    append.summaries.push_back(summary_of(leaf));
  }
  append.write = std::move(write);
  return append;
}

void Ledger::Impl::enqueue(Append append) {
  std::optional<Error> refused;
  {
    const std::lock_guard lock(queue_mutex);
    if (!healthy) {
      refused = cannot_record();
    } else if (closing) {
      refused = fail(Errc::unavailable, "ledger", "NOT SENT: the hub is stopping; send again or telephone");
    } else if (queue.size() >= options.queue_max) {
      refused = fail(Errc::busy, "ledger", "too many writes are waiting; try again shortly");
    } else {
      queue.push_back(std::move(append));
    }
  }
  if (refused) {
    append.waiter->complete(std::move(*refused));
  } else {
    queued.notify_one();
  }
}

void Ledger::Impl::run() {
  for (;;) {
    std::vector<Append> batch;
    {
      std::unique_lock lock(queue_mutex);
      queued.wait(lock, [this] { return closing || !queue.empty(); });
      if (queue.empty()) return;
      const auto n =
          static_cast<std::ptrdiff_t>(std::min(queue.size(), static_cast<std::size_t>(std::max(options.batch_max, 1))));
      std::move(queue.begin(), queue.begin() + n, std::back_inserter(batch));
      queue.erase(queue.begin(), queue.begin() + n);
    }
    run_batch(batch);
  }
}

void Ledger::Impl::run_batch(std::vector<Append>& batch) {
  std::vector<std::optional<Result<Committed>>> results(batch.size());
  std::vector<merkle::FullTile> filled;
  const auto before = current();
  // Everything happens on a copy: when the commit fails, the state before it is simply still there.
  auto next = std::make_shared<Snapshot>(*before);
  Result<void> committed = cannot_record();
  if (healthy) {
    const auto began = std::chrono::steady_clock::now();
    try {
      committed = store.transact([&](Txn& txn) { return write_batch(txn, batch, results, *next, filled); });
    } catch (const std::exception&) {
      committed = fail(Errc::internal, "ledger", "an exception left the transaction");
    }
    if (!committed) {
      // Nobody knows what reached the disk. Never retried: a restart reads back what is there and checks it.
      healthy = false;
      log(LogLevel::error, "ledger.stopped", {{"reason", std::string(to_string(committed.error().code))}});
    } else if (options.durable) {
      options.durable(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    }
  }
  if (!committed) {
    for (Append& append : batch) append.waiter->complete(cannot_record());
    return;
  }
  for (auto& tile : filled) tiles.put(tile.level, tile.index, std::move(tile.tile));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!*results[i]) continue;
    const auto& indices = (*results[i])->leaves;
    for (std::size_t j = 0; j < indices.size(); ++j) recent.put(indices[j], std::move(batch[i].summaries[j]));
  }
  if (next->tree.size() != before->tree.size()) {
    if (guard) guard->signed_now({options.origin, next->tree.size(), next->tree.root()});
    const std::uint64_t size = next->tree.size();
    {
      const std::lock_guard lock(snapshot_mutex);
      snapshot = std::move(next);
    }
    growth.reached(size);
  }
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].waiter->complete(std::move(*results[i]));
}

Result<void> Ledger::Impl::write_batch(Txn& txn, std::vector<Append>& batch,
                                       std::vector<std::optional<Result<Committed>>>& results, Snapshot& next,
                                       std::vector<merkle::FullTile>& filled) {
  const std::uint64_t size_before = next.tree.size();
  std::vector<Bytes> leaves;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    results[i] = append(txn, batch[i], next.tree, filled);
    if (*results[i]) std::move(batch[i].leaves.begin(), batch[i].leaves.end(), std::back_inserter(leaves));
  }
  if (leaves.empty()) return {};
  for (std::size_t at = 0; at < leaves.size(); at += kLeavesPerRow) {
    const auto row = std::span(leaves).subspan(at, std::min(kLeavesPerRow, leaves.size() - at));
    if (auto put = txn.add_leaves(size_before + at, row); !put) return put;
  }
  for (const auto& tile : filled) {
    auto put = txn.put_tile(tile.level, tile.index, tile.tile->bytes(merkle::Tile::kWidth));
    if (!put) return put;
  }
  const note::Checkpoint checkpoint{options.origin, next.tree.size(), next.tree.root()};
  next.checkpoint = note::sign(note::to_text(checkpoint), key, signer);
  return txn.put_checkpoint(checkpoint.size, next.checkpoint);
}

// The indices are tentative: an append that fails uses none, and the next one gets them.
Result<Committed> Ledger::Impl::append(Txn& txn, Append& append, merkle::Tree& tree,
                                       std::vector<merkle::FullTile>& filled) {
  Committed committed;
  for (std::size_t i = 0; i < append.leaves.size(); ++i) committed.leaves.push_back(tree.size() + i);
  for (auto& [place, leaf] : append.late) {
    auto bytes = encode_leaf(resting_on(std::move(leaf), tree.size()));
    if (!bytes) return bytes.error();
    append.hashes[place] = merkle::leaf_hash(*bytes);
    append.leaves[place] = std::move(*bytes);
  }
  auto written = store.savepoint(txn, [&](Txn& inner) -> Result<void> {
    try {
      if (append.write) {
        if (auto r = append.write(inner, committed.leaves); !r) return r;
      }
    } catch (const std::exception&) {
      return fail(Errc::internal, "ledger", "the write function threw");
    }
    return {};
  });
  if (!written) return written.error();
  for (const merkle::Hash& hash : append.hashes) tree.append(hash, filled);
  return committed;
}

}  // namespace samband
