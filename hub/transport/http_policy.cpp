#include "transport/http_policy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace samband {
namespace {

constexpr bool is_token_char(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
}

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 256; ++c) table[c] = is_token_char(static_cast<unsigned char>(c));
  return table;
}
constexpr auto kTokenChar = make_token_table();

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() &&
         std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) { return to_lower(x) == y; });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The next line without its CRLF; scan_head has made sure that every line feed follows a carriage return.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  return line;
}

bool is_host(std::string_view value) {
  return !value.empty() && value.find_first_of(" \t,/\\@?#\"<>") == std::string_view::npos;
}

bool connection_says_close(std::string_view value) {
  while (!value.empty()) {
    const auto comma = value.find(',');
    if (equals_ignoring_case(trim(value.substr(0, comma)), "close")) return true;
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
  }
  return false;
}

std::optional<Refusal> bad(std::string_view code, std::string_view detail) { return Refusal{400, code, detail}; }

std::optional<Refusal> parse_request_line(std::string_view line, RequestHead& out, bool& version_1_0) {
  const auto first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return bad("bad_request_line", "request line is not METHOD target HTTP/1.1");
  const auto method = line.substr(0, first), target = line.substr(first + 1, last - first - 1),
             version = line.substr(last + 1);
  if (method.empty() || method.size() > 16 ||
      !std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
    return bad("bad_method", "method has characters other than A-Z");
  if (version == "HTTP/1.0") {
    version_1_0 = true;
  } else if (version != "HTTP/1.1") {
    if (version.starts_with("HTTP/")) return Refusal{505, "bad_version", "only HTTP/1.1 and HTTP/1.0 are spoken here"};
    return bad("bad_request_line", "request line is not METHOD target HTTP/1.1");
  }
  if (!is_origin_target(target)) return bad("bad_target", "request target is not a clean origin-form path");
  out.request.method = method;
  out.request.target = target;
  return std::nullopt;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return kTokenChar[static_cast<unsigned char>(c)]; });
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= ' ' && c < 0x7f) || c == '\t'; });
}

bool is_origin_target(std::string_view target) {
  if (target.empty() || target[0] != '/') return false;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (c <= ' ' || c >= 0x7f || std::string_view("#\\\"<>^`{|}").find(c) != std::string_view::npos) return false;
    if (c != '%') continue;
    if (i + 2 >= target.size()) return false;
    const int high = hex_digit(target[i + 1]), low = hex_digit(target[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
    i += 2;
  }
  return true;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

HeadScan scan_head(std::string_view bytes, std::size_t& resume_at) {
  while (resume_at < bytes.size()) {
    const void* hit = std::memchr(bytes.data() + resume_at, '\n', bytes.size() - resume_at);
    if (!hit) {
      resume_at = bytes.size();
      break;
    }
    const auto at = static_cast<std::size_t>(static_cast<const char*>(hit) - bytes.data());
    resume_at = at + 1;
    if (at == 0 || bytes[at - 1] != '\r') return {0, true};
    // An empty line ends the head: CRLF directly after CRLF, or at the very beginning (refused by parse_head).
    if (at == 1 || bytes[at - 2] == '\n') return {at + 1, false};
  }
  return {};
}

std::optional<Refusal> parse_head(std::string_view head, const HeadLimits& limits, RequestHead& out) {
  if (head.size() > limits.header_bytes_max)
    return Refusal{431, "headers_too_large", "request head is over the limit of bytes"};
  auto rest = head;
  bool version_1_0 = false;
  if (auto refusal = parse_request_line(take_line(rest), out, version_1_0)) return refusal;

  int hosts = 0, lengths = 0, encodings = 0, count = 0;
  auto& headers = out.request.headers;
  headers.reserve(12);
  for (auto line = take_line(rest); !line.empty(); line = take_line(rest)) {
    if (++count > limits.header_count_max) return Refusal{431, "too_many_headers", "more header lines than the limit"};
    if (line[0] == ' ' || line[0] == '\t') return bad("folded_header", "header continues on the next line");
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    if (colon == std::string_view::npos || !is_token(name))
      return bad("bad_header_name", "header name is not a token followed by a colon");
    const auto value = trim(line.substr(colon + 1));
    if (!is_field_value(value)) return bad("bad_header_value", "header value has characters outside visible ASCII");

    auto& [lower_name, kept] = headers.emplace_back(std::string(name), std::string(value));
    std::transform(lower_name.begin(), lower_name.end(), lower_name.begin(), to_lower);
    if (lower_name == "host") {
      if (++hosts > 1 || !is_host(value)) return bad("bad_host", "Host must be given once and be a host");
    } else if (lower_name == "content-length") {
      if (++lengths > 1) return bad("repeated_content_length", "Content-Length is given more than once");
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out.content_length);
      const bool digits =
          !value.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (!digits || value.size() > 18 || error != std::errc{} || end != value.data() + value.size())
        return bad("bad_content_length", "Content-Length is not a plain number");
    } else if (lower_name == "transfer-encoding") {
      if (++encodings > 1 || value != "chunked")
        return bad("bad_transfer_encoding", "Transfer-Encoding must be exactly chunked");
      out.chunked = true;
    } else if (lower_name == "expect") {
      if (!equals_ignoring_case(value, "100-continue"))
        return Refusal{417, "bad_expectation", "only 100-continue can be expected"};
      out.expect_continue = true;
    } else if (lower_name == "connection") {
      if (connection_says_close(value)) out.keep_alive = false;
    }
  }
  if (hosts == 0) return bad("bad_host", "Host must be given once and be a host");
  if (lengths && encodings) return bad("length_and_encoding", "Content-Length and Transfer-Encoding together");
  if (version_1_0) {
    if (encodings) return bad("bad_transfer_encoding", "HTTP/1.0 has no Transfer-Encoding");
    out.keep_alive = false;
    out.expect_continue = false;
  }
  if (out.content_length > limits.body_bytes_max)
    return Refusal{413, "body_too_large", "request body is over the limit of bytes"};
  return std::nullopt;
}

ChunkDecoder::Status ChunkDecoder::feed(std::string_view bytes, std::size_t& taken, std::string& body) {
  taken = 0;
  while (taken < bytes.size()) {
    const char c = bytes[taken];
    switch (state_) {
      case State::size: {
        const int digit = hex_digit(c);
        if (digit >= 0) {
          if (++digits_ > 15) return Status::bad;
          left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
          if (left_ > body_bytes_max_ - body.size()) return Status::too_large;
        } else if (c == '\r' && digits_ > 0) {
          state_ = State::size_line_feed;
        } else {
          return Status::bad;
        }
        ++taken;
        break;
      }
      case State::size_line_feed:
        if (c != '\n') return Status::bad;
        ++taken;
        digits_ = 0;
        state_ = left_ == 0 ? State::end_carriage_return : State::data;
        break;
      case State::data: {
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - taken));
        body.append(bytes.substr(taken, part));
        taken += part;
        left_ -= part;
        if (left_ == 0) state_ = State::data_carriage_return;
        break;
      }
      case State::data_carriage_return:
      case State::end_carriage_return:
        if (c != '\r') return Status::bad;  // a trailer ends up here as well
        ++taken;
        state_ = state_ == State::data_carriage_return ? State::data_line_feed : State::end_line_feed;
        break;
      case State::data_line_feed:
        if (c != '\n') return Status::bad;
        ++taken;
        state_ = State::size;
        break;
      case State::end_line_feed:
        if (c != '\n') return Status::bad;
        ++taken;
        return Status::done;
    }
  }
  return Status::more;
}

}  // namespace samband
