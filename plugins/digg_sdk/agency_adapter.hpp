// An agency on SDK: reads its messages, delivers to it, answers with a receipt. The agencies differ in their kinds and
// in the facts that follow from their forms, and in nothing else. No state between calls.
//
// Configuration (all optional): {"party": "police-west", "hub": {"participantId": "0203:...", "functionalAddress":
// "..."},
//   "agency": {"participantId": "0203:..."}}
#pragma once
#include <string>
#include <vector>

#include "digg_sdk/message.hpp"

namespace samband::plugin {

class SdkAgencyAdapter : public sdk::Adapter {
 public:
  sdk::Result<std::monostate> configure(std::string_view config_json) override;
  sdk::Result<std::vector<std::string>> decode(const sdk::Wire&) override;
  // POST of the XHE to the party's endpoint; an ApplicationResponse decides. The message id is the exchange id and the
  // time is the exchange's, so that a message sent again is the same message.
  sdk::Result<sdk::Step> step(std::uint32_t conversation, std::string_view exchange_json, std::string_view state,
                              sdk::Event, const sdk::Wire&) override;
  // The hub's answer, or its problem document beside the request ({"answer", "request": {"body", "receivedAt"}}), as a
  // receipt. UNSUPPORTED without both participant ids, and for a message without an id.
  sdk::Result<sdk::Wire> render_answer(std::string_view answer_json) override;

 protected:
  virtual bool takes(std::string_view kind) const = 0;
  // Facts that follow from the form's fields (docs/vocabulary.md, "Facts").
  virtual void add_facts(std::string_view kind, json::object& data) const = 0;

 private:
  sdk::Result<SdkMessage> read(std::string_view body, SdkRefusal& why) const;
  SdkParty sender_of(const json::object& exchange) const;
  sdk::Result<std::string> compose(const json::object& exchange) const;

  std::string party_, agency_participant_;
  SdkParty hub_;
};

}  // namespace samband::plugin
