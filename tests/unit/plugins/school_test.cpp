// The school adapter against Skolverket's own sample data, and what becomes of a security marking.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sdk/test_kit.hpp"

namespace {

using namespace samband;
namespace fs = std::filesystem;
namespace json = boost::json;

const fs::path kSource = SAMBAND_SOURCE_DIR, kBinary = SAMBAND_BINARY_DIR;

fs::path samples() {
  const char* named = std::getenv("SAMBAND_TESTDATA");
  return (named ? fs::path(named) : kSource / "../shared/testdata") / "ss12000/test/resources/sampledata";
}

json::object form() {
  return json::parse(test_kit::read_text(kSource / "plugins/school/cases/concern/in.json")).as_object();
}

test_kit::Outcome decode(const json::object& value) {
  static test_kit::Module school(kBinary / "lib/samband-school.so");
  return school.decode(json::serialize(value));
}

json::object first_person(const test_kit::Outcome& out) {
  return json::parse(out.messages.at(0)).at("data").at("persons").at(0).as_object();
}

TEST(School, ReadsThePublishedPerson) {
  if (!fs::exists(samples())) GTEST_SKIP() << "no test data (SAMBAND_TESTDATA): ss12000";
  auto whole = form();
  whole["person"] = json::parse(test_kit::read_text(samples() / "person.json"));
  const auto out = decode(whole);
  ASSERT_EQ(out.status, HUB_OK) << out.where << " " << out.message;
  const auto person = first_person(out);
  EXPECT_EQ(person.at("givenName"), "Given Name Test Middle Name Test");
  EXPECT_EQ(person.at("familyName"), "Family Name Test");
  EXPECT_EQ(person.at("email"), "elev1@soderhavetsgymnasium.se");
  EXPECT_EQ(person.at("personalNumber"), whole["person"].at("civicNo").at("value"));
  // Where the pupil goes to school and the school's accounts stay there.
  EXPECT_THAT(out.messages[0], testing::Not(testing::HasSubstr("enrol")));
  EXPECT_THAT(out.messages[0], testing::Not(testing::HasSubstr("fa592db1")));
  EXPECT_THAT(out.messages[0], testing::Not(testing::HasSubstr("123456789")));
}

TEST(School, RefusesWhatIsNoPerson) {
  if (!fs::exists(samples())) GTEST_SKIP() << "no test data (SAMBAND_TESTDATA): ss12000";
  const auto bad = json::parse(test_kit::read_text(samples() / "activities_invalid.json"));
  EXPECT_EQ(decode(bad.as_object()).status, HUB_INVALID_INPUT);
  auto whole = form();
  whole["person"] = bad.at("activities").at(0);
  const auto out = decode(whole);
  EXPECT_EQ(out.status, HUB_INVALID_INPUT);
  EXPECT_THAT(out.where, testing::StartsWith("/person"));
  EXPECT_THAT(out.message, testing::Not(testing::HasSubstr("i0vgu992NfALpgV")));
}

TEST(School, AMarkingThatItDoesNotKnowIsTheStrictest) {
  for (const auto& [marking, protection] : {std::pair<json::value, const char*>{"Ingen", "none"},
                                            {"Sekretessmarkering", "marked"},
                                            {"Skyddad folkbokföring", "protected_registration"},
                                            {"Skyddad Folkbokföring", "fictitious"},
                                            {"", "fictitious"},
                                            {nullptr, "fictitious"},
                                            {7, "fictitious"}}) {
    auto whole = form();
    whole["person"].as_object()["securityMarking"] = marking;
    const auto out = decode(whole);
    ASSERT_EQ(out.status, HUB_OK) << out.where;
    EXPECT_EQ(first_person(out).at("protection"), protection) << json::serialize(marking);
    const bool warned = out.messages[0].find("protected_identity") != std::string::npos;
    EXPECT_EQ(warned, std::string(protection) == "fictitious");
  }
}

TEST(School, EveryPersonOfTheFormIsReadAsStrictly) {
  for (const auto* list : {"guardians", "siblings"}) {
    auto whole = form();
    auto person = whole["person"].as_object();
    person["securityMarking"] = "Sekretessmarkering";
    whole[list] = json::array{person};
    auto out = decode(whole);
    ASSERT_EQ(out.status, HUB_OK) << out.where << " " << out.message;
    EXPECT_EQ(json::parse(out.messages[0]).at("data").at("persons").as_array().back().at("protection"), "marked");
    person["securitymarking"] = "Sekretessmarkering";
    whole[list] = json::array{person};
    out = decode(whole);
    EXPECT_EQ(out.status, HUB_INVALID_INPUT);
    EXPECT_EQ(out.where, "/" + std::string(list) + "/0");
  }
}

// What goes out can be read in again: the words of SS12000 mean the same both ways.
TEST(School, MarkingsSurviveBothWays) {
  test_kit::Module school(kBinary / "lib/samband-school.so");
  for (const auto& [protection, marking] : {std::pair{"none", "Ingen"},
                                            {"marked", "Sekretessmarkering"},
                                            {"protected_registration", "Skyddad folkbokföring"},
                                            {"fictitious", "Skyddad folkbokföring"},
                                            {"unheard_of", "Skyddad folkbokföring"}}) {
    auto exchange =
        json::parse(test_kit::read_text(kSource / "plugins/school/cases/deliver_started/exchange.json")).as_object();
    exchange["data"].at("persons").at(0).as_object()["protection"] = protection;
    const auto out = school.step(json::serialize(exchange));
    ASSERT_TRUE(out.action);
    EXPECT_EQ(json::parse(out.action->body).at("persons").at(0).at("securityMarking"), marking);
  }
}

TEST(School, ConfigurationIsStrict) {
  for (const auto* config : {R"({"path":"notices"})", R"({"paht":"/x"})", R"({"path":1})"})
    EXPECT_THROW(test_kit::Module(kBinary / "lib/samband-school.so", config), std::runtime_error) << config;
  EXPECT_NO_THROW(test_kit::Module(kBinary / "lib/samband-school.so",
                                   test_kit::read_text(kSource / "plugins/school/sample-config.json")));
}

}  // namespace
