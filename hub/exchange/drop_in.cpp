#include "exchange/drop_in.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <cerrno>

#include "base/log.hpp"
#include "keys/crypto.hpp"
#include "transport/folder.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = ".json", kMarker = ".done", kAck = ".ack", kStatus = ".status";
constexpr std::size_t kEntriesMax = 20'000, kIdMax = 64;
constexpr std::chrono::milliseconds kLookAround{100};
constexpr std::chrono::hours kWeedEvery{24};

bool older(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

// An exchange's id, from the name of a file.
bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kIdMax && is_plain_file_name(id) && id.find('.') == std::string_view::npos;
}

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

bool read_all(int fd, std::string& bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto n = ::read(fd, bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

HttpRequest post(std::string target, std::string body) {
  HttpRequest out;
  out.method = "POST";
  out.target = std::move(target);
  out.headers.emplace_back("content-type", "application/json");
  out.body = std::move(body);
  return out;
}

}  // namespace

struct DropIn::Found {
  std::string name;
  struct stat at{};
};

namespace {

// Why a file is refused before a byte of it is read; empty: it may be read.
std::string refused(const struct stat& file, const struct stat& folder, std::size_t bytes_max) {
  if (!S_ISREG(file.st_mode)) return "is no plain file (a link is none)";
  if (file.st_nlink != 1) return "has more than one name (hard link)";
  if (file.st_uid != ::geteuid() && file.st_uid != folder.st_uid)
    return "belongs neither to the folder's owner nor to the hub's user";
  if (static_cast<std::size_t>(file.st_size) > bytes_max) return "is over the limit of bytes";
  return {};
}

// A step of an exchange in the words of POST /v1/exchanges/{id}/status, as the adapter's message. Its id is that of
// these bytes written at that time: taken twice it is one, said twice it is two.
Result<std::string> status_message(const std::string& exchange, const std::string& text, const std::string& id,
                                   const timespec& written) {
  JsonLimits limits;
  limits.bytes_max = 256u << 10;
  limits.depth_max = 12;
  auto parsed = parse_json(text, limits);
  if (!parsed) return parsed.error();
  auto* step = parsed->if_object();
  if (!step) return fail(Errc::invalid_input, "", "must be a JSON object");
  if (const auto* named = step->if_contains("exchangeId"); named && *named != json::value(exchange))
    return fail(Errc::invalid_input, "/exchangeId", "is another than the name of the file says");
  json::object message{{"messageId", id}, {"type", "status"}};
  const auto since = std::chrono::seconds(written.tv_sec) + std::chrono::nanoseconds(written.tv_nsec);
  message["createdAt"] = to_rfc3339(Time(std::chrono::duration_cast<Time::duration>(since)));
  if (auto* facts = step->if_contains("facts")) {
    message["facts"] = std::move(*facts);
    step->erase("facts");
  }
  (*step)["exchangeId"] = exchange;
  message["status"] = std::move(*step);
  return json::serialize(message);
}

}  // namespace

DropIn::DropIn(const Party& party, Ask ask, Options options)
    : party_(party), ask_(std::move(ask)), options_(std::move(options)) {
  if (options_.from)
    collector_ = std::make_unique<Collector>(
        Collector::Options{*options_.from, options_.folder, options_.file_bytes_max, options_.files_per_round});
}

DropIn::~DropIn() { stop(); }

void DropIn::start() {
  thread_ = std::thread([this] { run(); });
}

void DropIn::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (collector_) collector_->stop();
  if (thread_.joinable()) thread_.join();
}

void DropIn::run() {
  bool said = false;
  for (;;) {
    Result<int> done = 0;
    try {
      done = round();
    } catch (const std::exception&) {
      done = fail(Errc::internal, "folder", "could not be read");
    }
    if (!done && !said)
      log(LogLevel::error, done.error().code == Errc::unauthorised ? "drop_in.host_key_refused" : "drop_in.unusable",
          {{"party", party_.id}, {"reason", done.error().message}});
    said = !done;
    weed_when_due();
    count_errors();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, options_.poll, [this] { return stopping_; })) return;
  }
}

namespace {

// Calls `each` with the names of a folder's plain files that have been there since before `before`.
Result<void> old_files(const fs::path& folder, Time before, const std::function<void(int, const char*)>& each) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), &::closedir);
  if (!dir && errno == ENOENT) return {};  // nothing has come yet
  if (!dir) return fail(Errc::unavailable, "folder", "cannot be opened");
  const auto limit = std::chrono::floor<std::chrono::seconds>(before.time_since_epoch()).count();
  while (const dirent* entry = ::readdir(dir.get())) {
    struct stat at{};
    // A link is refused, and waits as a file does.
    const bool file = ::fstatat(::dirfd(dir.get()), entry->d_name, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
                      (S_ISREG(at.st_mode) || S_ISLNK(at.st_mode));
    // When it was moved there: its other time is when its sender wrote it.
    if (file && at.st_ctim.tv_sec < limit) each(::dirfd(dir.get()), entry->d_name);
  }
  return {};
}

// What was wrong with a file, written beside it: the file is what waits, mended or not.
bool is_problem(std::string_view name) { return name.ends_with(".problem.json"); }

}  // namespace

Result<DropIn::Weeded> DropIn::weed(Time now) const {
  Weeded out;
  const Time before = now - options_.done_kept;
  auto weeded = old_files(options_.folder / "done", before, [&out](int folder, const char* name) {
    if (::unlinkat(folder, name, 0) == 0) ++out.deleted;
  });
  if (!weeded) return weeded.error();
  auto counted = old_files(options_.folder / "error", before,
                           [&out](int, const char* name) { out.errors_waiting += is_problem(name) ? 0 : 1; });
  if (!counted) return counted.error();
  return out;
}

void DropIn::weed_when_due() {
  const auto now = std::chrono::steady_clock::now();
  if (now < weed_at_) return;
  weed_at_ = now + kWeedEvery;
  const auto weeded = weed(std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now()));
  if (!weeded) return log(LogLevel::error, "drop_in.weed_failed", {{"party", party_.id}});
  if (weeded->deleted > 0)
    log(LogLevel::info, "drop_in.weeded", {{"party", party_.id}, {"files", std::to_string(weeded->deleted)}});
  if (weeded->errors_waiting > 0)
    log(LogLevel::warning, "drop_in.errors_wait",
        {{"party", party_.id}, {"files", std::to_string(weeded->errors_waiting)}});
}

// A folder says when a name last came or went. What came within a tick of its clock after the count is not said: while
// that is so fresh, it is counted again.
void DropIn::count_errors() {
  constexpr std::chrono::seconds kFresh{2};
  struct stat at{};
  if (!options_.errors_waiting || ::stat((options_.folder / "error").c_str(), &at) != 0) return;
  const std::chrono::system_clock::time_point changed(std::chrono::duration_cast<std::chrono::system_clock::duration>(
      std::chrono::seconds(at.st_mtim.tv_sec) + std::chrono::nanoseconds(at.st_mtim.tv_nsec)));
  const auto now = std::chrono::system_clock::now();
  if (changed == errors_changed_ && changed + kFresh < now) return;
  int waiting = 0;
  const auto count = [&waiting](int, const char* name) { waiting += is_problem(name) ? 0 : 1; };
  if (!old_files(options_.folder / "error", Time::max(), count)) return;
  errors_changed_ = changed;
  options_.errors_waiting(waiting);
}

// What was fetched earlier is dealt with though the server is away now.
Result<int> DropIn::round() {
  if (!collector_) return look();
  const auto fetched = collector_->fetch();
  auto done = look();
  if (!done) return done;
  if (!fetched) return fetched.error();
  if (auto back = collector_->hand_back(settled_); !back) return back.error();
  return done;
}

Result<int> DropIn::look() {
  settled_.clear();
  if (auto usable = check_drop_folder(options_.folder); !usable) return usable.error();
  for (const char* name : {"done", "error"}) {
    const auto sub = options_.folder / name;
    if (::mkdir(sub.c_str(), S_IRWXU) != 0 && errno != EEXIST)
      return fail(Errc::unavailable, "folder", "cannot be written");
    if (auto usable = check_drop_folder(sub); !usable) return usable.error();
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(options_.folder.c_str()), &::closedir);
  if (!dir) return fail(Errc::unavailable, "folder", "cannot be opened");
  std::vector<Found> ready;
  std::size_t entries = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (++entries > kEntriesMax) break;
    if (!name.ends_with(kFile) || name.front() == '.') continue;
    const std::string marker = name.substr(0, name.size() - kFile.size()) + std::string(kMarker);
    Found found{name, {}};
    struct stat mark{};
    if (::fstatat(::dirfd(dir.get()), name.c_str(), &found.at, AT_SYMLINK_NOFOLLOW) != 0) continue;
    // A marker that is older than its file is that of an earlier one.
    if (::fstatat(::dirfd(dir.get()), marker.c_str(), &mark, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(mark.st_mode) ||
        older(mark.st_mtim, found.at.st_mtim))
      continue;
    ready.push_back(std::move(found));
  }
  std::sort(ready.begin(), ready.end(), [](const Found& a, const Found& b) {
    if (older(a.at.st_mtim, b.at.st_mtim)) return true;
    return !older(b.at.st_mtim, a.at.st_mtim) && a.name < b.name;
  });
  int done = 0;
  std::size_t looked_at = 0;
  for (const Found& each : ready) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    // One that has to wait must not keep those after it from their turn.
    if (looked_at == options_.files_per_round) break;
    if (!waiting_.contains(each.name)) ++looked_at;
    if (take(each)) ++done;
  }
  std::erase_if(waiting_, [&](const auto& one) {
    return std::none_of(ready.begin(), ready.end(), [&](const Found& f) { return f.name == one.first; });
  });
  return done;
}

// False: it stays where it is, for another look.
bool DropIn::take(const Found& found) {
  const Descriptor dir{::open(options_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  struct stat folder{};
  if (dir.fd < 0 || ::fstat(dir.fd, &folder) != 0) return false;
  const std::string stem = found.name.substr(0, found.name.size() - kFile.size());

  std::string text;
  struct stat at = found.at;
  std::string why = refused(at, folder, options_.file_bytes_max);
  if (why.empty()) {
    const Descriptor file{::openat(dir.fd, found.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    if (file.fd < 0 || ::fstat(file.fd, &at) != 0) return false;
    why = refused(at, folder, options_.file_bytes_max);
    if (why.empty()) {
      text.resize(static_cast<std::size_t>(at.st_size));
      if (!read_all(file.fd, text)) return false;
    }
  }
  const std::string digest = to_hex(crypto::sha256(found.name + "\n" + std::to_string(at.st_mtim.tv_sec) + "." +
                                                   std::to_string(at.st_mtim.tv_nsec) + "\n" + text));

  HttpResponse answer;
  if (!why.empty()) {
    answer = problem(fail(Errc::invalid_input, "file", why));
  } else if (stem.ends_with(kAck)) {
    const std::string id = stem.substr(0, stem.size() - kAck.size());
    answer = is_id(id) ? ask_(post("/v1/inbox/" + id + "/ack", std::move(text)))
                       : problem(fail(Errc::invalid_input, "file", "the name is not <exchange id>.ack.json"));
  } else if (stem.ends_with(kStatus)) {
    const std::string id = stem.substr(0, stem.size() - kStatus.size());
    auto message =
        is_id(id) ? status_message(id, text, "file/" + digest.substr(0, 32), at.st_mtim)
                  : Result<std::string>(fail(Errc::invalid_input, "file", "the name is not <exchange id>.status.json"));
    answer = message ? ask_(post("/v1/in/" + options_.adapter, std::move(*message))) : problem(message.error());
  } else {
    answer = ask_(post("/v1/in/" + options_.adapter, std::move(text)));
  }

  // Nothing was decided: the hub cannot take it now.
  if (answer.status >= 500 || answer.status == 429 || answer.status == 408) {
    int& said = waiting_[found.name];
    if (said != answer.status)
      log(LogLevel::warning, "drop_in.waits", {{"party", party_.id}, {"status", std::to_string(answer.status)}});
    said = answer.status;
    return false;
  }
  waiting_.erase(found.name);
  const bool taken = answer.status < 300;
  const fs::path to = options_.folder / (taken ? "done" : "error");
  // Names of its own: another file of the same name must not push this one out.
  const std::string kept = digest.substr(0, 12) + "-" + (is_plain_file_name(found.name) ? stem.substr(0, 150) : "file");
  if (auto put = put_file(to, kept + (taken ? ".answer.json" : ".problem.json"), answer.body); !put) return false;
  struct stat now{};
  const bool same = ::fstatat(dir.fd, found.name.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_ino == at.st_ino &&
                    !older(at.st_mtim, now.st_mtim) && now.st_size == at.st_size;
  if (!same) return true;  // a newer one has come in its place, and has its own turn
  if (::renameat(dir.fd, found.name.c_str(), AT_FDCWD, (to / (kept + ".json")).c_str()) != 0) return false;
  ::unlinkat(dir.fd, (stem + std::string(kMarker)).c_str(), 0);
  ::fsync(dir.fd);
  settled_.push_back({found.name, taken, std::move(answer.body)});
  log(taken ? LogLevel::info : LogLevel::warning, taken ? "drop_in.taken" : "drop_in.refused",
      {{"party", party_.id}, {"status", std::to_string(answer.status)}, {"file", digest.substr(0, 12)}});
  return true;
}

HttpResponse ask_and_wait(asio::io_context& io, AgencyApi& api, const Party& party, HttpRequest request,
                          const std::atomic<bool>& stopping) {
  auto work = api.answer(Caller{&party, nullptr}, std::move(request));
  auto answer = asio::co_spawn(asio::make_strand(io), std::move(work), asio::use_future);
  while (answer.wait_for(kLookAround) != std::future_status::ready)
    if (stopping) return problem(fail(Errc::unavailable, "hub", "is stopping"));
  try {
    return answer.get();
  } catch (const std::exception&) {
    return problem(fail(Errc::internal, "hub", "could not answer"));
  }
}

}  // namespace samband
