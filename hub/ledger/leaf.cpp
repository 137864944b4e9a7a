#include "ledger/leaf.hpp"

#include <algorithm>
#include <optional>

#include "keys/crypto.hpp"

namespace samband {
namespace {

constexpr std::size_t kLeafSizeMax = 1023;
constexpr std::uint64_t kVersion = 1;

// Map keys; docs/ledger-format.md. They are written in rising order, and a field that is empty is left out.
enum Key : std::uint64_t {
  key_version = 1,
  key_type = 2,
  key_event_id = 3,
  key_at = 4,
  key_sender = 5,
  key_recipient = 6,
  key_subject_id = 7,
  key_outcome = 8,
  key_codes = 9,
  key_ruleset_hash = 10,
  key_relies_on = 11,
  key_payload_commitment = 12
};

enum Major : std::uint8_t {
  major_unsigned = 0,
  major_negative = 1,
  major_bytes = 2,
  major_text = 3,
  major_array = 4,
  major_map = 5
};

class Writer {
 public:
  // RFC 8949 section 4.2.1: always the shortest head.
  void head(Major major, std::uint64_t n) {
    const auto initial = [&](unsigned low) { out_ += static_cast<char>((major << 5) | low); };
    if (n < 24) return initial(static_cast<unsigned>(n));
    const int width = n <= 0xff ? 1 : n <= 0xffff ? 2 : n <= 0xffffffff ? 4 : 8;
    initial(width == 1 ? 24 : width == 2 ? 25 : width == 4 ? 26 : 27);
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) out_ += static_cast<char>((n >> shift) & 0xff);
  }
  void integer(std::int64_t n) {
    n >= 0 ? head(major_unsigned, static_cast<std::uint64_t>(n))
           : head(major_negative, static_cast<std::uint64_t>(-(n + 1)));
  }
  void text(std::string_view s) { head(major_text, s.size()), out_ += s; }
  void bytes(std::string_view s) { head(major_bytes, s.size()), out_ += s; }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

// Reads loosely; decode_leaf compares with the one allowed form afterwards. Bounded by the size of a leaf.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  std::optional<std::uint64_t> head(Major major) {
    if (in_.empty() || (static_cast<unsigned char>(in_[0]) >> 5) != major) return std::nullopt;
    const unsigned low = static_cast<unsigned char>(in_[0]) & 31;
    in_.remove_prefix(1);
    if (low < 24) return low;
    if (low > 27) return std::nullopt;
    const std::size_t width = std::size_t{1} << (low - 24);
    if (in_.size() < width) return std::nullopt;
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < width; ++i) n = n << 8 | static_cast<unsigned char>(in_[i]);
    in_.remove_prefix(width);
    return n;
  }
  std::optional<std::int64_t> integer() {
    const bool negative = !in_.empty() && (static_cast<unsigned char>(in_[0]) >> 5) == major_negative;
    const auto n = head(negative ? major_negative : major_unsigned);
    if (!n || *n > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return negative ? -static_cast<std::int64_t>(*n) - 1 : static_cast<std::int64_t>(*n);
  }
  std::optional<std::string> string(Major major) {
    const auto size = head(major);
    if (!size || *size > in_.size()) return std::nullopt;
    std::string s(in_.substr(0, *size));
    in_.remove_prefix(*size);
    return s;
  }
  bool at_end() const { return in_.empty(); }

 private:
  std::string_view in_;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Could this text hold a personal identity number: 10 or 12 digits, or 6 or 8, a sign and 4? The last stop before
// something that can never be erased; codes and party ids have no reason to look like that.
bool looks_like_personal_number(std::string_view text) {
  const auto boundary = [&](std::size_t i) {
    if (i >= text.size()) return true;
    const char c = text[i];
    return !is_digit(c) && c != '-' && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z');
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i]) || (i > 0 && !boundary(i - 1))) continue;
    std::size_t end = i;
    while (end < text.size() && is_digit(text[end])) ++end;
    std::size_t digits = end - i;
    if ((digits == 6 || digits == 8) && end < text.size() && (text[end] == '-' || text[end] == '+')) {
      const std::size_t sign = end++;
      while (end < text.size() && is_digit(text[end])) ++end;
      if (end - sign - 1 == 4) digits += 4;
    }
    if ((digits == 10 || digits == 12) && boundary(end)) return true;
  }
  return false;
}

Result<void> check_code(std::string_view text, const char* field) {
  const auto printable = [](char c) { return c >= ' ' && c < '\x7f'; };
  if (!std::all_of(text.begin(), text.end(), printable))
    return fail(Errc::invalid_input, std::string("leaf.") + field, "is not printable ASCII");
  if (looks_like_personal_number(text))
    return fail(Errc::invalid_input, std::string("leaf.") + field, "has the shape of a personal identity number");
  return {};
}

Result<void> check(const Leaf& leaf) {
  const auto refuse = [](const char* field, const char* what) {
    return fail(Errc::invalid_input, std::string("leaf.") + field, what);
  };
  if (leaf.type < LeafType::decision || leaf.type > LeafType::incident) return refuse("type", "is unknown");
  if (leaf.event_id.size() != 16) return refuse("event_id", "must be 16 bytes");
  if (!leaf.payload_commitment.empty() && leaf.payload_commitment.size() != 32)
    return refuse("payload_commitment", "must be 32 bytes");
  if (leaf.ruleset_hash.size() > 128 || leaf.ruleset_hash.size() % 2 != 0 ||
      !std::all_of(leaf.ruleset_hash.begin(), leaf.ruleset_hash.end(),
                   [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }))
    return refuse("ruleset_hash", "must be lower-case hex");
  const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::all_of(leaf.subject_id.begin(), leaf.subject_id.end(), printable))
    return refuse("subject_id", "is not printable ASCII");
  for (const auto& [text, field] : {std::pair<std::string_view, const char*>{leaf.sender, "sender"},
                                    {leaf.recipient, "recipient"},
                                    {leaf.outcome, "outcome"}})
    if (auto checked = check_code(text, field); !checked) return checked;
  for (const std::string& code : leaf.codes) {
    if (code.empty()) return refuse("codes", "holds an empty code");
    if (auto checked = check_code(code, "codes"); !checked) return checked;
  }
  return {};
}

Error malformed(const char* what) { return fail(Errc::invalid_input, "leaf", what); }

}  // namespace

Result<Bytes> encode_leaf(const Leaf& leaf) {
  if (auto checked = check(leaf); !checked) return checked.error();
  const std::pair<Key, const std::string*> texts[] = {{key_sender, &leaf.sender},
                                                      {key_recipient, &leaf.recipient},
                                                      {key_subject_id, &leaf.subject_id},
                                                      {key_outcome, &leaf.outcome}};
  std::uint64_t fields = 4;
  for (const auto& [key, text] : texts) fields += !text->empty();
  fields += !leaf.codes.empty();
  fields += !leaf.ruleset_hash.empty();
  fields += !leaf.relies_on.empty();
  fields += !leaf.payload_commitment.empty();

  Writer out;
  out.head(major_map, fields);
  const auto key = [&out](Key k) { out.head(major_unsigned, k); };
  key(key_version), out.head(major_unsigned, kVersion);
  key(key_type), out.head(major_unsigned, static_cast<std::uint64_t>(leaf.type));
  key(key_event_id), out.bytes(leaf.event_id);
  key(key_at), out.integer(leaf.at.time_since_epoch().count());
  for (const auto& [k, text] : texts)
    if (!text->empty()) key(k), out.text(*text);
  if (!leaf.codes.empty()) {
    key(key_codes), out.head(major_array, leaf.codes.size());
    for (const std::string& code : leaf.codes) out.text(code);
  }
  if (!leaf.ruleset_hash.empty()) key(key_ruleset_hash), out.bytes(from_hex(leaf.ruleset_hash).value());
  if (!leaf.relies_on.empty()) {
    key(key_relies_on), out.head(major_array, leaf.relies_on.size());
    for (const std::uint64_t index : leaf.relies_on) out.head(major_unsigned, index);
  }
  if (!leaf.payload_commitment.empty()) key(key_payload_commitment), out.bytes(leaf.payload_commitment);
  Bytes bytes = out.take();
  if (bytes.size() > kLeafSizeMax) return fail(Errc::too_large, "leaf", "is over 1023 bytes");
  return bytes;
}

Result<Leaf> decode_leaf(std::string_view bytes) {
  if (bytes.size() > kLeafSizeMax) return fail(Errc::too_large, "leaf", "is over 1023 bytes");
  Reader in(bytes);
  Leaf leaf;
  const auto fields = in.head(major_map);
  if (!fields) return malformed("is not a map");
  for (std::uint64_t i = 0; i < *fields; ++i) {
    const auto key = in.head(major_unsigned);
    if (!key) return malformed("has a key that is not an unsigned integer");
    const auto take = [&in](std::string& into, Major major) {
      auto value = in.string(major);
      if (value) into = std::move(*value);
      return value.has_value();
    };
    bool ok = false;
    switch (*key) {
      case key_version: {
        const auto version = in.head(major_unsigned);
        if (version && *version != kVersion) return malformed("is of another version");
        ok = version.has_value();
        break;
      }
      case key_type: {
        const auto type = in.head(major_unsigned);
        ok = type && *type <= 255;
        if (ok) leaf.type = static_cast<LeafType>(*type);
        break;
      }
      case key_event_id:
        ok = take(leaf.event_id, major_bytes);
        break;
      case key_at: {
        const auto at = in.integer();
        if (at) leaf.at = Time(std::chrono::milliseconds(*at));
        ok = at.has_value();
        break;
      }
      case key_sender:
        ok = take(leaf.sender, major_text);
        break;
      case key_recipient:
        ok = take(leaf.recipient, major_text);
        break;
      case key_subject_id:
        ok = take(leaf.subject_id, major_text);
        break;
      case key_outcome:
        ok = take(leaf.outcome, major_text);
        break;
      case key_codes: {
        auto n = in.head(major_array);
        for (ok = n.has_value(); ok && (*n)-- > 0;) ok = take(leaf.codes.emplace_back(), major_text);
        break;
      }
      case key_ruleset_hash: {
        const auto hash = in.string(major_bytes);
        if (hash) leaf.ruleset_hash = to_hex(*hash);
        ok = hash.has_value();
        break;
      }
      case key_relies_on: {
        auto n = in.head(major_array);
        for (ok = n.has_value(); ok && (*n)-- > 0;) {
          const auto index = in.head(major_unsigned);
          ok = index.has_value();
          if (ok) leaf.relies_on.push_back(*index);
        }
        break;
      }
      case key_payload_commitment:
        ok = take(leaf.payload_commitment, major_bytes);
        break;
      default:
        return malformed("has an unknown key");
    }
    if (!ok) return malformed("has a value of another type than its key says");
  }
  auto again = encode_leaf(leaf);
  if (!again) return again.error();
  // Duplicate or unordered keys, longer heads, trailing bytes, empty fields: all come out as a difference here.
  if (*again != bytes) return malformed("is not in the one allowed form");
  return leaf;
}

Leaf make_leaf(LeafType type, Time at, std::string sender, std::string recipient, std::string subject_id,
               std::string outcome, std::vector<std::uint64_t> relies_on) {
  Leaf leaf;
  leaf.type = type;
  leaf.event_id = crypto::random_bytes(16);
  leaf.at = at;
  leaf.sender = std::move(sender);
  leaf.recipient = std::move(recipient);
  leaf.subject_id = std::move(subject_id);
  leaf.outcome = std::move(outcome);
  leaf.relies_on = std::move(relies_on);
  return leaf;
}

Commitment commit_to(std::string_view details) {
  Commitment commitment;
  commitment.nonce = crypto::random_bytes(32);
  commitment.digest = crypto::hmac_sha256(commitment.nonce, details);
  return commitment;
}

}  // namespace samband
