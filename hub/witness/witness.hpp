// A witness for the logs of other hubs (C2SP tlog-witness): cosigns a checkpoint when it provably continues the one it
// cosigned last, and never another history. Remembers in a database of its own; what it has cosigned is durable before
// it answers. Thread-safe.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "keys/sqlite.hpp"
#include "ledger/cosignature.hpp"

namespace samband {

class Witness {
 public:
  struct Answer {
    int status = 0;            // as the specification has it
    std::string content_type;  // "text/x.tlog.size" with a size, else text/plain
    std::string body;
    std::string origin;  // of a known log; for the journal
  };
  // `seed`: 32 bytes. `logs`: whose checkpoints are cosigned. Errors: unavailable, invalid_config (a database of a
  // newer program, or of another key).
  static Result<std::unique_ptr<Witness>> open(const std::filesystem::path& database, std::string name, Bytes seed,
                                               std::vector<note::WitnessPolicy::Log> logs);

  // The body of POST <prefix>/add-checkpoint.
  Answer add_checkpoint(std::string_view body, Time now);
  // GET <prefix>/<SHA-256 of the origin, hex>/checkpoint: the one that was cosigned last.
  Answer newest_checkpoint(std::string_view origin_hash);
  std::string verifier_key() const { return note::to_text(key_); }

 private:
  Witness(sqlite::Database database, note::Cosigner key, const Bytes& seed, std::vector<note::WitnessPolicy::Log> logs);
  Answer judge(const note::Checkpoint& old, const note::Checkpoint& next, std::string_view signed_note,
               const merkle::Proof&, Time now);
  Result<note::Checkpoint> last(const std::string& origin);

  std::mutex mutex_;
  sqlite::Database database_;
  const note::Cosigner key_;
  const crypto::Signer signer_;
  const std::vector<note::WitnessPolicy::Log> logs_;
};

}  // namespace samband
