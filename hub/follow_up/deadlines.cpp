#include "follow_up/deadlines.hpp"

#include "base/log.hpp"
#include "transport/http.hpp"

namespace samband {

DeadlineWatch::DeadlineWatch(const Clock& clock, Store& store, Ledger& ledger, Meter& meter,
                             std::chrono::milliseconds every)
    : clock_(clock), store_(store), ledger_(ledger), meter_(meter), every_(every) {}

boost::asio::awaitable<void> DeadlineWatch::run() {
  while (!stopping_) {
    co_await look();
    for (auto waited = std::chrono::milliseconds{0}; waited < every_ && !stopping_;
         waited += std::chrono::milliseconds{100})
      co_await sleep_for(std::chrono::milliseconds{100});
  }
}

boost::asio::awaitable<int> DeadlineWatch::look() {
  const Time now = clock_.now();
  auto late = store_.overdue(now, 100);
  int raised = 0;
  if (!late) co_return raised;
  for (const ExchangeRow& row : *late) {
    const bool confirm = row.acknowledged_at && row.explanation.find("\"confirm_same_day\"") != std::string::npos;
    const std::string what = confirm ? "confirmation_missed" : "duty_missed";
    Leaf leaf = make_leaf(LeafType::alarm, now, row.sender, row.recipient, row.id, what, {row.leaf_index});
    if (row.acknowledged_at && !confirm) leaf.codes = {"in_part"};  // the rest is held
    Ledger::Write write = [id = row.id](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
      auto current = txn.exchange(id);
      if (!current) return current.error();
      if (!*current || !(*current)->due_at) return fail(Errc::conflict, "exchange", "met meanwhile");
      (*current)->due_at.reset();  // the leaf is the memory; the alarm is raised once
      return txn.put_exchange(**current);
    };
    std::vector<Leaf> leaves{std::move(leaf)};
    auto done = co_await ledger_.commit(std::move(leaves), std::move(write));
    if (!done) continue;
    ++raised;
    meter_.alarm(what);
    log(LogLevel::warning, "alarm." + what,
        {{"exchange", row.id}, {"sender", row.sender}, {"recipient", row.recipient}});
  }
  co_return raised;
}

}  // namespace samband
