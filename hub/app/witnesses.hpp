// What whoever is about to sign asks the witnesses of hub.toml first. Stateless.
#pragma once
#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "transport/http.hpp"

namespace samband::cli {

std::vector<EndpointOptions> witness_endpoints(const Config&, const note::WitnessPolicy&);
// What the witnesses have seen decides whether this store may go on. invalid_config, in words that say what to do: one
// has seen more than the store holds, or another history.
Result<void> ask_witnesses(const Config&, Ledger&, const note::WitnessPolicy&);

}  // namespace samband::cli
