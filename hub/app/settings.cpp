#include "app/settings.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "keys/crypto.hpp"
#include "keys/jws.hpp"

namespace samband::cli {

std::string in_words(const Error& e) { return e.where.empty() ? e.message : e.where + ": " + e.message; }

Result<Config> configuration(const Arguments& arguments) {
  std::string folder = arguments.get("config");
  if (folder.empty()) {
    const char* environment = std::getenv("SAMBAND_CONFIG");
    folder = environment && *environment ? environment : "config";
  }
  return load_config(folder);
}

Result<std::unique_ptr<Store>> store_to_read(const Config& config) { return Store::open(config.data_dir, true); }

Result<std::unique_ptr<PluginHost>> plugins_of(const Config& config, const std::vector<PluginConfig>& plugins) {
  std::vector<PluginOptions> options;
  for (const PluginConfig& p : plugins) {
    auto digest = pinned_sha256(p);
    if (!digest) return digest.error();
    options.push_back(PluginOptions{p.name, p.module, *digest, p.config_json, p.instances});
  }
  auto host = PluginHost::load(options);
  if (host) return host;
  // "plugins.police.config/hub/participantId" -> the place of /config/hub/participantId in that entry.
  const Error& e = host.error();
  for (const PluginConfig& p : plugins) {
    const std::string prefix = "plugins." + p.name;
    if (e.where != prefix && e.where.rfind(prefix + ".", 0) != 0) continue;
    std::string member = e.where.substr(prefix.size());
    if (!member.empty()) member[0] = '/';
    return fail(e.code, p.place_of(member), e.where + ": " + e.message);
  }
  return fail(e.code, (config.folder / "hub.toml").string(), e.where + ": " + e.message);
}

Result<Parties> parties_of(const Config& config) {
  std::vector<Official> officials = config.parties.officials();
  std::vector<std::string> holders;
  for (std::size_t i = 0; i < officials.size(); ++i) {
    const NamedFile& file = config.official_certificates.at(i);
    auto certificate = jws::read_certificate(file.path);
    if (!certificate) return fail(certificate.error().code, file.place, in_words(certificate.error()));
    officials[i].certificate_sha256 = certificate->sha256;
    officials[i].certificate = std::move(certificate->der);
    officials[i].public_key = std::move(certificate->public_key);
    // One key is one person, and so is one holder with two keys: under two names he or she would approve what he or she
    // proposed.
    for (std::size_t j = 0; j < i; ++j) {
      if (officials[j].public_key == officials[i].public_key)
        return fail(Errc::invalid_config, file.place, "its key is that of the official '" + officials[j].id + "' too");
      if (!certificate->holder.empty() && certificate->holder == holders[j])
        return fail(Errc::invalid_config, file.place,
                    "its holder (serialNumber of the subject) is the official '" + officials[j].id + "' too");
    }
    holders.push_back(std::move(certificate->holder));
  }
  return Parties(config.parties.all(), std::move(officials));
}

Result<note::WitnessPolicy> witness_policy_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file) return fail(Errc::invalid_config, path.string(), "cannot be read");
  auto policy = note::WitnessPolicy::parse(text);
  if (!policy) return fail(Errc::invalid_config, path.string() + ": " + policy.error().where, policy.error().message);
  return policy;
}

Result<note::WitnessPolicy> witness_policy_of(const Config& config) {
  auto policy = witness_policy_of(config.log.witness_policy);
  if (policy && config.log.wait_for_witnesses && !policy->needs_witnesses())
    return fail(Errc::invalid_config, config.log.witness_policy_place,
                "wait_for_witnesses needs a policy whose quorum is not 'none'");
  return policy;
}

Result<std::filesystem::path> guard_file_of(const Config& config) {
  if (config.log.guard_file.empty()) return config.keys_dir / "log.guard";
  std::error_code error;
  if (std::filesystem::is_directory(config.log.guard_file.parent_path(), error)) return config.log.guard_file;
  return fail(Errc::invalid_config, config.log.guard_file_place,
              "the folder of the rollback guard is not there: without it the hub could sign a second history");
}

SamenessLimits sameness_of(const Config& config) {
  const AssessmentsConfig& a = config.assessments;
  return {a.window, a.minimum, a.same_share, a.per_minute_max};
}

// The loader knows the files of the folder by their names; whoever reads the error wants to open them.
Error in_folder(const Error& e, const std::filesystem::path& folder, const std::filesystem::path& local) {
  const std::string name = e.where.substr(0, e.where.find(':'));
  if (!local.empty() && name == local.filename() && !std::filesystem::exists(folder / name))
    return fail(e.code, (local.parent_path() / e.where).string(), e.message);
  const bool file = e.where.find(".toml") != std::string::npos;
  return fail(e.code, (file ? folder / e.where : folder).string(), e.message);
}

static Result<std::shared_ptr<const RuleSet>> rules_of(const std::filesystem::path& folder,
                                                       const std::filesystem::path& local) {
  auto rules = load_rules(folder, [](std::string_view bytes) { return crypto::sha256_hex(bytes); }, local);
  if (!rules) return in_folder(rules.error(), folder, local);
  return rules;
}
Result<std::shared_ptr<const RuleSet>> rules_of(const std::filesystem::path& folder) {
  return rules_of(folder, std::filesystem::path());
}
Result<std::shared_ptr<const RuleSet>> rules_of(const Config& config, const std::filesystem::path& folder) {
  return rules_of(folder, config.local_settings);
}
Result<std::shared_ptr<const RuleSet>> rules_of(const Config& config) { return rules_of(config, config.rules_dir); }

}  // namespace samband::cli
