// The later turns of a journey: questions about an exchange, answers to holds, statuses, retries, receipts.
#include <algorithm>

#include "base/id.hpp"
#include "base/log.hpp"
#include "delivery/acknowledge.hpp"
#include "exchange/answer.hpp"
#include "exchange/decided.hpp"
#include "exchange/text.hpp"
#include "keys/crypto.hpp"

namespace samband {
namespace {

constexpr std::chrono::minutes kSignatureAgeMax{5};
constexpr std::size_t kUnreadableSaidMax = 1000;

// What a recipient may know to exist: what was permitted, or has left.
bool may_see(const ExchangeRow& row) { return row.outcome == "released" || row.outcome == "partial" || has_left(row); }

// A reminder is written in the sender's name, about what its recipient has not done: nothing for the sender to know.
bool hidden_from_sender(std::string_view kind) { return kind == "step.reminder"; }

// Withheld categories, reasons and missing facts are for the sender: to the recipient they would tell what is hidden.
void keep_released_only(json::object& shown) {
  for (const char* key : {"reason", "missing", "nearestChange", "words", "telephone"}) shown.erase(key);
  if (auto* fields = shown.if_contains("fields"); fields && fields->is_object()) {
    fields->get_object().erase("withheld");
    fields->get_object().erase("held");
  }
}

// Steps after receipt reach the sender as messages of their own, under their own decisions; not by looking here.
std::string life_for_sender(const std::string& life) {
  return life.empty() || life == "sent" || life == "recalled" ? life : "received";
}

}  // namespace

Ledger::Carry carry_for(const Party& caller, const ExchangeRow& row) {
  return caller.id == row.sender ? Ledger::Carry::leaf : Ledger::Carry::proof_only;
}

// ---- reading ---------------------------------------------------------------------------------------------------

Bytes Journey::key_of(const ExchangeRow& row) const {
  auto key = s_.keys.payload_key(row.key_id);
  return key ? std::move(key->key) : Bytes();
}

// An exchange exists only for its two parties: for anybody else it is not found.
Result<ExchangeRow> Journey::own_row(const Party& caller, const std::string& id, bool sender, bool recipient) const {
  if (!is_uuid(id)) return fail(Errc::not_found, "exchange", "no such exchange");
  auto row = s_.store.exchange(id);
  if (!row) return row.error();
  const bool mine = row->has_value() && ((sender && (*row)->sender == caller.id && !hidden_from_sender((*row)->kind)) ||
                                         (recipient && (*row)->recipient == caller.id && may_see(**row)));
  if (!mine) return fail(Errc::not_found, "exchange", "no such exchange");
  return std::move(**row);
}

json::object Journey::answer_for(const ExchangeRow& row, Ledger::Carry carry) const {
  return with_receipt(row, show_exchange(row), carry);
}

json::object Journey::with_receipt(const ExchangeRow& row, json::object out, Ledger::Carry carry) const {
  if (auto proof = s_.ledger.receipt(row.leaf_index, carry))
    out["receipt"] =
        json::object{{"leafIndex", static_cast<std::int64_t>(row.leaf_index)}, {"proof", std::move(*proof)}};
  return out;
}

Result<json::object> Journey::answer_for_message(const MessageRow& message, bool duplicate) const {
  json::array exchanges;
  for (const std::string& id : split(message.exchanges)) {
    auto row = s_.store.exchange(id);
    if (!row) return row.error();
    if (row->has_value()) exchanges.push_back(answer_for(**row, Ledger::Carry::leaf));
  }
  auto warnings = parse_json(message.warnings);
  return json::object{
      {"messageId", message.id},
      {"senderMessageId", message.sender_message_id},
      {"duplicate", duplicate},
      {"receivedAt", to_rfc3339(message.received_at)},
      {"warnings", warnings && warnings->is_array() ? std::move(*warnings) : json::value(json::array{})},
      {"exchanges", std::move(exchanges)}};
}

Task<Result<json::object>> Journey::message_answer(const Party* caller, std::string id) {
  auto message = s_.store.message(id);
  if (!message) co_return message.error();
  if (!message->has_value() || (*message)->sender != caller->id || hidden_from_sender((*message)->kind))
    co_return fail(Errc::not_found, "message", "no such message");
  co_return answer_for_message(**message, false);
}

Task<Result<json::object>> Journey::exchange(const Party* caller, std::string id) {
  auto row = own_row(*caller, id, true, true);
  if (!row) co_return row.error();
  const Ledger::Carry carry = carry_for(*caller, *row);
  json::object out = answer_for(*row, carry);
  if (row->ack_leaf_index) {
    if (auto proof = s_.ledger.receipt(*row->ack_leaf_index, carry))
      out["acknowledgementReceipt"] =
          json::object{{"leafIndex", static_cast<std::int64_t>(*row->ack_leaf_index)}, {"proof", std::move(*proof)}};
  }
  const Bytes key = key_of(*row);
  out["externalReference"] = open_reference(*row, key);
  // What the recipient reported travels to the sender under a decision of its own (care.status), not by looking here.
  json::array statuses;
  if (row->recipient == caller->id) {
    keep_released_only(out);
    auto list = s_.store.statuses(row->id);
    if (!list) co_return list.error();
    for (const StatusRow& s : *list) {
      auto handler = crypto::open(key, s.handler, "handler/" + s.id);
      statuses.push_back(json::object{{"status", s.status},
                                      {"reasonCode", s.reason_code},
                                      {"at", to_rfc3339(s.at)},
                                      {"handler", handler ? std::move(*handler) : std::string()}});
    }
    auto awaited = deadlines_of(*row);
    if (!awaited) co_return awaited.error();
    out["deadlines"] = std::move(*awaited);
  } else {
    out["life"] = life_for_sender(row->life);
  }
  out["statuses"] = std::move(statuses);
  co_return out;
}

Task<Result<json::object>> Journey::exchanges(const Party* caller, std::string state, std::string after, int limit) {
  ExchangeFilter filter;
  filter.party = caller->id;
  filter.state = std::move(state);
  filter.after = std::move(after);
  filter.limit = std::clamp(limit, 1, 1000);
  if (!filter.state.empty() && !exchange_state_from(filter.state))
    co_return fail(Errc::invalid_input, "?state", "no such state");
  json::array list;
  // A page is as full as there is something to see: a gap in it would tell of what stands there.
  for (bool more = true; more && list.size() < static_cast<std::size_t>(filter.limit);) {
    auto rows = s_.store.exchanges(filter);
    if (!rows) co_return rows.error();
    more = rows->size() == static_cast<std::size_t>(filter.limit);
    for (const ExchangeRow& row : *rows) {
      filter.after = row.id;
      json::object o = show_exchange(row);
      if (row.recipient == caller->id) {
        // A recipient learns nothing of what was not for it to know.
        if (!may_see(row)) continue;
        keep_released_only(o);
      } else {
        if (hidden_from_sender(row.kind)) continue;
        o["life"] = life_for_sender(row.life);
      }
      list.push_back(std::move(o));
      if (list.size() == static_cast<std::size_t>(filter.limit)) break;
    }
  }
  co_return json::object{{"exchanges", std::move(list)}};
}

Task<Result<std::string>> Journey::receipt(const Party* caller, std::string id) {
  auto row = own_row(*caller, id, true, true);
  if (!row) co_return row.error();
  co_return s_.ledger.receipt(row->ack_leaf_index.value_or(row->leaf_index), carry_for(*caller, *row));
}

Result<PluginReply> Journey::render_answer(const std::string& adapter, const std::string& answer_json) const {
  return s_.plugins.render_answer(adapter, answer_json);
}

// ---- a hold answered -------------------------------------------------------------------------------------------

Result<Journey::Assessor> Journey::assessor_of(const Caller& caller, const std::string& exchange_id, json::value& body,
                                               Time now) const {
  const std::string signature = text_at(body, "/jws");
  if (!signature.empty()) {
    auto opened = s_.signatures.open(signature, *caller.party, now);
    if (!opened) return opened.error();
    json::value& said = opened->payload;
    if (text_at(said, "/exchange") != exchange_id)
      return fail(Errc::forbidden, "/jws", "the signature is for another exchange");
    const json::value* at = find_pointer(said, "/iat");
    if (at == nullptr || !at->is_int64())
      return fail(Errc::invalid_input, "/jws", "iat: expected the time of signing, seconds since 1970");
    const Time signed_at(std::chrono::seconds(std::clamp<std::int64_t>(at->get_int64(), 0, 1LL << 40)));
    const auto age = now - signed_at;
    if (age > kSignatureAgeMax || age < -kSignatureAgeMax)
      return fail(Errc::invalid_input, "/jws", "iat: more than five minutes from the hub's clock; sign again");
    body = std::move(said);
    return Assessor{opened->official->id, "assessor_signature", signature, signed_at};
  }
  if (caller.official == nullptr)
    return fail(Errc::forbidden, "/assessor",
                "an assessment needs a person: log in as the official, or send what the official signed");
  const std::string named = text_at(body, "/assessor/id");
  if (!named.empty() && named != caller.official->id)
    return fail(Errc::forbidden, "/assessor/id", "an official answers in his or her own name");
  return Assessor{caller.official->id, "assessor_login", {}};
}

Task<Result<json::object>> Journey::assess(Caller who, std::string id, json::value body) {
  const Party* caller = who.party;
  auto row = own_row(*caller, id, true, false);
  if (!row) co_return row.error();
  if (is_closed(*row))
    co_return fail(Errc::conflict, "exchange", "this exchange was recalled or taken back; send a new message");
  if (rest_expired(*row))
    co_return fail(Errc::conflict, "exchange", "what was held of it has expired; send a new message");
  const Time now = s_.clock.now();
  auto proved = assessor_of(who, id, body, now);
  if (!proved) co_return proved.error();
  const std::string assessor = proved->id;
  const json::value* facts = find_pointer(body, "/facts");
  if (!facts || !facts->is_array() || facts->get_array().empty() || facts->get_array().size() > 32)
    co_return fail(Errc::invalid_input, "/facts", "must be a list of 1 to 32 facts");
  auto source = source_of(*row);
  if (!source) co_return source.error();

  auto rows = std::make_shared<std::vector<AssessmentRow>>();
  std::vector<Leaf> leaves;
  for (std::size_t i = 0; i < facts->get_array().size(); ++i) {
    const json::value& fact = facts->get_array()[i];
    const std::string at = "/facts/" + std::to_string(i);
    const std::string code = text_at(fact, "/code");
    const json::value* value = find_pointer(fact, "/value");
    for (const auto& member : fact.is_object() ? fact.get_object() : json::object{}) {
      const std::string_view key = member.key();
      if (key != "code" && key != "value" && key != "person" && key != "reasonCode")
        co_return fail(Errc::invalid_input, at, "has a member that is not known");
      if (key != "value" && !member.value().is_string())
        co_return fail(Errc::invalid_input, at + "/" + std::string(key), "must be text");
    }
    if (!contains(fact_codes(), code))
      co_return fail(Errc::invalid_input, at + "/code", "unknown fact; see docs/vocabulary.md");
    if (!value || !value->is_bool()) co_return fail(Errc::invalid_input, at + "/value", "must be true or false");
    AssessmentRow a;
    a.id = new_id(now);
    a.exchange_id = row->id;
    a.code = code;
    a.person_ref = text_at(fact, "/person");
    a.assessor_id = crypto::seal((*source)->key, assessor, "assessor/" + a.id);
    a.reason_code = text_at(fact, "/reasonCode");
    a.party = caller->id;
    a.value = value->get_bool() ? "yes" : "no";
    a.at = now;
    if (!contains(reason_codes(), a.reason_code))
      co_return fail(Errc::invalid_input, at + "/reasonCode",
                     a.reason_code.empty() ? "an assessment gives its reason" : "unknown reason code");
    if (contradicts(a.reason_code, value->get_bool()))
      co_return fail(Errc::invalid_input, at + "/reasonCode", "says the opposite of the value");
    if (std::any_of(rows->begin(), rows->end(),
                    [&](const AssessmentRow& b) { return b.code == a.code && b.person_ref == a.person_ref; }))
      co_return fail(Errc::invalid_input, at + "/code", "is answered twice");
    const auto& persons = (*source)->message.persons;
    if (!a.person_ref.empty() &&
        std::none_of(persons.begin(), persons.end(), [&](const Person& p) { return p.ref == a.person_ref; }))
      co_return fail(Errc::invalid_input, at + "/person", "names no person of this message");
    Leaf leaf = make_leaf(LeafType::assessment, now, caller->id, {}, row->id, a.value);
    leaf.codes = {a.code, a.reason_code, std::string(proved->proof)};
    leaf.relies_on = {row->leaf_index};
    const std::string details = assessor + "\n" + a.person_ref + "\n" + proved->evidence;
    const Commitment commitment = commit_to(details);
    leaf.payload_commitment = commitment.digest;
    a.side = seal_side((*source)->key, commitment, details, "assessment/" + a.id);
    leaves.push_back(std::move(leaf));
    rows->push_back(std::move(a));
  }
  auto odd = std::make_shared<std::vector<AnswersRow>>();
  std::vector<GivenAnswer> given;
  for (const AssessmentRow& a : *rows)
    if (!is_assertion(a.code))
      given.push_back({a.code, a.value == "yes", a.exchange_id + "/" + a.person_ref,
                       s_.keys.subject_ref("assessor/" + assessor), proved->signed_at.value_or(now)});
  Ledger::Write write = [this, rows, given, odd, now, party = caller->id, signed_at = proved->signed_at](
                            Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    if (signed_at) {
      // An old yes that comes again must not undo the no that followed it, nor the one that comes with it.
      auto earlier = txn.assessments(rows->front().exchange_id);
      if (!earlier) return earlier.error();
      for (const AssessmentRow& a : *rows)
        if (std::any_of(earlier->begin(), earlier->end(), [&](const AssessmentRow& e) {
              return e.code == a.code && e.person_ref == a.person_ref && e.at >= *signed_at;
            }))
          return fail(Errc::conflict, "/jws", "the same was answered after this was signed; sign again");
    }
    for (const AssessmentRow& a : *rows)
      if (auto added = txn.add_assessment(a); !added) return added;
    return note_answers(txn, party, given, now, *odd);
  };
  changed();
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  changed();
  if (!done) co_return done.error();
  if (!odd->empty()) co_await say_odd(std::move(*odd));
  auto again = co_await redecide(std::move(*row), *source, "assessment");
  if (!again) co_return again.error();
  if (again->state == ExchangeState::queued) s_.outbox.enqueue(*again, *source);
  co_return answer_for(*again, carry_for(*caller, *again));
}

// ---- operator --------------------------------------------------------------------------------------------------

Task<Result<json::object>> Journey::retry(const Party* caller, std::string id) {
  if (caller->actor_type != "operator")
    co_return fail(Errc::forbidden, "exchange", "only an operator takes a dead letter up again");
  auto row = s_.store.exchange(id);
  if (!row) co_return row.error();
  if (!row->has_value()) co_return fail(Errc::not_found, "exchange", "no such exchange");
  const Time now = s_.clock.now();
  Leaf leaf =
      make_leaf(LeafType::delivery, now, (*row)->sender, (*row)->recipient, (*row)->id, "retry", {(*row)->leaf_index});
  Ledger::Write write = [id, now](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    auto current = txn.exchange(id);
    if (!current) return current.error();
    if (!*current || ((*current)->state != ExchangeState::dead && (*current)->state != ExchangeState::queued))
      return fail(Errc::conflict, "exchange", "only what is dead or queued can be tried again");
    (*current)->state = ExchangeState::queued;
    (*current)->attempts = 0;
    (*current)->next_attempt_at = now;
    (*current)->updated_at = now;
    return txn.put_exchange(**current);
  };
  std::vector<Leaf> leaves{std::move(leaf)};
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  s_.outbox.nudge();
  co_return json::object{{"id", id}, {"state", "queued"}};
}

// ---- inbox -----------------------------------------------------------------------------------------------------

// What cannot be read hides nothing else: it is named, and somebody at the hub is alerted.
json::object Journey::unreadable(const ExchangeRow& row, const Error& why) {
  const std::string code(to_string(why.code));
  bool first = false;
  {
    const std::lock_guard lock(said_mutex_);
    if (unreadable_said_.size() >= kUnreadableSaidMax) unreadable_said_.clear();
    first = unreadable_said_.insert(row.id).second;
  }
  if (first) {
    s_.meter.alarm("inbox_unreadable");
    log(LogLevel::error, "inbox.unreadable", {{"exchange", row.id}, {"recipient", row.recipient}, {"code", code}});
  }
  return json::object{
      {"id", row.id},
      {"sender", row.sender},
      {"kind", row.kind},
      {"purpose", row.purpose},
      {"createdAt", to_rfc3339(row.created_at)},
      {"error", json::object{{"code", code}, {"detail", "the hub cannot read this message; telephone its operator"}}}};
}

Task<Result<json::object>> Journey::inbox(const Party* caller, std::string after, std::chrono::seconds wait) {
  const auto until = std::chrono::steady_clock::now() + std::min(wait, std::chrono::seconds(55));
  for (;;) {
    auto rows = s_.store.inbox(caller->id, after, 50);
    if (!rows) co_return rows.error();
    json::array list;
    bool any = false;  // something to read: what cannot be read ends no waiting
    for (ExchangeRow& row : *rows) {
      const ExchangeRow asked = row;
      auto source = source_of(row);
      if (!source) {
        if (source.error().code == Errc::unavailable) co_return source.error();
        list.push_back(unreadable(asked, source.error()));
        continue;
      }
      // Handing it out is an attempt: decided again at this moment.
      auto permitted = co_await permit(std::move(row), std::move(*source));
      if (!permitted && permitted.error().code == Errc::busy) continue;  // it comes in the next round
      if (!permitted && permitted.error().code == Errc::unavailable) co_return permitted.error();
      if (!permitted) {
        list.push_back(unreadable(asked, permitted.error()));
        continue;
      }
      if (!permitted->has_value()) continue;
      const Attempt& attempt = **permitted;
      if (!has_left(attempt.row)) {
        // Recorded before it is shown: from here on it has left, acknowledged or not.
        auto recorded = co_await record_hand_out(attempt.row);
        if (!recorded) co_return recorded.error();
      }
      any = true;
      list.push_back(json::object{{"id", asked.id},
                                  {"sender", attempt.row.sender},
                                  {"kind", attempt.row.kind},
                                  {"purpose", attempt.row.purpose},
                                  {"createdAt", to_rfc3339(attempt.row.created_at)},
                                  {"data", attempt.released.data()},
                                  {"recall", attempt.row.kind == "exchange.recall"}});
    }
    if (any || std::chrono::steady_clock::now() >= until) co_return json::object{{"exchanges", std::move(list)}};
    co_await sleep_for(std::chrono::milliseconds(200));
  }
}

Task<Result<void>> Journey::record_hand_out(ExchangeRow row) {
  const Time now = s_.clock.now();
  Leaf leaf = make_leaf(LeafType::delivery, now, row.sender, row.recipient, row.id, "handed_out", {row.leaf_index});
  Ledger::Write write = [id = row.id, decided = row.leaf_index, now](
                            Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    auto current = txn.exchange(id);
    if (!current) return current.error();
    if (!*current || (*current)->leaf_index != decided || (*current)->state != ExchangeState::inbox)
      return fail(Errc::conflict, "exchange", "decided again meanwhile: ask once more");
    ++(*current)->attempts;
    (*current)->life = "sent";
    (*current)->updated_at = now;
    return txn.put_exchange(**current);
  };
  std::vector<Leaf> leaves{std::move(leaf)};
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  co_return Result<void>();
}

Task<Result<json::object>> Journey::acknowledge(const Party* caller, std::string id, json::value body) {
  auto row = own_row(*caller, id, false, true);
  if (!row) co_return row.error();
  if (!has_left(*row) || (row->state != ExchangeState::inbox && row->state != ExchangeState::delivered))
    co_return fail(Errc::conflict, "exchange", "nothing of this exchange was handed out");
  if (!row->acknowledged_at) {
    Bytes key = key_of(*row);
    const bool owes = owes_receipt(*row, s_.parties);
    auto source = source_of(*row);
    if (!source) co_return source.error();
    auto begun = begins(*row, **source);
    auto done = co_await record_acknowledgement(s_.ledger, std::move(*row), text_at(body, "/reference"), std::move(key),
                                                owes, std::move(begun), s_.clock.now());
    if (!done) co_return done.error();
    s_.meter.delivery("delivered", 0);
    ExchangeRow stored = *done;
    *row = std::move(*done);
    const std::uint64_t decided_by = stored.leaf_index;
    co_await acknowledged(std::move(stored), std::move(*source), decided_by);
  }
  json::object out{{"id", row->id}, {"acknowledgedAt", to_rfc3339(row->acknowledged_at.value_or(Time{}))}};
  if (row->ack_leaf_index)
    if (auto proof = s_.ledger.receipt(*row->ack_leaf_index))
      out["receipt"] =
          json::object{{"leafIndex", static_cast<std::int64_t>(*row->ack_leaf_index)}, {"proof", std::move(*proof)}};
  co_return out;
}

}  // namespace samband
