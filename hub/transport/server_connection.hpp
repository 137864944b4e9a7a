// One connection of a server: reads a request, calls the handler, writes the answer, until either side has had enough.
// Runs on its own strand; a Listener is shared by its connections and thread-safe. Internal to hub/transport.
#pragma once
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/core/demangle.hpp>
#include <cstring>
#include <mutex>

#include "base/log.hpp"
#include "transport/http_policy.hpp"
#include "transport/response_writer.hpp"
#include "transport/tls.hpp"

namespace samband::serving {

using tcp = asio::ip::tcp;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kReadAtOnce = 16u << 10;  // one TLS record
constexpr milliseconds kLingerMax{1000};
constexpr std::size_t kLingerBytesMax = 1u << 20;
constexpr std::size_t kKeptBytesMax = 256u << 10;  // an answer's memory kept for the next one

constexpr Refusal kBareLineFeed{400, "bare_line_feed", "a line feed without carriage return"};
constexpr Refusal kHeadersTooLarge{431, "headers_too_large", "request head is over the limit of bytes"};
constexpr Refusal kBadChunk{400, "bad_chunk", "chunked body is not well formed"};
constexpr Refusal kBodyTooLarge{413, "body_too_large", "request body is over the limit of bytes"};

std::int64_t ticks(SteadyClock::time_point at) { return at.time_since_epoch().count(); }

struct Listener {
  explicit Listener(ListenerOptions o, Handler h, asio::any_io_executor executor)
      : options(std::move(o)), handler(std::move(h)), acceptor(std::move(executor)) {}
  const ListenerOptions options;
  const Handler handler;
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  std::atomic<int> connections{0};

  TlsContext tls() const {
    const std::lock_guard lock(mutex_);
    return tls_;
  }
  void set_tls(TlsContext context) {
    const std::lock_guard lock(mutex_);
    tls_ = std::move(context);
  }

 private:
  mutable std::mutex mutex_;
  TlsContext tls_;
};

// What the sweeper and a drain see of a connection. Everything but `deadline` belongs to the connection's strand.
class Watched {
 public:
  virtual ~Watched() = default;
  virtual void close_now() = 0;
  virtual bool is_idle() const = 0;

  void set_deadline(milliseconds from_now) {
    deadline_.store(ticks(SteadyClock::now() + from_now), std::memory_order_relaxed);
  }
  bool is_late() const { return ticks(SteadyClock::now()) > deadline_.load(std::memory_order_relaxed); }
  asio::any_io_executor executor;

 private:
  std::atomic<std::int64_t> deadline_{0};
};

using TlsStream = asio::ssl::stream<tcp::socket>;
template <class Stream>
constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

template <class Stream>
class ServerConnection final : public Watched {
 public:
  ServerConnection(Stream stream, TlsContext tls, std::shared_ptr<Listener> listener,
                   std::shared_ptr<std::atomic<bool>> draining)
      : tls_(std::move(tls)),
        stream_(std::move(stream)),
        listener_(std::move(listener)),
        draining_(std::move(draining)) {
    executor = stream_.get_executor();
    in_.resize(options().header_bytes_max + kReadAtOnce);
  }

  void close_now() override {
    error_code ignored;
    lowest().close(ignored);
  }
  bool is_idle() const override { return idle_; }

  Task<void> run() {
    bool ready = true;
    if constexpr (kIsTls<Stream>) ready = co_await handshake();
    if (ready) {
      set_deadline(options().header_timeout);  // a client that has connected has something to say
      while (co_await serve_one()) set_deadline(options().idle_timeout);
      co_await finish();
    }
    close_now();
  }

 private:
  const ListenerOptions& options() const { return listener_->options; }
  std::string_view unread() const { return {in_.data() + begin_, end_ - begin_}; }
  bool is_open() const { return const_cast<ServerConnection*>(this)->lowest().is_open(); }

  Task<bool> handshake() {
    set_deadline(options().handshake_timeout);
    error_code error;
    co_await stream_.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      log(LogLevel::info, "transport.handshake_failed", {{"listener", options().name}, {"reason", error.message()}});
      co_return false;
    }
    if (!certificate_in_date(stream_.native_handle())) {
      log(LogLevel::info, "transport.handshake_failed",
          {{"listener", options().name}, {"reason", "resumed with an expired certificate"}});
      co_return false;
    }
    peer_ = peer_certificate(stream_.native_handle());
    co_return true;
  }

  // Reads more behind what is unread. False at the end of the stream, an error, or the deadline.
  Task<bool> fill() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (in_.size() - end_ < kReadAtOnce / 4 && begin_ > 0) {
      std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    error_code error;
    const auto space = asio::buffer(in_.data() + end_, in_.size() - end_);
    const auto count = co_await stream_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
    end_ += count;
    co_return !error;
  }

  Task<bool> write(std::string_view bytes) {
    set_deadline(options().write_timeout);
    error_code error;
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    co_await asio::async_write(stream_, buffer, asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
  }

  // Length of the next request's head at the front of unread(); 0 when there is none to come or it was refused.
  Task<std::size_t> read_head() {
    std::size_t resume_at = 0;
    bool started = end_ > begin_;
    if (started) set_deadline(options().header_timeout);
    idle_ = !started;
    if (idle_ && draining_->load(std::memory_order_relaxed)) co_return 0;
    for (;;) {
      const auto scan = scan_head(unread(), resume_at);
      if (scan.length) co_return scan.length;
      if (scan.bare_line_feed) {
        co_await refuse(kBareLineFeed);
        co_return 0;
      }
      if (unread().size() >= options().header_bytes_max) {
        co_await refuse(kHeadersTooLarge);
        co_return 0;
      }
      const bool more = co_await fill();
      idle_ = false;
      if (!more) co_return 0;
      if (!started) set_deadline(options().header_timeout);
      started = true;
    }
  }

  Task<bool> read_body() {
    if (head_.content_length == 0 && !head_.chunked) co_return true;
    set_deadline(options().body_timeout);
    if (head_.expect_continue && unread().empty()) {
      const bool told = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
      if (!told) co_return false;
      set_deadline(options().body_timeout);
    }
    if (head_.chunked) co_return co_await read_chunks();
    co_return co_await read_counted();
  }

  // Grows with what has come: a promised length costs the client its bytes before it costs us memory.
  Task<bool> read_counted() {
    auto& body = head_.request.body;
    const auto length = static_cast<std::size_t>(head_.content_length);
    const auto first = std::min(length, unread().size());
    body.assign(unread().substr(0, first));
    begin_ += first;
    while (body.size() < length) {
      const auto had = body.size();
      const auto want = std::min(length - had, kReadAtOnce);
      body.resize(had + want);
      error_code error;
      const auto space = asio::buffer(body.data() + had, want);
      const auto count = co_await stream_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return false;
      body.resize(had + count);
    }
    co_return true;
  }

  Task<bool> read_chunks() {
    ChunkDecoder decoder(options().body_bytes_max);
    for (;;) {
      std::size_t taken = 0;
      const auto status = decoder.feed(unread(), taken, head_.request.body);
      begin_ += taken;
      if (status == ChunkDecoder::Status::done) co_return true;
      if (status == ChunkDecoder::Status::bad) {
        co_await refuse(kBadChunk);
        co_return false;
      }
      if (status == ChunkDecoder::Status::too_large) {
        co_await refuse(kBodyTooLarge);
        co_return false;
      }
      const bool more = co_await fill();
      if (!more) co_return false;
    }
  }

  // A small body that is on its way anyway is the handler's to judge.
  Result<void> admit() const {
    const bool large = head_.chunked || head_.content_length > kReadAtOnce;
    if (!options().admit || !(large || head_.expect_continue)) return {};
    return options().admit(peer_);
  }

  // True when another request may follow on this connection.
  Task<bool> serve_one() {
    const auto length = co_await read_head();
    if (length == 0) co_return false;
    head_ = RequestHead();
    HeadLimits limits;
    limits.header_bytes_max = options().header_bytes_max;
    limits.header_count_max = options().header_count_max;
    limits.body_bytes_max = options().body_bytes_max;
    const auto refusal = parse_head(unread().substr(0, length), limits, head_);
    begin_ += length;
    if (refusal) {
      co_await refuse(*refusal);
      co_return false;
    }
    if (auto admitted = admit(); !admitted) {
      auto answer = problem(admitted.error());
      co_await answer_last(std::move(answer));
      co_return false;
    }
    const bool whole = co_await read_body();
    if (!whole) co_return false;

    ResponseForm form;
    form.head_only = head_.request.method == "HEAD";
    const bool keep_alive = head_.keep_alive;
    head_.request.peer = peer_;
    // A handler over its time loses the connection without an answer: whether it decided is not known, so no status
    // code would be true. The client asks again with the same message id.
    set_deadline(options().handler_timeout);
    const auto response = co_await call(std::move(head_.request));
    if (!is_open()) co_return false;
    form.keep_alive = keep_alive && !draining_->load(std::memory_order_relaxed);
    if (!write_response(response, form, out_)) {
      log(LogLevel::error, "transport.bad_response",
          {{"listener", options().name}, {"status", std::to_string(response.status)}});
      write_response(internal_error(), form, out_);
    }
    const bool written = co_await write(out_);
    if (out_.capacity() > kKeptBytesMax) std::string().swap(out_);
    if (written && !form.keep_alive) linger_ = true;
    co_return written&& form.keep_alive;
  }

  static HttpResponse internal_error() { return problem(500, "internal", "Internal error", {}); }

  Task<HttpResponse> call(HttpRequest request) {
    std::string failure;
    try {
      co_return co_await listener_->handler(std::move(request));
    } catch (const std::exception& error) {
      failure = boost::core::demangle(typeid(error).name());  // its text might quote the message
    } catch (...) {
      failure = "unknown";
    }
    log(LogLevel::error, "transport.handler_failed", {{"listener", options().name}, {"type", failure}});
    co_return internal_error();
  }

  Task<void> refuse(Refusal refusal) {
    log(LogLevel::info, "transport.refused", {{"listener", options().name}, {"code", std::string(refusal.code)}});
    auto answer = problem(refusal.status, refusal.code, "The request was refused", refusal.detail);
    co_await answer_last(std::move(answer));
  }

  Task<void> answer_last(HttpResponse response) {
    ResponseForm form;
    form.keep_alive = false;
    write_response(response, form, out_);
    linger_ = co_await write(out_);
  }

  // After a last answer: says goodbye and reads on for a moment, since closing with unread bytes would reset the
  // connection and could take the answer away from the client.
  Task<void> finish() {
    if (!linger_ || !is_open()) co_return;
    set_deadline(std::min(kLingerMax, options().idle_timeout));
    error_code error;
    if constexpr (kIsTls<Stream>) {
      co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
      if (!error) co_return;
    }
    auto& socket = lowest();
    error.clear();
    socket.shutdown(tcp::socket::shutdown_send, error);
    for (std::size_t discarded = 0; !error && discarded < kLingerBytesMax;) {
      const auto space = asio::buffer(in_.data(), in_.size());
      discarded += co_await socket.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
    }
  }

  tcp::socket& lowest() {
    if constexpr (kIsTls<Stream>)
      return stream_.next_layer();
    else
      return stream_;
  }

  TlsContext tls_;  // outlives the stream
  Stream stream_;
  std::shared_ptr<Listener> listener_;
  std::shared_ptr<std::atomic<bool>> draining_;
  PeerCertificate peer_;
  RequestHead head_;  // of the request being read
  std::vector<char> in_;
  std::size_t begin_ = 0, end_ = 0;  // unread bytes in in_
  std::string out_;
  bool idle_ = false, linger_ = false;
};

}  // namespace samband::serving
