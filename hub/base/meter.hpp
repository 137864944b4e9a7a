// Where rooms report counts and durations without knowing who shows them (admin/ does). Labels come from the closed
// vocabularies only. Implementations are thread-safe.
#pragma once
#include <string_view>

namespace samband {

class Meter {
 public:
  virtual ~Meter() = default;
  virtual void message(std::string_view adapter,
                       std::string_view result) = 0;  // accepted | duplicate | refused | quarantined
  virtual void decision(std::string_view kind, std::string_view outcome, double seconds) = 0;
  virtual void delivery(std::string_view result,
                        double seconds) = 0;  // delivered | retry | rejected | withdrawn | dead
  virtual void odd_assessments(std::string_view party, std::string_view fact) = 0;  // see follow_up/sameness
  // hold | hold_expired | duty_held | task_unassigned | duty_missed | confirmation_missed | break_glass |
  // break_glass_not_justified | review_overdue | assessments_identical | assessments_too_fast | inbox_unreadable |
  // rules_finding | ledger
  virtual void alarm(std::string_view kind) = 0;
};

}  // namespace samband
