#include "admin/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

namespace samband {
namespace {

constexpr std::size_t kSeriesMax = 256;

// Counters of one family by the values of one or two labels.
class Counters {
 public:
  Counters(prometheus::Registry& registry, const char* name, const char* help, std::string first,
           std::string second = {})
      : family_(prometheus::BuildCounter().Name(name).Help(help).Register(registry)),
        first_(std::move(first)),
        second_(std::move(second)) {}

  void count(std::string_view first, std::string_view second = {}) {
    const std::lock_guard lock(mutex_);
    auto key = std::pair(std::string(first), std::string(second));
    auto found = series_.find(key);
    if (found == series_.end()) {
      if (series_.size() >= kSeriesMax) key = {"other", second_.empty() ? "" : "other"};
      found = series_.find(key);
      if (found == series_.end()) {
        prometheus::Labels labels{{first_, key.first}};
        if (!second_.empty()) labels.emplace(second_, key.second);
        found = series_.emplace(key, &family_.Add(labels)).first;
      }
    }
    found->second->Increment();
  }

 private:
  prometheus::Family<prometheus::Counter>& family_;
  std::string first_, second_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, prometheus::Counter*> series_;
};

prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                                 const prometheus::Histogram::BucketBoundaries& bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds);
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  Counters exchanges{registry, "samband_exchanges_total", "Exchanges decided", "outcome", "kind"};
  Counters messages{registry, "samband_messages_total", "Messages received", "adapter", "result"};
  Counters deliveries{registry, "samband_deliveries_total", "Delivery attempts", "result"};
  Counters odd_assessments{registry, "samband_assessment_alarms_total",
                           "Alarms about assessments that no person gives: always the same, or too fast", "party",
                           "fact"};
  Counters alarms{registry, "samband_alarms_total", "Alarms raised", "kind"};
  prometheus::Histogram& delivery =
      histogram(registry, "samband_delivery_attempt_seconds", "Time of a delivery attempt",
                {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30});
  prometheus::Histogram& decision =
      histogram(registry, "samband_decision_seconds", "Time of a decision",
                {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1});
  prometheus::Histogram& commit =
      histogram(registry, "samband_commit_seconds", "Time until the record of a decision is durable",
                {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1});
  prometheus::Gauge& outbox = gauge(registry, "samband_outbox", "Exchanges that wait for delivery");
  prometheus::Gauge& connections = gauge(registry, "samband_connections", "Open connections");
  prometheus::Gauge& ledger_size = gauge(registry, "samband_ledger_size", "Leaves in the signed tree");
  prometheus::Gauge& log_checked =
      gauge(registry, "samband_log_checked_size", "Leaves that the last full check in the background recomputed");
  prometheus::Gauge& log_problems =
      gauge(registry, "samband_log_problems", "What the last full check in the background found wrong");
  prometheus::Gauge& holds = gauge(registry, "samband_holds", "Exchanges that wait for a person's answer");
  prometheus::Gauge& incidents_overdue =
      gauge(registry, "samband_incidents_overdue",
            "Personal data breaches on record, open for more than 72 hours (GDPR article 33(1))");
  prometheus::Gauge& rule_findings =
      gauge(registry, "samband_rule_findings", "Errors that the analysis finds in the published rule set today");
  prometheus::Family<prometheus::Gauge>& drop_in_errors =
      prometheus::BuildGauge()
          .Name("samband_drop_in_errors")
          .Help("Files of a drop folder that could not be taken and wait for a person")
          .Register(registry);
  prometheus::Gauge& healthy = gauge(registry, "samband_healthy", "1 while the hub can record decisions");
  prometheus::Gauge& ready = gauge(registry, "samband_ready", "1 while the hub takes traffic");
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::count_exchange(std::string_view outcome, std::string_view kind) { impl_->exchanges.count(outcome, kind); }
void Metrics::count_message(std::string_view adapter, std::string_view result) {
  impl_->messages.count(adapter, result);
}
void Metrics::count_delivery(std::string_view result) { impl_->deliveries.count(result); }
void Metrics::count_alarm(std::string_view kind) { impl_->alarms.count(kind); }
void Metrics::count_odd_assessments(std::string_view party, std::string_view fact) {
  impl_->odd_assessments.count(party, fact);
}
void Metrics::observe_delivery(double seconds) { impl_->delivery.Observe(seconds); }
void Metrics::observe_decision(double seconds) { impl_->decision.Observe(seconds); }
void Metrics::observe_commit(double seconds) { impl_->commit.Observe(seconds); }
void Metrics::set_outbox(double exchanges_waiting) { impl_->outbox.Set(exchanges_waiting); }
void Metrics::set_connections(double open) { impl_->connections.Set(open); }
void Metrics::set_ledger_size(double leaves) { impl_->ledger_size.Set(leaves); }
void Metrics::set_log_checked(double leaves, double problems) {
  impl_->log_checked.Set(leaves);
  impl_->log_problems.Set(problems);
}
void Metrics::set_holds(double exchanges_held) { impl_->holds.Set(exchanges_held); }
void Metrics::set_incidents_overdue(double incidents) { impl_->incidents_overdue.Set(incidents); }
void Metrics::set_rule_findings(double errors) { impl_->rule_findings.Set(errors); }
void Metrics::set_drop_in_errors(const std::string& party, double files) {
  impl_->drop_in_errors.Add({{"party", party}}).Set(files);
}
void Metrics::set_state(bool healthy, bool ready) {
  impl_->healthy.Set(healthy ? 1 : 0);
  impl_->ready.Set(ready ? 1 : 0);
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

}  // namespace samband
