// A restore that has begun and not ended leaves this file in the data folder: what lies there then is half one state
// and half another, so no store opens it until the restore is done again. It holds the name of the backup. Stateless.
#pragma once
#include <filesystem>

#include "base/error.hpp"

namespace samband {

inline constexpr const char* kRestoreMark = "restore.unfinished";

// invalid_config: what lies here is half of a restore.
inline Result<void> check_restored(const std::filesystem::path& folder) {
  const std::filesystem::path mark = folder / kRestoreMark;
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(mark, ignored))) return {};
  return fail(Errc::invalid_config, mark.string(),
              "a restore was cut short: what is here is half of it. Run samband store restore again with its backup, "
              "which the file names");
}

}  // namespace samband
