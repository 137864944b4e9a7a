// The receiving side: decode through the sender's adapter, schema of the kind, identity numbers, who it is about.
// What cannot be read is the caller's to quarantine. Thread-safe: no state beyond its parts.
#pragma once
#include <string>
#include <vector>

#include "base/time.hpp"
#include "intake/case.hpp"
#include "intake/rows.hpp"
#include "intake/signatures.hpp"
#include "keys/key_store.hpp"
#include "model/party.hpp"
#include "plugin_host/plugin_host.hpp"

namespace samband {

struct Incoming {
  const Party* sender = nullptr;
  std::string adapter;  // "" = canonical
  std::string media_type, headers_json, body;
  std::int64_t after = 0;  // of a file of rows: those up to this line were answered before
  // What the sender signed the body with: a detached JWS (RFC 7515 appendix F) by the key of its certificate. "" = not.
  std::string signature = {}, public_key = {};  // public_key: SubjectPublicKeyInfo, DER
};

class Intake {
 public:
  struct Limits {
    std::chrono::seconds clock_skew_max{300};
    std::size_t persons_max = 64;
  };
  Intake(const Kinds&, KeyStore&, PluginHost&, const Parties&, const Signatures&, Limits);

  // Errors: unauthorised (a signature that is not of this body by this sender), forbidden (adapter or kind that this
  // party may not use), invalid_input with a JSON pointer or the adapter's place, unavailable (keys).
  struct Body {
    std::vector<Case> cases;        // checked whole: what one of them lacks refuses all
    std::vector<std::string> rows;  // or a file of rows, unread: each stands alone (intake/rows.hpp)
  };
  Result<Body> read(const Incoming&, Time now) const;
  // One row of a file that this sender sent. Errors as above.
  Result<Case> read(const Incoming&, Row, Time now) const;
  // A key of the sender (a message id, a conversation, what it corrects) in a notice that may hold no identity number:
  // itself, or where it may hold one the same word in its place whatever the day, which nobody else can compute.
  std::string sender_key(const Party&, std::string_view key) const;
  // A stored message again: `canonical` was checked when it came.
  Result<Case> reread(const std::string& canonical, std::string id, std::string sender, Time received_at,
                      std::int64_t key_id) const;
  // A message that the hub writes on behalf of a party (receipt, recall, status). Checked like any other. One that
  // names no person is sealed with `about_key`, the key of the exchange that it is about (0: none), and goes with it.
  Result<Case> make(const Party& sender, json::value canonical, Time now, std::int64_t about_key) const;

 private:
  Result<Case> check(const Party& sender, std::string canonical_text, Time now, bool by_hub,
                     std::int64_t about_key = 0) const;
  Result<void> name_persons(Case&) const;

  const Kinds& kinds_;
  KeyStore& keys_;
  PluginHost& plugins_;
  const Parties& parties_;
  const Signatures& signatures_;
  Limits limits_;
};

// Keyed reference of a person: by identity number when there is one, else by name, birth date and address.
std::string subject_reference(const KeyStore&, const Person&, const json::value& data, std::size_t index);

}  // namespace samband
