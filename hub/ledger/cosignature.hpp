// Cosignatures of witnesses (C2SP tlog-cosignature, Ed25519, "cosignature/v1") and the policies that say how many are
// needed (C2SP tlog-policy). Pure, thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "ledger/note.hpp"

namespace samband::note {

using Cosigner = Verifier;  // of type kCosignature
inline Cosigner make_cosigner(std::string name, std::string_view public_key) {
  return make_verifier(std::move(name), public_key, kCosignature);
}

// One signature line over the text of a checkpoint. `at`: seconds since 1970.
std::string cosign(std::string_view text, std::int64_t at, const Cosigner&, const crypto::Signer&);
// When this witness says that it saw the checkpoint of the note; nothing when it does not, or says so wrongly.
std::optional<std::int64_t> cosigned_at(std::string_view signed_note, const Cosigner&);
// The text of a note, whoever signed it.
std::optional<std::string_view> text_of(std::string_view signed_note);

// Which logs are known, who witnesses them, and how many of those must have (C2SP tlog-policy).
class WitnessPolicy {
 public:
  struct Log {
    Verifier key;
    std::string url;
  };
  struct Witness {
    std::string name;  // in the policy; the key has a name of its own
    Cosigner key;
    std::string url;  // submission prefix; "" = not asked
  };
  // Errors: invalid_input with the line in `where` ("line 4").
  static Result<WitnessPolicy> parse(std::string_view text);

  const std::vector<Log>& logs() const { return logs_; }
  const std::vector<Witness>& witnesses() const { return witnesses_; }
  bool needs_witnesses() const { return quorum_ != "none"; }
  // Is the quorum met by the cosignatures of the note? The log's own signature is not looked at.
  bool is_met(std::string_view signed_note) const;
  // By the witnesses of these names, as they stand in the policy.
  bool is_met_by(std::set<std::string, std::less<>> witnesses) const;

 private:
  struct Group {
    std::string name;
    std::size_t needed;
    std::vector<std::string> members;
  };
  std::vector<Log> logs_;
  std::vector<Witness> witnesses_;
  std::vector<Group> groups_;  // each names earlier ones only
  std::string quorum_;
};

}  // namespace samband::note
