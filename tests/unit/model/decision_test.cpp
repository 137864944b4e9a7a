// Fingerprints of decisions, and parties. The class DecisionMaker here stands for hub/confidentiality, which alone may
// make a Decision in the product.
#include "model/decision.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "model/party.hpp"

namespace samband {

class DecisionMaker {
 public:
  static Decision make() {
    Decision d;
    d.outcome_ = Outcome::partial;
    FieldDecision released, withheld;
    released.field = {"/payload/a", "event", {"p1"}};
    released.outcome = FieldOutcome::release;
    withheld.field = {"/payload/b", "event", {"p1"}};
    withheld.reason = "secrecy";
    d.fields_ = {released, withheld};
    d.rules_ = {"R-1", "R-2"};
    d.consents_ = {"c-1"};
    d.obligations_ = {"receipt"};
    d.missing_ = {"consent"};
    return d;
  }
  static Decision& outcome(Decision& d, Outcome o) { return d.outcome_ = o, d; }
  static std::vector<FieldDecision>& fields(Decision& d) { return d.fields_; }
  static std::vector<std::string>& rules(Decision& d) { return d.rules_; }
  static std::vector<std::string>& consents(Decision& d) { return d.consents_; }
  static std::vector<std::string>& obligations(Decision& d) { return d.obligations_; }
  static std::vector<std::string>& missing(Decision& d) { return d.missing_; }
  static std::optional<Duty>& duty(Decision& d) { return d.duty_; }
};

namespace {

static_assert(!std::is_default_constructible_v<Decision>, "no other room can invent a permission");

const std::string kBase = DecisionMaker::make().fingerprint();

TEST(Fingerprint, IsStable) { EXPECT_EQ(DecisionMaker::make().fingerprint(), kBase); }

TEST(Fingerprint, ChangesWithWhatMatters) {
  const auto changed = [](auto change) {
    Decision d = DecisionMaker::make();
    change(d);
    return d.fingerprint() != kBase;
  };
  EXPECT_TRUE(changed([](Decision& d) { DecisionMaker::outcome(d, Outcome::released); }));
  EXPECT_TRUE(changed([](Decision& d) { DecisionMaker::fields(d)[0].action = "generalise"; }));
  EXPECT_TRUE(changed([](Decision& d) { DecisionMaker::fields(d)[0].outcome = FieldOutcome::hold; }));
  EXPECT_TRUE(changed([](Decision& d) { DecisionMaker::fields(d)[0].field.pointer = "/payload/c"; }));
  EXPECT_TRUE(changed([](Decision& d) { DecisionMaker::fields(d)[1].outcome = FieldOutcome::release; }));
  EXPECT_TRUE(changed([](Decision& d) { DecisionMaker::rules(d).pop_back(); }));
  EXPECT_TRUE(changed([](Decision& d) { DecisionMaker::consents(d) = {"c-2"}; }));
  EXPECT_TRUE(changed([](Decision& d) { DecisionMaker::obligations(d).clear(); }));
  // One text cannot pretend to be two.
  EXPECT_TRUE(changed([](Decision& d) { DecisionMaker::rules(d) = {"R-1 3:R-2"}; }));
}

TEST(Fingerprint, IgnoresWhatDoesNot) {
  Decision d = DecisionMaker::make();
  std::swap(DecisionMaker::fields(d)[0], DecisionMaker::fields(d)[1]);
  std::swap(DecisionMaker::rules(d)[0], DecisionMaker::rules(d)[1]);
  DecisionMaker::missing(d).clear();
  DecisionMaker::duty(d) = Duty{"R-1", "must", Time{std::chrono::hours{1}}};
  EXPECT_EQ(d.fingerprint(), kBase);
}

TEST(Fingerprint, OfAHoldFollowsItsQuestion) {
  Decision d = DecisionMaker::make();
  DecisionMaker::outcome(d, Outcome::held);
  const auto before = d.fingerprint();
  DecisionMaker::missing(d) = {"guardian_harm"};
  EXPECT_NE(d.fingerprint(), before);
}

TEST(Parties, FindByIdAndAddress) {
  Party a, b;
  a.id = "a";
  b.id = "b";
  b.functional_address = "fa-b";
  const Parties parties({a, b});
  EXPECT_EQ(parties.find("b"), &parties.all()[1]);
  EXPECT_EQ(parties.by_functional_address("fa-b"), &parties.all()[1]);
  EXPECT_EQ(parties.find("c"), nullptr);
  EXPECT_EQ(parties.find(""), nullptr);
  EXPECT_EQ(parties.by_functional_address("fa-c"), nullptr);
  EXPECT_EQ(parties.by_functional_address(""), nullptr) << "a party without an address is not found by none";
}

}  // namespace
}  // namespace samband
