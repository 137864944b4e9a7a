#include "delivery/acknowledge.hpp"

#include <algorithm>
#include <memory>

#include "base/json.hpp"
#include "keys/crypto.hpp"
#include "person_numbers/find.hpp"

namespace samband {

std::string plain_reference(std::string text, std::size_t bytes_max) {
  person_numbers::strip(text, person_numbers::Shape::plain);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  if (text.size() > bytes_max) {
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a character
    text.resize(end);
  }
  return text;
}

bool owes_receipt(const ExchangeRow& row, const Parties& parties) {
  if (row.explanation.find("\"receipt\"") == std::string::npos || row.kind == "exchange.receipt" ||
      row.kind == "exchange.recall")
    return false;
  const Party* sender = parties.find(row.sender);
  return sender && !sender->adapter.empty() && parties.find(row.recipient);
}

std::string open_reference(const ExchangeRow& row, std::string_view key) {
  if (row.external_reference.empty()) return {};
  auto text = crypto::open(key, row.external_reference, "reference/" + row.id);
  return text ? std::move(*text) : std::string();
}

namespace {

// Null when it cannot be read: then it says nothing.
json::value explanation_of(const ExchangeRow& row) {
  auto explanation = parse_json(row.explanation);
  return explanation ? std::move(*explanation) : json::value(nullptr);
}

std::optional<DutyDue> duty_in(const json::value& explanation, const ExchangeRow& row) {
  const json::value* duty = find_pointer(explanation, "/duty");
  if (!duty || !duty->is_object()) return std::nullopt;
  auto due = parse_rfc3339(string_at(duty->get_object(), "due"));
  if (!due) return std::nullopt;
  DutyDue out{std::string(string_at(duty->get_object(), "rule")), std::max(*due, row.created_at + kAtOnceGrace), false};
  if (const json::value* list = find_pointer(explanation, "/obligations"); list && list->is_array())
    for (const json::value& obligation : list->get_array())
      if (obligation.is_string() && obligation.get_string() == "confirm_same_day") {
        const auto next_day = std::chrono::sys_days(stockholm_date(row.created_at)) + std::chrono::days(1);
        out.due = stockholm_midnight(Date(next_day)) - std::chrono::milliseconds(1);
        out.by_confirmation = true;
      }
  return out;
}

bool holds_something_in(const json::value& explanation) {
  const json::value* held = find_pointer(explanation, "/fields/held");
  if (!held || !held->is_array()) return false;
  return std::any_of(held->get_array().begin(), held->get_array().end(), [](const json::value& group) {
    return group.is_object() && string_at(group.get_object(), "category") != "official";
  });
}

}  // namespace

std::optional<DutyDue> duty_of(const ExchangeRow& row) { return duty_in(explanation_of(row), row); }
bool holds_something(const ExchangeRow& row) { return holds_something_in(explanation_of(row)); }

std::string_view fulfilment(const DutyDue& duty, Time at) { return at <= duty.due ? "duty_fulfilled" : "duty_late"; }

boost::asio::awaitable<Result<ExchangeRow>> record_acknowledgement(Ledger& ledger, ExchangeRow row,
                                                                   std::string reference, Bytes key, bool owes_receipt,
                                                                   std::vector<AgendaRow> begun, Time now) {
  // From whoever acknowledges.
  Leaf leaf =
      make_leaf(LeafType::acknowledgement, now, row.recipient, row.sender, row.id, "received", {row.leaf_index});
  Bytes sealed;
  if (!reference.empty() && !key.empty())
    sealed = crypto::seal(key, plain_reference(std::move(reference), 256), "reference/" + row.id);
  // Fulfilment is on record with the receipt that is its proof; omission is an alarm of its own (DeadlineWatch).
  const json::value explanation = explanation_of(row);
  if (const auto duty = duty_in(explanation, row); duty && !duty->by_confirmation)
    leaf.codes = {std::string(holds_something_in(explanation) ? "duty_in_part" : fulfilment(*duty, now)), duty->rule};
  auto after = std::make_shared<ExchangeRow>();
  Ledger::Write write = [id = row.id, decided_by = row.leaf_index, now, sealed, owes_receipt, begun, after](
                            Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
    auto current = txn.exchange(id);
    if (!current) return current.error();
    if (!*current) return fail(Errc::conflict, "exchange", "no such exchange");
    ExchangeRow next = std::move(**current);
    // Decided again while it was on its way, and may be sent anew: that decision keeps its place in the queue.
    const bool anew = next.leaf_index != decided_by && next.state == ExchangeState::queued;
    if (!anew) next.state = ExchangeState::delivered, next.next_attempt_at.reset();
    if (next.life.empty() || next.life == "sent") next.life = "received";
    next.conversation.clear();
    const bool at_first = !next.acknowledged_at;
    if (at_first) next.acknowledged_at = now, next.ack_leaf_index = at.at(0);
    if (at_first && next.life != "recalled")
      for (const AgendaRow& item : begun)
        if (auto put = txn.put_agenda(item); !put) return put;
    if (!sealed.empty()) next.external_reference = sealed;
    next.updated_at = now;
    // A confirmation that names the handler ends the duty of an eviction notice; receipt alone does not. Nor does it
    // while something that the duty asks for is still held.
    const bool confirm = next.explanation.find("\"confirm_same_day\"") != std::string::npos;
    auto agenda = txn.agenda(id);
    if (!agenda) return agenda.error();
    const bool rest = std::any_of(agenda->begin(), agenda->end(), [](const AgendaRow& a) { return a.what == "duty"; });
    if (!rest && !confirm) next.due_at.reset();
    const bool recalls = next.leaf_index != decided_by && next.life != "recalled";
    if (recalls || (owes_receipt && at_first)) {
      const AgendaRow owed{id, std::string(recalls ? kOwesRecall : kOwesReceipt), Time{}, now, 0};
      if (auto noted = txn.put_agenda(owed); !noted) return noted;
    }
    auto put = txn.put_exchange(next);
    *after = std::move(next);
    return put;
  };
  std::vector<Leaf> leaves{std::move(leaf)};
  auto done = co_await ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  co_return std::move(*after);
}

}  // namespace samband
