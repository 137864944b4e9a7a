// Development key store: a folder with mode 0700 and files with mode 0600; refuses anything laxer, and links.
//   master.key   32 bytes, wraps subject keys          log.seed   Ed25519 seed of the checkpoint key
//   subject.key  32 bytes, HMAC key of subject refs     keys.db    wrapped payload keys, apart from the data
// A payload key belongs to a set of subjects: destroying the key of any of them destroys every set it is in.
// Thread-safe.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/encoding.hpp"
#include "base/error.hpp"

namespace samband {

struct PayloadKey {
  std::int64_t id = 0;
  Bytes key;  // 32 bytes
};

class KeyStore {
 public:
  // Makes the folder and all keys; conflict when some exist.
  static Result<void> create(const std::filesystem::path& folder);
  static Result<std::unique_ptr<KeyStore>> open(const std::filesystem::path& folder);
  virtual ~KeyStore() = default;

  // Keyed subject reference: hex of the first 16 bytes of HMAC-SHA-256(subject key, "samband/subject/1\0" || 12-digit
  // number). Without a number: over role, names, birth date and address text that the caller joins.
  virtual std::string subject_ref(std::string_view identity) const = 0;
  // The key of this set of subjects (sorted, unique); made durable before it is returned when it is new. An empty set
  // is the hub's own key (quarantine, unreadable input).
  virtual Result<PayloadKey> payload_key(const std::vector<std::string>& subject_refs) = 0;
  // not_found when erased.
  virtual Result<PayloadKey> payload_key(std::int64_t id) = 0;
  virtual Bytes log_seed() const = 0;
  // Destroys every payload key that this subject has a part in and returns their ids; an id is never used again.
  // Another process on the same folder notices within a second. Copies in backups of keys.db are the operator's.
  virtual Result<std::vector<std::int64_t>> erase(std::string_view subject_ref);
};

}  // namespace samband
