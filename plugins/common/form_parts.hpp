// Parts of a sender's JSON form that several adapters share: what surrounds the notice (references, author, facts,
// attachments) and the sections of a report of concern and of a social intervention group. Members that nobody reads
// are refused (object_reader.hpp). Pure, thread-safe.
#pragma once
#include "common/object_reader.hpp"

namespace samband::plugin {

inline constexpr std::size_t kFreeTextMax = 20000;  // bytes of one text

// What every form opens with: messageId, createdAt, type; all required.
struct FormHead {
  std::string id, created, type;
};
FormHead read_head(ObjectReader& form);
// The section of a form, read to its last member by `fill`; without `fill` copied as it stands. Required.
using FillPayload = void (*)(ObjectReader&, json::object&);
json::object read_section(ObjectReader& form, std::string_view key, FillPayload fill);

// Copies conversationId, refToMessageId, correctionOf, retracts, relatesTo, to, occurredAt, emergency, emergencyReason,
// text and attachments of the form into `data`, as the canonical message has them.
void copy_surroundings(ObjectReader& form, json::object& data);
// {"id" (required), "name", "role", "phone", "email"}; empty when the member is absent.
json::object read_official(ObjectReader& form, std::string_view key);
// A fact without an assessor of its own is said in the name of `author`. Proof is `assessor.jws` alone, the hub's to
// judge.
void copy_facts(ObjectReader& form, const json::object& author, json::object& data);

void fill_concern(ObjectReader& section, json::object& payload);
void fill_group_information(ObjectReader& section, json::object& payload);

// "20090302-2390" and "200903022390" are the same number; "" when the member is absent.
std::string read_twelve_digits(ObjectReader& in, std::string_view key);

}  // namespace samband::plugin
