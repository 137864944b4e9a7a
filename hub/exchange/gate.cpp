// The gate before every attempt: nothing leaves that would not be decided the same way at this moment.
#include <algorithm>

#include "exchange/decided.hpp"
#include "exchange/text.hpp"

namespace samband {

// The first instant at which deciding again could differ although nothing was changed: a consent begins or ends, or the
// date (ages, rules and agreements in force) turns.
Time Journey::valid_until(const Grounds& rest, Time at) const {
  Time until = end_of_day(at);
  for (const Consent& c : rest.consents)
    for (const Time bound : {c.valid_from, c.valid_to})
      if (bound > at) until = std::min(until, bound);
  return until;
}

Task<Result<std::optional<Attempt>>> Journey::admit(ExchangeRow row, CasePtr source, PreparedPtr prepared) {
  // First the witnesses, when they are waited for: what is looked at after that is of this moment.
  if (auto seen = co_await s_.ledger.cosigned(row.leaf_index); !seen) co_return seen.error();
  if (prepared && source && prepared->epoch == epoch_.load() && s_.clock.now() < prepared->valid_until) {
    auto released =
        s_.ledger.release(row.id, row.recipient, prepared->decision, std::move(prepared->body), row.leaf_index);
    if (!released) co_return released.error();
    co_return std::optional<Attempt>(Attempt{std::move(*released), std::move(row), std::move(source)});
  }
  auto fresh = s_.store.exchange(row.id);
  if (!fresh) co_return fresh.error();
  if (!fresh->has_value()) co_return std::optional<Attempt>();
  row = std::move(**fresh);
  if (row.state != ExchangeState::queued && row.state != ExchangeState::delivering) co_return std::optional<Attempt>();
  if (!source) {
    auto read = source_of(row);
    if (!read) co_return read.error();
    source = std::move(*read);
  }
  auto permitted = co_await permit(std::move(row), std::move(source));
  co_return permitted;
}

Task<Result<std::optional<Attempt>>> Journey::permit(ExchangeRow row, CasePtr source) {
  for (int tries = 0; tries < 3; ++tries) {
    // Whoever reads an inbox is answered at once, with what the witnesses have seen.
    if (row.state == ExchangeState::inbox && !s_.ledger.is_cosigned(row.leaf_index))
      co_return fail(Errc::busy, "exchange", "the witnesses have not seen it yet; ask again");
    if (auto seen = co_await s_.ledger.cosigned(row.leaf_index); !seen) co_return seen.error();
    const Party* recipient = s_.parties.find(row.recipient);
    if (!recipient) co_return fail(Errc::invalid_config, "parties", "the recipient is no longer a party");
    auto rest = reader_.grounds(*source, row.id);
    if (!rest) co_return rest.error();
    auto decided = decide(*source, row.id, *recipient, row.purpose, *rest, s_.clock.now());
    if (!decided) co_return decided.error();
    if (decided->row.fingerprint == row.fingerprint) {
      if (!decided->body) co_return std::optional<Attempt>();
      auto released =
          s_.ledger.release(row.id, row.recipient, decided->decision, std::move(*decided->body), row.leaf_index);
      if (!released) co_return released.error();
      co_return std::optional<Attempt>(Attempt{std::move(*released), std::move(row), std::move(source)});
    }
    const std::string before = row.fingerprint;
    auto again = co_await redecide(std::move(row), source, std::string(kAtTheGate));
    if (!again) co_return again.error();
    row = std::move(*again);
    if (row.fingerprint == before) co_return std::optional<Attempt>();  // it has left, and nothing more may go
    if (row.outcome != "released" && row.outcome != "partial") co_return std::optional<Attempt>();
  }
  co_return fail(Errc::busy, "exchange", "the grounds change faster than the exchange can be delivered");
}

}  // namespace samband
