#include "keys/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstdio>
#include <system_error>
#include <utility>

namespace samband {
namespace {

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

Error refuse(const std::filesystem::path& path, const std::string& what) {
  return fail(Errc::invalid_config, path.string(), what);
}

std::string reason(int error) { return std::error_code(error, std::generic_category()).message(); }

Result<void> check_owner(const std::filesystem::path& path, const struct stat& status) {
  if (status.st_uid != ::geteuid()) return refuse(path, "belongs to another user than the one that runs the hub");
  return {};
}

// Is it one of the secrets that systemd hands to a service? They are root's, and an access list in the group's bits
// lets the service's user read them: -r--r-----.
bool is_credential(const std::filesystem::path& path) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (!folder || !*folder) return false;
  const auto plain = [](const std::filesystem::path& p) { return (p.lexically_normal() / "").parent_path(); };
  return plain(path.parent_path()) == plain(folder);
}

Result<void> check_credential(const std::filesystem::path& path, const struct stat& status) {
  const std::filesystem::path folder = path.parent_path();
  const auto is_trusted = [](const struct stat& s) { return s.st_uid == 0 || s.st_uid == ::geteuid(); };
  struct stat around{};
  if (::lstat(folder.c_str(), &around) != 0) return refuse(folder, "cannot be examined: " + reason(errno));
  if (!S_ISDIR(around.st_mode)) return refuse(folder, "is not a folder");
  if (!is_trusted(around) || (around.st_mode & (S_IWGRP | S_IWOTH)))
    return refuse(folder, "can be written by others than root and the user that runs the hub");
  if (!is_trusted(status)) return refuse(path, "belongs to another user than root and the one that runs the hub");
  if (status.st_mode & (S_IXUSR | S_IWGRP | S_IXGRP | S_IRWXO))
    return refuse(path, "has a mode laxer than 0640; a credential is 0400 or 0440");
  return {};
}

Result<int> open_checked(const std::filesystem::path& path, struct stat& status) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const int error = errno;
    return refuse(path, error == ELOOP ? std::string("is a symbolic link; put the file itself there")
                                       : "cannot be opened: " + reason(error));
  }
  auto checked = [&]() -> Result<void> {
    if (::fstat(fd, &status) != 0) return refuse(path, "cannot be examined: " + reason(errno));
    if (!S_ISREG(status.st_mode)) return refuse(path, "is not a plain file");
    if (is_credential(path)) {
      if (auto given = check_credential(path, status); !given) return given.error();
    } else {
      if (auto owner = check_owner(path, status); !owner) return owner.error();
      if (status.st_mode & (S_IRWXG | S_IRWXO | S_IXUSR))
        return refuse(path, "has a mode laxer than 0600; run chmod 600");
    }
    if (status.st_nlink != 1) return refuse(path, "has more than one name (hard link); remove the others");
    return {};
  }();
  if (!checked) {
    ::close(fd);
    return checked.error();
  }
  return fd;
}

}  // namespace

Result<void> check_secret_folder(const std::filesystem::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return refuse(path, "cannot be examined: " + reason(errno));
  if (S_ISLNK(status.st_mode)) return refuse(path, "is a symbolic link; name the folder itself");
  if (!S_ISDIR(status.st_mode)) return refuse(path, "is not a folder");
  if (auto owner = check_owner(path, status); !owner) return owner.error();
  if (status.st_mode & (S_IRWXG | S_IRWXO)) return refuse(path, "has a mode laxer than 0700; run chmod 700");
  return {};
}

Result<void> check_secret_file(const std::filesystem::path& path) {
  struct stat status{};
  auto fd = open_checked(path, status);
  if (!fd) return fd.error();
  ::close(*fd);
  return {};
}

Result<Bytes> read_secret_file(const std::filesystem::path& path, std::size_t size) {
  struct stat status{};
  auto fd = open_checked(path, status);
  if (!fd) return fd.error();
  const File file(*fd);
  if (static_cast<std::size_t>(status.st_size) != size)
    return refuse(path, "has the wrong size: it must be " + std::to_string(size) + " bytes");
  Bytes bytes(size, '\0');
  if (::read(file.fd(), bytes.data(), size) != static_cast<ssize_t>(size)) return refuse(path, "cannot be read");
  return bytes;
}

namespace {

// Takes the name unless it is taken.
bool name_it(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // A file system that cannot say "unless": the caller's lock on the folder has to do.
  struct stat there{};
  if (::lstat(to.c_str(), &there) == 0)
    errno = EEXIST;
  else if (::rename(from.c_str(), to.c_str()) == 0)
    return true;
  return false;
}

}  // namespace

Result<void> write_secret_file(const std::filesystem::path& path, std::string_view bytes) {
  const auto exists = [&] { return fail(Errc::conflict, path.string(), "exists already; keys are never overwritten"); };
  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0) return exists();
  const std::filesystem::path part = path.string() + ".part";
  ::unlink(part.c_str());  // of a write that was cut short
  const File file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return refuse(path, "cannot be made: " + reason(errno));
  int error = 0;
  if (::fchmod(file.fd(), 0600) != 0 ||
      ::write(file.fd(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) || ::fsync(file.fd()) != 0 ||
      !name_it(part, path)) {
    error = errno;
    ::unlink(part.c_str());
  }
  if (error == EEXIST) return exists();
  if (error != 0) return refuse(path, "cannot be written: " + reason(error));
  return {};
}

Result<void> sync_folder(const std::filesystem::path& path) {
  const File folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || ::fsync(folder.fd()) != 0) return refuse(path, "cannot be made durable: " + reason(errno));
  return {};
}

}  // namespace samband
