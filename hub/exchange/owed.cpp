// What is owed once a message has arrived: its receipt to the sender, or a recall to the recipient. Both are on the
// agenda until they are made, so that a restart forgets none.
#include "base/log.hpp"
#include "delivery/acknowledge.hpp"
#include "exchange/decided.hpp"
#include "exchange/text.hpp"

namespace samband {

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

}  // namespace samband
