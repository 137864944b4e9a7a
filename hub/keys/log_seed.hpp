// Files of a rotation of the log's key: log.seed.next is made beside log.seed, and takes its place when the log has
// named it. A rotation cut short leaves log.seed.next, which the next one goes on with, or a start. One process at a
// time.
#pragma once
#include <filesystem>
#include <optional>

#include "base/encoding.hpp"
#include "base/error.hpp"

namespace samband {

// log.seed.next, when a rotation was cut short.
Result<std::optional<Bytes>> waiting_log_seed(const std::filesystem::path& keys_folder);
Result<Bytes> next_log_seed(const std::filesystem::path& keys_folder);
Result<void> place_next_log_seed(const std::filesystem::path& keys_folder);

}  // namespace samband
