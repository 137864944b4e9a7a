// How a party's people answer questions of law, seen over many cases: recorded with every answer, said in an alarm when
// no person answers like that.
#include <algorithm>

#include "base/log.hpp"
#include "confidentiality/decide.hpp"
#include "delivery/acknowledge.hpp"
#include "exchange/decided.hpp"
#include "exchange/text.hpp"
#include "keys/crypto.hpp"

namespace samband {

// Judgements with a name under them. What a system asserts by itself (a charge, an accepted offer) is no assessment.
std::vector<GivenAnswer> Journey::answers_in(const Case& source) const {
  std::vector<GivenAnswer> out;
  if (source.message.sender_message_id.rfind(kHubIdPrefix, 0) == 0) return out;  // the hub's own messages
  for (const Fact& fact : source.message.facts) {
    if (fact.assessor_id.empty() || fact.value == Truth::unknown || is_assertion(fact.code)) continue;
    out.push_back({fact.code, fact.value == Truth::yes, source.message.id + "/" + fact.person_ref,
                   s_.keys.subject_ref("assessor/" + fact.assessor_id), fact.at});
  }
  return out;
}

Result<void> Journey::note_answers(Txn& txn, const std::string& party, const std::vector<GivenAnswer>& answers,
                                   Time now, std::vector<AnswersRow>& odd) const {
  for (const GivenAnswer& given : answers) {
    auto row = txn.answers(party, given.code);
    if (!row) return row.error();
    add_answer(*row, given, now, s_.patience.sameness);
    const bool alarm = needs_alarm(*row, look_at(*row, s_.patience.sameness), now);
    if (auto put = txn.put_answers(*row); !put) return put;
    std::erase_if(odd, [&](const AnswersRow& other) { return other.code == given.code; });
    if (alarm) odd.push_back(std::move(*row));
  }
  return {};
}

// Not recorded as said, it is said at the next answer.
Task<void> Journey::say_odd(std::vector<AnswersRow> odd) {
  for (AnswersRow& row : odd) {
    const Time now = s_.clock.now();
    const Sameness found = look_at(row, s_.patience.sameness);
    const std::string what = found.identical ? "assessments_identical" : "assessments_too_fast";
    Leaf leaf = make_leaf(LeafType::alarm, now, row.party, "", "", what);
    leaf.codes = {row.code};
    Ledger::Write write = [party = row.party, code = row.code, now](Txn& txn,
                                                                    const std::vector<std::uint64_t>&) -> Result<void> {
      auto current = txn.answers(party, code);
      if (!current) return current.error();
      if (current->alarmed_at && now - *current->alarmed_at < std::chrono::days(1))
        return fail(Errc::conflict, "answers", "said meanwhile");
      current->alarmed_at = now;
      return txn.put_answers(*current);
    };
    std::vector<Leaf> leaves;
    leaves.push_back(std::move(leaf));
    auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
    if (!done) continue;
    s_.meter.alarm(what);
    s_.meter.odd_assessments(row.party, row.code);
    log(LogLevel::warning, "alarm." + what,
        {{"party", row.party},
         {"fact", row.code},
         {"answers", std::to_string(found.answers)},
         {"assessors", std::to_string(found.assessors)}});
  }
}

}  // namespace samband
