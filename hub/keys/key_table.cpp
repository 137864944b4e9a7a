#include "keys/key_table.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "keys/crypto.hpp"
#include "keys/period.hpp"

namespace samband {
namespace {

constexpr std::size_t kCachedKeysMax = 100'000, kSubjectsMax = 256, kSubjectSizeMax = 128;

#define SAMBAND_KEYS_2                                                                                           \
  "CREATE TABLE payload_key(id INTEGER PRIMARY KEY, subjects TEXT NOT NULL, period TEXT NOT NULL, wrapped BLOB " \
  "NOT NULL, UNIQUE(subjects, period));"                                                                         \
  "CREATE INDEX payload_key_period ON payload_key(period);"                                                      \
  "CREATE TABLE master(one INTEGER PRIMARY KEY CHECK(one = 1), check_value BLOB NOT NULL);"

constexpr const char* kSchema =
    "BEGIN IMMEDIATE;" SAMBAND_KEYS_2
    "CREATE TABLE key_subject(subject TEXT NOT NULL, key_id INTEGER NOT NULL, PRIMARY KEY(subject, key_id)) WITHOUT "
    "ROWID;"
    "PRAGMA user_version = 2; COMMIT;";

// Version 1 had no periods: its keys go into one of their own.
Result<void> from_1_to_2(sqlite::Database& db) {
  auto moved = [&]() -> Result<void> {
    if (auto r = db.exec("BEGIN IMMEDIATE; ALTER TABLE payload_key RENAME TO before;" SAMBAND_KEYS_2); !r) return r;
    const std::string period =
        period_of(kLegacyClass, std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now()));
    auto copied = db.query(
                        "INSERT INTO payload_key(id, subjects, period, wrapped) SELECT id, subjects, ?, wrapped "
                        "FROM before",
                        period)
                      .run();
    if (!copied) return copied;
    return db.exec("DROP TABLE before; PRAGMA user_version = 2; COMMIT");
  }();
  if (!moved && db.in_transaction()) (void)db.exec("ROLLBACK");
  return moved;
}

Result<void> configure(sqlite::Database& database) {
  if (auto durable = database.make_durable(); !durable) return durable;
  return database.exec("PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY");
}

std::string place_of(std::int64_t id) { return "samband/payload-key/" + std::to_string(id); }

Bytes check_value(std::string_view master) {
  return crypto::hmac_sha256(master, "samband/master-key-check/1").substr(0, 16);
}

// Above whatever a database of version 1 counted up to.
std::int64_t random_id() {
  std::uint64_t n = 0;
  const Bytes bytes = crypto::random_bytes(sizeof n);
  std::memcpy(&n, bytes.data(), sizeof n);
  return static_cast<std::int64_t>(n >> 2 | std::uint64_t{1} << 61);
}

// Sorted, unique and joined: the name of a set in the database.
Result<std::string> joined(std::vector<std::string> subjects) {
  std::sort(subjects.begin(), subjects.end());
  subjects.erase(std::unique(subjects.begin(), subjects.end()), subjects.end());
  if (subjects.size() > kSubjectsMax) return fail(Errc::too_large, "subjects", "more than 256 persons under one key");
  std::string name;
  for (const std::string& subject : subjects) {
    if (subject.empty() || subject.size() > kSubjectSizeMax || subject.find(',') != std::string::npos)
      return fail(Errc::invalid_input, "subjects", "not a subject reference");
    if (!name.empty()) name += ',';
    name += subject;
  }
  return name;
}

std::vector<std::string_view> subjects_in(std::string_view name) {
  std::vector<std::string_view> subjects;
  while (!name.empty()) {
    const std::size_t comma = std::min(name.find(','), name.size());
    subjects.push_back(name.substr(0, comma));
    name.remove_prefix(std::min(comma + 1, name.size()));
  }
  return subjects;
}

Result<std::vector<std::int64_t>> ids_from(sqlite::Query query) {
  std::vector<std::int64_t> ids;
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return ids;
    ids.push_back(query.integer(0));
  }
}

Error wrong_master() {
  return fail(Errc::internal, kKeyDatabase, "a wrapped key does not open: wrong master.key, or a damaged file");
}

}  // namespace

// ---- the file --------------------------------------------------------------------------------------------------

Result<void> KeyTable::create(const std::filesystem::path& file, std::string_view master) {
  auto database = sqlite::Database::open(file, sqlite::Database::Mode::read_write);
  if (!database) return database.error();
  if (auto configured = configure(*database); !configured) return configured;
  if (auto made = database->exec(kSchema); !made) return made;
  auto noted = fits(*database, master);
  return noted ? Result<void>() : Result<void>(noted.error());
}

Result<sqlite::Database> KeyTable::open(const std::filesystem::path& file) {
  auto database = sqlite::Database::open(file, sqlite::Database::Mode::read_write);
  if (!database) return database.error();
  if (auto configured = configure(*database); !configured) return configured.error();
  std::int64_t version = 0;
  {
    auto query = database->query("PRAGMA user_version");
    if (auto row = query.step(); !row) return row.error();
    version = query.integer(0);
  }
  if (version == 1) {
    if (auto moved = from_1_to_2(*database); !moved) return moved.error();
  } else if (version != kKeySchemaVersion) {
    return fail(Errc::invalid_config, file.string(),
                "has schema version " + std::to_string(version) + ", this program knows " +
                    std::to_string(kKeySchemaVersion) + "; start the version of the hub that made it");
  }
  return database;
}

Result<bool> KeyTable::fits(sqlite::Database& db, std::string_view master) {
  const Bytes value = check_value(master);
  {
    auto query = db.query("SELECT check_value FROM master");
    auto row = query.step();
    if (!row) return row.error();
    if (*row) return query.bytes(0) == value;
  }
  {
    auto query = db.query("SELECT id, wrapped FROM payload_key LIMIT 1");
    auto row = query.step();
    if (!row) return row.error();
    if (*row && !crypto::open(master, query.bytes(1), place_of(query.integer(0)))) return false;
  }
  auto noted = db.query("INSERT OR IGNORE INTO master(one, check_value) VALUES(1, ?)", sqlite::Blob{value}).run();
  if (!noted) return noted.error();
  return true;
}

Result<bool> KeyTable::knows_subject_key(sqlite::Database& db, std::string_view subject_key) {
  const Bytes value = crypto::hmac_sha256(subject_key, "samband/subject-key-check/1");
  if (auto made =
          db.exec("CREATE TABLE IF NOT EXISTS subject_key(one INTEGER PRIMARY KEY CHECK(one = 1), check_value BLOB "
                  "NOT NULL)");
      !made)
    return made.error();
  {
    auto query = db.query("SELECT check_value FROM subject_key");
    auto row = query.step();
    if (!row) return row.error();
    if (*row) return query.bytes(0) == value;
  }
  auto noted = db.query("INSERT OR IGNORE INTO subject_key(one, check_value) VALUES(1, ?)", sqlite::Blob{value}).run();
  if (!noted) return noted.error();
  return true;
}

Result<std::int64_t> KeyTable::rewrap(sqlite::Database& db, std::string_view from, std::string_view to) {
  if (auto begun = db.exec("BEGIN IMMEDIATE"); !begun) return begun.error();
  std::int64_t count = 0;
  auto done = [&]() -> Result<void> {
    auto ids = ids_from(db.query("SELECT id FROM payload_key"));
    if (!ids) return ids.error();
    for (const std::int64_t id : *ids) {
      Bytes wrapped;
      {
        auto query = db.query("SELECT wrapped FROM payload_key WHERE id = ?", id);
        if (auto row = query.step(); !row) return row.error();
        wrapped = query.bytes(0);
      }
      auto key = crypto::open(from, wrapped, place_of(id));
      if (!key) return wrong_master();
      wrapped = crypto::seal(to, *key, place_of(id));
      OPENSSL_cleanse(key->data(), key->size());
      auto put = db.query("UPDATE payload_key SET wrapped = ? WHERE id = ?", sqlite::Blob{wrapped}, id).run();
      if (!put) return put;
      ++count;
    }
    const Bytes value = check_value(to);
    auto noted = db.query(
                       "INSERT INTO master(one, check_value) VALUES(1, ?) ON CONFLICT(one) DO UPDATE SET "
                       "check_value = excluded.check_value",
                       sqlite::Blob{value})
                     .run();
    if (!noted) return noted;
    return db.exec("COMMIT");
  }();
  if (!done) {
    if (db.in_transaction()) (void)db.exec("ROLLBACK");
    return done.error();
  }
  return count;
}

// ---- the keys --------------------------------------------------------------------------------------------------

KeyTable::KeyTable(Bytes master, sqlite::Database database)
    : master_(std::move(master)), cache_(kCachedKeysMax), database_(std::move(database)) {}

KeyTable::~KeyTable() { OPENSSL_cleanse(master_.data(), master_.size()); }

Result<PayloadKey> KeyTable::find_or_make(const std::vector<std::string>& subjects, std::string_view period) {
  auto set = joined(subjects);
  if (!set) return set.error();
  if (!period_end(period)) return fail(Errc::internal, "period", "not a retention period");
  const Name name{std::move(*set), std::string(period)};
  if (auto forgotten = forget_what_others_destroyed(); !forgotten) return forgotten.error();
  if (auto cached = cache_.find(name.text())) return PayloadKey{cached->first, std::move(cached->second)};
  const std::lock_guard lock(mutex_);
  if (!can_write_) return fail(Errc::unavailable, kKeyDatabase, "NOT SENT: the hub cannot record; telephone");
  for (int tries = 0; tries < 3; ++tries) {
    auto found = load(name);
    if (!found) return found.error();
    if (*found) return std::move(**found);
    auto made = make(name);
    // As with the ledger: nobody knows what reached the disk, so it is not tried again before a restart has read it.
    if (!made && made.error().code == Errc::unavailable) can_write_ = false;
    // Another process may have made the key of this name between the look and the insert.
    if (made || made.error().code != Errc::conflict) return made;
  }
  return fail(Errc::internal, kKeyDatabase, "a key can neither be found nor made");
}

Result<PayloadKey> KeyTable::find(std::int64_t id) {
  if (auto forgotten = forget_what_others_destroyed(); !forgotten) return forgotten.error();
  if (auto cached = cache_.find(id)) return PayloadKey{id, std::move(*cached)};
  const std::lock_guard lock(mutex_);
  auto query = database_.query("SELECT wrapped, subjects, period FROM payload_key WHERE id = ?", id);
  auto row = query.step();
  if (!row) return row.error();
  if (!*row) return fail(Errc::not_found, "payload key", "there is no such key: erased, or never made");
  return unwrap(id, query.bytes(0), Name{query.text(1), query.text(2)}.text());
}

Result<std::optional<PayloadKey>> KeyTable::load(const Name& name) {
  auto query = database_.query("SELECT id, wrapped FROM payload_key WHERE subjects = ? AND period = ?", name.subjects,
                               name.period);
  auto row = query.step();
  if (!row) return row.error();
  if (!*row) return std::optional<PayloadKey>();
  auto key = unwrap(query.integer(0), query.bytes(1), name.text());
  if (!key) return key.error();
  return std::optional<PayloadKey>(std::move(*key));
}

Result<PayloadKey> KeyTable::unwrap(std::int64_t id, const Bytes& wrapped, const std::string& name) {
  auto key = crypto::open(master_, wrapped, place_of(id));
  if (!key) return wrong_master();
  if (key->size() != kSecretSize) return fail(Errc::internal, kKeyDatabase, "a wrapped key has the wrong size");
  cache_.put({id, name, *key});
  return PayloadKey{id, std::move(*key)};
}

Result<PayloadKey> KeyTable::make(const Name& name) {
  Bytes key = crypto::random_bytes(kSecretSize);
  const std::int64_t id = random_id();
  const Bytes wrapped = crypto::seal(master_, key, place_of(id));  // bound to its id: keys cannot be swapped
  if (auto begun = database_.exec("BEGIN IMMEDIATE"); !begun) return begun.error();
  auto made = [&]() -> Result<void> {
    auto inserted = database_
                        .query("INSERT INTO payload_key(id, subjects, period, wrapped) VALUES(?, ?, ?, ?)", id,
                               name.subjects, name.period, sqlite::Blob{wrapped})
                        .run();
    if (!inserted) return inserted;
    for (const std::string_view subject : subjects_in(name.subjects)) {
      auto r = database_.query("INSERT INTO key_subject(subject, key_id) VALUES(?, ?)", subject, id).run();
      if (!r) return r;
    }
    return database_.exec("COMMIT");
  }();
  if (!made) {
    if (database_.in_transaction()) (void)database_.exec("ROLLBACK");
    return made.error();
  }
  cache_.put({id, name.text(), key});
  return PayloadKey{id, std::move(key)};
}

Result<std::vector<std::int64_t>> KeyTable::keys_of(std::string_view subject) {
  const std::lock_guard lock(mutex_);
  return ids_from(database_.query("SELECT key_id FROM key_subject WHERE subject = ?", subject));
}

Result<std::vector<std::int64_t>> KeyTable::keys_in(std::string_view period) {
  const std::lock_guard lock(mutex_);
  return ids_from(database_.query("SELECT id FROM payload_key WHERE period = ?", period));
}

Result<std::vector<std::string>> KeyTable::periods() {
  const std::lock_guard lock(mutex_);
  auto query = database_.query("SELECT DISTINCT period FROM payload_key ORDER BY period");
  std::vector<std::string> out;
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return out;
    out.push_back(query.text(0));
  }
}

Result<std::int64_t> KeyTable::destroy(const std::vector<std::int64_t>& ids) {
  const std::lock_guard lock(mutex_);
  std::int64_t gone = 0;
  auto done = [&]() -> Result<void> {
    bool begun = false;
    for (const std::int64_t id : ids) {
      std::string subjects;
      {
        auto query = database_.query("SELECT subjects FROM payload_key WHERE id = ?", id);
        auto row = query.step();
        if (!row) return row.error();
        if (!*row) continue;  // the list of erasures is mostly of keys that went long ago
        subjects = query.text(0);
      }
      if (!begun) {
        if (auto r = database_.exec("BEGIN IMMEDIATE"); !r) return r;
        begun = true;
      }
      if (auto r = database_.query("DELETE FROM payload_key WHERE id = ?", id).run(); !r) return r;
      for (const std::string_view subject : subjects_in(subjects)) {
        auto r = database_.query("DELETE FROM key_subject WHERE subject = ? AND key_id = ?", subject, id).run();
        if (!r) return r;
      }
      ++gone;
    }
    return begun ? database_.exec("COMMIT") : Result<void>();
  }();
  cache_.clear();
  if (!done) {
    if (database_.in_transaction()) (void)database_.exec("ROLLBACK");
    return done.error();
  }
  return gone;
}

// secure_delete wrote zeros over what went; this puts the zeros into the main file and empties the log of old pages.
Result<void> KeyTable::scrub() {
  const std::lock_guard lock(mutex_);
  auto query = database_.query("PRAGMA wal_checkpoint(TRUNCATE)");
  if (auto row = query.step(); !row) return row.error();
  if (query.integer(0) != 0) return fail(Errc::busy, kKeyDatabase, "somebody reads; old pages are still in its log");
  return {};
}

// Erasure by another process (the command line beside the hub) must reach this process's memory too. data_version
// moves when somebody else commits; asking is cheap but not free, so it is asked at most once a second.
Result<void> KeyTable::forget_what_others_destroyed() {
  using std::chrono::steady_clock;
  const auto now = steady_clock::now().time_since_epoch().count();
  auto next = next_look_.load(std::memory_order_relaxed);
  if (now < next) return {};
  const auto later = now + steady_clock::duration(std::chrono::seconds(1)).count();
  if (!next_look_.compare_exchange_strong(next, later)) return {};
  const std::lock_guard lock(mutex_);
  auto query = database_.query("PRAGMA data_version");
  auto row = query.step();
  if (!row) return row.error();
  const std::int64_t version = query.integer(0);
  if (version != seen_version_) cache_.clear();
  seen_version_ = version;
  return {};
}

}  // namespace samband
