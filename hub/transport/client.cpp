#include <openssl/ssl.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "base/log.hpp"
#include "transport/folder.hpp"
#include "transport/http_policy.hpp"
#include "transport/request_writer.hpp"
#include "transport/sftp.hpp"
#include "transport/tls.hpp"

namespace samband {
namespace {

namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using TlsStream = asio::ssl::stream<tcp::socket>;
using ResponseParser = http::response_parser<http::string_body>;

constexpr std::size_t kReadAtOnce = 16u << 10;
constexpr std::size_t kKeptBytesMax = 256u << 10;
constexpr std::size_t kResponseHeaderBytesMax = 32u << 10;
constexpr std::size_t kWaitersMax = 8192;
constexpr milliseconds kSweepEvery{50};
constexpr std::string_view kFileScheme = "file://", kSftpScheme = "sftp://";

// Its key file is looked at when it is used: one that is put right needs no restart.
Result<SftpTarget> sftp_target(const EndpointOptions& options) {
  auto target = parse_sftp_url(options.url);
  if (!target) return fail(Errc::invalid_config, "endpoint " + options.name, target.error().message);
  target->user = options.user;
  target->host_key = options.host_key;
  target->private_key = options.private_key;
  target->connect_timeout = options.connect_timeout;
  return target;
}

// One connection. Belongs to one exchange at a time, or lies idle in the pool. The stream is used on `executor` (the
// exchange's strand) only; the pool's mutex guards handing over.
struct Connection {
  Connection(asio::io_context& io, TlsContext tls)
      : context(std::move(tls)), plain(io), secure(context ? std::make_unique<TlsStream>(io, *context) : nullptr) {}
  tcp::socket& socket() { return secure ? secure->next_layer() : plain; }
  void close() {
    error_code ignored;
    socket().close(ignored);
  }
  void set_deadline(SteadyClock::time_point at) { deadline = at.time_since_epoch().count(); }
  bool is_late() const { return SteadyClock::now().time_since_epoch().count() > deadline; }
  // Anything to read on an idle connection is its end (or a server out of step): not to be used again.
  bool is_quiet() {
    char byte = 0;
    return ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  TlsContext context;  // outlives the stream
  tcp::socket plain;
  std::unique_ptr<TlsStream> secure;
  boost::beast::flat_buffer in;
  std::string out;
  asio::any_io_executor executor;
  std::atomic<SteadyClock::rep> deadline{0};
  std::atomic<bool> timed_out{false};
  SteadyClock::time_point idle_since{};
};
using ConnectionPtr = std::shared_ptr<Connection>;

// Somebody who waits for a connection of a full pool. `granted` and `connection` are guarded by the pool's mutex, the
// timer belongs to the waiter's strand.
struct Waiter {
  explicit Waiter(const asio::any_io_executor& strand) : executor(strand), timer(strand) {}
  asio::any_io_executor executor;
  asio::steady_timer timer;
  bool granted = false;
  ConnectionPtr connection;  // idle one, or nullptr: may open a new one
};

struct Pool {
  explicit Pool(EndpointOptions o) : options(std::move(o)) {}
  const EndpointOptions options;
  Address address;
  std::filesystem::path folder;  // of a file:/// endpoint; "" = another
  std::optional<SftpTarget> sftp;
  SessionStash sessions;

  std::mutex mutex;
  Result<void> usable;  // the rest is guarded by mutex
  TlsContext context;
  std::vector<ConnectionPtr> idle;  // newest last
  std::set<ConnectionPtr> busy;
  std::deque<std::shared_ptr<Waiter>> waiters;
  int open = 0;  // places taken: idle, busy, and granted but not yet connected
  std::shared_ptr<SftpCall> uploading;
  bool closed = false;  // to uploads
};

// A request on its way, and what has become of it.
struct Call {
  ClientRequest request;
  SteadyClock::time_point deadline;
  ConnectionPtr connection;
  bool reused = false;        // the connection had carried requests before
  bool answer_begun = false;  // a byte of the answer has come
  bool keep = false;          // the connection can carry another request
};

Error timed_out(const Pool& pool) {
  return fail(Errc::timed_out, "endpoint " + pool.options.name, "no answer in time");
}
Error unavailable(const Pool& pool, std::string what) {
  return fail(Errc::unavailable, "endpoint " + pool.options.name, std::move(what));
}

// A POST may have been acted on before the connection broke, and not every recipient knows an idempotency key: whoever
// sent it decides what to do, with a query first where there is one.
bool may_repeat(const ClientRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

}  // namespace

struct Client::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io_context, std::vector<EndpointOptions> endpoints);

  static Task<Result<ClientResponse>> run(std::shared_ptr<Impl> self, std::shared_ptr<Pool> pool,
                                          ClientRequest request);
  static Task<Result<ClientResponse>> put(std::shared_ptr<Pool> pool, ClientRequest request);
  static Task<Result<ClientResponse>> upload(asio::io_context& io, std::shared_ptr<Pool> pool, ClientRequest request,
                                             SteadyClock::time_point deadline);
  static Task<Result<ClientResponse>> attempt(std::shared_ptr<Impl> self, std::shared_ptr<Pool> pool,
                                              std::shared_ptr<Call> call);
  static Task<Result<void>> acquire(std::shared_ptr<Impl> self, std::shared_ptr<Pool> pool, std::shared_ptr<Call> call,
                                    bool fresh);
  static Task<Result<void>> connect(std::shared_ptr<Impl> self, std::shared_ptr<Pool> pool, std::shared_ptr<Call> call);
  void release(Pool&, Call&);
  void hand_over(Pool&, ConnectionPtr);  // mutex held
  void watch();
  void sweep();
  void close();

  asio::io_context& io;
  std::map<std::string, std::shared_ptr<Pool>, std::less<>> pools;
  std::atomic<bool> closed{false};
  asio::thread_pool files{1};  // a disk that is slow to sync must not hold up the network
  // A thread for each SFTP endpoint: a server that is slow holds up nobody else's files.
  std::map<std::string, std::unique_ptr<asio::thread_pool>, std::less<>> uploaders;
  // One sweep for all deadlines, running only while there are connections.
  asio::any_io_executor strand;
  asio::steady_timer sweeper;
  std::atomic<bool> sweeping{false};
};

Client::Impl::Impl(asio::io_context& io_context, std::vector<EndpointOptions> endpoints)
    : io(io_context), strand(asio::make_strand(io_context)), sweeper(strand) {
  for (auto& options : endpoints) {
    const auto name = options.name;
    auto pool = std::make_shared<Pool>(std::move(options));
    if (pool->options.url.starts_with(kFileScheme)) {
      pool->folder = pool->options.url.substr(kFileScheme.size());
      pools[name] = std::move(pool);
      continue;
    }
    if (pool->options.url.starts_with(kSftpScheme)) {
      auto target = sftp_target(pool->options);
      if (target) {
        pool->sftp = std::move(*target);
        uploaders[name] = std::make_unique<asio::thread_pool>(1);
      } else {
        pool->usable = target.error();
        log(LogLevel::error, "transport.endpoint_unusable", {{"endpoint", name}, {"reason", target.error().message}});
      }
      pools[name] = std::move(pool);
      continue;
    }
    if (auto address = parse_address(pool->options)) {
      pool->address = std::move(*address);
      if (pool->address.tls) {
        auto context = client_context(pool->options.files, pool->sessions);
        if (context)
          pool->context = std::move(*context);
        else
          pool->usable = fail(context.error().code, "endpoint " + name, context.error().message);
      }
    } else {
      pool->usable = address.error();
    }
    if (!pool->usable)
      log(LogLevel::error, "transport.endpoint_unusable",
          {{"endpoint", name}, {"reason", pool->usable.error().message}});
    pools[name] = std::move(pool);
  }
}

Task<Result<ClientResponse>> Client::Impl::run(std::shared_ptr<Impl> self, std::shared_ptr<Pool> pool,
                                               ClientRequest request) {
  const auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->deadline = SteadyClock::now() + pool->options.request_timeout;
  for (bool fresh = false;; fresh = true) {
    auto got = co_await acquire(self, pool, call, fresh);
    if (!got) co_return got.error();
    Result<ClientResponse> result = unavailable(*pool, "not sent");
    std::exception_ptr failure;
    try {
      result = co_await attempt(self, pool, call);
    } catch (...) {  // out of memory: the place in the pool must be given back all the same
      failure = std::current_exception();
      call->keep = false;
    }
    const bool repeat = !failure && !result && !fresh && call->reused && !call->answer_begun &&
                        result.error().code == Errc::unavailable && may_repeat(call->request);
    self->release(*pool, *call);
    if (failure) std::rethrow_exception(failure);
    if (!repeat) co_return result;
  }
}

// `PUT /name` writes the file; a folder answers nothing else. Runs on the thread for files.
Task<Result<ClientResponse>> Client::Impl::put(std::shared_ptr<Pool> pool, ClientRequest request) {
  ClientResponse answer;
  if (request.method != "PUT" || !request.path.starts_with('/')) {
    answer.status = 405;
    co_return answer;
  }
  auto written = put_file(pool->folder, std::string_view(request.path).substr(1), request.body);
  if (!written && written.error().code != Errc::invalid_input)
    co_return unavailable(*pool, "folder " + written.error().message);
  answer.status = written ? 201 : 400;
  co_return answer;
}

// The same on another system's server. Runs on the endpoint's own thread; the deadline is kept by the io_context.
Task<Result<ClientResponse>> Client::Impl::upload(asio::io_context& io, std::shared_ptr<Pool> pool,
                                                  ClientRequest request, SteadyClock::time_point deadline) {
  ClientResponse answer;
  if (request.method != "PUT" || !request.path.starts_with('/')) {
    answer.status = 405;
    co_return answer;
  }
  if (SteadyClock::now() >= deadline) co_return timed_out(*pool);
  const auto call = std::make_shared<SftpCall>();
  {
    const std::lock_guard lock(pool->mutex);
    if (pool->closed) co_return unavailable(*pool, "client is closed");
    pool->uploading = call;
  }
  asio::steady_timer timer(io, deadline);
  timer.async_wait([call](const error_code& error) {
    if (!error) call->end();
  });
  auto written = sftp_put(*pool->sftp, std::string_view(request.path).substr(1), request.body, *call);
  timer.cancel();
  {
    const std::lock_guard lock(pool->mutex);
    pool->uploading = nullptr;
  }
  if (!written && written.error().code == Errc::unauthorised)
    log(LogLevel::error, "transport.host_key_refused",
        {{"endpoint", pool->options.name}, {"reason", written.error().message}});
  if (!written && call->ended()) co_return timed_out(*pool);
  if (!written && written.error().code != Errc::invalid_input)
    co_return unavailable(*pool, "sftp: " + written.error().message);
  answer.status = written ? 201 : 400;
  co_return answer;
}

// A connection for the call: an idle one (unless `fresh`), a new one, or the first that another call gives back.
Task<Result<void>> Client::Impl::acquire(std::shared_ptr<Impl> self, std::shared_ptr<Pool> pool,
                                         std::shared_ptr<Call> call, bool fresh) {
  const auto executor = co_await asio::this_coro::executor;
  std::shared_ptr<Waiter> waiter;
  call->connection = nullptr;
  call->reused = call->answer_begun = call->keep = false;
  {
    const std::lock_guard lock(pool->mutex);
    if (self->closed) co_return unavailable(*pool, "client is closed");
    if (!pool->usable) co_return unavailable(*pool, pool->usable.error().message);
    while (!pool->idle.empty() && !call->connection) {
      auto connection = std::move(pool->idle.back());
      pool->idle.pop_back();
      if (!fresh && connection->is_quiet())
        call->connection = std::move(connection);
      else
        --pool->open;
    }
    if (!call->connection) {
      if (pool->open < pool->options.connections_max) {
        ++pool->open;
      } else {
        if (pool->waiters.size() >= kWaitersMax) co_return unavailable(*pool, "too many calls wait");
        waiter = std::make_shared<Waiter>(executor);
        pool->waiters.push_back(waiter);
      }
    }
  }
  if (waiter) {
    waiter->timer.expires_at(call->deadline);
    error_code ignored;
    // A grant posts the cancel to this strand: it cannot run before this coroutine waits.
    co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const std::lock_guard lock(pool->mutex);
    if (!waiter->granted) {
      std::erase(pool->waiters, waiter);
      if (self->closed) co_return unavailable(*pool, "client is closed");
      co_return timed_out(*pool);
    }
    call->connection = std::move(waiter->connection);
  }
  call->reused = call->connection != nullptr;
  {
    const std::lock_guard lock(pool->mutex);
    if (!call->connection) call->connection = std::make_shared<Connection>(self->io, pool->context);
    call->connection->executor = executor;
    call->connection->timed_out = false;
    call->connection->set_deadline(call->deadline);
    pool->busy.insert(call->connection);
  }
  self->watch();
  co_return Result<void>();
}

Task<Result<void>> Client::Impl::connect(std::shared_ptr<Impl> self, std::shared_ptr<Pool> pool,
                                         std::shared_ptr<Call> call) {
  auto& connection = *call->connection;
  const auto& address = pool->address;
  connection.set_deadline(std::min(call->deadline, SteadyClock::now() + pool->options.connect_timeout));
  error_code error;
  const auto ip = asio::ip::make_address(address.host, error);
  if (!error) {
    const tcp::endpoint endpoint(ip, static_cast<std::uint16_t>(std::stoi(address.port)));
    co_await connection.socket().async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  } else {
    tcp::resolver resolver(co_await asio::this_coro::executor);
    error.clear();
    const auto found =
        co_await resolver.async_resolve(address.host, address.port, asio::redirect_error(asio::use_awaitable, error));
    if (!error)
      co_await asio::async_connect(connection.socket(), found, asio::redirect_error(asio::use_awaitable, error));
  }
  if (connection.timed_out) co_return timed_out(*pool);
  if (error) co_return unavailable(*pool, "cannot connect: " + error.message());
  connection.socket().set_option(tcp::no_delay(true), error);
  if (connection.secure) {
    if (!prepare_client(connection.secure->native_handle(), address.server_name, address.name_is_ip, pool->sessions))
      co_return unavailable(*pool, "server name cannot be checked");
    co_await connection.secure->async_handshake(asio::ssl::stream_base::client,
                                                asio::redirect_error(asio::use_awaitable, error));
    if (connection.timed_out) co_return timed_out(*pool);
    if (error) co_return unavailable(*pool, "TLS: " + error.message());
  }
  co_return Result<void>();
}

// One request and its answer on the call's connection.
Task<Result<ClientResponse>> Client::Impl::attempt(std::shared_ptr<Impl> self, std::shared_ptr<Pool> pool,
                                                   std::shared_ptr<Call> call) {
  auto& connection = *call->connection;
  if (!write_request(pool->address, call->request, connection.out))
    co_return fail(Errc::internal, "endpoint " + pool->options.name, "request line or header is not clean");
  if (!call->reused) {
    auto connected = co_await connect(self, pool, call);
    if (!connected) co_return connected.error();
    connection.set_deadline(call->deadline);
  }
  error_code error;
  const auto request = asio::buffer(std::as_const(connection.out));
  if (connection.secure)
    co_await asio::async_write(*connection.secure, request, asio::redirect_error(asio::use_awaitable, error));
  else
    co_await asio::async_write(connection.plain, request, asio::redirect_error(asio::use_awaitable, error));
  if (connection.timed_out) co_return timed_out(*pool);
  if (error) co_return unavailable(*pool, "connection lost: " + error.message());

  std::optional<ResponseParser> parser;
  for (;;) {
    if (!parser) {
      parser.emplace();
      parser->eager(true);
      parser->header_limit(kResponseHeaderBytesMax);
      parser->body_limit(pool->options.response_bytes_max);
      if (call->request.method == "HEAD") parser->skip(true);
    }
    if (connection.in.size() > 0) {
      const auto used = parser->put(connection.in.data(), error);
      connection.in.consume(used);
      if (error == http::error::need_more) error.clear();
      if (error == http::error::body_limit || error == http::error::header_limit)
        co_return fail(Errc::too_large, "endpoint " + pool->options.name, "answer is over the limit of bytes");
      if (error) co_return unavailable(*pool, "answer is not HTTP/1.1: " + error.message());
      if (parser->is_done()) {
        if (parser->get().result_int() >= 200) break;
        parser.reset();  // an interim answer; the real one follows
        continue;
      }
    }
    const auto prepared = connection.in.prepare(kReadAtOnce);
    const auto space = asio::buffer(prepared.data(), prepared.size());
    std::size_t count = 0;
    if (connection.secure)
      count = co_await connection.secure->async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
    else
      count = co_await connection.plain.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
    connection.in.commit(count);
    if (count) call->answer_begun = true;
    if (connection.timed_out) co_return timed_out(*pool);
    // Only a proper end (close_notify, not a cut connection) may end a body without a length.
    if (error == asio::error::eof && parser->got_some() && parser->need_eof()) {
      parser->put_eof(error);
      if (!error && parser->is_done()) break;
    }
    if (error) co_return unavailable(*pool, "connection lost: " + error.message());
  }

  call->keep = parser->keep_alive() && connection.in.size() == 0;
  auto message = parser->release();
  ClientResponse response;
  response.status = static_cast<int>(message.result_int());
  response.headers.reserve(8);
  for (const auto& field : message) {
    auto& [name, value] = response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    for (auto& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  response.body = std::move(message.body());
  co_return response;
}

void Client::Impl::release(Pool& pool, Call& call) {
  auto connection = std::move(call.connection);
  const std::lock_guard lock(pool.mutex);
  pool.busy.erase(connection);
  if (call.keep && !closed && connection->context == pool.context) {
    if (connection->out.capacity() > kKeptBytesMax) std::string().swap(connection->out);
    hand_over(pool, std::move(connection));
  } else {
    connection->close();
    hand_over(pool, nullptr);
  }
}

// To the first who waits, else to the idle ones; nullptr is the right to open a new one.
void Client::Impl::hand_over(Pool& pool, ConnectionPtr connection) {
  if (!pool.waiters.empty()) {
    const auto waiter = std::move(pool.waiters.front());
    pool.waiters.pop_front();
    waiter->granted = true;
    waiter->connection = std::move(connection);
    asio::post(waiter->executor, [waiter] { waiter->timer.cancel(); });
  } else if (connection) {
    connection->idle_since = SteadyClock::now();
    pool.idle.push_back(std::move(connection));
  } else {
    --pool.open;
  }
}

void Client::Impl::watch() {
  if (!sweeping.exchange(true)) asio::post(strand, [self = shared_from_this()] { self->sweep(); });
}

void Client::Impl::sweep() {
  bool any = false;
  const auto now = SteadyClock::now();
  for (const auto& [name, pool] : pools) {
    const std::lock_guard lock(pool->mutex);
    for (const auto& connection : pool->busy) {
      if (!connection->is_late()) continue;
      // Whether it is still the same exchange is asked again on its strand.
      asio::post(connection->executor, [held = pool, connection] {
        const std::lock_guard inner(held->mutex);
        if (!connection->is_late() || !held->busy.contains(connection)) return;
        connection->timed_out = true;
        connection->close();
      });
    }
    while (!pool->idle.empty() && now - pool->idle.front()->idle_since > pool->options.idle_timeout) {
      pool->idle.erase(pool->idle.begin());
      --pool->open;
    }
    any = any || pool->open > 0;
  }
  if (!any || closed) {
    sweeping = false;
    // A connection that came between the count and the flag starts its own sweep.
    if (closed) return;
    for (const auto& [name, pool] : pools) {
      const std::lock_guard lock(pool->mutex);
      any = any || pool->open > 0;
    }
    if (any) watch();
    return;
  }
  sweeper.expires_after(kSweepEvery);
  sweeper.async_wait([self = shared_from_this()](const error_code&) { self->sweep(); });
}

void Client::Impl::close() {
  closed = true;
  for (const auto& [name, pool] : pools) {
    const std::lock_guard lock(pool->mutex);
    pool->closed = true;
    if (pool->uploading) pool->uploading->end();
    pool->open -= static_cast<int>(pool->idle.size());
    pool->idle.clear();
    for (const auto& connection : pool->busy)
      asio::post(connection->executor, [held = pool, connection] {
        const std::lock_guard inner(held->mutex);
        if (held->busy.contains(connection)) connection->close();
      });
    for (const auto& waiter : pool->waiters) asio::post(waiter->executor, [waiter] { waiter->timer.cancel(); });
  }
  asio::post(strand, [self = shared_from_this()] { self->sweeper.cancel(); });
}

Client::Client(asio::io_context& io, std::vector<EndpointOptions> endpoints)
    : impl_(std::make_shared<Impl>(io, std::move(endpoints))) {}

Client::~Client() { impl_->close(); }

Task<Result<ClientResponse>> Client::send(std::string endpoint, ClientRequest request) {
  const auto found = impl_->pools.find(endpoint);
  if (found == impl_->pools.end()) co_return fail(Errc::not_found, "endpoint", "no endpoint of that name");
  if (!found->second->folder.empty()) {
    auto writing = Impl::put(found->second, std::move(request));
    co_return co_await asio::co_spawn(impl_->files, std::move(writing), asio::use_awaitable);
  }
  if (found->second->sftp) {
    const auto deadline = SteadyClock::now() + found->second->options.request_timeout;
    auto writing = Impl::upload(impl_->io, found->second, std::move(request), deadline);
    co_return co_await asio::co_spawn(*impl_->uploaders.find(endpoint)->second, std::move(writing),
                                      asio::use_awaitable);
  }
  // On a strand of its own, so that a deadline can close the connection whatever the caller runs on.
  const asio::any_io_executor strand = asio::make_strand(impl_->io);
  auto work = Impl::run(impl_, found->second, std::move(request));
  co_return co_await asio::co_spawn(strand, std::move(work), asio::use_awaitable);
}

Result<void> Client::check() const {
  for (const auto& [name, pool] : impl_->pools) {
    if (!pool->folder.empty()) {
      if (auto usable = check_drop_folder(pool->folder); !usable)
        return fail(Errc::invalid_config, "endpoint " + name, "folder " + usable.error().message);
      continue;
    }
    if (pool->sftp) {
      if (auto usable = check_sftp(*pool->sftp); !usable)
        return fail(Errc::invalid_config, "endpoint " + name, usable.error().message);
      continue;
    }
    const std::lock_guard lock(pool->mutex);
    if (!pool->usable) return pool->usable;
  }
  return {};
}

Result<void> Client::reload_certificates() {
  std::map<Pool*, TlsContext> contexts;
  for (const auto& [name, pool] : impl_->pools) {
    if (pool->address.host.empty() || !pool->address.tls) continue;
    auto context = client_context(pool->options.files, pool->sessions);
    if (!context) return fail(context.error().code, "endpoint " + name, context.error().message);
    contexts[pool.get()] = std::move(*context);
  }
  for (auto& [pool, context] : contexts) {
    pool->sessions.clear();
    const std::lock_guard lock(pool->mutex);
    pool->context = std::move(context);
    pool->usable = Result<void>();
    pool->open -= static_cast<int>(pool->idle.size());
    pool->idle.clear();
  }
  return {};
}

void Client::close() { impl_->close(); }

}  // namespace samband
