// The log of decisions: RFC 6962 Merkle tree, signed checkpoints (C2SP signed note, Ed25519), receipts (C2SP
// tlog-proof), one store transaction per batch, group commit without timers: what arrives while a commit is in flight
// shares the next one. One writer thread; every public function is thread-safe.
//
// Point of no return: when `commit` completes without error, the leaves, the caller's rows and the checkpoint over them
// are durable. An I/O error stops the writing side for good (`healthy()` turns false): fail closed.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/cosignature.hpp"
#include "ledger/leaf.hpp"
#include "minimise/minimise.hpp"
#include "model/decision.hpp"
#include "store/store.hpp"

namespace samband {

// Permission to deliver one exchange: exists only for a body whose decision is durable in the log. Move-only.
class Released {
 public:
  const std::string& exchange_id() const { return exchange_id_; }
  const std::string& recipient() const { return recipient_; }
  const json::value& data() const { return body_.data(); }
  const std::vector<std::string>& pointers() const { return body_.pointers(); }  // what leaves, sorted
  std::uint64_t leaf_index() const { return leaf_index_; }
  Released(Released&&) = default;
  Released& operator=(Released&&) = default;

 private:
  friend class Ledger;
  Released(std::string exchange_id, std::string recipient, Minimised body, std::uint64_t leaf)
      : exchange_id_(std::move(exchange_id)),
        recipient_(std::move(recipient)),
        body_(std::move(body)),
        leaf_index_(leaf) {}
  std::string exchange_id_, recipient_;
  Minimised body_;
  std::uint64_t leaf_index_;
};

struct Committed {
  std::vector<std::uint64_t> leaves;  // indices, in the order given
};

class Ledger {
 public:
  struct Options {
    std::string origin = "samband.example/log";  // checkpoint origin line and key name
    Bytes log_seed;
    int batch_max = 256;  // appends per transaction
    std::size_t queue_max = 4096;
    // Rollback guard, best on another disk than the data (docs/ledger-format.md); empty = none.
    std::filesystem::path guard_file = {};
    std::optional<note::WitnessPolicy> witnesses = {};
    bool wait_for_witnesses = false;  // release nothing before the quorum of `witnesses` has seen its leaf
    std::function<void(double seconds)> durable = {};  // told of every transaction that became durable, and how long
  };
  // Recomputes the root from tiles and tail and compares it with the last signed checkpoint; refuses to start when they
  // differ. Starts the writer thread.
  static Result<std::unique_ptr<Ledger>> open(Store&, Options);
  ~Ledger();  // finishes queued appends, then stops

  // `write` runs on the writer thread inside the transaction (own savepoint) and gets the indices that the leaves will
  // have. Its error undoes this append alone and is returned here. Error busy when the queue is full.
  using Write = std::function<Result<void>(Txn&, const std::vector<std::uint64_t>& indices)>;
  boost::asio::awaitable<Result<Committed>> commit(std::vector<Leaf> leaves, Write write);
  // The same for threads without an executor (tests, command line).
  Result<Committed> commit_blocking(std::vector<Leaf> leaves, Write write);

  // The only way to a Released. Errors: forbidden when the decision does not permit or belongs to other bytes
  // (fingerprints differ); internal when the leaf is not in the signed tree, is not this exchange's decision leaf, or
  // its outcome differs.
  Result<Released> release(std::string exchange_id, std::string recipient, const Decision&, Minimised,
                           std::uint64_t leaf_index);

  // The leaf as it was signed. Errors: not_found; internal when the store holds other bytes in its place.
  Result<Bytes> signed_leaf(std::uint64_t leaf_index) const;
  std::uint64_t size() const;      // of the signed tree
  std::string checkpoint() const;  // newest signed note
  // tlog-proof text: to the newest checkpoint that the witnesses have cosigned when it holds the leaf, else to the
  // newest. With the leaf in its extra line it can be checked and read alone: for those who may know what the leaf
  // says.
  enum class Carry { proof_only, leaf };
  Result<std::string> receipt(std::uint64_t leaf_index, Carry = Carry::proof_only) const;
  const std::string& origin() const;
  std::string verifier_key() const;  // signed-note verifier form: name+hash+base64
  bool healthy() const;

  // Witnesses (C2SP tlog-witness; hub/witness asks them).
  // Completes when the signed tree is larger than `size`. Error unavailable when the hub stops.
  boost::asio::awaitable<Result<void>> grown(std::uint64_t size);
  // Completes when the quorum has seen the leaf; at once when release() does not wait for it. Error unavailable when
  // the hub stops, or stops signing.
  boost::asio::awaitable<Result<void>> cosigned(std::uint64_t leaf_index);
  bool is_cosigned(std::uint64_t leaf_index) const;  // would it complete at once?
  Result<merkle::Proof> consistency(std::uint64_t old_size, std::uint64_t size) const;
  // Does a checkpoint that this log's key signed show more leaves than the log has, or other ones? invalid_input: it is
  // no such checkpoint, and proves nothing.
  Result<bool> is_refuted_by(std::string_view signed_note) const;
  // A checkpoint of this log with cosignatures that meet the policy. Errors: invalid_input, forbidden (quorum not met).
  Result<void> put_cosigned(std::string signed_note);
  std::uint64_t cosigned_size() const;
  // For good: a witness has seen another history, or more of this one. Whoever waits for the quorum is told, and nobody
  // waits for it any more.
  void stop_signing(const std::string& reason);
  void stop_waiting();  // the hub stops

  // tlog-tiles read side: "checkpoint", "tile/<L>/<N>[.p/<W>]", "tile/entries/<N>[.p/<W>]"; not_found otherwise.
  Result<Bytes> serve_path(std::string_view path) const;

  // Full verification of a store, from the entries up: every leaf decodes, tiles, root and signature agree, every
  // exchange row cites a decision leaf that names it. `progress(done, total)` now and then.
  struct Verification {
    std::uint64_t size = 0;
    std::string root_hex;
    std::vector<Error> problems;
  };
  static Result<Verification> verify(Store&, std::string_view verifier_key,
                                     const std::function<void(std::uint64_t, std::uint64_t)>& progress = {});

  struct Impl;

 private:
  explicit Ledger(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

}  // namespace samband
