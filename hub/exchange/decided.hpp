// One decision on its way into the record: used inside the journey only.
#pragma once
#include <optional>

#include "exchange/journey.hpp"

namespace samband {

struct Journey::Decided {
  Decision decision;
  std::optional<Minimised> body;  // present when the decision permits
  ExchangeRow row;
  json::object explanation;  // what row.explanation is the text of
  Leaf leaf;
  std::vector<AgendaRow> agenda;
  std::vector<TaskRow> tasks;       // what is asked of the agencies' people
  std::optional<ReviewRow> review;  // when what is permitted must be judged afterwards
};

// Why an exchange was decided again: the attempt that asks is under way, and has sent nothing yet.
inline constexpr std::string_view kAtTheGate = "decided_again";

// Opens a review, or says its verdict.
Leaf review_leaf(const ReviewRow&, const ExchangeRow&, std::string outcome, Time now);
// Opens a review unless the exchange has one; the privacy officers are told by the agenda.
Result<void> open_review(Txn&, ReviewRow, std::uint64_t leaf_index);

// The tasks of an exchange become these: new ones open, one that was asked for before keeps its place and its answer.
// What is asked for no more goes, unless the disclosure has left; but the test before a guardian's notice goes once it
// is settled.
Result<void> follow_tasks(Txn&, const std::string& exchange_id, std::vector<TaskRow> wanted, bool left,
                          std::uint64_t leaf_index);

// The agenda of an exchange becomes this one; what was on it and still is keeps its time.
Result<void> set_agenda(Txn&, const std::string& exchange_id, const std::vector<AgendaRow>&);
// Still on the agenda? Else it was answered while this round looked: error conflict.
Result<void> still_on_agenda(Txn&, const AgendaRow&);

// Takes reminders out of the inbox that a newer one stands for: what nobody read is withdrawn, what was handed out may
// still be acknowledged.
Result<void> take_out(Txn&, const std::vector<std::string>& exchange_ids, Time now);

// Rows of the agenda that a step of a referral leaves: the reporter is to be answered; a misdirected exchange is to be
// recalled. Written with the step, dropped when it is done.
inline constexpr std::string_view kAnswerReporter = "answer", kReturned = "returned";
// The recipient's case system is to be asked what became of it.
inline constexpr std::string_view kAskStatus = "ask_status";

// The days after which a hold without a duty ends unanswered: 0 = as hub.toml says. Nothing = there is no such hold.
std::optional<int> hold_ends_after(const Decision&, const RuleSet&, const Party& sender, const Party& recipient,
                                   const ExchangeRow&);
// Does a new decision ask for less than what stands?
bool asks_less(const std::vector<AgendaRow>& wanted, const std::vector<AgendaRow>& stands);
// The duty function hears of a task once, not with every new decision about the same one.
void alert_once(std::vector<AgendaRow>& agenda, const ExchangeRow& before, const Decision&);
// A duty counts from its first decision: deciding again gives it no new deadline.
void keep_duty(ExchangeRow& next, const ExchangeRow& before);

json::array persons_for_status(const Case& source);
// The leaf names rules and reasons of what was withheld: the sender may know them, the recipient may not.
Ledger::Carry carry_for(const Party& caller, const ExchangeRow&);

}  // namespace samband
