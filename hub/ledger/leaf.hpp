// A ledger leaf: deterministic CBOR (RFC 8949 section 4.2.1) with small integer keys, under 1 KiB, no personal data:
// codes, party ids and commitments only. docs/ledger-format.md lists the keys. Pure, thread-safe.
#pragma once
#include <string>
#include <vector>

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace samband {

enum class LeafType : std::uint8_t {
  decision = 1,
  delivery = 2,
  acknowledgement = 3,
  status = 4,
  consent = 5,
  revocation = 6,
  assessment = 7,
  rule_set = 8,
  break_glass = 9,
  erasure = 10,
  key = 11,
  recall = 12,
  alarm = 13,
  index = 14,    // root of the completeness index
  origin = 15,   // a message as it came, before it was decided about
  incident = 16  // a breach of personal data: opened, closed
};

struct Leaf {
  LeafType type{};
  Bytes event_id;  // 16 random bytes
  Time at{};
  std::string sender, recipient;         // party ids
  std::string subject_id;                // exchange or consent id this is about (uuid text)
  std::string outcome;                   // Outcome, state or status code
  std::vector<std::string> codes;        // rule ids and reason codes
  std::string ruleset_hash;              // hex; "" = none
  std::vector<std::uint64_t> relies_on;  // indices of consent, assessment, rule set, or earlier leaves of the exchange
  // Not written: places of leaves before this one in the same append, whose indices the writer puts first in relies_on.
  std::vector<std::size_t> relies_on_own;
  Bytes payload_commitment;  // HMAC-SHA-256(nonce, details), 32 bytes; empty = none
  bool operator==(const Leaf&) const = default;
};

// A leaf with a fresh event id; what its type needs beside this is set on it. The texts in order: who, to whom, about
// what, and what came of it.
Leaf make_leaf(LeafType, Time at, std::string sender, std::string recipient, std::string subject_id,
               std::string outcome, std::vector<std::uint64_t> relies_on = {});

Result<Bytes> encode_leaf(const Leaf&);            // too_large over 1023 bytes
Result<Leaf> decode_leaf(std::string_view bytes);  // decodes, re-encodes, compares: one byte form only

struct Commitment {
  Bytes nonce, digest;
};
Commitment commit_to(std::string_view details);  // fresh 32-byte nonce

}  // namespace samband
