#include "app/witnesses.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "witness/cosigning.hpp"

namespace samband::cli {
namespace {

TlsFiles files_of(const TlsConfig& tls) {
  return {tls.certificate.string(), tls.key.string(), tls.ca.string(), tls.crl.string()};
}

}  // namespace

std::vector<EndpointOptions> witness_endpoints(const Config& config, const note::WitnessPolicy& policy) {
  std::vector<EndpointOptions> out;
  for (const auto& witness : policy.witnesses()) {
    if (witness.url.empty()) continue;
    EndpointOptions o;
    o.name = Cosigning::endpoint_of(witness.name);
    o.url = witness.url;
    o.files = files_of(config.client);
    o.allow_plain = true;  // to a loopback address only
    o.connections_max = 4;
    o.connect_timeout = std::chrono::seconds(2);
    o.request_timeout = std::chrono::seconds(5);
    o.response_bytes_max = 64u << 10;
    out.push_back(std::move(o));
  }
  return out;
}

Result<void> ask_witnesses(const Config& config, Ledger& ledger, const note::WitnessPolicy& policy) {
  asio::io_context io;
  Client client(io, witness_endpoints(config, policy));
  Cosigning cosigning(ledger, policy, client);
  Result<void> result;
  asio::co_spawn(
      io,
      [&]() -> Task<void> {
        result = co_await cosigning.look_before_signing();
        client.close();
      },
      asio::detached);
  io.run();
  return result;
}

}  // namespace samband::cli
