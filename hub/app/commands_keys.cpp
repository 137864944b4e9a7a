// samband keys rotate: new keys in the place of old ones, while no hub runs.
#include <cstdlib>
#include <iostream>

#include "app/commands.hpp"
#include "app/settings.hpp"
#include "app/witnesses.hpp"
#include "keys/key_store.hpp"
#include "keys/log_seed.hpp"
#include "ledger/rotate.hpp"

namespace samband::cli {
namespace {

int rotate_master(const Arguments& a, const Config& config) {
  auto count = KeyStore::rotate_master(config.keys_dir, a.get("new"));
  if (!count) return complain(in_words(count.error()));
  if (a.json())
    std::cout << json::serialize(json::object{{"keys", *count}}) << "\n";
  else
    std::cout << *count << " keys wrapped under the new master key; "
              << (std::getenv("CREDENTIALS_DIRECTORY") ? "put the file where systemd loads the credential from"
                                                       : "the old one is gone")
              << "\n";
  return kOk;
}

// A rotation signs: what the witnesses of this log have seen is asked first, as at every start.
Result<void> asked_before_signing(const Config& config, Store& store, const Bytes& seed,
                                  const std::filesystem::path& guard) {
  if (config.log.witness_policy.empty()) return {};
  auto policy = witness_policy_of(config);
  if (!policy) return policy.error();
  Ledger::Options options;
  options.origin = config.log.origin;
  options.log_seed = seed;
  options.guard_file = guard;
  options.witnesses = *policy;
  auto ledger = Ledger::open(store, std::move(options));
  if (!ledger) return ledger.error();
  return ask_witnesses(config, **ledger, *policy);
}

// The store's lock keeps the hub out from before the new key is named until it is in place.
int rotate_log(const Arguments& a, const Config& config) {
  auto store = Store::open(config.data_dir);
  if (!store) return complain(in_words(store.error()));
  auto keys = KeyStore::open(config.keys_dir);
  if (!keys) return complain(in_words(keys.error()));
  auto guard = guard_file_of(config);
  if (!guard) return complain(in_words(guard.error()));
  if (auto seen = asked_before_signing(config, **store, (*keys)->log_seed(), *guard); !seen)
    return complain(in_words(seen.error()));
  auto next = next_log_seed(config.keys_dir);
  if (!next) return complain(in_words(next.error()));
  auto done = rotate_log_key(**store, {config.log.origin, (*keys)->log_seed(), *next, *guard, config.data_dir},
                             system_clock().now());
  if (!done) return complain(in_words(done.error()));
  if (auto placed = place_next_log_seed(config.keys_dir); !placed) return complain(in_words(placed.error()));
  if (a.json()) {
    std::cout << json::serialize(json::object{{"old", done->old_key},
                                              {"new", done->new_key},
                                              {"leafIndex", static_cast<std::int64_t>(done->leaf_index)},
                                              {"checkpoint", done->checkpoint}})
              << "\n";
    return kOk;
  }
  std::cout << "old key: " << done->old_key << "\nnew key: " << done->new_key << "\n"
            << "Publish the new one to auditors and witnesses; keep the old one published: receipts made before verify "
               "with it.\nPublish this checkpoint too: both keys signed it, and no later one ties them together.\n\n"
            << done->checkpoint;
  return kOk;
}

int rotate(const Arguments& a) {
  const std::string& which = a.positional().front();
  if (which != "master" && which != "log") {
    std::cerr << "samband keys rotate: expects master or log\nTry: samband keys rotate --help\n";
    return kUsage;
  }
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  return which == "master" ? rotate_master(a, *config) : rotate_log(a, *config);
}

int token(const Arguments& a) {
  const std::string& way = a.positional().front();
  if (way != "in" && way != "out") {
    std::cerr << "samband keys token: expects in or out\nTry: samband keys token --help\n";
    return kUsage;
  }
  const token::Slot slot{a.get("module"), a.get("pin-file"), a.get("token"), a.get("key")};
  if (way == "in" && (slot.module.empty() || slot.pin_file.empty() || slot.label.empty())) {
    std::cerr << "samband keys token in: needs --module, --token and --pin-file\n";
    return kUsage;
  }
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto done = way == "in" ? KeyStore::into_token(config->keys_dir, slot) : KeyStore::out_of_token(config->keys_dir);
  if (!done) return complain(in_words(done.error()));
  std::cout << (way == "in" ? "the master key is in no file any more: the token opens it at every start\n"
                            : "the master key is in its file again\n");
  return kOk;
}

}  // namespace

void add_keys(std::vector<Command>& commands) {
  commands.push_back({"keys rotate",
                      "Replaces the master key or the key of the log; the hub must be stopped",
                      "WHICH",
                      "WHICH is master (wraps every payload key anew) or log (a leaf signed with the old key names the "
                      "new one, under a checkpoint that both sign). What is cut short is finished by the next run or "
                      "start.",
                      {kConfigOption,
                       kJsonOption,
                       {"new", "FILE", "master: the new key, 32 bytes with mode 0600 (default: made here)", ""}},
                      rotate});
  commands.push_back(
      {"keys token",
       "Puts the master key under the guard of a PKCS#11 token, or takes it out; the hub must be stopped",
       "WAY",
       "WAY is in (the token makes a key that never leaves it and encrypts the master key; its file goes) or "
       "out. Without token and PIN nothing that is sealed can be read: keep a backup of the token.",
       {kConfigOption,
        {"module", "FILE", "in: the token's library", ""},
        {"token", "LABEL", "in: label of the token", ""},
        {"key", "LABEL", "in: label of the key in it", "samband-master"},
        {"pin-file", "FILE", "in: the PIN, mode 0600, outside the folder of keys", ""}},
       token});
}

}  // namespace samband::cli
