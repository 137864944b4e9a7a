#include "exchange/case_reader.hpp"

#include <algorithm>

#include "keys/crypto.hpp"

namespace samband {

Result<CasePtr> CaseReader::source_of(const ExchangeRow& row) const {
  auto message = store_.message(row.message_id);
  if (!message) return message.error();
  if (!message->has_value()) return fail(Errc::not_found, "message", "no such message");
  auto key = keys_.payload_key((*message)->key_id);
  if (!key) return key.error();
  auto text = crypto::open(key->key, (*message)->body, "message/" + (*message)->id);
  if (!text) return fail(Errc::internal, "store", "a stored message cannot be opened");
  auto read = intake_.reread(*text, (*message)->id, (*message)->sender, (*message)->received_at, (*message)->key_id);
  if (!read) return read.error();
  read->message.warnings = {};
  return CasePtr(std::make_shared<const Case>(std::move(*read)));
}

Result<Grounds> CaseReader::grounds(const Case& source, const std::string& exchange_id) const {
  Grounds out;
  out.facts = source.message.facts;
  // A message cannot speak from the future: what is recorded later about it always comes after.
  for (Fact& fact : out.facts) fact.at = std::min(fact.at, source.message.received_at);
  auto consents = store_.consents_of(source.subject_refs);
  if (!consents) return consents.error();
  out.consents = std::move(*consents);
  if (exchange_id.empty()) return out;
  auto assessments = store_.assessments(exchange_id);
  if (!assessments) return assessments.error();
  for (const AssessmentRow& a : *assessments) {
    auto assessor = crypto::open(source.key, a.assessor_id, "assessor/" + a.id);
    if (!assessor) return fail(Errc::internal, "store", "a stored assessment cannot be opened");
    out.facts.push_back(Fact{a.code, a.value == "yes" ? Truth::yes : Truth::no, a.person_ref, std::move(*assessor),
                             a.reason_code, a.at});
  }
  return out;
}

DecisionRequest request_for(const Case& source, const Party& holder, const Party& recipient, const std::string& purpose,
                            const Grounds& rest, const Parties& parties, const std::vector<Agreement>& agreements,
                            Time at) {
  DecisionRequest request;
  request.at = at;
  request.holder = &holder;
  request.recipient = &recipient;
  request.purpose = purpose;
  request.kind = source.message.kind;
  request.initiative = initiative_of(*source.kind, source.message.data);
  request.emergency = source.message.emergency;
  request.emergency_reason = source.message.emergency_reason;
  request.emergency_since = source.message.received_at;
  request.recipient_restricted = std::any_of(parties.all().begin(), parties.all().end(),
                                             [&](const Party& p) { return p.restricted_recipient == recipient.id; });
  request.fields = source.fields;
  request.persons = source.message.persons;
  request.facts = rest.facts;
  request.consents = rest.consents;
  request.agreements = agreements;
  return request;
}

}  // namespace samband
