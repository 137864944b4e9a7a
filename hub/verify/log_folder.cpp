#include "verify/log_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "verify/text.hpp"

namespace samband::verify {
namespace {

constexpr std::size_t kCheckpointSizeMax = 1 << 20;
constexpr std::size_t kTileSizeMax = kTileWidth * 32, kBundleSizeMax = kTileWidth * (2 + 65535);

enum class Read { ok, absent, refused };

// What stands in a log's folder must be a plain file; what a person named may be a pipe too.
enum class Source { log, argument };

Read read_bytes(const std::string& path, Source source, std::size_t size_max, std::string& out) {
  // O_NONBLOCK: opening a pipe that somebody left in the folder must not wait for ever.
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (source == Source::log ? O_NONBLOCK : 0);
  const int fd = ::open(path.c_str(), flags);
  if (fd < 0) return errno == ENOENT || errno == ENOTDIR ? Read::absent : Read::refused;
  struct stat info{};
  bool ok = ::fstat(fd, &info) == 0;
  const bool plain = ok && S_ISREG(info.st_mode);
  if (plain) ok = static_cast<std::uint64_t>(info.st_size) <= size_max;
  if (!plain) ok = ok && source == Source::argument && !S_ISDIR(info.st_mode);
  // One byte more than there should be, so that the end is seen.
  out.resize(ok ? (plain ? static_cast<std::size_t>(info.st_size) : size_max) + 1 : 0);
  std::size_t done = 0;
  while (ok && done < out.size()) {
    const ssize_t n = ::read(fd, out.data() + done, out.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) break;
    ok = n > 0;
    if (ok) done += static_cast<std::size_t>(n);
  }
  ::close(fd);
  ok = ok && done < out.size();
  out.resize(ok ? done : 0);
  return ok ? Read::ok : Read::refused;
}

// "x001/x234/067"
std::string groups(std::uint64_t index) {
  std::string out;
  for (bool last = true; last || index > 0; last = false, index /= 1000) {
    std::string group = std::to_string(index % 1000);
    group.insert(0, 3 - group.size(), '0');
    out = (last ? group : 'x' + group + '/') + out;
  }
  return out;
}

}  // namespace

namespace {

Result<std::string> read_whole(const std::filesystem::path& path, Source source, std::size_t size_max) {
  std::string out;
  switch (read_bytes(path.string(), source, size_max, out)) {
    case Read::ok:
      return out;
    case Read::absent:
      return unusable(path.string(), {"is not there", "finns inte"});
    case Read::refused:
      break;
  }
  return unusable(path.string(), {"cannot be read: no regular file, no permission, or too large",
                                  "kan inte läsas: ingen vanlig fil, ingen behörighet, eller för stor"});
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t size_max) {
  return read_whole(path, Source::argument, size_max);
}

Result<LogFolder> LogFolder::open(const std::filesystem::path& root) {
  std::error_code error;
  if (!std::filesystem::is_directory(root, error)) return unusable(root.string(), {"is no folder", "är ingen mapp"});
  LogFolder folder;
  folder.root_ = root;
  if (!std::filesystem::is_directory(root / "tile/0", error) && std::filesystem::is_directory(root / "tile/8/0", error))
    folder.prefix_ = "tile/8/";
  folder.has_entries_ = std::filesystem::is_directory(root / folder.prefix_ / "entries", error);
  return folder;
}

Result<std::string> LogFolder::checkpoint() const {
  std::error_code error;
  const bool go_layout =
      !std::filesystem::exists(root_ / "checkpoint", error) && std::filesystem::exists(root_ / "latest", error);
  return read_whole(root_ / (go_layout ? "latest" : "checkpoint"), Source::log, kCheckpointSizeMax);
}

std::string LogFolder::name_of(int level, std::uint64_t index) const {
  return prefix_ + (level == kEntries ? "entries" : std::to_string(level)) + '/' + groups(index);
}

std::vector<LogFolder::File> LogFolder::files(int level, std::uint64_t index) {
  std::vector<File> out;
  const std::string name = name_of(level, index);
  const auto take = [&](std::string file, std::size_t width) {
    File f{std::move(file), width, {}};
    const Read state =
        read_bytes((root_ / f.name).string(), Source::log, level == kEntries ? kBundleSizeMax : kTileSizeMax, f.bytes);
    if (state == Read::absent) return;
    if (state == Read::refused) f.bytes.clear();
    read_.push_back(std::hash<std::string>()(f.name));
    out.push_back(std::move(f));
  };
  if (DIR* partial = ::opendir((root_ / (name + ".p")).c_str())) {
    std::vector<std::size_t> widths;
    while (const dirent* item = ::readdir(partial)) {
      const auto width = parse_number(item->d_name);
      if (width && *width > 0 && *width < kTileWidth) widths.push_back(*width);
    }
    ::closedir(partial);
    std::sort(widths.begin(), widths.end());
    for (const std::size_t width : widths) take(name + ".p/" + std::to_string(width), width);
  }
  take(name, kTileWidth);
  return out;
}

std::uint64_t LogFolder::unread(std::vector<std::string>& names) {
  std::sort(read_.begin(), read_.end());
  std::uint64_t count = 0;
  std::error_code error;
  std::filesystem::recursive_directory_iterator it(root_ / "tile", error), end;
  for (; !error && it != end; it.increment(error)) {
    if (it->is_directory(error) && !it->is_symlink(error)) continue;
    const std::string name = it->path().lexically_relative(root_).generic_string();
    if (std::binary_search(read_.begin(), read_.end(), std::hash<std::string>()(name))) continue;
    ++count;
    if (names.size() < 3) names.push_back(name);
  }
  return count;
}

}  // namespace samband::verify
