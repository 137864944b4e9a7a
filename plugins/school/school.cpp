// Adapter of schools, leisure centres and field workers: reports of concern, IRK forms and information to a social
// intervention group come as JSON around an SS12000 Person; notices go back the same way. SS12000 itself has no notice:
// the form around the person is this project's own (README.md).
// Pure translator. One instance is never called by two threads at once.
#include "common/canonical.hpp"
#include "common/delivery.hpp"
#include "notice_text/notice_text.hpp"
#include "school/decode.hpp"
#include "school/ss12000.hpp"

namespace samband::school {
namespace {

using plugin::object_at;
using plugin::string_at;

constexpr std::size_t kExchangeBytesMax = 64u << 20;

// Released fields only: the persons as SS12000 has them, the rest under its own names, and the whole as a text.
json::object notice(const json::object& exchange, const json::object& data) {
  json::array persons;
  if (const auto* given = plugin::array_at(data, "persons"))
    for (const auto& v : *given)
      if (const auto* person = v.if_object()) persons.push_back(ss12000_person(*person));
  json::object rest = data;
  rest.erase("persons");
  json::object out{{"id", string_at(exchange, "exchangeId")},
                   {"kind", string_at(exchange, "kind")},
                   {"purpose", string_at(exchange, "purpose")},
                   {"conversationId", string_at(exchange, "conversationId")},
                   {"createdAt", string_at(exchange, "createdAt")}};
  if (const auto* sender = object_at(exchange, "sender"))
    out["sender"] = json::object{{"name", string_at(*sender, "name")},
                                 {"organisationNumber", string_at(*sender, "organisationNumber")}};
  out["persons"] = std::move(persons);
  out["data"] = std::move(rest);
  out["text"] = plugin::notice_text(exchange);
  return out;
}

class SchoolAdapter final : public sdk::Adapter {
 public:
  static constexpr std::string_view kManifest =
      R"({"name":"school","version":"1.0.0","abi":"1.0","operations":["decode","deliver","recall"],)"
      R"("kinds":["concern.report","sig.nomination","sig.information","report.answer","care.status","test.result",)"
      R"("exchange.receipt","exchange.recall"],"endpoints":[""],"limits":{"bodyBytesMax":31457280}})";

  sdk::Result<std::monostate> configure(std::string_view config_json) override {
    auto config = plugin::parse_config(config_json);
    if (auto* e = std::get_if<sdk::Error>(&config)) return *e;
    for (const auto& [key, value] : std::get<json::object>(config)) {
      if (key != "path" || !value.is_string() || !value.get_string().starts_with('/'))
        return sdk::Error{HUB_INVALID_CONFIG, "", "takes `path` only: a path that begins with /"};
      path_ = value.get_string();
    }
    return std::monostate{};
  }

  sdk::Result<std::vector<std::string>> decode(const sdk::Wire& wire) override {
    if (!wire.media_type.empty() && !wire.media_type.starts_with("application/json"))
      return sdk::invalid("", "the media type must be application/json");
    // The certificate says which party it is; the hub writes it over this source.
    auto message = decode_form(wire.body, "urn:samband:adapter:school");
    if (auto* e = std::get_if<sdk::Error>(&message)) return *e;
    return std::vector<std::string>{std::move(std::get<std::string>(message))};
  }

  sdk::Result<sdk::Step> step(std::uint32_t, std::string_view exchange_json, std::string_view, sdk::Event event,
                              const sdk::Wire& answer) override {
    if (event == sdk::Event::http_response) return answered(answer);
    // Started, timed out or resumed: send. The exchange id lets the recipient recognise what it already has.
    auto parsed = plugin::parse_json(exchange_json, {kExchangeBytesMax, 32});
    if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
    const auto* exchange = std::get<json::value>(parsed).if_object();
    const auto* data = exchange ? object_at(*exchange, "data") : nullptr;
    if (!data) return sdk::invalid("/data", "required");
    return sdk::Step{sdk::Action::http("POST", path_, R"({"content-type":"application/json"})",
                                       json::serialize(notice(*exchange, *data))),
                     {},
                     {}};
  }

 private:
  static sdk::Step answered(const sdk::Wire& answer) {
    switch (plugin::verdict_of(answer.status)) {
      case plugin::HttpVerdict::accepted:
        return {sdk::Action::delivered(plugin::reference_of(answer.body)), {}, {}};
      case plugin::HttpVerdict::retry:
        return {sdk::Action::retry(plugin::http_reason(answer.status)), {}, {}};
      case plugin::HttpVerdict::rejected:
        break;
    }
    return {sdk::Action::rejected(plugin::http_reason(answer.status)), {}, {}};
  }

  std::string path_;
};

}  // namespace
}  // namespace samband::school

SAMBAND_PLUGIN(samband::school::SchoolAdapter)
