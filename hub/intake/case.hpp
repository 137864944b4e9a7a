// A message that has been read and checked, with everything the decision needs. Immutable after intake and shared by
// the exchanges that come out of it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/encoding.hpp"
#include "model/kinds.hpp"
#include "model/message.hpp"

namespace samband {

struct Case {
  Message message;
  const Kind* kind = nullptr;
  std::vector<Field> fields;
  std::vector<std::string> subject_refs;  // sorted, unique: whose key seals it
  std::int64_t key_id = 0;
  Bytes key;
  Bytes content_hash;            // SHA-256 of the bytes as received
  std::string sender_signature;  // detached JWS over these bytes, checked; "" = not signed
  std::string canonical;         // canonical message text, as sealed in the store
};
using CasePtr = std::shared_ptr<const Case>;

}  // namespace samband
