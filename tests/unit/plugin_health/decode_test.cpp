// FHIR in and out: goldens, errors without values, protection labels.
#include <gtest/gtest.h>

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
  EXPECT_GE(cases, 7);
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

}  // namespace
}  // namespace samband::health
