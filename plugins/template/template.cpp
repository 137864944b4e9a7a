// The smallest whole adapter: a fictive school system that reports concern about a child as JSON, and takes receipts
// back. Copy the folder, rename it, and change what is between the lines (docs/plugins/tutorial.md).
// Pure translator: no files, no network, no clock, no randomness. One instance is never called by two threads at once.
#include "common/canonical.hpp"
#include "common/delivery.hpp"

namespace samband {
namespace {

using namespace plugin;

class TemplateAdapter final : public sdk::Adapter {
 public:
  static constexpr std::string_view kManifest =
      R"({"name":"template","version":"1.0.0","abi":"1.0","operations":["decode","deliver"],)"
      R"("kinds":["concern.report","exchange.receipt"],"endpoints":[""],"limits":{"bodyBytesMax":65536}})";
  static constexpr std::size_t kBodyBytesMax = 65536;

  // The operator's [plugins.config]; whatever is wrong here stops the hub from starting, and says where.
  sdk::Result<std::monostate> configure(std::string_view config_json) override {
    auto config = parse_config(config_json);
    if (auto* e = std::get_if<sdk::Error>(&config)) return *e;
    auto& object = std::get<json::object>(config);
    if (const auto party = string_at(object, "party"); !party.empty())
      source_ = "urn:samband:party:" + std::string(party);
    return std::monostate{};
  }

  // Sender's bytes -> canonical messages: one report, or a list of them. Every refusal names a place and a shape; never
  // a value.
  sdk::Result<std::vector<std::string>> decode(const sdk::Wire& in) override {
    auto parsed = parse_json(in.body, {kBodyBytesMax, 8});
    if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
    const auto& value = std::get<json::value>(parsed);
    std::vector<std::string> out;
    const auto* list = value.if_array();
    for (std::size_t i = 0; i < (list ? list->size() : 1); ++i) {
      auto message = report(list ? (*list)[i] : value);
      if (auto* e = std::get_if<sdk::Error>(&message))
        return sdk::invalid((list ? "/" + std::to_string(i) : "") + e->where, e->message);
      out.push_back(std::move(std::get<std::string>(message)));
    }
    return out;
  }

  sdk::Result<std::string> report(const json::value& value) const {
    const auto* form = value.if_object();
    if (!form) return sdk::invalid("", "the report is not an object");
    const auto id = string_at(*form, "id");
    if (id.empty() || id.size() > 128) return sdk::invalid("/id", "a text of 1 to 128 characters is required");
    const auto time = utc_milliseconds(string_at(*form, "sentAt"));
    if (time.empty()) return sdk::invalid("/sentAt", "not a UTC time such as 2026-11-22T10:00:00Z");
    const auto* child = object_at(*form, "child");
    if (!child) return sdk::invalid("/child", "required");
    if (string_at(*form, "concern").empty()) return sdk::invalid("/concern", "required");

    json::object person{{"ref", "p1"}, {"role", "subject"}};
    for (const auto* key : {"personalNumber", "givenName", "familyName"})
      if (const auto text = string_at(*child, key); !text.empty()) person[key] = text;
    json::object payload{{"concern", string_at(*form, "concern")}};
    if (const auto* danger = bool_at(*form, "immediateDanger")) payload["immediateDanger"] = *danger;
    json::object data{{"persons", json::array{std::move(person)}}, {"payload", std::move(payload)}};
    return canonical_message("concern.report", id, source_, time, std::move(data));
  }

  // One step of a delivery. The hub performs the action, and calls again with what came of it.
  sdk::Result<sdk::Step> step(std::uint32_t, std::string_view exchange_json, std::string_view, sdk::Event event,
                              const sdk::Wire& in) override {
    sdk::Step out;
    if (event == sdk::Event::http_response) {
      switch (verdict_of(in.status)) {
        case HttpVerdict::accepted:
          out.action = sdk::Action::delivered(reference_of(in.body));
          break;
        case HttpVerdict::retry:
          out.action = sdk::Action::retry(http_reason(in.status));
          break;
        case HttpVerdict::rejected:
          out.action = sdk::Action::rejected(http_reason(in.status));
          break;
      }
      return out;
    }
    // Started, timed out or resumed: send. The exchange id lets the recipient recognise what it already has.
    auto parsed = parse_json(exchange_json);
    if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
    const auto* exchange = std::get<json::value>(parsed).if_object();
    const auto* data = exchange ? object_at(*exchange, "data") : nullptr;
    if (!data) return sdk::invalid("/data", "required");
    json::object body{
        {"id", string_at(*exchange, "exchangeId")}, {"kind", string_at(*exchange, "kind")}, {"data", *data}};
    out.action = sdk::Action::http("POST", "", R"({"content-type":"application/json"})", json::serialize(body));
    return out;
  }

 private:
  std::string source_ = "urn:samband:party:template";
};

}  // namespace
}  // namespace samband

SAMBAND_PLUGIN(samband::TemplateAdapter)
