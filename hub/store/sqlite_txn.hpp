// The writing side of one transaction over the store's writer connection. Any error that is not the caller's own
// (conflict, invalid input, too large) marks the whole transaction as broken: SQLite may already have rolled it back,
// and a statement after that would run outside it. Used by one thread.
#pragma once
#include "keys/sqlite.hpp"
#include "store/store.hpp"

namespace samband::store {

class SqliteTxn final : public Txn {
 public:
  explicit SqliteTxn(sqlite::Database& db) : db_(db) {}

  Result<void> add_message(const MessageRow&) override;
  Result<void> put_exchange(const ExchangeRow&) override;
  Result<std::optional<ExchangeRow>> exchange(std::string_view id) override;
  Result<std::optional<Consent>> consent(std::string_view id) override;
  Result<void> put_consent(const Consent&) override;
  Result<void> add_assessment(const AssessmentRow&) override;
  Result<std::vector<AssessmentRow>> assessments(std::string_view exchange_id) override;
  Result<void> add_status(const StatusRow&) override;
  Result<void> put_agenda(const AgendaRow&) override;
  Result<void> drop_agenda(std::string_view exchange_id, std::string_view what) override;
  Result<std::vector<AgendaRow>> agenda(std::string_view exchange_id) override;
  Result<AnswersRow> answers(std::string_view party, std::string_view code) override;
  Result<void> put_answers(const AnswersRow&) override;
  Result<void> put_review(const ReviewRow&) override;
  Result<std::optional<ReviewRow>> review(std::string_view exchange_id) override;
  Result<void> put_task(const TaskRow&) override;
  Result<std::optional<TaskRow>> task(std::string_view exchange_id, std::string_view task) override;
  Result<void> drop_task(std::string_view exchange_id, std::string_view task) override;
  Result<void> put_rule_set(const RuleSetRow&) override;
  Result<void> drop_rule_files(int kept) override;
  Result<void> add_quarantine(const QuarantineRow&) override;
  Result<void> drop_quarantine(std::string_view id) override;
  Result<void> forget_keys(const std::vector<std::int64_t>& ids) override;
  Result<void> empty_rows(const SealedRows&) override;
  Result<void> empty_consents(const std::vector<std::string>& ids) override;
  Result<void> add_erasure(const ErasureRow&) override;
  Result<void> put_incident(const IncidentRow&) override;
  Result<std::optional<IncidentRow>> incident(std::string_view id) override;
  Result<void> add_leaves(std::uint64_t first, std::span<const Bytes> leaves) override;
  Result<void> put_tile(int level, std::uint64_t index, std::string_view hashes) override;
  Result<void> put_checkpoint(std::uint64_t size, std::string_view note) override;

  // Runs the write between SAVEPOINT and RELEASE; its error undoes what it wrote.
  Result<void> savepoint(const Store::Write&);
  bool broken() const { return broken_; }

 private:
  template <class T>
  Result<T> checked(Result<T> result, std::string_view place);
  // Reads inside the transaction.
  template <class Row, class Read, class... Values>
  Result<std::vector<Row>> read(std::string_view place, std::string_view sql, Read, const Values&...);
  Result<bool> any(std::string_view sql);
  Result<bool> is_erased(std::int64_t key_id);
  Result<bool> is_erased(std::string_view exchange_id);
  template <class Operation>
  Result<void> write(std::string_view place, Operation);

  sqlite::Database& db_;
  bool broken_ = false;
};

}  // namespace samband::store
