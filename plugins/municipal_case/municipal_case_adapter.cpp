#include "municipal_case/municipal_case_adapter.hpp"

#include "case_errand/decode.hpp"
#include "municipal_case/conversation.hpp"
#include "municipal_case/errand_status.hpp"

namespace samband::municipal {

sdk::Result<std::monostate> MunicipalCaseAdapter::configure(std::string_view config_json) {
  auto config = read_case_config(config_json);
  if (auto* e = std::get_if<sdk::Error>(&config)) return *e;
  config_ = std::move(std::get<CaseConfig>(config));
  return std::monostate{};
}

sdk::Result<std::vector<std::string>> MunicipalCaseAdapter::decode(const sdk::Wire& wire) {
  if (!wire.media_type.empty() && !wire.media_type.starts_with("application/json"))
    return sdk::invalid("", "the media type must be application/json");
  auto message = case_errand::decode_case_message(wire.body);
  if (auto* e = std::get_if<sdk::Error>(&message)) return *e;
  return std::vector<std::string>{std::move(std::get<std::string>(message))};
}

sdk::Result<sdk::Step> MunicipalCaseAdapter::step(std::uint32_t conversation, std::string_view exchange_json,
                                                  std::string_view state, sdk::Event event, const sdk::Wire& wire) {
  auto parsed = plugin::parse_json(exchange_json, {64u << 20, 32});
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto* exchange = std::get<json::value>(parsed).if_object();
  if (!exchange || plugin::string_at(*exchange, "exchangeId").empty())
    return sdk::Error{HUB_INTERNAL, "/exchangeId", "the exchange has no id"};
  if (conversation == HUB_CONVERSATION_POLL) return ask_errand(config_, *exchange, event, wire);
  const bool is_recall =
      conversation == HUB_CONVERSATION_RECALL ||
      (conversation == HUB_CONVERSATION_DELIVER && plugin::string_at(*exchange, "kind") == "exchange.recall");
  if (is_recall) return recall(config_, *exchange, event, wire);
  if (conversation == HUB_CONVERSATION_DELIVER) return deliver(config_, *exchange, state, event, wire);
  return sdk::Error{HUB_UNSUPPORTED, "conversation", "this adapter delivers, recalls and polls"};
}

}  // namespace samband::municipal
