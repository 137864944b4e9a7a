// Preloaded into a hub under test: one of its writes, syncs or renames goes wrong, as disks and power do it.
//
// Counts the calls that change files under SAMBAND_FAULT_FOLDERS (':' between), from the moment that the file
// SAMBAND_FAULT_ARM exists, and writes one line for each to SAMBAND_FAULT_TRACE. At number SAMBAND_FAULT_AT it does
// SAMBAND_FAULT_KIND:
//   kill    SIGKILL before the call                  killed  SIGKILL after it
//   torn    half of a write, then SIGKILL            short   half of a write, and says so
//   eio     this call fails with EIO                 enospc  this call and every later write fail with ENOSPC
//   lost    the power goes before the call: whatever was written, cut, made or renamed and not synced since is undone,
//           newest first, then SIGKILL
//   liar    the same on a disk whose syncs do nothing: what a hub that never synced would lose
// Without a kind it only counts.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

namespace {

template <class F>
F* next(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

enum class Kind { count, kill, killed, torn, short_write, eio, enospc, lost, liar };

Kind kind_of(const char* text) {
  constexpr const char* kNames[] = {"", "kill", "killed", "torn", "short", "eio", "enospc", "lost", "liar"};
  for (int i = 1; i < 9; ++i)
    if (text != nullptr && std::strcmp(text, kNames[i]) == 0) return static_cast<Kind>(i);
  return Kind::count;
}

struct Plan {
  const char* folders = std::getenv("SAMBAND_FAULT_FOLDERS");
  const char* arm = std::getenv("SAMBAND_FAULT_ARM");
  const Kind kind = kind_of(std::getenv("SAMBAND_FAULT_KIND"));
  const long at = std::getenv("SAMBAND_FAULT_AT") ? std::atol(std::getenv("SAMBAND_FAULT_AT")) : 0;
  const int trace = std::getenv("SAMBAND_FAULT_TRACE")
                        ? next<int(const char*, int, ...)>("open")(std::getenv("SAMBAND_FAULT_TRACE"),
                                                                   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
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

// ---- what the power would take away
// ----------------------------------------------------------------------------------

// From the start of the process on, when the kind asks for it: the newest last.
struct Undo {
  enum class What { bytes, size, made, renamed } what;
  std::string path, was;  // renamed: `was` is the old name; the file that stood at the new one, if any, is at `kept`
  off_t at = 0;
  std::string kept;
};

struct Unsynced {
  std::recursive_mutex mutex;  // one call that changes a file at a time, so that old bytes are the old ones
  std::vector<Undo> undos;
  long kept = 0;
};

Unsynced& unsynced() {
  static auto* const one = new Unsynced;
  return *one;
}

bool remembers() { return plan().kind == Kind::lost || plan().kind == Kind::liar; }

off_t size_of(const char* path) {
  struct stat status{};
  return ::stat(path, &status) == 0 ? status.st_size : -1;
}

void remember_write(const char* path, off_t at, std::size_t size) {
  static auto* const raw_open = next<int(const char*, int, ...)>("open");
  const off_t before = size_of(path);
  std::string old(size, '\0');
  const int fd = raw_open(path, O_RDONLY | O_CLOEXEC);
  const ssize_t got = fd < 0 ? 0 : ::pread(fd, old.data(), size, at);
  if (fd >= 0) ::close(fd);
  old.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  unsynced().undos.push_back({Undo::What::size, path, {}, before, {}});
  if (!old.empty()) unsynced().undos.push_back({Undo::What::bytes, path, std::move(old), at, {}});
}

void remember_cut(const char* path, off_t size) {
  const off_t before = size_of(path);
  if (before > size) remember_write(path, size, static_cast<std::size_t>(before - size));
  unsynced().undos.push_back({Undo::What::size, path, {}, before, {}});
}

// What stood at the new name is kept beside the folder that the hub looks at, by a link.
void remember_rename(const char* from, const char* to, bool replaces = true) {
  Undo undo{Undo::What::renamed, to, from, 0, {}};
  if (replaces && size_of(to) >= 0) {
    undo.kept = std::string(plan().arm) + ".kept-" + std::to_string(++unsynced().kept);
    if (::link(to, undo.kept.c_str()) != 0) undo.kept.clear();
  }
  // What was done to either file goes with the file, not with its name.
  for (Undo& earlier : unsynced().undos) {
    if (earlier.what == Undo::What::renamed) continue;
    if (earlier.path == to)
      earlier.path = undo.kept;
    else if (earlier.path == from)
      earlier.path = to;
  }
  unsynced().undos.push_back(std::move(undo));
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// A file's sync keeps its bytes, its size and that it is there; a folder's keeps the names in it.
void forget(const std::string& path) {
  std::erase_if(unsynced().undos, [&](const Undo& undo) {
    return undo.what == Undo::What::renamed
               ? folder_of(undo.path) == path
               : undo.path == path || (undo.what == Undo::What::made && folder_of(undo.path) == path);
  });
}

[[noreturn]] void lose_power() {
  static auto* const raw_open = next<int(const char*, int, ...)>("open");
  static auto* const raw_pwrite = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  static auto* const raw_ftruncate = next<int(int, off_t)>("ftruncate");
  static auto* const raw_rename = next<int(const char*, const char*)>("rename");
  static auto* const raw_unlink = next<int(const char*)>("unlink");
  auto& undos = unsynced().undos;
  for (auto undo = undos.rbegin(); undo != undos.rend(); ++undo) {
    if (undo->what == Undo::What::renamed) {
      (void)raw_rename(undo->path.c_str(), undo->was.c_str());
      if (!undo->kept.empty()) (void)raw_rename(undo->kept.c_str(), undo->path.c_str());
      for (auto earlier = undo + 1; earlier != undos.rend(); ++earlier) {
        if (earlier->what == Undo::What::renamed) continue;
        if (earlier->path == undo->path)
          earlier->path = undo->was;
        else if (earlier->path == undo->kept)
          earlier->path = undo->path;
      }
      continue;
    }
    if (undo->what == Undo::What::made) {
      (void)raw_unlink(undo->path.c_str());
      continue;
    }
    const int fd = raw_open(undo->path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) continue;
    if (undo->what == Undo::What::size && undo->at >= 0) (void)!raw_ftruncate(fd, undo->at);
    if (undo->what == Undo::What::bytes) (void)!raw_pwrite(fd, undo->was.data(), undo->was.size(), undo->at);
    ::close(fd);
  }
  for (;;) ::kill(::getpid(), SIGKILL);
}

// Held over a call that changes a file, when the power may go.
struct OneAtATime {
  OneAtATime() {
    if (remembers()) unsynced().mutex.lock();
  }
  ~OneAtATime() {
    if (remembers()) unsynced().mutex.unlock();
  }
};

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
    case Kind::lost:
    case Kind::liar:
      lose_power();
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

template <class Write>  // writes that many bytes; `at` < 0: where the file stands
ssize_t write_with_fate(const char* name, int fd, off_t at, std::size_t size, Write write) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return write(size);
  const OneAtATime lock;
  const Fate fate = fate_of(name, path, true);
  if (remembers() && plan().covers(path)) {
    if (at < 0) at = (::fcntl(fd, F_GETFL) & O_APPEND) != 0 ? size_of(path) : ::lseek(fd, 0, SEEK_CUR);
    remember_write(path, at, size);
  }
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

}  // namespace

namespace {

int sync_with_fate(const char* name, int fd, int (*real)(int)) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return real(fd);
  const OneAtATime lock;
  return with_fate(name, path, [&] {
    if (!remembers() || !plan().covers((std::string(path) + "/").c_str())) return real(fd);
    if (plan().kind == Kind::liar) return 0;
    const int done = real(fd);
    if (done == 0) forget(path);
    return done;
  });
}

template <class Call>
int cut_with_fate(int fd, off_t size, Call call) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return call();
  const OneAtATime lock;
  return with_fate("ftruncate", path, [&] {
    if (remembers() && plan().covers(path)) remember_cut(path, size);
    return call();
  });
}

// Counted when it makes a file or empties one.
template <class Call>
int open_with_fate(const char* path, int flags, Call call) {
  if ((flags & (O_CREAT | O_TRUNC)) == 0 || path == nullptr || !plan().covers(path)) return call();
  const OneAtATime lock;
  const off_t size = size_of(path);
  const bool makes = size < 0 && (flags & O_CREAT) != 0, empties = size > 0 && (flags & O_TRUNC) != 0;
  if (!makes && !empties) return call();
  return with_fate("open", path, [&] {
    if (remembers() && empties) remember_cut(path, 0);
    const int fd = call();
    if (remembers() && makes && fd >= 0) unsynced().undos.push_back({Undo::What::made, path, {}, 0, {}});
    return fd;
  });
}

mode_t mode_in(int flags, std::va_list more) { return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0; }

std::size_t total(const iovec* parts, int count) {
  std::size_t out = 0;
  for (int i = 0; i < count; ++i) out += parts[i].iov_len;
  return out;
}

// A short one writes what fits of the first part.
template <class Whole, class Part>
ssize_t writev_with_fate(const char* name, int fd, off_t at, const iovec* parts, int count, Whole whole, Part part) {
  const std::size_t size = total(parts, count);
  return write_with_fate(name, fd, at, size, [&](std::size_t n) {
    return n == size || count == 0 ? whole() : part(parts[0].iov_base, std::min(n, parts[0].iov_len));
  });
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  static auto* const real = next<int(const char*, int, ...)>("open");
  std::va_list more;
  va_start(more, flags);
  const mode_t mode = mode_in(flags, more);
  va_end(more);
  return open_with_fate(path, flags, [&] { return real(path, flags, mode); });
}
int open64(const char* path, int flags, ...) {
  static auto* const real = next<int(const char*, int, ...)>("open64");
  std::va_list more;
  va_start(more, flags);
  const mode_t mode = mode_in(flags, more);
  va_end(more);
  return open_with_fate(path, flags, [&] { return real(path, flags, mode); });
}
ssize_t write(int fd, const void* data, size_t size) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  if (fd <= 2 || fd == plan().trace) return real(fd, data, size);
  return write_with_fate("write", fd, -1, size, [&](std::size_t n) { return real(fd, data, n); });
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return write_with_fate("pwrite", fd, at, size, [&](std::size_t n) { return real(fd, data, n, at); });
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return write_with_fate("pwrite", fd, at, size, [&](std::size_t n) { return real(fd, data, n, at); });
}
ssize_t writev(int fd, const iovec* parts, int count) {
  static auto* const real = next<ssize_t(int, const iovec*, int)>("writev");
  if (fd <= 2) return real(fd, parts, count);
  return writev_with_fate(
      "writev", fd, -1, parts, count, [&] { return real(fd, parts, count); },
      [&](const void* data, std::size_t n) {
        const iovec one{const_cast<void*>(data), n};
        return real(fd, &one, 1);
      });
}
ssize_t pwritev(int fd, const iovec* parts, int count, off_t at) {
  static auto* const real = next<ssize_t(int, const iovec*, int, off_t)>("pwritev");
  return writev_with_fate(
      "pwritev", fd, at, parts, count, [&] { return real(fd, parts, count, at); },
      [&](const void* data, std::size_t n) {
        const iovec one{const_cast<void*>(data), n};
        return real(fd, &one, 1, at);
      });
}
int fsync(int fd) {
  static auto* const real = next<int(int)>("fsync");
  return sync_with_fate("fsync", fd, real);
}
int fdatasync(int fd) {
  static auto* const real = next<int(int)>("fdatasync");
  return sync_with_fate("fdatasync", fd, real);
}
int ftruncate(int fd, off_t size) {
  static auto* const real = next<int(int, off_t)>("ftruncate");
  return cut_with_fate(fd, size, [&] { return real(fd, size); });
}
int ftruncate64(int fd, off64_t size) {
  static auto* const real = next<int(int, off64_t)>("ftruncate64");
  return cut_with_fate(fd, size, [&] { return real(fd, size); });
}
int rename(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("rename");
  const OneAtATime lock;
  return with_fate("rename", to, [&] {
    if (remembers() && plan().covers(to)) remember_rename(from, to);
    return real(from, to);
  });
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  static auto* const real = next<int(int, const char*, int, const char*, unsigned)>("renameat2");
  const OneAtATime lock;
  return with_fate("rename", to, [&] {
    const int done = real(from_folder, from, to_folder, to, flags);
    if (done == 0 && remembers() && plan().covers(to)) remember_rename(from, to, false);
    return done;
  });
}
int unlink(const char* path) {
  static auto* const real = next<int(const char*)>("unlink");
  return with_fate("unlink", path, [&] { return real(path); });
}

}  // extern "C"
