#include "verify/policy.hpp"

#include <algorithm>

#include "verify/text.hpp"

namespace samband::verify {
namespace {

constexpr std::size_t kPolicySizeMax = 1 << 20, kLinesMax = 4096;

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return out;
    const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    out.emplace_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

class Reader {
 public:
  // The words of the mistake, or none.
  std::optional<Words> line(const std::vector<std::string>& w) {
    if (w[0] == "log" && (w.size() == 2 || w.size() == 3)) return log(w);
    if (w[0] == "witness" && (w.size() == 3 || w.size() == 4)) return witness(w);
    if (w[0] == "group" && w.size() >= 4) return group(w);
    if (w[0] == "quorum" && w.size() == 2) return quorum(w[1]);
    return Words{"is no line of log, witness, group or quorum", "är ingen rad av log, witness, group eller quorum"};
  }
  bool has_quorum() const { return has_quorum_; }
  Policy take() { return std::move(policy_); }

 private:
  std::optional<Words> log(const std::vector<std::string>& w) {
    auto key = parse_key(w[1]);
    if (!key) return key.problem().words;
    for (const Key& other : policy_.logs)
      if (other.bytes == key->bytes) return Words{"names a log's key twice", "nämner en loggs nyckel två gånger"};
    policy_.logs.push_back(*key);
    return std::nullopt;
  }
  std::optional<Words> witness(const std::vector<std::string>& w) {
    auto key = parse_key(w[2]);
    if (!key) return key.problem().words;
    if (key->type == Key::kEd25519)
      return Words{"names a witness by a key that makes no cosignatures",
                   "nämner ett vittne med en nyckel som inte gör medsignaturer"};
    for (const Policy::Member& other : policy_.members)
      if (other.threshold == 0 && other.key.bytes == key->bytes)
        return Words{"names a witness's key twice", "nämner ett vittnes nyckel två gånger"};
    return define({w[1], *key, {}, 0});
  }
  std::optional<Words> group(const std::vector<std::string>& w) {
    Policy::Member made{w[1], {}, {}, 0};
    for (std::size_t i = 3; i < w.size(); ++i) {
      const std::size_t member = find(w[i]);
      if (member == Policy::kNone || used_[member])
        return Words{"names a member that is unknown or already in a group",
                     "nämner en medlem som är okänd eller redan ingår i en grupp"};
      used_[member] = true;
      made.group.push_back(member);
    }
    const auto number = parse_number(w[2]);
    made.threshold = w[2] == "any" ? 1 : w[2] == "all" ? made.group.size() : number ? *number : 0;
    if (made.threshold == 0 || made.threshold > made.group.size())
      return Words{"has an impossible threshold", "har en omöjlig tröskel"};
    return define(std::move(made));
  }
  std::optional<Words> quorum(const std::string& name) {
    if (has_quorum_) return Words{"is a second quorum", "är ett andra quorum"};
    has_quorum_ = true;
    if (name == "none") return std::nullopt;
    policy_.quorum = find(name);
    if (policy_.quorum == Policy::kNone) return Words{"names nobody defined above", "nämner ingen som finns ovanför"};
    return std::nullopt;
  }
  std::optional<Words> define(Policy::Member member) {
    if (member.name == "none" || find(member.name) != Policy::kNone)
      return Words{"defines a name that is taken", "definierar ett namn som är upptaget"};
    policy_.members.push_back(std::move(member));
    used_.push_back(false);
    return std::nullopt;
  }
  std::size_t find(const std::string& name) const {
    for (std::size_t i = 0; i < policy_.members.size(); ++i)
      if (policy_.members[i].name == name) return i;
    return Policy::kNone;
  }

  Policy policy_;
  std::vector<bool> used_;
  bool has_quorum_ = false;
};

}  // namespace

Result<Policy> parse_policy(std::string_view text, const std::string& where) {
  if (text.size() > kPolicySizeMax) return unusable(where, {"is too long", "är för lång"});
  for (const char c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
      return unusable(where, {"has a control character", "har ett styrtecken"});
  Reader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string at = where + ":" + std::to_string(number);
    const auto line = take_line(text);
    if (!line || number > kLinesMax)
      return unusable(at,
                      {"lacks its line break, or is one line too many", "saknar radslut, eller är en rad för mycket"});
    const auto words = words_of(*line);
    if (words.empty() || words[0][0] == '#') continue;
    if (auto mistake = reader.line(words)) return unusable(at, std::move(*mistake));
  }
  if (!reader.has_quorum()) return unusable(where, {"has no quorum line", "saknar en quorum-rad"});
  return reader.take();
}

Result<Cosigned> cosigned(const Note& note, const Policy& policy, const std::string& where) {
  Cosigned out;
  std::vector<bool> met;
  for (const Policy::Member& member : policy.members) {
    if (member.threshold > 0) {
      std::size_t count = 0;
      for (const std::size_t i : member.group) count += met[i];
      met.push_back(count >= member.threshold);
      continue;
    }
    std::uint64_t time = 0;
    const Signed state = is_signed(note, member.key, &time);
    if (state == Signed::wrongly)
      return invalid(where, {"has a WRONG cosignature of the witness " + member.name,
                             "har en FELAKTIG medsignatur av vittnet " + member.name});
    met.push_back(state == Signed::yes);
    if (!met.back()) continue;
    out.witnesses.push_back(member.name);
    out.newest = std::max(out.newest, time);
  }
  if (policy.quorum != Policy::kNone && !met[policy.quorum])
    return invalid(
        where, {"is not cosigned by as many witnesses as the policy wants (" + policy.members[policy.quorum].name +
                    "; " + std::to_string(out.witnesses.size()) + " cosigned)",
                "är inte medsignerad av så många vittnen som policyn kräver (" + policy.members[policy.quorum].name +
                    "; " + std::to_string(out.witnesses.size()) + " har medsignerat)"});
  return out;
}

}  // namespace samband::verify
