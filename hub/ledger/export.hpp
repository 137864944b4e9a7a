// The log as a folder of C2SP tlog-tiles, for auditors: written beside a running hub, again and again into the same
// folder. What is new is written first, each file under its own name at once; the checkpoint comes last, so a folder
// that has a checkpoint has everything under it, whenever the writing was cut off. Thread-compatible.
#pragma once
#include <filesystem>
#include <functional>

#include "store/store.hpp"

namespace samband {

struct ExportOptions {
  std::filesystem::path folder;
  bool entries = true;  // false: hashes only, for anybody
  std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
};
struct Exported {
  std::uint64_t size = 0;   // entries that the checkpoint is over
  std::uint64_t from = 0;   // entries that the folder had before
  std::uint64_t files = 0;  // written now
};
// Errors: conflict when the folder holds another log, a longer one, another history or another kind of export, or
// another process writes there; not_found while the log has no checkpoint; unavailable on an error of the disk.
Result<Exported> export_log(Store&, const ExportOptions&);

}  // namespace samband
