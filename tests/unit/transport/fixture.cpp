#include "fixture.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

namespace samband::test {

World& world() {
  static World one;
  return one;
}

RawClient::RawClient(std::uint16_t port, std::optional<TlsFiles> files, int tls_version) {
  std::signal(SIGPIPE, SIG_IGN);
  fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
  const timeval limit{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return;
  connected_ = true;
  if (!files) return;
  context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context_, tls_version);
  SSL_CTX_set_max_proto_version(context_, tls_version);
  SSL_CTX_load_verify_locations(context_, files->ca.c_str(), nullptr);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  if (!files->certificate.empty()) {
    SSL_CTX_use_certificate_file(context_, files->certificate.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_, files->key.c_str(), SSL_FILETYPE_PEM);
  }
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, fd_);
  connected_ = SSL_connect(ssl_) == 1;
}

RawClient::~RawClient() {
  if (ssl_) SSL_free(ssl_);
  if (context_) SSL_CTX_free(context_);
  ::close(fd_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count =
        ssl_ ? SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)))
             : static_cast<int>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::string RawClient::read_some() {
  char bytes[16384];
  const auto count = ssl_ ? SSL_read(ssl_, bytes, sizeof bytes) : static_cast<int>(::recv(fd_, bytes, sizeof bytes, 0));
  return count > 0 ? std::string(bytes, static_cast<std::size_t>(count)) : std::string();
}

std::string RawClient::read_response() {
  for (;;) {
    const auto head = buffer_.find("\r\n\r\n");
    if (head != std::string::npos) {
      const auto at = buffer_.find("Content-Length: ");
      const auto length = at < head ? std::stoul(buffer_.substr(at + 16)) : 0;
      if (buffer_.size() >= head + 4 + length) {
        auto response = buffer_.substr(0, head + 4 + length);
        buffer_.erase(0, head + 4 + length);
        return response;
      }
    }
    const auto more = read_some();
    if (more.empty()) return {};
    buffer_ += more;
  }
}

std::string RawClient::read_all() {
  for (auto more = read_some(); !more.empty(); more = read_some()) buffer_ += more;
  return buffer_;
}

int status_of(std::string_view response) {
  return response.starts_with("HTTP/1.1 ") ? std::stoi(std::string(response.substr(9, 3))) : 0;
}

std::string body_of(std::string_view response) {
  const auto head = response.find("\r\n\r\n");
  return head == std::string_view::npos ? std::string() : std::string(response.substr(head + 4));
}

ListenerOptions ServerTest::options() const {
  ListenerOptions options;
  options.name = "agency";
  options.files = world().server;
  return options;
}

void ServerTest::run_threads(int threads) {
  work_.emplace(io_.get_executor());
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { io_.run(); });
}

void ServerTest::serve(ListenerOptions options, Handler handler, int threads) {
  std::vector<std::pair<ListenerOptions, Handler>> listeners;
  listeners.emplace_back(std::move(options), std::move(handler));
  server_ = std::make_unique<Server>(io_, std::move(listeners));
  const auto started = server_->start();
  ASSERT_TRUE(started) << started.error().where << " " << started.error().message;
  if (threads_.empty()) run_threads(threads);
}

void ServerTest::stop() {
  server_.reset();
  work_.reset();
  io_.stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool ServerTest::eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

Task<HttpResponse> echo(HttpRequest request) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.target + " " + request.peer.common_name + " " +
                  request.peer.organisation_number + " " + std::to_string(request.body.size());
  co_return response;
}

}  // namespace samband::test
