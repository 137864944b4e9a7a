#include "keys/log_seed.hpp"

#include "keys/crypto.hpp"
#include "keys/secret_file.hpp"

namespace samband {
namespace {
constexpr std::size_t kSeedSize = 32;
constexpr const char *kSeed = "log.seed", *kNext = "log.seed.next";
}  // namespace

Result<std::optional<Bytes>> waiting_log_seed(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(folder / kNext, ignored))) return std::optional<Bytes>();
  auto seed = read_secret_file(folder / kNext, kSeedSize);
  if (!seed) return seed.error();
  return std::optional<Bytes>(std::move(*seed));
}

Result<Bytes> next_log_seed(const std::filesystem::path& folder) {
  auto waiting = waiting_log_seed(folder);
  if (!waiting) return waiting.error();
  if (*waiting) return std::move(**waiting);
  Bytes seed = crypto::random_bytes(kSeedSize);
  if (auto written = write_secret_file(folder / kNext, seed); !written) return written.error();
  if (auto synced = sync_folder(folder); !synced) return synced.error();
  return seed;
}

Result<void> place_next_log_seed(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::rename(folder / kNext, folder / kSeed, error);
  if (error) return fail(Errc::invalid_config, (folder / kNext).string(), "cannot be renamed to log.seed");
  return sync_folder(folder);
}

}  // namespace samband
