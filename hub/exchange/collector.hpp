// Fetches what a case system has left on its own SFTP server into the folder that DropIn looks at, and hands the
// answers back. It remembers nothing: a file stays on the server until its answer lies there, and what is fetched twice
// is the same file (name, time, content) to DropIn, hence taken once. Blocking, for one thread; stop() from any.
#pragma once
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "transport/sftp.hpp"

namespace samband {

// A file of DropIn's folder that was dealt with.
struct Settled {
  std::string file;  // its name in the folder
  bool taken = false;
  std::string answer;  // JSON
};

class Collector {
 public:
  struct Options {
    SftpTarget from;
    std::filesystem::path folder;  // of DropIn
    std::size_t file_bytes_max = 32u << 20;
    std::size_t files_per_round = 200;
    std::chrono::milliseconds step_max{60'000};  // for one file, or one look at the server's folder
  };

  explicit Collector(Options options) : options_(std::move(options)) {}
  // Whole files with a marker that is no older, oldest first; the connection stays until hand_back.
  // Errors: unavailable, unauthorised (another host key).
  Result<void> fetch();
  // `<name>.answer.json` or `<name>.problem.json` beside the file on the server; then its marker goes, and of one that
  // was taken the file itself, unless it is another by now.
  Result<void> hand_back(const std::vector<Settled>&);
  void stop();

 private:
  Result<void> fetch_one(const SftpFile&);
  Result<void> refuse(const std::string& stem, const Error&);

  const Options options_;
  std::map<std::string, SftpFile> fetched_;  // in this round
  std::mutex mutex_;
  std::shared_ptr<SftpCall> call_;  // under mutex_
  bool stopped_ = false;            // under mutex_
  std::optional<SftpFolder> server_;
};

}  // namespace samband
