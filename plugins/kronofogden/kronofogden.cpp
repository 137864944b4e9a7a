// Adapter of Kronofogdemyndigheten: times of evictions and reports of concern in, receipts and statuses back, as SDK
// messages with our extension. Kronofogden publish no schema: the extension is our definition
// (plugins/digg_sdk/README.md).
#include <array>

#include "common/canonical.hpp"
#include "digg_sdk/agency_adapter.hpp"

namespace samband {
namespace {

using namespace plugin;

class KronofogdenAdapter final : public SdkAgencyAdapter {
 public:
  static constexpr std::string_view kManifest =
      R"({"name":"kronofogden","version":"1.0.0","abi":"1.0","operations":["decode","deliver","render_answer"],)"
      R"("kinds":["eviction.time","concern.report","care.status","exchange.receipt","exchange.recall","document.message"],"endpoints":[""],)"
      R"("limits":{"bodyBytesMax":31457280}})";

 protected:
  bool takes(std::string_view kind) const override {
    static constexpr std::array<std::string_view, 3> kKinds{"eviction.time", "concern.report", "exchange.recall"};
    for (const auto k : kKinds)
      if (k == kind) return true;
    return false;
  }

  void add_facts(std::string_view kind, json::object& data) const override {
    const auto* payload = object_at(data, "payload");
    if (kind != "eviction.time" || !payload) return;
    // A time that was withdrawn, cancelled or carried out is not pending; a postponed one has no time until a new is
    // set.
    const std::string stage(string_at(*payload, "stage"));
    // What completes an earlier message (SDK's reference) is the same case at a later stage: nothing more is awaited of
    // the earlier one.
    if (const std::string earlier(string_at(data, "refToMessageId"));
        !earlier.empty() && !data.contains("correctionOf"))
      data["correctionOf"] = earlier;
    if (!stage.empty()) add_fact(data, "eviction_pending", stage == "time_set", "tenant");
  }
};

}  // namespace
}  // namespace samband

SAMBAND_PLUGIN(samband::KronofogdenAdapter)
