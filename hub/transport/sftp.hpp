// Files put on another system's SFTP server (an endpoint with an sftp:// url): whole or not at all, and nothing before
// the server has proved that it is the pinned one. One connection per file: no state between two of them.
// Blocking, for a thread of its own. The functions are stateless and thread-safe; SftpCall is thread-safe.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

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

// Connects, compares the host key, proves itself by key only, writes beside (`.name.tmp`, mode 0600), syncs where the
// server can, renames. A server that renames over nothing loses the earlier file of that name for a moment.
// Errors: invalid_input (the name), unauthorised (another host key; nothing was sent), unavailable.
Result<void> sftp_put(const SftpTarget&, std::string_view name, std::string_view bytes, SftpCall&);

}  // namespace samband
