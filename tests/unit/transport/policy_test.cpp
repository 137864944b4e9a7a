#include <gtest/gtest.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json.hpp>

#include "transport/http_policy.hpp"
#include "transport/response_writer.hpp"

namespace samband {
namespace {

// Status of the refusal, 200 when accepted, 0 when the head is not complete.
int judge(std::string_view bytes, RequestHead* out = nullptr) {
  std::size_t resume_at = 0;
  const auto scan = scan_head(bytes, resume_at);
  if (scan.bare_line_feed) return 400;
  if (!scan.length) return 0;
  RequestHead head;
  const auto refusal = parse_head(bytes.substr(0, scan.length), HeadLimits{}, head);
  if (out) *out = head;
  return refusal ? refusal->status : 200;
}

struct Case {
  const char* name;
  std::string bytes;
  int status;
};

TEST(HttpPolicy, strictness) {
  const std::string get = "GET /x HTTP/1.1\r\nHost: a\r\n", post = "POST /x HTTP/1.1\r\nHost: a\r\n";
  std::string many = get;
  for (int i = 0; i < 64; ++i) many += "A: 1\r\n";
  const std::vector<Case> cases = {
      {"plain", get + "\r\n", 200},
      {"length", post + "Content-Length: 5\r\n\r\n", 200},
      {"chunked", post + "Transfer-Encoding: chunked\r\n\r\n", 200},
      {"expect", post + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n", 200},
      {"ipv6 host", "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", 200},
      {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 200},
      {"lengths differ", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
      {"lengths equal", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
      {"length list", post + "Content-Length: 5, 5\r\n\r\n", 400},
      {"length and encoding", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"encoding and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400},
      {"xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n", 400},
      {"chunked, identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n", 400},
      {"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 400},
      {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"HTTP/1.0 chunked", "POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"bare line feed", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"line feed in headers", get + "X: 1\nY: 2\r\n\r\n", 400},
      {"folded", get + "X: 1\r\n 2\r\n\r\n", 400},
      {"folded by tab", get + "X: 1\r\n\t2\r\n\r\n", 400},
      {"space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"no colon", get + "nothing\r\n\r\n", 400},
      {"empty name", get + ": x\r\n\r\n", 400},
      {"negative length", post + "Content-Length: -1\r\n\r\n", 400},
      {"plus length", post + "Content-Length: +5\r\n\r\n", 400},
      {"hex length", post + "Content-Length: 0x5\r\n\r\n", 400},
      {"empty length", post + "Content-Length:\r\n\r\n", 400},
      {"huge length", post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {"over the limit", post + "Content-Length: 99999999999\r\n\r\n", 413},
      {"NUL in value", get + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"carriage return in value", get + "X: a\rb\r\n\r\n", 400},
      {"byte over 126", get + "X: \xc3\xa5\r\n\r\n", 400},
      {"host twice", get + "Host: b\r\n\r\n", 400},
      {"host missing", "GET / HTTP/1.1\r\nX: 1\r\n\r\n", 400},
      {"host empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"host with user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
      {"many headers", many + "\r\n", 431},
      {"large headers", get + "X: " + std::string(17000, 'a') + "\r\n\r\n", 431},
      {"absolute form", "GET http://evil/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority form", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"method with a dot", "G.T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"method missing", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab in target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"encoded NUL", "GET /a?b=%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"half an escape", "GET /a?b=%2 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"bad escape", "GET /a?b=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"HTTP/0.9", "GET /\r\n\r\n", 400},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"unknown expectation", post + "Content-Length: 5\r\nExpect: payment\r\n\r\n", 417},
      {"only an empty line", "\r\n\r\n", 400},
      {"not complete", get, 0},
  };
  for (const auto& one : cases) EXPECT_EQ(judge(one.bytes), one.status) << one.name;
}

TEST(HttpPolicy, gives_names_in_lower_case_and_values_trimmed) {
  RequestHead head;
  ASSERT_EQ(judge("POST /v1/in/police?a=b HTTP/1.1\r\nHost: hub\r\nContent-Type: \t text/plain \r\nConnection: foo, "
                  "Close\r\n\r\n",
                  &head),
            200);
  EXPECT_EQ(head.request.method, "POST");
  EXPECT_EQ(head.request.path(), "/v1/in/police");
  EXPECT_EQ(head.request.header("content-type"), "text/plain");
  EXPECT_EQ(head.request.header("absent"), "");
  EXPECT_FALSE(head.keep_alive);
}

TEST(HttpPolicy, query_is_percent_decoded) {
  HttpRequest request;
  request.target = "/v1/inbox?after=a%2Fb&wait=5&empty&wait=6&plus=1+1&lang=%C3%A5";
  EXPECT_EQ(request.query("after"), "a/b");
  EXPECT_EQ(request.query("wait"), "5");
  EXPECT_EQ(request.query("empty"), "");
  EXPECT_EQ(request.query("plus"), "1+1");
  EXPECT_EQ(request.query("lang"), "å");
  EXPECT_EQ(request.query("missing"), "");
}

TEST(HttpPolicy, finds_the_head_wherever_the_bytes_are_cut) {
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    std::size_t resume_at = 0;
    auto scan = scan_head(std::string_view(bytes).substr(0, cut), resume_at);
    if (!scan.length) scan = scan_head(bytes, resume_at);
    EXPECT_EQ(scan.length, bytes.size() - 4) << cut;
    EXPECT_FALSE(scan.bare_line_feed);
  }
}

// A second opinion: whatever is accepted here means the same to Beast.
TEST(HttpPolicy, agrees_with_beast_on_what_it_accepts) {
  for (const std::string bytes :
       {"GET /x?y=1 HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a:1\r\nContent-Length: 0\r\n\r\n", "PUT /a HTTP/1.0\r\nHost: a\r\nX-Y:  z\r\n\r\n"}) {
    RequestHead head;
    ASSERT_EQ(judge(bytes, &head), 200);
    boost::beast::http::request_parser<boost::beast::http::string_body> parser;
    boost::system::error_code error;
    parser.put(boost::asio::buffer(bytes), error);
    ASSERT_FALSE(error) << error.message();
    EXPECT_EQ(parser.get().target(), head.request.target);
    EXPECT_EQ(parser.keep_alive(), head.keep_alive);
    for (const auto& [name, value] : head.request.headers) EXPECT_EQ(parser.get()[name], value);
  }
}

std::pair<ChunkDecoder::Status, std::string> decode(std::string_view bytes, std::size_t step,
                                                    std::size_t limit = 1000) {
  ChunkDecoder decoder(limit);
  std::string body;
  auto status = ChunkDecoder::Status::more;
  while (!bytes.empty() && status == ChunkDecoder::Status::more) {
    std::size_t taken = 0;
    status = decoder.feed(bytes.substr(0, step), taken, body);
    bytes.remove_prefix(taken);
  }
  return {status, body};
}

TEST(ChunkDecoder, same_body_however_the_bytes_are_cut) {
  for (std::size_t step = 1; step < 30; ++step) {
    const auto [status, body] = decode("5\r\nhello\r\nA\r\n, agencies\r\n0\r\n\r\n", step);
    EXPECT_EQ(status, ChunkDecoder::Status::done) << step;
    EXPECT_EQ(body, "hello, agencies");
  }
}

TEST(ChunkDecoder, refuses_what_decoders_disagree_about) {
  for (const char* bytes : {"5;a=b\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "\r\nhello", "-5\r\n",
                            "0x5\r\nhello", "5\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n",
                            "5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", "0000000000000005\r\nhello\r\n"})
    EXPECT_EQ(decode(bytes, 100).first, ChunkDecoder::Status::bad) << bytes;
}

TEST(ChunkDecoder, keeps_the_limit_over_all_chunks) {
  EXPECT_EQ(decode("5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n", 100, 10).first, ChunkDecoder::Status::done);
  EXPECT_EQ(decode("5\r\nhello\r\n6\r\nhello!\r\n0\r\n\r\n", 100, 10).first, ChunkDecoder::Status::too_large);
  EXPECT_EQ(decode("fffffffffffffff\r\n", 100, 10).first, ChunkDecoder::Status::too_large);
}

TEST(ResponseWriter, refuses_headers_that_could_split_the_response) {
  std::string out;
  HttpResponse response;
  response.headers.emplace_back("location", "/a\r\nset-cookie: x");
  EXPECT_FALSE(write_response(response, {}, out));
  response.headers = {{"content-length", "5"}};
  EXPECT_FALSE(write_response(response, {}, out));
  response.headers = {{"location", "/a"}};
  EXPECT_TRUE(write_response(response, {}, out));
  EXPECT_NE(out.find("\r\nlocation: /a\r\n"), std::string::npos);
}

TEST(ResponseWriter, head_has_the_length_but_no_body) {
  std::string out;
  ResponseForm form;
  form.head_only = true;
  ASSERT_TRUE(write_response(json_response(200, "{}"), form, out));
  EXPECT_NE(out.find("Content-Length: 2\r\n"), std::string::npos);
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
}

TEST(Problem, status_follows_the_remedy) {
  const std::vector<std::pair<Errc, int>> expected = {
      {Errc::invalid_input, 400}, {Errc::unauthorised, 401}, {Errc::forbidden, 403},      {Errc::not_found, 404},
      {Errc::conflict, 409},      {Errc::too_large, 413},    {Errc::rejected, 422},       {Errc::busy, 503},
      {Errc::unavailable, 503},   {Errc::timed_out, 504},    {Errc::invalid_config, 500}, {Errc::internal, 500}};
  for (const auto& [code, status] : expected) {
    const auto response = problem(fail(code, "/data/kind", "is not one of the kinds"));
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.content_type, "application/problem+json");
    const auto document = boost::json::parse(response.body).as_object();
    EXPECT_EQ(document.at("code").as_string(), to_string(code));
    EXPECT_EQ(document.at("status").as_int64(), status);
    EXPECT_EQ(document.contains("detail"), status != 500);  // what is wrong inside stays inside
    EXPECT_EQ(document.contains("pointer"), status != 500);
  }
  EXPECT_EQ(problem(fail(Errc::busy, "", "queue is full")).headers, (Headers{{"retry-after", "1"}}));
}

}  // namespace
}  // namespace samband
