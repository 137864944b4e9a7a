#include "config/load_hub.hpp"

#include <algorithm>

#include "config/load_parties.hpp"
#include "config/load_values.hpp"
#include "model/vocabulary.hpp"

#ifndef SAMBAND_SCHEMAS_DIR
#error "the build says where the schemas of the message kinds are installed"
#endif

namespace samband {
namespace {

using toml_file::File;
using toml_file::Table;
namespace fs = std::filesystem;

// Reads hub.toml. What several parts need is held here, so that each part below is a list of its keys.
class HubFile {
 public:
  HubFile(File& file, Config& config, const std::function<const char*(const char*)>& environment)
      : root_(file), config_(config), environment_(environment) {}

  void read() {
    toml_file::check_version(root_);
    config_.name = root_.required_text("name", 100);
    read_folders();
    read_rules();
    read_limits();
    read_tls();
    read_listeners();
    read_log();
    read_simulation();
    read_retry();
    read_holds();
    read_assessments();
    read_reviews();
    read_retention();
    read_quarantine();
    read_quotas();
    read_ways(root_, config_);
    root_.finish();
  }

 private:
  fs::path folder(const char* key, const char* variable, const char* default_value) {
    std::string path = root_.text(key);
    const char* moved = variable != nullptr ? environment_(variable) : nullptr;
    if (moved != nullptr && *moved != '\0') return fs::absolute(moved).lexically_normal();
    if (path.empty() && default_value == nullptr) {
      root_.require(key, "a folder");
      return {};
    }
    return resolve(config_.folder, path.empty() ? default_value : path);
  }
  void read_folders() {
    config_.data_dir = folder("data_dir", "SAMBAND_DATA_DIR", nullptr);
    config_.keys_dir = folder("keys_dir", "SAMBAND_KEYS_DIR", nullptr);
    config_.certs_dir = folder("certs_dir", "SAMBAND_CERTS_DIR", nullptr);
    config_.plugin_dir = folder("plugin_dir", "SAMBAND_PLUGIN_DIR", nullptr);
    config_.schemas_dir = folder("schemas_dir", nullptr, SAMBAND_SCHEMAS_DIR);
    config_.rules_dir = folder("rules_dir", nullptr, "rules");
    // A backup of the data that carries the keys would undo every erasure.
    const auto relative = config_.keys_dir.lexically_relative(config_.data_dir);
    if (!relative.empty() && *relative.begin() != "..") root_.refuse("keys_dir", "expected a folder outside data_dir");
  }

  void read_rules() {
    auto in = root_.table("rules");
    if (!in) return;
    config_.local_settings = resolve(config_.folder, in->text("local_settings"));
    if (!config_.local_settings.empty() && config_.local_settings.extension() != ".toml")
      in->refuse("local_settings", "expected a .toml file");
    config_.proposals_kept = static_cast<int>(in->integer("proposals_kept", 50, 1, 10000));
    in->finish();
  }

  void read_limits() {
    static constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error"};
    if (const std::string level = root_.text("log_level"); !level.empty()) {
      root_.check_code("log_level", level, kLevels, "log level");
      config_.log_level = level;
    }
    config_.worker_threads = static_cast<int>(root_.integer("worker_threads", 0, 0, 256));
    config_.clock_skew_max = std::chrono::seconds(root_.integer("clock_skew_max_s", 300, 1, 3600));
    config_.duty_phone = root_.required_text("duty_phone", 40);
    check_phone(root_, "duty_phone", config_.duty_phone);
  }

  // After the log and the listeners, which it bounds.
  void read_simulation() {
    auto in = root_.table("simulation");
    if (!in) return;
    config_.simulation = in->boolean("clock", false);
    if (in->has("begins")) {
      auto begins = parse_rfc3339(in->text("begins", 40));
      if (begins)
        config_.simulation_begins = *begins;
      else
        in->refuse("begins", "expected a time as \"2026-11-27T20:30:00Z\"");
      if (!config_.simulation) in->refuse("begins", "is where a simulated clock begins: clock = true");
    }
    in->finish();
    if (!config_.simulation) return;
    // No record made in a time that somebody moved may pass for a real one.
    if (config_.log.origin.find("simulation") == std::string::npos)
      in->refuse("clock", "expected a log of its own: [log] origin with the word 'simulation' in it");
    for (const ListenerConfig* each : {&config_.agency, &config_.log_listener, &config_.console})
      if (each->address != "127.0.0.1" && each->address != "::1")
        in->refuse("clock", "expected listeners on 127.0.0.1 or ::1 only");
  }

  void read_tls() {
    auto in = root_.table("tls");
    if (!in) return root_.require("tls", "a table [tls]");
    const auto file = [&](const char* key, bool required) {
      const fs::path path = resolve(config_.certs_dir, required ? in->required_text(key) : in->text(key));
      if (!path.empty()) config_.files.push_back({path, in->place(*in->raw().get(key))});
      return path;
    };
    config_.server = {file("certificate", true), file("key", true), file("ca", true), file("crl", false)};
    config_.client = {file("client_certificate", true), file("client_key", true), file("endpoint_ca", false),
                      file("endpoint_crl", false)};
    if (config_.client.ca.empty()) {
      config_.client.ca = config_.server.ca;
      if (config_.client.crl.empty()) config_.client.crl = config_.server.crl;
    }
    in->finish();
  }

  void read_listener(Table& listeners, const char* name, ListenerConfig& out, std::uint16_t default_port) {
    out.name = name;
    out.address = "127.0.0.1";
    out.port = default_port;
    auto in = listeners.table(name);
    if (!in) return;
    if (const std::string address = in->text("address", 64); !address.empty()) out.address = address;
    if (out.name == "admin" && out.address != "127.0.0.1" && out.address != "::1") {
      in->refuse("address", "expected 127.0.0.1 or ::1: this port has neither TLS nor callers' names");
    }
    out.port = static_cast<std::uint16_t>(in->integer("port", default_port, 0, 65535));
    out.body_bytes_max = static_cast<std::size_t>(
        in->integer("body_bytes_max", static_cast<std::int64_t>(out.body_bytes_max), 1024, 64 * kMiB));
    out.header_bytes_max = static_cast<std::size_t>(
        in->integer("header_bytes_max", static_cast<std::int64_t>(out.header_bytes_max), 1024, kMiB));
    out.connections_max = static_cast<int>(in->integer("connections_max", out.connections_max, 1, 65536));
    out.handshake_timeout = duration(*in, "handshake_timeout_ms", out.handshake_timeout);
    out.header_timeout = duration(*in, "header_timeout_ms", out.header_timeout);
    out.body_timeout = duration(*in, "body_timeout_ms", out.body_timeout);
    out.handler_timeout = duration(*in, "handler_timeout_ms", out.handler_timeout);
    out.write_timeout = duration(*in, "write_timeout_ms", out.write_timeout);
    out.idle_timeout = duration(*in, "idle_timeout_ms", out.idle_timeout);
    in->finish();
  }
  void read_listeners() {
    auto in = root_.table("listeners");
    if (!in) return root_.require("listeners", "a table [listeners]");
    read_listener(*in, "agency", config_.agency, 8443);
    read_listener(*in, "log", config_.log_listener, 8445);
    read_listener(*in, "console", config_.console, 8444);
    read_listener(*in, "admin", config_.admin, 9464);
    refuse_shared_ports(*in);
    in->finish();
  }
  // Port 0 asks the system for a free one.
  void refuse_shared_ports(Table& listeners) {
    const auto any = [](const ListenerConfig& l) { return l.address == "0.0.0.0" || l.address == "::"; };
    const ListenerConfig* all[] = {&config_.agency, &config_.console, &config_.log_listener, &config_.admin};
    for (std::size_t i = 0; i < std::size(all); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const ListenerConfig &a = *all[i], &b = *all[j];
        if (a.port == 0 || a.port != b.port || (a.address != b.address && !any(a) && !any(b))) continue;
        auto in = listeners.table(a.name);
        (in ? *in : listeners)
            .refuse("port", "listeners '" + b.name + "' and '" + a.name + "' share the port " + std::to_string(a.port));
      }
    }
  }

  void read_log() {
    auto in = root_.table("log");
    if (!in) return root_.require("log", "a table [log]");
    config_.log.origin = in->required_text("origin", 100);
    // It is a line of the checkpoint and a key name of the signed note (C2SP): neither may hold white space or '+'.
    if (config_.log.origin.find_first_of(" \t\r\n+") != std::string::npos) {
      in->refuse("origin", "expected a name without white space and '+'");
    }
    config_.log.batch_max = static_cast<int>(in->integer("batch_max", config_.log.batch_max, 1, 4096));
    config_.log.queue_max = static_cast<std::size_t>(
        in->integer("queue_max", static_cast<std::int64_t>(config_.log.queue_max), 1, 1'000'000));
    if (const std::string policy = in->text("witness_policy", 255); !policy.empty()) {
      config_.log.witness_policy = config_.folder / policy;
      config_.log.witness_policy_place = in->place(*in->raw().get("witness_policy"));
    }
    if (const std::string guard = in->text("guard_file", 255); !guard.empty()) {
      config_.log.guard_file = config_.folder / guard;
      config_.log.guard_file_place = in->place(*in->raw().get("guard_file"));
    }
    config_.log.wait_for_witnesses = in->boolean("wait_for_witnesses", false);
    if (config_.log.wait_for_witnesses && config_.log.witness_policy.empty())
      in->refuse("wait_for_witnesses", "expected a witness_policy that names the witnesses");
    in->finish();
  }

  void read_retry() {
    auto in = root_.table("retry");
    if (!in) return;
    RetryConfig& out = config_.retry;
    out.initial = duration(*in, "initial_ms", out.initial);
    out.factor = in->number("factor", out.factor, 1, 10);
    out.max = duration(*in, "max_ms", out.max);
    out.jitter = in->number("jitter", out.jitter, 0, 0.9);
    out.attempts_max = static_cast<int>(in->integer("attempts_max", out.attempts_max, 1, 10'000));
    if (out.max < out.initial) in->refuse("max_ms", "expected max_ms >= initial_ms");
    in->finish();
  }

  void read_holds() {
    auto in = root_.table("holds");
    if (!in) return;
    const auto seconds = [&](const char* key, std::chrono::seconds otherwise, std::int64_t min, std::int64_t max) {
      return std::chrono::seconds(in->integer(key, otherwise.count(), min, max));
    };
    HoldsConfig& out = config_.holds;
    out.alert_after = seconds("alert_after_s", out.alert_after, 0, 240);
    out.remind_every = seconds("remind_every_s", out.remind_every, 1, 7 * 86400);
    out.expire_after = seconds("expire_after_s", out.expire_after, 1, 366 * 86400);
    in->finish();
  }

  void read_assessments() {
    auto in = root_.table("assessments");
    if (!in) return;
    AssessmentsConfig& out = config_.assessments;
    out.window = static_cast<int>(in->integer("window", out.window, 10, 500));
    out.minimum = static_cast<int>(in->integer("minimum", out.minimum, 2, 500));
    out.same_share = in->number("same_share", out.same_share, 0.5, 1);
    out.per_minute_max = static_cast<int>(in->integer("per_minute_max", out.per_minute_max, 1, 499));
    if (out.minimum > out.window) in->refuse("minimum", "expected minimum <= window");
    if (out.per_minute_max >= out.window) in->refuse("per_minute_max", "expected per_minute_max < window");
    in->finish();
  }

  void read_reviews() {
    auto in = root_.table("reviews");
    if (!in) return;
    config_.reviews.due_within_working_days =
        static_cast<int>(in->integer("due_within_working_days", config_.reviews.due_within_working_days, 1, 30));
    in->finish();
  }

  void read_retention() {
    auto in = root_.table("retention");
    if (!in) return;
    config_.retention.default_days =
        static_cast<int>(in->integer("default_days", config_.retention.default_days, 1, 36'500));
    config_.retention.consents_days =
        static_cast<int>(in->integer("consents_days", config_.retention.consents_days, 1, 36'500));
    config_.retention.incidents_days =
        static_cast<int>(in->integer("incidents_days", config_.retention.incidents_days, 1, 36'500));
    if (auto kinds = in->table("days")) {
      for (const auto& [key, value] : kinds->raw()) {
        const std::string kind(key.str());
        kinds->check_code(kind, kind, message_kinds(), "message kind");
        config_.retention.days[kind] = static_cast<int>(kinds->integer(kind, 1, 1, 36'500));
      }
    }
    in->finish();
  }

  void read_quarantine() {
    auto in = root_.table("quarantine");
    if (!in) return;
    QuarantineConfig& out = config_.quarantine;
    constexpr std::int64_t kMost = std::int64_t{1} << 44;
    out.bytes_max = in->integer("bytes_max", out.bytes_max, 1024, kMost);
    out.party_bytes_max = in->integer("party_bytes_max", std::min(out.party_bytes_max, out.bytes_max), 1024, kMost);
    if (out.party_bytes_max > out.bytes_max) in->refuse("party_bytes_max", "expected party_bytes_max <= bytes_max");
    out.retention_days = static_cast<int>(in->integer("retention_days", out.retention_days, 1, 3650));
    in->finish();
  }

  static void read_quota(Table& in, QuotaConfig& out) {
    out.messages_per_minute =
        static_cast<int>(in.integer("messages_per_minute", out.messages_per_minute, 1, 100'000'000));
    out.in_flight = static_cast<int>(in.integer("in_flight", out.in_flight, 1, 1'000'000));
  }
  void read_quotas() {
    auto in = root_.table("quota");
    if (!in) return;
    read_quota(*in, config_.quota);
    if (auto parties = in->table("party")) {
      for (const auto& [key, value] : parties->raw()) {
        const std::string party(key.str());
        if (config_.parties.find(party) == nullptr) parties->refuse(party, "unknown party '" + party + "'");
        QuotaConfig own = config_.quota;
        if (auto table = parties->table(party)) {
          read_quota(*table, own);
          table->finish();
        }
        config_.quotas[party] = own;
      }
    }
    in->finish();
  }

  Table root_;
  Config& config_;
  const std::function<const char*(const char*)>& environment_;
};

}  // namespace

void read_hub(File& file, Config& config, const std::function<const char*(const char*)>& environment) {
  HubFile(file, config, environment).read();
}

}  // namespace samband
