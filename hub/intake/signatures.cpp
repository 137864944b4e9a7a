#include "intake/signatures.hpp"

#include "keys/jws.hpp"

namespace samband {

Result<Signatures::Signed> Signatures::open(std::string_view jws, const Party& party, Time at) const {
  const auto kid = jws::key_id(jws);
  if (!kid) return kid.error();
  const Official* official = parties_.official(*kid);
  if (official == nullptr || official->party != party.id || !official->has_role("caseworker"))
    return fail(Errc::forbidden, "/jws", "signed by nobody who may assess for this party");
  auto payload = jws::verify(jws, official->public_key);
  if (!payload) return payload.error();
  if (auto stands = trust_.check(official->certificate, at, clock_.now()); !stands)
    return fail(stands.error().code, "/jws", stands.error().message);
  return Signed{official, std::move(*payload)};
}

}  // namespace samband
