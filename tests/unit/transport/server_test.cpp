#include <atomic>
#include <future>

#include "fixture.hpp"

namespace samband::test {
namespace {

const std::string kGet = "GET /x HTTP/1.1\r\nHost: hub\r\n\r\n";

class TlsServer : public ServerTest {};
class HttpServer : public ServerTest {};

std::string cn_and_organisation(std::uint16_t port, const TlsFiles& files) {
  RawClient client(port, files);
  client.send(kGet);
  return body_of(client.read_response());
}

TEST_F(TlsServer, tells_the_handler_whose_certificate_it_is) {
  serve(options(), echo);
  EXPECT_EQ(cn_and_organisation(port(), world().police), "GET /x police-west 2021000076 0");
  EXPECT_EQ(cn_and_organisation(port(), world().board), "GET /x social-board 2120001355 0");
}

TEST_F(TlsServer, refuses_a_client_without_certificate) {
  serve(options(), echo);
  TlsFiles none = world().police;
  none.certificate.clear();
  EXPECT_EQ(cn_and_organisation(port(), none), "");
}

TEST_F(TlsServer, refuses_another_authority_and_an_expired_certificate) {
  serve(options(), echo);
  TlsFiles stranger = world().stranger;
  stranger.ca = world().pki.ca();
  EXPECT_EQ(cn_and_organisation(port(), stranger), "");
  EXPECT_EQ(cn_and_organisation(port(), world().expired), "");
}

TEST_F(TlsServer, optional_takes_no_certificate_but_not_a_wrong_one) {
  auto listener = options();
  listener.client_certificate = ListenerOptions::ClientCertificate::optional;
  serve(listener, echo);
  TlsFiles none = world().police;
  none.certificate.clear();
  EXPECT_EQ(cn_and_organisation(port(), none), "GET /x   0");
  EXPECT_EQ(cn_and_organisation(port(), world().police), "GET /x police-west 2021000076 0");
  TlsFiles stranger = world().stranger;
  stranger.ca = world().pki.ca();
  EXPECT_EQ(cn_and_organisation(port(), stranger), "");
}

TEST_F(TlsServer, speaks_tls_1_3_only) {
  serve(options(), echo);
  EXPECT_FALSE(RawClient(port(), world().police, TLS1_2_VERSION).connected());
  EXPECT_TRUE(RawClient(port(), world().police, TLS1_3_VERSION).connected());
  RawClient plain(port(), std::nullopt);
  plain.send(kGet);
  EXPECT_EQ(plain.read_response(), "");
}

TEST_F(TlsServer, refuses_a_revoked_certificate_after_a_reload) {
  auto listener = options();
  listener.files.crl = world().pki.revoke("");
  serve(listener, echo);
  EXPECT_EQ(cn_and_organisation(port(), world().police), "GET /x police-west 2021000076 0");
  world().pki.revoke(world().police.certificate);
  ASSERT_TRUE(server_->reload_certificates());
  EXPECT_EQ(cn_and_organisation(port(), world().police), "");
  EXPECT_EQ(cn_and_organisation(port(), world().board), "GET /x social-board 2120001355 0");
}

TEST_F(TlsServer, a_failed_reload_keeps_the_old_certificates) {
  auto listener = options();
  const auto copy = world().pki.path("copy.pem");
  std::filesystem::copy_file(listener.files.certificate, copy, std::filesystem::copy_options::overwrite_existing);
  listener.files.certificate = copy;
  serve(listener, echo);
  std::filesystem::resize_file(copy, 10);
  const auto reloaded = server_->reload_certificates();
  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().code, Errc::invalid_config);
  EXPECT_EQ(cn_and_organisation(port(), world().police), "GET /x police-west 2021000076 0");
}

// An independent client: resumption must not lose the certificate.
TEST_F(TlsServer, a_resumed_session_still_knows_the_certificate) {
  serve(options(), echo);
  const auto run = [&](const std::string& session) {
    const auto command =
        "printf 'GET /x HTTP/1.1\\r\\nHost: hub\\r\\nConnection: close\\r\\n\\r\\n' | openssl s_client -connect "
        "127.0.0.1:" +
        std::to_string(port()) + " -cert " + world().police.certificate + " -key " + world().police.key + " -CAfile " +
        world().police.ca + " -ign_eof " + session + " 2>&1";
    std::string out;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    char bytes[4096];
    for (std::size_t count; (count = std::fread(bytes, 1, sizeof bytes, pipe)) > 0;) out.append(bytes, count);
    ::pclose(pipe);
    return out;
  };
  const auto file = world().pki.path("session.pem");
  const auto first = run("-sess_out " + file), second = run("-sess_in " + file);
  EXPECT_NE(first.find("New, TLSv1.3"), std::string::npos) << first;
  EXPECT_NE(second.find("Reused, TLSv1.3"), std::string::npos) << second;
  EXPECT_NE(second.find("GET /x police-west 2021000076 0"), std::string::npos) << second;
}

TEST_F(TlsServer, start_names_the_listener_that_cannot_be) {
  auto listener = options();
  listener.files.key = "/nonexistent.key";
  std::vector<std::pair<ListenerOptions, Handler>> listeners;
  listeners.emplace_back(listener, echo);
  Server broken(io_, std::move(listeners));
  const auto started = broken.start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().where, ::testing::HasSubstr("agency"));

  listener = options();
  listener.tls = false;
  listener.address = "0.0.0.0";
  listeners.clear();
  listeners.emplace_back(listener, echo);
  Server open_to_all(io_, std::move(listeners));
  EXPECT_FALSE(open_to_all.start());
}

TEST_F(HttpServer, keeps_the_connection_and_answers_in_order) {
  serve(options(), echo);
  RawClient client(port(), world().police);
  for (int i = 0; i < 3; ++i) {
    client.send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: hub\r\n\r\n");
    EXPECT_EQ(body_of(client.read_response()), "GET /" + std::to_string(i) + " police-west 2021000076 0");
  }
  client.send(
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloPOST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
      kGet);
  EXPECT_EQ(body_of(client.read_response()), "POST /a police-west 2021000076 5");
  EXPECT_EQ(body_of(client.read_response()), "POST /b police-west 2021000076 3");
  EXPECT_EQ(body_of(client.read_response()), "GET /x police-west 2021000076 0");
}

TEST_F(HttpServer, closes_when_the_client_asks_or_speaks_1_0) {
  serve(options(), echo);
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\nHost: h\r\n\r\n"}) {
    RawClient client(port(), world().police);
    client.send(request);
    const auto answer = client.read_response();
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(client.at_end());
  }
}

TEST_F(HttpServer, large_bodies_arrive_whole_and_too_large_ones_are_refused) {
  auto listener = options();
  listener.body_bytes_max = 1u << 20;
  serve(listener, echo);
  const std::string body(1u << 20, 'x');
  {
    RawClient client(port(), world().police);
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n" + body);
    EXPECT_EQ(body_of(client.read_response()), "POST /a police-west 2021000076 1048576");
  }
  {
    RawClient client(port(), world().police);
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n" + body.substr(0, 100000));
    const auto answer = client.read_response();
    EXPECT_EQ(status_of(answer), 413);
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
    EXPECT_TRUE(client.at_end());
  }
  {
    RawClient client(port(), world().police);
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n");
    EXPECT_EQ(status_of(client.read_response()), 413);
  }
}

TEST_F(HttpServer, refusals_close_the_connection) {
  serve(options(), echo);
  const std::vector<std::pair<std::string, int>> cases = {
      {"GET / HTTP/1.1\nHost: a\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(40000, 'a'), 431},
      {"POST / HTTP/1.1\r\nHost: a\r\nExpect: money\r\nContent-Length: 1\r\n\r\n", 417},
  };
  for (const auto& [request, status] : cases) {
    RawClient client(port(), world().police);
    client.send(request + kGet);
    EXPECT_EQ(status_of(client.read_response()), status) << request.substr(0, 80);
    EXPECT_TRUE(client.at_end());
  }
}

TEST_F(HttpServer, asks_for_the_body_when_the_client_waits_for_it) {
  serve(options(), echo);
  RawClient client(port(), world().police);
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_response(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(body_of(client.read_response()), "POST /a police-west 2021000076 3");
}

TEST_F(HttpServer, a_stranger_is_answered_before_its_body) {
  auto with_door = options();
  with_door.admit = [](const PeerCertificate& peer) -> Result<void> {
    if (peer.common_name == "police-west") return {};
    return fail(Errc::forbidden, "certificate", "not a party");
  };
  serve(with_door, echo);
  const std::string waits = "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  const std::string large = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n";
  const std::string chunked = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& request : {waits, large, chunked}) {
    RawClient client(port(), world().board);
    client.send(request);
    EXPECT_EQ(status_of(client.read_response()), 403) << request;
    EXPECT_TRUE(client.at_end());
  }
  RawClient client(port(), world().police);
  client.send(waits);
  EXPECT_EQ(client.read_response(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(body_of(client.read_response()), "POST /a police-west 2021000076 3");
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n");
  EXPECT_EQ(status_of(client.read_response()), 413) << "over the limit: never told to go on";
}

Task<HttpResponse> throwing(HttpRequest request) {
  if (request.target == "/other") throw 42;
  throw std::runtime_error("contains 20090301-1234");
  co_return HttpResponse();
}

TEST_F(HttpServer, an_exception_is_500_without_its_text_and_the_connection_lives) {
  serve(options(), throwing);
  RawClient client(port(), world().police);
  for (const char* target : {"/one", "/other"}) {
    client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto answer = client.read_response();
    EXPECT_EQ(status_of(answer), 500);
    EXPECT_EQ(answer.find("20090301"), std::string::npos);
  }
}

Task<HttpResponse> splitting(HttpRequest) {
  HttpResponse response;
  response.headers.emplace_back("x-note", "a\r\nset-cookie: b");
  co_return response;
}

TEST_F(HttpServer, a_header_that_would_split_the_response_is_500) {
  serve(options(), splitting);
  RawClient client(port(), world().police);
  client.send(kGet);
  const auto answer = client.read_response();
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_EQ(answer.find("set-cookie"), std::string::npos);
}

TEST_F(HttpServer, slow_and_silent_clients_are_closed_at_their_deadlines) {
  auto listener = options();
  listener.header_timeout = 100ms;
  listener.body_timeout = 100ms;
  listener.idle_timeout = 100ms;
  listener.handshake_timeout = 100ms;
  serve(listener, echo);
  const auto closes = [&](RawClient& client) {
    const auto before = std::chrono::steady_clock::now();
    const bool end = client.at_end();
    return end && std::chrono::steady_clock::now() - before < 5s;
  };
  RawClient silent(port(), std::nullopt);  // never starts TLS
  EXPECT_TRUE(closes(silent));
  RawClient mute(port(), world().police);  // never sends a request
  EXPECT_TRUE(closes(mute));
  RawClient slow(port(), world().police);  // a byte now and then does not buy time
  const auto start = std::chrono::steady_clock::now();
  while (slow.send("X") && std::chrono::steady_clock::now() - start < 5s) std::this_thread::sleep_for(10ms);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
  RawClient half(port(), world().police);
  half.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(closes(half));
  RawClient idle(port(), world().police);
  idle.send(kGet);
  EXPECT_EQ(status_of(idle.read_response()), 200);
  EXPECT_TRUE(closes(idle));
  EXPECT_TRUE(eventually([&] { return server_->connections() == 0; }));
}

Task<HttpResponse> sleeping(HttpRequest request) {
  co_await sleep_for(std::chrono::milliseconds(std::stoi(request.query("ms"))));
  co_return json_response(200, "{}");
}

TEST_F(HttpServer, a_handler_over_its_time_loses_the_connection) {
  auto listener = options();
  listener.handler_timeout = 50ms;
  serve(listener, sleeping);
  RawClient client(port(), world().police);
  client.send("GET /?ms=300 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.read_response(), "");
}

TEST_F(HttpServer, no_more_connections_than_the_limit) {
  auto listener = options();
  listener.connections_max = 2;
  serve(listener, echo);
  {
    RawClient one(port(), world().police), two(port(), world().police);
    ASSERT_TRUE(one.connected() && two.connected());
    EXPECT_FALSE(RawClient(port(), world().police).connected());
    two.send(kGet);
    EXPECT_EQ(status_of(two.read_response()), 200);
  }
  ASSERT_TRUE(eventually([&] { return server_->connections() == 0; }));
  EXPECT_TRUE(RawClient(port(), world().police).connected());
}

TEST_F(HttpServer, drain_lets_a_running_request_finish_and_takes_no_new_ones) {
  serve(options(), sleeping);
  RawClient idle(port(), world().police), busy(port(), world().police);
  idle.send("GET /?ms=0 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(idle.read_response()), 200);
  busy.send("GET /?ms=0 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(busy.read_response()), 200);
  busy.send("GET /?ms=200 HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(50ms);  // the request is with its handler
  std::promise<void> done;
  const auto start = std::chrono::steady_clock::now();
  server_->drain(5s, [&] { done.set_value(); });
  EXPECT_TRUE(idle.at_end());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 150ms);
  const auto answer = busy.read_response();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_FALSE(RawClient(port(), world().police).connected());
  EXPECT_TRUE(busy.at_end());
  EXPECT_EQ(done.get_future().wait_for(5s), std::future_status::ready);
  EXPECT_EQ(server_->connections(), 0);
}

TEST_F(HttpServer, drain_ends_at_its_limit) {
  serve(options(), sleeping);
  RawClient busy(port(), world().police);
  busy.send("GET /?ms=3000 HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  std::promise<void> done;
  server_->drain(50ms, [&] { done.set_value(); });
  EXPECT_EQ(done.get_future().wait_for(2s), std::future_status::ready);
  EXPECT_TRUE(busy.at_end());
}

TEST_F(HttpServer, plain_on_loopback_and_head_without_body) {
  auto listener = options();
  listener.tls = false;
  serve(listener, echo);
  RawClient client(port(), std::nullopt);
  client.send("HEAD /m HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const auto answer = client.read_all();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(body_of(answer), "");
  EXPECT_NE(answer.find("Cache-Control: no-store"), std::string::npos);
}

}  // namespace
}  // namespace samband::test
