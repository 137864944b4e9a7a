#include "verify/note.hpp"

#include <openssl/evp.h>

#include <memory>

#include "verify/text.hpp"

namespace samband::verify {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // em dash and space
constexpr std::size_t kNoteSizeMax = 1 << 20, kSignaturesMax = 256;

// Not empty, no plus, none of Unicode's spaces. The caller has checked UTF-8 and control characters.
bool is_key_name(std::string_view name) {
  if (name.empty() || name.find_first_of("+ \x7f") != std::string_view::npos) return false;
  for (const std::string_view space : {"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9",
                                       "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"})
    if (name.find(space) != std::string_view::npos) return false;
  for (std::size_t at = name.find("\xe2\x80"); at != std::string_view::npos; at = name.find("\xe2\x80", at + 1))
    if (at + 2 < name.size() && static_cast<unsigned char>(name[at + 2]) <= 0x8a) return false;  // U+2000..U+200A
  return true;
}

bool ed25519(std::string_view key, std::string_view message, std::string_view signature) {
  if (key.size() != 32 || signature.size() != 64) return false;
  const auto octets = [](std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); };
  struct Free {
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  };
  const std::unique_ptr<EVP_PKEY, Free> pkey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(key), key.size()));
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return pkey && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(message), message.size()) == 1;
}

}  // namespace

Result<Key> parse_key(std::string_view text) {
  const auto wrong = [](Words words) { return unusable("--vkey", std::move(words)); };
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos)
    return wrong({"a verifier key looks like <name>+<8 hex digits>+<base64>",
                  "en verifieringsnyckel ser ut så här: <namn>+<8 hexsiffror>+<base64>"});
  Key key;
  key.name = text.substr(0, first);
  const auto id = from_hex(text.substr(first + 1, second - first - 1));
  const auto bytes = from_base64(text.substr(second + 1));
  if (!is_utf8(key.name) || !is_key_name(key.name) || !id || id->size() != 4 || !bytes || bytes->size() < 2)
    return wrong({"the verifier key is malformed", "verifieringsnyckeln är felskriven"});
  key.id = *id;
  key.type = bytes->front();
  key.bytes = bytes->substr(1);
  if (key.type != Key::kEd25519 && key.type != Key::kCosignature && key.type != Key::kMlDsa44)
    return wrong({"the key is of a type that this program cannot check (it knows Ed25519)",
                  "nyckeln är av ett slag som programmet inte kan kontrollera (det kan Ed25519)"});
  if (key.bytes.size() != (key.type == Key::kMlDsa44 ? 1312u : 32u))
    return wrong({"the key has the wrong length", "nyckeln har fel längd"});
  if (view(sha256({key.name, "\n", *bytes})).substr(0, 4) != key.id)
    return wrong({"the key id does not belong to this name and key: a character is wrong",
                  "nyckelns id hör inte till namnet och nyckeln: något tecken är fel"});
  return key;
}

Result<Note> parse_note(std::string_view bytes, const std::string& where) {
  if (bytes.size() > kNoteSizeMax)
    return unusable(where, {"is too long for a note", "är för lång för att vara en not"});
  const std::size_t blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos)
    return unusable(where, {"is no signed note: no blank line stands before signatures",
                            "är ingen signerad not: ingen tom rad står före signaturer"});
  const auto malformed = [&where](Words words) { return invalid(where, std::move(words)); };
  if (!is_utf8(bytes)) return malformed({"is not UTF-8", "är inte UTF-8"});
  for (const char c : bytes)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n')
      return malformed({"has a control character", "har ett styrtecken"});
  Note note{std::string(bytes.substr(0, blank + 1)), {}};
  std::string_view lines = bytes.substr(blank + 2);
  while (!lines.empty()) {
    auto line = take_line(lines);
    std::optional<std::string> raw;
    std::size_t space = std::string_view::npos;
    if (line && line->starts_with(kDash)) {
      line->remove_prefix(kDash.size());
      space = line->find(' ');
      if (space != std::string_view::npos && is_key_name(line->substr(0, space)))
        raw = from_base64(line->substr(space + 1));
    }
    if (!raw || raw->size() < 5) return malformed({"has a malformed signature line", "har en felskriven signaturrad"});
    if (note.signatures.size() == kSignaturesMax)
      return unusable(where, {"has more signatures than this program reads (256)",
                              "har fler signaturer än vad programmet läser (256)"});
    note.signatures.push_back({std::string(line->substr(0, space)), raw->substr(0, 4), raw->substr(4)});
  }
  if (note.signatures.empty()) return malformed({"has no signature", "saknar signatur"});
  return note;
}

Signed is_signed(const Note& note, const Key& key, std::uint64_t* time) {
  Signed found = Signed::by_none;
  for (const Signature& s : note.signatures) {
    if (s.name != key.name || s.id != key.id || !key.can_check()) continue;
    if (key.type == Key::kEd25519) {
      if (!ed25519(key.bytes, note.text, s.bytes)) return Signed::wrongly;
    } else {
      if (s.bytes.size() != 72) return Signed::wrongly;
      std::uint64_t at = 0;
      for (int i = 0; i < 8; ++i) at = at << 8 | static_cast<unsigned char>(s.bytes[static_cast<std::size_t>(i)]);
      const std::string message = "cosignature/v1\ntime " + std::to_string(at) + "\n" + note.text;
      if (at > INT64_MAX || !ed25519(key.bytes, message, std::string_view(s.bytes).substr(8))) return Signed::wrongly;
      if (time != nullptr) *time = at;
    }
    found = Signed::yes;
  }
  return found;
}

Result<Checkpoint> parse_checkpoint(std::string_view text, const std::string& where) {
  const auto origin = take_line(text);
  const auto size = origin ? take_line(text) : std::nullopt;
  const auto root = size ? take_line(text) : std::nullopt;
  if (!root || origin->empty())
    return invalid(where, {"is no checkpoint: origin, size and root are wanted, one a line",
                           "är ingen kontrollpunkt: ursprung, storlek och rot ska stå på var sin rad"});
  const auto number = parse_number(*size);
  const auto bytes = from_base64(*root);
  const auto hash = bytes ? to_hash(*bytes) : std::nullopt;
  if (!number || !hash) return invalid(where, {"has a malformed size or root", "har en felskriven storlek eller rot"});
  Checkpoint checkpoint{std::string(*origin), *number, *hash, 0};
  while (auto line = take_line(text)) {
    if (line->empty()) return invalid(where, {"has an empty extension line", "har en tom tilläggsrad"});
    ++checkpoint.extension_lines;
  }
  if (checkpoint.size > (std::uint64_t{1} << 62))
    return invalid(where, {"claims more entries than can be", "påstår fler poster än som kan finnas"});
  if (checkpoint.size == 0 && checkpoint.root != sha256({}))
    return invalid(where, {"has another root than the empty tree", "har en annan rot än det tomma trädet"});
  return checkpoint;
}

Result<Checkpoint> open_checkpoint(std::string_view bytes, const Key& key, bool own, const std::string& where) {
  auto note = parse_note(bytes, where);
  if (!note) return note.problem();
  switch (is_signed(*note, key)) {
    case Signed::yes:
      break;
    case Signed::wrongly:
      return invalid(where, {"has a WRONG signature of " + key.name, "har en FELAKTIG signatur av " + key.name});
    case Signed::by_none:
      return invalid(where, {"is not signed by " + key.name + " with this key",
                             "är inte signerad av " + key.name + " med den här nyckeln"});
  }
  auto checkpoint = parse_checkpoint(note->text, where);
  if (checkpoint && own && checkpoint->origin != key.name)
    return invalid(where, {"is of another log than " + key.name, "gäller en annan logg än " + key.name});
  return checkpoint;
}

void describe(const Checkpoint& checkpoint, const Key& key, Outcome& out) {
  out.fact("log", {"log", "logg"}, checkpoint.origin);
  out.number("size", {"entries signed for", "signerade poster"}, checkpoint.size);
  out.fact("root", {"root", "rot"}, to_hex(view(checkpoint.root)));
  out.fact("key", {"signed by", "signerad av"}, key.name + " " + to_hex(key.id));
  if (checkpoint.origin != key.name)
    out.notices.push_back({"the checkpoint's first line is not the name of the key",
                           "kontrollpunktens första rad är inte nyckelns namn"});
  if (checkpoint.extension_lines > 0)
    out.notices.push_back({"the checkpoint has extension lines, which nobody can check",
                           "kontrollpunkten har tilläggsrader, som ingen kan kontrollera"});
}

}  // namespace samband::verify
