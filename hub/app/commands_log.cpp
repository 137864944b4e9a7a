// samband log verify | checkpoint | key | export | guard: the log, read beside a running hub.
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <functional>
#include <iostream>

#include "app/commands.hpp"
#include "app/settings.hpp"
#include "keys/crypto.hpp"
#include "keys/key_store.hpp"
#include "ledger/export.hpp"
#include "ledger/guard_file.hpp"
#include "ledger/ledger.hpp"
#include "ledger/note.hpp"
#include "ledger/rotate.hpp"

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
  if (a.has("rotation")) {
    auto both = rotation_checkpoint(config->data_dir);
    if (!both) return complain(in_words(both.error()));
    std::cout << *both;
    return kOk;
  }
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

// The owners' word that these data are the newest: the guard begins with them.
int make_guard(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  std::uint64_t size = 0;
  const std::string& said = a.get("size");
  if (std::from_chars(said.data(), said.data() + said.size(), size).ptr != said.data() + said.size() || said.empty())
    return complain("--size: expected the number of entries that the log has"), kUsage;
  auto file = guard_file_of(*config);
  if (!file) return complain(in_words(file.error()));
  auto known = GuardFile::read(*file);
  if (!known) return complain(in_words(known.error()));
  if (*known)
    return complain(file->string() + " is there already: it knows " + std::to_string((*known)->size) + " entries");
  auto key_text = verifier_key(*config);
  if (!key_text) return complain(in_words(key_text.error()));
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  const auto key = note::parse_verifier(*key_text);
  const auto stored = (*store)->checkpoint();
  const auto text = key && stored && *stored ? note::open((*stored)->second, *key) : Result<std::string>("");
  const auto parsed = text ? note::parse_checkpoint(*text) : Result<note::Checkpoint>(text.error());
  if (!parsed) return complain("the store has no checkpoint that this log's key has signed");
  if (parsed->size != size) return complain("the log has " + std::to_string(parsed->size) + " entries, not " + said);
  if (auto written = GuardFile::put(*file, *parsed); !written) return complain(in_words(written.error()));
  std::cout << file->string() << ": " << size << " entries; the hub signs on from here\n";
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
  commands.push_back(
      {"log guard",
       "Makes the rollback guard that is lost, for a log of so many entries",
       "",
       "Without its guard a hub does not sign on: older data would begin a second history. See first that "
       "nobody outside\n(parties with receipts, auditors, witnesses) knows of more entries.",
       {kConfigOption, {"size", "N", "how many entries the log has", "", false, true}},
       make_guard});
  commands.push_back(
      {"log checkpoint",
       "Prints the newest signed checkpoint",
       "",
       "",
       {kConfigOption, {"rotation", "", "the one that the old and the new key signed at the last rotation", ""}},
       checkpoint});
}

}  // namespace samband::cli
