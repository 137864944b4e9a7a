// Asks the witnesses of the policy to cosign this hub's checkpoints, and listens to what they have seen: a witness that
// knows more of this log than the hub does, or another history, stops the signing. One round at a time; what is signed
// meanwhile is the next round. Its coroutines run on one strand.
#pragma once
#include <atomic>
#include <map>

#include "ledger/ledger.hpp"
#include "transport/http.hpp"

namespace samband {

class Cosigning {
 public:
  // `client` has an endpoint endpoint_of(name) for each witness with a URL.
  Cosigning(Ledger&, const note::WitnessPolicy&, Client&);
  static std::string endpoint_of(const std::string& witness) { return "witness/" + witness; }

  // Before the first signature after a start. Error invalid_config, in words that say what to do, when a witness has
  // seen more or other than this store holds. A witness that does not answer is only named in the log.
  Task<Result<void>> look_before_signing();
  Task<void> run();  // to be spawned on a strand
  void stop() { stopping_ = true; }

 private:
  struct Round;
  // A cosignature line, or nothing: then the log says why.
  Task<Result<std::string>> ask(const note::WitnessPolicy::Witness&, std::string checkpoint, std::uint64_t size);
  Task<void> ask_for(std::shared_ptr<Round>, const note::WitnessPolicy::Witness&);

  Ledger& ledger_;
  const note::WitnessPolicy& policy_;
  Client& client_;
  std::atomic<bool> stopping_{false};
  std::map<std::string, std::uint64_t> sizes_;  // what each witness has seen
};

}  // namespace samband
