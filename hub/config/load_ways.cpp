// How parties are reached and where they leave what they have to say: endpoints, adapters, drop-in folders, APIs to
// ask.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/json.hpp"
#include "config/load_hub.hpp"
#include "config/load_values.hpp"

namespace samband {
namespace {

using std::chrono::milliseconds;
using toml_file::Table;
namespace fs = std::filesystem;

constexpr milliseconds kServerPoll{30'000};  // of a folder on somebody else's server
constexpr std::string_view kSftp = "sftp://";

// Host and folder; the login has keys of its own.
bool is_sftp_url(std::string_view url) {
  if (!url.starts_with(kSftp)) return false;
  url.remove_prefix(kSftp.size());
  const auto slash = url.find('/');
  return slash != 0 && slash != std::string_view::npos && url.find_first_of("%@?# \t\\") == std::string_view::npos;
}

class Ways {
 public:
  explicit Ways(Config& config) : config_(config) {}

  void read(Table& root) {
    for (Table& in : root.tables("endpoints", 500)) read_endpoint(in);
    for (Table& in : root.tables("plugins", 100)) read_plugin(in);
    for (Table& in : root.tables("drop_in", 100)) read_drop_in(in);
    for (Table& in : root.tables("status_poll", 100)) read_status_poll(in);
  }

 private:
  void read_drop_in(Table& in) {
    DropInConfig out;
    out.party = in.required_text("party", 100);
    out.adapter = in.text("adapter", 100);
    if (out.adapter.empty()) out.adapter = "file_drop";
    const std::string folder = in.required_text("folder");
    if (!folder.empty()) {
      out.folder = resolve(config_.folder, folder);
      out.place = in.place(*in.raw().get("folder"));
    }
    read_from(in, out);
    out.poll = duration(in, "poll_ms", out.poll);
    out.file_bytes_max = static_cast<std::size_t>(
        in.integer("file_bytes_max", static_cast<std::int64_t>(out.file_bytes_max), 1024, 64 * kMiB));
    out.done_kept = std::chrono::days(in.integer("done_days", out.done_kept.count(), 1, 3650));
    in.finish();
    const Party* party = config_.parties.find(out.party);
    if (!party)
      in.refuse("party", "unknown party '" + out.party + "'");
    else if (std::find(party->inbound.begin(), party->inbound.end(), out.adapter) == party->inbound.end())
      in.refuse(in.has("adapter") ? "adapter" : "party", "the party's `inbound` does not have this adapter");
    for (const DropInConfig& other : config_.drop_in)
      if (other.folder == out.folder) in.refuse("folder", "the folder is used twice");
    config_.drop_in.push_back(std::move(out));
  }
  void read_status_poll(Table& in) {
    StatusPollConfig out;
    out.party = in.required_text("party", 100);
    out.every = std::chrono::seconds(in.integer("every_s", out.every.count(), 1, 86'400));
    out.per_minute = static_cast<int>(in.integer("per_minute", out.per_minute, 1, 6'000));
    out.kept = std::chrono::days(in.integer("days", out.kept.count(), 1, 3650));
    in.finish();
    const Party* party = config_.parties.find(out.party);
    const auto endpoint = std::find_if(config_.endpoints.begin(), config_.endpoints.end(),
                                       [&](const EndpointConfig& e) { return party && e.name == party->endpoint; });
    if (!party)
      in.refuse("party", "unknown party '" + out.party + "'");
    else if (party->adapter.empty() || endpoint == config_.endpoints.end() || !endpoint->url.starts_with("http"))
      in.refuse("party", "expected a party with an adapter and an endpoint that can be asked");
    else if (std::find(party->kinds.begin(), party->kinds.end(), "care.status") == party->kinds.end())
      in.refuse("party", "the party may not send care.status, which is what is asked for");
    for (const StatusPollConfig& other : config_.status_poll)
      if (other.party == out.party) in.refuse("party", "the party is here twice");
    config_.status_poll.push_back(std::move(out));
  }
  // A folder of the case system's own server. Never the one that the hub delivers into: it would read its own files.
  void read_from(Table& in, DropInConfig& out) {
    out.from.url = in.text("from");
    if (out.from.url.empty()) return;
    out.poll = kServerPoll;
    if (!is_sftp_url(out.from.url)) in.refuse("from", "expected sftp://host[:port]/folder");
    for (const EndpointConfig& endpoint : config_.endpoints)
      if (endpoint.url == out.from.url) in.refuse("from", "an endpoint delivers into this folder");
    read_login(in, out.from);
    out.from.connect_timeout = duration(in, "connect_timeout_ms", out.from.connect_timeout);
  }
  // A server is known by its key alone, and so is the hub to it: there are no passwords and no trust at first sight.
  void read_login(Table& in, EndpointConfig& out) {
    out.user = in.required_text("user", 64);
    out.host_key = in.required_text("host_key", 64);
    const bool fingerprint = out.host_key.size() == 50 && out.host_key.starts_with("SHA256:") &&
                             out.host_key.find_first_of("= \t") == std::string::npos;
    if (!out.host_key.empty() && !fingerprint)
      in.refuse("host_key", "expected SHA256: and 43 letters, as ssh-keygen -lf prints it");
    out.private_key = resolve(config_.certs_dir, in.required_text("private_key"));
    if (!out.private_key.empty()) config_.files.push_back({out.private_key, in.place(*in.raw().get("private_key"))});
  }
  void read_endpoint(Table& in) {
    EndpointConfig out;
    out.name = in.required_text("name", 100);
    out.url = in.required_text("url");
    const bool is_folder = out.url.starts_with("file:///"), is_sftp = out.url.starts_with(kSftp);
    const std::string_view rest = std::string_view(out.url).substr(is_folder                         ? 7
                                                                   : out.url.starts_with("https://") ? 8
                                                                                                     : 0);
    if (is_sftp ? !is_sftp_url(out.url)
                : rest.size() == out.url.size() || rest.empty() || (rest.front() == '/') != is_folder ||
                      rest.find_first_of(is_folder ? "%?#\\" : "@?# \t\\") != std::string_view::npos) {
      in.refuse("url",
                "expected https://host[:port]/path without user, query and fragment, file:///folder or "
                "sftp://host[:port]/folder");
    }
    if (is_sftp) read_login(in, out);
    out.server_name = in.text("server_name", 253);
    out.connections_max = static_cast<int>(in.integer("connections_max", out.connections_max, 1, 4096));
    out.connect_timeout = duration(in, "connect_timeout_ms", out.connect_timeout);
    out.request_timeout = duration(in, "request_timeout_ms", out.request_timeout);
    out.idle_timeout = duration(in, "idle_timeout_ms", out.idle_timeout);
    out.response_bytes_max = static_cast<std::size_t>(
        in.integer("response_bytes_max", static_cast<std::int64_t>(out.response_bytes_max), 1024, 64 * kMiB));
    in.finish();
    if (!endpoint_names_.insert(out.name).second) in.refuse("name", "the name is used twice");
    config_.endpoints.push_back(std::move(out));
  }

  void read_plugin(Table& in) {
    PluginConfig out;
    note_places(in, in.raw(), "", out);
    out.name = in.required_text("name", 100);
    const std::string module = in.required_text("module");
    out.module = resolve(module.find('/') == std::string::npos ? config_.plugin_dir : config_.folder, module);
    out.sha256 = in.required_text("sha256", 64);
    if (out.sha256 != "file" && !is_sha256(out.sha256)) {
      in.refuse("sha256", "expected 64 lower-case hex digits, or \"file\"");
    }
    out.instances = static_cast<int>(in.integer("instances", out.instances, 1, 256));
    read_plugin_config(in, out);
    in.finish();
    if (!plugin_names_.insert(out.name).second) in.refuse("name", "the name is used twice");
    config_.plugins.push_back(std::move(out));
  }
  static void note_places(Table& in, const toml::node& node, const std::string& pointer, PluginConfig& out) {
    out.places[pointer] = in.place(node);
    if (const toml::table* table = node.as_table()) {
      for (const auto& [key, value] : *table) note_places(in, value, pointer + "/" + std::string(key.str()), out);
    } else if (const toml::array* array = node.as_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        note_places(in, *array->get(i), pointer + "/" + std::to_string(i), out);
      }
    }
  }
  // Either a table here or a JSON file beside; what the keys mean is the adapter's to check.
  void read_plugin_config(Table& in, PluginConfig& out) {
    const std::string file = in.text("config_file");
    const auto table = in.table("config");
    if (table && !file.empty()) in.refuse("config_file", "either 'config' or 'config_file'");
    if (table) {
      std::ostringstream text;
      text << toml::json_formatter(table->raw(), toml::format_flags::none);
      const auto value = parse_json(text.str());
      if (!value) return in.refuse("config", "dates and special numbers have no JSON form");
      out.config_json = canonical_json(*value);
    } else if (!file.empty()) {
      std::ifstream stream(resolve(config_.folder, file), std::ios::binary);
      std::ostringstream text;
      text << stream.rdbuf();
      const auto value = parse_json(text.str());
      if (!stream || !value || !value->is_object())
        return in.refuse("config_file", "expected a file with a JSON object");
      out.config_json = canonical_json(*value);
    }
  }

  Config& config_;
  std::set<std::string> endpoint_names_, plugin_names_;
};

}  // namespace

void read_ways(Table& root, Config& config) { Ways(config).read(root); }

}  // namespace samband
