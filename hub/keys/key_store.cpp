#include "keys/key_store.hpp"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "keys/crypto.hpp"
#include "keys/folder_lock.hpp"
#include "keys/key_table.hpp"
#include "keys/secret_file.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;
constexpr const char *kMaster = "master.key", *kSubject = "subject.key", *kSeed = "log.seed", *kLock = "keys.lock";
constexpr const char *kNextMaster = "master.key.next", *kToken = "master.token";
constexpr const char* kCredential = "samband-master-key";

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

// systemd hands secrets over in a folder of the service's own (LoadCredential=samband-master-key:...).
std::optional<fs::path> credential() {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (!folder || !*folder || !is_there(fs::path(folder) / kCredential)) return std::nullopt;
  return fs::path(folder) / kCredential;
}

Result<FolderLock> lock_keys(const fs::path& folder, FolderLock::Mode mode) {
  return FolderLock::take(folder / kLock, mode,
                          mode == FolderLock::Mode::shared ? "the keys are being changed; try again when that is done"
                                                           : "a hub or a command uses these keys; stop it first");
}

class FolderKeyStore final : public KeyStore {
 public:
  FolderKeyStore(FolderLock lock, Bytes master, Bytes subject, Bytes seed, sqlite::Database database)
      : lock_(std::move(lock)),
        subject_(std::move(subject)),
        seed_(std::move(seed)),
        table_(std::move(master), std::move(database)) {}
  ~FolderKeyStore() override {
    for (Bytes* secret : {&subject_, &seed_}) OPENSSL_cleanse(secret->data(), secret->size());
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
  Result<PayloadKey> payload_key(const std::vector<std::string>& subject_refs, std::string_view period) override {
    return table_.find_or_make(subject_refs, period);
  }
  Result<PayloadKey> payload_key(std::int64_t id) override { return table_.find(id); }
  Bytes log_seed() const override { return seed_; }
  bool healthy() const override { return table_.healthy(); }
  Result<std::vector<std::int64_t>> keys_of(std::string_view subject_ref) override {
    return table_.keys_of(subject_ref);
  }
  Result<std::vector<std::int64_t>> keys_in(std::string_view period) override { return table_.keys_in(period); }
  Result<std::vector<std::string>> periods() override { return table_.periods(); }
  Result<std::int64_t> destroy(const std::vector<std::int64_t>& ids) override { return table_.destroy(ids); }
  Result<void> scrub() override { return table_.scrub(); }

 private:
  FolderLock lock_;
  Bytes subject_, seed_;
  KeyTable table_;
};

Result<void> check_database_files(const fs::path& folder) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const fs::path path = folder / (kKeyDatabase + std::string(suffix));
    if (*suffix && !is_there(path)) continue;
    if (auto checked = check_secret_file(path); !checked) return checked;
  }
  return {};
}

// Written over before it goes: what a flash disk makes of that is the disk's.
Result<void> forget_file(const fs::path& file) {
  {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out << std::string(kSecretSize, '\0') << std::flush;
  }
  std::error_code error;
  fs::remove(file, error);
  if (error) return fail(Errc::unavailable, file.string(), "cannot be removed; remove it by hand");
  return sync_folder(file.parent_path());
}

// A rotation that was cut short after its commit left the key that fits beside the old one.
Result<Bytes> finished_rotation(const fs::path& folder, sqlite::Database& database) {
  const Error wrong = fail(Errc::invalid_config, (folder / kMaster).string(),
                           "is not the key that wraps the keys of keys.db; restore the one that belongs to it");
  if (!is_there(folder / kNextMaster)) return wrong;
  auto next = read_secret_file(folder / kNextMaster, kSecretSize);
  if (!next) return next.error();
  auto fits = KeyTable::fits(database, *next);
  if (!fits) return fits.error();
  if (!*fits) return wrong;
  std::error_code error;
  fs::rename(folder / kNextMaster, folder / kMaster, error);
  if (error) return fail(Errc::invalid_config, (folder / kNextMaster).string(), "cannot be renamed to master.key");
  if (auto synced = sync_folder(folder); !synced) return synced.error();
  return next;
}

bool is_guarded(const fs::path& folder) { return !credential() && is_there(folder / kToken); }

// The key that wraps: from the credential, the token or the folder.
Result<Bytes> read_master(const fs::path& folder) {
  if (is_guarded(folder)) return token::unseal(folder / kToken);
  const auto given = credential();
  return read_secret_file(given ? *given : folder / kMaster, kSecretSize);
}

// That key, with the database that it fits.
struct Opened {
  Bytes master;
  sqlite::Database database;
};
Result<Opened> open_database(const fs::path& folder) {
  if (auto checked = check_database_files(folder); !checked) return checked.error();
  const auto given = credential();
  const bool guarded = is_guarded(folder);
  auto master = read_master(folder);
  if (!master) return master.error();
  auto database = KeyTable::open(folder / kKeyDatabase);
  if (!database) return database.error();
  auto fits = KeyTable::fits(*database, *master);
  if (!fits) return fits.error();
  if (!*fits && (given || guarded))
    return fail(Errc::invalid_config, (given ? *given : folder / kToken).string(),
                "is not the key that wraps the keys of keys.db");
  if (!*fits) master = finished_rotation(folder, *database);
  // A move into the token that was cut short.
  if (guarded && is_there(folder / kMaster))
    if (auto gone = forget_file(folder / kMaster); !gone) return gone.error();
  if (!master) return master.error();
  return Opened{std::move(*master), std::move(*database)};
}

}  // namespace

Result<void> KeyStore::create(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(Errc::invalid_config, folder.string(),
                "cannot be made: " + std::error_code(errno, std::generic_category()).message());
  if (auto checked = check_secret_folder(folder); !checked) return checked;
  for (const char* name : {kMaster, kSubject, kSeed, kKeyDatabase})
    if (is_there(folder / name))
      return fail(Errc::conflict, (folder / name).string(), "exists already; keys are never overwritten");
  Bytes master = crypto::random_bytes(kSecretSize);
  Bytes subject = crypto::random_bytes(kSecretSize), seed = crypto::random_bytes(kSecretSize);
  auto made = [&]() -> Result<void> {
    if (auto r = write_secret_file(folder / kMaster, master); !r) return r;
    if (auto r = write_secret_file(folder / kSubject, subject); !r) return r;
    if (auto r = write_secret_file(folder / kSeed, seed); !r) return r;
    // Made here and not by SQLite, so that it and the files beside it get mode 0600.
    if (auto r = write_secret_file(folder / kKeyDatabase, ""); !r) return r;
    return KeyTable::create(folder / kKeyDatabase, master);
  }();
  for (Bytes* secret : {&master, &subject, &seed}) OPENSSL_cleanse(secret->data(), secret->size());
  return made ? sync_folder(folder) : made;
}

Result<std::unique_ptr<KeyStore>> KeyStore::open(const fs::path& folder) {
  if (auto checked = check_secret_folder(folder); !checked) return checked.error();
  auto lock = lock_keys(folder, FolderLock::Mode::shared);
  if (!lock) return lock.error();
  auto subject = read_secret_file(folder / kSubject, kSecretSize);
  if (!subject) return subject.error();
  auto seed = read_secret_file(folder / kSeed, kSecretSize);
  if (!seed) return seed.error();
  auto opened = open_database(folder);
  if (!opened) return opened.error();
  auto known = KeyTable::knows_subject_key(opened->database, *subject);
  if (!known) return known.error();
  if (!*known)
    return fail(Errc::invalid_config, (folder / kSubject).string(),
                "is not the key that this store's persons are known by; restore the one that belongs to keys.db");
  return std::unique_ptr<KeyStore>(std::make_unique<FolderKeyStore>(
      std::move(*lock), std::move(opened->master), std::move(*subject), std::move(*seed), std::move(opened->database)));
}

Result<bool> KeyStore::fits(const fs::path& folder, const fs::path& other_database) {
  auto master = read_master(folder);
  if (!master) return master.error();
  auto database = sqlite::Database::open(other_database, sqlite::Database::Mode::read_only);
  if (!database) return database.error();
  {
    auto query = database->query("PRAGMA user_version");
    if (auto row = query.step(); !row) return row.error();
    if (query.integer(0) != kKeySchemaVersion) return true;
  }
  auto fit = KeyTable::fits(*database, *master);
  OPENSSL_cleanse(master->data(), master->size());
  return fit;
}

// Crash by crash: before the commit of the re-wrapped keys the old file is the one that fits and what lies beside it is
// nothing; after it, open() finds the new one beside and puts it in place.
Result<std::int64_t> KeyStore::rotate_master(const fs::path& folder, const fs::path& new_key) {
  if (auto checked = check_secret_folder(folder); !checked) return checked.error();
  auto lock = lock_keys(folder, FolderLock::Mode::exclusive);
  if (!lock) return lock.error();
  if (is_there(folder / kToken) && !credential())
    return fail(Errc::conflict, (folder / kToken).string(),
                "a token guards the master key: samband keys token out, rotate, and samband keys token in");
  auto opened = open_database(folder);
  if (!opened) return opened.error();
  if (credential() && new_key.empty())
    return fail(Errc::invalid_config, "master key",
                "comes from systemd; name a file with the new key, and put it where the credential is loaded from");
  const bool from_systemd = credential().has_value();
  Bytes next;
  if (new_key.empty()) {
    next = crypto::random_bytes(kSecretSize);
  } else {
    auto read = read_secret_file(new_key, kSecretSize);
    if (!read) return read.error();
    next = std::move(*read);
  }
  if (!from_systemd) {
    std::error_code ignored;
    fs::remove(folder / kNextMaster, ignored);  // of a rotation that never committed: it fits nothing
    if (auto written = write_secret_file(folder / kNextMaster, next); !written) return written.error();
    if (auto synced = sync_folder(folder); !synced) return synced.error();
  }
  auto count = KeyTable::rewrap(opened->database, opened->master, next);
  OPENSSL_cleanse(opened->master.data(), opened->master.size());
  OPENSSL_cleanse(next.data(), next.size());
  if (!count) return count;
  if (!from_systemd) {
    auto placed = finished_rotation(folder, opened->database);
    if (!placed) return placed.error();
    OPENSSL_cleanse(placed->data(), placed->size());
  }
  if (auto emptied = opened->database.exec("PRAGMA wal_checkpoint(TRUNCATE)"); !emptied) return emptied.error();
  return count;
}

Result<void> KeyStore::into_token(const fs::path& folder, const token::Slot& slot) {
  if (auto checked = check_secret_folder(folder); !checked) return checked;
  auto lock = lock_keys(folder, FolderLock::Mode::exclusive);
  if (!lock) return lock.error();
  if (is_there(folder / kToken)) return fail(Errc::conflict, (folder / kToken).string(), "a token guards it already");
  if (credential()) return fail(Errc::conflict, "master key", "comes from systemd; a token cannot guard it there");
  auto opened = open_database(folder);  // only a key that fits is worth guarding
  if (!opened) return opened.error();
  auto sealed = token::seal(folder / kToken, slot, opened->master);
  OPENSSL_cleanse(opened->master.data(), opened->master.size());
  if (!sealed) return sealed;
  if (auto synced = sync_folder(folder); !synced) return synced;
  return forget_file(folder / kMaster);
}

Result<void> KeyStore::out_of_token(const fs::path& folder) {
  if (auto checked = check_secret_folder(folder); !checked) return checked;
  auto lock = lock_keys(folder, FolderLock::Mode::exclusive);
  if (!lock) return lock.error();
  auto master = token::unseal(folder / kToken);
  if (!master) return master.error();
  std::error_code ignored;
  fs::remove(folder / kMaster, ignored);  // of a move that was cut short: the token's is the one that counts
  auto written = write_secret_file(folder / kMaster, *master);
  OPENSSL_cleanse(master->data(), master->size());
  if (!written) return written;
  if (auto synced = sync_folder(folder); !synced) return synced;
  fs::remove(folder / kToken, ignored);
  return sync_folder(folder);
}

}  // namespace samband
