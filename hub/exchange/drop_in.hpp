// What a case system without an API has to say, as files in a folder (plugins/file_drop/README.md): messages, status
// steps and acknowledgements. They go through the agency API in the name of the folder's party, so that the same
// rules, quotas and quarantine hold, and end in done/ or error/ beside what was answered.
//
// Exactly once, however often the hub dies: a file stays until its answer is durable, and what is made of it has an
// id of its own content and time, so that it is recognised when it is taken again. A thread per folder; thread-safe.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "exchange/agency_api.hpp"
#include "exchange/collector.hpp"

namespace samband {

class DropIn {
 public:
  struct Options {
    std::filesystem::path folder;
    std::string adapter;
    std::chrono::milliseconds poll{2000};
    std::size_t file_bytes_max = 32u << 20;
    std::optional<SftpTarget> from;  // fetched from there first
    std::size_t files_per_round = 200;
    std::chrono::days done_kept{30};  // in done/, from when the file came there
    // Told how many files lie in error/ for a person, whenever that may have changed.
    std::function<void(int)> errors_waiting{};
  };
  // Answers a request of the folder's party.
  using Ask = std::function<HttpResponse(HttpRequest)>;

  DropIn(const Party&, Ask, Options);
  ~DropIn();  // stops
  void start();
  void stop();  // after the file under way
  // One look at the folder: how many files were dealt with. Errors: the folder cannot be used.
  Result<int> look();
  // What was taken is in the hub, and with its sender: after `done_kept` its copy in done/ is deleted. What is in
  // error/ waits for a person and is never deleted; what has waited as long is counted. Errors: a folder cannot be
  // read.
  struct Weeded {
    int deleted = 0, errors_waiting = 0;
  };
  Result<Weeded> weed(Time now) const;

 private:
  struct Found;
  bool take(const Found&);
  Result<int> round();
  void run();
  void weed_when_due();
  void count_errors();

  const Party& party_;
  const Ask ask_;
  const Options options_;
  std::unique_ptr<Collector> collector_;
  std::map<std::string, int> waiting_;  // files that could not be taken yet, with the status said about them
  std::vector<Settled> settled_;        // in this look
  std::mutex mutex_;
  std::condition_variable wake_;
  std::chrono::steady_clock::time_point weed_at_{};
  std::chrono::system_clock::time_point errors_changed_{};  // error/ as it was counted last
  bool stopping_ = false;
  std::thread thread_;
};

// Asks on the io_context and waits. 503 when `stopping` is set before there is an answer: the file stays.
HttpResponse ask_and_wait(asio::io_context&, AgencyApi&, const Party&, HttpRequest, const std::atomic<bool>& stopping);

}  // namespace samband
