// The adapter: FHIR R4 and RIV-TA <-> canonical messages. One transaction Bundle (or one SOAP call) an exchange;
// conditional creates (or the request's id and version) make sending again harmless, so the conversation needs no
// state. Not thread-safe by itself; the host calls one at a time.
#pragma once
#include <map>
#include <string>

#include "health/riv.hpp"
#include "sdk/adapter.hpp"

namespace samband::health {

class HealthAdapter final : public sdk::Adapter {
 public:
  static constexpr std::string_view kManifest = R"({
  "name": "health",
  "version": "1.1.0",
  "abi": "1.0",
  "summary": "Health authority: FHIR R4 and RIV-TA referrals, statuses, test orders and results, both ways",
  "operations": ["decode", "deliver", "recall", "render_answer"],
  "kinds": ["care.status", "care.referral", "police.suspicion", "police.offer", "police.lob", "concern.report", "sig.information",
            "test.order", "test.result", "lvm.report", "exchange.receipt", "exchange.recall"],
  "endpoints": [""],
  "limits": {"bodyBytesMax": 31457280}
})";

  sdk::Result<std::monostate> configure(std::string_view config_json) override;
  sdk::Result<std::vector<std::string>> decode(const sdk::Wire&) override;
  sdk::Result<sdk::Step> step(std::uint32_t conversation, std::string_view exchange_json, std::string_view state,
                              sdk::Event, const sdk::Wire&) override;
  sdk::Result<sdk::Wire> render_answer(std::string_view answer_json) override;

 private:
  sdk::Result<std::monostate> configure_parties(const boost::json::object& parties);

  std::string path_;  // on the endpoint; "" is the server's base, where transactions are posted
  RivSettings riv_;
  std::map<std::string, std::string, std::less<>> riv_paths_;  // parties that take RIV -> path on their endpoint
};

}  // namespace samband::health
