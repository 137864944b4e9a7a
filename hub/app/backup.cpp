#include "app/backup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "app/settings.hpp"
#include "keys/crypto.hpp"
#include "keys/erasure_list.hpp"
#include "keys/folder_lock.hpp"
#include "keys/key_store.hpp"
#include "keys/key_table.hpp"
#include "keys/secret_file.hpp"
#include "keys/sqlite_copy.hpp"
#include "ledger/guard_file.hpp"
#include "ledger/ledger.hpp"
#include "ledger/note.hpp"
#include "store/restore_mark.hpp"
#include "store/schema.hpp"

namespace samband::cli {
namespace {

namespace fs = std::filesystem;
constexpr const char *kManifest = "manifest.json", *kData = "data/hub.db", *kKeys = "keys/keys.db";
const std::string kList = std::string("keys/") + kErasureList;
constexpr std::size_t kManifestBytesMax = 64u << 10;

Error refuse(const fs::path& path, const std::string& what) { return fail(Errc::invalid_config, path.string(), what); }

Result<void> make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  return fail(Errc::invalid_input, path.string(), "cannot be made (a folder that is there is never written into)");
}

// Into a new file with mode 0600, durable.
Result<void> copy_durably(const fs::path& from, const fs::path& to) {
  std::ifstream in(from, std::ios::binary);
  const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (!in.is_open() || fd < 0) {
    if (fd >= 0) ::close(fd);
    return refuse(fd < 0 ? to : from, "cannot be opened");
  }
  std::string piece(1u << 20, '\0');
  bool good = true;
  while (in && good) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto count = in.gcount();
    good = ::write(fd, piece.data(), static_cast<std::size_t>(count)) == count;
  }
  good = good && !in.bad() && ::fsync(fd) == 0;
  ::close(fd);
  return good ? Result<void>() : Result<void>(refuse(to, "cannot be written"));
}

Result<void> sync_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool good = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  return good ? Result<void>() : Result<void>(refuse(path, "cannot be made durable"));
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

Result<json::object> read_manifest(const fs::path& folder) {
  const fs::path path = folder / kManifest;
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || size > kManifestBytesMax) return refuse(path, "is not the manifest of a backup");
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto parsed = parse_json(text);
  const json::value* format = parsed ? find_pointer(*parsed, "/format") : nullptr;
  const json::value* files = parsed ? find_pointer(*parsed, "/files") : nullptr;
  const json::value* log_size = parsed ? find_pointer(*parsed, "/logSize") : nullptr;
  if (!format || !format->is_int64() || !files || !files->is_object() || !log_size || !log_size->is_int64())
    return refuse(path, "is not the manifest of a backup");
  if (format->get_int64() != 1) return refuse(path, "is of a newer version of the hub");
  return std::move(parsed->get_object());
}

// Every file of the manifest is there, whole, as it was written.
Result<json::object> checked_manifest(const fs::path& folder) {
  auto manifest = read_manifest(folder);
  if (!manifest) return manifest;
  for (const std::string& name : {std::string(kData), std::string(kKeys), kList}) {
    const json::value* known = manifest->at("files").as_object().if_contains(name);
    if (!known && name == kList) continue;  // nothing had been erased
    if (!known || !known->is_string()) return refuse(folder / kManifest, "does not name " + name);
    auto digest = crypto::sha256_of_file(folder / name);
    if (!digest) return digest.error();
    if (*digest != std::string_view(known->get_string()))
      return refuse(folder / name, "is not what was written: damaged");
  }
  return manifest;
}

// The store itself and its log.
Result<std::vector<std::int64_t>> check_data(Store& store, const std::string& key, StoreCheck& out) {
  if (auto sound = store.check(); !sound) out.problems.push_back(sound.error());
  auto log = Ledger::verify(store, key);
  if (!log) {
    out.problems.push_back(log.error());
  } else {
    out.log_size = log->size;
    out.problems.insert(out.problems.end(), log->problems.begin(), log->problems.end());
  }
  return store.key_ids();
}

std::string verifier_key(const Config& config, const KeyStore& keys) {
  return note::to_text(note::make_verifier(config.log.origin, crypto::ed25519_public(keys.log_seed())));
}

void note_lost(std::int64_t lost, StoreCheck& out) {
  if (lost == 0) return;
  out.problems.push_back(refuse(kKeyDatabase, std::to_string(lost) + " keys that rows are sealed with are not there"));
}

std::string guard_words(const Config& config, std::uint64_t log_size) {
  const auto file = guard_file_of(config);
  auto known = file ? GuardFile::read(*file) : Result<std::optional<note::Checkpoint>>(file.error());
  if (!known) return "the rollback guard cannot be read: " + in_words(known.error());
  if (!*known)
    return "there is no rollback guard: nothing tells whether this is the newest data of this log, and the hub will "
           "refuse to sign on (samband log guard)";
  const std::uint64_t seen = (*known)->size;
  if (seen <= log_size) return "the rollback guard knows " + std::to_string(seen) + " entries: the hub will sign on";
  return "the rollback guard knows " + std::to_string(seen) + " entries, the backup has " + std::to_string(log_size) +
         ": the hub will refuse to sign on, because " + std::to_string(seen - log_size) +
         " entries that others may hold receipts of would be signed anew. Restore a newer backup, or begin a new log "
         "with an origin and a key of its own and keep this one for reading";
}

}  // namespace

// ---- making ----------------------------------------------------------------------------------------------------

Result<json::object> make_backup(const Config& config, const fs::path& folder) {
  auto store = Store::open(config.data_dir, true);
  if (!store) return store.error();
  for (const fs::path& made : {folder, folder / "data", folder / "keys"})
    if (auto done = make_folder(made); !done) return done.error();
  auto checkpoint = (*store)->checkpoint();  // of the same commit as the copy
  if (!checkpoint) return checkpoint.error();
  if (auto copied = (*store)->copy_to(folder / kData); !copied) return copied.error();
  auto keys = sqlite::Database::open(config.keys_dir / kKeyDatabase, sqlite::Database::Mode::read_only);
  if (!keys) return keys.error();
  if (auto copied = sqlite::copy_database(*keys, folder / kKeys); !copied) return copied.error();
  const fs::path list = config.keys_dir / kErasureList;
  if (is_there(list))
    if (auto copied = copy_durably(list, folder / kList); !copied) return copied.error();

  json::object files;
  for (const std::string& name : {std::string(kData), std::string(kKeys), kList}) {
    if (!is_there(folder / name)) continue;
    if (auto synced = sync_file(folder / name); !synced) return synced.error();
    auto digest = crypto::sha256_of_file(folder / name);
    if (!digest) return digest.error();
    files[name] = *digest;
  }
  const std::uint64_t size = *checkpoint ? (*checkpoint)->first : 0;
  json::object manifest{{"format", 1},
                        {"made", to_rfc3339(system_clock().now())},
                        {"origin", config.log.origin},
                        {"logSize", static_cast<std::int64_t>(size)},
                        {"checkpoint", *checkpoint ? (*checkpoint)->second : std::string()},
                        {"files", std::move(files)}};
  for (const fs::path& made : {folder / "data", folder / "keys"})
    if (auto synced = sync_folder(made); !synced) return synced.error();
  // Last: a folder without a manifest is no backup.
  if (auto written = write_secret_file(folder / kManifest, json::serialize(manifest) + "\n"); !written)
    return written.error();
  if (auto synced = sync_folder(folder); !synced) return synced.error();
  return manifest;
}

// ---- putting back ----------------------------------------------------------------------------------------------

namespace {

// What is there, with the files that SQLite keeps beside it, under another name.
Result<void> set_aside(const fs::path& file, const std::string& mark) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const fs::path path = file.string() + suffix;
    if (!is_there(path)) continue;
    const fs::path aside = file.string() + ".before-" + mark + suffix;
    std::error_code error;
    fs::rename(path, aside, error);
    if (error) return refuse(path, "cannot be set aside");
  }
  return {};
}

// Everything that was set aside, by this restore or one that was cut short: no erasure reaches it.
json::array aside_of(const std::vector<fs::path>& files) {
  std::vector<std::string> names;
  for (const fs::path& file : files) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(file.parent_path(), error))
      if (entry.path().filename().string().starts_with(file.filename().string() + ".before-"))
        names.push_back(entry.path().string());
  }
  std::sort(names.begin(), names.end());
  return json::array(names.begin(), names.end());
}

// From here to its end the folders hold half of each: nothing opens the store until a restore has ended.
Result<void> begin(const fs::path& mark, const fs::path& backup) {
  if (is_there(mark)) return {};
  if (auto written = write_secret_file(mark, fs::absolute(backup).string() + "\n"); !written) return written;
  return sync_folder(mark.parent_path());
}

Result<void> end(const fs::path& mark) {
  std::error_code error;
  fs::remove(mark, error);
  if (error) return refuse(mark, "cannot be removed");
  return sync_folder(mark.parent_path());
}

Result<void> put(const fs::path& from, const fs::path& to) {
  const fs::path next = to.string() + ".restored";
  std::error_code error;
  fs::remove(next, error);
  if (auto copied = copy_durably(from, next); !copied) return copied;
  fs::rename(next, to, error);
  if (error) return refuse(to, "cannot be put in place");
  return sync_folder(to.parent_path());
}

Result<void> known_version(const fs::path& file, int newest) {
  auto database = sqlite::Database::open(file, sqlite::Database::Mode::read_only);
  if (!database) return database.error();
  auto query = database->query("PRAGMA user_version");
  if (auto row = query.step(); !row) return row.error();
  if (query.integer(0) <= newest) return {};
  return refuse(file, "has schema version " + std::to_string(query.integer(0)) + ", this program knows " +
                          std::to_string(newest) + "; restore it with the version of the hub that made it");
}

}  // namespace

Result<json::object> restore_backup(const Config& config, const fs::path& folder, bool replace) {
  auto manifest = checked_manifest(folder);
  if (!manifest) return manifest;
  if (auto known = known_version(folder / kData, store::kSchemaVersion); !known) return known.error();
  if (auto known = known_version(folder / kKeys, kKeySchemaVersion); !known) return known.error();
  // All of this before anything is set aside: a backup that cannot be used replaces nothing.
  const json::value* origin = manifest->if_contains("origin");
  if (!origin || !origin->is_string() || origin->get_string() != config.log.origin)
    return refuse(folder / kManifest, "is a backup of another log: its origin is not the one of the configuration");
  auto fits = KeyStore::fits(config.keys_dir, folder / kKeys);
  if (!fits) return fits.error();
  if (!*fits)
    return refuse(folder / kKeys,
                  "is wrapped under another master key: put the master.key of that time in place (from the safe), "
                  "restore, and rotate it again");
  if (::mkdir(config.data_dir.c_str(), 0700) != 0 && errno != EEXIST) return refuse(config.data_dir, "cannot be made");
  json::array aside;
  {
    const std::string runs = "a hub runs on this folder, or a command uses it: stop it first";
    auto data_lock = FolderLock::take(config.data_dir / "hub.lock", FolderLock::Mode::exclusive, runs);
    if (!data_lock) return data_lock.error();
    auto keys_lock = FolderLock::take(config.keys_dir / "keys.lock", FolderLock::Mode::exclusive, runs);
    if (!keys_lock) return keys_lock.error();
    const fs::path data = config.data_dir / "hub.db", keys = config.keys_dir / "keys.db";
    const fs::path unfinished = config.data_dir / kRestoreMark;  // then what is there is what was half put back
    for (const fs::path& file : {data, keys})
      if (is_there(file) && !replace && !is_there(unfinished)) return refuse(file, "is there; --replace sets it aside");
    if (auto done = begin(unfinished, folder); !done) return done.error();
    // First, so that nothing restored is ever without it.
    if (is_there(folder / kList))
      if (auto merged = erasure_list::merge(config.keys_dir / kErasureList, folder / kList); !merged)
        return merged.error();
    const std::string mark = std::to_string(system_clock().now().time_since_epoch().count());
    for (const fs::path& file : {data, keys})
      if (auto done = set_aside(file, mark); !done) return done.error();
    if (auto done = put(folder / kKeys, keys); !done) return done.error();
    if (auto done = put(folder / kData, data); !done) return done.error();
    if (auto done = end(unfinished); !done) return done.error();
    aside = aside_of({data, keys});
  }
  // The rows go when the hub starts; without their keys they say nothing until then.
  auto keys = KeyStore::open(config.keys_dir);
  if (!keys) return keys.error();
  auto list = erasure_list::read(config.keys_dir / kErasureList);
  if (!list) return list.error();
  std::int64_t destroyed = 0;
  for (const ErasureEntry& entry : *list) {
    auto gone = (*keys)->destroy(entry.keys);
    if (!gone) return gone.error();
    destroyed += *gone;
  }
  if (auto scrubbed = (*keys)->scrub(); !scrubbed) return scrubbed.error();
  const auto size = static_cast<std::uint64_t>(manifest->at("logSize").as_int64());
  return json::object{{"logSize", manifest->at("logSize")},
                      {"destroyed", destroyed},
                      {"setAside", std::move(aside)},
                      {"guard", guard_words(config, size)}};
}

// ---- checking --------------------------------------------------------------------------------------------------

Result<StoreCheck> check_store(const Config& config) {
  if (auto whole = check_restored(config.data_dir); !whole) return whole.error();
  auto keys = KeyStore::open(config.keys_dir);
  if (!keys) return keys.error();
  auto store = Store::open(config.data_dir, true);
  if (!store) return store.error();
  StoreCheck out;
  auto ids = check_data(**store, verifier_key(config, **keys), out);
  if (!ids) return ids.error();
  std::int64_t lost = 0;
  for (const std::int64_t id : *ids) {
    auto opened = (*keys)->payload_key(id);
    if (opened) {
      ++out.keys;
    } else if (opened.error().code == Errc::not_found) {
      ++lost;
    } else {
      out.problems.push_back(opened.error());
      break;
    }
  }
  note_lost(lost, out);
  return out;
}

// The keys of a backup are wrapped: that they are there, as they were written, is what can be told without the master
// key that belonged to it.
Result<StoreCheck> check_backup(const Config& config, const fs::path& folder) {
  auto manifest = checked_manifest(folder);
  if (!manifest) return manifest.error();
  auto own = KeyStore::open(config.keys_dir);
  if (!own) return own.error();
  auto store = Store::open(folder / "data", true);
  if (!store) return store.error();
  auto keys = sqlite::Database::open(folder / kKeys, sqlite::Database::Mode::read_only);
  if (!keys) return keys.error();
  StoreCheck out;
  auto ids = check_data(**store, verifier_key(config, **own), out);
  if (!ids) return ids.error();
  std::int64_t lost = 0;
  for (const std::int64_t id : *ids) {
    auto query = keys->query("SELECT 1 FROM payload_key WHERE id = ?", id);
    auto row = query.step();
    if (!row) return row.error();
    *row ? ++out.keys : ++lost;
  }
  note_lost(lost, out);
  return out;
}

}  // namespace samband::cli
