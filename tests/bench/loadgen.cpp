// A closed-loop HTTP/1.1 load generator with mutual TLS 1.3: N keep-alive connections, each sends its next request when
// the answer to the last one is complete. Raw epoll and OpenSSL on purpose: it shares the machine with what it
// measures, so its own cost per request must be small and is printed. Loopback only. Single-threaded.
//
//   loadgen --port 8443 --path /v1/messages --body FILE --cert F --key F --ca F [-c 16] [-d 6] [--warmup 0]
//
// {{UUID}}, {{SEQ}}, {{NOW}} and {{PERSON}} (a number below --persons, in turn) in the body file are replaced in every
// request, at fixed width, so that the length of the request never changes. Prints one JSON object. Exit: 0 all answers
// good, 3 some bad, 1 none good, 2 usage.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;

constexpr std::size_t kAnswerBytesMax = 4u << 20;
constexpr int kConnectionsMax = 4096;
constexpr double kDurationMax = 3600;
constexpr auto kFinishLimit = std::chrono::seconds(10);  // for answers that are under way when the time is up

struct Options {
  int port = 0, connections = 16, persons = 1000;
  std::string path = "/", body_file, certificate, key, ca, server_name = "localhost", contains, label;
  double seconds = 6, warmup_seconds = 0;
};

[[noreturn]] void stop(const std::string& why) {
  std::cerr << "loadgen: " << why << "\n";
  std::exit(2);
}

Options read_options(int argc, char** argv) {
  Options o;
  const std::map<std::string_view, std::string*> texts{
      {"--path", &o.path}, {"--body", &o.body_file},  {"--cert", &o.certificate},  {"--key", &o.key},
      {"--ca", &o.ca},     {"--sni", &o.server_name}, {"--contains", &o.contains}, {"--label", &o.label}};
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--help") {
      std::cout << "loadgen --port N --path P --body FILE --cert F --key F --ca F [-c CONNECTIONS] [-d SECONDS]\n"
                   "        [--warmup SECONDS] [--persons N] [--sni NAME] [--contains TEXT] [--label TEXT]\n"
                   "An answer is good when its status is 2xx and, with --contains, its body holds TEXT.\n";
      std::exit(0);
    }
    if (i + 1 >= argc) stop("no value after " + std::string(name));
    const char* value = argv[++i];
    if (auto found = texts.find(name); found != texts.end())
      *found->second = value;
    else if (name == "--port")
      o.port = std::atoi(value);
    else if (name == "-c")
      o.connections = std::atoi(value);
    else if (name == "--persons")
      o.persons = std::atoi(value);
    else if (name == "-d")
      o.seconds = std::atof(value);
    else if (name == "--warmup")
      o.warmup_seconds = std::atof(value);
    else
      stop("no such option: " + std::string(name));
  }
  if (o.persons < 1 || o.persons > 1000000) stop("--persons must be 1 to 1000000");
  if (o.port <= 0 || o.port > 65535) stop("--port is missing or out of range");
  if (o.connections < 1 || o.connections > kConnectionsMax) stop("-c must be 1 to 4096");
  if (!(o.seconds > 0) || o.seconds > kDurationMax || o.warmup_seconds < 0) stop("-d must be above 0, at most 3600");
  if (o.certificate.empty() || o.key.empty() || o.ca.empty()) stop("--cert, --key and --ca are needed");
  return o;
}

// The request's bytes with the places that change. One copy serves all connections: it is stamped just before a send.
class RequestTemplate {
 public:
  RequestTemplate(const Options& o, std::string body)
      : persons_(static_cast<std::uint64_t>(o.persons)), random_(std::random_device{}()) {
    const std::string_view names[] = {"{{UUID}}", "{{SEQ}}", "{{NOW}}", "{{PERSON}}"};
    const std::size_t widths[] = {36, 16, 24, 6};
    std::vector<Mark> in_body;
    std::string expanded;
    for (std::size_t at = 0; at < body.size();) {
      int hit = -1;
      for (int k = 0; k < 4; ++k)
        if (body.compare(at, names[k].size(), names[k]) == 0) hit = k;
      if (hit < 0) {
        expanded += body[at++];
        continue;
      }
      in_body.push_back({expanded.size(), static_cast<Mark::Kind>(hit)});
      expanded.append(widths[hit], '0');
      at += names[hit].size();
    }
    bytes_ = (body.empty() ? "GET " : "POST ") + o.path + " HTTP/1.1\r\nHost: " + o.server_name + "\r\n";
    if (!body.empty())
      bytes_ += "Content-Type: application/json\r\nContent-Length: " + std::to_string(expanded.size()) + "\r\n";
    bytes_ += "\r\n";
    for (auto& mark : in_body) marks_.push_back({mark.offset + bytes_.size(), mark.kind});
    bytes_ += expanded;
  }

  std::string_view next() {
    ++sequence_;
    for (const auto& mark : marks_) {
      char text[48];
      if (mark.kind == Mark::uuid) {
        const std::uint64_t high = random_(), low = random_();
        std::snprintf(text, sizeof text, "%08x-%04x-4%03x-%04x-%012llx", static_cast<unsigned>(high >> 32),
                      static_cast<unsigned>(high >> 16 & 0xffff), static_cast<unsigned>(high & 0xfff),
                      static_cast<unsigned>(0x8000 | (low >> 48 & 0x3fff)),
                      static_cast<unsigned long long>(low & 0xffffffffffff));
      } else if (mark.kind == Mark::sequence) {
        std::snprintf(text, sizeof text, "%016llu", static_cast<unsigned long long>(sequence_));
      } else if (mark.kind == Mark::person) {
        std::snprintf(text, sizeof text, "%06llu", static_cast<unsigned long long>(sequence_ % persons_));
      } else {
        timespec now{};
        clock_gettime(CLOCK_REALTIME, &now);
        tm utc{};
        gmtime_r(&now.tv_sec, &utc);
        char whole[32];
        std::strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &utc);
        std::snprintf(text, sizeof text, "%s.%03dZ", whole, static_cast<int>(now.tv_nsec / 1000000));
      }
      std::memcpy(bytes_.data() + mark.offset, text, std::strlen(text));
    }
    return bytes_;
  }
  std::size_t size() const { return bytes_.size(); }

 private:
  struct Mark {
    std::size_t offset;
    enum Kind { uuid, sequence, now, person } kind;
  };
  std::string bytes_;
  std::vector<Mark> marks_;
  std::uint64_t sequence_ = 0, persons_;
  std::mt19937_64 random_;
};

struct Tally {
  std::uint64_t sent = 0, good = 0, bad = 0, failed = 0, handshakes = 0;
  std::map<int, std::uint64_t> statuses;
  std::vector<float> latency_us;
  std::string first_bad;  // status and the head of the problem document, which holds no personal data
};

// How far an answer has come. Only what the two peers send is understood: a Content-Length, no chunks.
class Answer {
 public:
  enum class State { more, complete, broken };
  State add(std::string_view bytes) {
    text_ += bytes;
    if (text_.size() > kAnswerBytesMax) return State::broken;
    if (head_bytes_ == 0) {
      const auto end = text_.find("\r\n\r\n");
      if (end == std::string::npos) return State::more;
      head_bytes_ = end + 4;
      if (text_.size() < 12 || text_.compare(0, 7, "HTTP/1.") != 0) return State::broken;
      status_ = std::atoi(text_.c_str() + 9);
      if (!read_length()) return State::broken;
    }
    return text_.size() >= head_bytes_ + body_bytes_ ? State::complete : State::more;
  }
  int status() const { return status_; }
  std::string_view body() const { return std::string_view(text_).substr(head_bytes_, body_bytes_); }
  bool closes() const { return closes_; }
  void clear() { text_.clear(), head_bytes_ = body_bytes_ = 0, status_ = 0, closes_ = false; }

 private:
  bool read_length() {
    bool found = false;
    for (std::size_t at = text_.find("\r\n") + 2; at + 2 < head_bytes_;) {
      const auto end = text_.find("\r\n", at);
      const auto colon = text_.find(':', at);
      if (colon == std::string::npos || colon > end) return false;
      const auto is = [&](const char* name) {
        return colon - at == std::strlen(name) && strncasecmp(text_.data() + at, name, colon - at) == 0;
      };
      if (is("content-length")) body_bytes_ = std::strtoul(text_.c_str() + colon + 1, nullptr, 10), found = true;
      if (is("connection")) closes_ = text_.substr(colon, end - colon).find("close") != std::string::npos;
      at = end + 2;
    }
    return found;
  }
  std::string text_;
  std::size_t head_bytes_ = 0, body_bytes_ = 0;
  int status_ = 0;
  bool closes_ = false;
};

class Run;

// One connection: connect, handshake, then send, receive, send ...
class Connection {
 public:
  explicit Connection(Run& run) : run_(run) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void open();
  void ready();
  bool busy() const { return phase_ == Phase::sending || phase_ == Phase::receiving; }

 private:
  enum class Phase { closed, connecting, handshaking, sending, receiving, idle };
  bool step();  // false: wait for the socket
  bool wait_or_fail(int ssl_result);
  bool begin_request();
  bool finish_answer();
  void watch(std::uint32_t events);
  void fail(const char* what);
  void close();

  Run& run_;
  Phase phase_ = Phase::closed;
  int socket_ = -1;
  SSL* ssl_ = nullptr;
  std::string request_;
  std::size_t written_ = 0;
  Answer answer_;
  Clock::time_point started_;
  int failures_in_a_row_ = 0;
};

class Run {
 public:
  Run(const Options& options, std::string body) : o(options), requests(o, std::move(body)) { make_context(); }
  ~Run() {
    connections_.clear();
    SSL_CTX_free(context);
    ::close(epoll);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void go() {
    measured_from = Clock::now() + std::chrono::duration_cast<Clock::duration>(duration<double>(o.warmup_seconds));
    ends = measured_from + std::chrono::duration_cast<Clock::duration>(duration<double>(o.seconds));
    for (int i = 0; i < o.connections; ++i) connections_.push_back(std::make_unique<Connection>(*this));
    for (auto& c : connections_) c->open();
    std::vector<epoll_event> events(256);
    for (;;) {
      const auto now = Clock::now();
      if (now >= ends) {
        const bool under_way = std::any_of(connections_.begin(), connections_.end(), [](auto& c) { return c->busy(); });
        if (!under_way || now >= ends + kFinishLimit) break;
      }
      const int n = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 50);
      for (int i = 0; i < n; ++i) static_cast<Connection*>(events[i].data.ptr)->ready();
    }
    for (auto& c : connections_)
      if (c->busy()) ++tally.failed;
  }

  const Options& o;
  RequestTemplate requests;
  Tally tally;
  Clock::time_point measured_from, ends;
  SSL_CTX* context = nullptr;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int dead_connections = 0;

 private:
  void make_context() {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    if (SSL_CTX_use_certificate_chain_file(context, o.certificate.c_str()) != 1) stop("cannot use the certificate");
    if (SSL_CTX_use_PrivateKey_file(context, o.key.c_str(), SSL_FILETYPE_PEM) != 1) stop("cannot use the key");
    if (SSL_CTX_load_verify_locations(context, o.ca.c_str(), nullptr) != 1) stop("cannot use the CA");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  std::vector<std::unique_ptr<Connection>> connections_;
};

void Connection::close() {
  if (ssl_) SSL_free(ssl_);
  if (socket_ >= 0) ::close(socket_);
  ssl_ = nullptr, socket_ = -1, phase_ = Phase::closed;
}

void Connection::open() {
  close();
  answer_.clear();
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) stop("no socket: raise the limit of open files");
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(run_.o.port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  epoll_event event{};
  event.events = EPOLLOUT, event.data.ptr = this;
  epoll_ctl(run_.epoll, EPOLL_CTL_ADD, socket_, &event);
  phase_ = Phase::connecting;
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) fail("connect");
}

void Connection::watch(std::uint32_t events) {
  epoll_event event{};
  event.events = events, event.data.ptr = this;
  epoll_ctl(run_.epoll, EPOLL_CTL_MOD, socket_, &event);
}

void Connection::fail(const char* what) {
  if (Clock::now() >= run_.measured_from) ++run_.tally.failed;
  if (run_.tally.first_bad.empty()) run_.tally.first_bad = what;
  // A server that is not there would otherwise be asked as fast as the machine can.
  if (++failures_in_a_row_ > 20 || Clock::now() >= run_.ends) {
    if (++run_.dead_connections == run_.o.connections && Clock::now() < run_.ends)
      stop(std::string("gave up: ") + what);
    close();
  } else {
    open();
  }
}

void Connection::ready() {
  while (phase_ != Phase::closed && phase_ != Phase::idle && step()) {
  }
}

// True when OpenSSL only wants the socket to become ready.
bool Connection::wait_or_fail(int ssl_result) {
  switch (SSL_get_error(ssl_, ssl_result)) {
    case SSL_ERROR_WANT_READ:
      watch(EPOLLIN);
      return true;
    case SSL_ERROR_WANT_WRITE:
      watch(EPOLLOUT);
      return true;
    default:
      ERR_clear_error();
      return false;
  }
}

bool Connection::step() {
  if (phase_ == Phase::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail("connect"), false;
    ssl_ = SSL_new(run_.context);
    SSL_set_fd(ssl_, socket_);
    SSL_set_tlsext_host_name(ssl_, run_.o.server_name.c_str());
    SSL_set1_host(ssl_, run_.o.server_name.c_str());
    SSL_set_connect_state(ssl_);
    phase_ = Phase::handshaking;
  }
  if (phase_ == Phase::handshaking) {
    const int r = SSL_do_handshake(ssl_);
    if (r != 1) {
      if (!wait_or_fail(r)) fail("TLS handshake");
      return false;
    }
    ++run_.tally.handshakes;
    if (!begin_request()) return false;
  }
  if (phase_ == Phase::sending) {
    const int r = SSL_write(ssl_, request_.data() + written_, static_cast<int>(request_.size() - written_));
    if (r <= 0) {
      if (!wait_or_fail(r)) fail("write");
      return false;
    }
    written_ += static_cast<std::size_t>(r);
    if (written_ < request_.size()) return true;
    phase_ = Phase::receiving;
  }
  char buffer[16384];
  const int r = SSL_read(ssl_, buffer, sizeof buffer);
  if (r <= 0) {
    if (!wait_or_fail(r)) fail("read: connection closed or reset");
    return false;
  }
  switch (answer_.add({buffer, static_cast<std::size_t>(r)})) {
    case Answer::State::more:
      return true;
    case Answer::State::broken:
      return fail("answer is no HTTP with a Content-Length"), false;
    case Answer::State::complete:
      return finish_answer();
  }
  return false;
}

bool Connection::begin_request() {
  if (Clock::now() >= run_.ends) {
    phase_ = Phase::idle;
    return false;
  }
  request_ = run_.requests.next();
  written_ = 0;
  answer_.clear();
  started_ = Clock::now();
  ++run_.tally.sent;
  phase_ = Phase::sending;
  return true;
}

bool Connection::finish_answer() {
  auto& tally = run_.tally;
  failures_in_a_row_ = 0;
  const bool good = answer_.status() / 100 == 2 &&
                    (run_.o.contains.empty() || answer_.body().find(run_.o.contains) != std::string_view::npos);
  if (!good && tally.first_bad.empty())
    tally.first_bad = std::to_string(answer_.status()) + " " + std::string(answer_.body().substr(0, 300));
  const auto now = Clock::now();
  if (now >= run_.measured_from) {
    ++tally.statuses[answer_.status()];
    ++(good ? tally.good : tally.bad);
    tally.latency_us.push_back(duration<float, std::micro>(now - started_).count());
  }
  if (answer_.closes()) return open(), false;
  return begin_request();
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

void print(const Run& run, double seconds) {
  const auto& t = run.tally;
  auto sorted = t.latency_us;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double q) {
    return sorted.empty() ? 0.0f : sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
  };
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double cpu_us = 1e6 * static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                        static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  std::string statuses;
  for (const auto& [status, count] : t.statuses)
    statuses += (statuses.empty() ? "\"" : ",\"") + std::to_string(status) + "\":" + std::to_string(count);
  std::printf(
      "{\"label\":%s,\"connections\":%d,\"seconds\":%.3f,\"request_bytes\":%zu,\"sent\":%llu,\"good\":%llu,\"bad\":%"
      "llu,"
      "\"failed\":%llu,\"requests_per_s\":%.1f,\"latency_us\":{\"p50\":%.0f,\"p90\":%.0f,\"p99\":%.0f,\"max\":%.0f},"
      "\"handshakes\":%llu,\"cpu_us_per_request\":%.1f,\"status\":{%s},\"first_bad\":%s}\n",
      quoted(run.o.label).c_str(), run.o.connections, seconds, run.requests.size(),
      static_cast<unsigned long long>(t.sent), static_cast<unsigned long long>(t.good),
      static_cast<unsigned long long>(t.bad), static_cast<unsigned long long>(t.failed),
      static_cast<double>(t.good) / seconds, at(.5), at(.9), at(.99), at(1),
      static_cast<unsigned long long>(t.handshakes), t.sent ? cpu_us / static_cast<double>(t.sent) : 0.0,
      statuses.c_str(), quoted(t.first_bad).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  const Options options = read_options(argc, argv);
  std::string body;
  if (!options.body_file.empty()) {
    std::ifstream file(options.body_file, std::ios::binary);
    if (!file) stop("cannot read the body file");
    body.assign(std::istreambuf_iterator<char>(file), {});
  }
  Run run(options, std::move(body));
  run.go();
  // Answers that came after the end count, so their time counts too.
  print(run, std::max(options.seconds, duration<double>(Clock::now() - run.measured_from).count()));
  if (run.tally.good == 0) return 1;
  return run.tally.bad + run.tally.failed ? 3 : 0;
}
