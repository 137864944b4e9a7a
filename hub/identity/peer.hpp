// Certificate -> party. The transport hands over what the verified certificate says; this decides whose it is.
// Pure, thread-safe.
#pragma once
#include <string>

#include "base/error.hpp"
#include "model/party.hpp"

namespace samband {

struct PeerCertificate {
  std::string sha256;               // hex fingerprint of the DER bytes
  std::string organisation_number;  // organizationIdentifier (2.5.4.97) or serialNumber (2.5.4.5) of the subject, ten
                                    // digits; "" = none
  std::string common_name;
  std::string public_key = {};  // SubjectPublicKeyInfo, DER
  bool present() const { return !sha256.empty(); }
};

// Who speaks: a party's system, or one of its officials in person.
struct Caller {
  const Party* party = nullptr;
  const Official* official = nullptr;  // nullptr = the system
};

// A pinned fingerprint wins; else the organisation number together with the common name = party id; several parties of
// one organisation are told apart by the common name. Errors: unauthorised (no certificate), forbidden (nobody's).
Result<Caller> identify(const PeerCertificate&, const Parties&);

}  // namespace samband
