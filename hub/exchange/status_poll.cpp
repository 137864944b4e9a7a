#include "exchange/status_poll.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "delivery/acknowledge.hpp"
#include "delivery/actions.hpp"
#include "exchange/text.hpp"

namespace samband {
namespace {

constexpr std::size_t kQueueMax = 5000, kRefusedMax = 5000;
constexpr int kStepsMax = 8, kMessagesMax = 8;
constexpr std::chrono::milliseconds kLook{100};

}  // namespace

StatusPoll::StatusPoll(Services services, StatusPollRules rules) : s_(services), rules_(std::move(rules)) {
  for (const auto& [party, rule] : rules_) lanes_[party];
}

void StatusPoll::take(const std::string& party, const std::string& exchange_id) {
  const std::lock_guard lock(mutex_);
  const auto lane = lanes_.find(party);
  if (lane == lanes_.end()) return;
  auto& queue = lane->second.queue;
  if (queue.size() < kQueueMax && std::find(queue.begin(), queue.end(), exchange_id) == queue.end())
    queue.push_back(exchange_id);
}

std::string StatusPoll::next_of(const std::string& party) {
  const std::lock_guard lock(mutex_);
  Lane& lane = lanes_.find(party)->second;
  const auto now = std::chrono::steady_clock::now();
  if (lane.queue.empty() || now < lane.next) return {};
  lane.next = now + std::chrono::milliseconds(60'000 / rules_.find(party)->second.per_minute);
  std::string next = std::move(lane.queue.front());
  lane.queue.pop_front();
  return next;
}

Task<void> StatusPoll::run(std::string party) {
  while (!stopping_) {
    std::string next = next_of(party);
    if (next.empty())
      co_await sleep_for(kLook);
    else
      try {
        co_await ask(party, next);
      } catch (const std::exception&) {  // this one's turn is lost, not the party's
        say(party, next, "internal");
      }
  }
}

// A party's trouble is said once, until it is another, or over where it was met: one errand that is always in trouble
// among good ones is not said again at every turn.
void StatusPoll::say(const std::string& party, const std::string& exchange_id, std::string trouble) {
  {
    const std::lock_guard lock(mutex_);
    Lane& lane = lanes_.find(party)->second;
    if (lane.trouble == trouble || (trouble.empty() && lane.trouble_of != exchange_id)) return;
    lane.trouble = trouble;
    lane.trouble_of = exchange_id;
  }
  if (trouble.empty()) return log(LogLevel::info, "status_poll.works_again", {{"party", party}});
  log(LogLevel::warning, "status_poll.failed",
      {{"party", party}, {"exchange", exchange_id}, {"reason", std::move(trouble)}});
}

bool StatusPoll::first_refusal(const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (refused_.size() >= kRefusedMax) refused_.clear();
  return refused_.insert(what).second;
}

Task<void> StatusPoll::ask(std::string party_id, std::string exchange_id) {
  const Party* party = s_.parties.find(party_id);
  auto row = s_.store.exchange(exchange_id);
  if (!party || !row) co_return;
  if (!row->has_value() || (*row)->recipient != party_id || is_closed(**row)) {
    say(party_id, exchange_id, {});
    co_return;
  }
  auto key = s_.keys.payload_key((*row)->key_id);
  const std::string reference = key ? open_reference(**row, key->key) : std::string();
  auto said = s_.store.statuses(exchange_id);
  if (reference.empty() || !said) co_return;
  json::array steps;
  for (const StatusRow& step : *said) steps.emplace_back(step.status);
  const json::object question{{"exchangeId", exchange_id},
                              {"kind", (*row)->kind},
                              {"reference", reference},
                              {"steps", std::move(steps)},
                              {"now", to_rfc3339(s_.clock.now())}};
  auto answered = co_await converse(party, json::serialize(question));
  if (!answered) {
    say(party_id, exchange_id, std::string(to_string(answered.error().code)) + " " + answered.error().where);
    co_return;
  }
  const PluginAction& end = answered->action;
  if (end.kind == kActionRejected) {  // of this one alone ("errand_gone"), no trouble of its system
    if (first_refusal(exchange_id))
      log(LogLevel::warning, "status_poll.refused",
          {{"party", party_id}, {"exchange", exchange_id}, {"reason", end.reason}});
    co_return;
  }
  if (end.kind != kActionDelivered) {
    say(party_id, exchange_id, end.reason.empty() ? "no answer" : end.reason);
    co_return;
  }
  say(party_id, exchange_id, {});
  int taken = 0;
  for (std::string& message : answered->messages) {
    if (++taken > kMessagesMax) break;
    Incoming in;
    in.sender = party;
    in.media_type = "application/json";
    in.body = std::move(message);
    auto done = co_await s_.journey.accept(std::move(in));
    if (done) continue;
    const Error& why = done.error();
    if (why.code == Errc::unavailable || why.code == Errc::busy) co_return;  // not recorded: asked again the next time
    if (first_refusal(exchange_id + " " + why.where))
      log(LogLevel::warning, "status_poll.step_refused",
          {{"party", party_id},
           {"exchange", exchange_id},
           {"code", std::string(to_string(why.code))},
           {"where", why.where}});
    // What the board reported itself may have passed this step by; whether the next may follow is judged of it alone.
    if (why.code != Errc::conflict) co_return;
  }
}

// GET alone: a question changes nothing at the case system, and is never asked twice in one turn.
Task<Result<PluginStep>> StatusPoll::converse(const Party* party, std::string question) {
  PluginEvent event;
  event.kind = kEventStarted;
  std::string state;
  for (int steps = 0; steps < kStepsMax; ++steps) {
    auto step = s_.plugins.step(party->adapter, kConversationPoll, question, state, event);
    if (!step) co_return step.error();
    if (step->action.kind != kActionHttp) co_return std::move(*step);
    const PluginAction& action = step->action;
    if (action.method != "GET" || !action.body.empty())
      co_return fail(Errc::internal, "adapter", "asks with another method than GET");
    if (!party->person_number_in_url && has_personal_number(action.path))
      co_return fail(Errc::rejected, "adapter", "person_number_in_url");
    ClientRequest request;
    request.method = action.method;
    request.path = action.path;
    request.headers = headers_from(action.headers_json);
    state = step->state;
    std::string endpoint = action.endpoint.empty() ? party->endpoint : action.endpoint;
    auto response = co_await s_.client.send(std::move(endpoint), std::move(request));
    event = PluginEvent{};
    if (response) {
      event.kind = kEventHttpResponse;
      event.status = response->status;
      event.headers_json = headers_to(response->headers);
      event.body = std::move(response->body);
    } else if (response.error().code == Errc::timed_out) {
      event.kind = kEventTimedOut;
    } else {
      co_return fail(Errc::unavailable, "endpoint", "the case system cannot be reached");
    }
  }
  co_return fail(Errc::internal, "adapter", "asks without end");
}

}  // namespace samband
