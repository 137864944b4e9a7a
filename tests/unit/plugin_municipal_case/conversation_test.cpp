// Conversations with a case system, with every fault at every step.
#include "fake_case_system.hpp"

namespace samband::municipal::test {
namespace {

constexpr std::string_view kLifecare = R"({"api":"lifecare"})";

MunicipalCaseAdapter adapter_with(std::string_view config = kLifecare) {
  MunicipalCaseAdapter adapter;
  auto r = adapter.configure(config);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(r))
      << std::get<sdk::Error>(r).where << std::get<sdk::Error>(r).message;
  return adapter;
}

TEST(Conversation, WritesOneActualisationWithItsDocument) {
  auto adapter = adapter_with();
  FakeCaseSystem system;
  const auto played = play(adapter, system, suspicion_exchange());
  EXPECT_EQ(played.end.kind, HUB_ACTION_DELIVERED);
  EXPECT_EQ(played.end.reference, "98765");
  EXPECT_EQ(played.requests, 4);
  ASSERT_EQ(system.actualisations.size(), 1u);
  const auto& body = system.actualisations[0].body;
  EXPECT_EQ(json::serialize(body),
            R"({"PersonId":"200903022390","Date":"2026-11-22","Type":2,"FromWho":100,"Reason":20,)"
            R"("OrganisationId":4,"OrganisationUnitId":"U1"})");
  ASSERT_EQ(system.actualisations[0].attachments.size(), 1u);
  const auto& form = system.actualisations[0].attachments[0];
  EXPECT_NE(form.find("name=\"InsertDocumentType\""), std::string::npos);
  EXPECT_NE(form.find("Utbyte: 0193-ex-1\n"), std::string::npos);
  EXPECT_NE(form.find("- Misstankegrad: skäligen misstänkt\n"), std::string::npos);
}

TEST(Conversation, EveryFaultAtEveryStepEndsInOneActualisation) {
  for (const Fault fault : kFaults) {
    for (int at = 0; at < 4; ++at) {
      SCOPED_TRACE("fault " + std::to_string(static_cast<int>(fault)) + " at step " + std::to_string(at));
      auto adapter = adapter_with();
      FakeCaseSystem system;
      const auto played = play(adapter, system, suspicion_exchange(), at, fault);
      EXPECT_EQ(played.end.kind, HUB_ACTION_DELIVERED);
      EXPECT_EQ(played.end.reference, "98765");
      EXPECT_EQ(system.actualisations.size(), 1u);
      if (system.actualisations.empty()) continue;
      // A document may be written twice (there is no way to ask), never lost.
      EXPECT_GE(system.actualisations[0].attachments.size(), 1u);
      EXPECT_LE(system.actualisations[0].attachments.size(), 2u);
      EXPECT_TRUE(system.errands.empty());
    }
  }
}

TEST(Conversation, AnOlderLookalikeIsNotTakenForOurs) {
  auto adapter = adapter_with();
  FakeCaseSystem system;
  play(adapter, system, suspicion_exchange());
  auto second = suspicion_exchange();
  second.replace(second.find("0193-ex-1"), 9, "0193-ex-2");
  // The POST of the second one is lost before it arrives: the first one's actualisation must not pass for it.
  const auto played = play(adapter, system, second, 2, Fault::lost_before);
  EXPECT_EQ(played.end.reference, "98766");
  ASSERT_EQ(system.actualisations.size(), 2u);
  EXPECT_EQ(system.actualisations[0].attachments.size(), 1u);
  EXPECT_EQ(system.actualisations[1].attachments.size(), 1u);
}

TEST(Conversation, PersonUnknownToTheSystemBecomesANeutralErrand) {
  auto adapter = adapter_with();
  FakeCaseSystem system;
  system.knows_person = false;
  const auto played = play(adapter, system, suspicion_exchange());
  EXPECT_EQ(played.end.kind, HUB_ACTION_DELIVERED);
  EXPECT_EQ(played.end.reference, "errand-1");
  EXPECT_TRUE(system.actualisations.empty());
  ASSERT_EQ(system.errands.size(), 1u);
  EXPECT_EQ(system.errands[0].at("externalReference"), "0193-ex-1");
}

std::string arrears_exchange() {
  return R"({"exchangeId":"0193-ex-9","sender":"landlord-a","kind":"rent.arrears","purpose":"rent_arrears_notice",
    "now":"2026-11-22T01:10:00.000Z","data":{"kind":"rent.arrears","persons":[{"ref":"p1","role":"tenant","givenName":"Mika",
    "familyName":"Provsson","address":{"street":"Testgatan 1","postalCode":"99901","city":"Exempelstad"}}],
    "payload":{"form":"SFS 1978:314 formulär 3","rooms":2,"amount":4350000,"currency":"SEK"}}})";
}

TEST(Conversation, NoticeWithoutPersonNumberBecomesOneErrandUnderEveryFault) {
  for (const Fault fault : kFaults) {
    SCOPED_TRACE(static_cast<int>(fault));
    auto adapter = adapter_with();
    FakeCaseSystem system;
    const auto played = play(adapter, system, arrears_exchange(), 0, fault);
    EXPECT_EQ(played.end.kind, HUB_ACTION_DELIVERED);
    ASSERT_EQ(system.errands.size(), 1u);
    EXPECT_TRUE(system.actualisations.empty());
    const auto& errand = system.errands[0];
    EXPECT_EQ(errand.at("typeSlug"), "rent-arrears");
    EXPECT_NE(std::string_view(errand.at("description").as_string()).find("- Belopp: 43 500,00 kr\n"),
              std::string_view::npos);
    EXPECT_EQ(errand.at("stakeholders").at(0).at("role"), "TENANT");
    EXPECT_FALSE(errand.at("stakeholders").at(0).as_object().contains("externalId"));
  }
}

// Two tenants of one name in one house: nobody is asked for by name, nobody is chosen, and a caseworker can tell them
// apart by the apartment.
TEST(Conversation, TenantsOfOneNameAreLeftToTheCaseworker) {
  for (const auto* api : {R"({"api":"errand"})", R"({"api":"lifecare"})"}) {
    auto adapter = adapter_with(api);
    FakeCaseSystem system;
    for (const auto* flat : {"1101", "1102"}) {
      auto exchange = json::parse(arrears_exchange()).as_object();
      exchange["exchangeId"] = std::string("0193-ex-") + flat;
      exchange["data"].at("persons").at(0).at("address").as_object()["apartment"] = flat;
      EXPECT_EQ(play(adapter, system, json::serialize(exchange)).end.kind, HUB_ACTION_DELIVERED);
    }
    ASSERT_EQ(system.errands.size(), 2u) << api;
    EXPECT_TRUE(system.actualisations.empty());
    for (std::size_t i = 0; i < 2; ++i) {
      const auto& who = system.errands[i].at("stakeholders").at(0).as_object();
      EXPECT_EQ(who.at("lastName"), "Provsson");
      EXPECT_EQ(who.at("address"), i == 0 ? "Testgatan 1 lgh 1101" : "Testgatan 1 lgh 1102");
      EXPECT_FALSE(who.contains("externalId")) << "no number, no guess";
    }
  }
}

TEST(Conversation, AttachmentsFollowTheDocument) {
  auto adapter = adapter_with();
  FakeCaseSystem system;
  auto exchange = json::parse(suspicion_exchange()).as_object();
  exchange["data"].as_object()["attachments"] = json::array{
      json::object{{"name", "blad\r\nX: y\".pdf"}, {"mediaType", "application/pdf"}, {"content", "JVBERi0="}},
      json::object{{"name", "trasig.pdf"}, {"mediaType", "application/pdf"}, {"content", "%%%"}}};
  const auto played = play(adapter, system, json::serialize(exchange));
  EXPECT_EQ(played.end.kind, HUB_ACTION_DELIVERED);
  ASSERT_EQ(system.actualisations.at(0).attachments.size(), 3u);
  const auto& pdf = system.actualisations[0].attachments[1];
  EXPECT_NE(pdf.find("filename=\"blad X: y_.pdf\"") == std::string::npos ? pdf.find("filename=\"blad X_ y_.pdf\"") : 0,
            std::string::npos);
  EXPECT_EQ(pdf.find("\r\nX: y"), std::string::npos) << "a file name must not write a header";
  EXPECT_NE(pdf.find("%PDF-"), std::string::npos);
  EXPECT_NE(system.actualisations[0].attachments[2].find("Fråga avsändaren"), std::string::npos);
}

TEST(Conversation, MissingCodeListEntryIsRefusedBeforeAnythingIsWritten) {
  auto adapter = adapter_with(
      R"({"api":"lifecare","kinds":{"police.suspicion":{"type":"Underrättelse","reason":"Finns inte","fromWho":"Polis"}}})");
  FakeCaseSystem system;
  const auto played = play(adapter, system, suspicion_exchange());
  EXPECT_EQ(played.end.kind, HUB_ACTION_REJECTED);
  EXPECT_EQ(played.end.reason, "code_list_reason");
  EXPECT_TRUE(system.actualisations.empty());
}

TEST(Conversation, ConfiguredOrganisationMustBeOffered) {
  auto refused = adapter_with(R"({"api":"lifecare","organisationId":5})");
  auto taken = adapter_with(R"({"api":"lifecare","organisationId":4,"unitId":"U1","workingStatus":"Ny"})");
  FakeCaseSystem system;
  EXPECT_EQ(play(refused, system, suspicion_exchange()).end.reason, "code_list_organisation");
  EXPECT_EQ(play(taken, system, suspicion_exchange()).end.kind, HUB_ACTION_DELIVERED);
  EXPECT_EQ(system.actualisations.at(0).body.at("WorkingStatus"), 7);
}

sdk::Step one(sdk::Adapter& adapter, const std::string& exchange, std::string_view state, sdk::Event event,
              sdk::Wire wire = {}) {
  return std::get<sdk::Step>(adapter.step(HUB_CONVERSATION_DELIVER, exchange, state, event, wire));
}

TEST(Conversation, RefusalsAreForGoodAndBusyIsNot) {
  auto adapter = adapter_with();
  const auto first = one(adapter, suspicion_exchange(), "", sdk::Event::started);
  for (const int status : {302, 400, 401, 403, 410, 422})
    EXPECT_EQ(
        one(adapter, suspicion_exchange(), first.state, sdk::Event::http_response, {{}, {}, {}, status}).action.kind,
        HUB_ACTION_REJECTED)
        << status;
  for (const int status : {0, 408, 429, 500, 503})
    EXPECT_EQ(
        one(adapter, suspicion_exchange(), first.state, sdk::Event::http_response, {{}, {}, {}, status}).action.kind,
        HUB_ACTION_RETRY)
        << status;
}

TEST(Conversation, AnIncompleteListNeverLeadsToAPost) {
  auto adapter = adapter_with();
  FakeCaseSystem system;
  auto step = one(adapter, suspicion_exchange(), "", sdk::Event::started);
  step = one(adapter, suspicion_exchange(), step.state, sdk::Event::http_response, {{}, {}, system.proposals, 200});
  for (const auto* list :
       {R"({"TotalNumberOfPages":2,"Result":[]})", R"({"Result":[{"Id":"1"}]})", R"({})", "", "[]"}) {
    const auto next = one(adapter, suspicion_exchange(), step.state, sdk::Event::http_response, {{}, {}, list, 200});
    EXPECT_EQ(next.action.kind, HUB_ACTION_RETRY) << list;
  }
  const auto next =
      one(adapter, suspicion_exchange(), step.state, sdk::Event::http_response, {{}, {}, R"({"Result":[]})", 200});
  EXPECT_EQ(next.action.path, "/Actualisations");
}

TEST(Conversation, StateAndReasonsHoldNothingAboutThePerson) {
  auto adapter = adapter_with();
  FakeCaseSystem system;
  std::string state;
  auto event = sdk::Event::started;
  sdk::Wire wire;
  for (int i = 0; i < 5; ++i) {
    const auto step = one(adapter, suspicion_exchange(), state, event, wire);
    state = step.state;
    EXPECT_EQ(state.find(kNumber), std::string::npos);
    EXPECT_EQ(state.find("Provsson"), std::string::npos);
    if (step.action.kind == HUB_ACTION_HTTP) wire = system.act(step.action), event = sdk::Event::http_response;
  }
}

TEST(Conversation, StrangeStateBeginsAgain) {
  auto adapter = adapter_with();
  for (const auto* state : {"", "x", "[]", R"({"stage":"attach"})", R"({"stage":"create"})", R"({"stage":"later"})"})
    EXPECT_TRUE(one(adapter, suspicion_exchange(), state, sdk::Event::resumed)
                    .action.path.starts_with("/Actualisations/Proposals"))
        << state;
}

TEST(Conversation, NumberWithheldByALaterDecisionDoesNotReachTheSystem) {
  auto adapter = adapter_with();
  FakeCaseSystem system;
  auto first = one(adapter, suspicion_exchange(), "", sdk::Event::started);
  auto exchange = suspicion_exchange();
  const auto member = "\"personalNumber\":\"" + kNumber + "\",";
  exchange.erase(exchange.find(member), member.size());
  const auto next = one(adapter, exchange, first.state, sdk::Event::started);
  EXPECT_EQ(next.action.path, "/Errands");
  EXPECT_EQ(next.action.body.find(kNumber), std::string::npos);
}

// ---- api errand ------------------------------------------------------------------------------------------------

// Every target of one conversation.
std::vector<std::string> targets(std::string_view config, const std::string& exchange, FakeCaseSystem& system) {
  auto adapter = adapter_with(config);
  std::vector<std::string> out;
  auto step = one(adapter, exchange, "", sdk::Event::started);
  while (step.action.kind == HUB_ACTION_HTTP && out.size() < 20) {
    out.push_back(step.action.path);
    step = one(adapter, exchange, step.state, sdk::Event::http_response, system.act(step.action));
  }
  EXPECT_EQ(step.action.kind, HUB_ACTION_DELIVERED);
  return out;
}

TEST(ErrandApi, HasNoPersonNumberInAnyTargetAndIsTheDefault) {
  for (const std::string_view config : {"{}", R"({"api":"errand"})"}) {
    FakeCaseSystem system;
    EXPECT_EQ(targets(config, suspicion_exchange(), system), std::vector<std::string>{"/Errands"});
    ASSERT_EQ(system.errands.size(), 1u);
    EXPECT_EQ(system.errands[0].at("stakeholders").at(0).at("externalId").as_string(), kNumber);
    EXPECT_TRUE(system.actualisations.empty());
  }
  FakeCaseSystem lifecare;
  bool in_query = false;
  for (const auto& target : targets(kLifecare, suspicion_exchange(), lifecare))
    in_query = in_query || target.find(kNumber) != std::string::npos;
  EXPECT_TRUE(in_query) << "the vendor's API demands it: if that ends, the exception in the threat model can go";
}

TEST(ErrandApi, OneErrandUnderEveryFault) {
  for (const Fault fault : kFaults) {
    for (int at = 0; at < 2; ++at) {
      SCOPED_TRACE("fault " + std::to_string(static_cast<int>(fault)) + " at step " + std::to_string(at));
      auto adapter = adapter_with("{}");
      FakeCaseSystem system;
      if (at == 1) play(adapter, system, suspicion_exchange());  // the second step is the update of what is there
      const auto played = play(adapter, system, suspicion_exchange(), at, fault);
      EXPECT_EQ(played.end.kind, HUB_ACTION_DELIVERED);
      EXPECT_EQ(system.errands.size(), 1u);
    }
  }
}

TEST(ErrandApi, AWiderReleaseBringsTheErrandUpToDate) {
  auto adapter = adapter_with("{}");
  FakeCaseSystem system;
  play(adapter, system, suspicion_exchange());
  system.errands[0]["status"] = "IN_PROGRESS";
  auto wider = json::parse(suspicion_exchange()).as_object();
  wider["data"].as_object()["text"] = "Nu med fritext";
  EXPECT_EQ(play(adapter, system, json::serialize(wider)).end.reference, "errand-1");
  ASSERT_EQ(system.errands.size(), 1u);
  EXPECT_EQ(system.errands[0].at("data").at("text"), "Nu med fritext");
  EXPECT_EQ(system.errands[0].at("status"), "IN_PROGRESS") << "the caseworker's own progress stays";
}

TEST(ErrandApi, AConflictWithoutAUsableIdIsRefused) {
  auto adapter = adapter_with("{}");
  const auto first = one(adapter, suspicion_exchange(), "", sdk::Event::started);
  for (const auto* body : {"", "{}", R"({"id":"../x"})", R"({"id":"a b"})", R"({"id":"a?b=1"})"}) {
    const auto next = one(adapter, suspicion_exchange(), first.state, sdk::Event::http_response, {{}, {}, body, 409});
    EXPECT_EQ(next.action.kind, HUB_ACTION_REJECTED) << body;
    EXPECT_EQ(next.action.reason, "errand_conflict_without_id");
  }
}

TEST(Recall, IsToldAndRepeatedUnderEveryFault) {
  const std::string exchange = R"({"exchangeId":"r-1","kind":"exchange.recall","now":"2026-11-22T01:10:00.000Z",
    "data":{"kind":"exchange.recall","payload":{"exchangeId":"0193-ex-1","reasonCode":"consent_revoked"}}})";
  for (const Fault fault : kFaults) {
    auto adapter = adapter_with();
    FakeCaseSystem system;
    const auto played = play(adapter, system, exchange, 0, fault, HUB_CONVERSATION_RECALL);
    EXPECT_EQ(played.end.kind, HUB_ACTION_DELIVERED);
    ASSERT_GE(system.recalls.size(), 1u);
    EXPECT_EQ(system.recalls[0].at("exchangeId"), "0193-ex-1");
  }
}

TEST(Config, RefusesWhatItDoesNotKnow) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"apiKey":"x"})", ""},  // the hub's certificate is the authentication; there is no place for a secret
      {R"({"api":"lifecare","organisationId":"4"})", "/organisationId"},
      {R"({"api":"soap"})", "/api"},
      {R"({"organisationId":4})", "/organisationId"},  // of the other API: it would be read by nobody
      {R"({"api":"errand","kinds":{}})", "/kinds"},
      {R"({"errandsPath":"/../secret"})", "/errandsPath"},
      {R"({"errandsPath":"/Errands?x=1"})", "/errandsPath"},
      {R"({"api":"lifecare","kinds":{"police.lob":{"type":"a","reason":"b"}}})", "/kinds/police.lob/fromWho"},
      {R"([])", ""},
  };
  for (const auto& [config, where] : cases) {
    MunicipalCaseAdapter adapter;
    auto r = adapter.configure(config);
    ASSERT_TRUE(std::holds_alternative<sdk::Error>(r)) << config;
    EXPECT_EQ(std::get<sdk::Error>(r).status, HUB_INVALID_CONFIG);
    EXPECT_EQ(std::get<sdk::Error>(r).where, where);
  }
}

}  // namespace
}  // namespace samband::municipal::test
