#include "ledger/ledger.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>

#include "ledger/ledger_impl.hpp"
#include "ledger/tile_path.hpp"

namespace samband {
namespace {

namespace asio = boost::asio;

// Resumes a coroutine on its own executor, which is kept running until then.
template <class Handler>
class HandlerWaiter final : public Waiter {
 public:
  explicit HandlerWaiter(Handler handler)
      : work_(asio::make_work_guard(asio::get_associated_executor(handler))), handler_(std::move(handler)) {}

  void complete(Result<Committed> result) override {
    auto executor = work_.get_executor();
    asio::post(executor, [handler = std::move(handler_), result = std::move(result)]() mutable {
      std::move(handler)(std::move(result));
    });
    work_.reset();
  }

 private:
  asio::executor_work_guard<asio::associated_executor_t<Handler>> work_;
  Handler handler_;
};

class PromiseWaiter final : public Waiter {
 public:
  explicit PromiseWaiter(std::promise<Result<Committed>>& promise) : promise_(promise) {}
  void complete(Result<Committed> result) override { promise_.set_value(std::move(result)); }

 private:
  std::promise<Result<Committed>>& promise_;
};

Error not_found() { return fail(Errc::not_found, "ledger", "no such file in the log"); }

}  // namespace

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ledger::~Ledger() = default;

asio::awaitable<Result<Committed>> Ledger::commit(std::vector<Leaf> leaves, Write write) {
  auto append = impl_->prepare(leaves, std::move(write));
  if (!append) co_return append.error();
  // Made before the co_await, in statements of their own: see the compiler traps in docs/dependencies.md.
  auto initiate = [impl = impl_.get(), append = std::move(*append)](auto handler) mutable {
    append.waiter = std::make_unique<HandlerWaiter<decltype(handler)>>(std::move(handler));
    impl->enqueue(std::move(append));
  };
  auto operation = asio::async_initiate<const asio::use_awaitable_t<>, void(Result<Committed>)>(std::move(initiate),
                                                                                                asio::use_awaitable);
  co_return co_await std::move(operation);
}

Result<Committed> Ledger::commit_blocking(std::vector<Leaf> leaves, Write write) {
  auto append = impl_->prepare(leaves, std::move(write));
  if (!append) return append.error();
  std::promise<Result<Committed>> promise;
  auto future = promise.get_future();
  append->waiter = std::make_unique<PromiseWaiter>(promise);
  impl_->enqueue(std::move(*append));
  return future.get();
}

Result<Released> Ledger::release(std::string exchange_id, std::string recipient, const Decision& decision,
                                 Minimised body, std::uint64_t leaf_index) {
  if (!decision.permits()) return fail(Errc::forbidden, "ledger.release", "the decision does not permit delivery");
  if (body.decision_fingerprint() != decision.fingerprint())
    return fail(Errc::forbidden, "ledger.release", "the body was made under another decision");
  const auto refuse = [](const char* what) { return fail(Errc::internal, "ledger.release", what); };
  const auto state = impl_->current();
  // A reader may see a row an instant before its transaction is the ledger's own state: no permission yet.
  if (leaf_index >= state->tree.size())
    return fail(Errc::busy, "ledger.release", "the leaf is not in the signed tree; ask again");
  auto leaf = impl_->recent.find(leaf_index);
  if (!leaf) {
    auto bytes = signed_leaf(leaf_index);
    if (!bytes) return bytes.error();
    auto decoded = decode_leaf(*bytes);
    if (!decoded) return refuse("the leaf in the store cannot be read");
    leaf = summary_of(*decoded);
  }
  if (impl_->options.wait_for_witnesses && leaf_index >= impl_->newest_cosigned()->size)
    return fail(Errc::busy, "ledger.release", "the witnesses have not seen the leaf yet; ask again");
  if (leaf->type != LeafType::decision) return refuse("the leaf is not a decision");
  if (leaf->subject_id != exchange_id) return refuse("the leaf is about another exchange");
  if (leaf->outcome != to_string(decision.outcome())) return refuse("the leaf records another outcome");
  if (!leaf->recipient.empty() && leaf->recipient != recipient) return refuse("the leaf names another recipient");
  return Released(std::move(exchange_id), std::move(recipient), std::move(body), leaf_index);
}

Result<Bytes> Ledger::signed_leaf(std::uint64_t leaf_index) const {
  const auto state = impl_->current();
  if (leaf_index >= state->tree.size()) return fail(Errc::not_found, "ledger.leaf", "no such leaf");
  auto bytes = impl_->store.leaf(leaf_index);
  if (!bytes && bytes.error().code == Errc::not_found)
    return fail(Errc::internal, "ledger.leaf", "the leaf is missing in the store");
  if (!bytes) return bytes.error();
  auto in_tree = state->tree.leaf(leaf_index, impl_->tiles_of(*state));
  if (!in_tree) return in_tree.error();
  if (merkle::leaf_hash(*bytes) != *in_tree)
    return fail(Errc::internal, "ledger.leaf", "the leaf in the store is not the one that was signed");
  return bytes;
}

std::uint64_t Ledger::size() const { return impl_->current()->tree.size(); }
std::string Ledger::checkpoint() const { return impl_->current()->checkpoint; }
const std::string& Ledger::origin() const { return impl_->options.origin; }
std::string Ledger::verifier_key() const { return note::to_text(impl_->key); }
bool Ledger::healthy() const { return impl_->healthy; }

Result<std::string> Ledger::receipt(std::uint64_t leaf_index, Carry carry) const {
  const auto state = impl_->current();
  if (leaf_index >= state->tree.size()) return fail(Errc::not_found, "ledger.receipt", "no such leaf");
  const auto seen = impl_->newest_cosigned();
  const bool witnessed = leaf_index < seen->size;
  auto proof = state->tree.inclusion(leaf_index, witnessed ? seen->size : state->tree.size(), impl_->tiles_of(*state));
  if (!proof) return proof.error();
  note::LogProof receipt{leaf_index, std::move(*proof), witnessed ? seen->note : state->checkpoint};
  if (carry == Carry::leaf) {
    auto bytes = impl_->store.leaf(leaf_index);
    if (!bytes) return bytes.error();
    receipt.extra = std::move(*bytes);
  }
  return note::to_text(receipt);
}

Bytes entry_bundle(const std::vector<Bytes>& leaves) {
  Bytes bundle;
  for (const Bytes& leaf : leaves) {
    bundle += static_cast<char>(leaf.size() >> 8);
    bundle += static_cast<char>(leaf.size() & 0xff);
    bundle += leaf;
  }
  return bundle;
}

Result<Bytes> Ledger::serve_path(std::string_view path) const {
  const auto state = impl_->current();
  if (path == "checkpoint") return state->checkpoint;
  const auto tile = parse_tile_path(path);
  if (!tile) return not_found();
  const merkle::Tree& tree = state->tree;
  const std::uint64_t hashes = tree.hashes_at(tile->level);
  if (tile->index >= (std::uint64_t{1} << 48) || tile->index * 256 + tile->width > hashes) return not_found();
  if (tile->entries) {
    auto leaves = impl_->store.leaves(tile->index * 256, static_cast<int>(tile->width));
    if (!leaves) return leaves.error();
    if (leaves->size() != tile->width) return fail(Errc::internal, "ledger", "leaves of the signed log are missing");
    return entry_bundle(*leaves);
  }
  if (tile->index >= tree.full_tiles_at(tile->level)) return tree.open_tile(tile->level).bytes(tile->width);
  auto full = impl_->tiles.get(tree, tile->level, tile->index);
  if (!full) return full.error();
  return (*full)->bytes(tile->width);
}

}  // namespace samband
