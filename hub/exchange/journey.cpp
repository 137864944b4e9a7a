#include "exchange/journey.hpp"

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

Task<Result<json::object>> Journey::accept_one(const Party* sender, CasePtr source, BeforeCommit before_commit) {
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
  auto answer = co_await process(source, std::move(candidates), std::move(along), std::move(before_commit));
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

Task<Result<json::object>> Journey::process(CasePtr source, std::vector<Candidate> candidates, Along along,
                                            BeforeCommit before_commit) {
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
  if (before_commit) {
    Task<void> others = before_commit();
    co_await std::move(others);
  }
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
