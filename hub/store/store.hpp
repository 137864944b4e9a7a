// One transactional store behind one interface; SQLite (WAL, synchronous=FULL) embedded. One writer thread (the
// ledger's) uses Txn; any thread may read: reads see the last commit. Errors: unavailable (busy, I/O), internal.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "model/consent.hpp"

namespace samband {

struct MessageRow {
  std::string id, sender, sender_message_id, kind;
  Bytes content_hash;  // SHA-256 of the bytes as received
  Time received_at{};
  std::int64_t key_id = 0;                  // 0: erased, and what it sealed is empty
  Bytes body;                               // sealed canonical message
  std::string exchanges;                    // comma-separated exchange ids, in answer order
  std::string warnings;                     // JSON array text: codes and places only
  Bytes side;                               // sealed: {"nonce", "details"} of the origin leaf's commitment
  std::optional<std::uint64_t> leaf_index;  // the origin leaf; none before version 3
};

enum class ExchangeState {  // where the hub stands with it
  refused,
  held,
  queued,
  delivering,
  delivered,
  inbox,
  dead,
  withdrawn
};
std::string_view to_string(ExchangeState);
std::optional<ExchangeState> exchange_state_from(std::string_view);

struct ExchangeRow {
  std::string id, message_id, sender, recipient, kind, purpose, route;
  ExchangeState state = ExchangeState::refused;
  std::string outcome;  // Outcome
  std::string life;     // follow_up: "", "sent", "received", "accepted", ...
  Time created_at{}, updated_at{};
  std::optional<Time> next_attempt_at;  // queued/delivering: when the outbox takes it
  std::optional<Time> due_at;           // duty deadline or expected confirmation
  int attempts = 0;
  std::uint64_t leaf_index = 0;  // newest decision leaf
  std::optional<std::uint64_t> ack_leaf_index;
  std::optional<Time> acknowledged_at;
  std::string explanation;   // JSON text without personal data
  std::string fingerprint;   // Decision::fingerprint()
  std::string subject_refs;  // comma-separated; keyed references
  std::string consents;      // comma-separated consent ids relied on
  std::int64_t key_id = 0;   // of the exchange's payload key: what is sealed here is sealed with it; 0: erased
  Bytes external_reference;  // sealed: what the recipient's system called it; empty = nothing
  Bytes side;                // sealed: {"nonce":..,"details":..} of the leaf's commitments
  Bytes conversation;        // sealed adapter state; empty = none
};

struct AssessmentRow {
  std::string id, exchange_id, code, person_ref;
  Bytes assessor_id;  // sealed with the exchange's payload key
  std::string reason_code, party;
  std::string value;  // "yes" | "no"
  Time at{};
  Bytes side = {};  // sealed with the exchange's payload key: {"nonce", "details"} of its leaf's commitment
};

struct StatusRow {
  std::string id, exchange_id, party, status, reason_code;
  Bytes handler;  // sealed with the exchange's payload key; empty = none named
  Time at{};
  std::uint64_t leaf_index = 0;
};

// What must be looked at about an exchange, and when; a row goes when there is nothing left to look at.
struct AgendaRow {
  std::string exchange_id;
  std::string what;  // "duty": held under a duty, alert | "hold": held, expires | "ttl": permitted until then |
                     // "notice": tell the privacy officers | what an acknowledgement owes (delivery/acknowledge.hpp)
  Time at{};         // when to look next
  Time opened_at{};
  int count = 0;  // how often it was acted on
};

// The last answers that one party gave to one question, for follow_up/sameness.
struct AnswersRow {
  std::string party, code;
  std::string recent;  // follow_up's own text
  std::optional<Time> alarmed_at;
};

// A disclosure that a named person must judge afterwards.
struct ReviewRow {
  std::string exchange_id, party;  // the party that answers for it: the exchange's sender
  std::string why;                 // "emergency"
  std::string cause;               // code: the emergency reason
  Time opened_at{}, due_at{};
  std::optional<Time> overdue_at;  // when its delay was recorded
  std::optional<Time> closed_at;
  Bytes reviewer;                    // sealed with the exchange's payload key
  std::string verdict, reason_code;  // verdict: justified | not_justified
  std::uint64_t leaf_index = 0;      // of the opening, then of the verdict
};

// What an agency's people have to do about a disclosure, and what became of it (obligations of party_tasks()).
struct TaskRow {
  std::string exchange_id, task;
  std::string party;  // whose people do it
  Time opened_at{}, due_at{};
  std::optional<Time> overdue_at;  // when its delay was recorded
  std::optional<Time> closed_at;
  Bytes official;                    // who answered; sealed with the exchange's payload key
  std::string outcome, reason_code;  // outcome: done | not_done
  std::uint64_t leaf_index = 0;      // of the decision that asks for it, then of the answer
};

// A rule set as it was published: its files are what counts, not those on disk.
struct RuleSetRow {
  std::string hash, state;  // proposed | active | retired
  std::string base;         // hash of the set that was active when it was proposed; "" = the first one
  std::string reason, proposed_by, approved_by;  // official ids; proposed_by "" = the files on disk
  Time proposed_at{};
  std::optional<Time> approved_at;
  std::string files;  // JSON object: file name -> text; "" in a list, and once dropped
  std::uint64_t leaf_index = 0;
};

struct QuarantineRow {
  std::string id, party, adapter;  // adapter "" = canonical
  Time at{};
  std::int64_t key_id = 0;
  Bytes sealed;
  std::string reason;      // code and place
  std::int64_t bytes = 0;  // of `sealed`, also where that was not read
};

// An erasure as it was done: by a decision about a person, or because the time was over.
struct ErasureRow {
  std::string id;
  Time at{};
  std::string scope, basis, decision, party;  // as in keys/erasure_list.hpp
  std::int64_t keys = 0, messages = 0, exchanges = 0, consents = 0, withdrawn = 0;
  Bytes nonce;          // of the leaf's commitment to `details`
  std::string details;  // JSON; nothing about a person
  std::uint64_t leaf_index = 0;
};

// A personal data breach on record (GDPR article 33(5)), opened from a range of the log. It outlives the erasure of the
// persons it touched: it names none. Its texts go with their key when their own time is over.
struct IncidentRow {
  std::string id, party, kind;  // party: who opened it
  Time opened_at{}, aware_at{};
  std::uint64_t first_leaf = 0, last_leaf = 0;  // both are of the range
  std::string scope;                            // JSON: counts, parties, message kinds, categories of data
  std::int64_t key_id = 0;                      // seals both texts; 0: their time is over
  Bytes side;                                   // sealed: {"nonce", "details"} of the opening leaf's commitment
  std::uint64_t leaf_index = 0;
  std::string result;  // "" = open
  std::optional<Time> closed_at, reported_at;
  Bytes closing;  // sealed, of the closing leaf; empty = open
  std::optional<std::uint64_t> closing_leaf_index;
};

// What some payload keys seal.
struct SealedRows {
  std::vector<std::string> messages, exchanges;  // ids
  std::vector<ExchangeRow> live;     // of these: held, queued, under way, not taken out of an inbox, dead, under a duty
  std::vector<std::string> reviews;  // exchanges of these whose emergency nobody has judged yet
  bool empty() const { return messages.empty() && exchanges.empty(); }
};

struct ExchangeFilter {
  std::string party;  // sender or recipient; "" = any
  std::string state;  // "" = any
  std::string message_id, subject_ref, consent_id;
  std::string after;  // exchange id, for paging (ids are time-ordered)
  bool newest_first = false;
  int limit = 100;  // 1..1000
};

inline constexpr std::size_t kLeavesPerRow = 256;

// What one write may do. Valid inside the write function only.
class Txn {
 public:
  virtual ~Txn() = default;
  virtual Result<void> add_message(const MessageRow&) = 0;    // conflict: (sender, sender_message_id) exists
  virtual Result<void> put_exchange(const ExchangeRow&) = 0;  // insert or replace
  virtual Result<std::optional<ExchangeRow>> exchange(std::string_view id) = 0;  // as this transaction sees it
  virtual Result<std::optional<Consent>> consent(std::string_view id) = 0;
  virtual Result<void> put_consent(const Consent&) = 0;
  virtual Result<void> add_assessment(const AssessmentRow&) = 0;
  virtual Result<std::vector<AssessmentRow>> assessments(std::string_view exchange_id) = 0;
  virtual Result<void> add_status(const StatusRow&) = 0;
  virtual Result<void> put_agenda(const AgendaRow&) = 0;  // insert or replace
  virtual Result<void> drop_agenda(std::string_view exchange_id, std::string_view what) = 0;
  virtual Result<std::vector<AgendaRow>> agenda(std::string_view exchange_id) = 0;
  virtual Result<AnswersRow> answers(std::string_view party, std::string_view code) = 0;  // empty when there are none
  virtual Result<void> put_answers(const AnswersRow&) = 0;
  virtual Result<void> put_review(const ReviewRow&) = 0;  // insert or replace
  virtual Result<std::optional<ReviewRow>> review(std::string_view exchange_id) = 0;
  virtual Result<void> put_task(const TaskRow&) = 0;  // insert or replace
  virtual Result<std::optional<TaskRow>> task(std::string_view exchange_id, std::string_view task) = 0;
  virtual Result<void> drop_task(std::string_view exchange_id, std::string_view task) = 0;
  virtual Result<void> put_rule_set(const RuleSetRow&) = 0;  // insert or replace; files "" = those that it has
  // Empties the files of what is decided: of sets that were published, and of proposals that no longer can be, those
  // that are not among the newest `kept` of their sort.
  virtual Result<void> drop_rule_files(int kept) = 0;
  virtual Result<void> add_quarantine(const QuarantineRow&) = 0;
  virtual Result<void> drop_quarantine(std::string_view id) = 0;  // conflict: it is not there
  // From now on the store keeps nothing that these keys seal: a message under one is refused (busy: send it again,
  // under a new key), an exchange under one too (conflict: erased meanwhile), and what is added to an exchange of one
  // comes without its sealed part. conflict: something under one of them is live or waits for a review.
  virtual Result<void> forget_keys(const std::vector<std::int64_t>& ids) = 0;
  // Empties what was sealed and every keyed reference in these rows; ids, parties, kinds, times, outcomes and leaves
  // stay. Of a consent stay its parties, purposes and dates.
  virtual Result<void> empty_rows(const SealedRows&) = 0;
  virtual Result<void> empty_consents(const std::vector<std::string>& ids) = 0;
  virtual Result<void> add_erasure(const ErasureRow&) = 0;    // conflict: known
  virtual Result<void> put_incident(const IncidentRow&) = 0;  // insert or replace; busy: its key was destroyed
  virtual Result<std::optional<IncidentRow>> incident(std::string_view id) = 0;
  // Ledger's own:
  // One row for what a batch appends; at most kLeavesPerRow.
  virtual Result<void> add_leaves(std::uint64_t first, std::span<const Bytes> leaves) = 0;
  virtual Result<void> put_tile(int level, std::uint64_t index, std::string_view hashes) = 0;
  virtual Result<void> put_checkpoint(std::uint64_t size, std::string_view note) = 0;
};

class Store {
 public:
  // Opens or creates; an unknown (newer) schema version is refused with a clear error. Holds an exclusive lock file so
  // that a second hub on the same folder refuses to start; `read_only` takes no lock and sees one and the same
  // commit from its first read on (command line beside a running hub).
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder, bool read_only = false);
  virtual ~Store() = default;

  // Writer side: runs the functions in one durable transaction. Each in its own savepoint: one that fails is undone and
  // its error returned in its place, the others go on. The outer Result fails when nothing was committed.
  using Write = std::function<Result<void>(Txn&)>;
  virtual Result<void> transact(const std::function<Result<void>(Txn&)>& body) = 0;
  virtual Result<void> savepoint(Txn&, const Write&) = 0;

  virtual Result<std::optional<MessageRow>> message(std::string_view id) = 0;
  virtual Result<std::optional<MessageRow>> message(std::string_view sender, std::string_view sender_message_id) = 0;
  virtual Result<std::optional<ExchangeRow>> exchange(std::string_view id) = 0;
  virtual Result<std::vector<ExchangeRow>> exchanges(const ExchangeFilter&) = 0;
  virtual Result<std::vector<ExchangeRow>> due_exchanges(
      Time before, int limit) = 0;  // queued/delivering with next_attempt_at <= before
  virtual Result<std::vector<ExchangeRow>> overdue(Time before, int limit) = 0;  // due_at <= before: not met
  virtual Result<std::vector<ExchangeRow>> inbox(std::string_view party, std::string_view after, int limit) = 0;
  virtual Result<std::optional<Consent>> consent(std::string_view id) = 0;
  virtual Result<std::vector<Consent>> consents_of(const std::vector<std::string>& subject_refs) = 0;
  // Newest first, from before the id `before`; "" = from the newest.
  virtual Result<std::vector<Consent>> consents_held_by(std::string_view party, std::string_view before, int limit) = 0;
  virtual Result<std::vector<AssessmentRow>> assessments(std::string_view exchange_id) = 0;
  virtual Result<std::vector<StatusRow>> statuses(std::string_view exchange_id) = 0;
  virtual Result<std::vector<AgendaRow>> agenda_due(Time before, int limit,
                                                    Time after = Time::min()) = 0;  // after < at <= before
  virtual Result<std::vector<AgendaRow>> agenda(std::string_view exchange_id) = 0;
  virtual Result<std::vector<AnswersRow>> answers() = 0;  // of every party and code
  virtual Result<std::optional<ReviewRow>> review(std::string_view exchange_id) = 0;
  virtual Result<std::vector<ReviewRow>> reviews(std::string_view party, bool open_only, int limit) = 0;  // "" = any
  virtual Result<std::vector<ReviewRow>> reviews_overdue(Time before, int limit) = 0;  // open, delay not recorded
  virtual Result<std::optional<TaskRow>> task(std::string_view exchange_id, std::string_view task) = 0;
  // One party's, open or answered, by exchange and task, from after these two on.
  virtual Result<std::vector<TaskRow>> tasks(std::string_view party, bool open, std::string_view after_exchange,
                                             std::string_view after_task, int limit) = 0;
  virtual Result<std::vector<TaskRow>> tasks_overdue(Time before, int limit) = 0;  // open, delay not recorded
  virtual Result<std::vector<RuleSetRow>> rule_sets() = 0;                         // in order of proposal, no files
  virtual Result<std::optional<RuleSetRow>> rule_set(std::string_view hash) = 0;   // with its files
  virtual Result<std::vector<QuarantineRow>> quarantined(std::string_view after, int limit) = 0;  // by id; not `sealed`
  virtual Result<std::optional<QuarantineRow>> quarantined(std::string_view id) = 0;
  // Reads every row: for erasures only.
  virtual Result<SealedRows> sealed_under(const std::vector<std::int64_t>& key_ids) = 0;
  virtual Result<std::vector<std::int64_t>> key_ids() = 0;  // that rows name, each once; 0 is not among them
  virtual Result<std::vector<std::string>> consents_ended(Time before) = 0;  // ids; expired or revoked, not yet emptied
  virtual Result<std::optional<ErasureRow>> erasure(std::string_view id) = 0;
  // Newest first; those before `before` (an id) when it is not empty.
  virtual Result<std::vector<ErasureRow>> erasures(int limit, std::string_view before = {}) = 0;
  virtual Result<std::optional<IncidentRow>> incident(std::string_view id) = 0;
  virtual Result<std::vector<IncidentRow>> incidents(std::string_view before, int limit) = 0;  // as erasures
  virtual Result<Bytes> leaf(std::uint64_t index) = 0;
  virtual Result<std::vector<Bytes>> leaves(std::uint64_t from, int limit) = 0;
  virtual Result<std::optional<Bytes>> tile(int level, std::uint64_t index) = 0;          // full tiles only
  virtual Result<std::optional<std::pair<std::uint64_t, std::string>>> checkpoint() = 0;  // newest
  virtual Result<std::int64_t> count(std::string_view table) = 0;                         // metrics, tests
  virtual Result<void> check() = 0;                                                       // integrity_check
  // Writes what was erased out of every file of the store: the database anew, its log empty. Commits wait meanwhile
  // (some seconds a gigabyte). busy: somebody reads an older state.
  virtual Result<void> scrub() = 0;
  // A copy of one commit into a new file, beside a running hub.
  virtual Result<void> copy_to(const std::filesystem::path& file) = 0;
};

}  // namespace samband
