// Rows of the store to and from SQLite: one place that knows the order of columns. Stateless, thread-safe.
#pragma once
#include <string>
#include <string_view>

#include "keys/sqlite.hpp"
#include "store/store.hpp"

namespace samband::store {

extern const std::string kSelectMessage;   // "SELECT ... FROM message "
extern const std::string kSelectExchange;  // "SELECT ... FROM exchange "
extern const std::string kSelectConsent;   // "SELECT ... FROM consent "
extern const std::string kSelectAssessment;
extern const std::string kSelectAgenda;  // and so on
extern const std::string kSelectAnswers;
extern const std::string kSelectReview;
extern const std::string kSelectTask;
extern const std::string kSelectRuleSet, kSelectRuleSetHead;
extern const std::string kSelectErasure;
extern const std::string kSelectIncident;
extern const std::string kUpsertExchange;
extern const std::string kUpsertConsent;

inline std::int64_t to_integer(Time time) { return time.time_since_epoch().count(); }
std::optional<std::int64_t> to_integer(const std::optional<Time>&);
inline Time to_time(std::int64_t ms) { return Time(std::chrono::milliseconds(ms)); }

MessageRow read_message(const sqlite::Query&);
Result<ExchangeRow> read_exchange(const sqlite::Query&);  // internal when the state is not one we know
Consent read_consent(const sqlite::Query&);
AssessmentRow read_assessment(const sqlite::Query&);
// Leaves of a row (idx, count, bytes) after the first `skip`, until `out` holds `most`. false: the row is damaged.
bool read_leaves(const sqlite::Query&, std::uint64_t skip, std::size_t most, std::vector<Bytes>& out);
Result<void> write_leaves(sqlite::Database&, std::uint64_t first, std::span<const Bytes>);
AgendaRow read_agenda(const sqlite::Query&);
AnswersRow read_answers(const sqlite::Query&);
ReviewRow read_review(const sqlite::Query&);
TaskRow read_task(const sqlite::Query&);
RuleSetRow read_rule_set(const sqlite::Query&);
ErasureRow read_erasure(const sqlite::Query&);
IncidentRow read_incident(const sqlite::Query&);

Result<void> write_message(sqlite::Database&, const MessageRow&);
Result<void> write_exchange(sqlite::Database&, const ExchangeRow&);
Result<void> write_consent(sqlite::Database&, const Consent&);
Result<void> write_erasure(sqlite::Database&, const ErasureRow&);
Result<void> write_incident(sqlite::Database&, const IncidentRow&);

}  // namespace samband::store
