// The files of the folder in the order in which one needs the other; each has a reader of its own.
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "config/config.hpp"
#include "config/load_hub.hpp"
#include "config/load_parties.hpp"
#include "config/load_values.hpp"

namespace samband {

using toml_file::File;
namespace fs = std::filesystem;

int RetentionConfig::days_for(std::string_view kind) const {
  const auto it = days.find(kind);
  return it == days.end() ? default_days : it->second;
}

int RetentionConfig::longest_days() const {
  int longest = default_days;
  for (const auto& [kind, of_kind] : days) longest = std::max(longest, of_kind);
  return longest;
}

const QuotaConfig& Config::quota_for(std::string_view party) const {
  const auto it = quotas.find(party);
  return it == quotas.end() ? quota : it->second;
}

std::string PluginConfig::place_of(std::string_view pointer) const {
  for (;;) {
    if (const auto it = places.find(pointer); it != places.end()) return it->second;
    if (pointer.empty()) return {};
    const auto slash = pointer.rfind('/');
    pointer = pointer.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
}

Result<std::string> pinned_sha256(const PluginConfig& plugin) {
  const auto refuse = [&](std::string_view member, const std::string& message) {
    return fail(Errc::invalid_config, plugin.place_of(member), "plugin '" + plugin.name + "': " + message);
  };
  std::error_code ec;
  if (!fs::is_regular_file(plugin.module, ec)) {
    return refuse("/module", "the module " + plugin.module.string() + " does not exist or cannot be read");
  }
  if (plugin.sha256 != "file") return plugin.sha256;
  const std::string path = plugin.module.string() + ".sha256";
  std::ifstream file(path);
  std::string digest;
  if (!(file >> digest)) return refuse("/sha256", path + " cannot be read; it holds the SHA-256 of the module");
  if (!is_sha256(digest)) return refuse("/sha256", path + " does not hold 64 lower-case hex digits");
  return digest;
}

Result<Config> load_config(const fs::path& folder, std::function<const char*(const char*)> environment) {
  if (!environment) environment = [](const char* name) -> const char* { return std::getenv(name); };
  Config config;
  std::error_code ec;
  config.folder = fs::absolute(folder, ec).lexically_normal();
  if (ec || !fs::is_directory(config.folder, ec)) {
    return fail(Errc::invalid_config, folder.string(), "expected a folder with hub.toml");
  }

  File parties_file(config.folder / "parties.toml"), agreements_file(config.folder / "agreements.toml"),
      hub_file(config.folder / "hub.toml");
  PartiesFile parties = read_parties(parties_file);
  if (parties_file.failed()) return parties_file.error();
  config.agreements = read_agreements(agreements_file, parties.parties);
  if (agreements_file.failed()) return agreements_file.error();
  config.parties = Parties(parties.parties, parties.officials);

  if (!hub_file.failed()) read_hub(hub_file, config, environment);
  if (hub_file.failed()) return hub_file.error();
  for (NamedFile& certificate : parties.certificates) {
    certificate.path = (config.certs_dir / certificate.path).lexically_normal();
    config.official_certificates.push_back(certificate);
  }
  check_ways(parties_file, parties, config);
  if (parties_file.failed()) return parties_file.error();

  auto routes = Routes::load(config.folder / "routes.toml", config.parties, &config.agreements);
  if (!routes) return routes.error();
  config.routes = *std::move(routes);
  return config;
}

}  // namespace samband
