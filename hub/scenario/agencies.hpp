// The agencies of a scenario as the hub meets them: each calls with its own certificate over mutual TLS. And the time,
// which a simulation moves. Not thread-safe; calls block.
#pragma once
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <string>

#include "base/json.hpp"
#include "base/time.hpp"
#include "config/config.hpp"
#include "transport/http.hpp"

namespace samband::scenario {

struct Answer {
  int status = 0;
  json::value body;  // null when it is no JSON
  // "403 forbidden at /assessor: ..."; for messages.
  std::string in_words() const;
};

class Agencies {
 public:
  // Every party and official of the configuration is a caller. `certs`: their certificates and ca.pem.
  Agencies(const Config&, const std::filesystem::path& certs, std::uint16_t agency_port, std::uint16_t admin_port);
  ~Agencies();

  // Errors: not_found (no such caller), unavailable, timed_out. A refusal is an answer.
  Result<Answer> call(const std::string& who, const std::string& method, const std::string& path,
                      const std::string& body = {}, const std::string& media_type = "application/json");
  // The hub's time; it must run with [simulation].
  Result<Time> now();
  Result<Time> pass_to(Time);

 private:
  Result<Answer> send(const std::string& endpoint, ClientRequest);
  Result<Time> clock(const std::string& method, const std::string& body);
  asio::io_context io_;
  Client client_;
};

}  // namespace samband::scenario
