// Signatures of officials: who signed, and whether that person may answer for this party with a certificate that
// stands. Thread-safe.
#pragma once
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/time.hpp"
#include "keys/certificate_trust.hpp"
#include "model/party.hpp"

namespace samband {

class Signatures {
 public:
  Signatures(const Parties& parties, const CertificateTrust& trust, const Clock& clock)
      : parties_(parties), trust_(trust), clock_(clock) {}

  struct Signed {
    const Official* official = nullptr;
    json::value payload;
  };
  // A compact JWS by a caseworker of this party, as it came `at`. Errors: invalid_input (no such JWS), forbidden (not
  // by somebody who may assess for this party; the certificate does not stand), unauthorised (signed by another key).
  Result<Signed> open(std::string_view jws, const Party&, Time at) const;

 private:
  const Parties& parties_;
  const CertificateTrust& trust_;
  const Clock& clock_;
};

}  // namespace samband
