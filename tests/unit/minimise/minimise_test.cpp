#include "minimise/minimise.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "decision_for_test.hpp"

namespace samband {
namespace {

using ::testing::ElementsAre;

FieldDecision field(std::string pointer, FieldOutcome outcome, std::string action = "pass",
                    std::vector<std::string> persons = {}) {
  FieldDecision f;
  f.field = {std::move(pointer), "identity", std::move(persons)};
  f.outcome = outcome, f.action = std::move(action);
  return f;
}
FieldDecision release(std::string pointer, std::string action = "pass", std::vector<std::string> persons = {}) {
  return field(std::move(pointer), FieldOutcome::release, std::move(action), std::move(persons));
}
FieldDecision withhold(std::string pointer) { return field(std::move(pointer), FieldOutcome::withhold); }
FieldDecision hold(std::string pointer) { return field(std::move(pointer), FieldOutcome::hold); }

Message message() {
  Message m;
  m.data = json::parse(R"({
    "kind": "police.suspicion",
    "persons": [
      {"ref": "p1", "role": "subject", "personalNumber": "n1", "givenName": "Ada", "birthDate": "2009-03-01",
       "address": {"street": "S 1", "city": "C"}, "municipality": "0999", "informed": true},
      {"ref": "p2", "role": "guardian", "givenName": "Bo", "birthDate": "1980-01-02"},
      {"ref": "p3", "role": "sibling", "givenName": "Cy"}],
    "facts": [{"code": "offer_accepted", "value": true, "person": "p1"}, {"code": "need_of_help", "value": false}],
    "payload": {"offence": {"code": "x", "text": "y"}, "items": [1, 2, 3], "a/b": "slash", "empty": {}},
    "text": "free text"})");
  return m;
}
Minimised kept(std::vector<FieldDecision> fields, Outcome outcome = Outcome::partial) {
  auto r = minimise(message(), DecisionMaker::make(outcome, std::move(fields)));
  EXPECT_TRUE(r) << r.error().message;
  return *std::move(r);
}
std::string text(const Minimised& m) { return canonical_json(m.data()); }

TEST(Minimise, KeepsWhatIsReleasedAndNothingElse) {
  const Minimised m = kept({release("/kind"), withhold("/persons/0/givenName"), hold("/text"),
                            release("/payload/offence/code"), release("/payload/a~1b")});
  EXPECT_EQ(text(m), R"({"kind":"police.suspicion","payload":{"a/b":"slash","offence":{"code":"x"}}})");
  EXPECT_THAT(m.pointers(), ElementsAre("/kind", "/payload/a~1b", "/payload/offence/code"));
}
TEST(Minimise, AFieldThatTheDecisionDoesNotNameStays) {
  EXPECT_EQ(text(kept({release("/kind")})), R"({"kind":"police.suspicion"})");
  EXPECT_EQ(text(kept({})), "{}");
}
TEST(Minimise, PersonsKeepOrderRefAndRole) {
  const Minimised m = kept({release("/persons/2/givenName"), release("/persons/0/address/city")});
  EXPECT_EQ(text(m), R"({"persons":[{"address":{"city":"C"},"ref":"p1","role":"subject"},)"
                     R"({"givenName":"Cy","ref":"p3","role":"sibling"}]})");
  EXPECT_THAT(m.pointers(), ElementsAre("/persons/0/address/city", "/persons/0/ref", "/persons/0/role",
                                        "/persons/2/givenName", "/persons/2/ref", "/persons/2/role"));
}
TEST(Minimise, APersonOfWhomNothingLeavesDisappears) {
  const Minimised m = kept({release("/kind"), withhold("/persons/1/givenName"), hold("/persons/1/birthDate")});
  EXPECT_EQ(text(m).find("p2"), std::string::npos);
  EXPECT_EQ(text(m).find("guardian"), std::string::npos);
}
TEST(Minimise, ElementsOfOtherArraysKeepOnlyTheirFields) {
  const Minimised m = kept({release("/facts/1/code"), release("/facts/1/value"), release("/payload/items/2")});
  EXPECT_EQ(text(m), R"({"facts":[{"code":"need_of_help","value":false}],"payload":{"items":[3]}})");
}
TEST(Minimise, AWithheldPartOfAReleasedWholeStaysBehind) {
  const Minimised m = kept({release("/payload/offence"), withhold("/payload/offence/text")});
  EXPECT_EQ(text(m), R"({"payload":{"offence":{"code":"x"}}})");
}
TEST(Minimise, TheStricterOfTwoVerdictsOnOneFieldCounts) {
  for (const auto& strict : {withhold("/kind"), hold("/kind"), release("/kind", "drop")}) {
    EXPECT_EQ(text(kept({release("/kind"), strict, release("/text")})), R"({"text":"free text"})");
    EXPECT_EQ(text(kept({strict, release("/kind"), release("/text")})), R"({"text":"free text"})");
  }
}

TEST(Minimise, GeneraliseTurnsABirthDateIntoItsYear) {
  const Minimised m = kept({release("/persons/0/birthDate", "generalise")});
  EXPECT_EQ(text(m), R"({"persons":[{"birthDate":"2009","ref":"p1","role":"subject"}]})");
}
TEST(Minimise, GeneraliseDropsNumberAndStreetAndLeavesTheMunicipalityToItsOwnDecision) {
  const auto fields = [](FieldDecision municipality) {
    return std::vector<FieldDecision>{release("/persons/0/personalNumber", "generalise"),
                                      release("/persons/0/address/street", "generalise"),
                                      release("/persons/0/address/city", "generalise"), std::move(municipality)};
  };
  const Minimised m = kept(fields(release("/persons/0/municipality")));
  EXPECT_EQ(text(m), R"({"persons":[{"municipality":"0999","ref":"p1","role":"subject"}]})");
  EXPECT_THAT(m.pointers(), ElementsAre("/persons/0/municipality", "/persons/0/ref", "/persons/0/role"));
  EXPECT_EQ(text(kept(fields(withhold("/persons/0/municipality")))), "{}");
}
TEST(Minimise, PseudonymsNameThePersonOfTheMessage) {
  const Minimised m =
      kept({release("/persons/0/givenName", "pseudonymise"), release("/persons/1/birthDate", "pseudonymise"),
            release("/payload/offence/text", "pseudonymise", {"p3"})});
  EXPECT_EQ(text(m), R"({"payload":{"offence":{"text":"pseudonym-p3"}},"persons":[)"
                     R"({"givenName":"pseudonym-p1","ref":"p1","role":"subject"},)"
                     R"({"birthDate":"pseudonym-p2","ref":"p2","role":"guardian"}]})");
}
TEST(Minimise, APseudonymOfSeveralOrNobodyIsDropped) {
  EXPECT_EQ(text(kept({release("/text", "pseudonymise", {"p1", "p2"}), release("/kind", "pseudonymise")})), "{}");
}
TEST(Minimise, Drop) {
  const Minimised m = kept({release("/persons/0/givenName", "drop"), release("/kind")});
  EXPECT_EQ(text(m), R"({"kind":"police.suspicion"})");
  EXPECT_THAT(m.pointers(), ElementsAre("/kind"));
}

TEST(Minimise, OnlyAPermittingDecisionIsObeyed) {
  for (const Outcome outcome : {Outcome::held, Outcome::refused}) {
    const auto r = minimise(message(), DecisionMaker::make(outcome, {release("/kind")}));
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, Errc::forbidden);
  }
  for (const Outcome outcome : {Outcome::released, Outcome::partial}) {
    EXPECT_TRUE(minimise(message(), DecisionMaker::make(outcome, {release("/kind")})));
  }
}
TEST(Minimise, WhatItDoesNotUnderstandFailsClosed) {
  FieldDecision uncategorised = release("/kind");
  uncategorised.field.category = "";
  for (const auto& f :
       {release("/kind", "mask"), release("/kind", ""), release("/persons/7/givenName"), uncategorised}) {
    const auto r = minimise(message(), DecisionMaker::make(Outcome::released, {release("/text"), f}));
    ASSERT_FALSE(r) << f.field.pointer << f.action;
    EXPECT_EQ(r.error().code, Errc::internal);
  }
  Message empty;
  EXPECT_FALSE(minimise(empty, DecisionMaker::make(Outcome::released, {})));
}
TEST(Minimise, CarriesTheFingerprintOfItsDecision) {
  const Decision d = DecisionMaker::make(Outcome::released, {release("/kind")});
  EXPECT_EQ(minimise(message(), d)->decision_fingerprint(), d.fingerprint());
  EXPECT_NE(kept({release("/text")}).decision_fingerprint(), d.fingerprint());
}

// The law that matters: every string that leaves was released, whatever the decision says. Seeds are the loop counter.
TEST(Minimise, NoValueLeavesThatWasNotReleased) {
  const std::vector<std::pair<std::string, std::string>> leaves = {{"/kind", "police.suspicion"},
                                                                   {"/persons/0/personalNumber", "n1"},
                                                                   {"/persons/0/givenName", "Ada"},
                                                                   {"/persons/0/birthDate", "2009-03-01"},
                                                                   {"/persons/0/address/street", "S 1"},
                                                                   {"/persons/0/municipality", "0999"},
                                                                   {"/persons/1/givenName", "Bo"},
                                                                   {"/persons/1/birthDate", "1980-01-02"},
                                                                   {"/persons/2/givenName", "Cy"},
                                                                   {"/payload/offence/text", "y"},
                                                                   {"/text", "free text"}};
  for (unsigned mask = 0; mask < 1u << leaves.size(); ++mask) {
    std::vector<FieldDecision> fields;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      fields.push_back(mask >> i & 1 ? release(leaves[i].first) : withhold(leaves[i].first));
    }
    const Minimised m = kept(std::move(fields));
    const std::string out = text(m);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      const bool left = out.find('"' + leaves[i].second + '"') != std::string::npos;
      ASSERT_EQ(left, (mask >> i & 1) != 0) << leaves[i].first << " mask " << mask;
    }
  }
}

}  // namespace
}  // namespace samband
