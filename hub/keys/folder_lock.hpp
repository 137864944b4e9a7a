// A lock file in a folder of ours: held as long as the object lives; the kernel lets go of it however the process ends.
// Move-only.
#pragma once
#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace samband {

class FolderLock {
 public:
  enum class Mode { shared, exclusive };
  // invalid_config: it cannot be made, or another process holds it: `taken` says what to do about that.
  static Result<FolderLock> take(const std::filesystem::path& file, Mode, const std::string& taken);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace samband
