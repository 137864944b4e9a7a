// Who answers for a judgement that came inside a message: an official who signed it. Whoever the sender's system
// merely names is nobody, and the judgement counts as not made. Pure, thread-safe.
#pragma once
#include "intake/case.hpp"
#include "intake/signatures.hpp"
#include "model/party.hpp"

namespace samband {

// `assessor.jws` of a fact is a JWS by an official of the sender with the payload
// {"message": the message's own id, "code", "value", "person"?, "personalNumber"?}: it proves this answer about this
// person in this message and no other. The number is the 12 digits of a person who has one.
// An assessor who is not proved is taken out, with the warning `assessor_not_proven`. The facts of the message come
// first in Message::facts, in their order. A certificate that has expired since the message came proves what it proved;
// a revoked one nothing.
void prove_assessors(Case&, const Party& sender, const Signatures&);

}  // namespace samband
