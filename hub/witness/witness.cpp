#include "witness/witness.hpp"

#include <charconv>

namespace samband {
namespace {

constexpr std::size_t kBodyMax = 64 << 10, kProofMax = 63;
constexpr const char* kSchema = R"(
  BEGIN IMMEDIATE;
  CREATE TABLE key(one INTEGER PRIMARY KEY CHECK(one = 1), vkey TEXT NOT NULL);
  CREATE TABLE seen(origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL) WITHOUT ROWID;
  PRAGMA user_version = 1;
  COMMIT;)";

Witness::Answer answer(int status, std::string body, std::string type = "text/plain; charset=utf-8") {
  return {status, std::move(type), std::move(body), {}};
}

struct Request {
  std::uint64_t old_size = 0;
  merkle::Proof proof;
  std::string_view checkpoint;
};

std::optional<Request> parse(std::string_view body) {
  const auto line = [&]() -> std::optional<std::string_view> {
    const std::size_t end = body.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = body.substr(0, end);
    body.remove_prefix(end + 1);
    return text;
  };
  Request request;
  auto text = line();
  if (!text || !text->starts_with("old ")) return std::nullopt;
  text->remove_prefix(4);
  if (text->empty() || (text->size() > 1 && text->front() == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), request.old_size);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  for (;;) {
    text = line();
    if (!text) return std::nullopt;
    if (text->empty()) break;
    const auto hash = from_base64(*text);
    if (!hash || hash->size() != 32 || request.proof.size() == kProofMax) return std::nullopt;
    request.proof.push_back(merkle::to_hash(*hash));
  }
  request.checkpoint = body;
  return request;
}

}  // namespace

Witness::Witness(sqlite::Database database, note::Cosigner key, const Bytes& seed,
                 std::vector<note::WitnessPolicy::Log> logs)
    : database_(std::move(database)), key_(std::move(key)), signer_(seed), logs_(std::move(logs)) {}

Result<std::unique_ptr<Witness>> Witness::open(const std::filesystem::path& file, std::string name, Bytes seed,
                                               std::vector<note::WitnessPolicy::Log> logs) {
  auto database = sqlite::Database::open(file, sqlite::Database::Mode::create);
  if (!database) return database.error();
  if (auto durable = database->make_durable(); !durable) return durable.error();
  note::Cosigner key = note::make_cosigner(std::move(name), crypto::ed25519_public(seed));
  const std::string vkey = note::to_text(key);
  std::int64_t version = 0;
  {
    auto query = database->query("PRAGMA user_version");
    if (auto row = query.step(); !row) return row.error();
    version = query.integer(0);
  }
  if (version == 0) {
    if (auto made = database->exec(kSchema); !made) return made.error();
    if (auto put = database->query("INSERT INTO key(one, vkey) VALUES(1, ?)", vkey).run(); !put) return put.error();
  } else if (version != 1) {
    return fail(Errc::invalid_config, file.string(), "was made by a newer program");
  }
  {
    // Under one key there is one memory: a key whose database was lost is retired, not started anew.
    auto query = database->query("SELECT vkey FROM key");
    auto row = query.step();
    if (!row) return row.error();
    if (!*row || query.text(0) != vkey)
      return fail(Errc::invalid_config, file.string(), "is the memory of another witness key or name");
  }
  return std::unique_ptr<Witness>(new Witness(std::move(*database), std::move(key), seed, std::move(logs)));
}

Result<note::Checkpoint> Witness::last(const std::string& origin) {
  auto query = database_.query("SELECT size, root FROM seen WHERE origin = ?", origin);
  auto row = query.step();
  if (!row) return row.error();
  if (!*row) return note::Checkpoint{origin, 0, merkle::empty_root()};
  return note::Checkpoint{origin, static_cast<std::uint64_t>(query.integer(0)), merkle::to_hash(query.bytes(1))};
}

Witness::Answer Witness::add_checkpoint(std::string_view body, Time now) {
  if (body.size() > kBodyMax) return answer(400, "the request is too long\n");
  const auto request = parse(body);
  const auto text = request ? note::text_of(request->checkpoint) : std::nullopt;
  auto next = text ? note::parse_checkpoint(*text) : Result<note::Checkpoint>(fail(Errc::invalid_input, "", ""));
  if (!next) return answer(400, "expected 'old SIZE', hashes, an empty line and a checkpoint\n");
  bool known = false, is_signed = false;
  for (const auto& log : logs_) {
    if (log.key.name != next->origin) continue;
    known = true;
    is_signed = is_signed || note::open(request->checkpoint, log.key).has_value();
  }
  if (!known) return answer(404, "the origin is not one of this witness's logs\n");
  if (!is_signed) return answer(403, "no signature of the log's key\n");
  if (request->old_size > next->size) return answer(400, "the old size is larger than the checkpoint's\n");
  const std::lock_guard lock(mutex_);
  auto old = last(next->origin);
  Answer out;
  if (!old) {
    out = answer(500, "the witness cannot read what it has seen\n");
  } else if (old->size != request->old_size) {
    out = answer(409, std::to_string(old->size) + "\n", "text/x.tlog.size");
  } else {
    out = judge(*old, *next, request->checkpoint, request->proof, now);
  }
  out.origin = next->origin;
  return out;
}

Witness::Answer Witness::judge(const note::Checkpoint& old, const note::Checkpoint& next, std::string_view signed_note,
                               const merkle::Proof& proof, Time now) {
  if (old.size == next.size && old.size > 0) {
    if (old.root != next.root) return answer(409, std::to_string(old.size) + "\n", "text/x.tlog.size");
    if (!proof.empty()) return answer(422, "a proof between equal sizes must be empty\n");
  } else if (old.size == 0) {
    if (!proof.empty()) return answer(422, "a proof from size 0 must be empty\n");
    if (next.size == 0 && next.root != merkle::empty_root()) return answer(422, "this is no root of an empty tree\n");
  } else if (!merkle::verify_consistency(old.size, next.size, old.root, next.root, proof)) {
    return answer(422, "the checkpoint does not continue the one that was cosigned last\n");
  }
  const std::string root(merkle::view(next.root));
  const auto at = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const std::string line = note::cosign(*note::text_of(signed_note), at, key_, signer_);
  auto put = database_
                 .query(
                     "INSERT INTO seen(origin, size, root, note) VALUES(?,?,?,?) ON CONFLICT(origin) DO UPDATE SET "
                     "size = excluded.size, root = excluded.root, note = excluded.note",
                     next.origin, next.size, sqlite::Blob{root}, std::string(signed_note) + line)
                 .run();
  if (!put) return answer(500, "the witness cannot record what it has seen\n");
  return answer(200, line);
}

Witness::Answer Witness::newest_checkpoint(std::string_view origin_hash) {
  const std::lock_guard lock(mutex_);
  for (const auto& log : logs_) {
    if (crypto::sha256_hex(log.key.name) != origin_hash) continue;
    auto query = database_.query("SELECT note FROM seen WHERE origin = ?", log.key.name);
    auto row = query.step();
    if (!row) return answer(500, "the witness cannot read what it has seen\n");
    if (*row) return answer(200, std::string(query.text(0)));
  }
  return answer(404, "no checkpoint of such a log was cosigned here\n");
}

}  // namespace samband
