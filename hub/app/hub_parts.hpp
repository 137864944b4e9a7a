// What the hub is put together of, read out of its configuration. Stateless, except MetricsMeter, which is thread-safe.
#pragma once
#include <optional>
#include <vector>

#include "admin/metrics.hpp"
#include "app/settings.hpp"
#include "base/meter.hpp"
#include "exchange/journey.hpp"
#include "ledger/ledger.hpp"
#include "transport/http.hpp"
#include "transport/sftp.hpp"

namespace samband {

// Rooms report through Meter; admin shows the numbers.
class MetricsMeter final : public Meter {
 public:
  explicit MetricsMeter(Metrics& metrics) : metrics_(metrics) {}
  void message(std::string_view adapter, std::string_view result) override { metrics_.count_message(adapter, result); }
  void decision(std::string_view kind, std::string_view outcome, double seconds) override {
    metrics_.count_exchange(outcome, kind);
    metrics_.observe_decision(seconds);
  }
  void delivery(std::string_view result, double seconds) override {
    metrics_.count_delivery(result);
    if (seconds > 0) metrics_.observe_delivery(seconds);
  }
  void odd_assessments(std::string_view party, std::string_view fact) override {
    metrics_.count_odd_assessments(party, fact);
  }
  void alarm(std::string_view kind) override { metrics_.count_alarm(kind); }

 private:
  Metrics& metrics_;
};

TlsFiles files_of(const TlsConfig&);
ListenerOptions listener(const ListenerConfig&, const Config&, bool tls, ListenerOptions::ClientCertificate);
std::vector<EndpointOptions> endpoints_of(const Config&);
// The case system's own server, where there is one.
Result<std::optional<SftpTarget>> server_of(const DropInConfig&);
Patience patience_of(const Config&);
StatusPollRules polls_of(const Config&);
// Port 8445: checkpoint and hash tiles are public; entries can point to a person in a small municipality and need an
// auditor's certificate.
Handler log_handler(Ledger&, const Parties&);
// Breaches on record that the supervisory authority should have heard of by now (GDPR article 33(1)): open for longer
// than kIncidentReportWithin.
Result<int> incidents_overdue(Store&, Time now);

}  // namespace samband
