// Parties: who may speak to the hub, as which kind of actor, and how it is reached. Values.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace samband {

struct Party {
  std::string id;  // "social-board"
  std::string name;
  std::string actor_type;           // actor_types()
  std::string organisation_number;  // ten digits
  std::string certificate_sha256;   // pinned fingerprint, hex; "" = by organisation number in the subject
  std::string municipality, district;
  std::string functional_address;     // SDK functional address; "" = none
  std::string participant_id;         // "0203:..."; "" = none
  std::string restricted_recipient;   // party id that takes notices about persons with protected identity; "" = none
  std::string duty_phone;             // duty function, for holds and NOT SENT answers
  std::string duty_party;             // party id that takes alerts of its duties; "" = itself
  std::string privacy_officer;        // party id that takes notices of emergencies; "" = the operator's alarm
  std::string adapter;                // adapter that writes to it ("" = inbox only)
  std::string endpoint;               // name of the endpoint in hub.toml
  bool person_number_in_url = false;  // its API demands one: a stated exception, else such a request is refused
  std::vector<std::string> inbound;   // adapters it may use at /v1/in/{adapter}
  std::vector<std::string> kinds;     // kinds it may send; empty = none
  std::vector<std::string> agreements;
  std::vector<std::string> carries_out;  // obligations that its own people carry out: party_tasks()
};

// A named person at a party who acts in the hub under his or her own name: logs in with a certificate, or signs with
// its key what the party's system carries. What an official may do is in `roles`: official_roles().
struct Official {
  std::string id;     // "wi-4711"; unique in the hub
  std::string party;  // party id
  std::vector<std::string> roles;
  std::string certificate_sha256;  // hex; "" = the certificate is not there yet: nobody
  std::string certificate;         // DER
  std::string public_key;          // of the certificate, SubjectPublicKeyInfo in DER
  bool has_role(std::string_view) const;
};
std::span<const std::string_view> official_roles();

struct Agreement {
  std::string id;  // "sig-2026"
  std::vector<std::string> parties;
  Date valid_from{}, valid_to{};  // both inclusive
};

class Parties {
 public:
  Parties() = default;
  explicit Parties(std::vector<Party> parties, std::vector<Official> officials = {});
  const Party* find(std::string_view id) const;
  const Party* by_functional_address(std::string_view) const;
  const std::vector<Party>& all() const { return parties_; }
  const Official* official(std::string_view id) const;
  const std::vector<Official>& officials() const { return officials_; }

 private:
  std::vector<Party> parties_;
  std::vector<Official> officials_;
};

}  // namespace samband
