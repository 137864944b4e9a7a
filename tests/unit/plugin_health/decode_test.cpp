// FHIR in and out: goldens, errors without values, protection labels.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "health/decode.hpp"
#include "health/encode.hpp"
#include "health/fhir_tools.hpp"
#include "health/health_adapter.hpp"

namespace samband::health {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}
const std::filesystem::path kFolder = std::filesystem::path(SAMBAND_SOURCE_DIR) / "plugins/health";

TEST(Goldens, BothDirections) {
  int cases = 0;
  for (const auto& folder : std::filesystem::directory_iterator(kFolder / "cases")) {
    const auto name = folder.path().filename().string();
    if (name.starts_with("riv_")) continue;  // riv_test.cpp
    SCOPED_TRACE(name);
    const auto input = read_file(folder.path() / "in.json");
    if (std::getenv("SAMBAND_UPDATE_GOLDENS")) {
      auto decoded = name.starts_with("decode_") ? decode_fhir(input) : sdk::Result<std::string>();
      std::ofstream(folder.path() / "expected.json", std::ios::binary)
          << (name.starts_with("decode_") ? "[" + std::get<std::string>(decoded) + "]"
                                          : json::serialize(encode_exchange(json::parse(input).as_object())));
    }
    const auto expected = json::parse(read_file(folder.path() / "expected.json"));
    if (name.starts_with("decode_")) {
      auto decoded = decode_fhir(input);
      ASSERT_TRUE(std::holds_alternative<std::string>(decoded))
          << std::get<sdk::Error>(decoded).where << " " << std::get<sdk::Error>(decoded).message;
      EXPECT_EQ(json::parse("[" + std::get<std::string>(decoded) + "]"), expected);
    } else {
      EXPECT_EQ(json::value(encode_exchange(json::parse(input).as_object())), expected);
    }
    ++cases;
  }
  EXPECT_GE(cases, 14);
}

std::string task_with(const std::string& members) {
  return R"({"resourceType":"Task","id":"1","meta":{"versionId":"1"},"lastModified":"2026-11-22T09:00:00Z","status":"accepted",
    "identifier":[{"system":"urn:samband:exchange","value":"ex-1"}])" +
         members + "}";
}

TEST(Decode, ErrorsNameThePlaceAndNeverTheValue) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "byte 0"},
      {"[]", ""},
      {R"({"resourceType":"Patient","id":"1","meta":{"versionId":"1"},"lastModified":"2026-11-22T09:00:00Z"})",
       "/resourceType"},
      {R"({"resourceType":"Bundle"})", "/identifier/value"},
      {R"({"resourceType":"Bundle","id":"b"})", "/timestamp"},
      {R"({"resourceType":"Bundle","id":"b","timestamp":"2026-11-22"})", "/timestamp"},
      {R"({"resourceType":"Bundle","id":"b","timestamp":"2026-11-22T09:00:00Z"})", "/entry"},
      {R"({"resourceType":"Bundle","id":"b","timestamp":"2026-11-22T09:00:00Z","entry":[{}]})", "/entry/0/resource"},
      {R"({"resourceType":"Task","id":"1","meta":{"versionId":"1"},"lastModified":"2026-11-22T09:00:00Z","status":"accepted"})",
       "/identifier"},
      {R"({"resourceType":"Task","status":"accepted"})", "/meta/versionId"},
      {task_with(R"(,"businessStatus":{"coding":[{"system":"urn:samband:referral-status","code":"200903022390"}]})"),
       "/businessStatus"},
      {task_with(R"(,"executionPeriod":{"start":"200903022390"})"), "/executionPeriod/start"},
      {task_with(
           R"(,"for":{"identifier":{"system":"http://electronichealth.se/identifier/personnummer","value":"20090302-2390"}})"),
       "/for/identifier/value"},
      {R"({"resourceType":"Bundle","id":"b","timestamp":"2026-11-22T09:00:00Z","entry":[{"resource":{"resourceType":"Task"}},{"resource":{"resourceType":"Task"}}]})",
       "/entry/1/resource"},
      {R"({"resourceType":"Bundle","id":"b","timestamp":"2026-11-22T09:00:00Z","entry":[{"resource":{"resourceType":"ServiceRequest"}}]})",
       "/entry/0/resource/code"},
  };
  for (const auto& [text, where] : cases) {
    SCOPED_TRACE(text);
    auto decoded = decode_fhir(text);
    ASSERT_TRUE(std::holds_alternative<sdk::Error>(decoded));
    const auto& error = std::get<sdk::Error>(decoded);
    EXPECT_EQ(error.status, HUB_INVALID_INPUT);
    EXPECT_EQ(error.where, where);
    EXPECT_EQ((error.where + error.message).find("2390"), std::string::npos);
  }
}

json::value data_of(const std::string& text) {
  auto decoded = decode_fhir(text);
  EXPECT_TRUE(std::holds_alternative<std::string>(decoded));
  return json::parse(std::get<std::string>(decoded)).at("data");
}

TEST(Decode, TaskStatusesMapAndNonStatusesAreRefused) {
  for (const auto& [fhir, ours] : {std::pair{"rejected", "declined"},
                                   {"in-progress", "in_progress"},
                                   {"on-hold", "queued"},
                                   {"completed", "completed"},
                                   {"failed", "broken_off"}}) {
    auto text = task_with("");
    text.replace(text.find("accepted"), 8, fhir);
    EXPECT_EQ(data_of(text).at("payload").at("status"), ours);
  }
  for (const auto* fhir : {"requested", "draft", "entered-in-error", "nonsense", ""}) {
    auto text = task_with("");
    text.replace(text.find("accepted"), 8, fhir);
    EXPECT_TRUE(std::holds_alternative<sdk::Error>(decode_fhir(text))) << fhir;
  }
}

TEST(Decode, LabelsProtectWhereverTheyStand) {
  const auto labelled = [](const std::string& code) {
    return data_of(
               task_with(
                   R"(,"meta2":{},"for":{"reference":"#p"},"contained":[{"resourceType":"Patient","id":"p","meta":{"security":[{"code":")" +
                   code + R"("}]}}])"))
        .at("persons")
        .at(0)
        .at("protection");
  };
  EXPECT_EQ(labelled("sekretessmarkering"), "marked");
  EXPECT_EQ(labelled("skyddadFolkbokforing"), "protected_registration");
  EXPECT_EQ(labelled("something-new"), "marked");
  EXPECT_EQ(labelled("N"), "none");
  auto on_task = task_with("");
  on_task.replace(on_task.find(R"("versionId":"1")"), 15,
                  R"("versionId":"1","security":[{"code":"skyddadFolkbokforing"}])");
  EXPECT_EQ(data_of(on_task).at("persons").at(0).at("protection"), "protected_registration");
}

TEST(Decode, OnlyAnAnsweredQuestionBecomesAFact) {
  const std::string type = R"("type":{"coding":[{"system":"urn:samband:fact","code":"need-for-care"}]})";
  EXPECT_EQ(data_of(task_with(R"(,"input":[{)" + type + R"(,"valueBoolean":false}])")).at("facts").at(0).at("value"),
            false);
  EXPECT_FALSE(data_of(task_with(R"(,"input":[{)" + type + R"(,"valueString":"ja"}])")).as_object().contains("facts"));
  EXPECT_FALSE(data_of(task_with("")).as_object().contains("facts"));
  const auto fact =
      data_of(task_with(R"(,"input":[{)" + type +
                        R"(,"valueReference":{"identifier":{"value":"HSA-1"},"display":"Doktor Prov"}}])"))
          .at("facts")
          .at(0);
  EXPECT_EQ(fact.at("value"), true);
  EXPECT_EQ(fact.at("assessor").at("id"), "HSA-1");
}

TEST(Tools, InstantsAndNames) {
  EXPECT_EQ(utc_instant("2026-11-22T00:15:00+01:00"), "2026-11-21T23:15:00.000Z");
  EXPECT_EQ(utc_instant("2026-12-31T23:45:00.25-00:30"), "2027-01-01T00:15:00.250Z");
  EXPECT_EQ(utc_instant("2026-11-22T00:15:00Z"), "2026-11-22T00:15:00.000Z");
  for (const auto* bad : {"", "2026-11-22", "2026-11-22T00:15:00", "2026-11-22T00:15:00+1:00",
                          "2026-13-22T00:15:00+01:00", "2026-11-22T00:15:00+19:00"})
    EXPECT_EQ(utc_instant(bad), "") << bad;
  EXPECT_EQ(named_uuid("a"), named_uuid("a"));
  EXPECT_NE(named_uuid("a"), named_uuid("b"));
  EXPECT_EQ(named_uuid("a").size(), 36u);
  EXPECT_EQ(named_uuid("a")[14], '8');
}

TEST(Encode, PersonNumbersStandInBodiesAndPseudonymsAreNoNumbers) {
  auto exchange = json::parse(read_file(kFolder / "cases/encode_referral/in.json")).as_object();
  const auto bundle = encode_exchange(exchange);
  for (const auto& entry : bundle.at("entry").as_array())
    EXPECT_EQ(std::string_view(entry.at("request").at("url").as_string()).find("2011"), std::string_view::npos);
  exchange["data"].as_object()["persons"].as_array()[0].as_object()["personalNumber"] = "pseudonym-p1";
  const auto patient = encode_exchange(exchange).at("entry").at(0).at("resource");
  EXPECT_EQ(patient.at("identifier").at(0).at("system"), "urn:samband:person");
}

TEST(Encode, CoordinationNumbersHaveTheirOwnSystem) {
  const auto exchange =
      json::parse(
          R"({"exchangeId":"e","kind":"care.referral","data":{"persons":[{"ref":"p1","role":"subject","personalNumber":"200903622390"}]}})")
          .as_object();
  EXPECT_EQ(encode_exchange(exchange).at("entry").at(0).at("resource").at("identifier").at(0).at("system"),
            json::value(kSamordningsnummer));
}

// Our own Bundle as somebody would send it to us: with an id and a time.
std::string as_sent(json::object bundle) {
  bundle["id"] = "b-1";
  bundle["timestamp"] = "2026-11-22T09:00:00Z";
  return json::serialize(bundle);
}

// What we write of a status, read back, says the same: no step, reason, time, handler or number is lost.
TEST(RoundTrip, EveryStepOfAReferral) {
  struct Step {
    const char *status, *reason, *fhir;
  };
  for (const Step& s : {Step{"received", "", "received"},
                        {"accepted", "", "accepted"},
                        {"declined", "person_declined", "rejected"},
                        {"declined", "recipient_declined", "rejected"},
                        {"completion_requested", "", "on-hold"},
                        {"forwarded", "misdirected", "in-progress"},
                        {"queued", "no_capacity", "on-hold"},
                        {"first_visit_booked", "", "accepted"},
                        {"no_show", "", "on-hold"},
                        {"first_visit", "", "in-progress"},
                        {"in_progress", "", "in-progress"},
                        {"confirmed", "", "accepted"},
                        {"completed", "", "completed"},
                        {"broken_off", "withdrawn", "failed"}}) {
    SCOPED_TRACE(std::string(s.status) + " " + s.reason);
    for (const auto* expected : {"2026-12-01", "2026-12-01T10:00:00.000Z"}) {
      auto exchange = json::parse(read_file(kFolder / "cases/encode_status_full/in.json")).as_object();
      auto& payload = exchange["data"].as_object()["payload"].as_object();
      payload["status"] = s.status;
      payload["expectedBy"] = expected;
      *s.reason ? void(payload["reasonCode"] = s.reason) : void(payload.erase("reasonCode"));
      const auto bundle = encode_exchange(exchange);
      EXPECT_EQ(bundle.at("entry").at(0).at("resource").at("status"), s.fhir);
      const auto back = data_of(as_sent(bundle));
      EXPECT_EQ(back.at("payload"), json::value(payload));
      EXPECT_EQ(back.at("persons").at(0).at("personalNumber"), "200703022392");
      EXPECT_EQ(back.at("persons").at(0).at("protection"), "marked");
    }
  }
}

TEST(RoundTrip, ATestOrderAndItsResult) {
  for (const auto* name : {"encode_order", "encode_result"}) {
    SCOPED_TRACE(name);
    const auto exchange = json::parse(read_file(kFolder / "cases" / name / "in.json")).as_object();
    const auto back = data_of(as_sent(encode_exchange(exchange)));
    EXPECT_EQ(back.at("kind"), exchange.at("kind"));
    auto payload = back.at("payload").as_object();
    if (back.at("kind") == "test.result") {  // one observation says all substances
      payload.erase("substances");
      auto sent = exchange.at("data").at("payload").as_object();
      sent.erase("substances");
      EXPECT_EQ(json::value(payload), json::value(sent));
    } else {
      EXPECT_EQ(payload.at("substances"), exchange.at("data").at("payload").at("substances"));
      EXPECT_EQ(payload.at("from"), exchange.at("data").at("payload").at("from"));
    }
    EXPECT_EQ(back.at("persons").at(0).at("protection"), "marked");
  }
}

TEST(RoundTrip, AConsentOfEveryGiver) {
  for (const auto* giver : {"self", "guardian", "both_guardians", "guardian_and_child", "both_guardians_and_child"}) {
    SCOPED_TRACE(giver);
    auto exchange = json::parse(read_file(kFolder / "cases/encode_referral/in.json")).as_object();
    const json::object consent{{"person", "p1"},
                               {"giver", giver},
                               {"recipients", {"bup", "maria-ungdom"}},
                               {"purposes", {"care_referral", "care_follow_up"}},
                               {"categories", {"identity", "health"}},
                               {"validFrom", "2026-11-22T00:00:00.000Z"},
                               {"validTo", "2027-02-22T00:00:00.000Z"},
                               {"language", "sv"},
                               {"evidenceSha256", std::string(64, 'a')},
                               {"agreement", "sig-2026"}};
    exchange["consents"] = json::array{consent};
    const auto back = data_of(as_sent(encode_exchange(exchange)));
    ASSERT_EQ(back.at("consents").as_array().size(), 1u);
    EXPECT_EQ(back.at("consents").at(0), json::value(consent));
  }
}

// What is written of a consent, by the kind of message that it carries.
std::size_t consents_written(const char* of, const char* empty = "") {
  auto exchange = json::parse(read_file(kFolder / "cases" / of / "in.json")).as_object();
  json::object consent{{"person", "p1"},
                       {"giver", "self"},
                       {"recipients", {"bup"}},
                       {"purposes", {"substance_test"}},
                       {"categories", {"test_result"}},
                       {"validTo", "2027-02-22T00:00:00.000Z"}};
  if (*empty) consent[empty] = json::array();
  exchange["consents"] = json::array{consent};
  std::size_t found = 0;
  const auto bundle = encode_exchange(exchange);
  for (const auto& entry : bundle.at("entry").as_array()) {
    const auto& resource = entry.at("resource").as_object();
    if (resource.at("resourceType") != "Consent") continue;
    ++found;
    EXPECT_TRUE(resource.at("provision").as_object().contains("code"));
  }
  return found;
}

TEST(Consent, AResultCarriesTheOneThatItRestsOn) {
  for (const auto* of : {"encode_referral", "encode_order", "encode_result"}) EXPECT_EQ(consents_written(of), 1u) << of;
}

// FHIR: no code is every code.
TEST(Consent, OneThatNamesNobodyOrNothingIsNotWritten) {
  for (const auto* empty : {"recipients", "purposes", "categories"}) {
    EXPECT_EQ(consents_written("encode_referral", empty), 0u) << empty;
    EXPECT_EQ(consents_written("encode_result", empty), 0u) << empty;
  }
}

json::object referral_with_consent() {
  return json::parse(read_file(kFolder / "cases/decode_consent/in.json")).as_object();
}
json::object& consent_of(json::object& bundle) {
  for (auto& v : bundle["entry"].as_array())
    if (auto& r = v.as_object()["resource"].as_object(); r["resourceType"] == "Consent") return r;
  throw std::logic_error("no Consent");
}

TEST(Consent, AHalfUnderstoodConsentIsRefused) {
  const auto where = [](auto&& change) {
    auto bundle = referral_with_consent();
    change(consent_of(bundle));
    auto decoded = decode_fhir(json::serialize(bundle));
    return std::holds_alternative<sdk::Error>(decoded) ? std::get<sdk::Error>(decoded).where : "accepted";
  };
  const auto provision = [](json::object& c) -> json::object& { return c["provision"].as_object(); };
  EXPECT_EQ(where([](auto&) {}), "accepted");
  EXPECT_EQ(where([&](auto& c) { provision(c)["type"] = "deny"; }), "/entry/3/resource/provision/type");
  EXPECT_EQ(where([&](auto& c) { provision(c).erase("type"); }), "/entry/3/resource/provision/type");
  EXPECT_EQ(where([&](auto& c) { provision(c)["provision"] = json::array{json::object{{"type", "deny"}}}; }),
            "/entry/3/resource/provision/provision");
  EXPECT_EQ(where([&](auto& c) { provision(c).erase("actor"); }), "/entry/3/resource/provision/actor");
  EXPECT_EQ(where([&](auto& c) { provision(c).erase("code"); }), "/entry/3/resource/provision/code");
  EXPECT_EQ(where([&](auto& c) { provision(c).erase("period"); }), "/entry/3/resource/provision/period/end");
  EXPECT_EQ(where([&](auto& c) { provision(c)["period"].as_object()["start"] = "2026"; }),
            "/entry/3/resource/provision/period/start");
  EXPECT_EQ(where([](auto& c) { c.erase("sourceReference"); }), "/entry/3/resource/sourceReference");
  EXPECT_EQ(where([](auto& c) { c.erase("performer"); }), "/entry/3/resource/performer");
  EXPECT_EQ(where([](auto& c) { c["performer"].as_array().push_back(json::object{{"display", "x"}}); }),
            "/entry/3/resource/performer");
  EXPECT_EQ(where([](auto& c) { c["patient"] = json::object{{"reference", "Patient/other"}}; }),
            "/entry/3/resource/patient");
  EXPECT_EQ(where([](auto& c) { c.erase("patient"); }), "/entry/3/resource/patient");
}

TEST(Consent, WhatIsNoConsentToThisPermitsNothing) {
  for (const auto* status : {"draft", "proposed", "rejected", "inactive", "entered-in-error", ""}) {
    auto bundle = referral_with_consent();
    consent_of(bundle)["status"] = status;
    EXPECT_FALSE(data_of(json::serialize(bundle)).as_object().contains("consents")) << status;
  }
  auto bundle = referral_with_consent();  // a consent within health care only
  consent_of(bundle)["provision"].as_object()["purpose"] =
      json::array{json::object{{"system", "http://terminology.hl7.org/CodeSystem/v3-ActReason"}, {"code", "TREAT"}}};
  const auto decoded = json::parse(std::get<std::string>(decode_fhir(json::serialize(bundle))));
  EXPECT_FALSE(decoded.at("data").as_object().contains("consents"));
  EXPECT_EQ(decoded.at("sambandwarnings").at(0).at("where"), "/entry/3/resource");
}

TEST(Decode, OnlyAFinalResultOfAnOrderIsPassedOn) {
  const auto text = read_file(kFolder / "cases/decode_result/in.json");
  const auto where = [&](std::string_view from, std::string_view to) {
    auto changed = text;
    const auto at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    auto decoded = decode_fhir(changed.replace(at, from.size(), to));
    return std::holds_alternative<sdk::Error>(decoded) ? std::get<sdk::Error>(decoded).where : "accepted";
  };
  EXPECT_EQ(where("\"status\": \"final\", \"basedOn\"", "\"status\": \"preliminary\", \"basedOn\""),
            "/entry/1/resource/status");
  EXPECT_EQ(where("urn:samband:exchange", "urn:other"), "/entry/1/resource/basedOn");
  EXPECT_EQ(where("\"result\":", "\"result2\":"), "/entry/1/resource/conclusion");
  EXPECT_EQ(where("2026-11-21T10:00:00+01:00", "yesterday"), "/entry/1/resource/effectiveDateTime");
}

TEST(Decode, AReserveNumberIsLeftOutAndSaidSo) {
  const auto decoded = json::parse(std::get<std::string>(decode_fhir(task_with(
      R"(,"for":{"identifier":{"system":"http://electronichealth.se/identifier/nationelltReservnummer","value":"25100100TF12"}})"))));
  EXPECT_FALSE(decoded.at("data").at("persons").at(0).as_object().contains("personalNumber"));
  EXPECT_EQ(decoded.at("sambandwarnings").at(0).at("code"), "unknown_field");
}

}  // namespace
}  // namespace samband::health
