// samband log verify | checkpoint | key | export: the log, read beside a running hub.
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <iostream>

#include "app/commands.hpp"
#include "app/settings.hpp"
#include "keys/crypto.hpp"
#include "keys/key_store.hpp"
#include "ledger/export.hpp"
#include "ledger/ledger.hpp"
#include "ledger/note.hpp"

namespace samband::cli {
namespace {

Result<std::string> verifier_key(const Config& config) {
  auto keys = KeyStore::open(config.keys_dir);
  if (!keys) return keys.error();
  return note::to_text(note::make_verifier(config.log.origin, crypto::ed25519_public((*keys)->log_seed())));
}

std::function<void(std::uint64_t, std::uint64_t)> progress(const Arguments& a) {
  if (a.json() || ::isatty(STDERR_FILENO) != 1) return {};
  return [](std::uint64_t done, std::uint64_t total) {
    std::cerr << "\r" << done << " of " << total << (done == total ? " entries\n" : " entries") << std::flush;
  };
}

int verify(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  std::string key = a.get("vkey");
  if (key.empty()) {
    auto own = verifier_key(*config);
    if (!own) return complain(in_words(own.error()));
    key = std::move(*own);
  }
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  auto result = Ledger::verify(**store, key, progress(a));
  if (!result) return complain(in_words(result.error()));
  json::array problems;
  for (const Error& e : result->problems) problems.push_back(json::object{{"where", e.where}, {"message", e.message}});
  if (a.json()) {
    std::cout << json::serialize(json::object{{"valid", result->problems.empty()},
                                              {"size", result->size},
                                              {"root", result->root_hex},
                                              {"problems", problems}})
              << "\n";
  } else {
    for (const Error& e : result->problems) std::cerr << in_words(e) << "\n";
    std::cout << (result->problems.empty() ? "valid: " : "INVALID: ") << result->size << " entries, root "
              << result->root_hex << "\n";
  }
  return result->problems.empty() ? kOk : kFailed;
}

int print_key(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto key = verifier_key(*config);
  if (!key) return complain(in_words(key.error()));
  std::cout << *key << "\n";
  return kOk;
}

int checkpoint(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  auto newest = (*store)->checkpoint();
  if (!newest) return complain(in_words(newest.error()));
  if (!newest->has_value()) return complain("the log is empty");
  std::cout << (*newest)->second;
  return kOk;
}

int write_tiles(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  ExportOptions options{a.positional().front(), !a.has("hashes-only"), progress(a)};
  if (options.entries) ::umask(0077);
  auto done = export_log(**store, options);
  if (!done) return complain(in_words(done.error()));
  if (a.json())
    std::cout << json::serialize(json::object{{"size", done->size},
                                              {"new", done->size - done->from},
                                              {"files", done->files},
                                              {"entries", options.entries}})
              << "\n";
  else
    std::cout << done->size << " entries, " << done->size - done->from << " of them new, " << done->files
              << " files written\n";
  return kOk;
}

}  // namespace

void add_log(std::vector<Command>& commands) {
  commands.push_back({"log verify",
                      "Recomputes the whole log from its entries up",
                      "",
                      "Every entry, tile, root, signature, and that every exchange cites its own decision.",
                      {kConfigOption, kJsonOption, {"vkey", "KEY", "verifier key (default: of the key store)", ""}},
                      verify});
  commands.push_back({"log key",
                      "Prints the verifier key of the log",
                      "",
                      "For samband-verify, witnesses and auditors: signed-note form, name+id+key.",
                      {kConfigOption},
                      print_key});
  commands.push_back(
      {"log export",
       "Writes the log as a folder that samband-verify and others read (C2SP tlog-tiles)",
       "DIR",
       "Again into the same folder: only what is new. With the entries the folder is for auditors only: it\n"
       "names parties, rules and times, and is made with mode 0700. The newest checkpoint is written last.",
       {kConfigOption,
        kJsonOption,
        {"hashes-only", "", "without the entries: hashes and checkpoint, which are public", ""}},
       write_tiles});
  commands.push_back({"log checkpoint", "Prints the newest signed checkpoint", "", "", {kConfigOption}, checkpoint});
}

}  // namespace samband::cli
