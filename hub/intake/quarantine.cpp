#include "intake/quarantine.hpp"

#include <set>

#include "base/id.hpp"
#include "base/log.hpp"
#include "identity/personal_number.hpp"
#include "keys/crypto.hpp"
#include "keys/period.hpp"
#include "person_numbers/find.hpp"
#include "transport/http.hpp"

namespace samband {
namespace {
constexpr int kPage = 1000;
constexpr std::chrono::hours kEvery{1};
constexpr std::size_t kBase64Min = 24;  // shorter than any attachment
std::string aad(const std::string& id) { return "quarantine/" + id; }

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

// Attachments, decoded one after the other: their numbers count too. Lines of base64 may be folded.
std::string attachments_in(std::string_view body) {
  std::string out, run;
  const auto take = [&] {
    run.resize(run.size() - run.size() % 4);
    if (run.size() >= kBase64Min)
      if (const auto bytes = from_base64(run)) out += "\n" + *bytes;
    run.clear();
  };
  for (const char c : body) {
    if (is_base64(c))
      run += c;
    else if (c != '\r' && c != '\n')
      take();
  }
  take();
  return out;
}

}  // namespace

Quarantine::Quarantine(Store& store, Ledger& ledger, KeyStore& keys, const Clock& clock, Limits limits)
    : store_(store), ledger_(ledger), keys_(keys), clock_(clock), limits_(limits) {}

Result<void> Quarantine::open() {
  std::string after;
  for (;;) {
    auto page = store_.quarantined(after, kPage);
    if (!page) return page.error();
    const std::lock_guard lock(mutex_);
    for (const QuarantineRow& row : *page) used_ += row.bytes, used_by_[row.party] += row.bytes;
    if (page->size() < kPage) return {};
    after = page->back().id;
  }
}

Result<void> Quarantine::recount() {
  {
    const std::lock_guard lock(mutex_);
    used_ = 0;
    used_by_.clear();
  }
  return open();
}

// Whoever is erased takes with her what nobody could read about her: as far as it has her number.
std::vector<std::string> Quarantine::subjects_in(std::string_view body, Time at) const {
  std::set<std::string> out;
  const auto look = [&](std::string_view text) {
    for (const auto& found : person_numbers::find(text))
      if (const auto number = parse_personal_number(found.digits, stockholm_date(at)))
        out.insert(keys_.subject_ref(number->digits));
  };
  look(body);
  look(attachments_in(body));
  return {out.begin(), out.end()};
}

bool Quarantine::reserve(const std::string& party, std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  std::int64_t& by = used_by_[party];
  if (used_ + bytes > limits_.bytes_max || by + bytes > limits_.party_bytes_max) return false;
  used_ += bytes;
  by += bytes;
  return true;
}

void Quarantine::release(const std::string& party, std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  used_ -= bytes;
  used_by_[party] -= bytes;
}

boost::asio::awaitable<Result<std::string>> Quarantine::keep(std::string party, std::string adapter, std::string body,
                                                             Error why) {
  QuarantineRow row;
  row.at = clock_.now();
  const std::string period = period_of(kQuarantineClass, row.at);
  auto key = keys_.payload_key(subjects_in(body, row.at), period);
  if (!key) co_return key.error();
  row.id = new_id(row.at);
  row.party = std::move(party);
  row.adapter = std::move(adapter);
  row.key_id = key->id;
  row.sealed = crypto::seal(key->key, body, aad(row.id));
  row.reason = std::string(to_string(why.code)) + " " + why.where;
  const std::string id = row.id, from = row.party;
  const auto bytes = static_cast<std::int64_t>(row.sealed.size());
  if (!reserve(from, bytes)) {
    log(LogLevel::warning, "quarantine.full", {{"party", from}, {"bytes", std::to_string(bytes)}});
    co_return fail(Errc::too_large, "quarantine", "what cannot be read can no longer be kept");
  }
  Ledger::Write write = [row = std::move(row)](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    return txn.add_quarantine(row);
  };
  auto done = co_await ledger_.commit({}, std::move(write));
  if (done) co_return id;
  release(from, bytes);
  co_return done.error();
}

boost::asio::awaitable<Result<void>> Quarantine::remove(std::string id, std::string by) {
  auto row = store_.quarantined(id);
  if (!row) co_return row.error();
  if (!row->has_value()) co_return fail(Errc::not_found, "quarantine", "no such entry");
  std::vector<Leaf> leaves{make_leaf(LeafType::erasure, clock_.now(), std::move(by), {}, id, "quarantine")};
  Ledger::Write write = [id](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    return txn.drop_quarantine(id);
  };
  auto done = co_await ledger_.commit(std::move(leaves), std::move(write));
  if (!done && done.error().code == Errc::conflict) co_return fail(Errc::not_found, "quarantine", "no such entry");
  if (!done) co_return done.error();
  release((*row)->party, (*row)->bytes);
  co_return Result<void>();
}

boost::asio::awaitable<int> Quarantine::expire() {
  int forgotten = 0;
  for (;;) {
    auto page = store_.quarantined("", kPage);  // ids are in order of time
    if (!page) co_return forgotten;
    const Time before = clock_.now() - limits_.retention;
    std::erase_if(*page, [&](const QuarantineRow& row) { return row.at >= before; });
    if (page->empty()) co_return forgotten;
    auto old = std::make_shared<std::vector<QuarantineRow>>(std::move(*page));
    auto gone = std::make_shared<std::vector<QuarantineRow>>();
    Ledger::Write write = [old, gone](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
      for (const QuarantineRow& row : *old) {
        auto dropped = txn.drop_quarantine(row.id);
        if (dropped) gone->push_back(row);
        if (!dropped && dropped.error().code != Errc::conflict) return dropped;
      }
      return {};
    };
    auto done = co_await ledger_.commit({}, std::move(write));
    if (!done) co_return forgotten;
    for (const QuarantineRow& row : *gone) release(row.party, row.bytes);
    forgotten += static_cast<int>(gone->size());
  }
}

boost::asio::awaitable<void> Quarantine::run() {
  for (;;) {
    const int forgotten = co_await expire();
    if (forgotten) log(LogLevel::info, "quarantine.expired", {{"entries", std::to_string(forgotten)}});
    co_await sleep_for(kEvery);
  }
}

Result<std::string> open_quarantined(KeyStore& keys, const QuarantineRow& row) {
  auto key = keys.payload_key(row.key_id);
  if (!key) return key.error();
  auto text = crypto::open(key->key, row.sealed, aad(row.id));
  if (!text) return fail(Errc::internal, "quarantine", "the entry cannot be opened");
  return std::move(*text);
}

}  // namespace samband
