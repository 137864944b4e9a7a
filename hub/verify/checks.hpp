// The four checks that the program offers. Offline: they read the files they are given, and nothing else.
// Thread-compatible.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>

#include "verify/outcome.hpp"

namespace samband::verify {

using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct ReceiptOptions {
  std::filesystem::path file;
  std::string vkey;                    // "" = any log of the policy
  std::filesystem::path policy, leaf;  // "" = none
  bool opaque = false;                 // the entry may be any bytes
};
Outcome check_receipt(const ReceiptOptions&);

struct LogOptions {
  std::filesystem::path folder;
  std::string vkey;
  bool opaque = false;        // entries may be any bytes, or not be there
  std::string old_vkey = {};  // consistency: of the old checkpoint; "" = vkey
};
Outcome check_log(const LogOptions&, const Progress& = {});

struct ReportOptions {
  std::filesystem::path file;
  std::string vkey;
  std::optional<std::uint64_t> covers;  // entries that it must cover at least
};
Outcome check_report(const ReportOptions&);

Outcome check_consistency(const std::filesystem::path& old_checkpoint, const LogOptions&);

}  // namespace samband::verify
