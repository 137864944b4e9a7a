// Builds the console's pages from rows: pure but for the parsed templates, thread-safe once made. Every value goes
// through the template engine's escaping for its context; nothing here writes HTML.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "console/words.hpp"
#include "identity/peer.hpp"
#include "model/party.hpp"
#include "store/store.hpp"

namespace samband {

// What a recomputation of a receipt found.
struct Verification {
  bool signature = false, inclusion = false, leaf = false;
  std::uint64_t size = 0;
  std::string root_hex;
  bool good() const { return signature && inclusion && leaf; }
};

// One rule set (RuleRegistry::show), and what a rules officer sees of it besides.
struct RuleSetPage {
  json::object set;
  std::string changes;  // in words; "" = not shown
  std::string waits;    // why this person cannot approve it; "" = nothing to say
  bool may_approve = false;
};

class Pages {
 public:
  Pages();  // throws when a template does not parse: a bug found at start
  ~Pages();
  std::string overview(const std::vector<ExchangeRow>& rows, const Parties& parties, const Party& viewer,
                       Language) const;
  std::string verification(const ExchangeRow& row, const Verification&, const Party& viewer, Language) const;
  // `list`: RuleRegistry::list. `problem`: why a form did not go through; "" = none.
  std::string rules(const json::object& list, const Caller& viewer, bool may_propose, std::string_view problem,
                    Language) const;
  std::string rule_set(const RuleSetPage&, const Caller& viewer, std::string_view problem, Language) const;
  // 401, 403, 404, 405, 503
  std::string notice(int status, Language) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Operators and auditors see all exchanges (no content, no persons), others their own.
bool sees_all(const Party&);
// As at the agency API: a recipient sees what was permitted, a sender no reminder of what its recipient has not done.
bool may_view(const ExchangeRow&, const Party& viewer);

}  // namespace samband
