#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "fixture.hpp"
#include "transport/http_policy.hpp"

namespace samband::test {
namespace {

std::atomic<int> calls{0};

Task<HttpResponse> work(HttpRequest request) {
  ++calls;
  if (request.path() == "/base/large") co_return json_response(200, std::string(200000, 'x'));
  if (request.path() == "/base/slow") co_await sleep_for(std::chrono::milliseconds(600));
  if (request.path() == "/base/brief") co_await sleep_for(std::chrono::milliseconds(5));
  auto response = co_await echo(std::move(request));
  response.headers.emplace_back("x-note", "kept");
  co_return response;
}

class ClientTest : public ServerTest {
 protected:
  void SetUp() override { calls = 0; }

  EndpointOptions endpoint(std::uint16_t to) const {
    EndpointOptions options;
    options.name = "board";
    options.url = "https://127.0.0.1:" + std::to_string(to) + "/base/";
    options.files = world().police;
    return options;
  }
  void connect(EndpointOptions options) {
    std::vector<EndpointOptions> endpoints;
    endpoints.push_back(std::move(options));
    client_ = std::make_unique<Client>(io_, std::move(endpoints));
  }
  Result<ClientResponse> send(std::string path, Headers headers = {}, std::string body = "{}",
                              std::string method = "POST") {
    ClientRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.headers = std::move(headers);
    request.body = std::move(body);
    return wait_for(client_->send("board", std::move(request)));
  }
  ~ClientTest() override {
    client_.reset();
    stop();
  }

  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, shows_its_certificate_and_reuses_the_connection) {
  serve(options(), work);
  connect(endpoint(port()));
  ASSERT_TRUE(client_->check());
  for (int i = 0; i < 5; ++i) {
    const auto answer = send("/x?a=1");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "POST /base/x?a=1 police-west 2021000076 2");
    EXPECT_THAT(answer->headers, ::testing::Contains(::testing::Pair("x-note", "kept")));
  }
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(ClientTest, unknown_endpoint_and_unusable_endpoint) {
  serve(options(), work);
  connect(endpoint(port()));
  const auto missing = wait_for(client_->send("nobody", ClientRequest()));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);

  for (const char* url : {"http://127.0.0.1:80/", "https://127.0.0.1:0/", "https://u@127.0.0.1/", "not a url",
                          "https://127.0.0.1/?a=b"}) {
    auto plain = endpoint(port());
    plain.url = url;
    connect(plain);
    EXPECT_FALSE(client_->check()) << url;
    const auto answer = send("/x");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unavailable);
  }
}

TEST_F(ClientTest, plain_only_when_allowed_and_on_loopback) {
  auto listener = options();
  listener.tls = false;
  serve(listener, work);
  auto plain = endpoint(port());
  plain.url = "http://127.0.0.1:" + std::to_string(port()) + "/base";
  plain.allow_plain = true;
  connect(plain);
  const auto answer = send("/x");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  plain.url = "http://192.0.2.1:80/base";
  connect(plain);
  EXPECT_FALSE(client_->check());
}

TEST_F(ClientTest, refuses_a_wrong_name_and_a_wrong_authority) {
  serve(options(), work);
  auto named = endpoint(port());
  named.server_name = "other.example";
  connect(named);
  auto answer = send("/x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unavailable);

  named.server_name = "localhost";
  connect(named);
  EXPECT_TRUE(send("/x"));

  auto other = endpoint(port());
  other.files.ca = world().other.ca();
  connect(other);
  answer = send("/x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unavailable);
  EXPECT_EQ(calls, 1);
}

TEST_F(ClientTest, checks_an_ip_address_against_the_certificate) {
  auto listener = options();
  listener.files = world().pki.issue(
      "nameonly",
      {.common_name = "127.0.0.1", .organisation_identifier = {}, .serial_number = {}, .san = "DNS:localhost"});
  serve(listener, work);
  connect(endpoint(port()));
  EXPECT_FALSE(send("/x"));
}

TEST_F(ClientTest, nobody_there_is_unavailable) {
  serve(options(), work);
  const auto gone = port();
  server_.reset();
  ASSERT_TRUE(eventually([&] { return !RawClient(gone, std::nullopt).connected(); }));
  connect(endpoint(gone));
  const auto answer = send("/x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unavailable);
}

TEST_F(ClientTest, answer_over_the_limit) {
  serve(options(), work);
  auto small = endpoint(port());
  small.response_bytes_max = 1000;
  connect(small);
  const auto answer = send("/large");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::too_large);
  EXPECT_TRUE(send("/x"));
}

TEST_F(ClientTest, no_answer_in_time) {
  serve(options(), work);
  auto hasty = endpoint(port());
  hasty.request_timeout = 150ms;
  connect(hasty);
  const auto answer = send("/slow");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::timed_out);
  EXPECT_TRUE(send("/x"));
}

TEST_F(ClientTest, a_silent_server_costs_connect_timeout) {
  asio::io_context quiet;
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  run_threads();
  auto hasty = endpoint(ntohs(address.sin_port));
  hasty.connect_timeout = 100ms;
  connect(hasty);
  const auto answer = send("/x");
  ::close(listener);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::timed_out);
}

TEST_F(ClientTest, waits_for_a_free_connection_but_not_for_ever) {
  serve(options(), work);
  auto narrow = endpoint(port());
  narrow.connections_max = 1;
  narrow.request_timeout = 300ms;
  connect(narrow);
  ClientRequest slow;
  slow.path = "/slow";
  auto first = asio::co_spawn(io_, client_->send("board", slow), asio::use_future);
  auto second = asio::co_spawn(io_, client_->send("board", slow), asio::use_future);
  EXPECT_EQ(first.get().error().code, Errc::timed_out);
  EXPECT_EQ(second.get().error().code, Errc::timed_out);
  EXPECT_TRUE(eventually([&] { return send("/x").has_value(); }));
}

TEST_F(ClientTest, two_hundred_at_once_over_eight_connections) {
  serve(options(), work);
  auto pool = endpoint(port());
  pool.connections_max = 8;
  connect(pool);
  std::vector<std::future<Result<ClientResponse>>> answers;
  for (int i = 0; i < 200; ++i) {
    ClientRequest request;
    request.path = "/brief?n=" + std::to_string(i);
    request.body = std::string(static_cast<std::size_t>(i) * 100, 'x');
    answers.push_back(asio::co_spawn(io_, client_->send("board", std::move(request)), asio::use_future));
  }
  for (int i = 0; i < 200; ++i) {
    const auto answer = answers[static_cast<std::size_t>(i)].get();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body,
              "POST /base/brief?n=" + std::to_string(i) + " police-west 2021000076 " + std::to_string(i * 100));
  }
  EXPECT_LE(server_->connections(), 8);
  EXPECT_EQ(calls, 200);
}

TEST_F(ClientTest, connects_again_after_the_server_has_closed) {
  auto listener = options();
  listener.idle_timeout = 50ms;
  serve(listener, work);
  connect(endpoint(port()));
  ASSERT_TRUE(send("/x"));
  ASSERT_TRUE(eventually([&] { return server_->connections() == 0; }));
  const auto answer = send("/x");  // no idempotency-key: the end was seen before anything was sent
  EXPECT_TRUE(answer);
  EXPECT_EQ(calls, 2);
}

// A server that closes just as the second request arrives: nobody knows whether it was carried out.
class RudeServer {
 public:
  RudeServer() {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), length);
    ::listen(fd_, 8);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (int client; (client = ::accept(fd_, nullptr, nullptr)) >= 0; ::close(client)) {
        char bytes[4096];
        if (::recv(client, bytes, sizeof bytes, 0) <= 0) continue;
        ++requests_;
        const std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
        if (::recv(client, bytes, sizeof bytes, 0) > 0) ++requests_;
      }
    });
  }
  ~RudeServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  std::uint16_t port() const { return port_; }
  int requests() const { return requests_; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0};
  std::thread thread_;
};

TEST_F(ClientTest, repeats_once_only_what_may_be_repeated) {
  RudeServer rude;
  run_threads();
  auto plain = endpoint(rude.port());
  plain.url = "http://127.0.0.1:" + std::to_string(rude.port());
  plain.allow_plain = true;
  connect(plain);
  ASSERT_TRUE(send("/a"));
  const auto lost = send("/a");  // a POST without key: not repeated
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Errc::unavailable);
  EXPECT_EQ(rude.requests(), 2);
  ASSERT_TRUE(send("/a"));
  EXPECT_FALSE(send("/a", {{"idempotency-key", "019abc"}}));  // nor one with: it may have been acted on
  EXPECT_EQ(rude.requests(), 4);
  ASSERT_TRUE(send("/a"));
  EXPECT_TRUE(send("/a", {}, "", "GET"));
  EXPECT_EQ(rude.requests(), 7);
  client_->close();  // lets the server's thread end
}

TEST_F(ClientTest, a_request_that_is_not_clean_is_not_sent) {
  serve(options(), work);
  connect(endpoint(port()));
  EXPECT_FALSE(send("/a b"));
  EXPECT_FALSE(send("/a", {{"x-note", "a\r\nx: y"}}));
  EXPECT_FALSE(send("/a", {{"content-length", "1"}}));
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(send("/a"));
}

TEST_F(ClientTest, close_ends_calls_and_later_ones_are_unavailable) {
  serve(options(), work);
  connect(endpoint(port()));
  ClientRequest slow;
  slow.path = "/slow";
  auto running = asio::co_spawn(io_, client_->send("board", slow), asio::use_future);
  ASSERT_TRUE(eventually([&] { return calls == 1; }));
  client_->close();
  EXPECT_FALSE(running.get());
  const auto later = send("/x");
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, Errc::unavailable);
}

TEST_F(ClientTest, reload_takes_new_connections) {
  serve(options(), work);
  connect(endpoint(port()));
  ASSERT_TRUE(send("/x"));
  ASSERT_TRUE(client_->reload_certificates());
  EXPECT_TRUE(send("/x"));
  EXPECT_TRUE(eventually([&] { return server_->connections() == 1; }));
}

}  // namespace
}  // namespace samband::test
