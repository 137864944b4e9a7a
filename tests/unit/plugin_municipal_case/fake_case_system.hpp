// A case system in memory and a hub that plays a conversation against it, with one fault at a chosen step.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "municipal_case/municipal_case_adapter.hpp"

namespace samband::municipal::test {

enum class Fault {
  none,
  lost_before,   // time-out, the request never arrived
  lost_after,    // time-out, the request was acted on
  crash_before,  // the hub died before the request was sent
  crash_after,   // the hub died after the request was acted on
  busy,          // 503, not acted on
  busy_after,    // 503, but acted on
  half,          // 200 with a cut body, acted on
  nonsense,      // 200 with another shape, acted on
};
inline constexpr Fault kFaults[] = {Fault::lost_before, Fault::lost_after, Fault::crash_before, Fault::crash_after,
                                    Fault::busy,        Fault::busy_after, Fault::half,         Fault::nonsense};

struct FakeCaseSystem {
  struct Actualisation {
    std::int64_t id;
    json::object body;
    std::vector<std::string> attachments;
  };
  std::vector<Actualisation> actualisations;
  std::vector<json::object> errands, recalls;
  bool knows_person = true;
  std::string proposals = R"({"ActualisationTypes":[{"Id":2,"Name":"Underrättelse","SpecifyTypeMandatory":false,
    "Reasons":[{"Id":20,"Name":"Brottsmisstanke"},{"Id":21,"Name":"Störning"}],"FromWho":[{"Id":100,"Name":"Polis"}]},
    {"Id":3,"Name":"Information","Reasons":[{"Id":30,"Name":"Övrigt"}],"FromWho":[{"Id":101,"Name":"Annan myndighet"}]}],
    "WorkingStatus":[{"Id":7,"Name":"Ny"}],"Organizations":[{"Id":4,"UnitId":"U1","Name":"IFO"}],
    "AttachmentTypes":[{"Id":50,"Name":"Bilaga","SenderTypes":[{"Id":60,"Name":"Myndighet"}]}]})";

  sdk::Wire answer(int status, std::string body = {}, std::string headers = {}) {
    return {"application/json", std::move(headers), std::move(body), status};
  }

  sdk::Wire act(const sdk::Action& a) {
    if (a.method == "GET" && a.path.starts_with("/Actualisations/Proposals?personId="))
      return knows_person ? answer(200, proposals) : answer(404);
    if (a.method == "GET" && a.path.starts_with("/Actualisations?personId=")) return answer(200, list());
    if (a.method == "POST" && a.path == "/Actualisations") {
      const std::int64_t id = 98765 + static_cast<std::int64_t>(actualisations.size());
      actualisations.push_back({id, json::parse(a.body).as_object(), {}});
      return answer(200, std::to_string(id));
    }
    for (auto& known : actualisations) {
      if (a.method == "POST" && a.path == "/Actualisations/" + std::to_string(known.id) + "/Attachments") {
        known.attachments.push_back(a.body);
        return answer(204);
      }
    }
    if (a.method == "POST" && a.path == "/Errands") {
      auto body = json::parse(a.body).as_object();
      for (const auto& e : errands)
        if (e.at("externalReference") == body.at("externalReference")) return answer(409, R"({"id":"errand-1"})");
      errands.push_back(std::move(body));
      return answer(201, "", R"({"location":"/lifecare-fc/apifc/v1/Errands/errand-1"})");
    }
    if (a.method == "PATCH" && a.path == "/Errands/errand-1" && !errands.empty()) {
      const auto body = json::parse(a.body);
      for (const auto& [key, value] : body.as_object()) errands[0][key] = value;
      return answer(204);
    }
    if (a.method == "POST" && a.path == "/Recalls") {
      recalls.push_back(json::parse(a.body).as_object());
      return answer(200, "{}");
    }
    return answer(404);
  }

  std::string list() const {
    json::array result;
    for (const auto& a : actualisations)
      result.push_back(json::object{{"Id", a.id},
                                    {"Type", a.body.at("Type") == 2 ? "Underrättelse" : "Information"},
                                    {"Date", std::string(a.body.at("Date").as_string()) + "T00:00:00Z"},
                                    {"Reason", a.body.at("Type") == 2 ? "Brottsmisstanke" : "Övrigt"},
                                    {"FromWho", a.body.at("Type") == 2 ? "Polis" : "Annan myndighet"}});
    return json::serialize(json::object{{"PageNumber", 1}, {"TotalNumberOfPages", 1}, {"Result", result}});
  }
};

// Plays hub: performs actions, keeps the state, and starts a new attempt after a retry.
struct Played {
  sdk::Action end;
  int requests = 0, attempts = 1;
};
inline Played play(sdk::Adapter& adapter, FakeCaseSystem& system, const std::string& exchange, int fault_at = -1,
                   Fault fault = Fault::none, std::uint32_t conversation = HUB_CONVERSATION_DELIVER) {
  Played played;
  std::string state;
  auto event = sdk::Event::started;
  sdk::Wire wire;
  for (int guard = 0; guard < 60; ++guard) {
    auto result = adapter.step(conversation, exchange, state, event, wire);
    if (auto* e = std::get_if<sdk::Error>(&result)) {
      ADD_FAILURE() << "step failed at " << e->where << ": " << e->message;
      return played;
    }
    auto& step = std::get<sdk::Step>(result);
    state = step.state;
    wire = {};
    if (step.action.kind == HUB_ACTION_DELIVERED || step.action.kind == HUB_ACTION_REJECTED) {
      played.end = step.action;
      return played;
    }
    if (step.action.kind == HUB_ACTION_RETRY) {
      ++played.attempts;
      event = sdk::Event::started;
      continue;
    }
    const bool faulty = played.requests++ == fault_at;
    if (!faulty || fault == Fault::none) {
      wire = system.act(step.action);
      event = sdk::Event::http_response;
      continue;
    }
    if (fault != Fault::lost_before && fault != Fault::crash_before && fault != Fault::busy)
      wire = system.act(step.action);
    switch (fault) {
      case Fault::lost_before:
      case Fault::lost_after:
        event = sdk::Event::timed_out, wire = {};
        break;
      case Fault::crash_before:
      case Fault::crash_after:
        event = sdk::Event::resumed, wire = {};
        break;
      case Fault::busy:
      case Fault::busy_after:
        event = sdk::Event::http_response, wire = system.answer(503, "busy");
        break;
      case Fault::half:
        event = sdk::Event::http_response, wire.body = wire.body.substr(0, wire.body.size() / 3);
        break;
      case Fault::nonsense:
        event = sdk::Event::http_response, wire.status = 200, wire.body = R"(["?"])";
        break;
      case Fault::none:
        break;
    }
  }
  ADD_FAILURE() << "the conversation does not end";
  return played;
}

// Skatteverket's test number, of a 17-year-old.
inline const std::string kNumber = "200903022390";
inline std::string suspicion_exchange() {
  return R"({"exchangeId":"0193-ex-1","messageId":"m-1","sender":{"party":"police-west","name":"Polisen Väst"},
    "recipient":{"party":"social-board"},"kind":"police.suspicion","purpose":"youth_offence_notice","now":"2026-11-22T01:10:00.000Z",
    "data":{"kind":"police.suspicion","persons":[{"ref":"p1","role":"subject","personalNumber":")" +
         kNumber + R"(","givenName":"Alva","familyName":"Provsson"}],
    "payload":{"suspicionLevel":"skaligen_misstankt","offence":{"text":"ringa narkotikabrott"}}}})";
}

}  // namespace samband::municipal::test
