// Which consents an adapter hears of, and how much of each.
#include <gtest/gtest.h>

#include "delivery/outbox.hpp"

namespace samband {
namespace {

constexpr Time kNow = Time(std::chrono::hours(24 * 365 * 56));

class ConsentForAdapter : public ::testing::Test {
 protected:
  ConsentForAdapter() {
    consent_.id = "c1", consent_.subject_ref = "ref-1", consent_.holder = "social-board", consent_.giver = "self";
    consent_.recipients = {"bup", "police-west"}, consent_.purposes = {"care_referral", "sig_cooperation"};
    consent_.categories = {"identity", "health", "test_result"};
    consent_.valid_from = kNow - std::chrono::hours(1), consent_.valid_to = kNow + std::chrono::hours(1);
    consent_.evidence_sha256 = "ab", consent_.language = "sv";
    row_.recipient = "bup", row_.purpose = "care_referral";
    source_.message.persons.resize(2);
    source_.message.persons[0].ref = "p1", source_.message.persons[0].subject_ref = "ref-1";
    source_.message.persons[1].ref = "g1", source_.message.persons[1].subject_ref = "ref-2";
    source_.fields = {{"/persons/0/givenName", "identity", {"p1"}},
                      {"/payload/question", "health", {"p1"}},
                      {"/payload/misuse", "misuse", {"p1"}}};
    data_ = json::parse(R"({"persons":[{"ref":"p1","role":"subject","givenName":"Alva"}]})");
  }
  std::optional<json::object> said() const {
    return consent_for_adapter(consent_, row_, source_, data_, {"/payload/misuse", "/persons/0/givenName"}, kNow);
  }

  Consent consent_;
  ExchangeRow row_;
  Case source_;
  json::value data_;
};

TEST_F(ConsentForAdapter, IsNarrowedToThisExchange) {
  const auto expected = json::parse(R"({"id":"c1","person":"p1","giver":"self","holder":"social-board",
    "recipients":["bup"],"purposes":["care_referral"],"categories":["identity"],"language":"sv"})")
                            .as_object();
  auto got = said();
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->erase("validFrom"));
  EXPECT_TRUE(got->erase("validTo"));
  EXPECT_EQ(json::value(*got), json::value(expected));
}

TEST_F(ConsentForAdapter, OfAnotherRecipientOrPurposeOrPersonIsNotSaid) {
  row_.recipient = "bas";
  EXPECT_FALSE(said());
  row_.recipient = "bup", row_.purpose = "substance_test";
  EXPECT_FALSE(said());
  row_.purpose = "care_referral";
  consent_.subject_ref = "ref-2";  // of the message, but nothing of that person is released
  EXPECT_FALSE(said());
  consent_.subject_ref = "ref-3";
  EXPECT_FALSE(said());
  consent_.subject_ref = "ref-1";
  EXPECT_TRUE(said());
}

// Without categories it could be read as a consent to everything.
TEST_F(ConsentForAdapter, ThatCoversNothingOfWhatIsReleasedIsNotSaid) {
  consent_.categories = {"health", "test_result"};  // asked of, but withheld; and not asked of
  EXPECT_FALSE(said());
  consent_.categories.clear();
  EXPECT_FALSE(said());
  consent_.categories = {"misuse"};
  EXPECT_TRUE(said());
}

TEST_F(ConsentForAdapter, RevokedOrOutOfItsTimeIsNotSaid) {
  consent_.revoked_at = kNow - std::chrono::minutes(1);
  EXPECT_FALSE(said());
  consent_.revoked_at.reset();
  consent_.valid_to = kNow;
  EXPECT_FALSE(said());
  consent_.valid_to = kNow + std::chrono::hours(1), consent_.valid_from = kNow + std::chrono::minutes(1);
  EXPECT_FALSE(said());
}

}  // namespace
}  // namespace samband
