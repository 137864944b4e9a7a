// samband store backup | restore | check: the data folder and the payload keys as one consistent copy, and back.
#include <sys/stat.h>

#include <iostream>

#include "app/backup.hpp"
#include "app/commands.hpp"
#include "app/settings.hpp"

namespace samband::cli {
namespace {

int backup(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  const std::filesystem::path folder = a.positional().front();
  auto made = make_backup(*config, folder);
  if (!made) return complain(in_words(made.error()));
  if (a.json())
    std::cout << json::serialize(*made) << "\n";
  else
    std::cout << "backup in " << folder.string() << ": log of " << json::serialize(made->at("logSize")) << " entries\n"
              << "keep " << (folder / "keys").string() << " apart from " << (folder / "data").string()
              << ", and the files master.key, subject.key and log.seed apart from both\n";
  return kOk;
}

int restore(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto done = restore_backup(*config, a.positional().front(), a.has("replace"));
  if (!done) return complain(in_words(done.error()));
  if (a.json()) {
    std::cout << json::serialize(*done) << "\n";
    return kOk;
  }
  std::cout << "restored: log of " << json::serialize(done->at("logSize")) << " entries; "
            << json::serialize(done->at("destroyed")) << " keys on the list of erasures destroyed again\n";
  for (const json::value& file : done->at("setAside").as_array())
    std::cout << "set aside: " << std::string_view(file.as_string()) << " (delete it: no erasure reaches it)\n";
  std::cout << string_at(*done, "guard") << "\n";
  return kOk;
}

int check(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto found = a.positional().empty() ? check_store(*config) : check_backup(*config, a.positional().front());
  if (!found) return complain(in_words(found.error()));
  if (a.json()) {
    json::array problems;
    for (const Error& e : found->problems) problems.push_back(json::object{{"where", e.where}, {"message", e.message}});
    std::cout << json::serialize(json::object{{"ok", found->problems.empty()},
                                              {"logSize", found->log_size},
                                              {"keys", found->keys},
                                              {"problems", problems}})
              << "\n";
  } else {
    for (const Error& e : found->problems) std::cerr << in_words(e) << "\n";
    std::cout << (found->problems.empty() ? "ok: " : "NOT OK: ") << found->log_size << " log entries, " << found->keys
              << " keys in use\n";
  }
  return found->problems.empty() ? kOk : kFailed;
}

}  // namespace

void add_store(std::vector<Command>& commands) {
  commands.push_back({"store backup",
                      "Copies the data and the payload keys into a new folder, beside a running hub",
                      "DIR",
                      "One commit of the data and the keys that it needs, with a manifest of sizes and SHA-256. The "
                      "files master.key, subject.key and log.seed are not in it: without them it says nothing.",
                      {kConfigOption, kJsonOption},
                      backup});
  commands.push_back({"store restore",
                      "Puts a backup back in place; the hub must be stopped",
                      "DIR",
                      "Checks the manifest, and destroys again every key on the list of erasures. Says whether the "
                      "rollback guard will let the hub sign on.",
                      {kConfigOption, kJsonOption, {"replace", "", "set aside what is there", ""}},
                      restore});
  commands.push_back({"store check",
                      "Checks the store, or a backup: files, log, and that every key in use opens",
                      "[DIR]",
                      "Beside a running hub too.",
                      {kConfigOption, kJsonOption},
                      check});
}

}  // namespace samband::cli
