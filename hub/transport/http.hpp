// What handlers see of HTTP: values without Beast, so that only the transport unit instantiates TLS streams.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "identity/peer.hpp"

namespace samband {

namespace asio = boost::asio;
template <class T>
using Task = asio::awaitable<T>;

using Headers = std::vector<std::pair<std::string, std::string>>;  // names lower case

struct HttpRequest {
  std::string method, target;  // target: path and query, origin form only
  Headers headers;
  std::string body;
  PeerCertificate peer;
  std::string_view header(std::string_view lower_case_name) const;
  std::string_view path() const;
  std::string query(std::string_view name) const;     // percent-decoded; "" when absent
  std::vector<std::string_view> query_names() const;  // as they stand in the target, in order
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers;
  std::string body;
};

// invalid_input when the query has a parameter that is not in `known`, or one twice: a question that is not understood
// is refused, never answered as another one. The error names the parameter where its name looks like one.
Result<void> check_query(const HttpRequest&, std::initializer_list<std::string_view> known);

using Handler = std::function<Task<HttpResponse>(HttpRequest)>;  // may throw: 500 without detail

struct TlsFiles {
  std::string certificate, key, ca;  // PEM paths
  std::string crl;                   // optional
};

struct ListenerOptions {
  std::string name;  // for logs: "agency", "log", "console", "admin"
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port
  bool tls = true;
  enum class ClientCertificate { required, optional, none } client_certificate = ClientCertificate::required;
  TlsFiles files;
  // Asked before a large body is read and before a waiting client is told to go on: its error is the answer, and the
  // body is never read. Empty: whoever got through the handshake. Called on any thread.
  std::function<Result<void>(const PeerCertificate&)> admit = {};
  std::size_t body_bytes_max = 32u << 20, header_bytes_max = 16u << 10;
  int header_count_max = 64;
  int connections_max = 1024;
  std::chrono::milliseconds handshake_timeout{5000}, header_timeout{10000}, body_timeout{30000}, handler_timeout{60000},
      write_timeout{30000}, idle_timeout{120000};
};

// TLS 1.3 only, HTTP/1.1 keep-alive, strict header policy (../shared/trials/http-strictness.cpp names what must be
// refused). Problem documents (RFC 9457) for everything it refuses itself. A coroutine per connection, on a strand.
class Server {
 public:
  Server(asio::io_context&, std::vector<std::pair<ListenerOptions, Handler>>);
  ~Server();
  // Binds and starts to accept. Error names listener and port.
  Result<void> start();
  std::uint16_t port(std::string_view listener_name) const;
  // Stops accepting, lets running requests finish up to the limit, then closes. `done` runs on the io_context.
  void drain(std::chrono::milliseconds limit, std::function<void()> done);
  int connections() const;
  // Re-reads certificates, keys and CRLs for new connections; keeps the old ones on error.
  Result<void> reload_certificates();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

struct EndpointOptions {
  std::string name;          // as named in hub.toml
  std::string url;           // https://host:port/base/path, file:///folder or sftp://host:port/folder (both PUT only);
                             // http:// refused unless `allow_plain` (tests)
  TlsFiles files;            // the hub's client certificate; `ca` verifies the server
  bool allow_plain = false;  // http:// to a loopback address, for tests
  std::string user, host_key, private_key;  // of sftp: login, "SHA256:..." of the host's key, file of the login's key
  std::string server_name;                  // name checked in the server's certificate; "" = host of the url
  int connections_max = 32;
  std::chrono::milliseconds connect_timeout{5000}, request_timeout{30000}, idle_timeout{60000};
  std::size_t response_bytes_max = 8u << 20;
};

struct ClientRequest {
  std::string method = "POST", path;  // appended to the endpoint's base path
  Headers headers;
  std::string body;
};
struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

// Pooled mutual-TLS connections per endpoint. Retries once on a fresh connection when a pooled one turns out closed
// before any byte of the answer, and only GET and HEAD: anything else may have been acted on.
class Client {
 public:
  Client(asio::io_context&, std::vector<EndpointOptions>);
  ~Client();
  // Errors: unavailable (connect, TLS, reset, unusable endpoint), timed_out, too_large, not_found (no such endpoint).
  // request_timeout bounds the whole call, the wait for a free connection included.
  Task<Result<ClientResponse>> send(std::string endpoint, ClientRequest);
  // The first endpoint whose URL or files cannot be used; `send` to it answers unavailable until that is mended.
  Result<void> check() const;
  // Re-reads certificates, keys and CRLs; idle connections are closed. Keeps the old ones on error.
  Result<void> reload_certificates();
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Waits; cancellable by the io_context's stop only.
Task<void> sleep_for(std::chrono::milliseconds);

HttpResponse problem(int status, std::string_view code, std::string_view title, std::string_view detail,
                     std::string_view pointer = {});  // RFC 9457, application/problem+json
HttpResponse problem(const Error&);                   // status by remedy
HttpResponse json_response(int status, std::string body);

}  // namespace samband
