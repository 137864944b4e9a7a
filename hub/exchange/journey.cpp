#include "exchange/journey.hpp"

#include <algorithm>

#include "base/id.hpp"
#include "base/log.hpp"
#include "delivery/acknowledge.hpp"
#include "exchange/answer.hpp"
#include "exchange/decided.hpp"
#include "exchange/text.hpp"
#include "follow_up/step_deadlines.hpp"
#include "keys/crypto.hpp"

namespace samband {

namespace {
constexpr std::string_view kAtTheGate = "decided_again";

// Whoever asked gets the answer; about a protected person, those of theirs who take what is about such persons.
Candidate answer_to(const Parties& parties, const std::string& asker, std::string purpose, const Message& message) {
  Candidate candidate{parties.find(asker), std::move(purpose), "hub", false};
  const bool anyone_protected = std::any_of(message.persons.begin(), message.persons.end(),
                                            [](const Person& p) { return p.protection != Protection::none; });
  if (anyone_protected && candidate.recipient != nullptr && !candidate.recipient->restricted_recipient.empty()) {
    candidate.recipient = parties.find(candidate.recipient->restricted_recipient);
    candidate.restricted = true;
  }
  return candidate;
}

// Whoever got what is corrected gets the correction too, wherever the routes lead now (GDPR articles 16 and 19); each
// under a decision of its own. Of another kind, or of another sender, it is no correction of that.
Result<void> add_corrected(Store& store, const Parties& parties, const Message& message,
                           std::vector<Candidate>& candidates) {
  if (message.correction_of.empty()) return {};
  auto earlier = store.message(message.sender, message.correction_of);
  if (!earlier) return earlier.error();
  if (!earlier->has_value() || (*earlier)->kind != message.kind) return {};
  for (const std::string& id : split((*earlier)->exchanges)) {
    auto row = store.exchange(id);
    if (!row) return row.error();
    if (!row->has_value() || !has_left(**row)) continue;
    const Party* recipient = parties.find((*row)->recipient);
    const bool there = std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& c) {
      return c.recipient == recipient && c.purpose == (*row)->purpose;
    });
    if (recipient && !there) candidates.push_back(Candidate{recipient, (*row)->purpose, "correction", false});
  }
  return {};
}
}  // namespace

Journey::Journey(Services services) : s_(std::move(services)), reader_(s_.store, s_.keys, s_.intake) {
  for (const PluginHost::Info& adapter : s_.plugins.list()) {
    auto manifest = parse_json(adapter.manifest_json);
    if (!manifest) continue;
    const auto kinds = string_list(*manifest, "/kinds");
    adapter_kinds_[adapter.name] = {kinds.begin(), kinds.end()};
  }
}

// ---- one message in --------------------------------------------------------------------------------------------

Task<Result<json::object>> Journey::accept(Incoming in) {
  if (!s_.ledger.healthy() || !s_.keys.healthy())
    co_return fail(Errc::unavailable, "ledger",
                   "NOT SENT: the hub cannot record. Telephone the recipient's duty function");
  const Time now = s_.clock.now();
  const std::string adapter = in.adapter.empty() ? "canonical" : in.adapter;
  auto body = s_.intake.read(in, now);
  if (!body) {
    s_.meter.message(adapter, "refused");
    co_return body.error();
  }
  if (body->rows.empty() && in.after > 0)
    co_return fail(Errc::invalid_input, "?after", "`after` belongs to a file of rows");
  if (!body->rows.empty()) {
    auto rows = co_await accept_rows(std::move(in), std::move(body->rows));
    co_return rows;
  }
  json::array answers;
  std::optional<Error> first_error;
  bool decided = false;
  for (Case& c : body->cases) {
    CasePtr source = std::make_shared<const Case>(std::move(c));
    const std::string id = source->message.sender_message_id;
    auto answer = co_await accept_one(in.sender, std::move(source));
    if (answer) {
      decided = true;
      s_.meter.message(adapter, answer->at("duplicate").as_bool() ? "duplicate" : "accepted");
      answers.push_back(std::move(*answer));
    } else {
      s_.meter.message(adapter, "refused");
      if (!first_error) first_error = answer.error();
      auto document = parse_json(problem(answer.error()).body);
      answers.push_back(json::object{{"senderMessageId", id}, {"problem", document ? *document : json::value()}});
    }
  }
  if (!decided) co_return *first_error;
  if (answers.size() == 1) co_return std::move(answers.front().as_object());
  co_return json::object{{"messages", std::move(answers)}};
}

Task<Result<json::object>> Journey::accept_one(const Party* sender, CasePtr source) {
  const Time now = s_.clock.now();
  std::vector<Candidate> candidates;
  Along along;
  if (source->message.kind == "care.status") {
    // A status goes to whoever sent the referral, not by route: and only from whoever received it.
    auto about = own_row(*sender, text_at(source->message.data, "/payload/exchangeId"), false, true);
    if (!about)
      co_return fail(about.error().code, "/data/payload/exchangeId", "no exchange of that id was sent to this party");
    auto completed = complete_status(*source, *about, *sender, now);
    if (!completed) co_return completed.error();
    source = std::move(*completed);
    auto step = status_step(*sender, *about, step_report(source->message.data, "/payload"));
    if (!step) {
      // The same message again finds its own step taken: process() answers it as the duplicate that it is.
      auto earlier = s_.store.message(sender->id, source->message.sender_message_id);
      if (step.error().code != Errc::conflict || !earlier || !earlier->has_value()) co_return step.error();
    } else {
      along = std::move(*step);
    }
    candidates.push_back(Candidate{s_.parties.find(about->sender), "care_follow_up", "hub", false});
  } else if (source->message.kind == "test.result" && text_at(source->message.data, "/payload/exchangeId") != "") {
    // The result of an order goes to the orderer and to nobody else, whatever the routes say.
    auto order = own_row(*sender, text_at(source->message.data, "/payload/exchangeId"), false, true);
    if (!order || order->kind != "test.order")
      co_return fail(order ? Errc::rejected : order.error().code, "/data/payload/exchangeId",
                     "no order of that id was sent to this party");
    candidates.push_back(answer_to(s_.parties, order->sender, "substance_test", source->message));
    if (auto added = add_corrected(s_.store, s_.parties, source->message, candidates); !added) co_return added.error();
  } else {
    candidates = s_.routes.candidates(source->message, *sender, s_.parties, s_.agreements, now);
    if (auto added = add_corrected(s_.store, s_.parties, source->message, candidates); !added) co_return added.error();
  }
  std::erase_if(candidates, [](const Candidate& c) { return c.recipient == nullptr; });
  if (candidates.empty())
    co_return fail(Errc::rejected, "/data/kind", "no route leads anywhere for this message: NOT SENT");
  auto carried = co_await register_carried_consents(source);
  if (!carried) co_return carried.error();
  auto answer = co_await process(source, std::move(candidates), std::move(along));
  if (!answer) co_return answer.error();
  if (!source->message.retracts.empty()) {
    auto withdrawn = co_await withdraw_retracted(source);
    if (!withdrawn) log(LogLevel::warning, "retraction.incomplete", {{"message", source->message.id}});
  }
  co_return answer;
}

namespace {

// A message as it came: its bytes and the sender's signature over them, committed to.
Leaf origin_leaf(const Case& source, MessageRow& message) {
  Leaf leaf = make_leaf(LeafType::origin, message.received_at, message.sender, {}, message.id, "received");
  leaf.codes = {message.kind};
  if (!source.sender_signature.empty()) leaf.codes.emplace_back("sender_signed");
  const std::string details = to_hex(message.content_hash) + "\n" + source.sender_signature;
  const Commitment commitment = commit_to(details);
  leaf.payload_commitment = commitment.digest;
  message.side = seal_side(source.key, commitment, details, "message/" + message.id);
  return leaf;
}

}  // namespace

Task<Result<json::object>> Journey::process(CasePtr source, std::vector<Candidate> candidates, Along along) {
  const Time now = s_.clock.now();
  const std::uint64_t epoch = epoch_.load();  // before the grounds are read
  auto rest = reader_.grounds(*source, "");
  if (!rest) co_return rest.error();

  MessageRow message;
  message.id = source->message.id;
  message.sender = source->message.sender;
  message.sender_message_id = source->message.sender_message_id;
  message.kind = source->message.kind;
  message.content_hash = source->content_hash;
  message.received_at = source->message.received_at;
  message.key_id = source->key_id;
  message.body = crypto::seal(source->key, source->canonical, "message/" + message.id);
  message.warnings = json::serialize(source->message.warnings);

  auto rows = std::make_shared<std::vector<ExchangeRow>>();
  auto agendas = std::make_shared<std::vector<std::vector<AgendaRow>>>();
  auto reviews = std::make_shared<std::vector<ReviewRow>>();
  auto tasks = std::make_shared<std::vector<std::vector<TaskRow>>>();
  std::vector<json::object> explanations;
  std::vector<PreparedPtr> prepared;
  std::vector<Leaf> leaves;
  // What came stands in the log before what was decided about it.
  leaves.push_back(origin_leaf(*source, message));
  for (const Candidate& candidate : candidates) {
    const auto started = std::chrono::steady_clock::now();
    auto decided = decide(*source, new_id(now), *candidate.recipient, candidate.purpose, *rest, now);
    if (!decided) co_return decided.error();
    decided->row.route = candidate.route_id;
    if (candidate.refused == "outside_hours" && decided->decision.duty())
      tell_closed(*decided, candidate);  // a duty waits for no opening hours
    else if (!candidate.refused.empty())
      refuse_by_route(*decided, candidate);
    await_from(decided->agenda, decided->row, now);
    if (!message.exchanges.empty()) message.exchanges += ',';
    message.exchanges += decided->row.id;
    s_.meter.decision(message.kind, decided->row.outcome,
                      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
    if (decided->row.outcome == "held") s_.meter.alarm("hold");
    if (decided->review) reviews->push_back(std::move(*decided->review));
    leaves.push_back(std::move(decided->leaf));
    leaves.back().relies_on_own = {0};
    rows->push_back(std::move(decided->row));
    explanations.push_back(std::move(decided->explanation));
    agendas->push_back(std::move(decided->agenda));
    tasks->push_back(std::move(decided->tasks));
    const Time until = std::min(valid_until(*rest, now), decided->decision.expires_at().value_or(Time::max()));
    prepared.push_back(decided->body ? std::make_shared<Prepared>(Prepared{std::move(decided->decision),
                                                                           std::move(*decided->body), epoch, until})
                                     : nullptr);
  }

  for (Leaf& leaf : along.leaves) leaves.push_back(std::move(leaf));
  const std::size_t before_reviews = leaves.size();
  for (const ReviewRow& review : *reviews)
    for (const ExchangeRow& row : *rows)
      if (row.id == review.exchange_id) leaves.push_back(review_leaf(review, row, "opened", now));
  auto odd = std::make_shared<std::vector<AnswersRow>>();
  Ledger::Write write = [this, message, rows, agendas, tasks, reviews, before_reviews, odd, now,
                         given = answers_in(*source),
                         with = along.write](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
    MessageRow with_leaf = message;
    with_leaf.leaf_index = at.at(0);
    if (auto added = txn.add_message(with_leaf); !added) return added;
    for (std::size_t i = 0; i < rows->size(); ++i) {
      (*rows)[i].leaf_index = at.at(1 + i);
      if (auto put = txn.put_exchange((*rows)[i]); !put) return put;
      for (const AgendaRow& item : (*agendas)[i])
        if (auto put = txn.put_agenda(item); !put) return put;
      for (TaskRow& task : (*tasks)[i]) {
        task.leaf_index = at.at(1 + i);
        if (auto put = txn.put_task(task); !put) return put;
      }
    }
    for (std::size_t i = 0; i < reviews->size(); ++i)
      if (auto opened = open_review(txn, (*reviews)[i], at.at(before_reviews + i)); !opened) return opened;
    if (auto noted = note_answers(txn, message.sender, given, now, *odd); !noted) return noted;
    if (!with) return {};
    return with(txn, std::vector<std::uint64_t>(at.begin() + static_cast<std::ptrdiff_t>(1 + rows->size()), at.end()));
  };
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  if (!done) {
    if (done.error().code != Errc::conflict) co_return done.error();
    auto earlier = s_.store.message(message.sender, message.sender_message_id);
    if (!earlier) co_return earlier.error();
    if (!earlier->has_value()) co_return done.error();
    if ((*earlier)->key_id == 0)
      co_return fail(Errc::conflict, "/id", "this message id was used before, by a message that has been erased");
    if ((*earlier)->content_hash != message.content_hash)
      co_return fail(Errc::conflict, "/id",
                     "this message id was used before with other content; a correction needs an id of its own");
    co_return answer_for_message(**earlier, true);
  }
  for (std::size_t i = 0; i < rows->size(); ++i)
    if ((*rows)[i].state == ExchangeState::queued) s_.outbox.enqueue((*rows)[i], source, std::move(prepared[i]));
  if (!odd->empty()) co_await say_odd(std::move(*odd));

  json::array exchanges;
  for (std::size_t i = 0; i < rows->size(); ++i)
    exchanges.push_back(
        with_receipt((*rows)[i], show_exchange((*rows)[i], std::move(explanations[i])), Ledger::Carry::leaf));
  co_return json::object{{"messageId", message.id},
                         {"senderMessageId", message.sender_message_id},
                         {"duplicate", false},
                         {"receivedAt", to_rfc3339(message.received_at)},
                         {"warnings", source->message.warnings},
                         {"exchanges", std::move(exchanges)}};
}

// A consent that came with the message (an offer accepted at the intervention) is recorded before it is relied on.
Task<Result<void>> Journey::register_carried_consents(CasePtr source) {
  const json::value* list = find_pointer(source->message.data, "/consents");
  if (!list || !list->is_array() || list->get_array().empty()) co_return Result<void>();
  // A message id that was used before brings nothing new: same content is a duplicate, other content is refused.
  auto earlier = s_.store.message(source->message.sender, source->message.sender_message_id);
  if (!earlier) co_return earlier.error();
  if (earlier->has_value()) co_return Result<void>();
  std::size_t index = 0;
  for (const json::value& item : list->get_array()) {
    Consent consent = consent_from(item, source->message.sender, source->message.received_at);
    consent.id = derived_id("consent/" + source->message.sender + "/" + source->message.sender_message_id + "/" +
                            std::to_string(index++));
    const std::string person = text_at(item, "/person");
    for (const Person& p : source->message.persons)
      if (p.ref == person) consent.subject_ref = p.subject_ref;
    if (consent.subject_ref.empty())
      co_return fail(Errc::invalid_input, "/data/consents/" + std::to_string(index - 1) + "/person",
                     "names no person of this message");
    if (auto ok = check_consent(consent, "/data/consents/" + std::to_string(index - 1)); !ok) co_return ok.error();
    auto others = s_.store.consents_of({consent.subject_ref});
    if (!others) co_return others.error();
    for (const Consent& other : *others)
      if (other.revoked_at && other.holder == consent.holder && other.evidence_sha256 == consent.evidence_sha256)
        co_return fail(Errc::conflict, "/data/consents/" + std::to_string(index - 1),
                       "this consent was revoked; a new one needs new evidence");
    auto known = s_.store.consent(consent.id);
    if (!known) co_return known.error();
    if (known->has_value()) continue;
    changed();
    auto added = co_await record_consent(s_.ledger, s_.keys, std::move(consent), LeafType::consent, s_.clock.now());
    changed();
    if (!added) co_return added.error();
  }
  co_return Result<void>();
}

// ---- deciding --------------------------------------------------------------------------------------------------

Result<Journey::Decided> Journey::decide(const Case& source, std::string exchange_id, const Party& recipient,
                                         const std::string& purpose, const Grounds& rest, Time now) const {
  const auto rules = s_.rules();
  const Party* holder = s_.parties.find(source.message.sender);
  if (!holder) return fail(Errc::invalid_config, "parties", "the sender is no longer a party");
  DecisionRequest request = request_for(source, *holder, recipient, purpose, rest, s_.parties, s_.agreements, now);
  request.nearest_change = true;  // the stored answer names it

  Decided out{DecisionMaker::decide(request, *rules), std::nullopt, {}, {}, {}, {}, {}, std::nullopt};
  const Decision& decision = out.decision;
  if (decision.permits()) {
    auto body = minimise(source.message, decision);
    if (!body) return body.error();
    out.body = std::move(*body);
  }

  ExchangeRow& row = out.row;
  row.id = std::move(exchange_id);
  row.message_id = source.message.id;
  row.sender = source.message.sender;
  row.recipient = recipient.id;
  row.kind = source.message.kind;
  row.purpose = purpose;
  row.outcome = to_string(decision.outcome());
  row.created_at = row.updated_at = now;
  row.key_id = source.key_id;
  row.fingerprint = decision.fingerprint();
  if (!decision.permits())
    row.fingerprint += "\nmissing " + join(decision.missing());  // another question is another hold
  row.subject_refs = join(source.subject_refs);
  row.consents = join(decision.consents());
  json::object description =
      describe(decision, *rules, {.request = &request, .inputs_hash = crypto::sha256_hex(inputs_text(request))});
  out.agenda = agenda_for(row, decision, *rules, *holder, recipient, now);
  const bool waits = std::any_of(out.agenda.begin(), out.agenda.end(),
                                 [](const AgendaRow& a) { return a.what == "duty" || a.what == "hold"; });
  if (waits)
    description["telephone"] = json::object{{"sender", duty_phone(*holder)}, {"recipient", duty_phone(recipient)}};
  row.explanation = json::serialize(description);
  out.explanation = std::move(description);
  place(row, decision, recipient, now);
  out.review = review_for(row, decision, source, now);
  out.tasks = tasks_for(row, decision, *holder, recipient, now);

  // The body by its hash: whoever received it can show that it is the one.
  const std::string details = row.recipient + "\n" + row.fingerprint + "\n" + row.subject_refs + "\n" +
                              (out.body ? crypto::sha256_hex(json::serialize(out.body->data())) : std::string());
  const Commitment commitment = commit_to(details);
  row.side = seal_side(source.key, commitment, details, row.id);

  Leaf& leaf = out.leaf;
  leaf = make_leaf(LeafType::decision, now, row.sender, row.recipient, row.id, row.outcome);
  leaf.codes = decision.rules();
  if (leaf.codes.size() > 12) leaf.codes.resize(12);
  leaf.codes.push_back(decision.reason());
  leaf.ruleset_hash = decision.ruleset_hash();
  for (const Consent& c : rest.consents)
    if (std::find(decision.consents().begin(), decision.consents().end(), c.id) != decision.consents().end())
      leaf.relies_on.push_back(c.leaf_index);
  leaf.payload_commitment = commitment.digest;
  return out;
}

// The subject is too young or too old for where the message wanted to go, or it is closed: refused whatever the rules
// say, and whoever takes it instead is named.
void Journey::refuse_by_route(Decided& decided, const Candidate& candidate) const {
  refuse_whole(decided.explanation,
               {candidate.refused, candidate.alternative, duty_phone(*candidate.recipient), candidate.opens_at});
  decided.body.reset();
  decided.agenda.clear();
  decided.review.reset();
  decided.tasks.clear();
  decided.row.explanation = json::serialize(decided.explanation);
  decided.row.state = ExchangeState::refused;
  decided.row.outcome = decided.leaf.outcome = "refused";
  decided.row.fingerprint.clear();
  decided.row.consents.clear();
  decided.row.next_attempt_at.reset();
  decided.row.due_at.reset();
  decided.leaf.codes = {candidate.refused, "route"};
}

// What must be told goes to a recipient that is closed too. The sender learns when it opens and whom to telephone now;
// that nobody has received it when the duty is due raises the alarm of every duty (follow_up/deadlines).
void Journey::tell_closed(Decided& decided, const Candidate& candidate) const {
  if (candidate.opens_at) decided.explanation["opensAt"] = to_rfc3339(*candidate.opens_at);
  if (!candidate.alternative.empty()) decided.explanation["alternative"] = candidate.alternative;
  json::object telephone;
  if (const auto* known = decided.explanation.if_contains("telephone"); known && known->is_object())
    telephone = known->get_object();
  if (const std::string phone = duty_phone(*candidate.recipient); !phone.empty()) telephone["recipient"] = phone;
  if (!telephone.empty()) decided.explanation["telephone"] = std::move(telephone);
  decided.row.explanation = json::serialize(decided.explanation);
}

// What is awaited of the recipient from the first permission on.
void Journey::await_from(std::vector<AgendaRow>& agenda, const ExchangeRow& row, Time now) const {
  if (row.outcome != "released" && row.outcome != "partial") return;
  for (AgendaRow& item : begun_by(s_.routes.find(row.route), row.id, "sent", now)) agenda.push_back(std::move(item));
}

// Where the exchange goes after this decision, and by when something must have happened.
void Journey::place(ExchangeRow& row, const Decision& decision, const Party& recipient, Time now) const {
  if (decision.permits()) {
    row.state = reads_in_inbox(recipient, row.kind) ? ExchangeState::inbox : ExchangeState::queued;
    if (row.state == ExchangeState::queued) row.next_attempt_at = s_.outbox.first_due(row.recipient, now);
  } else {
    row.state = decision.outcome() == Outcome::held ? ExchangeState::held : ExchangeState::refused;
  }
  const bool confirm = std::find(decision.obligations().begin(), decision.obligations().end(), "confirm_same_day") !=
                       decision.obligations().end();
  if (decision.permits() && confirm) {
    row.due_at = end_of_day(now);
  } else if (decision.duty()) {
    row.due_at = std::max(decision.duty()->due, now + kAtOnceGrace);
  }
}

// Its agenda follows: what was answered is asked no more.
Task<Result<void>> Journey::record_verdict(Leaf verdict, ExchangeRow row, std::vector<AgendaRow> agenda,
                                           std::string because, std::string final_words, std::vector<TaskRow> tasks) {
  verdict.type = LeafType::assessment;  // of what has left: the exchange goes on citing the decision it left by
  verdict.relies_on.push_back(row.leaf_index);
  verdict.codes.push_back(std::move(because));
  std::vector<Leaf> leaves;
  leaves.push_back(std::move(verdict));
  Ledger::Write write = [id = row.id, decided = row.leaf_index, agenda, final_words, tasks](
                            Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
    auto current = txn.exchange(id);
    if (!current) return current.error();
    if (*current && !final_words.empty() && (*current)->leaf_index == decided) {
      (*current)->explanation = final_words;
      if (auto put = txn.put_exchange(**current); !put) return put;
    }
    const bool waits = std::any_of(agenda.begin(), agenda.end(), [](const AgendaRow& a) { return a.what == "duty"; });
    const bool confirm = *current && (*current)->explanation.find("\"confirm_same_day\"") != std::string::npos;
    if (*current && (*current)->acknowledged_at && (*current)->due_at && !waits && !confirm) {
      (*current)->due_at.reset();  // it has all that it gets
      if (auto put = txn.put_exchange(**current); !put) return put;
    }
    if (!tasks.empty())
      if (auto follow = follow_tasks(txn, id, tasks, true, at.at(0)); !follow) return follow;
    return set_agenda(txn, id, agenda);
  };
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  co_return Result<void>();
}

// Decides again and records the new decision if it differs. The row that comes back is the one stored.
Task<Result<ExchangeRow>> Journey::redecide(ExchangeRow row, CasePtr source, std::string because) {
  for (int tries = 0; tries < 5; ++tries) {
    if (is_closed(row)) co_return std::move(row);
    const Time now = s_.clock.now();
    const Party* recipient = s_.parties.find(row.recipient);
    if (!recipient) co_return fail(Errc::invalid_config, "parties", "the recipient is no longer a party");
    auto rest = reader_.grounds(*source, row.id);
    if (!rest) co_return rest.error();
    auto decided = decide(*source, row.id, *recipient, row.purpose, *rest, now);
    if (!decided) co_return decided.error();
    end_with_emergency(*decided, row, *source, now);
    alert_once(decided->agenda, row, decided->decision);
    if (decided->row.fingerprint == row.fingerprint) {
      // The same leaves; but what was asked for may have been answered with a no.
      auto stands = s_.store.agenda(row.id);
      if (!stands) co_return stands.error();
      bool unasked = false;  // a task that another answer had taken back
      for (const TaskRow& task : decided->tasks) {
        auto known = s_.store.task(row.id, task.task);
        if (!known) co_return known.error();
        unasked = unasked || !known->has_value();
      }
      if (!unasked && !asks_less(decided->agenda, *stands)) co_return std::move(row);
      keep_duty(decided->row, row);
      row.explanation = decided->row.explanation;
      auto recorded = co_await record_verdict(std::move(decided->leaf), row, std::move(decided->agenda), because,
                                              row.explanation, std::move(decided->tasks));
      if (!recorded) co_return recorded.error();
      co_return std::move(row);
    }

    // At the gate the attempt under way is this one, and it has sent nothing yet.
    const bool left = has_left(row) || (because != kAtTheGate && s_.outbox.is_sending(row.id));
    if (left && decided->decision.permits() && !is_wider(decided->row, row)) {
      // Less than the recipient has: recorded, not delivered again, and what it has stays on record.
      auto recorded = co_await record_verdict(std::move(decided->leaf), row, std::move(decided->agenda), because, {},
                                              std::move(decided->tasks));
      if (!recorded) co_return recorded.error();
      co_return std::move(row);
    }
    if (left && decided->row.fingerprint.empty())
      co_return std::move(row);  // what left while the emergency stood, left rightly
    if (left && !decided->decision.permits()) {
      // The disclosure happened, or an attempt is under way and may have. Its record stands; the new decision is
      // recorded beside it and the recipient is told. A recall of what never arrived harms nobody.
      std::vector<AgendaRow> nothing;
      auto recorded = co_await record_verdict(std::move(decided->leaf), row, std::move(nothing), because);
      if (!recorded) co_return recorded.error();
      const std::string id = row.id;
      auto told = co_await recall(std::move(row), because == "consent_revoked" ? because : "withdrawn");
      if (!told) co_return told.error();
      auto after = s_.store.exchange(id);
      if (!after) co_return after.error();
      if (!after->has_value()) co_return fail(Errc::not_found, "exchange", "no such exchange");
      co_return std::move(**after);
    }
    decided->row.route = row.route;
    if (!left && row.outcome != "released" && row.outcome != "partial") await_from(decided->agenda, decided->row, now);
    ExchangeRow next = std::move(decided->row);
    const bool was_permitted = row.outcome == "released" || row.outcome == "partial";
    const bool permits = decided->decision.permits();
    next.created_at = row.created_at;
    next.attempts = permits ? 0 : row.attempts;
    next.acknowledged_at = row.acknowledged_at;
    next.ack_leaf_index = row.ack_leaf_index;
    next.external_reference = row.external_reference;
    next.life = row.life;
    keep_duty(next, row);
    if (was_permitted && next.state == ExchangeState::refused) next.state = ExchangeState::withdrawn;
    Leaf leaf = std::move(decided->leaf);
    leaf.relies_on.push_back(row.leaf_index);
    leaf.codes.push_back(because);
    auto stored = std::make_shared<ExchangeRow>(std::move(next));
    std::optional<ReviewRow> review = std::move(decided->review);
    if (review) {
      auto opened = s_.store.review(row.id);
      if (!opened) co_return opened.error();
      if (opened->has_value()) review.reset();  // asked for once
    }
    Ledger::Write write = [stored, review, left, agenda = std::move(decided->agenda), tasks = std::move(decided->tasks),
                           before = row.leaf_index](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
      auto current = txn.exchange(stored->id);
      if (!current) return current.error();
      if (!*current || (*current)->leaf_index != before) return fail(Errc::conflict, "exchange", "decided meanwhile");
      stored->leaf_index = at.at(0);
      stored->acknowledged_at = (*current)->acknowledged_at;
      stored->ack_leaf_index = (*current)->ack_leaf_index;
      if (auto put = txn.put_exchange(*stored); !put) return put;
      if (auto set = set_agenda(txn, stored->id, agenda); !set) return set;
      if (auto follow = follow_tasks(txn, stored->id, tasks, left, at.at(0)); !follow) return follow;
      return review ? open_review(txn, *review, at.at(1)) : Result<void>();
    };
    std::vector<Leaf> leaves;
    leaves.push_back(std::move(leaf));
    if (review) leaves.push_back(review_leaf(*review, *stored, "opened", now));
    changed();
    auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
    changed();
    if (done) {
      s_.meter.decision(stored->kind, stored->outcome, 0);
      co_return std::move(*stored);
    }
    if (done.error().code != Errc::conflict) co_return done.error();
    auto fresh = s_.store.exchange(row.id);
    if (!fresh) co_return fresh.error();
    if (!fresh->has_value()) co_return fail(Errc::not_found, "exchange", "no such exchange");
    row = std::move(**fresh);
  }
  co_return fail(Errc::busy, "exchange", "decided by others again and again; try later");
}

// ---- the gate before every attempt -----------------------------------------------------------------------------

// The first instant at which deciding again could differ although nothing was changed: a consent begins or ends, or the
// date (ages, rules and agreements in force) turns.
Time Journey::valid_until(const Grounds& rest, Time at) const {
  Time until = end_of_day(at);
  for (const Consent& c : rest.consents)
    for (const Time bound : {c.valid_from, c.valid_to})
      if (bound > at) until = std::min(until, bound);
  return until;
}

Task<Result<std::optional<Attempt>>> Journey::admit(ExchangeRow row, CasePtr source, PreparedPtr prepared) {
  // First the witnesses, when they are waited for: what is looked at after that is of this moment.
  if (auto seen = co_await s_.ledger.cosigned(row.leaf_index); !seen) co_return seen.error();
  if (prepared && source && prepared->epoch == epoch_.load() && s_.clock.now() < prepared->valid_until) {
    auto released =
        s_.ledger.release(row.id, row.recipient, prepared->decision, std::move(prepared->body), row.leaf_index);
    if (!released) co_return released.error();
    co_return std::optional<Attempt>(Attempt{std::move(*released), std::move(row), std::move(source)});
  }
  auto fresh = s_.store.exchange(row.id);
  if (!fresh) co_return fresh.error();
  if (!fresh->has_value()) co_return std::optional<Attempt>();
  row = std::move(**fresh);
  if (row.state != ExchangeState::queued && row.state != ExchangeState::delivering) co_return std::optional<Attempt>();
  if (!source) {
    auto read = source_of(row);
    if (!read) co_return read.error();
    source = std::move(*read);
  }
  auto permitted = co_await permit(std::move(row), std::move(source));
  co_return permitted;
}

Task<Result<std::optional<Attempt>>> Journey::permit(ExchangeRow row, CasePtr source) {
  for (int tries = 0; tries < 3; ++tries) {
    // Whoever reads an inbox is answered at once, with what the witnesses have seen.
    if (row.state == ExchangeState::inbox && !s_.ledger.is_cosigned(row.leaf_index))
      co_return fail(Errc::busy, "exchange", "the witnesses have not seen it yet; ask again");
    if (auto seen = co_await s_.ledger.cosigned(row.leaf_index); !seen) co_return seen.error();
    const Party* recipient = s_.parties.find(row.recipient);
    if (!recipient) co_return fail(Errc::invalid_config, "parties", "the recipient is no longer a party");
    auto rest = reader_.grounds(*source, row.id);
    if (!rest) co_return rest.error();
    auto decided = decide(*source, row.id, *recipient, row.purpose, *rest, s_.clock.now());
    if (!decided) co_return decided.error();
    if (decided->row.fingerprint == row.fingerprint) {
      if (!decided->body) co_return std::optional<Attempt>();
      auto released =
          s_.ledger.release(row.id, row.recipient, decided->decision, std::move(*decided->body), row.leaf_index);
      if (!released) co_return released.error();
      co_return std::optional<Attempt>(Attempt{std::move(*released), std::move(row), std::move(source)});
    }
    const std::string before = row.fingerprint;
    auto again = co_await redecide(std::move(row), source, std::string(kAtTheGate));
    if (!again) co_return again.error();
    row = std::move(*again);
    if (row.fingerprint == before) co_return std::optional<Attempt>();  // it has left, and nothing more may go
    if (row.outcome != "released" && row.outcome != "partial") co_return std::optional<Attempt>();
  }
  co_return fail(Errc::busy, "exchange", "the grounds change faster than the exchange can be delivered");
}

Task<void> Journey::acknowledged(ExchangeRow row, CasePtr source, std::uint64_t decided_by) {
  Result<void> told;
  if (source) co_await end_corrected(row, source);
  // Decided again while the message was on its way: what arrived rests on the older decision.
  if (row.life != "recalled" && row.leaf_index != decided_by)
    told = co_await recall(std::move(row), "consent_revoked");
  else if (owes_receipt(row, s_.parties))
    told = co_await send_receipt(std::move(row), std::move(source));
  if (!told) log_owed(told.error());
}

void Journey::log_owed(const Error& error) {
  log(LogLevel::error, "owed.not_sent",
      {{"where", error.where}, {"code", std::string(to_string(error.code))}});  // the next start tries again
}

Task<Result<void>> Journey::send_receipt(ExchangeRow row, CasePtr source) {
  const Party* board = s_.parties.find(row.recipient);
  const Party* sender = s_.parties.find(row.sender);
  if (!board || !sender) co_return fail(Errc::not_found, "parties", "a party is gone");
  const Time now = s_.clock.now();
  json::value canonical = hub_message(
      "exchange.receipt", "receipt/" + row.id + "/" + std::to_string(row.ack_leaf_index.value_or(0)), row, now);
  canonical.at("data").at("payload") =
      json::object{{"exchangeId", row.id},
                   {"receivedAt", to_rfc3339(row.acknowledged_at.value_or(now))},
                   {"receiptLeaf", static_cast<std::int64_t>(row.ack_leaf_index.value_or(0))}};
  if (row.ack_leaf_index)
    if (auto proof = s_.ledger.receipt(*row.ack_leaf_index, Ledger::Carry::leaf))
      canonical.at("data").at("payload").as_object()["proof"] = std::move(*proof);
  if (!source) {
    auto read = source_of(row);
    if (read) source = std::move(*read);
  }
  if (source) {
    json::object& data = canonical.at("data").as_object();
    data["payload"].as_object()["messageId"] = source->message.sender_message_id;
    data["refToMessageId"] = source->message.sender_message_id;
    if (!source->message.conversation_id.empty()) data["conversationId"] = source->message.conversation_id;
  }
  Along along;
  along.write = [id = row.id](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    return txn.drop_agenda(id, kOwesReceipt);
  };
  auto sent = co_await send_for(board, sender, std::move(canonical), row.key_id, "receipt", std::move(along));
  // conflict: it was made by the other of two that saw it owed.
  if (!sent && sent.error().code != Errc::conflict) co_return sent.error();
  co_return Result<void>();
}

// A message made twice is one: its id comes from the record.
Task<void> Journey::settle() {
  auto owed = s_.store.agenda_due(Time{}, 1000);
  if (!owed) co_return log_owed(owed.error());
  for (const AgendaRow& entry : *owed) {
    auto row = s_.store.exchange(entry.exchange_id);
    if (!row || !row->has_value()) continue;
    Result<void> told;
    if (entry.what == kOwesRecall) told = co_await recall(std::move(**row), "withdrawn");
    if (entry.what == kOwesReceipt) told = co_await send_receipt(std::move(**row), nullptr);
    if (!told) log_owed(told.error());
  }
}

// A message that the hub writes on behalf of one party to another: decided, recorded and delivered like any other.
Task<Result<json::object>> Journey::send_for(const Party* sender, const Party* recipient, json::value canonical,
                                             std::int64_t about_key, std::string purpose, Along along) {
  auto made = s_.intake.make(*sender, std::move(canonical), s_.clock.now(), about_key);
  if (!made) co_return made.error();
  CasePtr source = std::make_shared<const Case>(std::move(*made));
  std::vector<Candidate> candidates;
  candidates.push_back(Candidate{recipient, std::move(purpose), "hub", false});
  auto answer = co_await process(std::move(source), std::move(candidates), std::move(along));
  co_return answer;
}

}  // namespace samband
