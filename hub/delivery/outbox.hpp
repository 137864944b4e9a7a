// The outbox: carries released exchanges to their recipients through the recipient's adapter, with retries, and never
// without a fresh decision. The store is the truth (a row with next_attempt_at waits for delivery); memory is only a
// short cut for what was decided just now. Thread-safe; runs on the io_context.
//
// A conversation's state bytes are stored before the action they led to, so that a restart resumes it. At-least-once:
// every request carries the exchange id as idempotency key, and the adapter reconciles after a time-out.
#pragma once
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/meter.hpp"
#include "intake/case.hpp"
#include "ledger/ledger.hpp"
#include "model/party.hpp"
#include "plugin_host/plugin_host.hpp"
#include "transport/http.hpp"

namespace samband {

// One permitted attempt: made by the gate, used up by the attempt.
struct Attempt {
  Released released;
  ExchangeRow row;
  CasePtr source;
};

// A decision made a moment ago with what it released, and how long it cannot differ: the decision is a pure function,
// so while no consent, assessment or row has changed (`epoch`) and no time bound was crossed, deciding again would give
// the same. Kept with what is enqueued right after its commit; anything older is decided anew.
struct Prepared {
  Decision decision;
  Minimised body;
  std::uint64_t epoch = 0;
  Time valid_until{};
};
using PreparedPtr = std::shared_ptr<Prepared>;

// Decides again, records what changed, and hands out the permission for one attempt. Empty: nothing may be sent now
// (refused, held, withdrawn, already delivered); that has been recorded.
class DeliveryGate {
 public:
  virtual ~DeliveryGate() = default;
  virtual Task<Result<std::optional<Attempt>>> admit(ExchangeRow row, CasePtr source, PreparedPtr prepared) = 0;
  // What is awaited of the recipient from its receipt on: recorded with the acknowledgement.
  virtual std::vector<AgendaRow> begins(const ExchangeRow& row, const Case& source) const = 0;
  // The recipient has it. Runs after the acknowledgement is durable.
  // `decided_by` is the leaf of the decision that what arrived rests on.
  virtual Task<void> acknowledged(ExchangeRow row, CasePtr source, std::uint64_t decided_by) = 0;
};

struct RetryPolicy {
  std::chrono::milliseconds initial{1000}, max{3600000};
  double factor = 2.0, jitter = 0.2;  // jitter: share of the delay, both ways
  int attempts_max = 200;             // then a dead letter
};
// Delay before the attempt after `attempts` failed ones (>= 1); `random` in [0, 1).
std::chrono::milliseconds retry_delay(const RetryPolicy&, int attempts, double random);

class Outbox {
 public:
  struct Options {
    RetryPolicy retry;
    std::size_t queue_max = 2048;  // in memory, per recipient; the rest waits in the store
    int parallel_max = 24;         // attempts at once, per recipient
    int steps_max = 32;            // actions of one conversation
    std::chrono::milliseconds poll{500};
    std::chrono::milliseconds lease{30000};  // how long memory owns a freshly decided row before the poll may take it
  };
  Outbox(asio::io_context&, const Clock&, Store&, Ledger&, PluginHost&, Client&, const Parties&, Meter&, Options);
  ~Outbox();
  void start(DeliveryGate&);  // takes up everything that waits in the store
  void stop();                // no new attempts; running ones finish

  // When a row that is about to be committed should be due: memory will take it, or the poll at once.
  Time first_due(std::string_view recipient, Time now) const;
  void enqueue(ExchangeRow row, CasePtr source, PreparedPtr prepared = nullptr);
  // A due row may be waiting: look now, not at the next poll.
  void nudge();
  std::size_t waiting() const;
  // Is an attempt of it under way, or about to be? Then bytes may leave although no row says so yet.
  bool is_sending(const std::string& exchange_id) const;
  int in_flight() const { return in_flight_.load(); }

 private:
  struct Work {
    ExchangeRow row;
    CasePtr source;  // null: read it from the store
    PreparedPtr prepared;
  };
  struct Lane {
    std::deque<Work> queue;
    std::deque<std::string> overflow;  // exchange ids that memory had no room for; the store holds them
    int running = 0;
  };
  Task<void> poll_loop();
  Task<void> run_lane(std::string recipient);
  Task<void> attempt(Work work);
  Result<json::array> consents_of(const Attempt&) const;
  Task<void> converse(Attempt attempt, bool resumed);
  Task<void> delivered(Attempt attempt, std::string reference, std::chrono::steady_clock::time_point started);
  Task<void> failed(ExchangeRow row, std::string reason, bool for_good, std::chrono::milliseconds wait, bool left);
  Task<Result<void>> keep_state(ExchangeRow row, Bytes state, Bytes key);
  bool take(Work work);
  std::optional<Work> next_work(const std::string& recipient);

  asio::io_context& io_;
  const Clock& clock_;
  Store& store_;
  Ledger& ledger_;
  PluginHost& plugins_;
  Client& client_;
  const Parties& parties_;
  Meter& meter_;
  Options options_;
  DeliveryGate* gate_ = nullptr;
  Time started_at_{};
  mutable std::mutex mutex_;
  std::map<std::string, Lane, std::less<>> lanes_;
  std::unordered_set<std::string> claimed_;  // exchange ids in memory
  std::unordered_set<std::string> sending_;  // those past the gate
  std::atomic<bool> stopping_{false};
  std::atomic<bool> started_{false};
  std::atomic<bool> nudged_{false};
  std::atomic<int> in_flight_{0};
};

// What the adapter sees of an exchange: released fields only.
std::string exchange_for_adapter(const Attempt&, json::array consents, const Party& sender, const Party& recipient,
                                 Time now);

// What of a consent goes with an exchange that rests on it: whose it is, who gave it, who collected it, this recipient,
// this purpose, the released categories, its period and language. Neither evidence nor the other recipients and
// purposes. Empty when it does not name this recipient and purpose, is not in force, is about nobody in `released`, or
// covers no released field.
std::optional<json::object> consent_for_adapter(const Consent&, const ExchangeRow&, const Case& source,
                                                const json::value& data, const std::vector<std::string>& pointers,
                                                Time now);

}  // namespace samband
