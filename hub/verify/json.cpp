#include "verify/json.hpp"

#include "verify/text.hpp"

namespace samband::verify {
namespace {

constexpr int kDepthMax = 16;

class Parser {
 public:
  explicit Parser(std::string_view in) : in_(in) {}

  std::optional<Json> run() {
    auto value = any(0);
    space();
    if (!in_.empty()) return std::nullopt;
    return value;
  }

 private:
  void space() {
    const std::size_t n = in_.find_first_not_of(" \t\r\n");
    in_.remove_prefix(n == std::string_view::npos ? in_.size() : n);
  }
  bool take(std::string_view word) {
    if (!in_.starts_with(word)) return false;
    in_.remove_prefix(word.size());
    return true;
  }
  bool next(char c) {
    space();
    return take({&c, 1});
  }

  std::optional<Json> any(int depth) {
    space();
    if (in_.empty() || depth > kDepthMax) return std::nullopt;
    if (in_[0] == '{') return object(depth);
    if (in_[0] == '[') return array(depth);
    if (in_[0] == '"') {
      auto text = string();
      return text ? std::optional(Json{std::move(*text)}) : std::nullopt;
    }
    if (take("true")) return Json{true};
    if (take("false")) return Json{false};
    if (take("null")) return Json{nullptr};
    const std::size_t end = std::min(in_.find_first_not_of("0123456789"), in_.size());
    const auto number = parse_number(in_.substr(0, end));
    if (!number) return std::nullopt;
    in_.remove_prefix(end);
    return Json{*number};
  }

  std::optional<Json> object(int depth) {
    Json::Object out;
    take("{");
    if (next('}')) return Json{std::move(out)};
    do {
      space();
      auto key = string();
      if (!key || !next(':')) return std::nullopt;
      auto value = any(depth + 1);
      if (!value || !out.emplace(std::move(*key), std::move(*value)).second) return std::nullopt;
    } while (next(','));
    return next('}') ? std::optional(Json{std::move(out)}) : std::nullopt;
  }

  std::optional<Json> array(int depth) {
    Json::Array out;
    take("[");
    if (next(']')) return Json{std::move(out)};
    do {
      auto value = any(depth + 1);
      if (!value) return std::nullopt;
      out.push_back(std::move(*value));
    } while (next(','));
    return next(']') ? std::optional(Json{std::move(out)}) : std::nullopt;
  }

  std::optional<std::string> string() {
    if (!take("\"")) return std::nullopt;
    std::string out;
    while (!in_.empty()) {
      const char c = in_[0];
      in_.remove_prefix(1);
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        out += c;
        continue;
      }
      if (in_.empty()) return std::nullopt;
      const char escaped = in_[0];
      in_.remove_prefix(1);
      static constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
      if (const std::size_t at = kFrom.find(escaped); at != std::string_view::npos) {
        out += kTo[at];
      } else if (escaped != 'u' || !code_point(out)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  bool code_point(std::string& out) {
    const auto unit = [this]() -> std::optional<std::uint32_t> {
      std::uint32_t n = 0;
      if (in_.size() < 4) return std::nullopt;
      for (int i = 0; i < 4; ++i, in_.remove_prefix(1)) {
        const std::size_t digit = std::string_view("0123456789abcdef")
                                      .find(in_[0] >= 'A' && in_[0] <= 'F' ? static_cast<char>(in_[0] + 32) : in_[0]);
        if (digit == std::string_view::npos) return std::nullopt;
        n = n << 4 | static_cast<std::uint32_t>(digit);
      }
      return n;
    };
    auto point = unit();
    if (!point || (*point >= 0xdc00 && *point < 0xe000)) return false;
    if (*point >= 0xd800 && *point < 0xdc00) {
      const auto low = take("\\u") ? unit() : std::nullopt;
      if (!low || *low < 0xdc00 || *low >= 0xe000) return false;
      point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
    }
    const auto add = [&out](std::uint32_t octet) { out += static_cast<char>(octet); };
    const std::uint32_t p = *point;
    if (p < 0x80) return add(p), true;
    if (p < 0x800) return add(0xc0 | p >> 6), add(0x80 | (p & 63)), true;
    if (p < 0x10000) return add(0xe0 | p >> 12), add(0x80 | (p >> 6 & 63)), add(0x80 | (p & 63)), true;
    return add(0xf0 | p >> 18), add(0x80 | (p >> 12 & 63)), add(0x80 | (p >> 6 & 63)), add(0x80 | (p & 63)), true;
  }

  std::string_view in_;
};

}  // namespace

std::optional<Json> parse_json(std::string_view text) {
  if (!is_utf8(text)) return std::nullopt;
  return Parser(text).run();
}

}  // namespace samband::verify
