#include "verify/entry.hpp"

#include <algorithm>
#include <array>

#include "verify/text.hpp"

namespace samband::verify {
namespace {

constexpr std::size_t kEntrySizeMax = 1023;
enum : unsigned { kUnsigned = 0, kNegative = 1, kByteString = 2, kText = 3, kArray = 4, kMap = 5 };

// RFC 8949 section 4.2.1: every head in its shortest form, no indefinite lengths.
class Cbor {
 public:
  explicit Cbor(std::string_view in) : in_(in) {}

  std::optional<std::uint64_t> head(unsigned major) {
    if (in_.empty() || octet() >> 5 != major) return std::nullopt;
    const unsigned low = octet() & 31;
    in_.remove_prefix(1);
    if (low < 24) return low;
    if (low > 27) return std::nullopt;
    const std::size_t width = std::size_t{1} << (low - 24);
    if (in_.size() < width) return std::nullopt;
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < width; ++i, in_.remove_prefix(1)) n = n << 8 | octet();
    const std::uint64_t least = width == 1 ? 24 : std::uint64_t{1} << (4 * width);
    if (n < least) return std::nullopt;
    return n;
  }
  std::optional<std::int64_t> integer() {
    const bool negative = !in_.empty() && octet() >> 5 == kNegative;
    const auto n = head(negative ? kNegative : kUnsigned);
    if (!n || *n > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return negative ? -static_cast<std::int64_t>(*n) - 1 : static_cast<std::int64_t>(*n);
  }
  std::optional<std::string_view> string(unsigned major) {
    const auto size = head(major);
    if (!size || *size > in_.size()) return std::nullopt;
    const std::string_view s = in_.substr(0, *size);
    in_.remove_prefix(*size);
    return s;
  }
  bool at_end() const { return in_.empty(); }

 private:
  unsigned octet() const { return static_cast<unsigned char>(in_[0]); }
  std::string_view in_;
};

bool digit(char c) { return c >= '0' && c <= '9'; }

// Ten or twelve digits, or six or eight, a sign and four, standing alone: nothing of that shape belongs in a log that
// nobody can erase.
bool looks_like_a_person(std::string_view text) {
  const auto alone = [&text](std::size_t i) {
    if (i >= text.size()) return true;
    const char c = text[i];
    return !digit(c) && c != '-' && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z');
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!digit(text[i]) || (i > 0 && !alone(i - 1))) continue;
    const auto run = [&text](std::size_t from) {
      std::size_t n = 0;
      while (from + n < text.size() && digit(text[from + n])) ++n;
      return n;
    };
    std::size_t digits = run(i), end = i + digits;
    if ((digits == 6 || digits == 8) && end < text.size() && (text[end] == '-' || text[end] == '+')) {
      const std::size_t tail = run(end + 1);
      end += 1 + tail;
      if (tail == 4) digits += 4;
    }
    if ((digits == 10 || digits == 12) && alone(end)) return true;
  }
  return false;
}

bool is_code(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= ' ' && c < '\x7f'; }) &&
         !looks_like_a_person(s);
}
bool is_id(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

template <class Take>
bool each(Cbor& in, Take take) {
  const auto count = in.head(kArray);
  if (!count || *count == 0) return false;
  for (std::uint64_t i = 0; i < *count; ++i)
    if (!take()) return false;
  return true;
}

bool read_field(std::uint64_t key, Cbor& in, Entry& e) {
  const auto text = [&in](std::string_view& into, bool (*good)(std::string_view)) {
    const auto s = in.string(kText);
    if (s) into = *s;
    return s && good(*s);
  };
  const auto bytes = [&in](std::string_view& into, std::size_t least, std::size_t most) {
    const auto s = in.string(kByteString);
    if (s) into = *s;
    return s && s->size() >= least && s->size() <= most;
  };
  switch (key) {
    case 1:
      return in.head(kUnsigned) == std::uint64_t{1};
    case 2: {
      const auto type = in.head(kUnsigned);
      e.type = type.value_or(0);
      return e.type >= 1 && e.type <= Entry::kLast;
    }
    case 3:
      return bytes(e.event_id, 16, 16);
    case 4: {
      const auto at = in.integer();
      e.at = at.value_or(0);
      return at.has_value();
    }
    case 5:
      return text(e.sender, is_code);
    case 6:
      return text(e.recipient, is_code);
    case 7:
      return text(e.subject, is_id);
    case 8:
      return text(e.outcome, is_code);
    case 9:
      return each(in, [&] { return text(e.codes.emplace_back(), is_code); });
    case 10:
      return bytes(e.rule_set, 1, 64);
    case 11:
      return each(in, [&] {
        const auto index = in.head(kUnsigned);
        e.relies_on.push_back(index.value_or(0));
        return index.has_value();
      });
    case 12:
      return bytes(e.commitment, 32, 32);
    default:
      return false;
  }
}

constexpr std::array<std::pair<const char*, const char*>, 17> kTypes{{{"", ""},
                                                                      {"decision", "beslut"},
                                                                      {"delivery", "leverans"},
                                                                      {"acknowledgement", "mottagningsbevis"},
                                                                      {"status", "status"},
                                                                      {"consent", "samtycke"},
                                                                      {"revocation", "återkallat samtycke"},
                                                                      {"assessment", "bedömning"},
                                                                      {"rule set", "regelverk"},
                                                                      {"break-glass", "nödåtkomst"},
                                                                      {"erasure", "radering"},
                                                                      {"key", "nyckel"},
                                                                      {"recall", "återkallelse"},
                                                                      {"alarm", "larm"},
                                                                      {"index", "register"},
                                                                      {"message", "meddelande"},
                                                                      {"incident", "personuppgiftsincident"}}};

Words outcome_words(std::string_view code) {
  for (const auto& [name, en, sv] : {std::array<const char*, 3>{"released", "released", "utlämnat"},
                                     {"partial", "released in part", "utlämnat till en del"},
                                     {"held", "held for a person to decide", "vilande i väntan på en människas beslut"},
                                     {"refused", "refused: nothing was given out", "nekat: inget lämnades ut"},
                                     {"received", "received", "mottaget"}})
    if (code == name) return {std::string(en) + " (" + name + ")", std::string(sv) + " (" + name + ")"};
  return {std::string(code), std::string(code)};
}

template <class Range, class Show>
std::string joined(const Range& range, Show show) {
  std::string out;
  for (const auto& item : range) out += (out.empty() ? "" : ", ") + show(item);
  return out;
}

}  // namespace

std::optional<Words> read_entry(std::string_view bytes, std::uint64_t index, Entry& e) {
  e.event_id = e.sender = e.recipient = e.subject = e.outcome = e.rule_set = e.commitment = {};
  e.codes.clear(), e.relies_on.clear();
  if (bytes.size() > kEntrySizeMax) return Words{"is over 1023 bytes", "är över 1023 byte"};
  Cbor in(bytes);
  const auto fields = in.head(kMap);
  if (!fields) return Words{"is no entry of Samband (no CBOR map)", "är ingen post från Samband (ingen CBOR-tabell)"};
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < *fields; ++i) {
    const auto key = in.head(kUnsigned);
    // The first four are always there and so have the numbers 1 to 4; after them only rising order is wanted.
    if (!key || *key <= last || (i < 4 && *key != i + 1))
      return Words{"has a key out of order, twice, missing or of another form",
                   "har en nyckel i fel ordning, dubbelt, saknad eller i annan form"};
    last = *key;
    if (!read_field(*key, in, e))
      return Words{"has a value that its key does not allow (key " + std::to_string(*key) + ")",
                   "har ett värde som dess nyckel inte tillåter (nyckel " + std::to_string(*key) + ")"};
  }
  if (*fields < 4) return Words{"lacks a field that is always there", "saknar ett fält som alltid ska finnas"};
  if (!in.at_end()) return Words{"has bytes after its end", "har byte efter sitt slut"};
  for (const std::uint64_t earlier : e.relies_on)
    if (earlier >= index)
      return Words{"rests on an entry that does not stand before it", "vilar på en post som inte står före den"};
  return std::nullopt;
}

Words type_name(std::uint64_t type) { return {kTypes[type].first, kTypes[type].second}; }

void describe(const Entry& e, Outcome& out) {
  out.fact("type", {"what", "vad"}, type_name(e.type));
  out.fact("time", {"time", "tid"}, utc(e.at));
  const auto text = [&out](const char* key, Words label, std::string_view value) {
    if (!value.empty()) out.fact(key, std::move(label), std::string(value));
  };
  text("sender", {"from", "från"}, e.sender);
  text("recipient", {"to", "till"}, e.recipient);
  text("subject", {"about", "om"}, e.subject);
  if (!e.outcome.empty()) out.fact("outcome", {"outcome", "utfall"}, outcome_words(e.outcome));
  text("codes", {"rules and reasons", "regler och skäl"},
       joined(e.codes, [](std::string_view s) { return std::string(s); }));
  text("rule_set", {"rule set", "regelverk"}, to_hex(e.rule_set));
  text("relies_on", {"rests on entries", "vilar på poster"},
       joined(e.relies_on, [](std::uint64_t n) { return std::to_string(n); }));
  text("commitment", {"sealed to (HMAC)", "förseglad mot (HMAC)"}, to_hex(e.commitment));
}

}  // namespace samband::verify
