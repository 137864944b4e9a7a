// What a disclosure asks of an agency's own people and no program does (party_tasks()): the party sees it as an open
// task until one of its officials has said what became of it. The answer is a leaf; a late one is an alarm, once.
#include <algorithm>

#include "base/id.hpp"
#include "base/log.hpp"
#include "exchange/decided.hpp"
#include "exchange/text.hpp"

namespace samband {
namespace {

constexpr int kTasksMax = 1000;
constexpr std::string_view kAssessHarm = "assess_guardian_harm", kTurnAside = "redirect_guardian_notice",
                           kTellGuardian = "notify_guardian";

bool has(const std::vector<std::string>& list, std::string_view code) {
  return std::find(list.begin(), list.end(), code) != list.end();
}

// Three words for one notice, of which the newest decision wants one: to be tested, to be given, to be turned aside.
bool of_guardian(std::string_view task) { return task == kAssessHarm || task == kTurnAside || task == kTellGuardian; }

// The party that has undertaken it, by its own name first: who tells a guardian also makes the test of OSL 12:3 before
// it, and turns the notice aside. Where neither has, the law's own addressee: the sender.
const Party& whose(std::string_view task, const Party& sender, const Party& recipient) {
  for (const Party* party : {&sender, &recipient})
    if (has(party->carries_out, task)) return *party;
  return of_guardian(task) && !has(sender.carries_out, kTellGuardian) && has(recipient.carries_out, kTellGuardian)
             ? recipient
             : sender;
}

// A task by its name in the API: the exchange, a point, the code.
std::string name_of(const TaskRow& row) { return row.exchange_id + "." + row.task; }
std::pair<std::string, std::string> parts_of(const std::string& name) {
  const auto point = name.find('.');
  if (point == std::string::npos || !is_uuid(name.substr(0, point)) ||
      !contains(party_tasks(), std::string_view(name).substr(point + 1)))
    return {};
  return {name.substr(0, point), name.substr(point + 1)};
}

// Codes, ids and times: nothing about a person.
json::object show(const TaskRow& row, const ExchangeRow& exchange) {
  json::object out{{"id", name_of(row)},
                   {"exchange", row.exchange_id},
                   {"task", row.task},
                   {"party", row.party},
                   {"sender", exchange.sender},
                   {"recipient", exchange.recipient},
                   {"kind", exchange.kind},
                   {"purpose", exchange.purpose},
                   {"openedAt", to_rfc3339(row.opened_at)},
                   {"dueAt", to_rfc3339(row.due_at)},
                   {"overdue", row.overdue_at.has_value()}};
  out["answeredAt"] = row.closed_at ? json::value(to_rfc3339(*row.closed_at)) : json::value(nullptr);
  out["outcome"] = row.outcome;
  out["reasonCode"] = row.reason_code;
  out["leafIndex"] = static_cast<std::int64_t>(row.leaf_index);
  return out;
}

Leaf task_leaf(const TaskRow& row, const ExchangeRow& exchange, LeafType type, std::string outcome, Time now) {
  Leaf leaf =
      make_leaf(type, now, exchange.sender, exchange.recipient, row.exchange_id, std::move(outcome), {row.leaf_index});
  leaf.codes = {row.task, row.party};
  return leaf;
}

}  // namespace

std::vector<TaskRow> Journey::tasks_for(const ExchangeRow& row, const Decision& decision, const Party& sender,
                                        const Party& recipient, Time now) const {
  std::vector<TaskRow> out;
  if (!decision.permits()) return out;
  for (const std::string& obligation : decision.obligations()) {
    if (!contains(party_tasks(), obligation)) continue;
    TaskRow task;
    task.exchange_id = row.id;
    task.task = obligation;
    task.party = whose(obligation, sender, recipient).id;
    task.opened_at = now;
    task.due_at = end_of_day(stockholm_midnight(next_working_day(stockholm_date(now))));
    out.push_back(std::move(task));
  }
  return out;
}

Result<void> follow_tasks(Txn& txn, const std::string& exchange_id, std::vector<TaskRow> wanted, bool left,
                          std::uint64_t leaf_index) {
  const bool turned =
      std::any_of(wanted.begin(), wanted.end(), [](const auto& each) { return of_guardian(each.task); });
  for (const std::string_view code : party_tasks()) {
    auto stands = txn.task(exchange_id, code);
    if (!stands) return stands.error();
    const auto want =
        std::find_if(wanted.begin(), wanted.end(), [&](const TaskRow& each) { return each.task == code; });
    if (want != wanted.end()) {
      if (*stands) continue;  // asked for once, open or answered
      want->leaf_index = leaf_index;
      if (auto put = txn.put_task(*want); !put) return put;
    } else if (*stands && !(*stands)->closed_at && (!left || (turned && of_guardian(code)))) {
      if (auto dropped = txn.drop_task(exchange_id, code); !dropped) return dropped;
    }
  }
  return {};
}

// ---- for the party whose people do it ----------------------------------------------------------------------------

Task<Result<json::object>> Journey::tasks(const Party* caller, std::string state, std::string after, int limit) {
  if (state.empty()) state = "open";
  if (state != "open" && state != "done")
    co_return fail(Errc::invalid_input, "?state", "the query parameter `state` is open or done");
  if (limit < 1 || limit > kTasksMax)
    co_return fail(Errc::invalid_input, "?limit", "the query parameter `limit` is from 1 to 1000");
  const auto from = parts_of(after);
  if (!after.empty() && from.first.empty())
    co_return fail(Errc::invalid_input, "?after", "the query parameter `after` is the id of a task");
  auto rows = s_.store.tasks(caller->id, state == "open", from.first, from.second, limit);
  if (!rows) co_return rows.error();
  json::array list;
  for (const TaskRow& row : *rows) {
    auto exchange = s_.store.exchange(row.exchange_id);
    if (!exchange) co_return exchange.error();
    if (exchange->has_value()) list.push_back(show(row, **exchange));
  }
  json::object out{{"tasks", std::move(list)}};
  out["next"] = rows->size() == static_cast<std::size_t>(limit) ? json::value(name_of(rows->back())) : nullptr;
  co_return out;
}

Task<Result<json::object>> Journey::answer_task(Caller who, std::string id, json::value body) {
  const auto [exchange_id, code] = parts_of(id);
  if (exchange_id.empty()) co_return fail(Errc::not_found, "task", "no such task");
  auto task = s_.store.task(exchange_id, code);
  if (!task) co_return task.error();
  if (!task->has_value() || (*task)->party != who.party->id) co_return fail(Errc::not_found, "task", "no such task");
  if (who.official == nullptr)
    co_return fail(Errc::forbidden, "certificate", "a task is answered by a person: log in as an official");
  const std::string outcome = text_at(body, "/outcome"), reason = text_at(body, "/reasonCode");
  if (outcome != "done" && outcome != "not_done")
    co_return fail(Errc::invalid_input, "/outcome", "must be done or not_done");
  if (reason.empty() && outcome == "not_done")
    co_return fail(Errc::invalid_input, "/reasonCode", "what was not done gives its reason");
  if (!reason.empty() && !contains(reason_codes(), reason))
    co_return fail(Errc::invalid_input, "/reasonCode", "unknown reason code");
  if ((*task)->closed_at) co_return fail(Errc::conflict, "task", "this task has its answer");
  auto row = s_.store.exchange(exchange_id);
  if (!row) co_return row.error();
  if (!row->has_value()) co_return fail(Errc::not_found, "task", "no such task");
  const Bytes key = key_of(**row);
  if (key.empty()) co_return fail(Errc::conflict, "task", "the exchange has been erased");

  const Time now = s_.clock.now();
  const std::string official = who.official->id;
  auto stored = std::make_shared<TaskRow>(std::move(**task));
  Leaf leaf = task_leaf(*stored, **row, LeafType::status, outcome, now);
  if (!reason.empty()) leaf.codes.push_back(reason);
  const Commitment commitment = commit_to(official);
  leaf.payload_commitment = commitment.digest;
  stored->closed_at = now;
  stored->outcome = outcome;
  stored->reason_code = reason;
  stored->official = seal_side(key, commitment, official, "task/" + id);
  Ledger::Write write = [stored](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
    auto current = txn.task(stored->exchange_id, stored->task);
    if (!current) return current.error();
    if (!*current || (*current)->closed_at)
      return fail(Errc::conflict, "task", "this task has its answer, or is asked for no more");
    stored->overdue_at = (*current)->overdue_at;
    stored->leaf_index = at.at(0);
    return txn.put_task(*stored);
  };
  std::vector<Leaf> leaves;
  leaves.push_back(std::move(leaf));
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  log(LogLevel::info, "task.answered",
      {{"exchange", exchange_id}, {"task", code}, {"party", stored->party}, {"outcome", outcome}});
  json::object out = show(*stored, **row);
  if (auto proof = s_.ledger.receipt(stored->leaf_index, carry_for(*who.party, **row)))
    out["receipt"] =
        json::object{{"leafIndex", static_cast<std::int64_t>(stored->leaf_index)}, {"proof", std::move(*proof)}};
  co_return out;
}

// A task that nobody has answered in time: the alarm is raised once, the task stays open.
Task<int> Journey::look_after_tasks(Time now) {
  int acted = 0;
  auto late = s_.store.tasks_overdue(now, 100);
  if (!late) co_return acted;
  for (const TaskRow& task : *late) {
    auto row = s_.store.exchange(task.exchange_id);
    if (!row || !row->has_value()) continue;
    Leaf leaf = task_leaf(task, **row, LeafType::alarm, "task_overdue", now);
    Ledger::Write write = [task, now](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
      auto current = txn.task(task.exchange_id, task.task);
      if (!current) return current.error();
      if (!*current || (*current)->closed_at || (*current)->overdue_at)
        return fail(Errc::conflict, "task", "answered meanwhile");
      (*current)->overdue_at = now;
      return txn.put_task(**current);
    };
    std::vector<Leaf> leaves;
    leaves.push_back(std::move(leaf));
    auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
    if (!done) continue;
    ++acted;
    s_.meter.alarm("task_overdue");
    log(LogLevel::warning, "alarm.task_overdue",
        {{"exchange", task.exchange_id}, {"task", task.task}, {"party", task.party}});
  }
  co_return acted;
}

}  // namespace samband
