// The recipient has it: one leaf and the exchange's new state, durable together.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/ledger.hpp"
#include "model/party.hpp"

namespace samband {

// "At once" is due now; what the machines need to carry it is not yet an omission.
inline constexpr std::chrono::minutes kAtOnceGrace{5};

// The duty of an exchange as its explanation has it: which rule, and by when, with the grace. Empty: it has none.
struct DutyDue {
  std::string rule;
  Time due{};
  bool by_confirmation = false;  // met by a confirmation that names the handler, not by receipt alone
};
std::optional<DutyDue> duty_of(const ExchangeRow&);
// "duty_fulfilled" or "duty_late", for the leaf of what met it.
std::string_view fulfilment(const DutyDue&, Time at);
// Does something of it still wait for a person? Category by category; envelope and official names count for nothing.
bool holds_something(const ExchangeRow&);

// Ids of the messages that the hub itself writes begin with this; no sender may use it.
inline constexpr std::string_view kHubIdPrefix = "samband:";

// Text of another system that the hub keeps in the clear: no identity numbers, no control characters, whole UTF-8, cut.
std::string plain_reference(std::string text, std::size_t bytes_max);

// Rows of the agenda with this `what` and at = Time{}: an acknowledgement owes a message of the hub's own, a receipt to
// the sender or a recall of what was decided otherwise while it was on its way. Written with the acknowledgement,
// dropped by the transaction that makes the message; what a hub that died left is made at the next start.
inline constexpr std::string_view kOwesReceipt = "receipt", kOwesRecall = "recall";

// Does it owe its sender a receipt as a message? Without an endpoint the proof waits at GET /v1/receipts.
bool owes_receipt(const ExchangeRow&, const Parties&);

// `row` is the attempt's: its leaf is the decision that what arrived rests on.
// `reference` is what the recipient's system calls it (cut at 256 bytes), sealed with `key`, the exchange's payload
// key; without one (erased) it is not kept. The row that comes back is the one stored: also when the exchange was
// withdrawn meanwhile it is recorded as delivered, since it did leave. Acknowledging twice is harmless: the first
// acknowledgement stands. `begun`: what is awaited of the recipient from now on, put on the agenda. Errors: not_found;
// whatever the ledger says.
boost::asio::awaitable<Result<ExchangeRow>> record_acknowledgement(Ledger& ledger, ExchangeRow row,
                                                                   std::string reference, Bytes key, bool owes_receipt,
                                                                   std::vector<AgendaRow> begun, Time now);
// What the row keeps of it; "" when there is none or the key is not the one.
std::string open_reference(const ExchangeRow&, std::string_view key);

}  // namespace samband
