// The list of erasures: an append-only file beside the keys, one line per erasure, that no restore overwrites. What it
// names is destroyed again at every start, so that a backup restored later brings nothing back. It holds random key
// ids, consent ids and the code and number of the decision: nothing about a person. Stateless; one writer at a time.
//   {"id":..,"at":..,"scope":..,"basis":..,"decision":..,"party":..,"keys":[..],"consents":[..]} <16 hex of SHA-256>
// A last line that was cut short by a crash counts as not written: nothing had been destroyed for it yet.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace samband {

inline constexpr const char* kErasureList = "erasures.list";  // in the keys folder

struct ErasureEntry {
  std::string id;  // of the erasure; a long one has several lines with the same id
  Time at{};
  std::string scope;     // "subject" | "retention"
  std::string basis;     // code
  std::string decision;  // the operator's own number of the decision; "" for retention
  std::string party;     // who ordered it; "" = the hub itself
  std::vector<std::int64_t> keys;
  std::vector<std::string> consents;
  bool operator==(const ErasureEntry&) const = default;
};

namespace erasure_list {

// Empty when there is no file. invalid_config: a line that is whole does not say what it should.
Result<std::vector<ErasureEntry>> read(const std::filesystem::path&);
// Durable when it returns.
Result<void> append(const std::filesystem::path&, const ErasureEntry&);
// The lines of `other` that are not in `list` yet; for a list that came back with a backup.
Result<void> merge(const std::filesystem::path& list, const std::filesystem::path& other);

}  // namespace erasure_list
}  // namespace samband
