#include "ledger/note.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace samband::note {
namespace {

constexpr std::string_view kProofHeader = "c2sp.org/tlog-proof@v1\n";
constexpr std::string_view kDash = "\xE2\x80\x94 ";  // em dash and space
constexpr std::size_t kNoteSizeMax = 64 << 10, kHashesMax = 64;

Error wrong(const char* what) { return fail(Errc::invalid_input, "signed note", what); }

// Takes a line without its break; nothing when there is no break.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<merkle::Hash> parse_hash(std::string_view base64) {
  const auto bytes = from_base64(base64);
  if (!bytes || bytes->size() != 32) return std::nullopt;
  return merkle::to_hash(*bytes);
}

}  // namespace

bool is_key_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '+'; });
}

Verifier make_verifier(std::string name, std::string_view public_key, char type) {
  Bytes id = crypto::sha256(name + '\n' + type + std::string(public_key));
  id.resize(4);
  return {std::move(name), std::move(id), Bytes(public_key), type};
}

std::string to_text(const Verifier& verifier) {
  return verifier.name + '+' + to_hex(verifier.key_id) + '+' + to_base64(verifier.type + verifier.public_key);
}

Result<Verifier> parse_verifier(std::string_view text, char type) {
  const Error error = fail(Errc::invalid_config, "verifier key",
                           type == kEd25519 ? "must be <name>+<key id>+<base64 of 01 and key>"
                                            : "must be a witness's: <name>+<key id>+<base64 of 04 and key>");
  const std::size_t first = text.find('+');
  if (first == std::string_view::npos) return error;
  const std::size_t second = text.find('+', first + 1);
  if (second == std::string_view::npos) return error;
  const std::string_view name = text.substr(0, first);
  const auto key = from_base64(text.substr(second + 1));
  if (!is_key_name(name) || !key || key->size() != 33 || key->front() != type) return error;
  Verifier verifier = make_verifier(std::string(name), std::string_view(*key).substr(1), type);
  if (to_hex(verifier.key_id) != text.substr(first + 1, second - first - 1)) return error;
  return verifier;
}

std::string to_text(const Checkpoint& checkpoint) {
  return checkpoint.origin + '\n' + std::to_string(checkpoint.size) + '\n' + to_base64(merkle::view(checkpoint.root)) +
         '\n';
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto origin = take_line(text);
  const auto size = origin ? take_line(text) : std::nullopt;
  const auto root = size ? take_line(text) : std::nullopt;
  if (!root || origin->empty()) return wrong("a checkpoint has three lines: origin, size, root");
  const auto number = parse_number(*size);
  const auto hash = parse_hash(*root);
  if (!number || !hash) return wrong("size or root of the checkpoint is malformed");
  return Checkpoint{std::string(*origin), *number, *hash};
}

std::string sign(std::string_view text, const Verifier& key, const crypto::Signer& signer) {
  std::string out(text);
  out += '\n';
  out += kDash;
  out += key.name + ' ' + to_base64(key.key_id + signer.sign(text)) + '\n';
  return out;
}

Result<std::string> open(std::string_view note, const Verifier& verifier) {
  if (note.size() > kNoteSizeMax) return wrong("is too long");
  const std::size_t blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return wrong("has no blank line before the signatures");
  const std::string_view text = note.substr(0, blank + 1);
  std::string_view lines = note.substr(blank + 2);
  bool verified = false;
  while (!lines.empty()) {
    auto line = take_line(lines);
    if (!line || !line->starts_with(kDash)) return wrong("has a malformed signature line");
    line->remove_prefix(kDash.size());
    const std::size_t space = line->find(' ');
    if (space == std::string_view::npos || !is_key_name(line->substr(0, space)))
      return wrong("has a malformed signature line");
    const auto signature = from_base64(line->substr(space + 1));
    if (!signature || signature->size() < 5) return wrong("has a malformed signature line");
    if (line->substr(0, space) != verifier.name || !signature->starts_with(verifier.key_id)) continue;
    if (!crypto::ed25519_verify(verifier.public_key, text, std::string_view(*signature).substr(4)))
      return wrong("has a wrong signature of the log's key");
    verified = true;
  }
  if (!verified) return wrong("is not signed by the log's key");
  return std::string(text);
}

std::string to_text(const LogProof& proof) {
  std::string out(kProofHeader);
  out.reserve(kProofHeader.size() + 32 + 45 * proof.hashes.size() + proof.checkpoint.size());
  if (!proof.extra.empty()) out += "extra " + to_base64(proof.extra) + '\n';
  out += "index " + std::to_string(proof.index) + '\n';
  for (const merkle::Hash& hash : proof.hashes) out += to_base64(merkle::view(hash)) + '\n';
  out += '\n';
  out += proof.checkpoint;
  return out;
}

Result<LogProof> parse_proof(std::string_view text) {
  const auto bad = [](const char* what) { return fail(Errc::invalid_input, "receipt", what); };
  if (text.size() > kNoteSizeMax) return bad("is too long");
  if (!text.starts_with(kProofHeader)) return bad("is not a c2sp.org/tlog-proof@v1");
  text.remove_prefix(kProofHeader.size());
  LogProof proof;
  auto line = take_line(text);
  if (line && line->starts_with("extra ")) {
    auto extra = from_base64(line->substr(6));
    if (!extra) return bad("the extra line is not base64");
    proof.extra = std::move(*extra);
    line = take_line(text);
  }
  if (!line || !line->starts_with("index ")) return bad("the index line is missing");
  const auto index = parse_number(line->substr(6));
  if (!index) return bad("the index is malformed");
  proof.index = *index;
  for (;;) {
    line = take_line(text);
    if (!line) return bad("ends before the checkpoint");
    if (line->empty()) break;
    const auto hash = parse_hash(*line);
    if (!hash || proof.hashes.size() == kHashesMax) return bad("the proof is malformed");
    proof.hashes.push_back(*hash);
  }
  proof.checkpoint = std::string(text);
  return proof;
}

}  // namespace samband::note
