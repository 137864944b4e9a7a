// Stored messages and what decisions about them rest on: read by the journey, and by a simulation that decides them
// again under another rule set. Thread-safe: no state beyond its parts.
#pragma once
#include <string>
#include <vector>

#include "confidentiality/decide.hpp"
#include "intake/intake.hpp"
#include "store/store.hpp"

namespace samband {

struct Grounds {  // what a decision rests on beside the message's fields
  std::vector<Fact> facts;
  std::vector<Consent> consents;
};

class CaseReader {
 public:
  CaseReader(Store& store, KeyStore& keys, const Intake& intake) : store_(store), keys_(keys), intake_(intake) {}

  Result<CasePtr> source_of(const ExchangeRow&) const;
  // Of the message, and of what was recorded about this exchange; "" = a new exchange.
  Result<Grounds> grounds(const Case&, const std::string& exchange_id) const;

 private:
  Store& store_;
  KeyStore& keys_;
  const Intake& intake_;
};

// Values of the case, the grounds and the parties are referred to, not copied: they outlive the request.
DecisionRequest request_for(const Case&, const Party& holder, const Party& recipient, const std::string& purpose,
                            const Grounds&, const Parties&, const std::vector<Agreement>&, Time at);

}  // namespace samband
