#include "erasure/eraser.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/id.hpp"
#include "base/log.hpp"
#include "keys/crypto.hpp"
#include "keys/period.hpp"
#include "person_numbers/find.hpp"

namespace samband {
namespace {

constexpr std::string_view kSubject = "subject", kRetention = "retention";
constexpr std::size_t kRowsPerWrite = 1000, kRulesInLeaf = 10;
constexpr int kTriesMax = 10, kErasuresPerRead = 1000;

std::string details_of(const ErasureEntry& entry) {
  json::array keys(entry.keys.begin(), entry.keys.end()), consents;
  for (const std::string& id : entry.consents) consents.emplace_back(id);
  return json::serialize(json::object{{"scope", entry.scope},
                                      {"basis", entry.basis},
                                      {"decision", entry.decision},
                                      {"keys", std::move(keys)},
                                      {"consents", std::move(consents)}});
}

// The other way: from a store whose list was lost.
Result<ErasureEntry> entry_of(const ErasureRow& row) {
  JsonLimits limits;
  limits.bytes_max = 256u << 20;
  auto parsed = parse_json(row.details, limits);
  const auto* keys = parsed ? find_pointer(*parsed, "/keys") : nullptr;
  const auto* consents = parsed ? find_pointer(*parsed, "/consents") : nullptr;
  if (!keys || !keys->is_array() || !consents || !consents->is_array())
    return fail(Errc::internal, "store.erasure", "an erasure on record cannot be read");
  ErasureEntry entry{row.id, row.at, row.scope, row.basis, row.decision, row.party, {}, {}};
  for (const json::value& key : keys->get_array())
    if (key.is_int64()) entry.keys.push_back(key.get_int64());
  for (const json::value& id : consents->get_array())
    if (id.is_string()) entry.consents.emplace_back(id.get_string());
  return entry;
}

// Lines of one erasure, in order of the list.
std::vector<ErasureEntry> joined(std::vector<ErasureEntry> lines) {
  std::vector<ErasureEntry> out;
  std::map<std::string, std::size_t> places;
  for (ErasureEntry& line : lines) {
    const auto [place, is_new] = places.try_emplace(line.id, out.size());
    if (is_new) {
      out.push_back(std::move(line));
      continue;
    }
    ErasureEntry& whole = out[place->second];
    whole.keys.insert(whole.keys.end(), line.keys.begin(), line.keys.end());
    whole.consents.insert(whole.consents.end(), line.consents.begin(), line.consents.end());
  }
  return out;
}

bool has_left(const ExchangeRow& row) {
  return row.acknowledged_at.has_value() || row.state == ExchangeState::delivered || !row.life.empty();
}

// What has not left is refused by a new decision; what has left keeps the decision that it left by.
Leaf withdrawal(const ExchangeRow& row, Time now) {
  const bool left = has_left(row);
  Leaf leaf = make_leaf(left ? LeafType::delivery : LeafType::decision, now, row.sender, row.recipient, row.id,
                        left ? "withdrawn" : "refused", {row.leaf_index});
  leaf.codes = {"erased"};
  return leaf;
}

ExchangeRow withdrawn(ExchangeRow row, std::uint64_t leaf, Time now) {
  if (!has_left(row)) row.outcome = "refused", row.leaf_index = leaf;
  if (row.state != ExchangeState::delivered) row.state = ExchangeState::withdrawn;
  row.fingerprint.clear();
  row.next_attempt_at.reset();
  row.due_at.reset();
  row.updated_at = now;
  return row;
}

// What the hub told somebody about an exchange (a receipt, an alert, that a hold ended) goes with it, fetched or not:
// an inbox that nobody empties must keep nobody's data. A recall waits: who has it still is to take something back.
bool is_awaited(const ExchangeRow& row) { return row.purpose != "receipt" || row.kind == "exchange.recall"; }

void drop_notices(std::vector<ExchangeRow>& live) {
  std::erase_if(live, [](const ExchangeRow& row) { return !is_awaited(row); });
}

std::vector<std::string> ids_of(const std::vector<ExchangeRow>& rows) {
  std::vector<std::string> out;
  for (const ExchangeRow& row : rows) out.push_back(row.id);
  return out;
}

std::string counted(const char* what, std::int64_t n) { return what + (":" + std::to_string(n)); }

Result<void> check_decision(const std::string& text) {
  const auto printable = [](char c) { return c >= ' ' && c < '\x7f'; };
  if (text.empty() || text.size() > 64 || !std::all_of(text.begin(), text.end(), printable))
    return fail(Errc::invalid_input, "/decision", "the number of the decision: 1 to 64 printable ASCII characters");
  if (!person_numbers::find(text, person_numbers::Shape::plain).empty())
    return fail(Errc::invalid_input, "/decision", "must not hold an identity number");
  return {};
}

}  // namespace

const std::vector<std::string>& erasure_bases() {
  static const std::vector<std::string> kBases = {"gdpr_17_1_a", "gdpr_17_1_b", "gdpr_17_1_c", "gdpr_17_1_d",
                                                  "gdpr_17_1_e", "gdpr_17_1_f", "court_order", "weeding_decision"};
  return kBases;
}

struct Eraser::Work {
  const ErasureEntry& entry;
  std::vector<std::string> codes;
  std::string outcome;
  SealedRows rows;
  Erased done;
  std::int64_t messages_before = 0, exchanges_before = 0;  // emptied ahead of the commit
};

Eraser::Eraser(Parts parts) : s_(std::move(parts)) {}

Eraser::~Eraser() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

// ---- a person --------------------------------------------------------------------------------------------------

Result<Erased> Eraser::erase(const ErasureOrder& order) {
  const auto& bases = erasure_bases();
  if (std::find(bases.begin(), bases.end(), order.basis) == bases.end())
    return fail(Errc::invalid_input, "/basis", "is not a basis for erasure");
  if (!order.dry_run)
    if (auto ok = check_decision(order.decision); !ok) return ok.error();
  if (!s_.ledger.healthy()) return fail(Errc::unavailable, "ledger", "the hub cannot record: nothing was erased");
  const std::lock_guard lock(working_);
  auto keys = s_.keys.keys_of(order.subject_ref);
  if (!keys) return keys.error();
  auto consents = s_.store.consents_of({order.subject_ref});
  if (!consents) return consents.error();
  if (keys->empty() && consents->empty())
    return fail(Errc::not_found, "subject", "the hub holds nothing under this number or name");
  auto rows = s_.store.sealed_under(*keys);
  if (!rows) return rows.error();
  if (order.dry_run) {
    Erased out;
    out.keys = static_cast<std::int64_t>(keys->size());
    out.messages = static_cast<std::int64_t>(rows->messages.size());
    out.exchanges = static_cast<std::int64_t>(rows->exchanges.size());
    out.consents = static_cast<std::int64_t>(consents->size());
    drop_notices(rows->live);
    out.live = ids_of(rows->live);
    out.reviews = rows->reviews;
    return out;
  }
  if (!rows->reviews.empty())
    return fail(Errc::conflict, "reviews", "an emergency of this person waits for its review: judge it first");
  const auto awaited = std::count_if(rows->live.begin(), rows->live.end(), is_awaited);
  if (awaited > 0 && !order.force)
    return fail(Errc::conflict, "exchanges",
                std::to_string(awaited) +
                    " of this person's exchanges still wait for something: let them end, or withdraw them with force");
  // What is decided from here on reads the store again; what was being sent before shows itself.
  if (s_.changed) s_.changed();
  if (s_.is_sending)
    for (const ExchangeRow& row : rows->live)
      if (s_.is_sending(row.id))
        return fail(Errc::busy, "exchanges", "one of this person's exchanges is being sent this moment: try again");

  const Time now = s_.clock.now();
  ErasureEntry entry{new_id(now), now, std::string(kSubject), order.basis, order.decision, order.party, *keys, {}};
  for (const Consent& consent : *consents) entry.consents.push_back(consent.id);
  if (auto listed = erasure_list::append(s_.list, entry); !listed) return listed.error();
  return carry_out(entry, {std::string(kSubject), order.basis}, "erased");
}

// ---- weeding ---------------------------------------------------------------------------------------------------

Result<Erased> Eraser::weed(bool dry_run, const std::string& party) {
  if (!s_.ledger.healthy()) return fail(Errc::unavailable, "ledger", "the hub cannot record: nothing was weeded out");
  const std::lock_guard lock(working_);
  const Time now = s_.clock.now();
  Erased found;
  ErasureEntry entry{new_id(now), now, std::string(kRetention), "weeding", "", party, {}, {}};
  auto periods = s_.keys.periods();
  if (!periods) return periods.error();
  std::set<std::string> rules;
  for (const std::string& period : *periods) {
    const auto end = period_end(period);
    const std::string kind(class_of(period));
    if (!end) continue;
    const int days = s_.days_for(kind);
    if (*end + std::chrono::days(days) > now) continue;
    auto keys = s_.keys.keys_in(period);
    if (!keys) return keys.error();
    entry.keys.insert(entry.keys.end(), keys->begin(), keys->end());
    found.periods.push_back(period);
    rules.insert(kind + "=" + std::to_string(days) + "d");
  }
  auto rows = s_.store.sealed_under(entry.keys);
  if (!rows) return rows.error();
  // What still waits keeps its key, whoever else the key is of; the next run looks again.
  std::erase_if(rows->live, [this](const ExchangeRow& row) {
    return !is_awaited(row) && !(s_.is_sending && s_.is_sending(row.id));
  });
  std::set<std::int64_t> waiting;
  for (const ExchangeRow& row : rows->live) waiting.insert(row.key_id);
  for (const std::string& id : rows->reviews)
    if (auto row = s_.store.exchange(id); row && row->has_value()) waiting.insert((*row)->key_id);
  if (!waiting.empty()) {
    std::erase_if(entry.keys, [&](std::int64_t id) { return waiting.contains(id); });
    found.live = ids_of(rows->live);
    found.reviews = rows->reviews;
    rows = s_.store.sealed_under(entry.keys);
    if (!rows) return rows.error();
  }
  auto consents = s_.store.consents_ended(now - std::chrono::days(s_.consents_days));
  if (!consents) return consents.error();
  entry.consents = std::move(*consents);
  found.keys = static_cast<std::int64_t>(entry.keys.size());
  found.messages = static_cast<std::int64_t>(rows->messages.size());
  found.exchanges = static_cast<std::int64_t>(rows->exchanges.size());
  found.consents = static_cast<std::int64_t>(entry.consents.size());
  if (dry_run) return found;

  std::vector<std::string> codes = {std::string(kRetention)};
  for (const std::string& rule : rules) {
    if (codes.size() > kRulesInLeaf) break;  // a leaf is small; every key is in what it commits to
    codes.push_back(rule);
  }
  // A run that finds nothing is on record too: that is how an auditor sees that there was one.
  if (!entry.keys.empty() || !entry.consents.empty())
    if (auto listed = erasure_list::append(s_.list, entry); !listed) return listed.error();
  auto done = carry_out(entry, std::move(codes), "weeded");
  if (!done) return done;
  done->periods = std::move(found.periods);
  done->live = std::move(found.live);
  done->reviews = std::move(found.reviews);
  return done;
}

// ---- doing it --------------------------------------------------------------------------------------------------

// From here on there is no way back: what cannot be finished now is finished by the next start.
Result<Erased> Eraser::carry_out(const ErasureEntry& entry, std::vector<std::string> codes, std::string outcome) {
  if (auto destroyed = s_.keys.destroy(entry.keys); !destroyed) return destroyed.error();
  if (s_.changed) s_.changed();
  Work work{entry, std::move(codes), std::move(outcome), {}, {}};
  if (auto emptied = empty_ahead(work); !emptied) return emptied.error();
  for (int tries = 0;; ++tries) {
    auto committed = commit(work);
    if (!committed) return committed.error();
    if (*committed) break;
    if (tries == kTriesMax)
      return fail(Errc::busy, "erasure", "the keys are destroyed; the rows go on changing and are emptied later");
  }
  if (s_.changed) s_.changed();
  if (auto emptied = empty_rest(entry.keys); !emptied) return emptied.error();
  // A night that weeds nothing leaves nothing to write over, and the store is not written anew for it.
  if (!entry.keys.empty() || !entry.consents.empty()) clean(work.done);
  log(LogLevel::info, "erasure.done",
      {{"id", entry.id},
       {"scope", entry.scope},
       {"basis", entry.basis},
       {"keys", std::to_string(work.done.keys)},
       {"exchanges", std::to_string(work.done.exchanges)},
       {"leaf", std::to_string(work.done.leaf_index)},
       {"traces", work.done.traces ? "yes" : "no"}});
  return std::move(work.done);
}

// Leaf, record and rows in one transaction. False: rows changed meanwhile; look again.
Result<bool> Eraser::commit(Work& work) {
  auto rows = s_.store.sealed_under(work.entry.keys);
  if (!rows) return rows.error();
  work.rows = std::move(*rows);
  const Time now = s_.clock.now();
  Erased& done = work.done;
  done = Erased{};
  done.id = work.entry.id;
  done.keys = static_cast<std::int64_t>(work.entry.keys.size());
  done.messages = work.messages_before + static_cast<std::int64_t>(work.rows.messages.size());
  done.exchanges = work.exchanges_before + static_cast<std::int64_t>(work.rows.exchanges.size());
  done.consents = static_cast<std::int64_t>(work.entry.consents.size());
  done.live = ids_of(work.rows.live);

  ErasureRow record{work.entry.id,
                    now,
                    work.entry.scope,
                    work.entry.basis,
                    work.entry.decision,
                    work.entry.party,
                    done.keys,
                    done.messages,
                    done.exchanges,
                    done.consents,
                    static_cast<std::int64_t>(done.live.size()),
                    {},
                    details_of(work.entry),
                    0};
  const Commitment commitment = commit_to(record.details);
  record.nonce = commitment.nonce;
  Leaf leaf = make_leaf(LeafType::erasure, now, work.entry.party, {}, work.entry.id, work.outcome);
  leaf.codes = work.codes;
  for (const std::string& code :
       {counted("keys", done.keys), counted("messages", done.messages), counted("exchanges", done.exchanges),
        counted("consents", done.consents), counted("withdrawn", record.withdrawn)})
    leaf.codes.push_back(code);
  leaf.payload_commitment = commitment.digest;
  std::vector<Leaf> leaves{std::move(leaf)};
  for (const ExchangeRow& row : work.rows.live) leaves.push_back(withdrawal(row, now));

  // What a long list still has goes after the commit: the writer is everybody's.
  SealedRows first = work.rows;
  if (first.messages.size() > kRowsPerWrite) first.messages.resize(kRowsPerWrite);
  if (first.exchanges.size() > kRowsPerWrite) first.exchanges.resize(kRowsPerWrite);
  auto committed =
      s_.ledger.commit_blocking(std::move(leaves), [&](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
        for (std::size_t i = 0; i < work.rows.live.size(); ++i) {
          const ExchangeRow& seen = work.rows.live[i];
          auto current = txn.exchange(seen.id);
          if (!current) return current.error();
          if (!*current || (*current)->state != seen.state || (*current)->leaf_index != seen.leaf_index ||
              has_left(**current) != has_left(seen))
            return fail(Errc::conflict, "exchange", "changed meanwhile");
          if (auto put = txn.put_exchange(withdrawn(std::move(**current), at.at(i + 1), now)); !put) return put;
        }
        if (auto forgotten = txn.forget_keys(work.entry.keys); !forgotten) return forgotten;
        if (auto emptied = txn.empty_rows(first); !emptied) return emptied;
        if (auto emptied = txn.empty_consents(work.entry.consents); !emptied) return emptied;
        record.leaf_index = at.at(0);
        return txn.add_erasure(record);
      });
  if (!committed && committed.error().code == Errc::conflict) return false;
  if (!committed) return committed.error();
  done.leaf_index = committed->leaves.at(0);
  return true;
}

// A long list goes first, in transactions of its own (the writer is everybody's): the record says that an erasure is
// done, and what is cut short before it is done again by the next start. What waits keeps its row until it is
// withdrawn.
Result<void> Eraser::empty_ahead(Work& work) {
  auto rows = s_.store.sealed_under(work.entry.keys);
  if (!rows) return rows.error();
  if (std::max(rows->messages.size(), rows->exchanges.size()) <= kRowsPerWrite) return {};
  const std::vector<std::string> live = ids_of(rows->live);
  const std::set<std::string> waits(live.begin(), live.end());
  std::erase_if(rows->exchanges, [&](const std::string& id) { return waits.contains(id); });
  work.messages_before = static_cast<std::int64_t>(rows->messages.size());
  work.exchanges_before = static_cast<std::int64_t>(rows->exchanges.size());
  return empty(std::move(*rows));
}

// What was written between the last look and the commit.
Result<void> Eraser::empty_rest(const std::vector<std::int64_t>& keys) {
  if (keys.empty()) return {};
  auto rest = s_.store.sealed_under(keys);
  return rest ? empty(std::move(*rest)) : Result<void>(rest.error());
}

Result<void> Eraser::empty(SealedRows rows) {
  while (!rows.empty()) {
    SealedRows part;
    const auto take = [](std::vector<std::string>& from, std::vector<std::string>& to) {
      const std::size_t n = std::min(from.size(), kRowsPerWrite);
      to.assign(from.end() - static_cast<std::ptrdiff_t>(n), from.end());
      from.resize(from.size() - n);
    };
    take(rows.messages, part.messages);
    take(rows.exchanges, part.exchanges);
    auto done = s_.ledger.commit_blocking(
        {}, [&](Txn& txn, const std::vector<std::uint64_t>&) { return txn.empty_rows(part); });
    if (!done) return done.error();
  }
  return {};
}

void Eraser::clean(Erased& done) {
  const auto keys = s_.keys.scrub();
  const auto store = s_.store.scrub();
  traces_ = done.traces = !keys || !store;
  if (traces_) log(LogLevel::warning, "erasure.traces", {{"do", "end long reads beside the hub; it tries again"}});
}

// ---- at start --------------------------------------------------------------------------------------------------

Result<int> Eraser::replay() {
  const std::lock_guard lock(working_);
  auto lines = erasure_list::read(s_.list);
  if (!lines) return lines.error();
  std::vector<ErasureEntry> entries = joined(std::move(*lines));
  std::set<std::string> listed;
  for (const ErasureEntry& entry : entries) listed.insert(entry.id);
  for (std::string before;;) {
    auto on_record = s_.store.erasures(kErasuresPerRead, before);
    if (!on_record) return on_record.error();
    for (const ErasureRow& row : *on_record) {
      if (listed.contains(row.id) || (row.keys == 0 && row.consents == 0)) continue;
      auto entry = entry_of(row);
      if (!entry) return entry.error();
      if (auto written = erasure_list::append(s_.list, *entry); !written) return written.error();
      entries.push_back(std::move(*entry));
    }
    if (on_record->size() < static_cast<std::size_t>(kErasuresPerRead)) break;
    before = on_record->back().id;
  }
  int replayed = 0;
  for (const ErasureEntry& entry : entries) {
    auto destroyed = s_.keys.destroy(entry.keys);
    if (!destroyed) return destroyed.error();
    auto known = s_.store.erasure(entry.id);
    if (!known) return known.error();
    if (known->has_value() && *destroyed == 0) continue;
    ++replayed;
    Erased done;
    if (!known->has_value()) {
      auto again = carry_out(entry, {entry.scope, entry.basis}, "replayed");
      if (!again) return again.error();
    } else {
      clean(done);  // keys came back with an older keys.db; the store had forgotten them
    }
    log(LogLevel::warning, "erasure.replayed", {{"id", entry.id}, {"keys", std::to_string(*destroyed)}});
  }
  return replayed;
}

// ---- every night -----------------------------------------------------------------------------------------------

void Eraser::start() {
  thread_ = std::thread([this] { run(); });
}

// Until three o'clock in Stockholm, when little else happens; zero when the last weeding is more than a day ago.
std::chrono::milliseconds Eraser::until_next_weeding() {
  const Time now = s_.clock.now();
  if (auto rows = s_.store.erasures(1000)) {
    const auto last = std::find_if(rows->begin(), rows->end(), [](const auto& row) { return row.scope == kRetention; });
    if (last != rows->end() && now - last->at > std::chrono::hours(25)) return std::chrono::milliseconds(0);
  }
  Time next = stockholm_midnight(stockholm_date(now)) + std::chrono::hours(3);
  if (next <= now) {
    const auto tomorrow = std::chrono::sys_days(stockholm_date(now)) + std::chrono::days(1);
    next = stockholm_midnight(Date(tomorrow)) + std::chrono::hours(3);
  }
  return next - now;
}

void Eraser::run() {
  constexpr std::chrono::milliseconds kLookMax{60'000};  // a clock that is set is noticed, and traces are tried again
  auto left = until_next_weeding();
  std::unique_lock lock(mutex_);
  while (!stop_) {
    wake_.wait_for(lock, std::min(left, kLookMax), [this] { return stop_; });
    if (stop_) return;
    lock.unlock();
    const bool due = left <= kLookMax;
    if (due) {
      auto weeded = weed(false);
      if (!weeded)
        log(LogLevel::error, "retention.failed",
            {{"where", weeded.error().where}, {"code", std::string(to_string(weeded.error().code))}});
      if (s_.every_night) s_.every_night();
    }
    {
      const std::lock_guard working(working_);
      Erased done;
      if (traces_) clean(done);
    }
    const auto next = until_next_weeding();
    // A failed run is not repeated at once.
    left = due ? std::max(next, std::chrono::milliseconds(kLookMax * 10)) : next;
    lock.lock();
  }
}

}  // namespace samband
