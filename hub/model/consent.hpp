// Consent to break secrecy (OSL 10:1, 12:2, 12:3). It is not GDPR consent. Never deleted on expiry: closed.
#pragma once
#include <string>
#include <vector>

#include "base/time.hpp"

namespace samband {

struct Consent {
  std::string id;
  std::string subject_ref;  // keyed reference of the person whose secrecy it is
  std::string holder;       // party id of the authority that collected it
  std::string giver;        // "self", "guardian", "both_guardians", "guardian_and_child", "both_guardians_and_child"
  std::string maturity_assessor;        // who judged the child's maturity; "" = nobody. On record only that: see `side`
  std::vector<std::string> recipients;  // party ids
  std::vector<std::string> purposes;
  std::vector<std::string> categories;
  Time valid_from{}, valid_to{};  // [from, to)
  std::string evidence_sha256;    // hex, of the signed form
  std::string language;           // of the text shown: "sv", "en", ...
  std::string agreement;          // SIG: agreement it stands under; "" = none
  std::optional<Time> revoked_at;
  std::uint64_t leaf_index = 0;  // its ledger leaf
  std::int64_t key_id = 0;       // of the payload key that seals `side`; 0: erased, or nothing sealed
  std::string side;              // sealed: {"nonce", "details"} of its newest leaf's commitment
};

}  // namespace samband
