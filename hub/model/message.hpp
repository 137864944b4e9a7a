// What a sender said, as values. A Message is the canonical form that an adapter decoded (docs/vocabulary.md,
// "Canonical message": CloudEvents 1.0 around `data`). Nothing here is mutable shared state.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/redacted.hpp"
#include "base/time.hpp"
#include "model/vocabulary.hpp"

namespace samband {

// One person inside a message. `ref` ("p1") is how fields and consents name the person.
struct Person {
  std::string ref;
  std::string role;                 // person_roles()
  Redacted<std::string> id_number;  // 12 digits, normalised; empty when not given
  std::optional<Date> birth_date;   // from birthDate or the number; empty = unknown, also when they differ
  Protection protection = Protection::none;
  std::string municipality;  // four digits, "" = unknown
  std::string district;      // code of the municipality's own, "" = none
  std::string relation_to;   // ref of the person this one is guardian/sibling/... of
  std::string subject_ref;   // keyed reference (HMAC), set by intake; "" before that
};

// Somebody's recorded answer to a question of law. Unknown facts are simply absent.
struct Fact {
  std::string code;  // fact_codes()
  Truth value = Truth::unknown;
  std::string person_ref;   // "" = about the whole exchange
  std::string assessor_id;  // stable id of the named person at the agency who answers for it; "" = not named
  std::string reason_code;
  Time at{};
};

struct Message {
  std::string id;                 // the hub's (UUIDv7)
  std::string sender_message_id;  // the sender's (CloudEvents id)
  std::string sender;             // party id, from the certificate
  std::string kind;               // message_kinds()
  Time sent_at{};
  Time received_at{};
  std::string conversation_id, correction_of, retracts,
      relates_to;            // sender's message ids; relates_to is an exchange id
  std::string addressed_to;  // party id or functional address named by the sender; "" = by route
  bool emergency = false;
  std::string emergency_reason;  // emergency_reasons(); "" = none given: no break-glass rule then counts
  std::vector<Person> persons;
  std::vector<Fact> facts;
  json::value data;      // the whole `data` member, as decoded
  json::array warnings;  // from the adapter and from reading: [{code, where}] for example personnummer_stripped
};

}  // namespace samband
