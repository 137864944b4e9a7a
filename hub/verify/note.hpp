// C2SP signed-note, tlog-checkpoint and the Ed25519 part of tlog-cosignature: verifier keys, notes, checkpoints.
// Lines of unknown keys are passed over, as the format demands; a known key whose signature is wrong rejects the note.
// Pure, thread-safe.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "verify/merkle.hpp"
#include "verify/outcome.hpp"

namespace samband::verify {

struct Key {
  static constexpr char kEd25519 = 0x01, kCosignature = 0x04, kMlDsa44 = 0x06;
  std::string name;
  std::string id;  // 4 bytes
  char type = kEd25519;
  std::string bytes;
  bool can_check() const { return type == kEd25519 || type == kCosignature; }
  bool operator==(const Key&) const = default;
};
// "<name>+<key id in hex>+<base64 of type and key>"
Result<Key> parse_key(std::string_view);

struct Signature {
  std::string name, id, bytes;
};

struct Note {
  std::string text;  // with its last line break
  std::vector<Signature> signatures;
};
Result<Note> parse_note(std::string_view, const std::string& where);

enum class Signed { by_none, yes, wrongly };
// `time`: seconds since 1970 that a cosignature carries, when it is not null.
Signed is_signed(const Note&, const Key&, std::uint64_t* time = nullptr);

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash root{};
  std::size_t extension_lines = 0;
};
Result<Checkpoint> parse_checkpoint(std::string_view text, const std::string& where);

// A note that this key has signed, read as a checkpoint. With `own` the origin must be the key's name.
Result<Checkpoint> open_checkpoint(std::string_view note, const Key&, bool own, const std::string& where);

void describe(const Checkpoint&, const Key&, Outcome&);

}  // namespace samband::verify
