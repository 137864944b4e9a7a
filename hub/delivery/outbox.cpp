#include "delivery/outbox.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <cmath>
#include <random>
#include <set>

#include "base/log.hpp"
#include "delivery/acknowledge.hpp"
#include "delivery/actions.hpp"
#include "keys/crypto.hpp"

namespace samband {
namespace {

constexpr std::size_t kOverflowMax = 200000;

// The client says "connection lost" or "answer ..." only once a connection stood; everything else failed before a byte.
bool never_connected(const Error& e) {
  return e.message.rfind("connection lost", 0) != 0 && e.message.rfind("answer", 0) != 0;
}

// An answer that says: not here. The endpoint is wrong, or the recipient's system is set up wrongly or was moved; it
// says nothing about the message.
bool is_misplaced(int status) { return (status >= 300 && status < 400) || status == 404 || status == 410; }

bool is_under_duty(const ExchangeRow& row) {
  auto explanation = parse_json(row.explanation);
  const json::value* duty = explanation ? find_pointer(*explanation, "/duty") : nullptr;
  return duty && duty->is_object();
}

double random_unit() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

}  // namespace

std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int attempts, double random) {
  const double base = static_cast<double>(policy.initial.count()) * std::pow(policy.factor, std::min(attempts - 1, 40));
  const double capped = std::min(base, static_cast<double>(policy.max.count()));
  return std::chrono::milliseconds(static_cast<std::int64_t>(capped * (1.0 + policy.jitter * (2.0 * random - 1.0))));
}

namespace {

bool has(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// The ref under which the released data speak of the consent's person; "" when they do not.
std::string released_ref(const Consent& consent, const Case& source, const json::value& data) {
  const json::value* persons = find_pointer(data, "/persons");
  for (const Person& person : source.message.persons) {
    if (person.subject_ref != consent.subject_ref || person.ref.empty() || !persons || !persons->is_array()) continue;
    for (const json::value& v : persons->get_array())
      if (v.is_object() && string_at(v.get_object(), "ref") == person.ref) return person.ref;
  }
  return {};
}

}  // namespace

std::optional<json::object> consent_for_adapter(const Consent& consent, const ExchangeRow& row, const Case& source,
                                                const json::value& data, const std::vector<std::string>& pointers,
                                                Time now) {
  const bool in_force = !consent.revoked_at && consent.valid_from <= now && now < consent.valid_to;
  const std::string person = released_ref(consent, source, data);
  if (!in_force || person.empty() || !has(consent.recipients, row.recipient) || !has(consent.purposes, row.purpose))
    return std::nullopt;
  std::set<std::string> categories;
  for (const Field& field : source.fields)
    if (std::binary_search(pointers.begin(), pointers.end(), field.pointer) && has(consent.categories, field.category))
      categories.insert(field.category);
  // It opened nothing of what was released; and a consent without categories may be read as one to everything.
  if (categories.empty()) return std::nullopt;
  json::object out{{"id", consent.id},
                   {"person", person},
                   {"giver", consent.giver},
                   {"holder", consent.holder},
                   {"recipients", json::array{row.recipient}},
                   {"purposes", json::array{row.purpose}},
                   {"categories", json::array(categories.begin(), categories.end())},
                   {"validFrom", to_rfc3339(consent.valid_from)},
                   {"validTo", to_rfc3339(consent.valid_to)}};
  if (!consent.language.empty()) out["language"] = consent.language;
  return out;
}

std::string exchange_for_adapter(const Attempt& attempt, json::array consents, const Party& sender,
                                 const Party& recipient, Time now) {
  const auto address = [](const Party& p) {
    return json::object{{"party", p.id},
                        {"name", p.name},
                        {"participantId", p.participant_id},
                        {"functionalAddress", p.functional_address},
                        {"organisationNumber", p.organisation_number}};
  };
  const ExchangeRow& row = attempt.row;
  json::object out{{"exchangeId", row.id},
                   {"messageId", attempt.source->message.sender_message_id},
                   {"conversationId", attempt.source->message.conversation_id},
                   {"sender", address(sender)},
                   {"recipient", address(recipient)},
                   {"kind", row.kind},
                   {"purpose", row.purpose},
                   {"createdAt", to_rfc3339(row.created_at)},
                   {"now", to_rfc3339(now)}};
  out["data"] = attempt.released.data();
  if (!consents.empty()) out["consents"] = std::move(consents);
  return json::serialize(out);
}

Outbox::Outbox(asio::io_context& io, const Clock& clock, Store& store, Ledger& ledger, PluginHost& plugins,
               Client& client, const Parties& parties, Meter& meter, Options options)
    : io_(io),
      clock_(clock),
      store_(store),
      ledger_(ledger),
      plugins_(plugins),
      client_(client),
      parties_(parties),
      meter_(meter),
      options_(options) {}

Outbox::~Outbox() = default;

void Outbox::start(DeliveryGate& gate) {
  gate_ = &gate;
  started_at_ = clock_.now();
  started_ = true;
  asio::co_spawn(io_, poll_loop(), asio::detached);
}

void Outbox::stop() { stopping_ = true; }

Time Outbox::first_due(std::string_view recipient, Time now) const {
  std::lock_guard lock(mutex_);
  const auto lane = lanes_.find(recipient);
  const bool full = lane != lanes_.end() && lane->second.queue.size() >= options_.queue_max;
  return full || stopping_ ? now : now + options_.lease;
}

void Outbox::enqueue(ExchangeRow row, CasePtr source, PreparedPtr prepared) {
  take(Work{std::move(row), std::move(source), std::move(prepared)});
}

void Outbox::nudge() { nudged_ = true; }

bool Outbox::is_sending(const std::string& id) const {
  std::lock_guard lock(mutex_);
  return sending_.count(id) != 0;
}

std::size_t Outbox::waiting() const {
  std::lock_guard lock(mutex_);
  return claimed_.size();
}

// False when memory is full or the row is already in memory: the store still holds it.
bool Outbox::take(Work work) {
  std::string recipient = work.row.recipient;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return false;
    Lane& lane = lanes_[recipient];
    if (claimed_.count(work.row.id)) return false;
    if (lane.queue.size() >= options_.queue_max) {
      // Its lease would make it wait; the id is enough to fetch it when the lane has room.
      if (work.source && lane.overflow.size() < kOverflowMax) lane.overflow.push_back(work.row.id);
      return false;
    }
    claimed_.insert(work.row.id);
    lane.queue.push_back(std::move(work));
    if (lane.running >= options_.parallel_max) return true;
    ++lane.running;
  }
  asio::co_spawn(asio::make_strand(io_), run_lane(std::move(recipient)), asio::detached);
  return true;
}

// The lane's next piece of work; empty when there is none, and then one runner less.
std::optional<Outbox::Work> Outbox::next_work(const std::string& recipient) {
  for (;;) {
    std::string id;
    {
      std::lock_guard lock(mutex_);
      Lane& lane = lanes_[recipient];
      if (stopping_ || (lane.queue.empty() && lane.overflow.empty())) {
        --lane.running;
        return std::nullopt;
      }
      if (!lane.queue.empty()) {
        Work work = std::move(lane.queue.front());
        lane.queue.pop_front();
        return work;
      }
      id = std::move(lane.overflow.front());
      lane.overflow.pop_front();
      if (!claimed_.insert(id).second) continue;
    }
    auto row = store_.exchange(id);
    if (row && row->has_value()) return Work{std::move(**row), nullptr, nullptr};
    std::lock_guard lock(mutex_);
    claimed_.erase(id);
  }
}

Task<void> Outbox::run_lane(std::string recipient) {
  for (;;) {
    auto work = next_work(recipient);
    if (!work) co_return;
    const std::string id = work->row.id;
    ++in_flight_;
    try {
      co_await attempt(std::move(*work));
    } catch (const std::exception&) {
      // The row keeps its lease in the store and comes back with the poll.
      log(LogLevel::error, "delivery.exception", {{"exchange", id}});
    }
    --in_flight_;
    std::lock_guard lock(mutex_);
    claimed_.erase(id);
    sending_.erase(id);
  }
}

Task<void> Outbox::poll_loop() {
  bool first = true;
  while (!stopping_) {
    // At start-up everything that waits is taken up at once: leases belong to a process that is gone.
    const Time horizon = first ? Time::max() : clock_.now();
    auto due = store_.due_exchanges(horizon, 1000);
    if (due) {
      const bool more = due->size() == 1000;
      first = first && more;
      std::size_t taken = 0;
      for (ExchangeRow& row : *due)
        if (take(Work{std::move(row), nullptr, nullptr})) ++taken;
      if (more && taken) continue;
    } else {
      log(LogLevel::error, "delivery.poll_failed", {{"code", std::string(to_string(due.error().code))}});
    }
    for (auto waited = std::chrono::milliseconds{0}; waited < options_.poll && !stopping_;
         waited += std::chrono::milliseconds{50}) {
      if (nudged_.exchange(false)) break;
      co_await sleep_for(std::chrono::milliseconds{50});
    }
  }
}

Task<void> Outbox::attempt(Work work) {
  const bool resumed = !work.source;
  const std::string id = work.row.id;
  {
    // Before the gate looks: a revocation after this moment knows that the attempt may win the race.
    std::lock_guard lock(mutex_);
    sending_.insert(id);
  }
  auto admitted = co_await gate_->admit(std::move(work.row), std::move(work.source), std::move(work.prepared));
  if (!admitted) {
    // Nothing could be recorded or read: nothing is sent; the lease runs out and the poll tries again.
    log(LogLevel::error, "delivery.gate_failed",
        {{"exchange", id}, {"code", std::string(to_string(admitted.error().code))}, {"where", admitted.error().where}});
    co_return;
  }
  if (!admitted->has_value()) {
    meter_.delivery("withdrawn", 0);
    co_return;
  }
  Attempt permitted = std::move(**admitted);
  co_await converse(std::move(permitted), resumed);
}

// Of the decision alone: a consent that it did not use stays.
Result<json::array> Outbox::consents_of(const Attempt& attempt) const {
  json::array out;
  std::string_view ids = attempt.row.consents;
  while (!ids.empty()) {
    const std::size_t end = std::min(ids.find(','), ids.size());
    auto consent = store_.consent(ids.substr(0, end));
    if (!consent) return consent.error();
    ids.remove_prefix(std::min(end + 1, ids.size()));
    if (!*consent) continue;
    auto said = consent_for_adapter(**consent, attempt.row, *attempt.source, attempt.released.data(),
                                    attempt.released.pointers(), clock_.now());
    if (said) out.push_back(std::move(*said));
  }
  return out;
}

Task<void> Outbox::converse(Attempt attempt, bool resumed) {
  const auto started = std::chrono::steady_clock::now();
  const Party* sender = parties_.find(attempt.row.sender);
  const Party* recipient = parties_.find(attempt.row.recipient);
  if (!sender || !recipient || recipient->adapter.empty()) {
    co_await failed(std::move(attempt.row), "unknown_route", true, {}, false);
    co_return;
  }
  // May the recipient hold any of it? What an earlier process left behind may have been on its way when that ended.
  bool left = resumed && attempt.row.updated_at < started_at_;
  auto consents = consents_of(attempt);
  if (!consents) {
    co_await failed(std::move(attempt.row), "store_" + std::string(to_string(consents.error().code)), false, {}, left);
    co_return;
  }
  const std::string exchange_json =
      exchange_for_adapter(attempt, std::move(*consents), *sender, *recipient, clock_.now());
  const std::uint32_t conversation = attempt.row.kind == "exchange.recall" ? kConversationRecall : kConversationDeliver;
  Bytes state;
  if (!attempt.row.conversation.empty()) {
    auto opened = crypto::open(attempt.source->key, attempt.row.conversation, "conversation/" + attempt.row.id);
    if (opened) state = std::move(*opened);
  }
  PluginEvent event;
  event.kind = resumed ? kEventResumed : kEventStarted;
  for (int steps = 0; steps < options_.steps_max; ++steps) {
    auto step = plugins_.step(recipient->adapter, conversation, exchange_json, state, event);
    if (!step) {
      const bool for_good = step.error().code == Errc::invalid_input;
      co_await failed(std::move(attempt.row), "adapter_" + std::string(to_string(step.error().code)), for_good, {},
                      left);
      co_return;
    }
    if (step->state != state) {
      state = step->state;
      auto kept = co_await keep_state(attempt.row, state, attempt.source->key);
      if (!kept) co_return;  // not recorded: nothing more is sent; the poll resumes
    }
    const PluginAction& action = step->action;
    if (action.kind == kActionHttp) {
      ClientRequest request;
      request.method = action.method.empty() ? "POST" : action.method;
      request.path = action.path;
      request.headers = headers_from(action.headers_json);
      request.headers.emplace_back("idempotency-key", attempt.row.id);
      request.body = action.body;
      if (!recipient->person_number_in_url && has_personal_number(request.path)) {
        co_await failed(std::move(attempt.row), "person_number_in_url", true, {}, left);
        co_return;
      }
      auto response =
          co_await client_.send(action.endpoint.empty() ? recipient->endpoint : action.endpoint, std::move(request));
      event = PluginEvent{};
      left = left || response || response.error().code != Errc::unavailable || !never_connected(response.error());
      if (response) {
        event.kind = kEventHttpResponse;
        event.status = response->status;
        event.headers_json = headers_to(response->headers);
        event.body = std::move(response->body);
      } else if (response.error().code == Errc::timed_out) {
        event.kind = kEventTimedOut;
      } else {
        co_await failed(std::move(attempt.row), "endpoint_" + std::string(to_string(response.error().code)), false, {},
                        left);
        co_return;
      }
    } else if (action.kind == kActionWait) {
      const auto wait = std::chrono::milliseconds(std::min<std::uint64_t>(action.wait_ms, 60000));
      co_await sleep_for(wait);
      event = PluginEvent{};
      event.kind = kEventStarted;
    } else if (action.kind == kActionDelivered) {
      std::string reference = action.reference;
      co_await delivered(std::move(attempt), std::move(reference), started);
      co_return;
    } else if (action.kind == kActionRejected) {
      std::string reason = action.reason.empty() ? "recipient_rejected" : action.reason;
      // What must be sent is not given up for somebody's configuration: it is tried on, up to the cap, and the operator
      // told.
      const bool mend = is_misplaced(event.status) && is_under_duty(attempt.row);
      if (mend)
        log(LogLevel::warning, "delivery.endpoint_misplaced",
            {{"exchange", attempt.row.id},
             {"recipient", attempt.row.recipient},
             {"status", std::to_string(event.status)}});
      co_await failed(std::move(attempt.row), std::move(reason), !mend, {}, left);
      co_return;
    } else {
      const bool known = action.kind == kActionRetry;
      std::string reason = known && !action.reason.empty() ? action.reason : "adapter_retry";
      const auto wait = std::chrono::milliseconds(std::min<std::uint64_t>(action.wait_ms, 86400000));
      co_await failed(std::move(attempt.row), std::move(reason), !known, wait, left);
      co_return;
    }
  }
  co_await failed(std::move(attempt.row), "adapter_too_many_steps", true, {}, left);
}

Task<Result<void>> Outbox::keep_state(ExchangeRow row, Bytes state, Bytes key) {
  const Bytes sealed = crypto::seal(key, state, "conversation/" + row.id);
  Ledger::Write write = [id = row.id, sealed](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    auto current = txn.exchange(id);
    if (!current) return current.error();
    if (!*current) return fail(Errc::conflict, "exchange", "gone");
    ExchangeRow next = std::move(**current);
    next.conversation = sealed;
    if (next.state == ExchangeState::queued) next.state = ExchangeState::delivering;
    return txn.put_exchange(next);
  };
  auto done = co_await ledger_.commit({}, std::move(write));
  if (!done) co_return done.error();
  co_return Result<void>();
}

Task<void> Outbox::delivered(Attempt attempt, std::string reference, std::chrono::steady_clock::time_point started) {
  ExchangeRow before = attempt.row;
  const std::uint64_t decided_by = before.leaf_index;
  const bool owes = owes_receipt(before, parties_);
  auto begun = gate_->begins(before, *attempt.source);
  auto done = co_await record_acknowledgement(ledger_, std::move(before), std::move(reference), attempt.source->key,
                                              owes, std::move(begun), clock_.now());
  if (!done) {
    // It left and the acknowledgement could not be recorded: the row stays queued, a later attempt reconciles.
    log(LogLevel::error, "delivery.acknowledgement_not_recorded", {{"exchange", attempt.row.id}});
    co_return;
  }
  meter_.delivery("delivered", std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  ExchangeRow row = std::move(*done);
  CasePtr source = std::move(attempt.source);
  co_await gate_->acknowledged(std::move(row), std::move(source), decided_by);
}

Task<void> Outbox::failed(ExchangeRow row, std::string reason, bool for_good, std::chrono::milliseconds wait,
                          bool left) {
  const int attempts = row.attempts + 1;
  const bool dead = for_good || attempts >= options_.retry.attempts_max;
  const Time now = clock_.now();
  const auto delay = wait.count() > 0 ? wait : retry_delay(options_.retry, attempts, random_unit());
  std::vector<Leaf> leaves;
  if (dead) {
    Leaf leaf = make_leaf(LeafType::delivery, now, row.sender, row.recipient, row.id, "dead");
    leaf.codes = {reason.substr(0, 64)};
    leaf.relies_on = {row.leaf_index};
    leaves.push_back(std::move(leaf));
  }
  Ledger::Write write = [id = row.id, dead, now, delay, left](Txn& txn,
                                                              const std::vector<std::uint64_t>&) -> Result<void> {
    auto current = txn.exchange(id);
    if (!current) return current.error();
    if (!*current) return fail(Errc::conflict, "exchange", "gone");
    ExchangeRow next = std::move(**current);
    if (next.state != ExchangeState::queued && next.state != ExchangeState::delivering) return {};
    ++next.attempts;
    if (left && next.life.empty()) next.life = "sent";
    next.updated_at = now;
    next.state = dead ? ExchangeState::dead : ExchangeState::queued;
    next.next_attempt_at = dead ? std::nullopt : std::optional<Time>(now + delay);
    return txn.put_exchange(next);
  };
  auto done = co_await ledger_.commit(std::move(leaves), std::move(write));
  meter_.delivery(dead ? "dead" : "retry", 0);
  log(dead ? LogLevel::warning : LogLevel::info, dead ? "delivery.dead" : "delivery.retry",
      {{"exchange", row.id},
       {"recipient", row.recipient},
       {"reason", reason},
       {"attempts", std::to_string(attempts)},
       {"wait_ms", std::to_string(dead ? 0 : delay.count())},
       {"recorded", done ? "yes" : "no"}});
}

}  // namespace samband
