#include "transport/folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>

namespace samband {
namespace {

constexpr std::size_t kNameMax = 200;

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Error failed(const char* what) { return fail(Errc::unavailable, "folder", what); }

}  // namespace

bool is_plain_file_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameMax && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                  c == '_';
         });
}

Result<void> check_drop_folder(const std::filesystem::path& folder) {
  struct stat found{};
  if (::lstat(folder.c_str(), &found) != 0) return fail(Errc::invalid_config, "folder", "is not there");
  if (!S_ISDIR(found.st_mode)) return fail(Errc::invalid_config, "folder", "is no folder (a link is none)");
  if ((found.st_mode & S_IRWXO) != 0)
    return fail(Errc::invalid_config, "folder", "is open to everybody: mode 0770 or stricter");
  return {};
}

Result<void> put_file(const std::filesystem::path& folder, std::string_view name, std::string_view bytes) {
  if (!is_plain_file_name(name)) return fail(Errc::invalid_input, "file", "the name is not a plain file name");
  if (auto usable = check_drop_folder(folder); !usable)
    return fail(Errc::unavailable, "folder", usable.error().message);
  const Descriptor dir{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (dir.fd < 0) return failed("cannot be opened");
  const std::string whole(name), beside = "." + whole + ".tmp";
  // What a process that died left behind is ours to replace.
  if (::unlinkat(dir.fd, beside.c_str(), 0) != 0 && errno != ENOENT) return failed("cannot be written");
  {
    const Descriptor file{
        ::openat(dir.fd, beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    const bool written = file.fd >= 0 && write_all(file.fd, bytes) && ::fsync(file.fd) == 0;
    if (!written) {
      ::unlinkat(dir.fd, beside.c_str(), 0);
      return failed("cannot be written");
    }
  }
  if (::renameat(dir.fd, beside.c_str(), dir.fd, whole.c_str()) != 0) {
    ::unlinkat(dir.fd, beside.c_str(), 0);
    return failed("cannot be written");
  }
  if (::fsync(dir.fd) != 0) return failed("cannot be made durable");
  return {};
}

}  // namespace samband
