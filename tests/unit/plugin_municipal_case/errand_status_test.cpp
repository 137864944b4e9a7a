// What became of an errand, asked of the case system: the neutral errand API has no other way to tell.
#include <gtest/gtest.h>

#include "municipal_case/municipal_case_adapter.hpp"

namespace samband::municipal::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kConfig = R"({"statuses":{"OPEN":"accepted","CLOSED":["accepted","completed"],
  "REJECTED":{"step":"declined","reasonCode":"recipient_declined"}}})";
constexpr std::string_view kExchange = "0193d000-0000-7000-8000-000000000011";

json::object question(json::array steps = {}, std::string_view reference = "11111111-1111-1111-1111-111111111111") {
  return {{"exchangeId", kExchange},
          {"kind", "police.lob"},
          {"reference", reference},
          {"steps", std::move(steps)},
          {"now", "2026-11-22T08:15:02.000Z"}};
}
sdk::Result<sdk::Step> poll(const json::object& asked, sdk::Event event, sdk::Wire wire = {},
                            std::string_view config = kConfig) {
  MunicipalCaseAdapter adapter;
  EXPECT_TRUE(std::holds_alternative<std::monostate>(adapter.configure(config)));
  return adapter.step(HUB_CONVERSATION_POLL, json::serialize(asked), "", event, wire);
}
sdk::Step answered(std::string body, json::array steps = {}, int status = 200) {
  return std::get<sdk::Step>(
      poll(question(std::move(steps)), sdk::Event::http_response, {"application/json", {}, std::move(body), status}));
}
// "step" or "step/reason" of each message, in order.
std::vector<std::string> said(const sdk::Step& step) {
  std::vector<std::string> out;
  for (const auto& text : step.messages) {
    const auto message = json::parse(text);
    const auto& payload = message.at("data").at("payload").as_object();
    EXPECT_EQ(message.at("data").at("kind"), "care.status");
    EXPECT_EQ(payload.at("exchangeId"), json::value(kExchange));
    const std::string status(payload.at("status").as_string());
    EXPECT_EQ(message.at("id"), json::value("errand/" + std::string(kExchange) + "/" + status));
    out.push_back(status +
                  (payload.contains("reasonCode") ? "/" + std::string(payload.at("reasonCode").as_string()) : ""));
  }
  return out;
}
using Said = std::vector<std::string>;

TEST(ErrandStatus, IsReadByItsReferenceAndByNothingElse) {
  const auto action = std::get<sdk::Step>(poll(question(), sdk::Event::started)).action;
  EXPECT_EQ(action.kind, HUB_ACTION_HTTP);
  EXPECT_EQ(action.method, "GET");
  EXPECT_EQ(action.path, "/Errands/11111111-1111-1111-1111-111111111111");
  EXPECT_TRUE(action.body.empty());
  for (const char* bad : {"", "../Errands", "a/b", "a?b", "a b", "å"}) {
    const auto step = std::get<sdk::Step>(poll(question({}, bad), sdk::Event::started));
    EXPECT_EQ(step.action.kind, HUB_ACTION_REJECTED) << bad;
  }
}

TEST(ErrandStatus, SaysWhatItsStatusStandsForAndWasNotSaid) {
  // The published example of an errand (Sundsvall's CareManagement), its status changed.
  const auto errand = [](const char* status) {
    return std::string(
               R"({"id":"11111111-1111-1111-1111-111111111111","municipalityId":"2281","namespace":"MY_NAMESPACE",
      "typeSlug":"TYPE-1","title":"Errand one","status":")") +
           status + R"(","errandNumber":"EB-26060071","priority":"HIGH","assignedUserId":"assignee1"})";
  };
  EXPECT_EQ(said(answered(errand("NEW"))), Said{});
  EXPECT_EQ(said(answered(errand("OPEN"))), Said{"accepted"});
  EXPECT_EQ(said(answered(errand("OPEN"), {"accepted"})), Said{});
  EXPECT_EQ(said(answered(errand("CLOSED"))), (Said{"accepted", "completed"}));
  EXPECT_EQ(said(answered(errand("CLOSED"), {"accepted"})), Said{"completed"});
  EXPECT_EQ(said(answered(errand("REJECTED"))), Said{"declined/recipient_declined"});
  const auto step = answered(errand("OPEN"));
  EXPECT_EQ(step.action.kind, HUB_ACTION_DELIVERED);
  EXPECT_EQ(json::parse(step.messages[0]).at("data").at("payload").at("recordNumber"), "EB-26060071");
  EXPECT_EQ(step.messages[0].find("assignee1"), std::string::npos);  // a user id names nobody to the sender
}

TEST(ErrandStatus, AnAnswerThatSaysNothingIsAskedForAgain) {
  for (const auto* body : {"", "[]", "{}", R"({"status":7})", R"({"status":""})", "{\"status\":\"OP"}) {
    const auto step = answered(body);
    EXPECT_EQ(step.action.kind, HUB_ACTION_RETRY) << body;
    EXPECT_TRUE(step.messages.empty());
  }
  for (const int status : {301, 401, 403, 429, 500, 503})
    EXPECT_EQ(answered(R"({"status":"OPEN"})", {}, status).action.kind, HUB_ACTION_RETRY) << status;
  for (const int status : {404, 410})
    EXPECT_EQ(answered(R"({"status":"OPEN"})", {}, status).action.kind, HUB_ACTION_REJECTED) << status;
  EXPECT_EQ(std::get<sdk::Step>(poll(question(), sdk::Event::timed_out)).action.kind, HUB_ACTION_RETRY);
}

TEST(ErrandStatus, WithoutWordsForItTheAdapterDoesNotPoll) {
  const auto result = poll(question(), sdk::Event::started, {}, "{}");
  ASSERT_TRUE(std::holds_alternative<sdk::Error>(result));
  EXPECT_EQ(std::get<sdk::Error>(result).status, HUB_UNSUPPORTED);
}

TEST(ErrandStatus, AConfigurationThatCannotHoldIsRefusedWithItsPlace) {
  const auto where = [](std::string statuses, std::string api = "errand") {
    MunicipalCaseAdapter adapter;
    const auto result = adapter.configure(R"({"api":")" + api + R"(","statuses":)" + statuses + "}");
    return std::holds_alternative<sdk::Error>(result) ? std::get<sdk::Error>(result).where : "accepted";
  };
  EXPECT_EQ(where(R"({"OPEN":"accepted"})"), "accepted");
  EXPECT_EQ(where(R"({"OPEN":"accepted"})", "lifecare"), "/statuses");
  EXPECT_EQ(where(R"({"OPEN":"Accepted"})"), "/statuses/OPEN");
  EXPECT_EQ(where(R"({"OPEN":7})"), "/statuses/OPEN");
  EXPECT_EQ(where(R"({"OPEN":[]})"), "/statuses/OPEN");
  EXPECT_EQ(where(R"({"OPEN":["accepted",""]})"), "/statuses/OPEN/1");
  EXPECT_EQ(where(R"({"OPEN":{"step":"accepted","by":"x"}})"), "/statuses/OPEN");
  EXPECT_EQ(where(R"({"NO":"declined"})"), "/statuses/NO");
  for (const char* more : {"contacted", "confirmed", "queued", "first_visit_booked"})
    EXPECT_EQ(where(R"({"OPEN":")" + std::string(more) + "\"}"), "/statuses/OPEN") << more;
}

}  // namespace
}  // namespace samband::municipal::test
