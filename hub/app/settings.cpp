#include "app/settings.hpp"

#include <cstdlib>

#include "keys/crypto.hpp"

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

Result<std::shared_ptr<const RuleSet>> rules_of(const Config& config) {
  return load_rules(config.rules_dir, [](std::string_view bytes) { return crypto::sha256_hex(bytes); });
}

}  // namespace samband::cli
