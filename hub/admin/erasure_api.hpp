// POST /v1/erasures and /v1/retention-runs on the agency API, for the operator only (docs/agency-api.md). The person
// stands in the body, never in a URL, and no answer names her. Thread-safe; an erasure takes the thread it runs on.
#pragma once
#include "erasure/eraser.hpp"
#include "model/party.hpp"
#include "transport/http.hpp"

namespace samband {

bool is_erasure_path(std::string_view path);
// All must outlive the handler.
Handler erasure_handler(Eraser&, const KeyStore&, const Parties&, const Clock&);

}  // namespace samband
