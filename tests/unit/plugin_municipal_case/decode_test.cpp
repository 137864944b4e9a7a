// Decoding of the case system's messages: goldens, and errors that name the place and never the value.
#include "case_errand/decode.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "municipal_case/municipal_case_adapter.hpp"

namespace samband::municipal {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

const std::filesystem::path kFolder = std::filesystem::path(SAMBAND_SOURCE_DIR) / "plugins/municipal_case";

TEST(Decode, Goldens) {
  int cases = 0;
  for (const auto& folder : std::filesystem::directory_iterator(kFolder / "cases")) {
    SCOPED_TRACE(folder.path().filename());
    auto decoded = case_errand::decode_case_message(read_file(folder.path() / "in.json"));
    const auto* message = std::get_if<std::string>(&decoded);
    ASSERT_TRUE(message) << std::get<sdk::Error>(decoded).where << " " << std::get<sdk::Error>(decoded).message;
    const auto expected = json::parse(read_file(folder.path() / "expected.json"));
    EXPECT_EQ(json::parse("[" + *message + "]"), expected) << *message;
    ++cases;
  }
  EXPECT_GE(cases, 5);
}

TEST(Decode, SampleConfigurationIsTaken) {
  MunicipalCaseAdapter adapter;
  auto r = adapter.configure(read_file(kFolder / "sample-config.json"));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(r));
}

TEST(Decode, ErrorsNameThePlaceAndNeverTheValue) {
  const std::string head = R"("messageId":"m-1","createdAt":"2026-11-22T01:00:00Z")";
  const std::string client = R"("client":{"personalNumber":"200903022390","givenName":"Alva"})";
  const std::pair<std::string, std::string> cases[] = {
      {"", "byte 0"},
      {"[]", ""},
      {"{}", "/messageId"},
      {"{" + head + "}", "/type"},
      {"{" + head + R"(,"type":"letter"})", "/type"},
      {"{" + head + R"(,"type":7})", "/type"},
      {"{" + head + R"(,"type":"referral","referral":{"service":"bup"}})", "/client"},
      {"{" + head + R"(,"type":"referral",)" + client + "}", "/referral"},
      {"{" + head + R"(,"type":"test_order","test_order":{"substances":["THC"]}})", "/client"},
      {"{" + head + R"(,"type":"test_order",)" + client + "}", "/test_order"},
      {"{" + head + R"(,"type":"known_query",)" + client + R"(,"known_query":true})", "/known_query"},
      {"{" + head + R"(,"type":"known_query",)" + client + R"(,"known_query":{},"test_order":{}})", ""},
      {"{" + head + R"(,"type":"known.query",)" + client + R"(,"known.query":{}})", "/type"},
      {"{" + head + R"(,"type":"referral",)" + client + R"(,"referral":{"question":"200903022390"}})",
       "/referral/service"},
      {"{" + head + R"(,"type":"referral",)" + client + R"(,"referral":{"service":["200903022390"]}})",
       "/referral/service"},
      {"{" + head + R"(,"type":"referral",)" + client + R"(,"referral":{"service":"bup","200903022390":1}})",
       "/referral"},
      {"{" + head + R"(,"type":"referral",)" + client + R"(,"referral":{"service":"bup"},"sig":{}})", ""},
      {"{" + head + R"(,"type":"referral","client":{"personalNumber":200903022390},"referral":{"service":"bup"}})",
       "/client/personalNumber"},
      {"{" + head + R"(,"type":"referral","client":{"personalNumber":"0903022390"},"referral":{"service":"bup"}})",
       "/client/personalNumber"},
      {"{" + head + R"(,"type":"referral","client":{"protecton":"marked"},"referral":{"service":"bup"}})", "/client"},
      {"{" + head + R"(,"type":"referral","client":{"protection":"yes"},"referral":{"service":"bup"}})",
       "/client/protection"},
      {"{" + head + R"(,"type":"referral",)" + client +
           R"(,"guardians":[{},"200903022390"],"referral":{"service":"bup"}})",
       "/guardians/1"},
      {"{" + head + R"(,"type":"concern",)" + client + R"(,"concern":{"violence":"yes"}})", "/concern/violence"},
      {"{" + head + R"(,"type":"receipt","receipt":{"exchangeId":"e","receivedAt":"yesterday"}})",
       "/receipt/receivedAt"},
      {"{" + head + R"(,"type":"status","status":{"exchangeId":"e"}})", "/status/status"},
      {"{" + head + R"(,"type":"concern",)" + client +
           R"(,"concern":{},"facts":[{"code":"guardian_harm","value":"ja"}]})",
       "/facts/0/value"},
      {"{" + head + R"(,"type":"concern",)" + client + R"(,"concern":{},"facts":[{"code":"guardian_harm"}]})",
       "/facts/0/value"},
  };
  for (const auto& [text, where] : cases) {
    SCOPED_TRACE(text);
    auto decoded = case_errand::decode_case_message(text);
    ASSERT_TRUE(std::holds_alternative<sdk::Error>(decoded));
    const auto& error = std::get<sdk::Error>(decoded);
    EXPECT_EQ(error.status, HUB_INVALID_INPUT);
    EXPECT_EQ(error.where, where);
    EXPECT_EQ(error.where.find("200903022390"), std::string::npos);
    EXPECT_EQ(error.message.find("200903022390"), std::string::npos);
  }
}

TEST(Decode, CaseworkerAnswersForFactsWithoutAnAssessor) {
  auto decoded =
      case_errand::decode_case_message(R"({"messageId":"m","createdAt":"2026-11-22T01:00:00Z","type":"concern",
    "caseworker":{"id":"cw-1","name":"Kaj Handläggare"},"client":{"givenName":"Love"},"concern":{"concern":"oro"},
    "facts":[{"code":"guardian_harm","value":true,"person":"p1"},
             {"code":"individual_assessment","value":false,"assessor":{"id":"cw-2"}}]})");
  const auto data = json::parse(std::get<std::string>(decoded)).at("data");
  EXPECT_EQ(data.at("facts").at(0).at("assessor").at("id"), "cw-1");
  EXPECT_EQ(data.at("facts").at(1).at("assessor").at("id"), "cw-2");
  EXPECT_EQ(data.at("facts").at(1).at("value"), false);
}

TEST(Decode, EveryPrefixOfAMessageIsRefused) {
  const auto text = read_file(kFolder / "cases/referral/in.json");
  ASSERT_FALSE(text.empty());
  const auto end = text.find_last_of('}');
  for (std::size_t n = 0; n < end; n += 7)
    EXPECT_TRUE(std::holds_alternative<sdk::Error>(case_errand::decode_case_message(text.substr(0, n)))) << n;
}

}  // namespace
}  // namespace samband::municipal
