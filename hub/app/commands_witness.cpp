// samband log witness: a witness for the logs of other hubs.
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <csignal>
#include <iostream>

#include "app/commands.hpp"
#include "app/settings.hpp"
#include "base/log.hpp"
#include "keys/crypto.hpp"
#include "keys/secret_file.hpp"
#include "witness/witness_api.hpp"

namespace samband::cli {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kSeedSize = 32;

// The key and the memory belong together: a key without its memory would cosign another history.
Result<Bytes> seed_of(const fs::path& state, bool make_new) {
  std::error_code ignored;
  if (make_new) {
    fs::create_directories(state, ignored);
    fs::permissions(state, fs::perms::owner_all, ignored);
    if (auto checked = check_secret_folder(state); !checked) return checked.error();
    if (auto made = write_secret_file(state / "witness.seed", crypto::random_bytes(kSeedSize)); !made)
      return made.error();
  }
  if (auto checked = check_secret_folder(state); !checked)
    return fail(checked.error().code, checked.error().where, checked.error().message + " (a first start: --new)");
  if (!make_new && !fs::exists(state / "witness.db", ignored))
    return fail(Errc::invalid_config, (state / "witness.db").string(),
                "is missing: a witness without its memory would cosign another history. Retire the key, and begin with "
                "--new in an empty folder");
  return read_secret_file(state / "witness.seed", kSeedSize);
}

Result<ListenerOptions> listener_of(const Arguments& a) {
  ListenerOptions o;
  o.name = "witness";
  const std::string listen = a.get("listen");
  const std::size_t colon = listen.rfind(':');
  unsigned port = 65536;
  if (colon != std::string::npos) {
    const std::string_view digits = std::string_view(listen).substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size()) port = 65536;
  }
  if (port > 65535) return fail(Errc::invalid_input, "--listen", "expected ADDRESS:PORT");
  o.address = listen.substr(0, colon);
  o.port = static_cast<std::uint16_t>(port);
  o.files.certificate = a.get("certificate");
  o.files.key = a.get("key");
  o.tls = !o.files.certificate.empty();
  o.client_certificate = ListenerOptions::ClientCertificate::none;
  o.body_bytes_max = 64u << 10;
  if (o.tls && o.files.key.empty()) return fail(Errc::invalid_input, "--key", "expected with --certificate");
  if (!o.tls && o.address != "127.0.0.1" && o.address != "::1")
    return fail(Errc::invalid_input, "--certificate", "expected on any address but 127.0.0.1 and ::1");
  return o;
}

int witness(const Arguments& a) {
  const fs::path state = a.get("state");
  auto policy = witness_policy_of(fs::path(a.get("logs")));
  if (!policy) return complain(in_words(policy.error()));
  if (policy->logs().empty()) return complain(a.get("logs") + ": names no log");
  if (!note::is_key_name(a.get("name"))) return complain("--name: expected printable ASCII without spaces and '+'");
  auto options = listener_of(a);
  if (!options) return complain(in_words(options.error()));
  auto seed = seed_of(state, a.has("new"));
  if (!seed) return complain(in_words(seed.error()));
  auto opened = Witness::open(state / "witness.db", a.get("name"), std::move(*seed), policy->logs());
  if (!opened) return complain(in_words(opened.error()));

  asio::io_context io;
  std::vector<std::pair<ListenerOptions, Handler>> listeners;
  listeners.emplace_back(std::move(*options), witness_handler(**opened, system_clock()));
  Server server(io, std::move(listeners));
  if (auto started = server.start(); !started) return complain(in_words(started.error()));
  asio::signal_set stop(io, SIGTERM, SIGINT);
  std::signal(SIGPIPE, SIG_IGN);
  stop.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) server.drain(std::chrono::seconds(5), [&io] { io.stop(); });
  });
  std::cout << (*opened)->verifier_key() << std::endl;
  log(LogLevel::info, "witness.ready",
      {{"port", std::to_string(server.port("witness"))}, {"logs", std::to_string(policy->logs().size())}});
  io.run();
  return kOk;
}

}  // namespace

void add_witness(std::vector<Command>& commands) {
  commands.push_back({"log witness",
                      "Runs a witness for the logs of other hubs (C2SP tlog-witness)",
                      "",
                      "Cosigns a checkpoint when it continues the one it cosigned last, and never another history. "
                      "Prints its verifier "
                      "key, which the other hubs put into their policy, and answers POST /add-checkpoint until it is "
                      "stopped. Its folder "
                      "is its memory: it is never restored from a backup.",
                      {{"name", "NAME", "of the witness, as in its key: witness.example/agency", "", false, true},
                       {"state", "DIR", "folder of its key and memory, mode 0700", "", false, true},
                       {"logs", "FILE", "tlog-policy whose 'log VKEY' lines name the logs", "", false, true},
                       {"new", "", "makes the key: the first start only", ""},
                       {"listen", "ADDRESS:PORT", "where it answers", "127.0.0.1:8446"},
                       {"certificate", "FILE", "PEM; without it only a loopback address", ""},
                       {"key", "FILE", "PEM, of the certificate", ""}},
                      witness});
}

}  // namespace samband::cli
