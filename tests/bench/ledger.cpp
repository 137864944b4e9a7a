// What recording costs: the ledger's commit beside a raw SQLite program that inserts the same rows in equal batches and
// beside one bare fdatasync, on the same disk; receipts and opening as the log grows; and a generated log on disk for
// samband-verify. Prints JSON; tests/bench/ledger.py runs it and says what it means.
//
//   samband-ledger-bench commit FOLDER SENDERS SECONDS      samband-ledger-bench raw FOLDER BATCH SECONDS
//   samband-ledger-bench fdatasync FOLDER                   samband-ledger-bench grow FOLDER LEAVES
//   samband-ledger-bench generate FOLDER LEAVES
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>

#include "base/id.hpp"
#include "base/json.hpp"
#include "keys/crypto.hpp"
#include "keys/sqlite.hpp"
#include "ledger/ledger.hpp"
#include "ledger/note.hpp"
#include "ledger/tile_path.hpp"
#include "ledger/tree.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
const std::string kOrigin = "samband.example/bench";

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double share(std::vector<double>& values, double of) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(of * static_cast<double>(values.size())))];
}

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << "samband-ledger-bench: " << result.error().where << ": " << result.error().message << "\n";
  std::exit(1);
}
void must(const Result<void>& result) {
  if (result) return;
  std::cerr << "samband-ledger-bench: " << result.error().where << ": " << result.error().message << "\n";
  std::exit(1);
}

// Sizes as the demo's own rows have them on the average: sealed body 1,000 bytes, explanation 3,800, leaf 170-300.
struct Rows {
  MessageRow message;
  ExchangeRow exchange;
  Leaf leaf;
};

Rows rows() {
  const Time now(std::chrono::duration_cast<Time::duration>(std::chrono::system_clock::now().time_since_epoch()));
  Rows r;
  r.message.id = new_id(now), r.message.sender = "police-west", r.message.sender_message_id = new_id(now);
  r.message.kind = "police.suspicion", r.message.content_hash = Bytes(32, 'h'), r.message.received_at = now;
  r.message.key_id = 1, r.message.body = Bytes(1000, 'b'), r.message.warnings = "[]";
  ExchangeRow& e = r.exchange;
  e.id = new_id(now), e.message_id = r.message.id, e.sender = "police-west", e.recipient = "social-board";
  r.message.exchanges = e.id;
  e.kind = "police.suspicion", e.purpose = "child_protection", e.route = "police-suspicion", e.outcome = "partial";
  e.state = ExchangeState::queued, e.life = "sent", e.created_at = e.updated_at = now, e.next_attempt_at = now;
  e.explanation = std::string(3800, 'x'), e.fingerprint = std::string(64, 'f'), e.subject_refs = std::string(65, 's');
  e.key_id = 1, e.side = Bytes(60, 'n');
  r.leaf = make_leaf(LeafType::decision, now, e.sender, e.recipient, e.id, e.outcome);
  r.leaf.codes = {"POL-SN-15-17", "LUL-6", "cleared"};
  r.leaf.ruleset_hash = std::string(64, 'a');
  r.leaf.payload_commitment = Bytes(32, 'c');
  return r;
}

Ledger::Options options() {
  Ledger::Options o;
  o.origin = kOrigin, o.log_seed = Bytes(32, 'k');
  return o;
}

json::object commit(const fs::path& folder, int senders, double seconds) {
  auto store = must(Store::open(folder));
  auto ledger = must(Ledger::open(*store, options()));
  std::atomic<std::uint64_t> done{0}, batches{0}, last_size{UINT64_MAX};
  std::atomic<bool> stop{false};
  std::vector<std::vector<double>> latencies(static_cast<std::size_t>(senders));
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < senders; ++i)
    threads.emplace_back([&, i] {
      while (!stop) {
        Rows r = rows();
        const auto began = Clock::now();
        std::vector<Leaf> leaves{std::move(r.leaf)};
        must(ledger->commit_blocking(std::move(leaves),
                                     [&](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
                                       // The signed size stands still while a batch is written: another one is another
                                       // batch.
                                       if (last_size.exchange(ledger->size()) != ledger->size()) ++batches;
                                       r.exchange.leaf_index = at.at(0);
                                       if (auto added = txn.add_message(r.message); !added) return added;
                                       return txn.put_exchange(r.exchange);
                                     }));
        must(ledger->receipt(ledger->size() - 1));
        latencies[static_cast<std::size_t>(i)].push_back(seconds_since(began));
        ++done;
      }
    });
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (auto& thread : threads) thread.join();
  const double took = seconds_since(start);
  std::vector<double> all;
  for (const auto& each : latencies) all.insert(all.end(), each.begin(), each.end());
  return {{"senders", senders},
          {"perSecond", static_cast<double>(done) / took},
          {"batch", static_cast<double>(done) / static_cast<double>(std::max<std::uint64_t>(batches, 1))},
          {"p50us", share(all, 0.5) * 1e6},
          {"p99us", share(all, 0.99) * 1e6}};
}

// The same rows and bytes, the same tables and indexes, the same settings; nothing is hashed, signed or waited for.
json::object raw(const fs::path& folder, int batch, double seconds) {
  {
    must(Store::open(folder));
  }
  auto db = must(sqlite::Database::open(folder / "hub.db", sqlite::Database::Mode::read_write));
  must(db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY"));
  std::uint64_t index = 0;
  const std::string note(220, 'n'), tile(8192, 't');
  const auto start = Clock::now();
  while (seconds_since(start) < seconds) {
    must(db.exec("BEGIN IMMEDIATE"));
    const std::uint64_t first = index;
    Bytes leaves;
    for (int i = 0; i < batch; ++i) {
      const Rows r = rows();
      const MessageRow& m = r.message;
      const ExchangeRow& e = r.exchange;
      const Bytes leaf = must(encode_leaf(r.leaf));
      must(db.query(
                 "INSERT INTO message(id,sender,sender_message_id,kind,content_hash,received_at,key_id,body,exchanges,"
                 "warnings) VALUES(?,?,?,?,?,?,?,?,?,?)",
                 m.id, m.sender, m.sender_message_id, m.kind, sqlite::Blob{m.content_hash},
                 m.received_at.time_since_epoch().count(), m.key_id, sqlite::Blob{m.body}, m.exchanges, m.warnings)
               .run());
      must(db.query(
                 "INSERT INTO exchange(id,message_id,sender,recipient,kind,purpose,route,state,outcome,life,created_at,"
                 "updated_at,next_attempt_at,due_at,attempts,leaf_index,ack_leaf_index,acknowledged_at,explanation,"
                 "fingerprint,subject_refs,consents,external_reference,key_id,side,conversation) "
                 "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,NULL,0,?,NULL,NULL,?,?,?,'',x'',?,?,x'')",
                 e.id, e.message_id, e.sender, e.recipient, e.kind, e.purpose, e.route, to_string(e.state), e.outcome,
                 e.life, e.created_at.time_since_epoch().count(), e.updated_at.time_since_epoch().count(),
                 e.next_attempt_at->time_since_epoch().count(), index, e.explanation, e.fingerprint, e.subject_refs,
                 e.key_id, sqlite::Blob{e.side})
               .run());
      leaves += static_cast<char>(leaf.size() >> 8);
      leaves += static_cast<char>(leaf.size() & 0xff);
      leaves += leaf;
      if (++index % 256 == 0)
        must(db.query("INSERT INTO tile(level,idx,hashes) VALUES(0,?,?)", index / 256 - 1, sqlite::Blob{tile}).run());
    }
    must(db.query("INSERT INTO leaf(idx,count,bytes) VALUES(?,?,?)", first, batch, sqlite::Blob{leaves}).run());
    must(db.query("INSERT OR REPLACE INTO checkpoint(one,size,note) VALUES(1,?,?)", index, note).run());
    must(db.exec("COMMIT"));
  }
  return {{"batch", batch}, {"perSecond", static_cast<double>(index) / seconds_since(start)}};
}

json::object bare_sync(const fs::path& folder) {
  const fs::path file = folder / "sync";
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::string block(4096, 'x');
  std::vector<double> took;
  for (int i = 0; i < 400; ++i) {
    const auto began = Clock::now();
    if (::pwrite(fd, block.data(), block.size(), i * 4096) != 4096 || ::fdatasync(fd) != 0) std::exit(1);
    took.push_back(seconds_since(began));
  }
  ::close(fd);
  return {{"p50us", share(took, 0.5) * 1e6}, {"p99us", share(took, 0.99) * 1e6}};
}

Leaf plain_leaf(std::uint64_t i) {
  static const Rows sample = rows();
  Leaf leaf = sample.leaf;
  leaf.event_id = Bytes(16, '\0');
  for (int b = 0; b < 8; ++b) leaf.event_id[static_cast<std::size_t>(b)] = static_cast<char>(i >> (8 * b));
  if (i > 0) leaf.relies_on = {i - 1};
  return leaf;
}

// A store with that many leaves: the cost of a receipt, and of opening.
json::object grow(const fs::path& folder, std::uint64_t leaves) {
  {
    auto store = must(Store::open(folder));
    Ledger::Options o = options();
    auto ledger = must(Ledger::open(*store, o));
    for (std::uint64_t at = ledger->size(); at < leaves;) {
      std::vector<Leaf> some;
      for (; some.size() < 10'000 && at < leaves; ++at) some.push_back(plain_leaf(at));
      must(ledger->commit_blocking(std::move(some), {}));
    }
  }
  auto store = must(Store::open(folder));
  const auto began = Clock::now();
  auto ledger = must(Ledger::open(*store, options()));
  const double opening = seconds_since(began);
  std::vector<double> receipts;
  std::uint64_t state = 1;
  for (int i = 0; i < 50'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const std::uint64_t index = (state >> 20) % leaves;
    const auto start = Clock::now();
    must(ledger->receipt(index));
    receipts.push_back(seconds_since(start));
  }
  // The first receipts fill the cache of tiles: what a busy hub sees comes after.
  receipts.erase(receipts.begin(), receipts.begin() + 40'000);
  return {{"leaves", leaves},
          {"openMs", opening * 1e3},
          {"receiptP50us", share(receipts, 0.5) * 1e6},
          {"receiptP99us", share(receipts, 0.99) * 1e6}};
}

void write_file(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

// A log in the layout of tlog-tiles, made of leaves of the hub's kind.
json::object generate(const fs::path& folder, std::uint64_t leaves) {
  merkle::Tree tree;
  std::vector<merkle::FullTile> filled;
  std::string entries;
  std::vector<std::size_t> sizes;
  const auto flush_entries = [&](std::uint64_t size) {
    const std::uint64_t tile = (size - 1) / 256, width = size - tile * 256;
    write_file(folder / to_text(TilePath{true, 0, tile, width}), entries);
    entries.clear();
  };
  for (std::uint64_t i = 0; i < leaves; ++i) {
    const Bytes leaf = must(encode_leaf(plain_leaf(i)));
    if (i % 1000 == 0) sizes.push_back(leaf.size());
    entries.push_back(static_cast<char>(leaf.size() >> 8));
    entries.push_back(static_cast<char>(leaf.size() & 0xff));
    entries += leaf;
    tree.append(merkle::leaf_hash(leaf), filled);
    if ((i + 1) % 256 == 0) flush_entries(i + 1);
    for (const auto& tile : filled)
      write_file(folder / to_text(TilePath{false, tile.level, tile.index, 256}), tile.tile->bytes(256));
    filled.clear();
  }
  if (leaves % 256 != 0) flush_entries(leaves);
  for (int level = 0; level < 8 && tree.hashes_at(level) > 0; ++level) {
    const std::size_t width = tree.hashes_at(level) % 256;
    if (width == 0) continue;
    write_file(folder / to_text(TilePath{false, level, tree.full_tiles_at(level), width}),
               tree.open_tile(level).bytes(width));
  }
  const crypto::Signer signer(Bytes(32, 'k'));
  const note::Verifier key = note::make_verifier(kOrigin, crypto::ed25519_public(Bytes(32, 'k')));
  write_file(folder / "checkpoint", note::sign(note::to_text({kOrigin, leaves, tree.root()}), key, signer));
  std::sort(sizes.begin(), sizes.end());
  return {
      {"leaves", leaves}, {"medianBytes", sizes.empty() ? 0 : sizes[sizes.size() / 2]}, {"vkey", note::to_text(key)}};
}

}  // namespace
}  // namespace samband

int main(int argc, char** argv) {
  using namespace samband;
  const std::string_view what = argc > 2 ? argv[1] : "";
  const fs::path folder = argc > 2 ? argv[2] : "";
  const double third = argc > 3 ? std::atof(argv[3]) : 0, fourth = argc > 4 ? std::atof(argv[4]) : 0;
  json::object out;
  if (what == "commit" && argc == 5)
    out = commit(folder, static_cast<int>(third), fourth);
  else if (what == "raw" && argc == 5)
    out = raw(folder, static_cast<int>(third), fourth);
  else if (what == "fdatasync")
    out = bare_sync(folder);
  else if (what == "grow" && argc == 4)
    out = grow(folder, static_cast<std::uint64_t>(third));
  else if (what == "generate" && argc == 4)
    out = generate(folder, static_cast<std::uint64_t>(third));
  else {
    std::cerr << "usage: samband-ledger-bench commit|raw|fdatasync|grow|generate FOLDER ...; see ./dev bench ledger\n";
    return 2;
  }
  std::cout << json::serialize(out) << "\n";
  return 0;
}
