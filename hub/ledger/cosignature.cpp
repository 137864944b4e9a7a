#include "ledger/cosignature.hpp"

#include <algorithm>
#include <charconv>

namespace samband::note {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // em dash and space
constexpr std::size_t kPolicySizeMax = 1 << 20, kEntriesMax = 256;

Bytes big_endian(std::uint64_t number) {
  Bytes out(8, '\0');
  for (int i = 7; i >= 0; --i, number >>= 8) out[static_cast<std::size_t>(i)] = static_cast<char>(number & 0xff);
  return out;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const char c : bytes) out = out << 8 | static_cast<unsigned char>(c);
  return out;
}

std::string signed_message(std::string_view text, std::uint64_t at) {
  return "cosignature/v1\ntime " + std::to_string(at) + '\n' + std::string(text);
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t from = line.find_first_not_of(" \t");
    if (from == std::string_view::npos) return words;
    const std::size_t to = std::min(line.find_first_of(" \t", from), line.size());
    words.push_back(line.substr(from, to - from));
    line.remove_prefix(to);
  }
}

}  // namespace

std::string cosign(std::string_view text, std::int64_t at, const Cosigner& key, const crypto::Signer& signer) {
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(at, 0));
  return std::string(kDash) + key.name + ' ' +
         to_base64(key.key_id + big_endian(seconds) + signer.sign(signed_message(text, seconds))) + '\n';
}

std::optional<std::string_view> text_of(std::string_view signed_note) {
  const std::size_t blank = signed_note.rfind("\n\n");
  if (blank == std::string_view::npos) return std::nullopt;
  return signed_note.substr(0, blank + 1);
}

std::optional<std::int64_t> cosigned_at(std::string_view signed_note, const Cosigner& key) {
  const auto text = text_of(signed_note);
  if (!text) return std::nullopt;
  std::string_view lines = signed_note.substr(text->size() + 1);
  const std::string start = std::string(kDash) + key.name + ' ';
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 1);
    if (!line.starts_with(start)) continue;
    const auto bytes = from_base64(line.substr(start.size()));
    if (!bytes || bytes->size() != 4 + 8 + 64 || !bytes->starts_with(key.key_id)) continue;
    const std::uint64_t at = from_big_endian(std::string_view(*bytes).substr(4, 8));
    if (at > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    if (!crypto::ed25519_verify(key.public_key, signed_message(*text, at), std::string_view(*bytes).substr(12)))
      return std::nullopt;  // a wrong signature of a known key: the note is not to be trusted for it
    return static_cast<std::int64_t>(at);
  }
  return std::nullopt;
}

Result<WitnessPolicy> WitnessPolicy::parse(std::string_view text) {
  WitnessPolicy policy;
  std::set<std::string, std::less<>> defined, grouped;
  int number = 0;
  const auto wrong = [&](std::string what) {
    return fail(Errc::invalid_input, "line " + std::to_string(number), std::move(what));
  };
  if (text.size() > kPolicySizeMax) return wrong("the policy is too long");
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (std::any_of(line.begin(), line.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; }))
      return wrong("holds a control character");
    const auto words = words_of(line);
    if (words.empty() || words[0].front() == '#') continue;
    if (words[0] == "log") {
      if (words.size() < 2 || words.size() > 3) return wrong("expected: log VKEY [URL]");
      auto key = parse_verifier(words[1]);
      if (!key) return wrong(key.error().message);
      for (const Log& other : policy.logs_)
        if (other.key.public_key == key->public_key) return wrong("this log is listed twice");
      policy.logs_.push_back({std::move(*key), std::string(words.size() > 2 ? words[2] : "")});
    } else if (words[0] == "witness") {
      if (words.size() < 3 || words.size() > 4) return wrong("expected: witness NAME VKEY [URL]");
      auto key = parse_verifier(words[2], kCosignature);
      if (!key) return wrong(key.error().message);
      for (const Witness& other : policy.witnesses_)
        if (other.key.public_key == key->public_key) return wrong("this witness is listed twice");
      if (words[1] == "none" || !defined.emplace(words[1]).second) return wrong("the name is taken");
      policy.witnesses_.push_back(
          {std::string(words[1]), std::move(*key), std::string(words.size() > 3 ? words[3] : "")});
    } else if (words[0] == "group") {
      if (words.size() < 4) return wrong("expected: group NAME all|any|K MEMBER...");
      Group group{std::string(words[1]), 0, {}};
      for (std::size_t i = 3; i < words.size(); ++i) {
        if (!defined.contains(words[i])) return wrong("a member is not defined above");
        if (!grouped.emplace(words[i]).second) return wrong("a member stands in a group already");
        group.members.emplace_back(words[i]);
      }
      const std::string_view k = words[2];
      const auto [at, error] = std::from_chars(k.data(), k.data() + k.size(), group.needed);
      if (k == "all")
        group.needed = group.members.size();
      else if (k == "any")
        group.needed = 1;
      else if (error != std::errc() || at != k.data() + k.size() || group.needed < 1 ||
               group.needed > group.members.size())
        return wrong("expected all, any, or a number from 1 to the number of members");
      if (words[1] == "none" || !defined.emplace(words[1]).second) return wrong("the name is taken");
      policy.groups_.push_back(std::move(group));
    } else if (words[0] == "quorum") {
      if (words.size() != 2) return wrong("expected: quorum NAME");
      if (!policy.quorum_.empty()) return wrong("there is a quorum already");
      if (words[1] != "none" && !defined.contains(words[1])) return wrong("the quorum is not defined above");
      policy.quorum_ = std::string(words[1]);
    } else {
      return wrong("expected log, witness, group or quorum");
    }
    if (policy.logs_.size() > kEntriesMax || defined.size() > kEntriesMax) return wrong("more than 256 entries");
  }
  if (policy.quorum_.empty()) return wrong("the policy has no quorum line");
  return policy;
}

bool WitnessPolicy::is_met(std::string_view signed_note) const {
  std::set<std::string, std::less<>> cosigned;
  for (const Witness& witness : witnesses_)
    if (cosigned_at(signed_note, witness.key)) cosigned.insert(witness.name);
  return is_met_by(std::move(cosigned));
}

bool WitnessPolicy::is_met_by(std::set<std::string, std::less<>> met) const {
  if (quorum_ == "none") return true;
  for (const Group& group : groups_) {
    const auto there = std::count_if(group.members.begin(), group.members.end(),
                                     [&](const std::string& member) { return met.contains(member); });
    if (static_cast<std::size_t>(there) >= group.needed) met.insert(group.name);
  }
  return met.contains(quorum_);
}

}  // namespace samband::note
