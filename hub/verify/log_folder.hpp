// A folder in the layout of C2SP tlog-tiles: "checkpoint", "tile/<L>/<N>[.p/<W>]", "tile/entries/<N>[.p/<W>]". Reads
// regular files only and never more than the format allows, whatever lies there. Not thread-safe.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "verify/merkle.hpp"
#include "verify/outcome.hpp"

namespace samband::verify {

// A file that a person named: at most `size_max` bytes of it, else the problem is `unusable`.
Result<std::string> read_file(const std::filesystem::path&, std::size_t size_max);

class LogFolder {
 public:
  static constexpr int kEntries = -1;  // in place of a level

  static Result<LogFolder> open(const std::filesystem::path&);

  Result<std::string> checkpoint() const;

  struct File {
    std::string name;  // "tile/0/000.p/5"
    std::size_t width;
    std::string bytes;
  };
  // Every file that is there of this tile, in order of width: partial ones of older or newer trees, and the full one.
  // One that cannot be read, or is larger than its kind may be, comes with empty bytes.
  std::vector<File> files(int level, std::uint64_t index);

  std::string name_of(int level, std::uint64_t index) const;
  bool has_entries() const { return has_entries_; }
  // How many files below tile/ nobody asked for, and the first few names.
  std::uint64_t unread(std::vector<std::string>& names);

 private:
  LogFolder() = default;

  std::filesystem::path root_;
  std::string prefix_ = "tile/";  // "tile/8/" in the layout of the Go checksum database
  bool has_entries_ = false;
  std::vector<std::size_t> read_;  // hashes of the names of files that were asked for
};

}  // namespace samband::verify
