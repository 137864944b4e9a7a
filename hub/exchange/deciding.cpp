// One exchange decided, and decided again: the decision with all that is recorded along with it, and what a new
// decision does to an exchange that waits, is on its way or has left.
#include <algorithm>

#include "delivery/acknowledge.hpp"
#include "exchange/answer.hpp"
#include "exchange/decided.hpp"
#include "exchange/text.hpp"
#include "follow_up/step_deadlines.hpp"
#include "keys/crypto.hpp"

namespace samband {

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
    // At the gate the attempt under way is this one, and it has sent nothing yet.
    const bool left = has_left(row) || (because != kAtTheGate && s_.outbox.is_sending(row.id));
    end_with_emergency(*decided, row, *source, left, now);
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

}  // namespace samband
