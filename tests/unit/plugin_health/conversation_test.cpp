// Delivery to a FHIR server, with every kind of answer and loss.
#include <gtest/gtest.h>

#include <set>

#include "common/json_tools.hpp"
#include "health/health_adapter.hpp"

namespace samband::health {
namespace {

namespace json = boost::json;

const std::string kExchange =
    R"({"exchangeId":"0193d000-0000-7000-8000-000000000011","kind":"care.referral","sender":"social-board",
  "createdAt":"2026-11-22T08:15:01.000Z","now":"2026-11-22T08:15:02.000Z","data":{"persons":[{"ref":"p1","role":"subject",
  "personalNumber":"201104022387","familyName":"Exempelsson"}],"payload":{"service":"bup"}}})";
const std::string kAccepted = R"({"resourceType":"Bundle","type":"transaction-response","entry":[
  {"response":{"status":"201 Created","location":"Patient/1/_history/1"}},
  {"response":{"status":"200 OK","location":"https://fhir.example/fhir/Task/77/_history/1"}}]})";

sdk::Step step(std::string_view exchange, sdk::Event event, sdk::Wire wire = {},
               std::uint32_t conversation = HUB_CONVERSATION_DELIVER) {
  HealthAdapter adapter;
  auto result = adapter.step(conversation, exchange, "", event, wire);
  if (auto* e = std::get_if<sdk::Error>(&result)) {
    ADD_FAILURE() << e->where << ": " << e->message;
    return {};
  }
  return std::get<sdk::Step>(result);
}
sdk::Action answer(int status, std::string body = {}) {
  return step(kExchange, sdk::Event::http_response, {{}, {}, std::move(body), status}).action;
}

TEST(Delivery, PostsATransactionToTheBase) {
  const auto action = step(kExchange, sdk::Event::started).action;
  EXPECT_EQ(action.kind, HUB_ACTION_HTTP);
  EXPECT_EQ(action.method, "POST");
  EXPECT_EQ(action.path, "");
  EXPECT_NE(action.headers_json.find("application/fhir+json"), std::string::npos);
  EXPECT_EQ(action.headers_json.find("201104022387"), std::string::npos);
}

TEST(Delivery, AfterALossTheSameBytesAreSent) {
  const auto first = step(kExchange, sdk::Event::started).action;
  EXPECT_EQ(step(kExchange, sdk::Event::timed_out).action.kind, HUB_ACTION_RETRY);
  auto later = kExchange;
  later.replace(later.find("08:15:02"), 8, "09:00:00");
  EXPECT_EQ(step(later, sdk::Event::resumed).action.body, first.body);
  EXPECT_EQ(step(later, sdk::Event::started).action.body, first.body);
}

// A server that honours ifNoneExist; the same bundle again must create nothing.
TEST(Delivery, EveryEntryIsAConditionalCreate) {
  std::set<std::string> conditions;
  const auto bundle = json::parse(step(kExchange, sdk::Event::started).action.body);
  for (const auto& entry : bundle.at("entry").as_array()) {
    const auto& resource = entry.at("resource").as_object();
    const std::string condition(entry.at("request").at("ifNoneExist").as_string());
    ASSERT_TRUE(condition.starts_with("identifier="));
    // The condition must select the very resource, or every attempt would create one more.
    bool selects = false;
    for (const auto& id : resource.at("identifier").as_array())
      selects |= condition == "identifier=" + std::string(id.at("system").as_string()) + "|" +
                                  std::string(id.at("value").as_string());
    EXPECT_TRUE(selects);
    EXPECT_TRUE(conditions.insert(std::string(resource.at("resourceType").as_string()) + condition).second);
  }
}

TEST(Delivery, ReferencesPointInsideTheBundle) {
  const auto bundle = json::parse(step(kExchange, sdk::Event::started).action.body);
  std::set<std::string> urls;
  for (const auto& entry : bundle.at("entry").as_array()) urls.insert(std::string(entry.at("fullUrl").as_string()));
  EXPECT_EQ(urls.size(), bundle.at("entry").as_array().size());
  const auto text = json::serialize(bundle);
  for (std::size_t at = 0; (at = text.find("\"reference\":\"", at)) != std::string::npos; at += 13)
    EXPECT_TRUE(urls.contains(text.substr(at + 13, text.find('"', at + 13) - at - 13)));
}

TEST(Delivery, TransactionResponseIsDeliveredWithTheTask) {
  EXPECT_EQ(answer(200, kAccepted).kind, HUB_ACTION_DELIVERED);
  EXPECT_EQ(answer(200, kAccepted).reference, "Task/77");
  EXPECT_EQ(answer(201, kAccepted).kind, HUB_ACTION_DELIVERED);
  EXPECT_EQ(answer(412).kind, HUB_ACTION_DELIVERED);
}

TEST(Delivery, AnythingElseWith200IsAskedAgain) {
  auto failed_entry = kAccepted;
  failed_entry.replace(failed_entry.find("200 OK"), 6, "404 No");
  for (const auto& body :
       {std::string(), std::string("{"), std::string("[]"),
        std::string(R"({"resourceType":"Bundle","type":"transaction"})"),
        std::string(R"({"resourceType":"OperationOutcome"})"), kAccepted.substr(0, kAccepted.size() / 2), failed_entry})
    EXPECT_EQ(answer(200, body).kind, HUB_ACTION_RETRY) << body;
}

TEST(Delivery, RefusalsCarryTheCodeAndNeverTheDiagnostics) {
  const auto outcome =
      R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"required","diagnostics":"201104022387 Exempelsson"}]})";
  EXPECT_EQ(answer(422, outcome).kind, HUB_ACTION_REJECTED);
  EXPECT_EQ(answer(422, outcome).reason, "operation-outcome.required");
  EXPECT_EQ(answer(400, "not FHIR").reason, "operation-outcome");
  EXPECT_EQ(answer(400, R"({"resourceType":"OperationOutcome","issue":[{"code":"2011 04 02\r\n<x>"}]})").reason,
            "operation-outcome.other");
}

TEST(Delivery, LaterAndNever) {
  for (const int status : {0, 408, 409, 425, 429, 500, 502, 503, 504})
    EXPECT_EQ(answer(status).kind, HUB_ACTION_RETRY) << status;
  for (const int status : {301, 401, 403, 404, 405, 410, 413, 415})
    EXPECT_EQ(answer(status).kind, HUB_ACTION_REJECTED) << status;
}

TEST(Recall, IsATaskOfItsOwn) {
  const std::string exchange = R"({"exchangeId":"r-1","kind":"exchange.recall","now":"2026-11-22T08:15:02.000Z",
    "data":{"payload":{"exchangeId":"0193d000-0000-7000-8000-000000000011","reasonCode":"consent_revoked"}}})";
  for (const auto conversation : {HUB_CONVERSATION_RECALL, HUB_CONVERSATION_DELIVER}) {
    const auto bundle = json::parse(step(exchange, sdk::Event::started, {}, conversation).action.body);
    ASSERT_EQ(bundle.at("entry").as_array().size(), 1u);
    const auto& task = bundle.at("entry").at(0).at("resource");
    EXPECT_EQ(task.at("code").at("coding").at(0).at("code"), "abort");
    EXPECT_EQ(task.at("focus").at("identifier").at("value"), "0193d000-0000-7000-8000-000000000011");
    EXPECT_EQ(task.at("identifier").at(0).at("value"), "r-1");
  }
}

TEST(Adapter, RefusesWhatIsNotItsOwn) {
  HealthAdapter adapter;
  EXPECT_TRUE(
      std::holds_alternative<sdk::Error>(adapter.step(HUB_CONVERSATION_POLL, kExchange, "", sdk::Event::started, {})));
  EXPECT_TRUE(
      std::holds_alternative<sdk::Error>(adapter.step(HUB_CONVERSATION_DELIVER, "{}", "", sdk::Event::started, {})));
  EXPECT_TRUE(std::holds_alternative<sdk::Error>(adapter.decode({"application/xml", "", "<Task/>", 0})));
  for (const auto* config : {"[]", R"({"token":"x"})", R"({"path":"fhir"})", R"({"path":"/x?y"})", R"({"path":7})"})
    EXPECT_TRUE(std::holds_alternative<sdk::Error>(adapter.configure(config))) << config;
  EXPECT_TRUE(std::holds_alternative<std::monostate>(adapter.configure(R"({"path":"/R4"})")));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(adapter.configure("{}")));
}

}  // namespace
}  // namespace samband::health
