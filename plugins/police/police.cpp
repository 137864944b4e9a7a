// Adapter of Polismyndigheten: notices about young suspects (LUL 6 §), custody of intoxicated persons (LOB), offers at
// an intervention, what should lead to the social services' action (Polislagen 6 §), reports of concern and cooperation
// in social intervention groups, as SDK messages with our extension. The police publish no schema of their own: the
// extension is our definition (plugins/digg_sdk/README.md).
#include <array>

#include "common/canonical.hpp"
#include "digg_sdk/agency_adapter.hpp"

namespace samband {
namespace {

using namespace plugin;

class PoliceAdapter final : public SdkAgencyAdapter {
 public:
  static constexpr std::string_view kManifest =
      R"({"name":"police","version":"1.0.0","abi":"1.0","operations":["decode","deliver","render_answer"],)"
      R"("kinds":["police.suspicion","police.lob","police.offer","police.information","concern.report","sig.nomination","sig.information",)"
      R"("care.status","known.query","exchange.receipt","exchange.recall","document.message"],"endpoints":[""],)"
      R"("limits":{"bodyBytesMax":31457280}})";

 protected:
  bool takes(std::string_view kind) const override {
    static constexpr std::array<std::string_view, 9> kKinds{"police.suspicion",   "police.lob",     "police.offer",
                                                            "police.information", "concern.report", "sig.nomination",
                                                            "sig.information",    "known.query",    "exchange.recall"};
    for (const auto k : kKinds)
      if (k == kind) return true;
    return false;
  }

  void add_facts(std::string_view kind, json::object& data) const override {
    auto* member = data.if_contains("payload");
    auto* payload = member ? member->if_object() : nullptr;
    if (!payload) return;
    if (kind == "police.suspicion") {
      // Only the level "skäligen misstänkt" meets LUL 6 §; a form without a level leaves the question unanswered.
      // Everything is read before a fact is added, because adding may move the payload.
      const std::string level(string_at(*payload, "suspicionLevel"));
      const auto* offence = object_at(*payload, "offence");
      const auto* said = offence ? bool_at(*offence, "prisonInScale") : nullptr;
      const auto prison = said ? std::optional<bool>(*said) : std::nullopt;
      if (!level.empty()) add_fact(data, "reasonable_suspicion", level == "skaligen_misstankt");
      if (prison) add_fact(data, "prison_in_scale", *prison);
    } else if (kind == "police.lob") {
      // Said in the form as a field of the payload; in canonical messages it is a fact, and said of the person so that
      // the recipient's system matches nobody by a number that may be another's.
      if (const auto* established = bool_at(*payload, "identityEstablished")) {
        const bool value = *established;
        payload->erase("identityEstablished");
        if (auto* persons = data.if_contains("persons"); !value && persons && persons->is_array())
          for (auto& person : persons->get_array())
            if (auto* o = person.if_object(); o && string_at(*o, "role") == "subject")
              (*o)["identityEstablished"] = false;
        add_fact(data, "identity_established", value);
      }
    } else if (kind == "police.offer") {
      const auto* offer = object_at(*payload, "offer");
      if (const auto* accepted = offer ? bool_at(*offer, "accepted") : nullptr)
        add_fact(data, "offer_accepted", *accepted);
    }
  }
};

}  // namespace
}  // namespace samband

SAMBAND_PLUGIN(samband::PoliceAdapter)
