#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/core/demangle.hpp>
#include <list>

#include "transport/server_connection.hpp"

namespace samband {

using namespace serving;

// Shared by the Server and every running connection. The connection list is guarded by a mutex; acceptors, timers and
// `done` are used on `strand` only.
struct Server::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(asio::io_context& io_context)
      : io(io_context), strand(asio::make_strand(io_context)), sweeper(strand), drain_timer(strand) {}

  Result<void> open(Listener&);
  static Task<void> accept(std::shared_ptr<Impl> self, std::shared_ptr<Listener> listener);
  void connect(tcp::socket socket, const std::shared_ptr<Listener>& listener);
  template <class Stream>
  static Task<void> run(std::shared_ptr<Impl> self, std::shared_ptr<Listener> listener,
                        std::shared_ptr<ServerConnection<Stream>> connection);
  void sweep();
  void drain(milliseconds limit, std::function<void()> when_done);
  void finish_drain();
  void stop();
  void close_acceptors();
  // Calls `which` for every connection on its own strand and closes those that it answers true for.
  void close_where(bool (*which)(const Watched&));

  asio::io_context& io;
  asio::any_io_executor strand;
  std::vector<std::shared_ptr<Listener>> listeners;
  asio::steady_timer sweeper, drain_timer;
  milliseconds sweep_every{250};
  std::atomic<bool> draining{false}, stopped{false};
  std::atomic<int> connections{0};
  std::function<void()> done;

  std::mutex mutex;
  std::list<std::weak_ptr<Watched>> watched;
};

Result<void> Server::Impl::open(Listener& listener) {
  const auto& options = listener.options;
  const auto place = "listener " + options.name + " (" + options.address + ":" + std::to_string(options.port) + ")";
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return fail(Errc::invalid_config, place, "address is not an IP address");
  if (options.tls) {
    auto context = server_context(options);
    if (!context) return fail(context.error().code, place, context.error().message);
    listener.set_tls(*context);
  } else if (!address.is_loopback()) {
    return fail(Errc::invalid_config, place, "a listener without TLS must be on loopback");
  }
  const tcp::endpoint endpoint(address, options.port);
  auto& acceptor = listener.acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(Errc::unavailable, place, "cannot listen: " + error.message());
  listener.port = acceptor.local_endpoint().port();
  const auto shortest = std::min({options.handshake_timeout, options.header_timeout, options.body_timeout,
                                  options.handler_timeout, options.write_timeout, options.idle_timeout});
  sweep_every = std::clamp(shortest / 4, milliseconds(5), sweep_every);
  return {};
}

Task<void> Server::Impl::accept(std::shared_ptr<Impl> self, std::shared_ptr<Listener> listener) {
  while (listener->acceptor.is_open()) {
    error_code error;
    const asio::any_io_executor executor = asio::make_strand(self->io);
    auto socket = co_await listener->acceptor.async_accept(executor, asio::redirect_error(asio::use_awaitable, error));
    if (!listener->acceptor.is_open() || error == asio::error::operation_aborted) co_return;
    if (error) {  // out of file descriptors, most often: wait for some to come free
      log(LogLevel::error, "transport.accept_failed",
          {{"listener", listener->options.name}, {"reason", error.message()}});
      co_await sleep_for(milliseconds(50));
      continue;
    }
    if (listener->connections.load() >= listener->options.connections_max) {
      log(LogLevel::warning, "transport.connections_max", {{"listener", listener->options.name}});
      continue;  // closes the socket: cheaper for both sides than a handshake to say no
    }
    self->connect(std::move(socket), listener);
  }
}

void Server::Impl::connect(tcp::socket socket, const std::shared_ptr<Listener>& listener) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const std::shared_ptr<std::atomic<bool>> drains(shared_from_this(), &draining);
  const auto launch = [&](auto connection) {
    connection->set_deadline(listener->options.handshake_timeout);
    ++connections;
    ++listener->connections;
    {
      const std::lock_guard lock(mutex);
      watched.push_back(connection);
    }
    const auto executor = connection->executor;
    asio::co_spawn(executor, run(shared_from_this(), listener, std::move(connection)), asio::detached);
  };
  if (listener->options.tls) {
    auto context = listener->tls();
    TlsStream stream(std::move(socket), *context);
    launch(std::make_shared<ServerConnection<TlsStream>>(std::move(stream), std::move(context), listener, drains));
  } else {
    launch(std::make_shared<ServerConnection<tcp::socket>>(std::move(socket), nullptr, listener, drains));
  }
}

template <class Stream>
Task<void> Server::Impl::run(std::shared_ptr<Impl> self, std::shared_ptr<Listener> listener,
                             std::shared_ptr<ServerConnection<Stream>> connection) {
  try {
    co_await connection->run();
  } catch (const std::exception& error) {  // out of memory, or a bug: this connection ends, the hub goes on
    log(LogLevel::error, "transport.connection_failed",
        {{"listener", listener->options.name}, {"type", boost::core::demangle(typeid(error).name())}});
  }
  connection->close_now();
  connection.reset();
  --listener->connections;
  if (--self->connections == 0 && self->draining) asio::post(self->strand, [self] { self->finish_drain(); });
}

void Server::Impl::close_where(bool (*which)(const Watched&)) {
  const std::lock_guard lock(mutex);
  for (auto at = watched.begin(); at != watched.end();) {
    const auto connection = at->lock();
    if (!connection) {
      at = watched.erase(at);
      continue;
    }
    ++at;
    asio::post(connection->executor, [weak = std::weak_ptr(connection), which] {
      if (const auto still = weak.lock(); still && which(*still)) still->close_now();
    });
  }
}

// Deadlines of all connections, a few times a second: far cheaper than a timer for every read and write.
void Server::Impl::sweep() {
  if (stopped || (draining && connections == 0)) return;
  {
    const std::lock_guard lock(mutex);
    for (auto at = watched.begin(); at != watched.end();) {
      const auto connection = at->lock();
      if (!connection) {
        at = watched.erase(at);
        continue;
      }
      ++at;
      if (!connection->is_late()) continue;
      asio::post(connection->executor, [weak = std::weak_ptr(connection)] {
        if (const auto still = weak.lock(); still && still->is_late()) still->close_now();
      });
    }
  }
  sweeper.expires_after(sweep_every);
  sweeper.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->sweep();
  });
}

void Server::Impl::close_acceptors() {
  error_code ignored;
  for (const auto& listener : listeners) listener->acceptor.close(ignored);
}

void Server::Impl::drain(milliseconds limit, std::function<void()> when_done) {
  done = std::move(when_done);
  draining = true;
  close_acceptors();
  if (connections == 0) return finish_drain();
  close_where([](const Watched& connection) { return connection.is_idle(); });
  drain_timer.expires_after(limit);
  drain_timer.async_wait([self = shared_from_this()](const error_code& error) {
    if (error) return;
    self->close_where([](const Watched&) { return true; });
    self->finish_drain();
  });
}

void Server::Impl::finish_drain() {
  drain_timer.cancel();
  sweeper.cancel();
  if (done) asio::post(io, std::exchange(done, nullptr));
}

void Server::Impl::stop() {
  stopped = true;
  close_where([](const Watched&) { return true; });
  asio::post(strand, [self = shared_from_this()] {
    self->close_acceptors();
    self->sweeper.cancel();
    self->drain_timer.cancel();
  });
}

Server::Server(asio::io_context& io, std::vector<std::pair<ListenerOptions, Handler>> listeners)
    : impl_(std::make_shared<Impl>(io)) {
  for (auto& [options, handler] : listeners)
    impl_->listeners.push_back(std::make_shared<Listener>(std::move(options), std::move(handler), impl_->strand));
}

Server::~Server() { impl_->stop(); }

Result<void> Server::start() {
  for (const auto& listener : impl_->listeners) {
    if (auto opened = impl_->open(*listener); !opened) {
      impl_->close_acceptors();
      return opened.error();
    }
  }
  for (const auto& listener : impl_->listeners)
    asio::co_spawn(impl_->strand, Impl::accept(impl_, listener), asio::detached);
  asio::post(impl_->strand, [impl = impl_] { impl->sweep(); });
  return {};
}

std::uint16_t Server::port(std::string_view listener_name) const {
  for (const auto& listener : impl_->listeners)
    if (listener->options.name == listener_name) return listener->port;
  return 0;
}

void Server::drain(milliseconds limit, std::function<void()> done) {
  asio::post(impl_->strand,
             [impl = impl_, limit, done = std::move(done)]() mutable { impl->drain(limit, std::move(done)); });
}

int Server::connections() const { return impl_->connections; }

Result<void> Server::reload_certificates() {
  std::vector<TlsContext> contexts;
  for (const auto& listener : impl_->listeners) {
    if (!listener->options.tls) continue;
    auto context = server_context(listener->options);
    if (!context) return fail(context.error().code, "listener " + listener->options.name, context.error().message);
    contexts.push_back(std::move(*context));
  }
  auto next = contexts.begin();
  for (const auto& listener : impl_->listeners)
    if (listener->options.tls) listener->set_tls(std::move(*next++));
  return {};
}

}  // namespace samband
