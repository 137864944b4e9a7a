#include "delivery/acknowledge.hpp"

#include <memory>

#include "keys/crypto.hpp"

namespace samband {

boost::asio::awaitable<Result<ExchangeRow>> record_acknowledgement(Ledger& ledger, ExchangeRow row, std::string reference,
                                                                   Time now) {
  Leaf leaf;
  leaf.type = LeafType::acknowledgement;
  leaf.event_id = crypto::random_bytes(16);
  leaf.at = now;
  leaf.sender = row.recipient;  // who acknowledges
  leaf.recipient = row.sender;
  leaf.subject_id = row.id;
  leaf.outcome = "received";
  leaf.relies_on = {row.leaf_index};
  auto after = std::make_shared<ExchangeRow>();
  Ledger::Write write = [id = row.id, now, reference, after](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
    auto current = txn.exchange(id);
    if (!current) return current.error();
    if (!*current) return fail(Errc::conflict, "exchange", "no such exchange");
    ExchangeRow next = std::move(**current);
    next.state = ExchangeState::delivered;
    if (next.life.empty() || next.life == "sent") next.life = "received";
    next.next_attempt_at.reset();
    next.conversation.clear();
    if (!next.acknowledged_at) next.acknowledged_at = now, next.ack_leaf_index = at.at(0);
    if (!reference.empty()) next.external_reference = reference.substr(0, 256);
    next.updated_at = now;
    // A confirmation that names the handler ends the duty of an eviction notice; receipt alone does not.
    if (next.explanation.find("\"confirm_same_day\"") == std::string::npos) next.due_at.reset();
    auto put = txn.put_exchange(next);
    *after = std::move(next);
    return put;
  };
  std::vector<Leaf> leaves;
  leaves.push_back(std::move(leaf));
  auto done = co_await ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  co_return std::move(*after);
}

}  // namespace samband
