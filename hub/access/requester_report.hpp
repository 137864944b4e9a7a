// A person's own access report, and a guardian's (GDPR article 15): the disclosures that one party has made and that
// the decision engine clears for whoever asks, one by one, on what a named reviewer has recorded about each. What is
// not cleared leaves no trace in the report: no number, no gap, no count. Default deny. Thread-safe.
#pragma once
#include "confidentiality/decide.hpp"
#include "exchange/case_reader.hpp"

namespace samband {

struct AccessSources {
  Store& store;
  const CaseReader& reader;
  const Parties& parties;
  const RuleSet& rules;
};

struct AccessQuestion {
  std::string subject_ref;  // whom it is about
  bool by_guardian = false;
  std::string party;     // whose disclosures: those that it sent
  std::string reviewer;  // who answers for `facts`
  // What the reviewer has recorded, by exchange. Nothing that was recorded for another recipient counts here.
  std::map<std::string, std::vector<Fact>> facts;
  Time at{};
};

struct Disclosure {
  std::string exchange_id, recipient, kind, purpose;
  Time at{};
  std::uint64_t leaf_index = 0;
  std::vector<std::string> grounds;     // citations that it was made on
  std::vector<std::string> categories;  // of what was said about the person
  bool cleared = false;
  std::string reason;                // when it is not: reason code
  std::vector<std::string> missing;  // and what a reviewer could record
};
// Every disclosure about the person, oldest first, with what the engine says to this requester: for the reviewer's
// eyes.
Result<std::vector<Disclosure>> disclosures_for(const AccessSources&, const AccessQuestion&);

// The reviewer's worksheet: all of them.
std::string worksheet(const std::vector<Disclosure>&, const AccessQuestion&);
// What the requester gets: the cleared ones, with proofs to one checkpoint. `language`: "sv" or "en".
Result<std::string> requester_report(Store&, const std::vector<Disclosure>&, const AccessQuestion&,
                                     std::string_view language);

}  // namespace samband
