// RIV-TA in and out: goldens, every step there and back, what cannot be carried, answers, hostile XML.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "health/health_adapter.hpp"
#include "health/riv.hpp"
#include "health/swedish_time.hpp"

namespace samband::health {
namespace {

namespace fs = std::filesystem;
const fs::path kCases = fs::path(SAMBAND_SOURCE_DIR) / "plugins/health/cases";
const RivSettings kSettings{"SE9999000061-HUB",
                            {{"hospital", "SE9999000038-H001"}, {"social-board", "SE9999000020-S001"}}};
constexpr std::string_view kNumber = "200703022392";

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}
json::object case_input(const char* name) { return json::parse(read_file(kCases / name / "in.json")).as_object(); }
json::value decoded(std::string_view xml, const RivSettings& settings = kSettings) {
  auto result = decode_riv(xml, settings);
  if (auto* e = std::get_if<sdk::Error>(&result)) {
    ADD_FAILURE() << e->where << " " << e->message;
    return {};
  }
  return json::parse(std::get<std::string>(result));
}
sdk::Error error_of(std::string_view xml, const RivSettings& settings = kSettings) {
  auto result = decode_riv(xml, settings);
  EXPECT_TRUE(std::holds_alternative<sdk::Error>(result));
  return std::holds_alternative<sdk::Error>(result) ? std::get<sdk::Error>(result) : sdk::Error{};
}
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(RivGoldens, BothDirections) {
  int cases = 0;
  for (const auto& folder : fs::directory_iterator(kCases)) {
    const auto name = folder.path().filename().string();
    if (!name.starts_with("riv_")) continue;
    SCOPED_TRACE(name);
    const bool decodes = name.starts_with("riv_decode_");
    std::string got;
    if (decodes) {
      got = json::serialize(decoded(read_file(folder.path() / "in.xml")));
    } else {
      const auto call = encode_riv(json::parse(read_file(folder.path() / "in.json")).as_object(), kSettings);
      EXPECT_EQ(call.refused, "");
      got = call.body;
    }
    const auto file = folder.path() / (decodes ? "expected.json" : "expected.xml");
    if (std::getenv("SAMBAND_UPDATE_GOLDENS")) std::ofstream(file, std::ios::binary) << got;
    if (decodes)
      EXPECT_EQ(json::parse(got), json::parse(read_file(file)));
    else
      EXPECT_EQ(got, read_file(file));
    ++cases;
  }
  EXPECT_GE(cases, 6);
}

// What we write of a status, read back, says the same: no step, reason, time or number is lost.
TEST(RivStatus, EveryStepThereAndBack) {
  struct Step {
    const char *status, *reason, *document;
  };
  for (const Step& s : {Step{"received", "", "requestConfirmation"},
                        {"accepted", "", "requestConfirmation"},
                        {"declined", "person_declined", "requestOutcome"},
                        {"declined", "recipient_declined", "requestOutcome"},
                        {"completion_requested", "", "requestConfirmation"},
                        {"forwarded", "misdirected", "requestConfirmation"},
                        {"queued", "", "requestConfirmation"},
                        {"first_visit_booked", "", "requestConfirmation"},
                        {"no_show", "", "requestConfirmation"},
                        {"first_visit", "", "requestConfirmation"},
                        {"in_progress", "", "requestConfirmation"},
                        {"confirmed", "", "requestConfirmation"},
                        {"completed", "", "requestOutcome"},
                        {"broken_off", "withdrawn", "requestOutcome"}}) {
    SCOPED_TRACE(std::string(s.status) + " " + s.reason);
    auto exchange = case_input("riv_encode_status");
    auto& payload = exchange["data"].as_object()["payload"].as_object();
    payload = json::object{{"exchangeId", "0193d000-0000-7000-8000-000000000001"},
                           {"status", s.status},
                           {"visitAt", "2026-11-24T08:00:00.000Z"},
                           {"expectedBy", "2026-12-01"},
                           {"recordNumber", "BAS 12-26"}};
    if (*s.reason) payload["reasonCode"] = s.reason;
    const auto call = encode_riv(exchange, kSettings);
    ASSERT_EQ(call.refused, "");
    EXPECT_NE(call.body.find("<" + std::string(s.document) + " "), std::string::npos);
    auto back = decoded(call.body).at("data").at("payload").as_object();
    back.erase("handler");
    EXPECT_EQ(json::value(back), json::value(payload));
  }
}

TEST(RivStatus, WithoutOurElementTheContractsCodeSaysTheStep) {
  const auto xml = read_file(kCases / "riv_decode_confirmation" / "in.xml");
  for (const auto& [code, step] : {std::pair{"BEK", "received"}, {"KOM", "completion_requested"}, {"VID", "forwarded"}})
    EXPECT_EQ(decoded(replaced(xml, "\"BEK\"", "\"" + std::string(code) + "\"")).at("data").at("payload").at("status"),
              step);
  const auto error = error_of(replaced(xml, "\"BEK\"", "\"200703022392\""));
  EXPECT_EQ(error.where, "/requestConfirmation/typeOfRequestConfirmation");
  EXPECT_EQ(error.message.find(kNumber), std::string::npos);
}

TEST(RivStatus, IsAboutARequestOfThisHub) {
  const auto xml = read_file(kCases / "riv_decode_confirmation" / "in.xml");
  EXPECT_EQ(error_of(replaced(xml, "SE9999000061-HUB#0193", "SE9999000099-X#0193")).where,
            "/requestConfirmation/requestId");
}

TEST(RivStatus, NamesTheirOwnRequestWhenTheConversationDoes) {
  auto exchange = case_input("riv_encode_status");
  EXPECT_NE(encode_riv(exchange, kSettings).body.find("requestId extension=\"SE9999000061-HUB#0193d"),
            std::string::npos);
  exchange["conversationId"] = "SE9999000038-H001#77";
  EXPECT_NE(encode_riv(exchange, kSettings).body.find("requestId extension=\"SE9999000038-H001#77\""),
            std::string::npos);
}

TEST(RivEncode, WhatItCannotCarryIsRefusedAndNeverLeftOut) {
  const auto refusal = [](auto&& change) {
    auto exchange = case_input("riv_encode_referral");
    change(exchange);
    const auto call = encode_riv(exchange, kSettings);
    EXPECT_EQ(call.body.empty(), !call.refused.empty());
    return call.refused;
  };
  const auto person = [](json::object& e) -> json::object& {
    return e["data"].as_object()["persons"].as_array()[0].as_object();
  };
  EXPECT_EQ(refusal([](auto&) {}), "");
  EXPECT_EQ(refusal([&](auto& e) { person(e)["protection"] = "marked"; }), "riv_no_protection_mark");
  EXPECT_EQ(refusal([&](auto& e) { person(e)["protection"] = "protected_registration"; }), "riv_no_protection_mark");
  EXPECT_EQ(refusal([&](auto& e) { person(e).erase("personalNumber"); }), "riv_person_number_missing");
  EXPECT_EQ(refusal([&](auto& e) { person(e)["personalNumber"] = "pseudonym-p1"; }), "riv_person_number_missing");
  EXPECT_EQ(refusal([](auto& e) {
              e["data"].as_object()["attachments"] = json::array{json::object{{"name", "a"}, {"content", "JVBERi0="}}};
            }),
            "riv_no_attachments");
  EXPECT_EQ(refusal([](auto& e) { e["recipient"] = json::object{{"party", "bup"}}; }), "riv_care_unit_missing");
  EXPECT_EQ(refusal([](auto& e) { e["kind"] = "exchange.recall"; }), "riv_kind_unsupported");
  EXPECT_EQ(refusal([](auto& e) {
              std::string text;
              for (int i = 0; i < 8193; ++i) text += "ö";
              e["data"].as_object()["payload"].as_object()["question"] = text;
            }),
            "riv_text_too_long");
}

TEST(RivEncode, AValueCannotBecomeMarkup) {
  auto exchange = case_input("riv_encode_referral");
  exchange["data"].as_object()["payload"].as_object()["question"] = "</text><status xmlns=\"urn:samband:riv:1\"/>&";
  exchange["data"].as_object()["persons"].as_array()[0].as_object()["familyName"] = "A/B<C";
  const auto back = decoded(encode_riv(exchange, kSettings).body).at("data");
  EXPECT_EQ(back.at("payload").at("question"), "</text><status xmlns=\"urn:samband:riv:1\"/>&");
  EXPECT_EQ(back.at("persons").at(0).at("familyName"), "A B<C");
}

TEST(RivDecode, ErrorsNameThePlaceAndNeverTheValue) {
  const auto xml = read_file(kCases / "riv_decode_pilot_request" / "in.xml");
  const auto place = [&](std::string_view from, std::string_view to) {
    const auto error = error_of(replaced(xml, from, to));
    EXPECT_EQ((error.where + error.message).find("2392"), std::string::npos);
    return error.where;
  };
  EXPECT_EQ(place("extension=\"200703022392\"", "extension=\"20070302-2392\""), "/request/patient/personId/@extension");
  EXPECT_EQ(place("<personId ", "<person2392 "), "/request/patient/personId");
  EXPECT_EQ(place("SE9999000038-M001#r-77\"/>", "2392\"/>"), "/request/requestId");
  EXPECT_EQ(place("versionTimeStamp value=\"202611220930\"", "versionTimeStamp value=\"2392\""),
            "/request/versionTimeStamp");
  EXPECT_EQ(place("<versionNumber>001<", "<versionNumber>2392x<"), "/request/versionNumber");
  EXPECT_EQ(place("SE9999000020-S001", "SE2392"), "/request/recipient/organisation/careUnitId");
  EXPECT_EQ(error_of("<a/>").where, "/");
  EXPECT_EQ(error_of("<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"/>").where, "/");
}

TEST(RivDecode, ANumberOfARegionIsNotAPersonNumber) {
  const auto xml =
      replaced(read_file(kCases / "riv_decode_pilot_request" / "in.xml"), "1.2.752.129.2.1.3.1", "1.2.752.97.3.1.3");
  const auto message = decoded(xml);
  EXPECT_FALSE(message.at("data").at("persons").at(0).as_object().contains("personalNumber"));
  EXPECT_EQ(message.at("sambandwarnings").at(0).at("code"), "unknown_field");
}

TEST(RivDecode, AChangedReferralCorrectsTheOneBefore) {
  auto xml = read_file(kCases / "riv_decode_pilot_request" / "in.xml");
  xml = replaced(replaced(xml, "<versionNumber>001<", "<versionNumber>003<"), "\"NR\"", "\"AR\"");
  const auto message = decoded(xml);
  EXPECT_EQ(message.at("id"), "SE9999000038-M001#r-77/3");
  EXPECT_EQ(message.at("data").at("correctionOf"), "SE9999000038-M001#r-77/2");
}

TEST(RivDecode, HostileXmlIsRefusedWithoutWords) {
  const std::string canary(kNumber);
  std::string deep, wide = "<request xmlns=\"urn:riv:clinicalprocess:activity:request:1\">";
  for (int i = 0; i < 30; ++i) deep += "<a>";
  for (int i = 0; i < 6000; ++i) wide += "<a/>";
  for (const auto& xml :
       {std::string(), std::string("<"), "<request>" + canary, deep, wide + "</request>", std::string(5u << 20, ' '),
        "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r>&x;" + canary + "</r>",
        std::string("<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><r>&b;</r>"), "\xFF\xFE" + canary}) {
    const auto error = error_of(xml);
    EXPECT_EQ(error.status, HUB_INVALID_INPUT);
    EXPECT_EQ((error.where + error.message).find(canary), std::string::npos);
  }
}

std::string answer_with(const std::string& fields) {
  return "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><ProcessRequestResponse "
         "xmlns=\"urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:1\" "
         "xmlns:c=\"urn:riv:clinicalprocess:activity:request:1\"><result>" +
         fields + "</result></ProcessRequestResponse></s:Body></s:Envelope>";
}

TEST(RivAnswers, DeliveredRefusedAndLater) {
  const auto kind = [](int status, std::string body) {
    return riv_answered({"text/xml", "", std::move(body), status});
  };
  EXPECT_EQ(kind(200, answer_with("<c:resultCode>OK</c:resultCode><c:logId>L-1</c:logId>")).kind, HUB_ACTION_DELIVERED);
  EXPECT_EQ(kind(200, answer_with("<c:resultCode>OK</c:resultCode><c:logId>L-1</c:logId>")).reference, "L-1");
  EXPECT_EQ(kind(200, answer_with("<c:resultCode>INFO</c:resultCode>")).kind, HUB_ACTION_DELIVERED);
  const auto invalid =
      kind(200, answer_with("<c:resultCode>ERROR</c:resultCode><c:errorCode>VALIDATION_ERROR</c:errorCode>"
                            "<c:message>200703022392</c:message>"));
  EXPECT_EQ(invalid.kind, HUB_ACTION_REJECTED);
  EXPECT_EQ(invalid.reason, "riv_validation_error");
  EXPECT_EQ(
      kind(200, answer_with("<c:resultCode>ERROR</c:resultCode><c:errorCode>APPLICATION_ERROR</c:errorCode>")).kind,
      HUB_ACTION_RETRY);
  for (const auto& body : {std::string(), std::string("<a/>"), std::string("OK"), answer_with("")})
    EXPECT_EQ(kind(200, body).kind, HUB_ACTION_RETRY);
  for (const int status : {0, 500, 503}) EXPECT_EQ(kind(status, "").kind, HUB_ACTION_RETRY);
  for (const int status : {302, 401, 404}) EXPECT_EQ(kind(status, "").kind, HUB_ACTION_REJECTED);
}

TEST(RivAnswers, TheSenderGetsTheResponseOfItsOperation) {
  const auto answer = [](std::string_view id, std::string_view outcome) {
    return json::object{
        {"senderMessageId", id},
        {"messageId", "m-1"},
        {"exchanges", json::array{json::object{{"id", "e-1"}, {"recipient", "social-board"}, {"outcome", outcome}}}}};
  };
  for (const auto& [id, operation] : {std::pair{"SE1#7/1", "ProcessRequest"},
                                      {"SE1#7/confirmation", "ProcessRequestConfirmation"},
                                      {"SE1#7/outcome", "ProcessRequestOutcome"}}) {
    const auto released = render_riv_answer(answer(id, "released"));
    ASSERT_TRUE(released);
    EXPECT_NE(released->find(":" + std::string(operation) + "Responder:1"), std::string::npos);
    EXPECT_NE(released->find("<r:" + std::string(operation) + "Response "), std::string::npos);
    // What we write, we understand: it is a delivery to whoever asks.
    EXPECT_EQ(riv_answered({"text/xml", "", *released, 200}).reference, "m-1");
    EXPECT_NE(released->find(">OK<"), std::string::npos);
    EXPECT_NE(render_riv_answer(answer(id, "held"))->find(">INFO<"), std::string::npos);
  }
  EXPECT_FALSE(render_riv_answer(answer("bup-2026-0001", "released")));
  EXPECT_FALSE(render_riv_answer(json::object{{"senderMessageId", "SE1#7/1"}, {"code", "conflict"}}));
}

// The party's configuration decides the format; the others get FHIR.
TEST(RivAdapter, TheConfigurationDecides) {
  HealthAdapter adapter;
  ASSERT_TRUE(std::holds_alternative<std::monostate>(adapter.configure(
      R"({"careUnit":"SE9999000061-HUB","parties":{"hospital":{"format":"riv","careUnit":"SE9999000038-H001","path":"/riv"}}})")));
  auto exchange = case_input("riv_encode_referral");
  const auto step = [&] {
    auto result = adapter.step(HUB_CONVERSATION_DELIVER, json::serialize(exchange), "", sdk::Event::started, {});
    return std::get<sdk::Step>(result).action;
  };
  EXPECT_EQ(step().path, "/riv");
  EXPECT_NE(step().headers_json.find("ProcessRequestResponder:1:ProcessRequest"), std::string::npos);
  EXPECT_TRUE(step().body.starts_with("<?xml"));
  exchange["recipient"] = json::object{{"party", "bup"}};
  EXPECT_TRUE(step().body.starts_with("{"));
  exchange["recipient"] = json::object{{"party", "hospital"}};
  exchange["kind"] = "test.order";
  EXPECT_EQ(step().kind, HUB_ACTION_REJECTED);
  EXPECT_EQ(step().reason, "riv_kind_unsupported");
  for (const auto* config :
       {R"({"parties":{"hospital":{"format":"riv","careUnit":"SE9999000038-H001"}}})",
        R"({"careUnit":"SE9999000061-HUB","parties":{"h":{"format":"riv"}}})", R"({"careUnit":"SE1"})",
        R"({"parties":{"h":{"careUnit":"SE9999000039-H001"}}})", R"({"parties":[]})",
        R"({"parties":{"h":{"format":"hl7"}}})", R"({"parties":{"h":{"x":1}}})"}) {
    HealthAdapter other;
    EXPECT_TRUE(std::holds_alternative<sdk::Error>(other.configure(config))) << config;
  }
}

TEST(SwedishTime, ThereAndBackOverSummerTime) {
  for (const auto& [local, utc] : {std::pair{"20261122093000", "2026-11-22T08:30:00.000Z"},
                                   {"20260701000000", "2026-06-30T22:00:00.000Z"},
                                   {"20260329015959", "2026-03-29T00:59:59.000Z"},
                                   {"20260329030000", "2026-03-29T01:00:00.000Z"},
                                   {"20261025015959", "2026-10-24T23:59:59.000Z"},
                                   {"20261025030000", "2026-10-25T02:00:00.000Z"},
                                   {"20261231235959", "2026-12-31T22:59:59.000Z"}}) {
    EXPECT_EQ(instant_of_local(local), utc);
    EXPECT_EQ(local_of_instant(utc), local);
  }
  EXPECT_EQ(instant_of_local("20261025023000"), "2026-10-25T00:30:00.000Z");  // comes twice: the first
  EXPECT_EQ(instant_of_local("202611220930"), "2026-11-22T08:30:00.000Z");
  for (const auto* bad : {"", "2026", "20261322093000", "20260230093000", "20261122243000", "2026112209300x"})
    EXPECT_EQ(instant_of_local(bad), "") << bad;
  EXPECT_EQ(local_of_instant("today"), "");
}

}  // namespace
}  // namespace samband::health
