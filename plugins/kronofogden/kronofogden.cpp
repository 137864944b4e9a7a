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
    const bool told = !string_at(*payload, "stage").empty();
    add_case_number(data, std::string(string_at(*payload, "kfmCaseNo")));
    // What completes an earlier message (SDK's reference) is the same case at a later stage: nothing more is awaited of
    // the earlier one.
    if (const std::string earlier(string_at(data, "refToMessageId"));
        !earlier.empty() && !data.contains("correctionOf"))
      data["correctionOf"] = earlier;
    // That a time is set, or what became of it: the board confirms either (SoF 11:3), and only what it was told of.
    if (told) add_fact(data, "eviction_notified", true, "tenant");
  }

 private:
  // The case number is what ties a later stage to the earlier one at the board, and the board's answer to the case,
  // where the message's header names neither: so it travels with every message and comes back with every answer.
  static void add_case_number(json::object& data, const std::string& number) {
    if (number.empty()) return;
    if (!array_at(data, "references")) data["references"] = json::array();
    auto& list = data["references"].as_array();
    for (const auto& v : list)
      if (const auto* o = v.if_object(); o && string_at(*o, "value") == number) return;
    list.push_back(json::object{{"system", "kfm_case"}, {"value", number}});
  }
};

}  // namespace
}  // namespace samband

SAMBAND_PLUGIN(samband::KronofogdenAdapter)
