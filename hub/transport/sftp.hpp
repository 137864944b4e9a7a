// Another system's SFTP server: files put there whole or not at all (an endpoint with an sftp:// url), and files
// fetched from there ([[drop_in]] with `from`). Nothing before the server has proved that it is the pinned one.
// Blocking, for a thread of its own. The functions are stateless and thread-safe; SftpCall is thread-safe.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace samband {

struct SftpTarget {
  std::string host, folder, user;  // folder: absolute, as the server shows it
  std::uint16_t port = 22;
  std::string host_key;               // "SHA256:..." as `ssh-keygen -lf` prints it
  std::filesystem::path private_key;  // OpenSSH or PEM without a passphrase, mode 0600
  std::chrono::milliseconds connect_timeout{5000};
};

// sftp://host[:port]/folder. Errors: invalid_config.
Result<SftpTarget> parse_sftp_url(std::string_view url);
// "SHA256:" and 43 letters of base64.
bool is_host_key_fingerprint(std::string_view);

// A connection under way: another thread ends it, at its deadline or when the hub stops.
class SftpCall {
 public:
  void end();
  bool ended() const;

 private:
  friend class SftpConnection;
  bool hold(int fd);  // false: ended before it began
  void release();
  mutable std::mutex mutex_;
  int fd_ = -1;
  bool ended_ = false;
};

// The key file can be used, and the fingerprint is one. Errors: invalid_config.
Result<void> check_sftp(const SftpTarget&);

struct SftpFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::int64_t written = 0;  // seconds since 1970 UTC, by the server's clock
  bool plain = false;        // a regular file: no link, no folder
  bool operator==(const SftpFile&) const = default;
};

class SftpConnection;

// The target's folder, for as long as the connection lasts. Names are plain file names where they are written or read,
// and whatever the server says where they are removed. Errors: unavailable, unauthorised (another host key),
// invalid_input (the name), too_large.
class SftpFolder {
 public:
  static Result<SftpFolder> open(const SftpTarget&, SftpCall&);
  SftpFolder(SftpFolder&&) noexcept;
  ~SftpFolder();
  Result<std::vector<SftpFile>> list(std::size_t entries_max);
  // The file as the server has it now; a file that is none, or has no such name: plain = false.
  SftpFile look_at(const std::string& name);
  Result<std::string> read(const std::string& name, std::size_t bytes_max);
  // As sftp_put.
  Result<void> put(std::string_view name, std::string_view bytes);
  Result<void> remove(const std::string& name);

 private:
  explicit SftpFolder(std::unique_ptr<SftpConnection>);
  std::unique_ptr<SftpConnection> connection_;
};

// Connects, compares the host key, proves itself by key only, writes beside (`.name.tmp`, mode 0600), syncs where the
// server can, renames. A server that renames over nothing loses the earlier file of that name for a moment.
// Errors: invalid_input (the name), unauthorised (another host key; nothing was sent), unavailable.
Result<void> sftp_put(const SftpTarget&, std::string_view name, std::string_view bytes, SftpCall&);

}  // namespace samband
