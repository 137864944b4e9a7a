// Asks the witnesses of the policy to cosign this hub's checkpoints, and listens to what they have seen. One that shows
// a checkpoint of this log that is not in the hub's history stops the signing. One that only says so cosigns nothing
// and is named in an alarm; when the others are too few for the quorum, that stops the signing too: one witness alone
// must neither be able to stop a hub that others vouch for, nor be passed over where it is the only one. One round at a
// time; what is signed meanwhile is the next round. Its coroutines run on one strand.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <optional>

#include "ledger/ledger.hpp"
#include "transport/http.hpp"

namespace samband {

class Cosigning {
 public:
  // `client` has an endpoint endpoint_of(name) for each witness with a URL. `alarm` is called when one begins to
  // contradict the log.
  Cosigning(Ledger&, const note::WitnessPolicy&, Client&, std::function<void()> alarm = {});
  static std::string endpoint_of(const std::string& witness) { return "witness/" + witness; }

  // Before the first signature after a start. Error invalid_config, in words that say what to do, when a witness shows,
  // or too many say, that they have seen more or other than this store holds. A witness that does not answer is only
  // named in the log.
  Task<Result<void>> look_before_signing();
  Task<void> run();  // to be spawned on a strand
  void stop() { stopping_ = true; }
  std::size_t contradicting() const { return contradicting_; }  // witnesses that say so now; thread-safe

 private:
  struct Round;
  // A cosignature line. Error conflict: it shows another history, or more of this one.
  Task<Result<std::string>> ask(const note::WitnessPolicy::Witness&, std::string checkpoint, std::uint64_t size);
  // What to make of a witness that says it has seen something else: `what` it has.
  Task<Error> contradicted(const note::WitnessPolicy::Witness&, std::string what);
  // Why nothing may be signed, when those that do not contradict the log are too few for the quorum.
  std::optional<std::string> too_few() const;
  Task<void> ask_for(std::shared_ptr<Round>, const note::WitnessPolicy::Witness&);

  Ledger& ledger_;
  const note::WitnessPolicy& policy_;
  Client& client_;
  std::atomic<bool> stopping_{false};
  std::function<void()> alarm_;
  std::map<std::string, std::uint64_t> sizes_;         // what each witness has seen
  std::map<std::string, std::string> contradictions_;  // what a witness says and does not show
  std::atomic<std::size_t> contradicting_{0};
};

}  // namespace samband
