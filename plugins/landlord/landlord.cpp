// Adapter of landlords: form 3 of SFS 1978:314 (JB 12:44) and notices of disturbances (JB 12:25 a, 12:42) as compact
// JSON, defined in README.md. Landlords get receipts and recalls back as JSON.
#include "common/canonical.hpp"
#include "common/delivery.hpp"
#include "landlord/fi2.hpp"
#include "landlord/form.hpp"
#include "landlord/identity_numbers.hpp"
#include "landlord/rows.hpp"

namespace samband {
namespace {

using namespace plugin;

class LandlordAdapter final : public sdk::Adapter {
 public:
  static constexpr std::size_t kBodyBytesMax = 16777216;  // a termination in PDF, or a file of 50,000 rows
  static constexpr std::string_view kManifest =
      R"({"name":"landlord","version":"1.0.0","abi":"1.0","operations":["decode","deliver"],)"
      R"("kinds":["rent.arrears","tenancy.disturbance","housing.contact_request","exchange.receipt","exchange.recall","care.status"],"endpoints":[""],)"
      R"("limits":{"bodyBytesMax":16777216}})";

  sdk::Result<std::monostate> configure(std::string_view config_json) override {
    auto config = parse_config(config_json);
    if (auto* e = std::get_if<sdk::Error>(&config)) return *e;
    const auto party = string_at(std::get<json::object>(config), "party");
    if (const auto* landlord = object_at(std::get<json::object>(config), "landlord")) defaults_.landlord = *landlord;
    source_ = "urn:samband:party:" + std::string(party.empty() ? "landlord" : party);
    return std::monostate{};
  }

  sdk::Result<std::vector<std::string>> decode(const sdk::Wire& in) override {
    if (in.body.size() > kBodyBytesMax) return sdk::invalid("", "larger than 16 MiB: split the file");
    if (in.media_type.rfind("text/csv", 0) == 0) return read_rows(in.body, in.media_type, source_, defaults_);
    if (in.media_type.find("xml") != std::string::npos)
      return sdk::invalid("", "an fi2 message alone is no notice: put it in `fi2` of a form (JSON)");
    auto parsed = parse_json(in.body, {kBodyBytesMax, 24});
    if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
    auto& value = std::get<json::value>(parsed);
    auto* object = value.if_object();
    if (!object) return sdk::invalid("", "the form is not an object");
    std::vector<Warning> warnings;
    auto completed = complete_from_fi2(value.get_object(), warnings);
    if (auto* e = std::get_if<sdk::Error>(&completed)) return *e;
    strip_identity_numbers(value, warnings);
    auto form = read_form(value.get_object(), warnings);
    if (auto* e = std::get_if<sdk::Error>(&form)) return *e;
    auto& f = std::get<LandlordForm>(form);
    return std::vector<std::string>{canonical_message(f.kind, f.id, source_, f.time, std::move(f.data), warnings)};
  }

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
    if (event == sdk::Event::timed_out) {  // perhaps it arrived: the same id again, after the hub's back-off
      out.action = sdk::Action::retry("timed_out");
      return out;
    }
    auto parsed = parse_json(exchange_json);
    if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
    const auto* exchange = std::get<json::value>(parsed).if_object();
    const auto* data = exchange ? object_at(*exchange, "data") : nullptr;
    if (!data) return sdk::Error{HUB_INTERNAL, "/data", "an exchange without data"};
    out.action = sdk::Action::http("POST", "", R"({"content-type":"application/json","accept":"application/json"})",
                                   json::serialize(body_of(*exchange, *data)));
    return out;
  }

 private:
  static json::object body_of(const json::object& exchange, const json::object& data) {
    const auto kind = string_at(exchange, "kind");
    json::object body;
    body["id"] = string_at(exchange, "exchangeId");
    if (const auto ref = string_at(data, "refToMessageId"); !ref.empty()) body["refToMessageId"] = ref;
    const auto* payload = object_at(data, "payload");
    if (kind == "exchange.receipt" && payload) {
      body["type"] = "receipt";
      for (const auto* key : {"exchangeId", "receivedAt", "receiptLeaf", "proof"})
        if (const auto* v = payload->if_contains(key)) body[key] = *v;
      return body;
    }
    body["type"] = kind == "exchange.recall" ? "recall" : "notice";
    body["kind"] = kind;
    body["data"] = data;
    return body;
  }

  RowDefaults defaults_;
  std::string source_ = "urn:samband:party:landlord";
};

}  // namespace
}  // namespace samband

SAMBAND_PLUGIN(samband::LandlordAdapter)
