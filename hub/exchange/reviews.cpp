// Break-glass: what left because of an emergency is looked at afterwards. The privacy officers of both parties are told
// at once, and a named person at the sender says whether it was justified.
#include <algorithm>

#include "base/id.hpp"
#include "base/log.hpp"
#include "exchange/decided.hpp"
#include "exchange/text.hpp"
#include "keys/crypto.hpp"

namespace samband {
namespace {

constexpr int kReviewsMax = 500;

json::object show(const ReviewRow& row, const ExchangeRow* exchange) {
  json::object out{{"exchange", row.exchange_id},
                   {"party", row.party},
                   {"why", row.why},
                   {"cause", row.cause},
                   {"openedAt", to_rfc3339(row.opened_at)},
                   {"dueAt", to_rfc3339(row.due_at)}};
  out["closedAt"] = row.closed_at ? json::value(to_rfc3339(*row.closed_at)) : json::value(nullptr);
  out["verdict"] = row.verdict;
  out["reasonCode"] = row.reason_code;
  out["leafIndex"] = static_cast<std::int64_t>(row.leaf_index);
  if (exchange) {
    out["kind"] = exchange->kind;
    out["recipient"] = exchange->recipient;
  }
  return out;
}

bool has(const std::vector<std::string>& list, std::string_view code) {
  return std::find(list.begin(), list.end(), code) != list.end();
}

bool answered(const std::vector<AssessmentRow>& answers, const Bytes& key, const std::string& person) {
  return std::any_of(answers.begin(), answers.end(), [&](const AssessmentRow& a) {
    const auto assessor = crypto::open(key, a.assessor_id, "assessor/" + a.id);
    return assessor && *assessor == person;
  });
}

}  // namespace

// The review that a permitting decision asks for, and its leaf. Empty: none.
std::optional<ReviewRow> Journey::review_for(const ExchangeRow& row, const Decision& decision, const Case& source,
                                             Time now) const {
  if (!decision.permits() || !has(decision.obligations(), "mandatory_review")) return std::nullopt;
  ReviewRow review;
  review.exchange_id = row.id;
  review.party = row.sender;
  review.why = source.message.emergency ? "emergency" : "obligation";
  review.cause = source.message.emergency_reason;
  review.opened_at = now;
  Date day = stockholm_date(now);
  for (int i = 0; i < s_.patience.review_working_days; ++i) day = next_working_day(day);
  review.due_at = end_of_day(stockholm_midnight(day));
  return review;
}

Leaf review_leaf(const ReviewRow& review, const ExchangeRow& row, std::string outcome, Time now) {
  Leaf leaf = make_leaf(LeafType::break_glass, now, row.sender, row.recipient, row.id, std::move(outcome));
  leaf.codes = {review.why};
  if (!review.cause.empty()) leaf.codes.push_back(review.cause);
  return leaf;
}

Result<void> open_review(Txn& txn, ReviewRow review, std::uint64_t leaf_index) {
  auto stands = txn.review(review.exchange_id);
  if (!stands) return stands.error();
  if (*stands) return {};
  review.leaf_index = leaf_index;
  const AgendaRow notice{review.exchange_id, "notice", review.opened_at, review.opened_at, 0};
  if (auto put = txn.put_review(review); !put) return put;
  return txn.put_agenda(notice);
}

// The agenda's "notice": to the privacy officers of both, or, where neither has one, the operator's alarm alone.
Task<Result<void>> Journey::notice_of_review(ExchangeRow row, AgendaRow item) {
  auto review = s_.store.review(row.id);
  if (!review) co_return review.error();
  auto explanation = parse_json(row.explanation);
  if (review->has_value() && explanation) {
    json::object payload{{"exchangeId", row.id},
                         {"exchangeKind", row.kind},
                         {"purpose", row.purpose},
                         {"sender", row.sender},
                         {"recipient", row.recipient},
                         {"reason", (*review)->cause},
                         {"at", to_rfc3339((*review)->opened_at)},
                         {"reviewDue", to_rfc3339((*review)->due_at)}};
    json::array rules;
    for (const auto& rule : string_list(*explanation, "/rules")) rules.emplace_back(rule);
    payload["rules"] = std::move(rules);
    if (const std::string until = text_at(*explanation, "/expiresAt"); !until.empty()) payload["expiresAt"] = until;
    std::set<std::string> officers;
    for (const std::string& id : {row.sender, row.recipient})
      if (const Party* party = s_.parties.find(id); party && !party->privacy_officer.empty())
        officers.insert(party->privacy_officer);
    for (const std::string& officer : officers) {
      json::object own = payload;
      auto told = co_await notify(row, s_.parties.find(officer), "privacy.notice",
                                  "privacy-notice/" + row.id + "/" + officer, std::move(own), item.opened_at);
      if (!told) co_return told.error();
    }
    s_.meter.alarm("break_glass");
    log(LogLevel::warning, "alarm.break_glass",
        {{"exchange", row.id},
         {"sender", row.sender},
         {"recipient", row.recipient},
         {"reason", (*review)->cause},
         {"officers", std::to_string(officers.size())}});
  }
  co_return co_await drop_from_agenda(std::move(item));
}

Task<int> Journey::look_after_reviews(Time now) {
  int acted = 0;
  auto late = s_.store.reviews_overdue(now, 100);
  if (!late) co_return acted;
  for (const ReviewRow& review : *late) {
    auto row = s_.store.exchange(review.exchange_id);
    if (!row || !row->has_value()) continue;
    Leaf leaf = review_leaf(review, **row, "review_overdue", now);
    leaf.type = LeafType::alarm;
    leaf.relies_on = {review.leaf_index};
    Ledger::Write write = [id = review.exchange_id, now](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
      auto current = txn.review(id);
      if (!current) return current.error();
      if (!*current || (*current)->closed_at || (*current)->overdue_at)
        return fail(Errc::conflict, "review", "closed meanwhile");
      (*current)->overdue_at = now;  // the leaf is the memory; the alarm is raised once
      return txn.put_review(**current);
    };
    std::vector<Leaf> leaves;
    leaves.push_back(std::move(leaf));
    auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
    if (!done) continue;
    ++acted;
    s_.meter.alarm("review_overdue");
    log(LogLevel::warning, "alarm.review_overdue", {{"exchange", review.exchange_id}, {"party", review.party}});
  }
  co_return acted;
}

// ---- for the party that answers for it ---------------------------------------------------------------------------

// The sender's own, and those of the parties whose privacy officer this is.
bool Journey::may_review(const Party& caller, const std::string& party) const {
  const Party* holder = s_.parties.find(party);
  return caller.id == party || (holder && holder->privacy_officer == caller.id);
}

Task<Result<json::object>> Journey::reviews(const Party* caller) {
  json::array list;
  for (const Party& party : s_.parties.all()) {
    if (!may_review(*caller, party.id)) continue;
    auto rows = s_.store.reviews(party.id, false, kReviewsMax);
    if (!rows) co_return rows.error();
    for (const ReviewRow& row : *rows) {
      auto exchange = s_.store.exchange(row.exchange_id);
      if (!exchange) co_return exchange.error();
      list.push_back(show(row, *exchange ? &**exchange : nullptr));
    }
  }
  co_return json::object{{"reviews", std::move(list)}};
}

Task<Result<json::object>> Journey::close_review(Caller who, std::string id, json::value body) {
  if (!is_uuid(id)) co_return fail(Errc::not_found, "review", "no such review");
  auto review = s_.store.review(id);
  if (!review) co_return review.error();
  if (!review->has_value() || !may_review(*who.party, (*review)->party))
    co_return fail(Errc::not_found, "review", "no such review");
  if (who.official == nullptr)
    co_return fail(Errc::forbidden, "certificate", "a review needs a person: log in as the privacy officer");
  const std::string reviewer = who.official->id;
  const std::string verdict = text_at(body, "/verdict"), reason = text_at(body, "/reasonCode");
  if (verdict != "justified" && verdict != "not_justified")
    co_return fail(Errc::invalid_input, "/verdict", "must be justified or not_justified");
  if (!contains(reason_codes(), reason))
    co_return fail(Errc::invalid_input, "/reasonCode",
                   reason.empty() ? "a verdict gives its reason" : "unknown reason code");
  if ((*review)->closed_at) co_return fail(Errc::conflict, "review", "this review has its verdict");
  auto row = s_.store.exchange(id);
  if (!row) co_return row.error();
  if (!row->has_value()) co_return fail(Errc::not_found, "review", "no such review");
  auto source = source_of(**row);
  if (!source) co_return source.error();
  auto answers = s_.store.assessments(id);
  if (!answers) co_return answers.error();
  const auto& facts = (*source)->message.facts;
  if (text_at((*source)->message.data, "/author/id") == reviewer ||
      std::any_of(facts.begin(), facts.end(), [&](const Fact& f) { return f.assessor_id == reviewer; }) ||
      answered(*answers, (*source)->key, reviewer))
    co_return fail(Errc::forbidden, "certificate", "nobody reviews a message or an answer of their own");

  const Time now = s_.clock.now();
  auto stored = std::make_shared<ReviewRow>(std::move(**review));
  stored->closed_at = now;
  stored->verdict = verdict;
  stored->reason_code = reason;
  Leaf leaf = review_leaf(*stored, **row, verdict, now);
  leaf.codes.push_back(reason);
  leaf.relies_on = {stored->leaf_index};
  const Commitment commitment = commit_to(reviewer);
  leaf.payload_commitment = commitment.digest;
  stored->reviewer = seal_side((*source)->key, commitment, reviewer, "review/" + id);
  Ledger::Write write = [stored](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
    auto current = txn.review(stored->exchange_id);
    if (!current) return current.error();
    if (!*current || (*current)->closed_at) return fail(Errc::conflict, "review", "this review has its verdict");
    stored->overdue_at = (*current)->overdue_at;
    stored->leaf_index = at.at(0);
    return txn.put_review(*stored);
  };
  std::vector<Leaf> leaves;
  leaves.push_back(std::move(leaf));
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  if (verdict == "not_justified") s_.meter.alarm("break_glass_not_justified");
  log(LogLevel::info, "review.closed", {{"exchange", id}, {"party", stored->party}, {"verdict", verdict}});
  const ExchangeRow about = std::move(**row);
  json::object out = show(*stored, &about);
  if (auto proof = s_.ledger.receipt(stored->leaf_index, Ledger::Carry::leaf))
    out["receipt"] =
        json::object{{"leafIndex", static_cast<std::int64_t>(stored->leaf_index)}, {"proof", std::move(*proof)}};
  co_return out;
}

}  // namespace samband
