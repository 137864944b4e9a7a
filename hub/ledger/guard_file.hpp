// Rollback guard: a small file, kept apart from the data, with the newest checkpoint that was signed, written behind at
// most once a second. A restored backup or a copied folder has a smaller or another tree than the guard knows: signing
// on from there would make two histories, so the ledger refuses to open. Thread-safe.
#pragma once
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "ledger/note.hpp"

namespace samband {

class GuardFile {
 public:
  // Nothing: there is no file yet. invalid_config: it cannot be read as one.
  static Result<std::optional<note::Checkpoint>> read(const std::filesystem::path&);

  // At once and durable: the first of a log, or where its owners have said which data are the newest.
  // Errors: unavailable.
  static Result<void> put(const std::filesystem::path&, const note::Checkpoint&);

  explicit GuardFile(std::filesystem::path);
  ~GuardFile();  // writes what is left
  void signed_now(const note::Checkpoint&);

 private:
  void run();

  const std::filesystem::path path_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<note::Checkpoint> waiting_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace samband
