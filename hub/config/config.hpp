// The configuration folder as values: hub.toml, parties.toml, agreements.toml, routes.toml. Everything is checked while
// it is read: unknown keys, types, ranges, codes and references between the files. Values; thread-safe once loaded.
//
// Relative paths count from the configuration folder. The environment may move what differs between a packaged, a
// development and a test installation of one and the same configuration, and nothing else:
//   SAMBAND_DATA_DIR    data_dir           SAMBAND_CERTS_DIR   certs_dir
//   SAMBAND_KEYS_DIR    keys_dir           SAMBAND_PLUGIN_DIR  plugin_dir
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/party.hpp"
#include "routing/routes.hpp"

namespace samband {

struct TlsConfig {
  std::filesystem::path certificate, key, ca, crl;  // PEM; crl "" = no revocation list
};

struct ListenerConfig {
  std::string name;  // "agency", "log", "console", "admin"
  std::string address;
  std::uint16_t port = 0;
  std::size_t body_bytes_max = 32u << 20, header_bytes_max = 16u << 10;
  int connections_max = 1024;
  std::chrono::milliseconds handshake_timeout{5000}, header_timeout{10000}, body_timeout{30000}, handler_timeout{60000},
      write_timeout{30000}, idle_timeout{120000};
};

struct EndpointConfig {
  std::string name;                   // parties name it
  std::string url;                    // https://host:port/base/path, file:///folder, or sftp://host:port/folder
  std::string server_name;            // name in the server's certificate; "" = host of the url
  std::string user, host_key;         // sftp only: login, "SHA256:..." of the host's public key
  std::filesystem::path private_key;  // sftp only: the login's key, mode 0600
  int connections_max = 32;
  std::chrono::milliseconds connect_timeout{5000}, request_timeout{30000}, idle_timeout{60000};
  std::size_t response_bytes_max = 8u << 20;
};

// A folder in which a party's case system leaves what it has to say.
struct DropInConfig {
  std::string party, adapter;  // adapter: one of the party's inbound
  std::filesystem::path folder;
  std::string place;  // of the folder: "hub.toml:line:column"
  std::chrono::milliseconds poll{2000};
  std::size_t file_bytes_max = 32u << 20;
  std::chrono::days done_kept{30};  // in done/; error/ is a person's to clear
  EndpointConfig from;  // url empty, or sftp://host[:port]/folder with its login: fetched from there into `folder`
};

// A party whose case system's API is asked what became of what it was sent.
struct StatusPollConfig {
  std::string party;
  std::chrono::seconds every{900};
  int per_minute = 60;
  std::chrono::days kept{180};
};

struct PluginConfig {
  std::string name;              // adapter name: "police"
  std::filesystem::path module;  // .so; a bare file name is looked up in plugin_dir
  std::string sha256;            // lower-case hex, or "file": see pinned_sha256
  std::string config_json = "{}";
  int instances = 2;
  // JSON pointer inside the [[plugins]] entry -> "hub.toml:line:column"; "" is the entry itself.
  std::map<std::string, std::string, std::less<>> places;
  // Of the member, or of the nearest thing around it that hub.toml has: "/config/organisationId".
  std::string place_of(std::string_view pointer) const;
};
// The digest that the module must have. "file" stands for the first word of `<module>.sha256`, which the build writes
// beside the module: a digest written by hand would be wrong after every build, and a package installs module and
// digest together, owned by root. An operator who pins writes the digest itself. Error: invalid_config,
// with the place in hub.toml; a module that is not there is blamed before its digest.
Result<std::string> pinned_sha256(const PluginConfig&);

struct RetryConfig {
  std::chrono::milliseconds initial{1000}, max{3600000};
  double factor = 2.0, jitter = 0.2;  // jitter: share of the delay, both ways
  int attempts_max = 200;             // then a dead letter
};

struct RetentionConfig {
  int default_days = 365;                        // after the end of the month in which a message came
  int consents_days = 1825;                      // after a consent's end
  int incidents_days = 3650;                     // of their texts, after the end of the month of opening
  std::map<std::string, int, std::less<>> days;  // by message kind
  int days_for(std::string_view kind) const;
  int longest_days() const;
};

struct QuarantineConfig {  // of what could not be read
  std::int64_t bytes_max = 1 << 30, party_bytes_max = 128 << 20;
  int retention_days = 30;
};

struct QuotaConfig {
  int messages_per_minute = 60000;
  int in_flight = 256;
};

// How long the hub waits for people to answer what is held.
struct HoldsConfig {
  std::chrono::seconds alert_after{240};       // a held duty: until the alert; 5 minutes with a retry
  std::chrono::seconds remind_every{86400};    // and again, until somebody answers
  std::chrono::seconds expire_after{2592000};  // a hold without a duty; a rule's hold_days goes before
};

// What a party's answers must look like before somebody is told that no person gives them.
struct AssessmentsConfig {
  int window = 50, minimum = 20, per_minute_max = 20;
  double same_share = 0.98;
};

struct ReviewsConfig {
  int due_within_working_days = 3;
};

struct LogConfig {
  std::string origin;   // checkpoint origin and name of the log key
  int batch_max = 256;  // appends per transaction
  std::size_t queue_max = 4096;
  std::filesystem::path witness_policy;  // tlog-policy with the witnesses and their URLs; "" = none
  std::string witness_policy_place;      // "hub.toml:line:column"
  std::filesystem::path guard_file;      // the rollback guard; "" = log.guard in the key folder
  std::string guard_file_place;          // "hub.toml:line:column"
  bool wait_for_witnesses = false;       // release nothing before their quorum has seen its leaf
};

// A file that hub.toml names. Loading does not open it (a tool may read the configuration without the keys).
struct NamedFile {
  std::filesystem::path path;
  std::string place;  // of its key: "hub.toml:line:column"
};

struct Config {
  std::filesystem::path folder;  // absolute
  std::string name;              // of the installation: "Exempelkommun"
  std::filesystem::path data_dir, keys_dir, certs_dir, plugin_dir, schemas_dir, rules_dir;
  std::filesystem::path local_settings;  // the municipality's answers to open legal questions; "" = none
  int proposals_kept = 50;               // of the rule sets that are decided, those whose files stay
  std::string log_level = "info";        // debug | info | warning | error
  int worker_threads = 0;                // 0 = one per core
  std::chrono::seconds clock_skew_max{300};
  bool simulation = false;                // the time is moved by hand (app/simulated_clock); never on a real log
  std::optional<Time> simulation_begins;  // what time it is when such a hub starts for the first time; none = now
  std::string duty_phone;                 // of the hub's operator, in NOT SENT answers
  ListenerConfig agency, log_listener, console, admin;  // 8443, 8445, 8444; 9464 on loopback without TLS
  TlsConfig server;                                     // what the listeners present and trust
  TlsConfig client;                              // what the hub presents to endpoints; no crl of its own = the server's
  std::vector<NamedFile> files;                  // all of both, and keys of sftp endpoints
  std::vector<NamedFile> official_certificates;  // of parties.officials(), same index
  LogConfig log;
  RetryConfig retry;
  HoldsConfig holds;
  AssessmentsConfig assessments;
  ReviewsConfig reviews;
  RetentionConfig retention;
  QuarantineConfig quarantine;
  QuotaConfig quota;                                       // of a sender that has none of its own
  std::map<std::string, QuotaConfig, std::less<>> quotas;  // by party id
  std::vector<EndpointConfig> endpoints;
  std::vector<DropInConfig> drop_in;
  std::vector<StatusPollConfig> status_poll;
  std::vector<PluginConfig> plugins;

  Parties parties;
  std::vector<Agreement> agreements;
  Routes routes;

  const QuotaConfig& quota_for(std::string_view party) const;
};

// Errors: invalid_config, `where` = "file:line:column", the text says what was expected.
// `environment` answers a variable's value or nullptr; the process's own when empty.
Result<Config> load_config(const std::filesystem::path& folder,
                           std::function<const char*(const char*)> environment = {});

}  // namespace samband
