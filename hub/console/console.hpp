// The console (8444): pages for privacy officers, auditors and caseworkers, and where rules officers publish rules.
// Server-rendered, no scripts, no personal data: who, to whom, which kind, outcome, ground, counts by category,
// receipt. Thread-safe.
//
// GET /                  the fifty newest exchanges: all for an operator or auditor, own ones for every other party
// GET /verify/{exchange} recomputes the inclusion of the decision's leaf against the signed checkpoint
// GET /rules, ...        rules_desk.hpp
// GET /style.css
// `?lang=en` for English. Without a client certificate 401, with an unknown one 403.
#pragma once
#include "admin/rule_registry.hpp"
#include "ledger/ledger.hpp"
#include "model/party.hpp"
#include "store/store.hpp"
#include "transport/http.hpp"

namespace samband {

// All must outlive the handler.
Handler console_handler(Store&, Ledger&, const Parties&, RuleRegistry&);

}  // namespace samband
