// A person's access report for the supervisor: every leaf about the person, with the proof that the list is whole
// (docs/ledger-format.md, "Access report for a supervisor"; checked by samband-verify report). It is for a supervisor's
// eyes: it shows what the person may not know. Thread-safe.
#pragma once
#include "access/person_index.hpp"

namespace samband {

struct SupervisorReport {
  std::string text;  // the report as a file
  std::uint64_t covered = 0, entries = 0;
};
// Logs an epoch of the index and reports what it says about the person. Errors as of PersonIndex::epoch_about and
// prove().
Result<SupervisorReport> supervisor_report(Store&, PersonIndex&, std::string_view subject_ref);

}  // namespace samband
