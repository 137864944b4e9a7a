// Preloaded into a hub under test: one of its writes, syncs or renames goes wrong, as disks and power do it.
//
// Counts the calls that change files under SAMBAND_FAULT_FOLDERS (':' between), from the moment that the file
// SAMBAND_FAULT_ARM exists, and writes one line for each to SAMBAND_FAULT_TRACE. At number SAMBAND_FAULT_AT it does
// SAMBAND_FAULT_KIND:
//   kill    SIGKILL before the call                  killed  SIGKILL after it
//   torn    half of a write, then SIGKILL            short   half of a write, and says so
//   eio     this call fails with EIO                 enospc  this call and every later write fail with ENOSPC
// Without a kind it only counts.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

template <class F>
F* next(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

enum class Kind { count, kill, killed, torn, short_write, eio, enospc };

Kind kind_of(const char* text) {
  constexpr const char* kNames[] = {"", "kill", "killed", "torn", "short", "eio", "enospc"};
  for (int i = 1; i < 7; ++i)
    if (text != nullptr && std::strcmp(text, kNames[i]) == 0) return static_cast<Kind>(i);
  return Kind::count;
}

struct Plan {
  const char* folders = std::getenv("SAMBAND_FAULT_FOLDERS");
  const char* arm = std::getenv("SAMBAND_FAULT_ARM");
  const Kind kind = kind_of(std::getenv("SAMBAND_FAULT_KIND"));
  const long at = std::getenv("SAMBAND_FAULT_AT") ? std::atol(std::getenv("SAMBAND_FAULT_AT")) : 0;
  const int trace = std::getenv("SAMBAND_FAULT_TRACE")
                        ? ::open(std::getenv("SAMBAND_FAULT_TRACE"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
                        : -1;
  std::atomic<long> calls{0};

  bool covers(const char* path) const {
    for (const char* folder = folders; folder != nullptr && *folder != '\0';) {
      const char* end = std::strchr(folder, ':');
      const std::size_t length = end ? static_cast<std::size_t>(end - folder) : std::strlen(folder);
      if (std::strncmp(path, folder, length) == 0 && path[length] == '/') return true;
      folder = end ? end + 1 : nullptr;
    }
    return false;
  }
};

Plan& plan() {
  static Plan one;
  return one;
}

bool path_of(int fd, char (&path)[PATH_MAX]) {
  char link[64];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = ::readlink(link, path, sizeof path - 1);
  if (length <= 0) return false;
  path[length] = '\0';
  return true;
}

enum class Fate { as_usual, kill_after, half, half_then_kill, fail };

// What is to happen with this call, and errno when it fails.
Fate fate_of(const char* call, const char* path, bool writes) {
  Plan& p = plan();
  if (!p.covers(path) || p.arm == nullptr || ::access(p.arm, F_OK) != 0) return Fate::as_usual;
  const long n = ++p.calls;
  static auto* const raw_write = next<ssize_t(int, const void*, size_t)>("write");
  if (p.trace >= 0) {
    const char* name = std::strrchr(path, '/');
    char line[256];
    const int length = std::snprintf(line, sizeof line, "%ld %s %s\n", n, call, name ? name + 1 : path);
    (void)!raw_write(p.trace, line, static_cast<std::size_t>(length));
  }
  const int before = errno;
  if (p.kind == Kind::enospc && n >= p.at && writes) {
    errno = ENOSPC;
    return Fate::fail;
  }
  errno = before;
  if (n != p.at) return Fate::as_usual;
  switch (p.kind) {
    case Kind::kill:
      ::kill(::getpid(), SIGKILL);
      return Fate::as_usual;
    case Kind::killed:
      return Fate::kill_after;
    case Kind::torn:
      return writes ? Fate::half_then_kill : Fate::kill_after;
    case Kind::short_write:
      return writes ? Fate::half : Fate::as_usual;
    case Kind::eio:
      errno = EIO;
      return Fate::fail;
    default:
      return Fate::as_usual;
  }
}

template <class Call>
auto with_fate(const char* name, const char* path, Call call) {
  switch (fate_of(name, path, false)) {
    case Fate::fail:
      return static_cast<decltype(call())>(-1);
    case Fate::kill_after: {
      auto done = call();
      ::kill(::getpid(), SIGKILL);
      return done;
    }
    default:
      return call();
  }
}

template <class Write>  // writes that many bytes
ssize_t write_with_fate(const char* name, int fd, std::size_t size, Write write) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return write(size);
  const Fate fate = fate_of(name, path, true);
  switch (fate) {
    case Fate::fail:
      return -1;
    case Fate::half:
      return write(size / 2);
    case Fate::half_then_kill:
    case Fate::kill_after: {
      const ssize_t done = write(fate == Fate::kill_after ? size : size / 2);
      ::kill(::getpid(), SIGKILL);
      return done;
    }
    case Fate::as_usual:
      break;
  }
  return write(size);
}

template <class Call>
int on_file(const char* name, int fd, Call call) {
  char path[PATH_MAX];
  return path_of(fd, path) ? with_fate(name, path, call) : call();
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  if (fd <= 2 || fd == plan().trace) return real(fd, data, size);
  return write_with_fate("write", fd, size, [&](std::size_t n) { return real(fd, data, n); });
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return write_with_fate("pwrite", fd, size, [&](std::size_t n) { return real(fd, data, n, at); });
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return write_with_fate("pwrite", fd, size, [&](std::size_t n) { return real(fd, data, n, at); });
}
int fsync(int fd) {
  static auto* const real = next<int(int)>("fsync");
  return on_file("fsync", fd, [&] { return real(fd); });
}
int fdatasync(int fd) {
  static auto* const real = next<int(int)>("fdatasync");
  return on_file("fdatasync", fd, [&] { return real(fd); });
}
int ftruncate(int fd, off_t size) {
  static auto* const real = next<int(int, off_t)>("ftruncate");
  return on_file("ftruncate", fd, [&] { return real(fd, size); });
}
int ftruncate64(int fd, off64_t size) {
  static auto* const real = next<int(int, off64_t)>("ftruncate64");
  return on_file("ftruncate", fd, [&] { return real(fd, size); });
}
int rename(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("rename");
  return with_fate("rename", to, [&] { return real(from, to); });
}
int unlink(const char* path) {
  static auto* const real = next<int(const char*)>("unlink");
  return with_fate("unlink", path, [&] { return real(path); });
}

}  // extern "C"
