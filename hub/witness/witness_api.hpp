// The witness over HTTP: POST <prefix>/add-checkpoint and GET <prefix>/<hash of the origin>/checkpoint (C2SP
// tlog-witness). Anybody may ask: what counts is the log's signature on the checkpoint.
#pragma once
#include "transport/http.hpp"
#include "witness/witness.hpp"

namespace samband {

Handler witness_handler(Witness&, const Clock&);

}  // namespace samband
