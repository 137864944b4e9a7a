// /v1/incidents on the agency API, for the operator only (docs/agency-api.md): breaches are opened, closed, listed and
// shown. Thread-safe; opening one over a large range takes the thread it runs on.
#pragma once
#include "admin/incidents.hpp"
#include "model/party.hpp"
#include "transport/http.hpp"

namespace samband {

bool is_incident_path(std::string_view path);
// All must outlive the handler.
Handler incident_handler(Incidents&, Store&, const Parties&, const Clock&);

}  // namespace samband
