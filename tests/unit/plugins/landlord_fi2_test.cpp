// fi2 master data from outside: fastAPI's own examples, where they stand beside the checkout, and hostile XML.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/json_tools.hpp"
#include "landlord/fi2.hpp"
#include "sdk/test_kit.hpp"

namespace {

using namespace samband;
using namespace samband::plugin;
namespace fs = std::filesystem;

const fs::path kFi2 = fs::path(SAMBAND_SOURCE_DIR).parent_path() / "shared/testdata/fi2";

TEST(Fi2, ALeaseContractOfFastApiCompletesAForm) {
  if (!fs::exists(kFi2)) GTEST_SKIP() << "fi2 examples are not beside the checkout";
  const auto all = json::parse(test_kit::read_text(kFi2 / "fi2leasecontract.json"));
  json::object form{{"leaseNumber", "105"}, {"fi2", all.at("fi2LeaseContractsJsonWithRentals")}};
  std::vector<Warning> warnings;
  auto done = complete_from_fi2(form, warnings);
  ASSERT_TRUE(std::holds_alternative<std::monostate>(done)) << std::get<sdk::Error>(done).message;
  EXPECT_FALSE(form.contains("fi2"));
  EXPECT_EQ(form.at("tenant").at("name"), "Jenny Fältskog");
  EXPECT_EQ(form.at("coTenants").at(0).at("name"), "Åsa Batalj");
  EXPECT_EQ(form.at("tenant").at("address").at("street"), "Slottsvägen 45");
  EXPECT_EQ(form.at("dwelling"), true);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].code, "personnummer_stripped");
  EXPECT_EQ(json::serialize(form).find("000000-0000"), std::string::npos);

  // A number is its text, null is an absent member, and another type names its place: never another contract.
  json::object loose{{"leaseNumber", 105},
                     {"dwelling", nullptr},
                     {"tenant", {{"name", nullptr}}},
                     {"fi2", all.at("fi2LeaseContractsJsonWithRentals")}};
  ASSERT_TRUE(std::holds_alternative<std::monostate>(complete_from_fi2(loose, warnings)));
  EXPECT_EQ(loose.at("tenant").at("name"), "Jenny Fältskog");
  EXPECT_EQ(loose.at("dwelling"), true);
  for (const auto& [where, wrong] : std::vector<std::pair<std::string, json::object>>{
           {"/leaseNumber", {{"leaseNumber", json::array{"105"}}}},
           {"/tenant", {{"leaseNumber", "105"}, {"tenant", "Jenny"}}},
           {"/tenant/name", {{"leaseNumber", "105"}, {"tenant", {{"name", true}}}}}}) {
    json::object asked = wrong;
    asked["fi2"] = all.at("fi2LeaseContractsJsonWithRentals");
    const auto said = complete_from_fi2(asked, warnings);
    ASSERT_TRUE(std::holds_alternative<sdk::Error>(said)) << where;
    EXPECT_EQ(std::get<sdk::Error>(said).where, where);
  }

  // Contracts without their partners: a lease number alone names nobody.
  json::object bare{{"leaseNumber", "1"}, {"fi2", all.at("fi2LeaseContractsJson")}};
  EXPECT_TRUE(std::holds_alternative<sdk::Error>(complete_from_fi2(bare, warnings)));
}

TEST(Fi2, APartnerAloneIsNoLease) {
  if (!fs::exists(kFi2)) GTEST_SKIP() << "fi2 examples are not beside the checkout";
  json::object form{{"fi2", test_kit::read_text(kFi2 / "fi2partner.xml")}};
  std::vector<Warning> warnings;
  const auto done = complete_from_fi2(form, warnings);
  ASSERT_TRUE(std::holds_alternative<sdk::Error>(done));
  EXPECT_EQ(std::get<sdk::Error>(done).message, "no lease contract of that number");
}

TEST(Fi2, HostileXmlIsRefusedCheaply) {
  std::string bomb = "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\">";
  for (char c = 'b'; c < 'k'; ++c)
    bomb += std::string("<!ENTITY ") + c + " \"&" + static_cast<char>(c - 1) + ";&" + static_cast<char>(c - 1) + ";\">";
  bomb += "]><fi2simplemessage xmlns=\"http://www.fi2.se/schemas/1.31\">&j;</fi2simplemessage>";
  std::string deep, huge = "<fi2simplemessage xmlns=\"http://www.fi2.se/schemas/1.31\">" + std::string(5u << 20, ' ') +
                           "</fi2simplemessage>";
  for (int i = 0; i < 10000; ++i) deep += "<a>";
  for (const auto& text : {bomb, deep, huge, std::string("<a/>"), std::string("<fi2simplemessage/>"), std::string()}) {
    json::object form{{"leaseNumber", "1"}, {"fi2", text}};
    std::vector<Warning> warnings;
    EXPECT_TRUE(std::holds_alternative<sdk::Error>(complete_from_fi2(form, warnings))) << text.substr(0, 40);
  }
}

}  // namespace
