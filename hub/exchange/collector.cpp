#include "exchange/collector.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "keys/crypto.hpp"
#include "transport/folder.hpp"
#include "transport/http.hpp"

namespace samband {
namespace {

constexpr std::string_view kFile = ".json", kMarker = ".done", kAnswer = ".answer", kProblem = ".problem";
constexpr std::size_t kEntriesMax = 20'000;

// Ends a call that takes too long.
class Deadline {
 public:
  Deadline(SftpCall& call, std::chrono::milliseconds after)
      : thread_([this, &call, after] {
          std::unique_lock lock(mutex_);
          if (!wake_.wait_for(lock, after, [this] { return over_; })) call.end();
        }) {}
  ~Deadline() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

std::string stem_of(const std::string& name) { return name.substr(0, name.size() - kFile.size()); }

// The file's time here is that of the server: part of what DropIn knows it by.
Result<void> keep(const std::filesystem::path& folder, const std::string& name, std::string_view bytes,
                  std::int64_t written) {
  if (auto put = put_file(folder, name, bytes); !put) return put;
  timespec at{};
  at.tv_sec = static_cast<time_t>(written);
  const timespec both[2] = {at, at};
  if (::utimensat(AT_FDCWD, (folder / name).c_str(), both, AT_SYMLINK_NOFOLLOW) != 0)
    return fail(Errc::unavailable, "folder", "cannot be written");
  return {};
}

bool is_here_already(const std::filesystem::path& folder, const std::string& stem, const SftpFile& file) {
  struct stat here{}, marker{};
  return ::lstat((folder / file.name).c_str(), &here) == 0 && here.st_mtim.tv_sec == file.written &&
         static_cast<std::uint64_t>(here.st_size) == file.bytes &&
         ::lstat((folder / (stem + std::string(kMarker))).c_str(), &marker) == 0;
}

}  // namespace

Result<void> Collector::fetch() {
  server_.reset();
  fetched_.clear();
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return fail(Errc::unavailable, "sftp", "is stopping");
    call_ = std::make_shared<SftpCall>();
  }
  std::vector<SftpFile> ready;
  {
    const Deadline deadline(*call_, options_.step_max);
    auto server = SftpFolder::open(options_.from, *call_);
    if (!server) return server.error();
    server_.emplace(std::move(*server));
    auto listed = server_->list(kEntriesMax);
    if (!listed) return listed.error();
    std::map<std::string, std::int64_t> markers;
    for (const SftpFile& each : *listed)
      if (each.plain && each.name.ends_with(kMarker)) markers.emplace(each.name, each.written);
    for (SftpFile& each : *listed) {
      if (!each.name.ends_with(kFile) || each.name.front() == '.') continue;
      const auto marker = markers.find(stem_of(each.name) + std::string(kMarker));
      if (marker != markers.end() && marker->second >= each.written) ready.push_back(std::move(each));
    }
  }
  std::sort(ready.begin(), ready.end(), [](const SftpFile& a, const SftpFile& b) {
    return a.written != b.written ? a.written < b.written : a.name < b.name;
  });
  std::size_t fetched = 0;
  for (const SftpFile& each : ready) {
    // One that lies here and waits for its turn keeps none of those after it from theirs.
    if (!is_here_already(options_.folder, stem_of(each.name), each) && ++fetched > options_.files_per_round) continue;
    const Deadline deadline(*call_, options_.step_max);
    if (auto done = fetch_one(each); !done) return done;
  }
  return {};
}

Result<void> Collector::fetch_one(const SftpFile& file) {
  const std::string stem = stem_of(file.name);
  if (!file.plain) return refuse(stem, fail(Errc::invalid_input, "file", "is no plain file (a link is none)"));
  if (!is_plain_file_name(file.name))
    return refuse(stem, fail(Errc::invalid_input, "file", "the name has other characters than letters, digits, . - _"));
  if (file.bytes > options_.file_bytes_max)
    return refuse(stem, fail(Errc::too_large, "file", "is over the limit of bytes"));
  if (!is_here_already(options_.folder, stem, file)) {
    auto bytes = server_->read(file.name, options_.file_bytes_max);
    if (!bytes) return bytes.error();
    // It grew while it was read: its marker came too early, or is not its own.
    if (bytes->size() != file.bytes) return {};
    if (auto kept = keep(options_.folder, file.name, *bytes, file.written); !kept) return kept;
    if (auto kept = keep(options_.folder, stem + std::string(kMarker), "", file.written); !kept) return kept;
  }
  fetched_.insert_or_assign(file.name, file);
  return {};
}

// Never fetched: it stays, without its marker.
Result<void> Collector::refuse(const std::string& stem, const Error& why) {
  const std::string name = is_plain_file_name(stem) ? stem : "file-" + to_hex(crypto::sha256(stem)).substr(0, 12);
  if (auto put = server_->put(name + std::string(kProblem) + std::string(kFile), problem(why).body); !put) return put;
  return server_->remove(stem + std::string(kMarker));
}

Result<void> Collector::hand_back(const std::vector<Settled>& settled) {
  for (const Settled& each : settled) {
    const auto fetched = fetched_.find(each.file);
    if (fetched == fetched_.end() || !server_) continue;
    const Deadline deadline(*call_, options_.step_max);
    const std::string stem = stem_of(each.file);
    const std::string beside = stem + std::string(each.taken ? kAnswer : kProblem) + std::string(kFile);
    if (auto put = server_->put(beside, each.answer); !put) return put;
    if (server_->look_at(each.file) != fetched->second) continue;  // a newer one has its own turn
    if (auto gone = server_->remove(stem + std::string(kMarker)); !gone) return gone;
    if (!each.taken) continue;
    if (auto gone = server_->remove(each.file); !gone) return gone;
  }
  server_.reset();
  return {};
}

void Collector::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  if (call_) call_->end();
}

}  // namespace samband
