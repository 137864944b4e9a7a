#include "witness/cosigning.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <set>

#include "base/log.hpp"

namespace samband {
namespace {

constexpr std::chrono::milliseconds kPause{1000};  // after a round without a quorum
constexpr int kTriesMax = 3;                       // a witness that says 409 is asked again from what it has

std::optional<std::uint64_t> size_in(std::string_view body) {
  while (!body.empty() && body.back() == '\n') body.remove_suffix(1);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), size);
  if (body.empty() || error != std::errc() || end != body.data() + body.size()) return std::nullopt;
  return size;
}

constexpr const char* kRestored =
    "the data folder is a restored backup, or another hub went on signing. Nothing is signed. Restore the newest data "
    "folder. If it is lost, start a new log with a new origin and key, and keep this one for reading";

// What a witness has seen, after "has seen".
std::string seen_words(std::uint64_t theirs, std::uint64_t ours) {
  return theirs > ours ? std::to_string(theirs) + " leaves of this log, this hub has " + std::to_string(ours)
                       : "another log with these " + std::to_string(theirs) + " leaves";
}

}  // namespace

struct Cosigning::Round {
  explicit Round(const asio::any_io_executor& executor) : over(executor, asio::steady_timer::time_point::max()) {}
  std::string checkpoint;
  std::uint64_t size = 0;
  std::string lines;
  std::size_t waiting = 0;
  bool met = false;
  asio::steady_timer over;  // cancelled when the quorum is met, or nobody is left to answer
};

Cosigning::Cosigning(Ledger& ledger, const note::WitnessPolicy& policy, Client& client, std::function<void()> alarm)
    : ledger_(ledger), policy_(policy), client_(client), alarm_(std::move(alarm)) {}

Task<Error> Cosigning::contradicted(const note::WitnessPolicy::Witness& witness, std::string what) {
  // The size in a 409 is anybody's word. The checkpoint behind it carries our own signature, if there is one.
  ClientRequest request;
  request.method = "GET";
  request.path = "/" + crypto::sha256_hex(ledger_.origin()) + "/checkpoint";
  auto shown = co_await client_.send(endpoint_of(witness.name), std::move(request));
  if (shown && shown->status == 200) {
    const auto refuted = ledger_.is_refuted_by(shown->body);
    if (refuted && *refuted)
      co_return fail(Errc::conflict, witness.name,
                     "the witness '" + witness.name + "' has seen " + what + ": " + kRestored);
  }
  std::string words =
      "the witness '" + witness.name + "' says that it has seen " + what +
      ", and shows no checkpoint that this log's key signed: the witness is at fault, or the data folder "
      "is a restored backup, or another hub went on signing";
  const bool fresh = contradictions_.insert_or_assign(witness.name, words).second;
  contradicting_ = contradictions_.size();
  if (fresh) log(LogLevel::error, "witness.contradicts", {{"witness", witness.name}, {"reason", words}});
  if (fresh && alarm_) alarm_();
  co_return fail(Errc::rejected, witness.name, std::move(words));
}

std::optional<std::string> Cosigning::too_few() const {
  if (contradictions_.empty()) return std::nullopt;
  std::set<std::string, std::less<>> others;
  for (const auto& witness : policy_.witnesses())
    if (!witness.url.empty() && !contradictions_.contains(witness.name)) others.insert(witness.name);
  if (policy_.is_met_by(std::move(others))) return std::nullopt;
  std::string words = "too few witnesses are left for the quorum of the policy";
  for (const auto& [name, said] : contradictions_) words += "; " + said;
  return words +
         ". Nothing is signed. Ask whoever runs the witness. If the data folder is a restored backup, restore the "
         "newest "
         "one; if the witness is at fault, have it mended or take another into the policy";
}

Task<Result<std::string>> Cosigning::ask(const note::WitnessPolicy::Witness& witness, std::string checkpoint,
                                         std::uint64_t size) {
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const std::uint64_t old = sizes_[witness.name];
    auto proof = ledger_.consistency(old, size);
    if (!proof) co_return proof.error();
    ClientRequest request;
    request.path = "/add-checkpoint";
    request.headers.emplace_back("content-type", "text/plain; charset=utf-8");
    request.body = "old " + std::to_string(old) + '\n';
    for (const merkle::Hash& hash : *proof) request.body += to_base64(merkle::view(hash)) + '\n';
    request.body += '\n' + checkpoint;
    auto answer = co_await client_.send(endpoint_of(witness.name), std::move(request));
    if (!answer) co_return answer.error();
    if (answer->status == 200) {
      if (!note::cosigned_at(checkpoint + answer->body, witness.key))
        co_return fail(Errc::invalid_input, witness.name, "answered without a valid cosignature");
      sizes_[witness.name] = size;
      if (contradictions_.erase(witness.name) > 0)
        log(LogLevel::info, "witness.agrees_again", {{"witness", witness.name}});
      contradicting_ = contradictions_.size();
      co_return std::move(answer->body);
    }
    // Our own leaves from where the witness stands do not continue what it cosigned: two histories under one key.
    if (answer->status == 422 && old > 0) {
      auto other = contradicted(witness, seen_words(old, size));
      co_return co_await std::move(other);
    }
    const auto theirs = answer->status == 409 ? size_in(answer->body) : std::nullopt;
    if (!theirs) co_return fail(Errc::rejected, witness.name, "answered with status " + std::to_string(answer->status));
    if (*theirs > ledger_.size() || (*theirs == old && *theirs == size)) {
      auto other = contradicted(witness, seen_words(*theirs, size));
      co_return co_await std::move(other);
    }
    sizes_[witness.name] = *theirs;
    if (*theirs > size) co_return fail(Errc::busy, witness.name, "has seen a newer checkpoint");
  }
  co_return fail(Errc::busy, witness.name, "moves while it is asked");
}

Task<Result<void>> Cosigning::look_before_signing() {
  const std::uint64_t size = ledger_.size();
  const std::string checkpoint = ledger_.checkpoint();
  for (const auto& witness : policy_.witnesses()) {
    if (witness.url.empty()) continue;
    auto seen = co_await ask(witness, checkpoint, size);
    if (!seen && seen.error().code == Errc::conflict)
      co_return fail(Errc::invalid_config, "log.witness_policy", seen.error().message);
    if (!seen)
      log(LogLevel::warning, "witness.not_asked", {{"witness", witness.name}, {"reason", seen.error().message}});
  }
  if (auto reason = too_few()) co_return fail(Errc::invalid_config, "log.witness_policy", std::move(*reason));
  co_return Result<void>();
}

Task<void> Cosigning::ask_for(std::shared_ptr<Round> round, const note::WitnessPolicy::Witness& witness) {
  auto line = co_await ask(witness, round->checkpoint, round->size);
  if (!line && ledger_.healthy()) {
    auto reason = line.error().code == Errc::conflict ? std::optional(line.error().message) : too_few();
    if (reason) ledger_.stop_signing(*reason);
  }
  if (!line)
    log(LogLevel::debug, "witness.no_cosignature", {{"witness", witness.name}, {"reason", line.error().message}});
  --round->waiting;
  if (line) {
    round->lines += *line;
    std::string cosigned = round->checkpoint + round->lines;
    if (policy_.is_met(cosigned) && ledger_.put_cosigned(std::move(cosigned))) round->met = true;
  }
  if (round->met || round->waiting == 0) round->over.cancel();
}

Task<void> Cosigning::run() {
  auto executor = co_await asio::this_coro::executor;
  std::uint64_t done = 0;
  bool missing = false;
  while (!stopping_) {
    auto grown = co_await ledger_.grown(done);
    if (!grown || stopping_) co_return;
    auto round = std::make_shared<Round>(executor);
    round->checkpoint = ledger_.checkpoint();
    const auto text = note::text_of(round->checkpoint);
    const auto parsed = text ? note::parse_checkpoint(*text) : Result<note::Checkpoint>(fail(Errc::internal, "", ""));
    if (!parsed) co_return;
    round->size = parsed->size;
    for (const auto& witness : policy_.witnesses()) {
      if (witness.url.empty()) continue;
      ++round->waiting;
      auto one = ask_for(round, witness);
      asio::co_spawn(executor, std::move(one), asio::detached);
    }
    boost::system::error_code cancelled;
    auto over = round->over.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (round->waiting > 0) co_await std::move(over);
    if (round->met) {
      done = round->size;
    } else {
      // Whoever waits goes on waiting: nothing else may leave either, and the store keeps it.
      if (!missing) log(LogLevel::error, "witness.no_quorum", {{"size", std::to_string(round->size)}});
      co_await sleep_for(kPause);
    }
    if (missing && round->met) log(LogLevel::info, "witness.quorum_again", {{"size", std::to_string(round->size)}});
    missing = !round->met;
  }
}

}  // namespace samband
