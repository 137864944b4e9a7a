#include "store/rows.hpp"

#include <array>
#include <utility>

namespace samband {
namespace {

constexpr std::array<std::pair<ExchangeState, std::string_view>, 8> kStates = {{
    {ExchangeState::refused, "refused"},
    {ExchangeState::held, "held"},
    {ExchangeState::queued, "queued"},
    {ExchangeState::delivering, "delivering"},
    {ExchangeState::delivered, "delivered"},
    {ExchangeState::inbox, "inbox"},
    {ExchangeState::dead, "dead"},
    {ExchangeState::withdrawn, "withdrawn"},
}};

}  // namespace

std::string_view to_string(ExchangeState state) {
  for (const auto& [value, text] : kStates)
    if (value == state) return text;
  return "";
}

std::optional<ExchangeState> exchange_state_from(std::string_view text) {
  for (const auto& [value, name] : kStates)
    if (name == text) return value;
  return std::nullopt;
}

}  // namespace samband

namespace samband::store {
namespace {

constexpr std::string_view kMessageColumns =
    "id,sender,sender_message_id,kind,content_hash,received_at,key_id,body,exchanges,warnings,side,leaf_index";
constexpr std::string_view kExchangeColumns =
    "id,message_id,sender,recipient,kind,purpose,route,state,outcome,life,created_at,updated_at,next_attempt_at,due_at,"
    "attempts,leaf_index,ack_leaf_index,acknowledged_at,explanation,fingerprint,subject_refs,consents,"
    "external_reference,key_id,side,conversation";
constexpr std::string_view kReviewColumns =
    "exchange_id,party,why,cause,opened_at,due_at,overdue_at,closed_at,reviewer,verdict,reason_code,leaf_index";
constexpr std::string_view kTaskColumns =
    "exchange_id,task,party,opened_at,due_at,overdue_at,closed_at,official,outcome,reason_code,leaf_index";
constexpr std::string_view kErasureColumns =
    "id,at,scope,basis,decision,party,keys,messages,exchanges,consents,withdrawn,nonce,details,leaf_index";
constexpr std::string_view kIncidentColumns =
    "id,party,kind,opened_at,aware_at,first_leaf,last_leaf,scope,key_id,side,leaf_index,result,closed_at,reported_at,"
    "closing,closing_leaf_index";
constexpr std::string_view kConsentColumns =
    "id,subject_ref,holder,giver,maturity_assessor,recipients,purposes,categories,valid_from,valid_to,evidence_sha256,"
    "language,agreement,revoked_at,leaf_index,key_id,side";

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string select(std::string_view columns, std::string_view table) {
  return "SELECT " + std::string(columns) + " FROM " + std::string(table) + " ";
}

// "INSERT ... ON CONFLICT(id) DO UPDATE": unlike REPLACE it keeps the row in place.
std::string upsert(std::string_view columns, std::string_view table) {
  const std::vector<std::string> names = split(columns, ',');
  std::string values, sets;
  for (const std::string& name : names) {
    values += values.empty() ? "?" : ",?";
    if (name != "id") sets += (sets.empty() ? "" : ",") + name + "=excluded." + name;
  }
  return "INSERT INTO " + std::string(table) + "(" + std::string(columns) + ") VALUES(" + values +
         ") ON CONFLICT(id) DO UPDATE SET " + sets;
}

std::optional<Time> time_at(const sqlite::Query& query, int column) {
  if (query.is_null(column)) return std::nullopt;
  return to_time(query.integer(column));
}

// Lists of codes: one a line.
Result<std::string> join_lines(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) {
    if (value.empty() || value.find('\n') != std::string::npos)
      return fail(Errc::invalid_input, "consent", "a code is empty or holds a line break");
    if (!text.empty()) text += '\n';
    text += value;
  }
  return text;
}

}  // namespace

std::optional<std::int64_t> to_integer(const std::optional<Time>& time) {
  if (!time) return std::nullopt;
  return store::to_integer(*time);
}

const std::string kSelectMessage = select(kMessageColumns, "message");
const std::string kSelectExchange = select(kExchangeColumns, "exchange");
const std::string kSelectConsent = select(kConsentColumns, "consent");
const std::string kSelectAssessment =
    select("id,exchange_id,code,person_ref,assessor_id,reason_code,party,value,at,side", "assessment");
const std::string kSelectAgenda = select("exchange_id,what,at,opened_at,count", "agenda");
const std::string kSelectAnswers = select("party,code,recent,alarmed_at", "answers");
const std::string kSelectReview = select(kReviewColumns, "review");
const std::string kSelectTask = select(kTaskColumns, "task");
const std::string kSelectRuleSetHead =
    select("hash,state,base,reason,proposed_by,proposed_at,approved_by,approved_at,'' AS files,leaf_index", "rule_set");
const std::string kSelectRuleSet =
    select("hash,state,base,reason,proposed_by,proposed_at,approved_by,approved_at,files,leaf_index", "rule_set");
const std::string kSelectErasure = select(kErasureColumns, "erasure");
const std::string kSelectIncident = select(kIncidentColumns, "incident");
const std::string kUpsertExchange = upsert(kExchangeColumns, "exchange");
// Of an emptied consent its person does not come back with a row that was read before.
const std::string kUpsertConsent = [] {
  std::string sql = upsert(kConsentColumns, "consent");
  for (const auto& [name, nothing] : {std::pair<std::string, std::string>{"subject_ref", "''"},
                                      {"giver", "''"},
                                      {"maturity_assessor", "''"},
                                      {"evidence_sha256", "''"},
                                      {"key_id", "0"},
                                      {"side", "x''"}}) {
    const std::string plain = name + "=excluded." + name;
    sql.replace(sql.find(plain), plain.size(),
                name + "=CASE consent.subject_ref WHEN '' THEN " + nothing + " ELSE excluded." + name + " END");
  }
  return sql;
}();

MessageRow read_message(const sqlite::Query& q) {
  MessageRow row;
  row.id = q.text(0);
  row.sender = q.text(1);
  row.sender_message_id = q.text(2);
  row.kind = q.text(3);
  row.content_hash = q.bytes(4);
  row.received_at = to_time(q.integer(5));
  row.key_id = q.integer(6);
  row.body = q.bytes(7);
  row.exchanges = q.text(8);
  row.warnings = q.text(9);
  row.side = q.bytes(10);
  if (!q.is_null(11)) row.leaf_index = static_cast<std::uint64_t>(q.integer(11));
  return row;
}

Result<ExchangeRow> read_exchange(const sqlite::Query& q) {
  const auto state = exchange_state_from(q.text(7));
  if (!state) return fail(Errc::internal, "store.exchange", "a row has an unknown state");
  ExchangeRow row;
  row.id = q.text(0);
  row.message_id = q.text(1);
  row.sender = q.text(2);
  row.recipient = q.text(3);
  row.kind = q.text(4);
  row.purpose = q.text(5);
  row.route = q.text(6);
  row.state = *state;
  row.outcome = q.text(8);
  row.life = q.text(9);
  row.created_at = to_time(q.integer(10));
  row.updated_at = to_time(q.integer(11));
  row.next_attempt_at = time_at(q, 12);
  row.due_at = time_at(q, 13);
  row.attempts = static_cast<int>(q.integer(14));
  row.leaf_index = static_cast<std::uint64_t>(q.integer(15));
  if (!q.is_null(16)) row.ack_leaf_index = static_cast<std::uint64_t>(q.integer(16));
  row.acknowledged_at = time_at(q, 17);
  row.explanation = q.text(18);
  row.fingerprint = q.text(19);
  row.subject_refs = q.text(20);
  row.consents = q.text(21);
  row.external_reference = q.bytes(22);
  row.key_id = q.integer(23);
  row.side = q.bytes(24);
  row.conversation = q.bytes(25);
  return row;
}

Consent read_consent(const sqlite::Query& q) {
  Consent consent;
  consent.id = q.text(0);
  consent.subject_ref = q.text(1);
  consent.holder = q.text(2);
  consent.giver = q.text(3);
  consent.maturity_assessor = q.text(4);
  consent.recipients = split(q.text(5), '\n');
  consent.purposes = split(q.text(6), '\n');
  consent.categories = split(q.text(7), '\n');
  consent.valid_from = to_time(q.integer(8));
  consent.valid_to = to_time(q.integer(9));
  consent.evidence_sha256 = q.text(10);
  consent.language = q.text(11);
  consent.agreement = q.text(12);
  consent.revoked_at = time_at(q, 13);
  consent.leaf_index = static_cast<std::uint64_t>(q.integer(14));
  consent.key_id = q.integer(15);
  consent.side = q.bytes(16);
  return consent;
}

bool read_leaves(const sqlite::Query& q, std::uint64_t skip, std::size_t most, std::vector<Bytes>& out) {
  Bytes bytes = q.bytes(2);
  auto count = static_cast<std::uint64_t>(q.integer(1));
  if (count == 0) {  // one leaf as it is
    if (skip == 0) out.push_back(std::move(bytes));
    return true;
  }
  std::string_view rest = bytes;
  for (; count > 0; --count) {
    if (rest.size() < 2) return false;
    const std::size_t size = static_cast<unsigned char>(rest[0]) << 8 | static_cast<unsigned char>(rest[1]);
    if (rest.size() < 2 + size) return false;
    if (skip > 0)
      --skip;
    else if (out.size() < most)
      out.emplace_back(rest.substr(2, size));
    rest.remove_prefix(2 + size);
  }
  return rest.empty();
}

Result<void> write_leaves(sqlite::Database& db, std::uint64_t first, std::span<const Bytes> leaves) {
  Bytes row;
  for (const Bytes& leaf : leaves) {
    row += static_cast<char>(leaf.size() >> 8);
    row += static_cast<char>(leaf.size() & 0xff);
    row += leaf;
  }
  return db.query("INSERT INTO leaf(idx,count,bytes) VALUES(?,?,?)", first, leaves.size(), sqlite::Blob{row}).run();
}

AssessmentRow read_assessment(const sqlite::Query& q) {
  AssessmentRow row;
  row.id = q.text(0), row.exchange_id = q.text(1), row.code = q.text(2), row.person_ref = q.text(3);
  row.assessor_id = q.bytes(4), row.reason_code = q.text(5), row.party = q.text(6), row.value = q.text(7);
  row.at = to_time(q.integer(8)), row.side = q.bytes(9);
  return row;
}

AgendaRow read_agenda(const sqlite::Query& q) {
  return AgendaRow{q.text(0), q.text(1), to_time(q.integer(2)), to_time(q.integer(3)), static_cast<int>(q.integer(4))};
}

AnswersRow read_answers(const sqlite::Query& q) { return AnswersRow{q.text(0), q.text(1), q.text(2), time_at(q, 3)}; }

RuleSetRow read_rule_set(const sqlite::Query& q) {
  RuleSetRow row;
  row.hash = q.text(0), row.state = q.text(1), row.base = q.text(2), row.reason = q.text(3),
  row.proposed_by = q.text(4);
  row.proposed_at = to_time(q.integer(5)), row.approved_by = q.text(6), row.approved_at = time_at(q, 7);
  row.files = q.text(8), row.leaf_index = static_cast<std::uint64_t>(q.integer(9));
  return row;
}

ReviewRow read_review(const sqlite::Query& q) {
  ReviewRow row;
  row.exchange_id = q.text(0);
  row.party = q.text(1);
  row.why = q.text(2);
  row.cause = q.text(3);
  row.opened_at = to_time(q.integer(4));
  row.due_at = to_time(q.integer(5));
  row.overdue_at = time_at(q, 6);
  row.closed_at = time_at(q, 7);
  row.reviewer = q.bytes(8);
  row.verdict = q.text(9);
  row.reason_code = q.text(10);
  row.leaf_index = static_cast<std::uint64_t>(q.integer(11));
  return row;
}

TaskRow read_task(const sqlite::Query& q) {
  TaskRow row;
  row.exchange_id = q.text(0), row.task = q.text(1), row.party = q.text(2);
  row.opened_at = to_time(q.integer(3)), row.due_at = to_time(q.integer(4));
  row.overdue_at = time_at(q, 5), row.closed_at = time_at(q, 6);
  row.official = q.bytes(7), row.outcome = q.text(8), row.reason_code = q.text(9);
  row.leaf_index = static_cast<std::uint64_t>(q.integer(10));
  return row;
}

ErasureRow read_erasure(const sqlite::Query& q) {
  ErasureRow row;
  row.id = q.text(0), row.at = to_time(q.integer(1)), row.scope = q.text(2), row.basis = q.text(3);
  row.decision = q.text(4), row.party = q.text(5), row.keys = q.integer(6), row.messages = q.integer(7);
  row.exchanges = q.integer(8), row.consents = q.integer(9), row.withdrawn = q.integer(10);
  row.nonce = q.bytes(11), row.details = q.text(12), row.leaf_index = static_cast<std::uint64_t>(q.integer(13));
  return row;
}

Result<void> write_erasure(sqlite::Database& db, const ErasureRow& row) {
  static const std::string sql =
      "INSERT INTO erasure(" + std::string(kErasureColumns) + ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
  return db
      .query(sql, row.id, to_integer(row.at), row.scope, row.basis, row.decision, row.party, row.keys, row.messages,
             row.exchanges, row.consents, row.withdrawn, sqlite::Blob{row.nonce}, row.details, row.leaf_index)
      .run();
}

IncidentRow read_incident(const sqlite::Query& q) {
  IncidentRow row;
  row.id = q.text(0), row.party = q.text(1), row.kind = q.text(2);
  row.opened_at = to_time(q.integer(3)), row.aware_at = to_time(q.integer(4));
  row.first_leaf = static_cast<std::uint64_t>(q.integer(5)), row.last_leaf = static_cast<std::uint64_t>(q.integer(6));
  row.scope = q.text(7), row.key_id = q.integer(8), row.side = q.bytes(9);
  row.leaf_index = static_cast<std::uint64_t>(q.integer(10)), row.result = q.text(11);
  row.closed_at = time_at(q, 12), row.reported_at = time_at(q, 13), row.closing = q.bytes(14);
  if (!q.is_null(15)) row.closing_leaf_index = static_cast<std::uint64_t>(q.integer(15));
  return row;
}

Result<void> write_incident(sqlite::Database& db, const IncidentRow& row) {
  static const std::string sql = upsert(kIncidentColumns, "incident");
  return db
      .query(sql, row.id, row.party, row.kind, to_integer(row.opened_at), to_integer(row.aware_at), row.first_leaf,
             row.last_leaf, row.scope, row.key_id, sqlite::Blob{row.side}, row.leaf_index, row.result,
             to_integer(row.closed_at), to_integer(row.reported_at), sqlite::Blob{row.closing}, row.closing_leaf_index)
      .run();
}

Result<void> write_message(sqlite::Database& db, const MessageRow& row) {
  static const std::string sql =
      "INSERT INTO message(" + std::string(kMessageColumns) + ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?)";
  return db
      .query(sql, row.id, row.sender, row.sender_message_id, row.kind, sqlite::Blob{row.content_hash},
             store::to_integer(row.received_at), row.key_id, sqlite::Blob{row.body}, row.exchanges, row.warnings,
             sqlite::Blob{row.side}, row.leaf_index)
      .run();
}

Result<void> write_exchange(sqlite::Database& db, const ExchangeRow& row) {
  return db
      .query(kUpsertExchange, row.id, row.message_id, row.sender, row.recipient, row.kind, row.purpose, row.route,
             to_string(row.state), row.outcome, row.life, store::to_integer(row.created_at),
             store::to_integer(row.updated_at), to_integer(row.next_attempt_at), to_integer(row.due_at), row.attempts,
             row.leaf_index, row.ack_leaf_index, to_integer(row.acknowledged_at), row.explanation, row.fingerprint,
             row.subject_refs, row.consents, sqlite::Blob{row.external_reference}, row.key_id, sqlite::Blob{row.side},
             sqlite::Blob{row.conversation})
      .run();
}

Result<void> write_consent(sqlite::Database& db, const Consent& c) {
  auto recipients = join_lines(c.recipients), purposes = join_lines(c.purposes), categories = join_lines(c.categories);
  for (auto* list : {&recipients, &purposes, &categories})
    if (!*list) return list->error();
  return db
      .query(kUpsertConsent, c.id, c.subject_ref, c.holder, c.giver, c.maturity_assessor, *recipients, *purposes,
             *categories, store::to_integer(c.valid_from), store::to_integer(c.valid_to), c.evidence_sha256, c.language,
             c.agreement, to_integer(c.revoked_at), c.leaf_index, c.key_id, sqlite::Blob{c.side})
      .run();
}

}  // namespace samband::store
