// The ledger's side of witnessing: what has been cosigned, and who waits for it.
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "ledger/ledger_impl.hpp"

namespace samband {
namespace {

namespace asio = boost::asio;

// Suspends until `subscribe`'s callback comes; resumes on the coroutine's own executor.
template <class Subscribe>
asio::awaitable<Result<void>> until(Subscribe subscribe) {
  auto initiate = [subscribe = std::move(subscribe)](auto handler) mutable {
    auto work = asio::make_work_guard(asio::get_associated_executor(handler));
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    subscribe([work = std::move(work), shared](Result<void> result) mutable {
      auto executor = work.get_executor();
      asio::post(executor, [shared, result = std::move(result)]() mutable { std::move (*shared)(std::move(result)); });
      work.reset();
    });
  };
  auto operation =
      asio::async_initiate<const asio::use_awaitable_t<>, void(Result<void>)>(std::move(initiate), asio::use_awaitable);
  co_return co_await std::move(operation);
}

}  // namespace

void Watchers::add(std::uint64_t above, const std::function<bool()>& reached, Done done) {
  Result<void> result;
  {
    const std::lock_guard lock(mutex_);
    if (!reached()) {
      if (!over_) {
        waiting_.emplace_back(above, std::move(done));
        return;
      }
      result = *over_;
    }
  }
  done(std::move(result));
}

void Watchers::reached(std::uint64_t number) {
  std::vector<Done> ready;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [&](auto& waiting) {
      if (waiting.first >= number) return false;
      ready.push_back(std::move(waiting.second));
      return true;
    });
  }
  for (Done& done : ready) done({});
}

void Watchers::fail_all(const Error& error) {
  std::vector<std::pair<std::uint64_t, Done>> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
    over_ = error;
  }
  for (auto& [above, done] : waiting) done(error);
}

asio::awaitable<Result<void>> Ledger::grown(std::uint64_t than) {
  auto subscribe = [impl = impl_.get(), than](Watchers::Done done) {
    impl->growth.add(than, [impl, than] { return impl->current()->tree.size() > than; }, std::move(done));
  };
  auto wait = until(std::move(subscribe));
  co_return co_await std::move(wait);
}

asio::awaitable<Result<void>> Ledger::cosigned(std::uint64_t leaf_index) {
  if (!impl_->options.wait_for_witnesses) co_return Result<void>();
  auto subscribe = [impl = impl_.get(), leaf_index](Watchers::Done done) {
    impl->cosigning.add(
        leaf_index, [impl, leaf_index] { return impl->newest_cosigned()->size > leaf_index; }, std::move(done));
  };
  auto wait = until(std::move(subscribe));
  co_return co_await std::move(wait);
}

Result<merkle::Proof> Ledger::consistency(std::uint64_t old_size, std::uint64_t size) const {
  const auto state = impl_->current();
  if (old_size > size || size > state->tree.size())
    return fail(Errc::not_found, "ledger.consistency", "the log has no such sizes");
  if (old_size == 0 || old_size == size) return merkle::Proof{};
  return state->tree.consistency(old_size, size, impl_->tiles_of(*state));
}

Result<bool> Ledger::is_refuted_by(std::string_view signed_note) const {
  auto text = note::open(signed_note, impl_->key);
  if (!text) return text.error();
  auto checkpoint = note::parse_checkpoint(*text);
  if (!checkpoint || checkpoint->origin != impl_->options.origin)
    return fail(Errc::invalid_input, "ledger.refuted", "is no checkpoint of this log");
  const auto state = impl_->current();
  if (checkpoint->size > state->tree.size()) return true;
  auto root = state->tree.root_at(checkpoint->size, impl_->tiles_of(*state));
  if (!root) return root.error();
  return *root != checkpoint->root;
}

Result<void> Ledger::put_cosigned(std::string signed_note) {
  const auto wrong = [](const char* what) { return fail(Errc::invalid_input, "ledger.cosigned", what); };
  auto text = note::open(signed_note, impl_->key);
  if (!text) return text.error();
  auto checkpoint = note::parse_checkpoint(*text);
  if (!checkpoint || checkpoint->origin != impl_->options.origin) return wrong("is no checkpoint of this log");
  const auto state = impl_->current();
  if (checkpoint->size > state->tree.size()) return wrong("is larger than the log");
  auto root = state->tree.root_at(checkpoint->size, impl_->tiles_of(*state));
  if (!root) return root.error();
  if (*root != checkpoint->root) return wrong("has another root than the log");
  if (!impl_->options.witnesses || !impl_->options.witnesses->is_met(signed_note))
    return fail(Errc::forbidden, "ledger.cosigned", "the policy's quorum is not met");
  {
    const std::lock_guard lock(impl_->snapshot_mutex);
    if (checkpoint->size < impl_->cosigned->size) return {};
    impl_->cosigned = std::make_shared<Cosigned>(Cosigned{checkpoint->size, std::move(signed_note)});
  }
  impl_->cosigning.reached(checkpoint->size);
  return {};
}

bool Ledger::is_cosigned(std::uint64_t leaf_index) const {
  return !impl_->options.wait_for_witnesses || leaf_index < cosigned_size();
}

std::uint64_t Ledger::cosigned_size() const { return impl_->newest_cosigned()->size; }

void Ledger::stop_signing(const std::string& reason) {
  impl_->healthy = false;
  log(LogLevel::error, "ledger.stopped", {{"reason", reason}});
  impl_->cosigning.fail_all(cannot_record());
}

void Ledger::stop_waiting() {
  const Error stopping = fail(Errc::unavailable, "ledger", "the hub is stopping");
  impl_->growth.fail_all(stopping);
  impl_->cosigning.fail_all(stopping);
}

}  // namespace samband
