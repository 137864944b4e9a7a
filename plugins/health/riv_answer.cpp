#include <algorithm>

#include "common/delivery.hpp"
#include "digg_sdk/xml.hpp"
#include "digg_sdk/xml_writer.hpp"
#include "health/riv.hpp"
#include "health/riv_words.hpp"
#include "notice_text/notice_text.hpp"

namespace samband::health {
namespace {

using plugin::array_at;
using plugin::one_line;
using plugin::string_at;

constexpr std::size_t kAnswerMax = 1u << 20;

// By the last part of the message's id, as riv_decode.cpp made it: a version number, "confirmation" or "outcome".
std::string_view operation_of(std::string_view message_id) {
  const auto slash = message_id.rfind('/');
  if (slash == std::string_view::npos || message_id.find('#') == std::string_view::npos) return {};
  const auto last = message_id.substr(slash + 1);
  if (last == "confirmation") return "ProcessRequestConfirmation";
  if (last == "outcome") return "ProcessRequestOutcome";
  const bool version =
      !last.empty() && std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
  return version ? "ProcessRequest" : std::string_view();
}

}  // namespace

std::optional<std::string> render_riv_answer(const json::object& answer) {
  const auto operation = operation_of(string_at(answer, "senderMessageId"));
  const auto* exchanges = array_at(answer, "exchanges");
  if (operation.empty() || !exchanges) return {};
  bool all = !exchanges->empty();
  for (const auto& v : *exchanges) {
    const auto* e = v.if_object();
    all = all && e && string_at(*e, "outcome") == "released";
  }
  plugin::XmlWriter w;
  const auto responder = std::string(kRivResponder) + std::string(operation) + "Responder:1";
  w.open("soap:Envelope", {{"xmlns:soap", kSoap}}).open("soap:Body");
  w.open("r:" + std::string(operation) + "Response", {{"xmlns:r", responder}, {"xmlns:c", kRivCore}}).open("r:result");
  // Received and recorded either way; INFO says that somebody should look at what became of it.
  w.leaf("c:resultCode", all ? "OK" : "INFO").leaf("c:logId", one_line(string_at(answer, "messageId"), 128)).close();
  for (const auto& v : *exchanges) {
    const auto* e = v.if_object();
    if (!e) continue;
    plugin::XmlWriter::Attributes said{{"xmlns", kRivExtension}};
    for (const std::string_view name : {"id", "recipient", "outcome", "reason"})
      if (const auto text = string_at(*e, name); !text.empty()) said.emplace_back(name, text);
    w.open("exchange", said).close();
  }
  return w.take();
}

sdk::Action riv_answered(const sdk::Wire& answer) {
  using sdk::Action;
  if (plugin::verdict_of(answer.status) != plugin::HttpVerdict::accepted) {
    const auto reason = plugin::http_reason(answer.status);
    return plugin::verdict_of(answer.status) == plugin::HttpVerdict::rejected ? Action::rejected(reason)
                                                                              : Action::retry(reason);
  }
  auto parsed = plugin::XmlDocument::parse(answer.body, {kAnswerMax, 1000, 16, 8192, 32});
  const auto* document = std::get_if<plugin::XmlDocument>(&parsed);
  const auto body = document ? document->root().child(kSoap, "Body") : plugin::XmlElement();
  const auto children = body ? body.children() : std::vector<plugin::XmlElement>();
  const auto response = children.empty() ? plugin::XmlElement() : children.front();
  const auto result = response && response.ns().starts_with(kRivResponder) ? response.child(response.ns(), "result")
                                                                           : plugin::XmlElement();
  const auto field = [&](std::string_view name) {
    const auto e = result ? result.child(kRivCore, name) : plugin::XmlElement();
    return e ? e.text() : std::string();
  };
  // Unreadable: it may have been taken. The request's id and version make sending again harmless.
  const auto code = field("resultCode");
  if (code == "OK" || code == "INFO") return Action::delivered(one_line(field("logId"), 128));
  if (code != "ERROR") return Action::retry("malformed_answer");
  return field("errorCode") == "VALIDATION_ERROR" ? Action::rejected("riv_validation_error")
                                                  : Action::retry("riv_application_error");
}

}  // namespace samband::health
