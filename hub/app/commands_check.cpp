// samband check, keys dev, plugin list: what can be said before anything runs.
#include <iostream>

#include "app/commands.hpp"
#include "app/rule_analysis.hpp"
#include "app/settings.hpp"
#include "keys/key_store.hpp"
#include "model/kinds.hpp"
#include "report/figures.hpp"
#include "transport/folder.hpp"

namespace samband::cli {
namespace {

bool is_inside(const std::filesystem::path& file, const std::filesystem::path& folder) {
  std::error_code error;
  const auto inner = std::filesystem::weakly_canonical(file, error)
                         .lexically_relative(std::filesystem::weakly_canonical(folder, error));
  return !inner.empty() && *inner.begin() != "..";
}

int check(const Arguments& a) {
  json::array problems, warnings;
  json::object counts;
  const auto note = [&](const Error& e) {
    problems.push_back(json::object{{"where", e.where}, {"message", e.message}});
  };
  auto config = configuration(a);
  if (!config) {
    note(config.error());
  } else {
    counts["parties"] = config->parties.all().size();
    for (const Party& party : config->parties.all())
      if (party.person_number_in_url)
        warnings.push_back(json::object{{"where", "parties.toml"},
                                        {"message", "party '" + party.id +
                                                        "': person_number_in_url = true: person numbers may stand in "
                                                        "the access logs of its endpoint"}});
    counts["routes"] = config->routes.all().size();
    counts["agreements"] = config->agreements.size();
    if (auto kinds = Kinds::load(config->schemas_dir))
      counts["kinds"] = kinds->names().size();
    else
      note(kinds.error());
    if (auto rules = rules_of(*config)) {
      counts["rules"] = (*rules)->rules.size();
      counts["provisions"] = (*rules)->provisions.size();
      counts["rulesetHash"] = (*rules)->hash;
      if (auto findings = analysis_of(*config, **rules, stockholm_date(system_clock().now()))) {
        for (const Error& e : blocking(*findings, config->rules_dir)) note(e);
        counts["ruleWarnings"] = open_warnings(*findings);
        for (const Finding& f : *findings)
          if (f.code == "task_undone" && !f.accepted)
            warnings.push_back(json::object{{"where", "parties.toml"},
                                            {"message", "rule " + f.about + ": " + f.en + ". " + f.fix_en}});
      } else {
        note(findings.error());
      }
    } else {
      note(rules.error());
    }
    if (const auto figures = config->folder / "follow-up.toml"; std::filesystem::exists(figures))
      if (auto loaded = report::load_follow_up(figures, &config->parties, &config->routes); !loaded)
        note(loaded.error());
    // One by one, so that every one that fails is named.
    std::size_t loaded = 0;
    for (const PluginConfig& plugin : config->plugins) {
      if (auto host = plugins_of(*config, {plugin}))
        ++loaded;
      else
        note(host.error());
    }
    counts["plugins"] = loaded;
    if (auto keys = KeyStore::open(config->keys_dir); !keys) note(keys.error());
    if (!config->log.witness_policy.empty())
      if (auto policy = witness_policy_of(*config); !policy) note(policy.error());
    if (auto guard = guard_file_of(*config); !guard)
      note(guard.error());
    else if (is_inside(*guard, config->data_dir))
      warnings.push_back(json::object{{"where", config->log.guard_file_place},
                                      {"message",
                                       "the rollback guard lies with the data: a backup of the folder brings "
                                       "it back too, and it guards nothing"}});
    for (const NamedFile& file : config->files) {
      std::error_code ec;
      if (!std::filesystem::is_regular_file(file.path, ec))
        note(fail(Errc::invalid_config, file.place,
                  "there is no file " + file.path.string() + " (development certificates: certs/make-dev-certs.sh)"));
    }
    for (const DropInConfig& drop : config->drop_in)
      if (auto usable = check_drop_folder(drop.folder); !usable)
        note(fail(Errc::invalid_config, drop.place,
                  "the folder " + drop.folder.string() + " " + usable.error().message));
    // What is in them, once they are there.
    if (problems.empty())
      if (auto parties = parties_of(*config); !parties) note(parties.error());
  }
  if (a.json()) {
    std::cout << json::serialize(json::object{
                     {"ok", problems.empty()}, {"problems", problems}, {"warnings", warnings}, {"counts", counts}})
              << "\n";
  } else {
    for (const json::value& p : problems)
      std::cerr << string_at(p.as_object(), "where") << ": " << string_at(p.as_object(), "message") << "\n";
    for (const json::value& w : warnings)
      std::cerr << "warning: " << string_at(w.as_object(), "where") << ": " << string_at(w.as_object(), "message")
                << "\n";
    for (const auto& [name, value] : counts)
      std::cout << name << ": " << (value.is_string() ? std::string(value.as_string()) : json::serialize(value))
                << "\n";
    std::cout << (problems.empty() ? "ok\n" : "not usable\n");
  }
  return problems.empty() ? kOk : kFailed;
}

int keys_dev(const Arguments& a) {
  std::filesystem::path folder = a.get("keys");
  if (folder.empty()) {
    auto config = configuration(a);
    if (!config) return complain(in_words(config.error()));
    folder = config->keys_dir;
  }
  if (auto made = KeyStore::create(folder); !made) return complain(in_words(made.error()));
  std::cout << "development keys made in " << folder.string()
            << " (0700; files 0600). Not for production: see docs/operations.md\n";
  return kOk;
}

int plugin_list(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto plugins = plugins_of(*config, config->plugins);
  if (!plugins) return complain(in_words(plugins.error()));
  json::array out;
  for (const PluginHost::Info& p : (*plugins)->list()) {
    auto manifest = parse_json(p.manifest_json);
    out.push_back(json::object{{"name", p.name},
                               {"module", p.module},
                               {"sha256", p.sha256},
                               {"sdk", p.sdk},
                               {"isolation", p.isolation},
                               {"abi", std::to_string(p.abi_major) + "." + std::to_string(p.abi_minor)},
                               {"manifest", manifest ? std::move(*manifest) : json::value()}});
  }
  if (a.json()) {
    std::cout << json::serialize(out) << "\n";
    return kOk;
  }
  for (const json::value& v : out) {
    const json::object& p = v.as_object();
    std::cout << string_at(p, "name") << "  abi " << string_at(p, "abi") << "  " << string_at(p, "isolation")
              << "  sha256 " << string_at(p, "sha256").substr(0, 16) << "...  "
              << std::filesystem::path(std::string(string_at(p, "module"))).filename().string() << "\n";
    if (const json::value* kinds = find_pointer(p.at("manifest"), "/kinds"); kinds && kinds->is_array()) {
      std::cout << "    kinds:";
      for (const json::value& k : kinds->get_array())
        std::cout << " " << (k.is_string() ? k.get_string().c_str() : "?");
      std::cout << "\n";
    }
  }
  return kOk;
}

}  // namespace

void add_check(std::vector<Command>& commands) {
  commands.push_back(
      {"check",
       "Checks configuration, rules, schemas, plugins, keys and certificates",
       "",
       "Every problem is named with file, line and column. Warnings name what is permitted and has a price.",
       {kConfigOption, kJsonOption},
       check});
  commands.push_back({"keys dev",
                      "Makes a development key store",
                      "",
                      "",
                      {kConfigOption, {"keys", "DIR", "folder (default: keys_dir of the configuration)", ""}},
                      keys_dev});
  commands.push_back({"plugin list",
                      "Lists the adapters with version, digest and isolation",
                      "",
                      "",
                      {kConfigOption, kJsonOption},
                      plugin_list});
}

}  // namespace samband::cli
