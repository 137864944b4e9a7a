// Decisions made to order, for tests of what happens after one. This program does not link hub/confidentiality, whose
// DecisionMaker is the only one a hub has: two of them in one program do not link.
#pragma once
#include "model/decision.hpp"

namespace samband {

class DecisionMaker {
 public:
  static Decision make(Outcome outcome, std::vector<FieldDecision> fields) {
    Decision d;
    d.outcome_ = outcome;
    d.fields_ = std::move(fields);
    return d;
  }
};

}  // namespace samband
