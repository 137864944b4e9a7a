#include "app/recorded.hpp"

#include "keys/crypto.hpp"

namespace samband::cli {

Result<ChosenRules> choose_rules(const Config& config, const std::string& folder, Store* store) {
  const auto loaded = [](Result<std::shared_ptr<const RuleSet>> set, const char* from) -> Result<ChosenRules> {
    if (!set) return set.error();
    return ChosenRules{std::move(*set), from};
  };
  if (!folder.empty()) return loaded(rules_of(config, folder), "--rules");
  if (store == nullptr) return loaded(rules_of(config), "disk");
  auto rows = store->rule_sets();
  if (!rows) return rows.error();
  for (const RuleSetRow& row : *rows) {
    if (row.state != "active") continue;
    auto published = store->rule_set(row.hash);
    if (!published) return published.error();
    auto texts = parse_json(*published ? (*published)->files : std::string());
    if (!texts || !texts->is_object()) return fail(Errc::internal, "store", "the published rule set cannot be read");
    std::vector<RuleFile> files;
    for (const auto& [name, text] : texts->get_object()) {
      if (!text.is_string()) return fail(Errc::internal, "store", "the published rule set cannot be read");
      files.push_back({std::string(name), std::string(text.get_string())});
    }
    return loaded(load_rules(std::move(files), [](std::string_view bytes) { return crypto::sha256_hex(bytes); }),
                  "published");
  }
  return loaded(rules_of(config), "disk");
}

Result<std::unique_ptr<Recorded>> Recorded::open(const Config& config, Store& store) {
  auto made = std::make_unique<Recorded>();
  auto keys = KeyStore::open(config.keys_dir);
  if (!keys) return keys.error();
  made->keys_ = std::move(*keys);
  auto kinds = Kinds::load(config.schemas_dir);
  if (!kinds) return kinds.error();
  made->kinds_ = std::make_unique<Kinds>(std::move(*kinds));
  auto parties = parties_of(config);
  if (!parties) return parties.error();
  made->parties_ = std::make_unique<Parties>(std::move(*parties));
  auto plugins = PluginHost::load({});
  if (!plugins) return plugins.error();
  made->plugins_ = std::move(*plugins);
  auto trust = CertificateTrust::open(config.server.ca, config.server.crl);
  if (!trust) return trust.error();
  made->trust_ = std::move(*trust);
  made->signatures_ = std::make_unique<Signatures>(*made->parties_, *made->trust_, system_clock());
  made->intake_ = std::make_unique<Intake>(*made->kinds_, *made->keys_, *made->plugins_, *made->parties_,
                                           *made->signatures_, Intake::Limits{});
  made->reader_ = std::make_unique<CaseReader>(store, *made->keys_, *made->intake_);
  return made;
}

}  // namespace samband::cli
