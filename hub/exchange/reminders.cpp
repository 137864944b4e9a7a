// What is awaited of a party and has not come: whoever owes it is reminded before the time is up, and told of it again
// and again after. A newer reminder takes the place of the older ones in the inbox.
#include "base/log.hpp"
#include "base/time_limit.hpp"
#include "delivery/acknowledge.hpp"
#include "exchange/answer.hpp"
#include "exchange/decided.hpp"
#include "exchange/text.hpp"
#include "follow_up/life_cycle.hpp"
#include "follow_up/step_deadlines.hpp"

namespace samband {
namespace {

// A reporter hears within a week what became of a report (SoL 19:6 for whoever asks; the hub answers unasked).
constexpr int kAnswerDays = 7;

}  // namespace

Result<void> take_out(Txn& txn, const std::vector<std::string>& exchange_ids, Time now) {
  for (const std::string& id : exchange_ids) {
    auto row = txn.exchange(id);
    if (!row) return row.error();
    if (!*row || (*row)->state != ExchangeState::inbox) continue;
    (*row)->state = has_left(**row) ? ExchangeState::delivered : ExchangeState::withdrawn;
    (*row)->updated_at = now;
    if (auto put = txn.put_exchange(**row); !put) return put;
  }
  return {};
}

std::vector<std::string> Journey::older_reminders(const std::string& sender, const std::string& id, int number,
                                                  const std::vector<const Party*>& readers) const {
  std::vector<std::string> out;
  if (number < 1) return out;
  for (const Party* party : readers) {
    auto message = s_.store.message(sender, std::string(kHubIdPrefix) + id + std::to_string(number) + "/" + party->id);
    if (message && *message)
      for (std::string& each : split((*message)->exchanges)) out.push_back(std::move(each));
  }
  return out;
}

Task<Result<void>> Journey::remind(ExchangeRow row, AgendaRow item, Reminder reminder) {
  const int number = item.count + 1;
  const json::object payload{{"exchangeId", row.id},
                             {"exchangeKind", row.kind},
                             {"purpose", row.purpose},
                             {"deadline", reminder.deadline},
                             {"awaits", reminder.awaits},
                             {"since", to_rfc3339(item.opened_at)},
                             {"due", to_rfc3339(reminder.due)},
                             {"missed", reminder.missed},
                             {"number", number}};
  for (const Party* party : reminder.told) {
    json::object content = payload;
    auto sent =
        co_await notify(row, party, "step.reminder", reminder.message_id + std::to_string(number) + "/" + party->id,
                        std::move(content), item.at);
    if (!sent) co_return sent.error();
  }
  const Time now = s_.clock.now();
  const std::string last_told = reminder.told.back()->id;
  std::vector<Leaf> leaves;
  if (reminder.missed) {
    leaves.push_back(
        make_leaf(LeafType::alarm, now, row.sender, row.recipient, row.id, "step_missed", {row.leaf_index}));
    leaves.back().codes = {reminder.deadline, last_told};
  }
  AgendaRow next = item;
  next.count = number;
  next.at = reminder.missed ? now + s_.patience.remind_every : reminder.due + std::chrono::milliseconds(1);
  Ledger::Write write = [item, next, now,
                         older = older_reminders(row.sender, reminder.message_id, number - 1, reminder.readers)](
                            Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    if (auto there = still_on_agenda(txn, item); !there) return there;
    if (auto out = take_out(txn, older, now); !out) return out;
    return txn.put_agenda(next);
  };
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  if (reminder.missed) {
    s_.meter.alarm("step_missed");
    log(LogLevel::warning, "alarm.step_missed",
        {{"exchange", row.id},
         {"recipient", reminder.awaited_of},
         {"deadline", reminder.deadline},
         {"told", last_told}});
  }
  co_return Result<void>();
}

// Its route has it no more (renamed, taken out), so nobody knows what would meet it: it keeps the time that it was
// stored with, and then it is on record that it ends unwatched.
Task<Result<void>> Journey::give_up_deadline(ExchangeRow row, AgendaRow item) {
  const std::string id = item.what.substr(kStepPrefix.size());
  std::vector<Leaf> leaves;
  leaves.push_back(
      make_leaf(LeafType::alarm, s_.clock.now(), row.sender, row.recipient, row.id, "deadline_gone", {row.leaf_index}));
  leaves.back().codes = {row.route, id};
  Ledger::Write write = [item](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    if (auto there = still_on_agenda(txn, item); !there) return there;
    return txn.drop_agenda(item.exchange_id, item.what);
  };
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  s_.meter.alarm("deadline_gone");
  log(LogLevel::warning, "alarm.deadline_gone",
      {{"exchange", row.id}, {"recipient", row.recipient}, {"route", row.route}, {"deadline", id}});
  co_return Result<void>();
}

// Before its end the recipient is reminded; after it a named function is told too, again and again, and it is on
// record. Nobody is told whom it is about.
Task<Result<void>> Journey::look_at_deadline(ExchangeRow row, AgendaRow item) {
  const Route* route = s_.routes.find(row.route);
  const StepDeadline* deadline = deadline_of(route, item);
  const Party* recipient = s_.parties.find(row.recipient);
  // Withdrawn before it left: nothing is awaited of somebody who has nothing.
  const bool permitted = row.outcome == "released" || row.outcome == "partial";
  if (!recipient || !permitted || ends_life(row.life)) co_return co_await drop_from_agenda(std::move(item));
  if (!deadline) co_return co_await give_up_deadline(std::move(row), std::move(item));
  const Time due = due_of(*deadline, item);
  const bool missed = s_.clock.now() > due;
  std::vector<const Party*> told{recipient};
  if (missed) {
    const Party* named =
        deadline->escalate_to.empty() ? &duty_function(*recipient) : s_.parties.find(deadline->escalate_to);
    if (named && named != recipient) told.push_back(named);
  }
  Reminder reminder{deadline->id, json_list(deadline->met_by), due, missed, row.recipient, {}, told, told};
  reminder.message_id = "step/" + row.id + "/" + deadline->id + "/";
  co_return co_await remind(std::move(row), std::move(item), std::move(reminder));
}

Task<Result<void>> Journey::remind_of_answer(ExchangeRow row, AgendaRow item) {
  const Party* board = s_.parties.find(row.sender);
  if (!board || row.state != ExchangeState::held) co_return co_await drop_from_agenda(std::move(item));
  const Date last(std::chrono::sys_days(stockholm_date(item.opened_at)) + std::chrono::days(kAnswerDays));
  const Time due = stockholm_end_of(last);
  const bool missed = s_.clock.now() > due;
  const Party* duty = &duty_function(*board);
  std::vector<const Party*> told{missed ? duty : board}, readers{board, duty};
  json::array awaits{"individual_assessment"};
  Reminder reminder{"reporter_answer", std::move(awaits), due, missed, row.sender, "answer-due/" + row.id + "/",
                    std::move(told),   std::move(readers)};
  co_return co_await remind(std::move(row), std::move(item), std::move(reminder));
}

}  // namespace samband
