// The life of a referral, seen from the journey: a step that its recipient reports, the message that carries it back,
// and the deadlines that a step begins and ends.
#include <algorithm>

#include "base/id.hpp"
#include "delivery/acknowledge.hpp"
#include "exchange/answer.hpp"
#include "exchange/decided.hpp"
#include "exchange/text.hpp"
#include "follow_up/life_cycle.hpp"
#include "follow_up/step_deadlines.hpp"
#include "keys/crypto.hpp"

namespace samband {
namespace {

// What a step must say to be of use to whoever waits for it.
Result<void> check_content(const Journey::StepReport& report) {
  if (!report.reason.empty() && !contains(reason_codes(), report.reason))
    return fail(Errc::invalid_input, "/reasonCode", "unknown reason code");
  if (report.status == "declined" && report.reason.empty())
    return fail(Errc::invalid_input, "/reasonCode",
                "a declined referral says by whom: person_declined, recipient_declined, no_capacity, ...");
  if ((report.status == "confirmed" || report.status == "contacted") && report.handler.empty())
    return fail(
        Errc::invalid_input, "/handler/name",
        report.status == "confirmed" ? "a confirmation names the handler" : "proof of contact names who had it");
  if (report.status == "first_visit_booked" && report.visit_at.empty())
    return fail(Errc::invalid_input, "/visitAt", "a booked visit has a time");
  if (!report.savry.empty() && !report.status.starts_with("savry_"))
    return fail(Errc::invalid_input, "/savry", "is the result of a SAVRY: savry_done or savry_repeated");
  if (report.status == "queued" && report.expected_by.empty())
    return fail(Errc::invalid_input, "/expectedBy", "who is queued is told by when to expect help");
  return {};
}

// A misspelt member would be lost without a word; a record number that is a person's would travel as a case's.
Result<void> only_members_of_a_step(const json::value& body) {
  constexpr std::string_view kKnown[] = {"status",     "reasonCode",   "handler", "visitAt",
                                         "expectedBy", "recordNumber", "savry",   "facts"};
  if (!body.is_object()) return fail(Errc::invalid_input, "", "must be an object");
  for (const auto& [name, value] : body.get_object())
    if (std::find(std::begin(kKnown), std::end(kKnown), std::string_view(name)) == std::end(kKnown))
      return fail(Errc::invalid_input, "", "has a member that no step has; see docs/agency-api.md");
  if (const std::string number = text_at(body, "/recordNumber"); plain_reference(number, 64) != number)
    return fail(Errc::invalid_input, "/recordNumber",
                "expected a record number of at most 64 bytes, no identity number");
  return {};
}

// When the notice was served on the person, where the message says so: the end of that day is not yet a day of the
// clock, so its beginning is as good as any instant of it.
std::optional<Time> served_at(const json::value& data) {
  const std::string text = text_at(data, "/payload/servedAt");
  if (auto date = parse_date(text)) return stockholm_midnight(*date);
  if (auto time = parse_rfc3339(text)) return *time;
  return std::nullopt;
}

// What the original asserted without an assessor still describes the case; an assessment is its own holder's.
void add_asserted(json::array& facts, const ExchangeRow& row, const Case& source, std::string_view status) {
  for (const Fact& fact : source.message.facts) {
    if (!fact.assessor_id.empty() || fact.value == Truth::unknown) continue;
    // A confirmation of an eviction is owed to Kronofogden: no other step, nor any of what else it may say this of.
    const bool counts = fact.code != "eviction_notified" || (row.kind == "eviction.time" && status == "confirmed");
    facts.push_back(
        json::object{{"code", fact.code}, {"value", counts && fact.value == Truth::yes}, {"at", to_rfc3339(fact.at)}});
  }
}

// What is answered by steps: neither the hub's own messages nor what is a step or an answer itself.
bool has_a_life(std::string_view kind) {
  constexpr std::string_view kNone[] = {"care.status",   "test.result",     "report.answer",
                                        "duty.alert",    "hold.expired",    "privacy.notice",
                                        "step.reminder", "exchange.recall", "exchange.receipt"};
  return std::find(std::begin(kNone), std::end(kNone), kind) == std::end(kNone);
}

}  // namespace

Journey::StepReport Journey::step_report(const json::value& body, const std::string& at) {
  return {text_at(body, at + "/status"),  text_at(body, at + "/reasonCode"), text_at(body, at + "/handler/name"),
          text_at(body, at + "/visitAt"), text_at(body, at + "/expectedBy"), text_at(body, at + "/savry")};
}

// ---- a step reported -------------------------------------------------------------------------------------------

std::shared_ptr<void> Journey::claim_step(const std::string& exchange_id, const std::string& status) const {
  const std::string name = exchange_id + "/" + status;
  {
    const std::lock_guard lock(steps_mutex_);
    if (!steps_.insert(name).second) return nullptr;
  }
  return std::shared_ptr<void>(&steps_mutex_, [this, name](void*) {
    const std::lock_guard lock(steps_mutex_);
    steps_.erase(name);
  });
}

// To be recorded together with the message that carries it back.
Result<Journey::Along> Journey::status_step(const Party& caller, const ExchangeRow& row,
                                            const StepReport& report) const {
  const std::string& status = report.status;
  if (!row.acknowledged_at) return fail(Errc::conflict, "/status", "the exchange has not been received yet");
  if (auto legal = check_life_step(row.life, status, row.kind); !legal) return legal.error();
  if (auto whole = check_content(report); !whole) return whole.error();
  const bool beside = is_beside(status);
  std::shared_ptr<void> claim;                               // until it is recorded
  const bool decides = !answer_to_reporter(status).empty();  // on an inquiry: once, or its reporter hears both answers
  if (decides || (beside && status != "contacted")) {
    claim = claim_step(row.id, decides ? "inquiry" : status);
    auto earlier = s_.store.statuses(row.id);
    if (!earlier) return earlier.error();
    const auto same = [&](const StatusRow& s) {
      return s.status == status || (decides && !answer_to_reporter(s.status).empty());
    };
    if (!claim || std::any_of(earlier->begin(), earlier->end(), same))
      return fail(Errc::conflict, "/status", "this step was reported before");
  }
  const Time now = s_.clock.now();
  StatusRow step{new_id(now), row.id, caller.id, status, report.reason, {}, now, 0};
  if (const Bytes key = key_of(row); !report.handler.empty() && !key.empty())
    step.handler = crypto::seal(key, plain_reference(report.handler, 128), "handler/" + step.id);
  Leaf leaf = make_leaf(LeafType::status, now, caller.id, row.sender, row.id, status);
  if (!report.reason.empty()) leaf.codes = {report.reason};
  const auto duty = duty_of(row);
  if (duty && duty->by_confirmation && row.due_at && ends_a_duty(status)) {
    leaf.codes.emplace_back(fulfilment(*duty, now));
    leaf.codes.push_back(duty->rule);
  }
  const Route* route = s_.routes.find(row.route);
  auto open = s_.store.agenda(row.id);
  if (!open) return open.error();
  const std::vector<EndedDeadline> ended = ended_by(route, *open, status, now);
  for (const EndedDeadline& each : ended) {
    if (!each.met) continue;
    leaf.codes.emplace_back(each.in_time ? "step_in_time" : "step_late");
    leaf.codes.push_back(each.id);
  }
  leaf.relies_on = {row.leaf_index};
  std::vector<AgendaRow> begun = begun_by(route, row.id, status, now);
  if (status == "returned") begun.push_back({row.id, std::string(kReturned), now, now, 0});
  if (row.kind == "concern.report" && !answer_to_reporter(status).empty())
    begun.push_back({row.id, std::string(kAnswerReporter), now, now, 0});
  Along along;
  along.leaves.push_back(std::move(leaf));
  along.write = [step, before = row.life, beside, ended, begun, claim](
                    Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
    auto current = txn.exchange(step.exchange_id);
    if (!current) return current.error();
    if (!*current || (*current)->life != before)
      return fail(Errc::conflict, "/status", "another step was set meanwhile");
    ExchangeRow next = std::move(**current);
    if (!beside) next.life = step.status;
    // The sender sees the row: `updated_at` stays, or it would tell of every step. A rest that is held is owed still.
    const bool confirm = next.explanation.find("\"confirm_same_day\"") != std::string::npos;
    if (confirm && ends_a_duty(step.status)) next.due_at.reset();
    StatusRow stored = step;
    stored.leaf_index = at.at(0);
    if (auto added = txn.add_status(stored); !added) return added;
    for (const EndedDeadline& each : ended)
      if (auto dropped = txn.drop_agenda(step.exchange_id, each.what); !dropped) return dropped;
    for (const AgendaRow& item : begun)
      if (auto put = txn.put_agenda(item); !put) return put;
    return txn.put_exchange(next);
  };
  return along;
}

Task<Result<json::object>> Journey::set_status(const Party* caller, std::string id, json::value body) {
  auto row = own_row(*caller, id, false, true);
  if (!row) co_return row.error();
  if (auto known = only_members_of_a_step(body); !known) co_return known.error();
  const StepReport report = step_report(body, "");
  auto step = status_step(*caller, *row, report);
  if (!step) co_return step.error();
  auto source = source_of(*row);
  if (!source) co_return source.error();
  json::object payload{{"exchangeId", row->id}, {"status", report.status}};
  for (const char* key : {"reasonCode", "visitAt", "expectedBy", "recordNumber", "savry"})
    if (const std::string text = text_at(body, std::string("/") + key); !text.empty()) payload[key] = text;
  json::object handler;
  for (const char* key : {"name", "phone"})
    if (const std::string text = text_at(body, std::string("/handler/") + key); !text.empty()) handler[key] = text;
  if (!handler.empty()) payload["handler"] = std::move(handler);
  json::array facts;
  if (const json::value* given = find_pointer(body, "/facts"); given && given->is_array()) facts = given->get_array();
  const Party* to = s_.parties.find(row->sender);
  if (!to) co_return fail(Errc::not_found, "parties", "the sender is no longer a party");
  json::value canonical = status_message(*row, **source, std::move(payload), std::move(facts));
  auto back = co_await send_for(caller, to, std::move(canonical), row->key_id, "care_follow_up", std::move(*step));
  if (!back) co_return back.error();
  auto after = own_row(*caller, id, false, true);
  if (!after) co_return after.error();
  co_return json::object{{"exchange", answer_for(*after, carry_for(*caller, *after))},
                         {"statusMessage", std::move(*back)}};
}

// Whom it is about decides what may be said; the identity itself is not needed and stays.
json::array persons_for_status(const Case& source) {
  json::array copies;
  if (const json::value* persons = find_pointer(source.message.data, "/persons"); persons && persons->is_array()) {
    for (json::value person : persons->get_array()) {
      if (person.is_object() && person.get_object()["role"] == "tenant") person.get_object()["role"] = "subject";
      copies.push_back(std::move(person));
    }
  }
  return copies;
}

// A case system may report a step without naming the person again: the exchange says who it is about.
Result<CasePtr> Journey::complete_status(const Case& status, const ExchangeRow& about, const Party& sender,
                                         Time now) const {
  auto original = source_of(about);
  if (!original) return original.error();
  // A status is about the persons of its exchange. Another number means another case: it must not go to this sender.
  for (const Person& named : status.message.persons) {
    const auto& known = (*original)->message.persons;
    const auto numbered = [](const Person& p) { return !p.id_number.reveal().empty(); };
    if (numbered(named) && std::any_of(known.begin(), known.end(), numbered) &&
        std::none_of(known.begin(), known.end(), [&](const Person& p) { return p.subject_ref == named.subject_ref; }))
      return fail(Errc::conflict, "/data/persons", "the status names somebody whom this exchange is not about");
  }
  auto canonical = parse_json(status.canonical);
  if (!canonical) return canonical.error();
  json::object& data = canonical->at("data").as_object();
  data["persons"] = persons_for_status(**original);
  json::array facts;
  if (const json::value* given = data.if_contains("facts"); given && given->is_array()) facts = given->get_array();
  add_asserted(facts, about, **original, text_at(data["payload"], "/status"));
  if (!facts.empty()) data["facts"] = std::move(facts);
  auto made = s_.intake.make(sender, std::move(*canonical), now, about.key_id);
  if (!made) return made.error();
  made->content_hash = status.content_hash;
  return CasePtr(std::make_shared<const Case>(std::move(*made)));
}

// The step goes back to whoever sent the exchange, as a message of its own under a decision of its own. The sender's
// own references come back with it: the record numbers of both sides meet in one message.
json::value Journey::status_message(const ExchangeRow& row, const Case& source, json::object payload,
                                    json::array facts) const {
  json::value canonical = hub_message("care.status", new_id(s_.clock.now()), row, s_.clock.now());
  json::object& data = canonical.at("data").as_object();
  data["payload"] = std::move(payload);
  data["persons"] = persons_for_status(source);
  // The sender's own names for conversation and message: it knows the step by them.
  if (!source.message.conversation_id.empty()) data["conversationId"] = source.message.conversation_id;
  data["refToMessageId"] = source.message.sender_message_id;
  if (const json::value* own = find_pointer(source.message.data, "/references"); own && own->is_array())
    data["references"] = *own;
  add_asserted(facts, row, source, text_at(data["payload"], "/status"));
  if (!facts.empty()) data["facts"] = std::move(facts);
  return canonical;
}

// ---- what a step leads to --------------------------------------------------------------------------------------

// Whoever reported concern about a child learns one of three words, under a decision of its own that needs the board's
// individual assessment: until somebody has made it, the answer is held at the board.
Task<Result<void>> Journey::answer_reporter(ExchangeRow row, AgendaRow item) {
  const Party* board = s_.parties.find(row.recipient);
  const Party* reporter = s_.parties.find(row.sender);
  // Of the step that said it: the referral may have gone on before this round.
  auto steps = s_.store.statuses(row.id);
  if (!steps) co_return steps.error();
  const auto said = std::find_if(steps->rbegin(), steps->rend(),
                                 [](const StatusRow& s) { return !answer_to_reporter(s.status).empty(); });
  const std::string step = said == steps->rend() ? std::string() : said->status;
  const std::string_view word = answer_to_reporter(step);
  if (!board || !reporter || word.empty()) co_return co_await drop_from_agenda(std::move(item));
  auto source = source_of(row);
  if (!source) co_return source.error();
  const std::int64_t key_id = row.key_id;
  json::value canonical = hub_message("report.answer", "answer/" + row.id + "/" + step, row, item.opened_at);
  json::object& data = canonical.at("data").as_object();
  data["payload"] = json::object{{"reportId", (*source)->message.sender_message_id}, {"inquiry", word}};
  data["persons"] = persons_for_status(**source);
  Along along;
  along.write = [item](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    return txn.drop_agenda(item.exchange_id, item.what);
  };
  auto sent = co_await send_for(board, reporter, std::move(canonical), key_id, "report_answer", std::move(along));
  if (!sent && sent.error().code == Errc::conflict) co_return co_await drop_from_agenda(std::move(item));
  if (!sent) co_return sent.error();
  co_return Result<void>();
}

// Misdirected: the recipient is asked to use it no further. What it holds, it weeds out by its own rules.
Task<Result<void>> Journey::take_back(ExchangeRow row, AgendaRow item) {
  auto told = co_await recall(std::move(row), "misdirected");
  if (!told) co_return told.error();
  co_return co_await drop_from_agenda(std::move(item));
}

// ---- deadlines -------------------------------------------------------------------------------------------------

std::vector<AgendaRow> Journey::begins(const ExchangeRow& row, const Case& source) const {
  const Route* route = s_.routes.find(row.route);
  const Time now = s_.clock.now();
  std::vector<AgendaRow> begun = begun_by(route, row.id, "received", now, served_at(source.message.data));
  const auto polled = s_.polls.find(row.recipient);
  if (polled != s_.polls.end() && has_a_life(row.kind))
    begun.push_back({row.id, std::string(kAskStatus), now + polled->second.every, now, 0});
  return begun;
}

// When to ask next stands before it is asked: a hub that dies asks again a turn later, and what is asked twice says
// nothing twice. What has ended, is too old or is asked about no more leaves the agenda.
Task<Result<void>> Journey::ask_status(ExchangeRow row, AgendaRow item) {
  const Time now = s_.clock.now();
  const auto rule = s_.polls.find(row.recipient);
  if (rule == s_.polls.end() || ends_life(row.life) || now - item.opened_at > rule->second.kept)
    co_return co_await drop_from_agenda(std::move(item));
  AgendaRow next = item;
  next.at = now + rule->second.every;
  ++next.count;
  Ledger::Write write = [item, next](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    if (auto there = still_on_agenda(txn, item); !there) return there;
    return txn.put_agenda(next);
  };
  std::vector<Leaf> nothing;
  auto done = co_await s_.ledger.commit(std::move(nothing), std::move(write));
  if (!done) co_return done.error();
  if (s_.ask_status) s_.ask_status(row.recipient, row.id);
  co_return Result<void>();
}

// A corrected notice restarts the clock: what was awaited of the earlier one is awaited of this one.
Task<void> Journey::end_corrected(ExchangeRow row, CasePtr source) {
  if (source->message.correction_of.empty()) co_return;
  auto earlier = s_.store.message(source->message.sender, source->message.correction_of);
  if (!earlier || !earlier->has_value()) co_return;
  for (const std::string& id : split((*earlier)->exchanges)) {
    auto old = s_.store.exchange(id);
    if (!old || !old->has_value() || (*old)->recipient != row.recipient || (*old)->purpose != row.purpose) continue;
    auto open = s_.store.agenda(id);
    if (!open) continue;
    for (AgendaRow& item : *open) {
      if (!item.what.starts_with(kStepPrefix)) continue;
      auto dropped = co_await drop_from_agenda(std::move(item));
      if (!dropped) log_owed(dropped.error());
    }
    if (!(*old)->due_at) continue;
    // Neither receipt nor confirmation of what no longer holds.
    Ledger::Write write = [id](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
      auto current = txn.exchange(id);
      if (!current) return current.error();
      if (!*current) return {};
      (*current)->due_at.reset();
      return txn.put_exchange(**current);
    };
    auto ended = co_await s_.ledger.commit({}, std::move(write));
    if (!ended) log_owed(ended.error());
  }
}

Result<json::array> Journey::deadlines_of(const ExchangeRow& row) const {
  if (is_closed(row)) return json::array{};  // taken back: nothing is awaited
  auto agenda = s_.store.agenda(row.id);
  if (!agenda) return agenda.error();
  json::array out;
  for (const AgendaRow& item : *agenda)
    if (const StepDeadline* deadline = deadline_of(s_.routes.find(row.route), item))
      out.push_back(json::object{{"id", deadline->id},
                                 {"awaits", json_list(deadline->met_by)},
                                 {"since", to_rfc3339(item.opened_at)},
                                 {"due", to_rfc3339(due_of(*deadline, item))},
                                 {"overdue", s_.clock.now() > due_of(*deadline, item)}});
  return out;
}

}  // namespace samband
