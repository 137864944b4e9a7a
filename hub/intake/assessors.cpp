#include "intake/assessors.hpp"

namespace samband {
namespace {

// The person that the fact is about, by number: `p1` alone would be whoever the sender's system puts there.
std::string number_of(const Fact& fact, const std::vector<Person>& persons) {
  for (const Person& person : persons)
    if (!fact.person_ref.empty() && person.ref == fact.person_ref) return person.id_number.reveal();
  return {};
}

bool is_signed(const Fact& fact, const std::string& jws, const Message& message, const Party& sender,
               const Signatures& signatures, std::string& signer) {
  const auto opened = signatures.open(jws, sender, message.received_at);
  if (!opened) return false;
  const json::object& said = opened->payload.get_object();
  const json::value* value = said.if_contains("value");
  signer = opened->official->id;
  return string_at(said, "message") == message.sender_message_id && string_at(said, "code") == fact.code &&
         string_at(said, "person") == fact.person_ref &&
         string_at(said, "personalNumber") == number_of(fact, message.persons) && value != nullptr &&
         value->is_bool() && value->get_bool() == (fact.value == Truth::yes);
}

}  // namespace

void prove_assessors(Case& c, const Party& sender, const Signatures& signatures) {
  const json::value* facts = find_pointer(c.message.data, "/facts");
  if (facts == nullptr || !facts->is_array()) return;
  for (std::size_t i = 0; i < facts->get_array().size() && i < c.message.facts.size(); ++i) {
    Fact& fact = c.message.facts[i];
    if (fact.assessor_id.empty()) continue;
    const json::value* jws = find_pointer(facts->get_array()[i], "/assessor/jws");
    std::string signer;
    const bool proved = jws != nullptr && jws->is_string() &&
                        is_signed(fact, std::string(jws->get_string()), c.message, sender, signatures, signer);
    fact.assessor_id = proved ? signer : std::string();
    if (!proved)
      c.message.warnings.push_back(
          json::object{{"code", "assessor_not_proven"}, {"where", "/data/facts/" + std::to_string(i)}});
  }
}

}  // namespace samband
