#include "identity/peer.hpp"

namespace samband {

Result<Caller> identify(const PeerCertificate& peer, const Parties& parties) {
  if (!peer.present()) return fail(Errc::unauthorised, "certificate", "a client certificate is required");
  for (const Official& official : parties.officials()) {
    if (official.certificate_sha256.empty() || official.certificate_sha256 != peer.sha256) continue;
    if (const Party* party = parties.find(official.party)) return Caller{party, &official};
  }
  for (const Party& party : parties.all()) {
    if (!party.certificate_sha256.empty() && party.certificate_sha256 == peer.sha256) return Caller{&party};
  }
  // A party with a pinned certificate is nobody else's: the subject of another certificate cannot claim it.
  if (!peer.organisation_number.empty()) {
    const Party* party = parties.find(peer.common_name);
    if (party != nullptr && party->certificate_sha256.empty() &&
        party->organisation_number == peer.organisation_number) {
      return Caller{party};
    }
  }
  return fail(Errc::forbidden, "certificate", "the certificate belongs to no party of this hub");
}

}  // namespace samband
