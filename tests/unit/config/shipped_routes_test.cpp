// The example configuration is what a municipality starts from: everything that the rules permit can be sent by it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "confidentiality/rules.hpp"
#include "config/config.hpp"
#include "model/vocabulary.hpp"

namespace samband {
namespace {

const std::filesystem::path kExample = SAMBAND_SOURCE_DIR "/config";

bool lists(const std::vector<std::string>& list, std::string_view item) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& s) { return s == "*" || s == item; });
}

// Kinds that no party sends, and why.
const std::map<std::string, std::string> kSentByNobody{
    {"duty.alert", "the hub's own"},
    {"hold.expired", "the hub's own"},
    {"privacy.notice", "the hub's own"},
    {"step.reminder", "the hub's own"},
};

// Kind and rule that need no route, and why.
const std::map<std::pair<std::string, std::string>, std::string> kNeedsNoRoute{
    {{"care.status", "HOUSING-STATUS"}, "a status goes back to whoever sent the referral that it names"},
    {{"care.status", "HOUSING-STATUS-CONSENT"}, "the same"},
    {{"care.status", "SN-KFM-CONFIRM"}, "the same"},
    {{"test.result", "CARE-CONSENT"}, "a result goes back to whoever sent the order that it names"},
    {{"police.information", "POL-SN-15A"},
     "sig.information carries it; here a second purpose would double every message"},
};

class ShippedRoutes : public ::testing::Test {
 protected:
  void SetUp() override {
    auto config = load_config(kExample, [](const char*) -> const char* { return nullptr; });
    ASSERT_TRUE(config) << config.error().where << ": " << config.error().message;
    config_ = std::move(*config);
    auto rules = load_rules(kExample / "rules", [](std::string_view) { return std::string(64, '0'); });
    ASSERT_TRUE(rules) << rules.error().where << ": " << rules.error().message;
    rules_ = *rules;
  }
  bool has_route(const std::string& kind, const Rule& rule) const {
    return std::any_of(config_.routes.all().begin(), config_.routes.all().end(), [&](const Route& route) {
      const Party* to = config_.parties.find(route.to);
      return lists(route.kinds, kind) && lists(rule.purposes, route.purpose) && lists(rule.to, to->actor_type) &&
             std::any_of(config_.parties.all().begin(), config_.parties.all().end(), [&](const Party& from) {
               return from.id != to->id && lists(from.kinds, kind) && lists(rule.from, from.actor_type) &&
                      (route.from.empty() || lists(route.from, from.actor_type));
             });
    });
  }
  Config config_;
  std::shared_ptr<const RuleSet> rules_;
};

TEST_F(ShippedRoutes, SomebodyMaySendEveryKind) {
  for (const std::string_view code : message_kinds()) {
    const std::string kind(code);
    const bool sent = std::any_of(config_.parties.all().begin(), config_.parties.all().end(),
                                  [&](const Party& party) { return lists(party.kinds, kind); });
    EXPECT_NE(sent, kSentByNobody.contains(kind)) << kind << (sent ? " is sent" : " is sent by nobody");
  }
}

TEST_F(ShippedRoutes, EveryRuleHasARouteForEveryKindThatItPermits) {
  std::set<std::pair<std::string, std::string>> without;
  for (const Rule& rule : rules_->rules) {
    if (lists(rule.to, "individual")) continue;  // what a person learns of herself goes to no party
    for (const std::string& kind : rule.kinds)
      if (kind != "*" && !has_route(kind, rule)) without.emplace(kind, rule.id);
  }
  for (const auto& pair : without) EXPECT_TRUE(kNeedsNoRoute.contains(pair)) << pair.second << " for " << pair.first;
  for (const auto& [pair, why] : kNeedsNoRoute)
    EXPECT_TRUE(without.contains(pair)) << pair.second << " has a route for " << pair.first << " after all";
}

// A question tells whoever gets it that the person is asked about: it goes to one, and back to one.
TEST_F(ShippedRoutes, AQuestionGoesToNobodyWhoIsNotNamed) {
  for (const Route& route : config_.routes.all()) {
    for (const char* kind : {"known.query", "stay.query", "contact.query", "benefit.information"}) {
      if (lists(route.kinds, kind)) {
        EXPECT_TRUE(route.addressed) << route.id;
      }
    }
  }
}

// Two purposes to one recipient would be two exchanges of every message, one of them held for facts that it never has.
TEST_F(ShippedRoutes, ASystemThatNamesItsRecipientGetsOneExchange) {
  std::map<std::string, std::string> seen;  // sender type, kind, age and recipient -> route
  for (const Route& route : config_.routes.all()) {
    if (!route.addressed) continue;
    for (const std::string& kind : route.kinds) {
      for (const std::string& from : route.from.empty() ? std::vector<std::string>{"any"} : route.from) {
        const auto [it, fresh] = seen.emplace(from + " " + kind + " " + std::to_string(route.age_min) + "-" +
                                                  std::to_string(route.age_max) + " " + route.to,
                                              route.id);
        EXPECT_TRUE(fresh) << route.id << " and " << it->second;
      }
    }
  }
}

}  // namespace
}  // namespace samband
