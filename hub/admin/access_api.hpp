// POST /v1/access-reports on the agency API (docs/agency-api.md): a person's access report (GDPR article 15), after a
// named person's review. Each report is a leaf before it leaves. The person stands in the body, never in a URL.
// Thread-safe; a report takes the thread it runs on.
#pragma once
#include "access/person_index.hpp"
#include "exchange/case_reader.hpp"
#include "model/party.hpp"
#include "transport/http.hpp"

namespace samband {

struct AccessParts {
  Store& store;
  Ledger& ledger;
  const KeyStore& keys;
  PersonIndex& index;
  const Parties& parties;
  const Clock& clock;
  const CaseReader& reader;
  std::function<std::shared_ptr<const RuleSet>()> rules;  // the published set of the moment
};

bool is_access_path(std::string_view path);
// Why a report is made: codes of its leaf.
const std::vector<std::string>& access_reasons();
// All parts must outlive the handler.
Handler access_handler(AccessParts);

}  // namespace samband
