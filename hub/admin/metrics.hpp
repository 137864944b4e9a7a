// The hub's numbers for Prometheus. Labels come from the closed vocabularies and the configuration, never from a
// message; a family that has too many of them counts the rest as "other". Thread-safe.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace samband {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count_exchange(std::string_view outcome, std::string_view kind);
  void count_message(std::string_view adapter, std::string_view result);
  void count_delivery(std::string_view result);
  void count_alarm(std::string_view kind);
  void count_odd_assessments(std::string_view party, std::string_view fact);

  void observe_delivery(double seconds);  // one attempt
  void observe_decision(double seconds);
  void observe_commit(double seconds);

  void set_outbox(double exchanges_waiting);
  void set_connections(double open);
  void set_ledger_size(double leaves);
  void set_log_checked(double leaves, double problems);
  void set_holds(double exchanges_held);
  void set_incidents_overdue(double incidents);
  void set_rule_findings(double errors);
  void set_drop_in_errors(const std::string& party, double files);  // a party of the configuration
  void set_state(bool healthy, bool ready);

  // Prometheus text exposition format 0.0.4.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace samband
