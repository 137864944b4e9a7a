// Texts of the transparency log, as C2SP specifies them: signed-note, tlog-checkpoint, tlog-proof. Only Ed25519
// signatures (type 0x01) are made and checked; lines of unknown keys are passed over, as the format demands.
// Pure, thread-safe.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "keys/crypto.hpp"
#include "ledger/merkle.hpp"

namespace samband::note {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  merkle::Hash root{};
  bool operator==(const Checkpoint&) const = default;
};

// Signature types of C2SP signed-note: of a log over its note, of a witness over a timed statement about it.
inline constexpr char kEd25519 = '\x01', kCosignature = '\x04';

struct Verifier {
  std::string name;
  Bytes key_id;      // 4 bytes
  Bytes public_key;  // 32 bytes
  char type = kEd25519;
};

bool is_key_name(std::string_view);  // not empty, no white space, no '+', no control characters
Verifier make_verifier(std::string name, std::string_view public_key, char type = kEd25519);
std::string to_text(const Verifier&);  // "<name>+<8 hex digits>+<base64(type || key)>"
// A key of this type; invalid_config.
Result<Verifier> parse_verifier(std::string_view, char type = kEd25519);

std::string to_text(const Checkpoint&);  // the note's text, with the last line break
Result<Checkpoint> parse_checkpoint(std::string_view);
std::string sign(std::string_view text, const Verifier&, const crypto::Signer&);
// The text of the note, when it carries a valid signature of this key: invalid_input otherwise.
Result<std::string> open(std::string_view signed_note, const Verifier&);

// A receipt: c2sp.org/tlog-proof@v1.
struct LogProof {
  std::uint64_t index = 0;
  merkle::Proof hashes;
  std::string checkpoint;  // signed note
  Bytes extra = {};        // of the hub's receipts: the leaf; empty = none
};
std::string to_text(const LogProof&);
Result<LogProof> parse_proof(std::string_view);

}  // namespace samband::note
