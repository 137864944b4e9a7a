// What waits for a person and what happens when nobody answers: held duties are alerted, again and again; other holds
// end; what was permitted for a while ends with it. The agenda is in the store, so a restart forgets nothing.
#include <algorithm>

#include "base/log.hpp"
#include "delivery/acknowledge.hpp"
#include "exchange/answer.hpp"
#include "exchange/decided.hpp"
#include "exchange/text.hpp"
#include "follow_up/step_deadlines.hpp"

namespace samband {
namespace {

constexpr std::chrono::minutes kTryAgain{1};
// The answer to a reporter, when it waits for the board's assessment: reminded of two days before its time is up.
constexpr std::string_view kAnswerDue = "answer_due";
constexpr int kAnswerRemindDays = 5;
constexpr int kHoldsMax = 100000;
// The hub's own kinds that no agency format must know: a party whose adapter cannot write one reads it in its inbox.
constexpr std::string_view kNotices[] = {"duty.alert", "hold.expired", "privacy.notice", "step.reminder"};

// Does something of the decision wait for a person? Envelope and official names are never worth asking for.
bool waits(const Decision& decision) {
  if (decision.outcome() == Outcome::held) return true;
  return std::any_of(decision.fields().begin(), decision.fields().end(), [](const FieldDecision& field) {
    return field.outcome == FieldOutcome::hold && field.field.category != "envelope" &&
           field.field.category != "official";
  });
}

// The shortest `hold_days` of the rules that describe the exchange; 0 when none says.
int hold_days(const RuleSet& rules, const std::string& from, const std::string& to, const ExchangeRow& row) {
  const auto names = [](const std::vector<std::string>& list, const std::string& code) {
    return std::any_of(list.begin(), list.end(), [&](const auto& each) { return each == code || each == "*"; });
  };
  int shortest = 0;
  for (const Rule& rule : rules.rules)
    if (rule.hold_days > 0 && names(rule.from, from) && names(rule.to, to) && names(rule.kinds, row.kind) &&
        names(rule.purposes, row.purpose))
      shortest = shortest == 0 ? rule.hold_days : std::min(shortest, rule.hold_days);
  return shortest;
}

Leaf leaf_about(const ExchangeRow& row, LeafType type, std::string outcome, Time now) {
  return make_leaf(type, now, row.sender, row.recipient, row.id, std::move(outcome), {row.leaf_index});
}

}  // namespace

std::optional<int> hold_ends_after(const Decision& decision, const RuleSet& rules, const Party& sender,
                                   const Party& recipient, const ExchangeRow& row) {
  if (!waits(decision) || decision.duty()) return std::nullopt;
  return hold_days(rules, sender.actor_type, recipient.actor_type, row);
}

// ---- the agenda ------------------------------------------------------------------------------------------------

Result<void> still_on_agenda(Txn& txn, const AgendaRow& item) {
  auto agenda = txn.agenda(item.exchange_id);
  if (!agenda) return agenda.error();
  for (const AgendaRow& other : *agenda)
    if (other.what == item.what && other.at == item.at) return {};
  return fail(Errc::conflict, "agenda", "answered meanwhile");
}

Result<void> set_agenda(Txn& txn, const std::string& exchange_id, const std::vector<AgendaRow>& wanted) {
  auto stands = txn.agenda(exchange_id);
  if (!stands) return stands.error();
  const auto has = [](const std::vector<AgendaRow>& list, const std::string& what) {
    return std::any_of(list.begin(), list.end(), [&](const AgendaRow& each) { return each.what == what; });
  };
  for (const AgendaRow& old : *stands)
    if (!has(wanted, old.what) &&
        (old.what == "duty" || old.what == "hold" || old.what == "ttl" || old.what == kAnswerDue))
      if (auto dropped = txn.drop_agenda(exchange_id, old.what); !dropped) return dropped;
  for (const AgendaRow& item : wanted)
    if (!has(*stands, item.what))
      if (auto put = txn.put_agenda(item); !put) return put;
  return {};
}

bool asks_less(const std::vector<AgendaRow>& wanted, const std::vector<AgendaRow>& stands) {
  return std::any_of(stands.begin(), stands.end(), [&](const AgendaRow& old) {
    const auto same = [&](const AgendaRow& each) { return each.what == old.what; };
    return (old.what == "duty" || old.what == "hold") && std::none_of(wanted.begin(), wanted.end(), same);
  });
}

void alert_once(std::vector<AgendaRow>& agenda, const ExchangeRow& before, const Decision& decision) {
  const auto explanation = parse_json(before.explanation);
  if (explanation && string_list(*explanation, "/unassigned") == decision.unassigned())
    std::erase_if(agenda, [](const AgendaRow& item) { return item.what == "task"; });
}

void keep_duty(ExchangeRow& next, const ExchangeRow& before) {
  const auto duty = duty_of(next), earlier = duty_of(before);
  if (!duty || !earlier || duty->rule != earlier->rule) return;
  auto explanation = parse_json(next.explanation);
  auto old = parse_json(before.explanation);
  if (!explanation || !old) return;
  explanation->at("duty").as_object()["due"] = old->at("duty").at("due");
  next.explanation = json::serialize(*explanation);
  if (!duty->by_confirmation) next.due_at = before.due_at;  // absent: the omission is on record already
}

std::vector<AgendaRow> Journey::agenda_for(const ExchangeRow& row, const Decision& decision, const RuleSet& rules,
                                           const Party& sender, const Party& recipient, Time now) const {
  std::vector<AgendaRow> out;
  if (decision.permits() && decision.expires_at())
    out.push_back(AgendaRow{row.id, "ttl", *decision.expires_at(), now, 0});
  if (!decision.unassigned().empty()) out.push_back(AgendaRow{row.id, "task", now, now, 0});
  if (!waits(decision)) return out;
  const auto days = hold_ends_after(decision, rules, sender, recipient, row);
  if (!days) {
    out.push_back(AgendaRow{row.id, "duty", now + s_.patience.alert_after, now, 0});
  } else {
    const auto patience = *days > 0 ? std::chrono::milliseconds(std::chrono::days(*days)) : s_.patience.expire_after;
    out.push_back(AgendaRow{row.id, "hold", now + patience, now, 0});
    if (row.kind == "report.answer")
      out.push_back(AgendaRow{row.id, std::string(kAnswerDue), now + std::chrono::days(kAnswerRemindDays), now, 0});
  }
  return out;
}

bool Journey::reads_in_inbox(const Party& recipient, const std::string& kind) const {
  if (recipient.adapter.empty()) return true;
  if (std::find(std::begin(kNotices), std::end(kNotices), kind) == std::end(kNotices)) return false;
  const auto adapter = adapter_kinds_.find(recipient.adapter);
  return adapter == adapter_kinds_.end() || !adapter->second.contains(kind);
}

const Party& Journey::duty_function(const Party& party) const {
  const Party* own = party.duty_party.empty() ? nullptr : s_.parties.find(party.duty_party);
  return own ? *own : party;
}

const std::string& Journey::duty_phone(const Party& party) const {
  const Party& duty = duty_function(party);
  return duty.duty_phone.empty() ? party.duty_phone : duty.duty_phone;
}

json::object Journey::telephones(const Party& sender) const {
  const auto any_of = [](const std::vector<std::string>& list, const std::string& code) {
    return std::find(list.begin(), list.end(), code) != list.end();
  };
  json::object recipients;
  for (const Route& route : s_.routes.all()) {
    const bool sends = std::any_of(route.kinds.begin(), route.kinds.end(),
                                   [&](const std::string& kind) { return any_of(sender.kinds, kind); });
    if (!sends || (!route.from.empty() && !any_of(route.from, sender.actor_type))) continue;
    const Party* to = s_.parties.find(route.to);
    if (!to || to->id == sender.id) continue;
    if (const std::string& number = duty_phone(*to); !number.empty()) recipients[to->id] = number;
  }
  return json::object{{"recipients", std::move(recipients)}, {"hub", s_.hub_phone}};
}

Task<int> Journey::look_after() {
  int acted = 0;
  if (!s_.ledger.healthy()) co_return acted;  // nothing can be recorded: nothing is said
  if (rules_changed_.exchange(false)) co_await decide_holds_again();
  const Time now = s_.clock.now();
  auto due = s_.store.agenda_due(now, kRoundMax, Time{});  // what an acknowledgement owes, at Time{}, is settle()'s
  if (!due) co_return acted;
  for (AgendaRow& item : *due) {
    auto row = s_.store.exchange(item.exchange_id);
    if (!row) continue;
    const AgendaRow kept = item;
    Result<void> done;
    if (row->has_value() && item.what == "notice") {
      done = co_await notice_of_review(std::move(**row), std::move(item));
    } else if (row->has_value() && item.what == "task") {
      done = co_await alert_task(std::move(**row), std::move(item));
    } else if (!row->has_value() || is_closed(**row)) {
      done = co_await drop_from_agenda(std::move(item));
    } else if (item.what == "duty") {
      done = co_await alert_duty(std::move(**row), std::move(item));
    } else if (item.what == "hold") {
      done = co_await expire_hold(std::move(**row), std::move(item));
    } else if (item.what == kAnswerDue) {
      done = co_await remind_of_answer(std::move(**row), std::move(item));
    } else if (item.what == kAnswerReporter) {
      done = co_await answer_reporter(std::move(**row), std::move(item));
    } else if (item.what == kReturned) {
      done = co_await take_back(std::move(**row), std::move(item));
    } else if (item.what == kAskStatus) {
      done = co_await ask_status(std::move(**row), std::move(item));
    } else if (item.what.starts_with(kStepPrefix)) {
      done = co_await look_at_deadline(std::move(**row), std::move(item));
    } else {
      done = co_await end_permission(std::move(**row), std::move(item));
    }
    if (done) ++acted;
    if (done || done.error().code == Errc::conflict) continue;
    log(LogLevel::error, "agenda.failed",
        {{"exchange", kept.exchange_id},
         {"what", kept.what},
         {"code", std::string(to_string(done.error().code))},
         {"where", done.error().where}});
    Ledger::Write later = [kept, now](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
      if (auto there = still_on_agenda(txn, kept); !there) return there;
      AgendaRow next = kept;
      next.at = now + kTryAgain;
      return txn.put_agenda(next);
    };
    std::vector<Leaf> nothing;
    auto postponed = co_await s_.ledger.commit(std::move(nothing), std::move(later));
    if (!postponed) co_return acted;
  }
  acted += co_await look_after_reviews(now);
  acted += co_await look_after_tasks(now);
  co_return acted;
}

// The new rule set may have answered what nobody in the case could. One that fails stays held, and says so in the log.
Task<void> Journey::decide_holds_again() {
  auto waiting = s_.store.agenda_due(Time::max(), kHoldsMax, Time{});
  if (!waiting) co_return;
  std::set<std::string> seen;
  for (const AgendaRow& item : *waiting) {
    if ((item.what != "hold" && item.what != "duty") || !seen.insert(item.exchange_id).second) continue;
    auto row = s_.store.exchange(item.exchange_id);
    if (!row || !row->has_value() || is_closed(**row)) continue;
    auto source = source_of(**row);
    if (!source) continue;  // its own round alerts or ends it
    const std::string before = (*row)->fingerprint;
    auto again = co_await redecide(std::move(**row), *source, "rules_changed");
    if (!again) {
      log(LogLevel::error, "hold.not_decided_again",
          {{"exchange", item.exchange_id}, {"code", std::string(to_string(again.error().code))}});
      continue;
    }
    if (again->fingerprint != before && again->state == ExchangeState::queued) s_.outbox.enqueue(*again, *source);
  }
}

Task<Result<void>> Journey::drop_from_agenda(AgendaRow item) {
  Ledger::Write write = [item](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    return txn.drop_agenda(item.exchange_id, item.what);
  };
  std::vector<Leaf> nothing;
  auto done = co_await s_.ledger.commit(std::move(nothing), std::move(write));
  if (!done) co_return done.error();
  co_return Result<void>();
}

Task<Result<void>> Journey::notify(ExchangeRow about, const Party* to, std::string kind, std::string id,
                                   json::object payload, Time at) {
  const Party* from = s_.parties.find(about.sender);
  if (!from || !to) co_return fail(Errc::invalid_config, "parties", "a party is gone");
  json::value canonical = hub_message(std::move(kind), std::move(id), about, at);
  canonical.at("data").at("payload") = std::move(payload);
  Along along;
  auto sent = co_await send_for(from, to, std::move(canonical), about.key_id, "receipt", std::move(along));
  // Written before, then not recorded as done: the first one stands.
  if (!sent && sent.error().code != Errc::conflict) co_return sent.error();
  co_return Result<void>();
}

// ---- a duty that waits -----------------------------------------------------------------------------------------

// The duty functions of both are told that something waits and whom to telephone; not whom it is about. To the
// recipient the missing answers would tell what is hidden, so only the sender learns them.
Task<Result<void>> Journey::alert_duty(ExchangeRow row, AgendaRow item) {
  const Party* sender = s_.parties.find(row.sender);
  const Party* recipient = s_.parties.find(row.recipient);
  auto explanation = parse_json(row.explanation);
  const auto duty = duty_of(row);
  if (!sender || !recipient) co_return fail(Errc::invalid_config, "parties", "a party is gone");
  if (!explanation || !duty) co_return co_await drop_from_agenda(std::move(item));
  const int number = item.count + 1;
  const Party& own = duty_function(*sender);
  const Party& other = duty_function(*recipient);
  json::object payload{{"exchangeId", row.id},
                       {"exchangeKind", row.kind},
                       {"purpose", row.purpose},
                       {"part", row.state == ExchangeState::held ? "all" : "rest"},
                       {"rule", duty->rule},
                       {"due", to_rfc3339(duty->due)},
                       {"heldSince", to_rfc3339(item.opened_at)},
                       {"alert", number}};
  payload["telephone"] = json::object{{"sender", duty_phone(*sender)}, {"recipient", duty_phone(*recipient)}};
  const std::string id = "alert/" + row.id + "/" + std::to_string(number);
  json::object for_recipient = payload;
  auto told = co_await notify(row, &other, "duty.alert", id + "/recipient", std::move(for_recipient), item.at);
  if (!told) co_return told.error();
  payload["missing"] = json_list(string_list(*explanation, "/missing"));
  told = co_await notify(row, &own, "duty.alert", id + "/sender", std::move(payload), item.at);
  if (!told) co_return told.error();

  const Time now = s_.clock.now();
  Leaf leaf = leaf_about(row, LeafType::alarm, "duty_held", now);
  leaf.codes = {duty->rule};
  AgendaRow next = item;
  next.count = number;
  next.at = now + s_.patience.remind_every;
  Ledger::Write write = [item, next](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    if (auto there = still_on_agenda(txn, item); !there) return there;
    return txn.put_agenda(next);
  };
  std::vector<Leaf> leaves{std::move(leaf)};
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  s_.meter.alarm("duty_held");
  log(LogLevel::warning, "alarm.duty_held",
      {{"exchange", row.id},
       {"sender", row.sender},
       {"recipient", row.recipient},
       {"rule", duty->rule},
       {"alert", std::to_string(number)}});
  co_return Result<void>();
}

// ---- a duty that went, with a task that nobody has undertaken ---------------------------------------------------

// The law asks the sender's people for it and none of them has promised it: the sender's duty function is told, once.
Task<Result<void>> Journey::alert_task(ExchangeRow row, AgendaRow item) {
  const Party* sender = s_.parties.find(row.sender);
  const Party* recipient = s_.parties.find(row.recipient);
  auto explanation = parse_json(row.explanation);
  if (!sender || !recipient) co_return fail(Errc::invalid_config, "parties", "a party is gone");
  const std::vector<std::string> tasks =
      explanation ? string_list(*explanation, "/unassigned") : std::vector<std::string>();
  if (tasks.empty()) co_return co_await drop_from_agenda(std::move(item));
  json::object payload{{"exchangeId", row.id},
                       {"exchangeKind", row.kind},
                       {"purpose", row.purpose},
                       {"part", "sent"},
                       {"tasks", json_list(tasks)}};
  payload["telephone"] = json::object{{"sender", duty_phone(*sender)}, {"recipient", duty_phone(*recipient)}};
  const Party& own = duty_function(*sender);
  const std::string id = "task/" + row.id + "/" + std::to_string(row.leaf_index);
  auto told = co_await notify(row, &own, "duty.alert", id, std::move(payload), item.at);
  if (!told) co_return told.error();

  Leaf leaf = leaf_about(row, LeafType::alarm, "task_unassigned", s_.clock.now());
  leaf.codes = tasks;
  Ledger::Write write = [item](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    if (auto there = still_on_agenda(txn, item); !there) return there;
    return txn.drop_agenda(item.exchange_id, item.what);
  };
  std::vector<Leaf> leaves{std::move(leaf)};
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  s_.meter.alarm("task_unassigned");
  log(LogLevel::warning, "alarm.task_unassigned",
      {{"exchange", row.id}, {"sender", row.sender}, {"recipient", row.recipient}});
  co_return Result<void>();
}

// ---- a hold that nobody answers --------------------------------------------------------------------------------

// It ends with a record and its sender is told. What had been released of it stays; the rest is asked for no more.
Task<Result<void>> Journey::expire_hold(ExchangeRow row, AgendaRow item) {
  const Time now = s_.clock.now();
  const bool whole = row.state == ExchangeState::held;
  const Party* sender = s_.parties.find(row.sender);
  if (!sender) co_return fail(Errc::invalid_config, "parties", "the sender is no longer a party");
  json::object payload{{"exchangeId", row.id},
                       {"exchangeKind", row.kind},
                       {"reasonCode", "hold_expired"},
                       {"part", whole ? "all" : "rest"},
                       {"at", to_rfc3339(item.at)}};
  const std::string id = "hold-expired/" + row.id + "/" + std::to_string(row.leaf_index);
  auto told = co_await notify(row, sender, "hold.expired", id, std::move(payload), item.at);
  if (!told) co_return told.error();
  // Of a rest: an assessment of what has left, which goes on citing the decision it left by.
  Leaf leaf = leaf_about(row, whole ? LeafType::decision : LeafType::assessment, whole ? "refused" : row.outcome, now);
  leaf.codes = {"hold_expired"};
  Ledger::Write write = [item, now, whole, decided = row.leaf_index](
                            Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
    if (auto there = still_on_agenda(txn, item); !there) return there;
    auto current = txn.exchange(item.exchange_id);
    if (!current) return current.error();
    if (!*current || (*current)->leaf_index != decided)
      return fail(Errc::conflict, "exchange", "decided again meanwhile");
    ExchangeRow next = std::move(**current);
    auto explanation = parse_json(next.explanation);
    json::object shown = explanation && explanation->is_object() ? explanation->get_object() : json::object{};
    shown["holdExpiredAt"] = to_rfc3339(now);
    if (!whole) end_rest(shown);
    if (whole) {
      next.state = ExchangeState::refused;
      next.outcome = "refused";
      next.fingerprint.clear();  // closed: an answer that comes now needs a message of its own
      next.leaf_index = at.at(0);
      next.due_at.reset();
      shown["reason"] = "hold_expired";
      shown["missing"] = json::array{};
      shown["nearestChange"] = json::array{};
      shown["words"] = json::object{
          {"sv", "Ej utlämnat: ingen svarade i tid på det som saknades. Skicka en ny underrättelse om den behövs."},
          {"en", "Not sent: nobody answered in time what was missing. Send a new message if it is needed."}};
    }
    next.explanation = json::serialize(shown);
    next.updated_at = now;
    if (auto put = txn.put_exchange(next); !put) return put;
    return txn.drop_agenda(item.exchange_id, item.what);
  };
  std::vector<Leaf> leaves{std::move(leaf)};
  changed();
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  changed();
  if (!done) co_return done.error();
  s_.meter.alarm("hold_expired");
  log(LogLevel::info, "hold.expired",
      {{"exchange", row.id}, {"sender", row.sender}, {"recipient", row.recipient}, {"part", whole ? "all" : "rest"}});
  co_return Result<void>();
}

void Journey::end_with_emergency(Decided& decided, const ExchangeRow& before, const Case& source, bool left,
                                 Time now) const {
  if (!source.message.emergency || decided.decision.permits()) return;
  // A duty outlives the emergency: what is still to be answered for it waits, and is alerted.
  if (!left && decided.decision.duty()) return;
  auto old = parse_json(before.explanation);
  auto shown = parse_json(decided.row.explanation);
  const auto until = parse_rfc3339(old ? text_at(*old, "/expiresAt") : std::string());
  if (!shown || !shown->is_object() || !until || *until > now) return;
  json::object& object = shown->get_object();
  object["reason"] = "emergency_expired";
  object["missing"] = json::array{};
  object["nearestChange"] = json::array{};
  object["words"] = json::object{
      {"sv", "Ej utlämnat: nödläget upphörde innan det lämnades. Skicka en ny underrättelse om den behövs."},
      {"en", "Not sent: the emergency ended before it was delivered. Send a new message if it is needed."}};
  decided.row.explanation = json::serialize(object);
  decided.row.state = ExchangeState::refused;
  decided.row.outcome = decided.leaf.outcome = "refused";
  decided.row.fingerprint.clear();
  decided.row.due_at.reset();
  decided.leaf.codes.push_back("emergency_expired");
  decided.agenda.clear();
  decided.tasks.clear();
}

// ---- a permission that ends ------------------------------------------------------------------------------------

// What has not left by then must not: decided again now, not only when an attempt comes round.
Task<Result<void>> Journey::end_permission(ExchangeRow row, AgendaRow item) {
  const bool waiting =
      row.state == ExchangeState::queued || row.state == ExchangeState::delivering || row.state == ExchangeState::inbox;
  if (waiting && !has_left(row)) {
    auto source = source_of(row);
    if (!source) co_return source.error();
    auto again = co_await redecide(std::move(row), *source, "expired");
    if (!again) co_return again.error();
    log(LogLevel::warning, "permission.expired", {{"exchange", again->id}, {"outcome", again->outcome}});
  }
  co_return co_await drop_from_agenda(std::move(item));
}

}  // namespace samband
