// The adapter: municipal case system <-> canonical messages. Not thread-safe by itself; the host calls one at a time.
#pragma once
#include "municipal_case/case_config.hpp"
#include "sdk/adapter.hpp"

namespace samband::municipal {

class MunicipalCaseAdapter final : public sdk::Adapter {
 public:
  static constexpr std::string_view kManifest = R"({
  "name": "municipal_case",
  "version": "1.0.0",
  "abi": "1.0",
  "summary": "Municipal case system: own JSON in, Lifecare FC REST and neutral errands out",
  "operations": ["decode", "deliver", "recall", "poll"],
  "kinds": ["care.referral", "sig.information", "care.status", "exchange.receipt", "concern.report", "police.suspicion", "police.lob",
            "police.offer", "sig.nomination", "rent.arrears", "tenancy.disturbance", "eviction.time", "test.result", "known.query",
            "housing.emergency", "housing.contact_request", "exchange.recall", "test.order", "stay.query", "contact.query",
            "benefit.information", "inquiry.information", "service.report", "youth.opinion", "sanction.notice",
            "protection.information", "crime.risk", "crime.suspicion", "rent.commitment", "police.information"],
  "endpoints": [""],
  "limits": {"bodyBytesMax": 31457280}
})";

  sdk::Result<std::monostate> configure(std::string_view config_json) override;
  sdk::Result<std::vector<std::string>> decode(const sdk::Wire&) override;
  sdk::Result<sdk::Step> step(std::uint32_t conversation, std::string_view exchange_json, std::string_view state,
                              sdk::Event, const sdk::Wire&) override;

 private:
  CaseConfig config_;
};

}  // namespace samband::municipal
