// The journey of one message: intake -> routing -> for each recipient: decide, minimise, record -> answer; and every
// later turn of it: a hold answered, a consent given or revoked, a status, an acknowledgement, a recall, a retry.
// A new decision is a new record; nothing decided earlier is edited. Thread-safe; coroutines run on the caller's
// strand.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/meter.hpp"
#include "confidentiality/decide.hpp"
#include "delivery/outbox.hpp"
#include "exchange/case_reader.hpp"
#include "follow_up/sameness.hpp"
#include "identity/peer.hpp"
#include "intake/intake.hpp"
#include "keys/key_store.hpp"
#include "ledger/ledger.hpp"
#include "routing/routes.hpp"

namespace samband {

// How long the hub waits for people, and what it finds odd about their answers.
struct Patience {
  std::chrono::milliseconds alert_after{240000};       // a duty that is held: until its duty functions are alerted
  std::chrono::milliseconds remind_every{86400000};    // and again, until somebody answers
  std::chrono::milliseconds expire_after{2592000000};  // a hold without a duty; a rule's hold_days goes before
  int review_working_days = 3;                         // after an emergency, until a named person has judged it
  SamenessLimits sameness{};
};

// A party whose case system is asked what became of what it was sent (exchange/status_poll.hpp).
struct StatusPollRule {
  std::chrono::milliseconds every{900000};
  int per_minute = 60;          // questions, of all exchanges together
  std::chrono::days kept{180};  // from its receipt on; then what is still open is asked about no more
};
using StatusPollRules = std::map<std::string, StatusPollRule, std::less<>>;  // by party

struct Services {
  const Clock& clock;
  Store& store;
  Ledger& ledger;
  KeyStore& keys;
  const Intake& intake;
  const Signatures& signatures;
  PluginHost& plugins;
  const Parties& parties;
  const std::vector<Agreement>& agreements;
  const Routes& routes;
  Outbox& outbox;
  Meter& meter;
  std::function<std::shared_ptr<const RuleSet>()> rules;  // the snapshot of the moment
  Patience patience{};
  std::string hub_phone{};  // of the hub's operator
  StatusPollRules polls{};
  std::function<void(const std::string& party, const std::string& exchange)> ask_status{};  // its turn has come
};

class Journey final : public DeliveryGate {
 public:
  explicit Journey(Services);

  // One body in, its answer out (docs/agency-api.md). Errors mean that nothing was decided: invalid_input,
  // forbidden, conflict (same id, other content), not_found (no route), busy, unavailable (cannot record: NOT SENT).
  // A body of several messages is answered per message as soon as one of them was decided, a file of rows per row.
  Task<Result<json::object>> accept(Incoming in);

  Task<Result<json::object>> message_answer(const Party* caller, std::string message_id);
  Task<Result<json::object>> exchange(const Party* caller, std::string exchange_id);
  Task<Result<json::object>> exchanges(const Party* caller, std::string state, std::string after, int limit);
  Task<Result<json::object>> assess(Caller caller, std::string exchange_id, json::value body);
  Task<Result<json::object>> set_status(const Party* caller, std::string exchange_id, json::value body);
  Task<Result<json::object>> retry(const Party* caller, std::string exchange_id);
  Task<Result<json::object>> add_consent(const Party* caller, json::value body);
  Task<Result<json::object>> list_consents(const Party* caller, std::string after, int limit);
  Task<Result<json::object>> revoke_consent(const Party* caller, std::string consent_id, json::value body);
  Task<Result<json::object>> reviews(const Party* caller);
  Task<Result<json::object>> close_review(Caller caller, std::string exchange_id, json::value body);
  // What the party's own people have to do, and what they said of it; `state` open (also "") or done.
  Task<Result<json::object>> tasks(const Party* caller, std::string state, std::string after, int limit);
  Task<Result<json::object>> answer_task(Caller caller, std::string task_id, json::value body);
  Task<Result<json::object>> inbox(const Party* caller, std::string after, std::chrono::seconds wait);
  Task<Result<json::object>> acknowledge(const Party* caller, std::string exchange_id, json::value body);
  Task<Result<std::string>> receipt(const Party* caller, std::string exchange_id);
  // Another rule set is active from now on: what was decided and not yet sent is decided again before it is, and what
  // waits for an answer (also for counsel's) in the next round of look_after().
  void rules_changed() {
    changed();
    rules_changed_ = true;
  }
  // Once at start: makes the receipts and recalls that acknowledgements of an earlier process still owe.
  Task<void> settle();
  // Whom to call when nothing was sent: the duty functions of whoever this sender's messages may go to, and the hub's.
  json::object telephones(const Party& sender) const;
  bool has_adapter(std::string_view name) const { return s_.plugins.has(name); }
  // The answer in the sender's own format, when its adapter has one.
  Result<PluginReply> render_answer(const std::string& adapter, const std::string& answer_json) const;

  // Acts on what the agenda has for this moment: alerts for held duties, holds and permissions that end. How many.
  Task<int> look_after();
  static constexpr int kRoundMax = 100;  // of the agenda

  // A step of a referral as its recipient reports it; texts, "" when absent.
  struct StepReport {
    std::string status, reason, handler, visit_at, expected_by, savry;
  };

  // DeliveryGate
  Task<Result<std::optional<Attempt>>> admit(ExchangeRow row, CasePtr source, PreparedPtr prepared) override;
  std::vector<AgendaRow> begins(const ExchangeRow& row, const Case& source) const override;
  Task<void> acknowledged(ExchangeRow row, CasePtr source, std::uint64_t decided_by) override;

 private:
  struct Decided;
  struct Along {  // recorded in the same transaction as a message; the write gets the indices of these leaves
    std::vector<Leaf> leaves;
    Ledger::Write write;
  };

  struct Rows;
  struct Window;
  class Turn;
  Task<Result<json::object>> accept_rows(Incoming in, std::vector<std::string> texts);
  Result<json::object> brief_again(const MessageRow&) const;
  Task<void> accept_row(std::shared_ptr<Rows> rows, std::shared_ptr<Window> window, std::size_t at);
  // `before_commit`, unless empty, is awaited when the message is decided and about to be recorded.
  using BeforeCommit = std::function<Task<void>()>;
  Task<Result<json::object>> accept_one(const Party* sender, CasePtr source, BeforeCommit before_commit = {});
  Task<Result<json::object>> process(CasePtr source, std::vector<Candidate> candidates, Along along,
                                     BeforeCommit before_commit = {});
  Task<Result<void>> register_carried_consents(CasePtr source);
  // `about_key`: of the exchange that the message is about.
  Task<Result<json::object>> send_for(const Party* sender, const Party* recipient, json::value canonical,
                                      std::int64_t about_key, std::string purpose, Along along);
  Task<Result<ExchangeRow>> redecide(ExchangeRow row, CasePtr source, std::string because);
  // `final_words`, unless empty, becomes the explanation of the exchange: what has left is the same, the rest is
  // settled.
  Task<Result<void>> record_verdict(Leaf verdict, ExchangeRow row, std::vector<AgendaRow> agenda, std::string because,
                                    std::string final_words = {}, std::vector<TaskRow> tasks = {});
  Task<Result<void>> send_receipt(ExchangeRow row, CasePtr source);
  static void log_owed(const Error&);
  Task<Result<void>> recall(ExchangeRow row, std::string reason);
  Task<Result<std::optional<Attempt>>> permit(ExchangeRow row, CasePtr source);
  static StepReport step_report(const json::value& body, const std::string& at);
  Result<Along> status_step(const Party& caller, const ExchangeRow&, const StepReport&) const;
  // Nobody else reports this step of this exchange while it is held. Null: somebody does.
  std::shared_ptr<void> claim_step(const std::string& exchange_id, const std::string& status) const;
  Task<Result<void>> answer_reporter(ExchangeRow row, AgendaRow item);
  Task<Result<void>> remind_of_answer(ExchangeRow row, AgendaRow item);
  Task<Result<void>> take_back(ExchangeRow row, AgendaRow item);
  struct Reminder {
    std::string deadline;  // its id
    json::array awaits;    // what would meet it
    Time due;
    bool missed = false;                      // then it is an alarm too, and on record
    std::string awaited_of;                   // party id
    std::string message_id;                   // without the number and the reader that each of them ends with
    std::vector<const Party*> told, readers;  // now; and now or earlier
  };
  Task<Result<void>> remind(ExchangeRow row, AgendaRow item, Reminder reminder);
  // Reminders that nobody has acknowledged and a newer one takes the place of; `id` is a message id without its number.
  std::vector<std::string> older_reminders(const std::string& sender, const std::string& id, int number,
                                           const std::vector<const Party*>& readers) const;
  Task<Result<void>> look_at_deadline(ExchangeRow row, AgendaRow item);
  Task<Result<void>> give_up_deadline(ExchangeRow row, AgendaRow item);
  Task<void> end_corrected(ExchangeRow row, CasePtr source);
  Result<json::array> deadlines_of(const ExchangeRow&) const;
  json::value status_message(const ExchangeRow&, const Case& source, json::object payload, json::array facts) const;
  Task<Result<void>> withdraw_retracted(CasePtr source);
  Task<Result<void>> withdraw(ExchangeRow row);
  Task<Result<void>> record_hand_out(ExchangeRow row);
  // An inbox entry in the place of a message; logged and counted once for each exchange.
  json::object unreadable(const ExchangeRow&, const Error&);

  Task<Result<void>> alert_duty(ExchangeRow row, AgendaRow item);
  Task<Result<void>> alert_task(ExchangeRow row, AgendaRow item);
  Task<Result<void>> ask_status(ExchangeRow row, AgendaRow item);
  Task<Result<void>> expire_hold(ExchangeRow row, AgendaRow item);
  Task<Result<void>> end_permission(ExchangeRow row, AgendaRow item);
  Task<Result<void>> notice_of_review(ExchangeRow row, AgendaRow item);
  Task<int> look_after_reviews(Time now);
  Task<int> look_after_tasks(Time now);
  std::vector<TaskRow> tasks_for(const ExchangeRow&, const Decision&, const Party& sender, const Party& recipient,
                                 Time now) const;
  Task<Result<void>> drop_from_agenda(AgendaRow item);
  Task<void> decide_holds_again();
  std::optional<ReviewRow> review_for(const ExchangeRow&, const Decision&, const Case&, Time now) const;
  bool may_review(const Party& caller, const std::string& party) const;
  std::vector<GivenAnswer> answers_in(const Case&) const;
  // Inside a transaction; `odd` gets what no person answers like, for say_odd() after it.
  Result<void> note_answers(Txn&, const std::string& party, const std::vector<GivenAnswer>&, Time now,
                            std::vector<AnswersRow>& odd) const;
  Task<void> say_odd(std::vector<AnswersRow> odd);
  // A message of the hub's own kinds to one party about an exchange of the sender's. Sent before: no error.
  Task<Result<void>> notify(ExchangeRow about, const Party* to, std::string kind, std::string id, json::object payload,
                            Time at);
  std::vector<AgendaRow> agenda_for(const ExchangeRow&, const Decision&, const RuleSet&, const Party& sender,
                                    const Party& recipient, Time now) const;
  // An emergency that has run out ends what rested on it, whatever else might still open it: refused, and closed. A
  // duty stays.
  void end_with_emergency(Decided&, const ExchangeRow& before, const Case&, bool left, Time now) const;
  const Party& duty_function(const Party&) const;
  // Whom to call: the duty function, or the party where it has no number of its own.
  const std::string& duty_phone(const Party&) const;
  bool reads_in_inbox(const Party& recipient, const std::string& kind) const;

  Result<Decided> decide(const Case&, std::string exchange_id, const Party& recipient, const std::string& purpose,
                         const Grounds&, Time now) const;
  Result<std::vector<ExchangeRow>> every_exchange(ExchangeFilter) const;
  // The payload key that what is kept of an exchange is sealed with; empty when it was erased.
  Bytes key_of(const ExchangeRow&) const;
  Result<CasePtr> source_of(const ExchangeRow& row) const { return reader_.source_of(row); }
  Result<CasePtr> complete_status(const Case& status, const ExchangeRow& about, const Party& sender, Time now) const;
  Result<ExchangeRow> own_row(const Party& caller, const std::string& exchange_id, bool sender, bool recipient) const;
  json::object answer_for(const ExchangeRow&, Ledger::Carry) const;
  json::object with_receipt(const ExchangeRow&, json::object shown, Ledger::Carry) const;
  Result<json::object> answer_for_message(const MessageRow&, bool duplicate) const;
  void refuse_by_route(Decided&, const Candidate&) const;
  void tell_closed(Decided&, const Candidate&) const;
  void await_from(std::vector<AgendaRow>&, const ExchangeRow&, Time now) const;
  void place(ExchangeRow&, const Decision&, const Party& recipient, Time now) const;
  // Who answers for an assessment, how that is known, and what was said: `body`, or what the signature is over.
  struct Assessor {
    std::string id;
    std::string_view proof;  // assessor_login | assessor_signature
    std::string evidence;    // the signature
    std::optional<Time> signed_at = {};
  };
  Result<Assessor> assessor_of(const Caller&, const std::string& exchange_id, json::value& body, Time now) const;
  Result<void> check_consent(const Consent&, const std::string& where) const;

  Time valid_until(const Grounds&, Time at) const;
  // Before and after every change that a decision could rest on: what was decided earlier is decided anew.
  void changed() { ++epoch_; }

  Services s_;
  CaseReader reader_;
  std::map<std::string, std::set<std::string>, std::less<>> adapter_kinds_;
  std::atomic<std::uint64_t> epoch_{0};
  std::atomic<bool> rules_changed_{false};  // holds are to be decided again, by look_after()
  mutable std::mutex steps_mutex_;
  mutable std::set<std::string> steps_;  // "exchange/step" that is reported once, and is being recorded
  std::mutex files_mutex_;
  std::set<std::string> files_;  // parties whose file of rows is being taken
  std::mutex said_mutex_;
  std::set<std::string> unreadable_said_;
};

}  // namespace samband
