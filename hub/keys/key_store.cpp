#include "keys/key_store.hpp"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>

#include "keys/crypto.hpp"
#include "keys/key_cache.hpp"
#include "keys/secret_file.hpp"
#include "keys/sqlite.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kSecretSize = 32, kCachedKeysMax = 100'000, kSubjectsMax = 256, kSubjectSizeMax = 128;
constexpr int kSchemaVersion = 1;
constexpr const char* kSecrets[] = {"master.key", "subject.key", "log.seed"};
constexpr const char* kDatabase = "keys.db";

// AUTOINCREMENT: the id of an erased key must not come back with another key behind it.
constexpr const char* kSchema = R"(
  BEGIN IMMEDIATE;
  CREATE TABLE payload_key(id INTEGER PRIMARY KEY AUTOINCREMENT, subjects TEXT NOT NULL UNIQUE, wrapped BLOB NOT NULL);
  CREATE TABLE key_subject(subject TEXT NOT NULL, key_id INTEGER NOT NULL, PRIMARY KEY(subject, key_id)) WITHOUT ROWID;
  PRAGMA user_version = 1;
  COMMIT;)";

std::string place_of(std::int64_t id) { return "samband/payload-key/" + std::to_string(id); }

// Sorted, unique and joined: the name of a set in the database.
Result<std::string> name_of(std::vector<std::string> subjects) {
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

class FolderKeyStore final : public KeyStore {
 public:
  FolderKeyStore(Bytes master, Bytes subject, Bytes seed, sqlite::Database database)
      : master_(std::move(master)),
        subject_(std::move(subject)),
        seed_(std::move(seed)),
        cache_(kCachedKeysMax),
        database_(std::move(database)) {}

  ~FolderKeyStore() override {
    for (Bytes* secret : {&master_, &subject_, &seed_}) OPENSSL_cleanse(secret->data(), secret->size());
  }

  std::string subject_ref(std::string_view identity) const override {
    using namespace std::string_view_literals;
    std::string text("samband/subject/1\0"sv);
    text += identity;
    Bytes digest = crypto::hmac_sha256(subject_, text);
    OPENSSL_cleanse(text.data(), text.size());
    digest.resize(16);
    return to_hex(digest);
  }

  Result<PayloadKey> payload_key(const std::vector<std::string>& subject_refs) override {
    auto name = name_of(subject_refs);
    if (!name) return name.error();
    if (auto forgotten = forget_what_others_erased(); !forgotten) return forgotten.error();
    if (auto cached = cache_.find(*name)) return PayloadKey{cached->first, std::move(cached->second)};
    const std::lock_guard lock(mutex_);
    auto found = load(*name);
    if (!found || found->id != 0) return found;
    auto made = make(*name);
    // Another process may have made the key of this set between the look and the insert.
    if (!made && made.error().code == Errc::conflict) return load(*name);
    return made;
  }

  Result<PayloadKey> payload_key(std::int64_t id) override {
    if (auto forgotten = forget_what_others_erased(); !forgotten) return forgotten.error();
    if (auto cached = cache_.find(id)) return PayloadKey{id, std::move(*cached)};
    const std::lock_guard lock(mutex_);
    auto query = database_.query("SELECT wrapped, subjects FROM payload_key WHERE id = ?", id);
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return fail(Errc::not_found, "payload key", "there is no such key: erased, or never made");
    return unwrap(id, query.bytes(0), query.text(1));
  }

  Bytes log_seed() const override { return seed_; }

  Result<std::vector<std::int64_t>> erase(std::string_view subject_ref) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::int64_t> ids;
    if (auto begun = database_.exec("BEGIN IMMEDIATE"); !begun) return begun.error();
    auto erased = [&]() -> Result<void> {
      {
        auto query = database_.query("SELECT key_id FROM key_subject WHERE subject = ?", subject_ref);
        for (;;) {
          auto row = query.step();
          if (!row) return row.error();
          if (!*row) break;
          ids.push_back(query.integer(0));
        }
      }
      for (const std::int64_t id : ids) {
        if (auto r = database_.query("DELETE FROM payload_key WHERE id = ?", id).run(); !r) return r;
        if (auto r = database_.query("DELETE FROM key_subject WHERE key_id = ?", id).run(); !r) return r;
      }
      return database_.exec("COMMIT");
    }();
    cache_.clear();
    if (!erased) {
      if (database_.in_transaction()) (void)database_.exec("ROLLBACK");
      return erased.error();
    }
    // secure_delete wrote zeros over the keys; this puts the zeros in the main file and empties the log of old pages.
    if (auto emptied = database_.exec("PRAGMA wal_checkpoint(TRUNCATE)"); !emptied) return emptied.error();
    return ids;
  }

 private:
  // id 0: there is none.
  Result<PayloadKey> load(const std::string& name) {
    auto query = database_.query("SELECT id, wrapped FROM payload_key WHERE subjects = ?", name);
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return PayloadKey{};
    return unwrap(query.integer(0), query.bytes(1), name);
  }

  Result<PayloadKey> unwrap(std::int64_t id, const Bytes& wrapped, const std::string& name) {
    auto key = crypto::open(master_, wrapped, place_of(id));
    if (!key)
      return fail(Errc::internal, kDatabase, "a wrapped key does not open: wrong master.key, or a damaged file");
    if (key->size() != kSecretSize) return fail(Errc::internal, kDatabase, "a wrapped key has the wrong size");
    cache_.put({id, name, *key});
    return PayloadKey{id, std::move(*key)};
  }

  Result<PayloadKey> make(const std::string& name) {
    Bytes key = crypto::random_bytes(kSecretSize);
    std::int64_t id = 0;
    if (auto begun = database_.exec("BEGIN IMMEDIATE"); !begun) return begun.error();
    auto made = [&]() -> Result<void> {
      auto inserted = database_.query("INSERT INTO payload_key(subjects, wrapped) VALUES(?, x'')", name).run();
      if (!inserted) return inserted;
      id = database_.last_id();
      const Bytes wrapped = crypto::seal(master_, key, place_of(id));  // bound to its id: keys cannot be swapped
      auto updated =
          database_.query("UPDATE payload_key SET wrapped = ? WHERE id = ?", sqlite::Blob{wrapped}, id).run();
      if (!updated) return updated;
      for (const std::string_view subject : subjects_in(name)) {
        auto r = database_.query("INSERT INTO key_subject(subject, key_id) VALUES(?, ?)", subject, id).run();
        if (!r) return r;
      }
      return database_.exec("COMMIT");
    }();
    if (!made) {
      if (database_.in_transaction()) (void)database_.exec("ROLLBACK");
      return made.error();
    }
    cache_.put({id, name, key});
    return PayloadKey{id, std::move(key)};
  }

  // Erasure by another process (the command line beside the hub) must reach this process's memory too. data_version
  // moves when somebody else commits; asking is cheap but not free, so it is asked at most once a second.
  Result<void> forget_what_others_erased() {
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

  Bytes master_, subject_, seed_;
  KeyCache cache_;
  std::mutex mutex_;  // of the database
  sqlite::Database database_;
  std::atomic<std::int64_t> next_look_{0};
  std::int64_t seen_version_ = -1;
};

Result<void> configure(sqlite::Database& database) {
  return database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY");
}

}  // namespace

Result<std::vector<std::int64_t>> KeyStore::erase(std::string_view) {
  return fail(Errc::internal, "key store", "this key store cannot erase");
}

Result<void> KeyStore::create(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(Errc::invalid_config, folder.string(),
                "cannot be made: " + std::error_code(errno, std::generic_category()).message());
  if (auto checked = check_secret_folder(folder); !checked) return checked;
  for (const char* name : {kSecrets[0], kSecrets[1], kSecrets[2], kDatabase}) {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(folder / name, ignored)))
      return fail(Errc::conflict, (folder / name).string(), "exists already; keys are never overwritten");
  }
  for (const char* name : kSecrets) {
    Bytes secret = crypto::random_bytes(kSecretSize);
    auto written = write_secret_file(folder / name, secret);
    OPENSSL_cleanse(secret.data(), secret.size());
    if (!written) return written;
  }
  // Made here and not by SQLite, so that it and the files beside it get mode 0600.
  if (auto written = write_secret_file(folder / kDatabase, ""); !written) return written;
  auto database = sqlite::Database::open(folder / kDatabase, sqlite::Database::Mode::read_write);
  if (!database) return database.error();
  if (auto configured = configure(*database); !configured) return configured;
  if (auto made = database->exec(kSchema); !made) return made;
  return sync_folder(folder);
}

Result<std::unique_ptr<KeyStore>> KeyStore::open(const fs::path& folder) {
  if (auto checked = check_secret_folder(folder); !checked) return checked.error();
  Bytes secrets[3];
  for (int i = 0; i < 3; ++i) {
    auto read = read_secret_file(folder / kSecrets[i], kSecretSize);
    if (!read) return read.error();
    secrets[i] = std::move(*read);
  }
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const fs::path path = folder / (kDatabase + std::string(suffix));
    std::error_code ignored;
    if (*suffix && !fs::exists(fs::symlink_status(path, ignored))) continue;
    if (auto checked = check_secret_file(path); !checked) return checked.error();
  }
  auto database = sqlite::Database::open(folder / kDatabase, sqlite::Database::Mode::read_write);
  if (!database) return database.error();
  if (auto configured = configure(*database); !configured) return configured.error();
  {
    auto version = database->query("PRAGMA user_version");
    auto row = version.step();
    if (!row) return row.error();
    if (version.integer(0) != kSchemaVersion)
      return fail(Errc::invalid_config, (folder / kDatabase).string(),
                  "has schema version " + std::to_string(version.integer(0)) + ", this program knows " +
                      std::to_string(kSchemaVersion) + "; start the version of the hub that made it");
  }
  return std::unique_ptr<KeyStore>(std::make_unique<FolderKeyStore>(std::move(secrets[0]), std::move(secrets[1]),
                                                                    std::move(secrets[2]), std::move(*database)));
}

}  // namespace samband
