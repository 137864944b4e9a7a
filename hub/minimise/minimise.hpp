// Keeps only what a Decision names. Minimised can only be made here, out of a permitting Decision; Released only by the
// ledger, out of a Minimised whose record is durable; delivery takes Released and nothing else. So skipping a gate does
// not compile (tests/unit/minimise/gates_do_not_compile). Pure, thread-safe.
#pragma once
#include "model/decision.hpp"
#include "model/message.hpp"

namespace samband {

class Minimised {
 public:
  const json::value& data() const { return data_; }                       // only released fields
  const std::vector<std::string>& pointers() const { return pointers_; }  // what left, sorted
  const std::string& decision_fingerprint() const { return fingerprint_; }

 private:
  friend Result<Minimised> minimise(const Message&, const Decision&);
  Minimised() = default;
  json::value data_;
  std::vector<std::string> pointers_;
  std::string fingerprint_;
};

// Errors: forbidden when the decision does not permit; internal when an action is unknown (fail closed).
// Actions: pass; generalise (birthDate -> year, personalNumber -> dropped, address -> municipality);
// pseudonymise (value -> "pseudonym-<ref>"); drop. Array elements that lose all their fields disappear, except that
// persons keep their order and `ref`, `role` (category envelope) if anything of the person is released.
Result<Minimised> minimise(const Message&, const Decision&);

}  // namespace samband
