// The API of rule sets on the agency port: GET /v1/policy, GET /v1/policy/{hash}, POST /v1/policy/proposals,
// POST /v1/policy/proposals/{hash}/approval. Any party may read the rules; officials alone change them. Thread-safe.
#pragma once
#include "admin/rule_registry.hpp"
#include "transport/http.hpp"

namespace samband {

bool is_policy_path(std::string_view path);
Handler policy_handler(RuleRegistry&, const Parties&);

}  // namespace samband
