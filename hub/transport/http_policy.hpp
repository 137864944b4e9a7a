// What the server accepts as HTTP/1.1, stricter than any parser that repairs: everything on which two implementations
// could disagree is refused (request smuggling). Sans-I/O, pure, thread-compatible.
//
// Beast joins folded lines, takes repeated Content-Length and lets Host be absent, and none of it can be seen after its
// parser has run; so the head is read from the raw bytes here. RFC 9112 sections 2-7 are the grammar.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "transport/http.hpp"

namespace samband {

struct Refusal {
  int status;
  std::string_view code, detail;  // constants: shape only
};

struct HeadLimits {
  std::size_t header_bytes_max = 16u << 10;
  int header_count_max = 64;
  std::uint64_t body_bytes_max = 32u << 20;
};

struct RequestHead {
  HttpRequest request;  // method, target and headers; body and peer are filled in later
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool keep_alive = true;
  bool expect_continue = false;
};

struct HeadScan {
  std::size_t length = 0;  // of the head with its empty line; 0: not complete yet
  bool bare_line_feed = false;
};
// Looks for the end of the head. `resume_at` keeps the place between calls on a growing buffer; starts at 0.
HeadScan scan_head(std::string_view bytes, std::size_t& resume_at);

// `head` is complete: it ends with the empty line. Returns why it is refused, or nothing and fills `out`.
std::optional<Refusal> parse_head(std::string_view head, const HeadLimits&, RequestHead& out);

// Chunked bodies: no chunk extensions, no trailers (RFC 9112 section 7.1 lets a recipient do without both; they are
// where decoders differ).
class ChunkDecoder {
 public:
  explicit ChunkDecoder(std::uint64_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}
  enum class Status { more, done, bad, too_large };
  // Takes from the front of `bytes`, appends to `body`, says how much was taken.
  Status feed(std::string_view bytes, std::size_t& taken, std::string& body);

 private:
  enum class State {
    size,
    size_line_feed,
    data,
    data_carriage_return,
    data_line_feed,
    end_carriage_return,
    end_line_feed
  };
  std::uint64_t body_bytes_max_, left_ = 0;
  int digits_ = 0;
  State state_ = State::size;
};

bool is_token(std::string_view);          // RFC 9110 section 5.6.2
bool is_field_value(std::string_view);    // visible ASCII, space and tab
bool is_origin_target(std::string_view);  // begins with '/', no fragment, sound percent-encoding, no %00
std::optional<std::string> percent_decode(std::string_view);

}  // namespace samband
