// A server on loopback in threads of its own, and a plain-spoken client that can send any bytes.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pki.hpp"
#include "transport/http.hpp"

namespace samband::test {

using namespace std::chrono_literals;

// One CA and the certificates that every test uses, made once per program.
struct World {
  Pki pki{"Test CA"}, other{"Other CA"};
  TlsFiles server = pki.issue("server", {.common_name = "hub", .organisation_identifier = {}, .serial_number = {}});
  TlsFiles police = pki.issue(
      "police", {.common_name = "police-west", .organisation_identifier = "NTRSE-2021000076", .serial_number = {}});
  TlsFiles board = pki.issue(
      "board", {.common_name = "social-board", .organisation_identifier = {}, .serial_number = "212000-1355"});
  TlsFiles expired = pki.issue("expired", {.common_name = "late",
                                           .organisation_identifier = {},
                                           .serial_number = {},
                                           .san = {},
                                           .valid_from_s = -7000,
                                           .valid_to_s = -60});
  TlsFiles stranger = other.issue(
      "stranger", {.common_name = "police-west", .organisation_identifier = "NTRSE-2021000076", .serial_number = {}});
};
World& world();

// Sends bytes, reads bytes. Every wait ends after ten seconds.
class RawClient {
 public:
  // files: nullopt for plain TCP; an empty certificate shows none.
  RawClient(std::uint16_t port, std::optional<TlsFiles> files, int tls_version = TLS1_3_VERSION);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view bytes);
  std::string read_some();      // "" at the end, at a reset and when time is out
  std::string read_response();  // one response with Content-Length; "" when none came
  bool at_end() { return read_some().empty(); }
  std::string read_all();  // until the end
  const std::string& rest() const { return buffer_; }

 private:
  int fd_ = -1;
  bool connected_ = false;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string buffer_;
};

int status_of(std::string_view response);
std::string body_of(std::string_view response);

class ServerTest : public ::testing::Test {
 protected:
  ~ServerTest() override { stop(); }

  ListenerOptions options() const;
  // Starts a server with one listener and threads to run it.
  void serve(ListenerOptions, Handler, int threads = 2);
  void run_threads(int threads = 2);
  void stop();
  std::uint16_t port() const { return server_->port("agency"); }
  template <class T>
  T wait_for(Task<T> task) {
    auto future = asio::co_spawn(io_, std::move(task), asio::use_future);
    if (future.wait_for(20s) != std::future_status::ready) throw std::runtime_error("no result in time");
    return future.get();
  }
  // Polls a condition with a deadline.
  static bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit = 5s);

  asio::io_context io_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::vector<std::thread> threads_;
  std::unique_ptr<Server> server_;
};

// Answers with what it saw: "METHOD target cn organisation body-bytes".
Task<HttpResponse> echo(HttpRequest request);

}  // namespace samband::test
