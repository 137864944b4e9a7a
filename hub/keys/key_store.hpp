// Development key store: a folder with mode 0700 and files with mode 0600; refuses anything laxer, and links.
//   master.key   32 bytes, wraps subject keys          log.seed   Ed25519 seed of the checkpoint key
//   subject.key  32 bytes, HMAC key of subject refs     keys.db    wrapped payload keys, apart from the data
// master.key may be missing when systemd hands it over: $CREDENTIALS_DIRECTORY/samband-master-key goes before the file.
// Or `master.token` stands in its place: then a PKCS#11 token opens it (keys/token.hpp).
// A payload key belongs to a set of subjects and a retention period (keys/period.hpp): destroying the keys of a person
// destroys every set that the person is in, and nothing of other persons alone. Key ids are random: one that was
// destroyed never comes back with another key behind it, not even when an older keys.db is restored. Thread-safe.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "keys/token.hpp"

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
  // Would the master key of this folder open another keys.db, of a backup? One of an older schema is not judged: true.
  static Result<bool> fits(const std::filesystem::path& folder, const std::filesystem::path& other_database);
  // Wraps every payload key under a new master key: made here, or read from `new_key` (a file of 32 bytes, 0600), which
  // the caller then puts where the credential comes from. Refuses while anybody has the key store open. A rotation cut
  // short at any point leaves keys that open. How many keys.
  static Result<std::int64_t> rotate_master(const std::filesystem::path& folder,
                                            const std::filesystem::path& new_key = {});
  // The master key out of its file and under a token's guard (keys/token.hpp), and back. Refuse while anybody has the
  // key store open. conflict: it is there already.
  static Result<void> into_token(const std::filesystem::path& folder, const token::Slot&);
  static Result<void> out_of_token(const std::filesystem::path& folder);
  virtual ~KeyStore() = default;

  // Keyed subject reference: hex of the first 16 bytes of HMAC-SHA-256(subject key, "samband/subject/1\0" || 12-digit
  // number). Without a number: over role, names, birth date and address text that the caller joins.
  virtual std::string subject_ref(std::string_view identity) const = 0;
  // The key of this set of subjects (sorted, unique) and this period; made durable before it is returned when it is
  // new. An empty set is the hub's own key (quarantine, unreadable input).
  virtual Result<PayloadKey> payload_key(const std::vector<std::string>& subject_refs, std::string_view period) = 0;
  // not_found when erased.
  virtual Result<PayloadKey> payload_key(std::int64_t id) = 0;
  virtual Bytes log_seed() const = 0;
  // false: a new key could not be made durable. Stays so until a restart; nothing is accepted meanwhile.
  virtual bool healthy() const = 0;

  // Ids of the keys that this subject has a part in; of the keys of one period.
  virtual Result<std::vector<std::int64_t>> keys_of(std::string_view subject_ref) = 0;
  virtual Result<std::vector<std::int64_t>> keys_in(std::string_view period) = 0;
  virtual Result<std::vector<std::string>> periods() = 0;
  // Destroys these keys, those that are there; how many were. Another process on the same folder notices within a
  // second. Copies in backups of keys.db are destroyed when the list of erasures is replayed (keys/erasure_list.hpp).
  virtual Result<std::int64_t> destroy(const std::vector<std::int64_t>& ids) = 0;
  // Empties the write-ahead log, so that no byte of a destroyed key is left in it. busy: somebody reads; try again.
  virtual Result<void> scrub() = 0;
};

}  // namespace samband
