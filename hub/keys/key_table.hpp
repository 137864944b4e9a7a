// keys.db: payload keys wrapped by the master key, by id and by name (subjects and period), apart from the data.
// Thread-safe, but for open and rewrap. Internal to hub/keys.
#pragma once
#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

#include "keys/key_cache.hpp"
#include "keys/key_store.hpp"
#include "keys/sqlite.hpp"

namespace samband {

inline constexpr std::size_t kSecretSize = 32;
inline constexpr const char* kKeyDatabase = "keys.db";
inline constexpr int kKeySchemaVersion = 2;

class KeyTable {
 public:
  // The file is there, empty.
  static Result<void> create(const std::filesystem::path& file, std::string_view master);
  // Brings an older schema up to date; refuses a newer one.
  static Result<sqlite::Database> open(const std::filesystem::path& file);
  // Is this the key that wraps the keys of the file? Noted in a file that does not say so yet.
  static Result<bool> fits(sqlite::Database&, std::string_view master);
  // The same of the key of subject references: another one would find nobody whom this store knows.
  static Result<bool> knows_subject_key(sqlite::Database&, std::string_view subject_key);
  // Every key under another master key, in one transaction; how many.
  static Result<std::int64_t> rewrap(sqlite::Database&, std::string_view from, std::string_view to);

  KeyTable(Bytes master, sqlite::Database database);
  ~KeyTable();

  Result<PayloadKey> find_or_make(const std::vector<std::string>& subjects, std::string_view period);
  Result<PayloadKey> find(std::int64_t id);
  Result<std::vector<std::int64_t>> keys_of(std::string_view subject);
  Result<std::vector<std::int64_t>> keys_in(std::string_view period);
  Result<std::vector<std::string>> periods();
  Result<std::int64_t> destroy(const std::vector<std::int64_t>& ids);
  Result<void> scrub();
  bool healthy() const { return can_write_; }

 private:
  std::atomic<bool> can_write_{true};
  struct Name {
    std::string subjects, period;
    std::string text() const { return subjects + '|' + period; }
  };
  Result<std::optional<PayloadKey>> load(const Name&);
  Result<PayloadKey> unwrap(std::int64_t id, const Bytes& wrapped, const std::string& name);
  Result<PayloadKey> make(const Name&);
  Result<void> forget_what_others_destroyed();

  Bytes master_;
  KeyCache cache_;
  std::mutex mutex_;  // of the database
  sqlite::Database database_;
  std::atomic<std::int64_t> next_look_{0};
  std::int64_t seen_version_ = -1;
};

}  // namespace samband
