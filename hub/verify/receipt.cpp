// One receipt: does this entry stand at this place of a log that this key signed, and what does it say?
#include "verify/checks.hpp"
#include "verify/entry.hpp"
#include "verify/log_folder.hpp"
#include "verify/policy.hpp"
#include "verify/proof.hpp"
#include "verify/text.hpp"

namespace samband::verify {
namespace {

constexpr std::size_t kReceiptSizeMax = 4 << 20, kPolicySizeMax = 1 << 20, kEntrySizeMax = 1 << 20;

// The entry: of the file, as it is or in base64, else what the receipt carries. The first that the proof fits.
Result<std::string> entry_of(const ReceiptOptions& o, const Proof& proof, const Checkpoint& checkpoint) {
  std::vector<std::string> candidates;
  if (!o.leaf.empty()) {
    auto bytes = read_file(o.leaf, kEntrySizeMax);
    if (!bytes) return bytes;
    candidates.push_back(*bytes);
    std::string_view text = *bytes;
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (auto decoded = from_base64(text)) candidates.push_back(std::move(*decoded));
  } else if (proof.extra) {
    candidates.push_back(*proof.extra);
  } else {
    return unusable("receipt", {"does not carry the entry (senders' receipts do): give it with --leaf FILE",
                                "innehåller inte posten (avsändarens kvitton gör det): ange den med --leaf FIL"});
  }
  for (const std::string& entry : candidates)
    if (root_by_inclusion(proof.index, checkpoint.size, leaf_hash(entry), proof.hashes) == checkpoint.root)
      return entry;
  // Of our receipts the extra line is the entry. What it is of others', only they know.
  if (o.opaque && o.leaf.empty())
    return unusable("receipt",
                    {"carries something that is not the entry, or was changed: give the entry with --leaf FILE",
                     "innehåller något som inte är posten, eller har ändrats: ange posten med --leaf FIL"});
  return invalid("receipt", {"does NOT prove this entry: entry, index or proof were changed",
                             "bevisar INTE den här posten: post, index eller bevis har ändrats"});
}

// The log's key: the one that was given, or the one of the policy's that signed.
Result<Key> signer(const ReceiptOptions& o, const std::optional<Policy>& policy, const Note& note) {
  if (!o.vkey.empty()) {
    auto key = parse_key(o.vkey);
    if (!key || !policy || policy->logs.empty()) return key;
    for (const Key& known : policy->logs)
      if (known == *key) return key;
    return unusable("--policy", {"does not know the log of --vkey", "känner inte loggen i --vkey"});
  }
  if (!policy || policy->logs.empty())
    return unusable("--vkey", {"the log's key is wanted, or a policy that names the log",
                               "loggens nyckel behövs, eller en policy som nämner loggen"});
  for (const Key& known : policy->logs)
    if (is_signed(note, known) == Signed::yes) return known;
  return invalid("checkpoint", {"is not signed by a log of the policy", "är inte signerad av någon logg i policyn"});
}

}  // namespace

Outcome check_receipt(const ReceiptOptions& o) {
  Outcome out;
  const auto stop = [&out](const Problem& p) {
    out.add(p);
    return out;
  };
  std::optional<Policy> policy;
  if (!o.policy.empty()) {
    auto text = read_file(o.policy, kPolicySizeMax);
    if (!text) return stop(text.problem());
    auto read = parse_policy(*text, o.policy.filename().string());
    if (!read) return stop(read.problem());
    policy = std::move(*read);
  }
  if (!o.vkey.empty())
    if (auto key = parse_key(o.vkey); !key) return stop(key.problem());
  auto text = read_file(o.file, kReceiptSizeMax);
  if (!text) return stop(text.problem());
  auto proof = parse_proof(*text, "receipt");
  if (!proof) return stop(proof.problem());
  auto note = parse_note(proof->checkpoint, "checkpoint");
  // What began as a receipt and ends without a note is a damaged receipt, not another kind of file.
  if (!note && proof->checkpoint.find("\n\n") == std::string::npos)
    return stop(invalid("checkpoint", note.problem().words));
  if (!note) return stop(note.problem());
  auto key = signer(o, policy, *note);
  if (!key) return stop(key.problem());
  auto checkpoint = open_checkpoint(proof->checkpoint, *key, !o.opaque, "checkpoint");
  if (!checkpoint) return stop(checkpoint.problem());
  describe(*checkpoint, *key, out);
  if (policy) {
    auto seen = cosigned(*note, *policy, "checkpoint");
    if (!seen) return stop(seen.problem());
    std::string names;
    for (const std::string& name : seen->witnesses) names += (names.empty() ? "" : ", ") + name;
    if (!names.empty()) {
      out.fact("witnesses", {"cosigned by", "medsignerad av"}, names);
      const std::uint64_t latest = std::min<std::uint64_t>(seen->newest, INT64_MAX / 1000);
      out.fact("witnessed", {"newest cosignature", "senaste medsignatur"},
               utc(static_cast<std::int64_t>(latest) * 1000));
    }
  }
  auto entry = entry_of(o, *proof, *checkpoint);
  if (!entry) return stop(entry.problem());
  out.number("index", {"entry number", "postens nummer"}, proof->index);
  Entry read;
  const auto mistake = read_entry(*entry, proof->index, read);
  if (!mistake)
    describe(read, out);
  else if (!o.opaque)
    return stop(invalid("entry " + std::to_string(proof->index), *mistake));
  else
    out.number("bytes", {"bytes of any kind", "byte av valfritt slag"}, entry->size());
  out.summary = {"this entry stands in the log that " + key->name + " signed",
                 "den här posten står i loggen som " + key->name + " har signerat"};
  return out;
}

}  // namespace samband::verify
