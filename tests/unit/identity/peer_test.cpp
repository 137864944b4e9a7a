#include "identity/peer.hpp"

#include <gtest/gtest.h>

namespace samband {
namespace {

Party party(std::string id, std::string organisation, std::string pin = "") {
  Party p;
  p.id = std::move(id), p.organisation_number = std::move(organisation), p.certificate_sha256 = std::move(pin);
  return p;
}
// Two parties of one municipality, one region, one party with a pinned certificate.
Parties parties() {
  return Parties({party("social-board", "2120000100"), party("school-south", "2120000100"), party("bup", "2321000200"),
                  party("landlord", "5560000300", "ab12")});
}
PeerCertificate certificate(std::string sha256, std::string organisation, std::string name) {
  return {std::move(sha256), std::move(organisation), std::move(name)};
}

TEST(Identify, OrganisationNumberAndCommonNameTogetherNameTheParty) {
  const Parties all = parties();
  EXPECT_EQ(identify(certificate("01", "2120000100", "school-south"), all)->party->id, "school-south");
  EXPECT_EQ(identify(certificate("01", "2120000100", "social-board"), all)->party->id, "social-board");
}
TEST(Identify, OneWithoutTheOtherIsNobody) {
  const Parties all = parties();
  for (const auto& peer :
       {certificate("01", "2120000100", "bup"), certificate("01", "2120000100", ""), certificate("01", "", "bup"),
        certificate("01", "2321000200", "BUP"), certificate("01", "9999999999", "stranger")}) {
    const auto r = identify(peer, all);
    ASSERT_FALSE(r) << peer.common_name;
    EXPECT_EQ(r.error().code, Errc::forbidden);
  }
}
TEST(Identify, APinnedFingerprintWins) {
  const Parties all = parties();
  EXPECT_EQ(identify(certificate("ab12", "2120000100", "social-board"), all)->party->id, "landlord");
}
TEST(Identify, APinnedPartyIsReachedByNoOtherCertificate) {
  const auto r = identify(certificate("cd34", "5560000300", "landlord"), parties());
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::forbidden);
}
TEST(Identify, NoCertificateIsUnauthorised) {
  const auto r = identify(certificate("", "2321000200", "bup"), parties());
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::unauthorised);
}
TEST(Identify, NobodyIsNamedWhenAPartyHasNoOrganisationNumber) {
  EXPECT_FALSE(identify(certificate("01", "", "x"), Parties({party("x", "")})));
}

TEST(Identify, AnOfficialsPinnedCertificateIsThatPersonAtTheParty) {
  Official official{"handler-1", "bup", {"caseworker"}, "ef56", "", ""},
      unknown{"handler-2", "bup", {"caseworker"}, "", "", ""};
  const Parties all({party("bup", "2321000200")}, {unknown, official});
  const auto caller = identify(certificate("ef56", "2321000200", "handler-1"), all);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->party->id, "bup");
  ASSERT_NE(caller->official, nullptr);
  EXPECT_EQ(caller->official->id, "handler-1");
  EXPECT_EQ(identify(certificate("01", "2321000200", "bup"), all)->official, nullptr);
  // The same name on another certificate is nobody, and an official without a certificate is not "no certificate".
  EXPECT_FALSE(identify(certificate("aa", "2321000200", "handler-1"), all));
  EXPECT_FALSE(identify(certificate("", "2321000200", "handler-2"), all));
}

}  // namespace
}  // namespace samband
