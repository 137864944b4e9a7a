#include "ledger/guard_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/log.hpp"
#include "keys/secret_file.hpp"

namespace samband {
namespace {
constexpr std::string_view kHeader = "samband log guard 1\n";
constexpr std::size_t kSizeMax = 4096;
constexpr auto kInterval = std::chrono::seconds(1);
}  // namespace

Result<std::optional<note::Checkpoint>> GuardFile::read(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::optional<note::Checkpoint>();
  std::ifstream file(path, std::ios::binary);
  std::string text(kSizeMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  const auto refused = fail(Errc::invalid_config, path.string(),
                            "is not a readable log guard; restore it, or remove it only when you are sure that the "
                            "data folder is the newest one");
  if (file.bad() || !text.starts_with(kHeader)) return refused;
  auto checkpoint = note::parse_checkpoint(std::string_view(text).substr(kHeader.size()));
  if (!checkpoint) return refused;
  return std::optional<note::Checkpoint>(std::move(*checkpoint));
}

GuardFile::GuardFile(std::filesystem::path path) : path_(std::move(path)), thread_([this] { run(); }) {}

GuardFile::~GuardFile() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void GuardFile::signed_now(const note::Checkpoint& checkpoint) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ = checkpoint;
  }
  changed_.notify_one();
}

void GuardFile::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return waiting_ || stop_; });
    if (auto next = std::exchange(waiting_, std::nullopt)) {
      lock.unlock();
      // The store is the truth; a guard that lags only guards less. So the hub goes on and says so.
      if (auto written = put(path_, *next); !written) log(LogLevel::error, "ledger.guard_not_written");
      lock.lock();
      changed_.wait_for(lock, kInterval, [this] { return stop_; });
    } else if (stop_) {
      return;
    }
  }
}

Result<void> GuardFile::put(const std::filesystem::path& path, const note::Checkpoint& checkpoint) {
  const std::filesystem::path next = path.string() + ".next";
  const std::string text = std::string(kHeader) + note::to_text(checkpoint);
  const int fd = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  const bool written =
      fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  std::error_code error;
  if (written) std::filesystem::rename(next, path, error);
  // The first one must outlast a loss of power as its log does.
  if (!written || error || !sync_folder(path.parent_path())) return fail(Errc::unavailable, "ledger.guard", "cannot be written");
  return {};
}

}  // namespace samband
