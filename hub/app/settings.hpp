// From command-line arguments to loaded parts: the configuration folder, and the store or rules it names.
#pragma once
#include "app/command_line.hpp"
#include "confidentiality/rules.hpp"
#include "config/config.hpp"
#include "follow_up/sameness.hpp"
#include "ledger/cosignature.hpp"
#include "plugin_host/plugin_host.hpp"
#include "store/store.hpp"

namespace samband::cli {

inline const OptionSpec kConfigOption{"config", "DIR", "configuration folder", ""};
inline const OptionSpec kJsonOption{"json", "", "machine-readable output", ""};

// --config, else $SAMBAND_CONFIG, else ./config. Prints its own message when it fails.
Result<Config> configuration(const Arguments&);
// "file:12:3: what was expected" or "where: message".
std::string in_words(const Error&);
// Errors name the place in hub.toml.
Result<std::unique_ptr<PluginHost>> plugins_of(const Config&, const std::vector<PluginConfig>&);
// The store beside a running hub: read only.
Result<std::unique_ptr<Store>> store_to_read(const Config&);
// The parties with what the officials' certificates say. Errors name the place in parties.toml.
Result<Parties> parties_of(const Config&);
// The tlog-policy that hub.toml names. Errors: invalid_config with file and line.
Result<note::WitnessPolicy> witness_policy_of(const Config&);
Result<note::WitnessPolicy> witness_policy_of(const std::filesystem::path&);
// The rollback guard. invalid_config: its folder is not there (a disk that is not mounted guards nothing).
Result<std::filesystem::path> guard_file_of(const Config&);
SamenessLimits sameness_of(const Config&);
Result<std::shared_ptr<const RuleSet>> rules_of(const Config&);
// Another folder of rules. With a configuration, its local answers go along unless the folder has its own file of them.
Result<std::shared_ptr<const RuleSet>> rules_of(const Config&, const std::filesystem::path& folder);
Result<std::shared_ptr<const RuleSet>> rules_of(const std::filesystem::path& folder);
// An error of a rule file with the folder before its name.
Error in_folder(const Error&, const std::filesystem::path& folder, const std::filesystem::path& local = {});

}  // namespace samband::cli
