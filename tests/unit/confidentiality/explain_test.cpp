// Explanations: complete, in both languages, and never a value or a sender's own text.
#include "confidentiality/rule_index.hpp"
#include "confidentiality/words.hpp"
#include "support.hpp"

#include <algorithm>
#include <functional>

namespace samband::testing {
namespace {

World notice() {
  World w("police", "social_board", "police.suspicion", "youth_offence_notice");
  auto& p = w.person("subject", 16);
  p.protection = Protection::protected_registration;
  w.restricted = true;
  w.field("identity").field("identity").field("suspicion").field("address").field("document").field("health");
  w.fact("reasonable_suspicion", true, "p1", "").fact("prison_in_scale", true, "p1", "");
  return w;
}

TEST(Explanation, SaysWhatWentWhatStayedAndWhatWouldChangeIt) {
  const auto d = notice().decide();
  const auto e = explanation(d, *shipped_rules());
  EXPECT_EQ(e.at("outcome").as_string(), "partial");
  EXPECT_EQ(e.at("duty").at("rule").as_string(), "POL-SN-15-17");
  EXPECT_EQ(e.at("fields").as_array().size(), 5u) << "like fields are counted, not repeated";
  EXPECT_EQ(e.at("fields").at(0).at("count").to_number<int>(), 2);
  EXPECT_EQ(e.at("rules").at(0).at("via").as_string(), "OSL 10:28");
  EXPECT_EQ(e.at("rulesetHash").as_string(), shipped_rules()->hash);
  EXPECT_EQ(
      explain_in_words(d, *shipped_rules(), "sv"),
      "Delvis utlämnat: 3 av 6 uppgifter. Skyldighet: LUL (1964:167) 6 §, genast (bryter sekretess enligt OSL 10:28). "
      "Grund: LUL (1964:167) 6 §. Ej utlämnat: bostadsadress (OSL 21:3 st 1): skyddad identitet, manuell prövning; "
      "fritext eller bilaga (OSL 21:3 a): skyddad identitet, manuell prövning; hälsa: behövs inte för ändamålet. "
      "Skulle ändras av: en namngiven persons prövning av skyddad plats.");
  const auto en = explain_in_words(d, *shipped_rules(), "en");
  EXPECT_TRUE(en.starts_with("Partly released: 3 of 6 items. Duty: LUL (1964:167) s. 6, at once")) << en;
}

TEST(Explanation, SaysForEachFieldByWhatItGoesOrWhatIsMissing) {
  const auto w = notice();
  const auto request = w.request();
  const auto e = explanation(w.decide(), *shipped_rules(), {.request = &request, .inputs_hash = "h"});
  EXPECT_EQ(e.at("inputsHash").as_string(), "h");
  EXPECT_EQ(e.at("duty").at("deadline").as_string(), "at_once");
  EXPECT_EQ(e.at("duty").at("citation").as_string(), "LUL (1964:167) 6 §");
  const auto& identity = e.at("fields").at(0);
  EXPECT_EQ(identity.at("persons").at(0).at("role").as_string(), "subject");
  EXPECT_EQ(identity.at("grounds").at(0).as_string(), "LUL (1964:167) 6 § (OSL 10:28)");
  EXPECT_EQ(identity.at("obligations").at(0).as_string(), "receipt");
  EXPECT_EQ(identity.at("covers").at(0).at("role").as_string(), "subject");
  EXPECT_EQ(identity.at("covers").at(0).at("clearedBy").as_string(), "POL-SN-15-17");
  const auto& address = e.at("fields").at(2);
  ASSERT_EQ(address.at("category").as_string(), "address");
  EXPECT_FALSE(address.as_object().contains("grounds")) << "what stays rests on nothing";
  const auto lines = explain_fields(e.at("fields").as_array(), "en");
  EXPECT_EQ(lines.at(0), "identity (the person concerned): goes: LUL (1964:167) s. 6 (OSL 10:28)");
  EXPECT_EQ(
      lines.at(2),
      "home address (the person concerned): stays, protected identity, manual review: OSL 21:3 para. 1, opened by "
      "a named person's release of a protected place");
}

TEST(Explanation, WhatNoProvisionCoversStillNamesItsRuleAndTheDeclaration) {
  World w("landlord_private", "social_board", "rent.arrears", "rent_arrears_notice");
  w.person("tenant", 40);
  w.field("debt").fact("dwelling", true, "p1", "");
  const auto request = w.request();
  const auto e = explanation(w.decide(), *shipped_rules(), {.request = &request});
  const auto& grounds = e.at("fields").at(0).at("grounds").as_array();
  ASSERT_EQ(grounds.size(), 2u);
  EXPECT_EQ(grounds[0].as_string(), "JB (1970:994) 12:44 1 st 1; SFS 1978:314 formulär 3 (OSL 10:2)");
  EXPECT_EQ(grounds[1].as_string(), "OSL (2009:400) 2:1: privat hyresvärd omfattas inte");
}

// A private landlord's request once cited the municipal company's harm test: nobody had made one.
TEST(Explanation, AHarmTestIsAGroundOnlyWhereOneWasRecorded) {
  World w("landlord_private", "housing_coordinator", "housing.contact_request", "eviction_prevention");
  w.person("tenant", 40);
  w.field("identity").field("event").fact("dwelling", true, "p1", "");
  const auto grounds = [&] {
    const auto request = w.request();
    const auto e = explanation(w.decide(), *shipped_rules(), {.request = &request});
    EXPECT_EQ(e.at("fields").at(0).as_object().contains("grounds"), w.decide().permits());
    if (w.decide().permits()) EXPECT_EQ(e.at("fields").at(0).at("grounds"), e.at("grounds"));
    return json::serialize(e.at("grounds"));
  };
  const std::string open = R"(["OSL (2009:400) 2:1","OSL (2009:400) 2:1: privat hyresvärd omfattas inte"])";
  EXPECT_EQ(grounds(), open);
  w.fact("harm_test_clear", true, "p1");
  EXPECT_EQ(grounds(), open) << "a test that cleared nothing is no ground";
  w.holder.actor_type = "landlord_municipal";
  EXPECT_EQ(grounds(), R"(["OSL (2009:400) 26:11 st 2, skadeprövning"])");
  w.facts.pop_back();
  EXPECT_EQ(grounds(), "[]") << "without the test nothing goes";
}

TEST(Explanation, NeverAsksForANoticeThatTheDecisionTurnedAside) {
  World w("police", "social_board", "test.result", "youth_offence_notice");
  w.person("subject", 14);
  w.field("test_result").fact("drug_use_before_15", true, "p1", "").fact("prosecutor_decided", true, "p1", "");
  const auto obligations = [&] {
    const auto request = w.request();
    const auto e = explanation(w.decide(), *shipped_rules(), {.request = &request});
    return json::serialize(e.at("fields").at(0).at("obligations"));
  };
  EXPECT_EQ(obligations(), R"(["assess_guardian_harm","receipt"])");
  w.fact("guardian_harm", true, "p1");
  EXPECT_EQ(obligations(), R"(["receipt","redirect_guardian_notice"])");
  w.facts.back().value = Truth::no;
  EXPECT_EQ(obligations(), R"(["notify_guardian","receipt"])");
}

TEST(Explanation, TheInputsTextIsTheSameInAnyOrderAndOtherForOtherInputs) {
  const auto w = notice();
  auto turned = w;
  std::reverse(turned.facts.begin(), turned.facts.end());
  std::reverse(turned.fields.begin(), turned.fields.end());
  EXPECT_EQ(inputs_text(w.request()), inputs_text(turned.request()));
  for (const auto& change : std::vector<std::function<void(World&)>>{
           [](World& x) { x.now += std::chrono::seconds{1}; }, [](World& x) { x.facts[0].value = Truth::no; },
           [](World& x) { x.persons[0].protection = Protection::none; }, [](World& x) { x.restricted = false; },
           [](World& x) { x.emergency = true; }, [](World& x) { x.purpose = "receipt"; },
           [](World& x) { x.consent("p1", {"identity"}); }, [](World& x) { x.agreement(); },
           [](World& x) { x.field("event"); }}) {
    auto other = w;
    change(other);
    EXPECT_NE(inputs_text(w.request()), inputs_text(other.request()));
  }
}

TEST(Explanation, OfARefusalNamesTheReason) {
  World w("police", "health_clinic", "police.offer", "voluntary_offer");
  w.person("subject", 22);
  w.field("identity").fact("offer_accepted", false, "p1", "");
  EXPECT_TRUE(explain_in_words(w.decide(), *shipped_rules(), "sv")
                  .starts_with("Inte utlämnat: personen tackade nej till erbjudandet."));
}

TEST(Explanation, NeverRepeatsASendersReference) {
  auto w = notice();
  w.persons[0].ref = "198001022386";
  for (auto& field : w.fields) field.persons = {"198001022386"};
  for (auto& fact : w.facts) fact.person_ref = "198001022386";
  const auto d = w.decide();
  ASSERT_EQ(d.outcome(), Outcome::partial);
  EXPECT_EQ(json::serialize(explanation(d, *shipped_rules())).find("198001022386"), std::string::npos);
  EXPECT_EQ(explain_in_words(d, *shipped_rules(), "sv").find("198001022386"), std::string::npos);
}

TEST(Explanation, EveryCodeHasWordsInBothLanguages) {
  // Unknown codes are printed as codes: so no underscore may be left in any explanation of any field.
  World w("landlord_private", "social_board", "rent.arrears", "rent_arrears_notice");
  w.person("tenant", 40);
  for (const auto category : data_categories()) w.field(std::string(category));
  for (const char* language : {"sv", "en"})
    EXPECT_EQ(explain_in_words(w.decide(), *shipped_rules(), language).find('_'), std::string::npos);
  for (const bool swedish : {true, false}) {
    for (const auto code : obligation_codes()) EXPECT_NE(obligation_in_words(code, swedish), code);
    for (const char* code : {"at_once", "same_day", "next_working_day", "within_7_days"})
      EXPECT_NE(deadline_in_words(code, swedish), code);
  }
  EXPECT_EQ(obligation_in_words("drop:health", true), "hälsa tas bort");
  EXPECT_EQ(obligation_in_words("pseudonymise:identity", false), "identity is pseudonymised");
}

TEST(Explanation, ACitationIsWrittenInThePagesLanguage) {
  const std::pair<const char*, const char*> rows[] = {
      {"LUL (1964:167) 6 §", "LUL (1964:167) s. 6"},
      {"LOB (1976:511) 4 och 7 §§; OSL 10:27", "LOB (1976:511) ss. 4 and 7; OSL 10:27"},
      {"LUL (1964:167) 34 § 1 st 2", "LUL (1964:167) s. 34 para. 1 item 2"},
      {"LUL (1964:167) 36 b § 3 st", "LUL (1964:167) s. 36 b para. 3"},
      {"SoL (2025:400) 19:6 1 st; OSL (2009:400) 26:9 a", "SoL (2025:400) 19:6 para. 1; OSL (2009:400) 26:9 a"},
      {"SoL (2025:400) 15:7 p 1", "SoL (2025:400) 15:7 item 1"},
      {"OSL (2009:400) 26:1, skadeprövning", "OSL (2009:400) 26:1, harm test"},
      {"OSL (2009:400) 3:1: uppgift som inte rör någon enskild", "OSL (2009:400) 3:1"},
      {"JB (1970:994) 12:44 1 st 1; SFS 1978:314 formulär 3",
       "JB (1970:994) 12:44 para. 1 item 1; SFS 1978:314 form 3"},
      {"", ""}};
  for (const auto& [swedish, english] : rows) EXPECT_EQ(citation_in_english(swedish), english);
  for (const auto& rule : shipped_rules()->rules)
    EXPECT_EQ(citation_in_english(rule.citation.text).find("§"), std::string::npos) << rule.id;
}

}  // namespace
}  // namespace samband::testing
