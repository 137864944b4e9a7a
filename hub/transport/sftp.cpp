#include "transport/sftp.hpp"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/sftp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cerrno>
#include <memory>

#include "keys/secret_file.hpp"
#include "transport/folder.hpp"

namespace samband {
namespace {

constexpr std::string_view kFingerprintPrefix = "SHA256:";
constexpr std::size_t kFingerprintDigits = 43;
constexpr std::size_t kBytesAtOnce = 32u << 10;  // what every server takes in one packet
constexpr int kSilenceSecondsMax = 30;
// Offered to the server in this order; nothing that its time has passed.
constexpr const char* kKeyExchanges =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256";
constexpr const char* kHostKeys = "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,rsa-sha2-512,rsa-sha2-256";
constexpr const char* kCiphers =
    "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-ctr";
constexpr const char* kMacs = "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com";

template <auto release>
struct Releases {
  template <class T>
  void operator()(T* p) const {
    release(p);
  }
};
using Key = std::unique_ptr<std::remove_pointer_t<ssh_key>, Releases<&ssh_key_free>>;
using Attributes = std::unique_ptr<std::remove_pointer_t<sftp_attributes>, Releases<&sftp_attributes_free>>;
using OpenFile = std::unique_ptr<std::remove_pointer_t<sftp_file>, Releases<&sftp_close>>;
using OpenFolder = std::unique_ptr<std::remove_pointer_t<sftp_dir>, Releases<&sftp_closedir>>;

// Text of the library and of the server stays out: it may name a path, and it is theirs to write.
Error failed(const char* what) { return fail(Errc::unavailable, "sftp", what); }

Error not_plain() { return fail(Errc::invalid_input, "file", "the name is not a plain file name"); }

Result<Key> read_key(const std::filesystem::path& path) {
  if (auto secret = check_secret_file(path); !secret) return secret.error();
  ssh_key key = nullptr;
  // A key with a passphrase is refused, never asked for.
  const auto nobody = [](const char*, char*, std::size_t, int, int, void*) { return -1; };
  if (ssh_pki_import_privkey_file(path.c_str(), nullptr, nobody, nullptr, &key) != SSH_OK)
    return fail(Errc::invalid_config, path.string(),
                "is no private key that can be used (OpenSSH or PEM, no passphrase)");
  return Key(key);
}

SftpFile told(const sftp_attributes_struct& a, std::string name) {
  return {std::move(name), a.size, static_cast<std::int64_t>(a.mtime), a.type == SSH_FILEXFER_TYPE_REGULAR};
}

// A connected socket within the time.
int connect_socket(const SftpTarget& target) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found) != 0) return -1;
  const std::unique_ptr<addrinfo, Releases<&::freeaddrinfo>> list(found);
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    const int fd = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (fd < 0) continue;
    bool connected = ::connect(fd, a->ai_addr, a->ai_addrlen) == 0;
    if (!connected && errno == EINPROGRESS) {
      pollfd ready{fd, POLLOUT, 0};
      int error = 0;
      socklen_t size = sizeof error;
      connected = ::poll(&ready, 1, static_cast<int>(target.connect_timeout.count())) == 1 &&
                  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
    }
    if (connected) return fd;
    ::close(fd);
  }
  return -1;
}

}  // namespace

// One session, from the socket to the SFTP channel; the order of its steps is the order of trust.
class SftpConnection {
 public:
  SftpConnection(const SftpTarget& target, SftpCall& call) : target_(target), call_(call) {}
  ~SftpConnection() {
    if (sftp_) sftp_free(sftp_);
    call_.release();  // before the library closes the socket: its number may be another's a moment later
    if (session_) {
      ssh_disconnect(session_);
      ssh_free(session_);
    }
  }
  SftpConnection(const SftpConnection&) = delete;
  SftpConnection& operator=(const SftpConnection&) = delete;

  Result<void> open() {
    auto key = read_key(target_.private_key);
    if (!key) return fail(Errc::unavailable, "sftp", "the private key cannot be used");
    if (auto begun = handshake(); !begun) return begun;
    if (auto pinned = check_host_key(); !pinned) return pinned;
    if (ssh_userauth_publickey(session_, nullptr, key->get()) != SSH_AUTH_SUCCESS)
      return failed("the server does not take the key");
    sftp_ = sftp_new(session_);
    if (!sftp_ || sftp_init(sftp_) != SSH_OK) return failed("the server has no SFTP");
    const Attributes found(sftp_lstat(sftp_, target_.folder.c_str()));
    if (!found) return failed("the folder is not there");
    if (found->type != SSH_FILEXFER_TYPE_DIRECTORY) return failed("the folder is none (a link is none)");
    return {};
  }

  Result<void> put(std::string_view name, std::string_view bytes) {
    const std::string whole = path_of(name), beside = path_of("." + std::string(name) + ".tmp");
    sftp_unlink(sftp_, beside.c_str());  // what a connection that broke left behind is ours to replace
    if (!write(beside, bytes)) return failed("the file cannot be written");
    if (sftp_rename(sftp_, beside.c_str(), whole.c_str()) == SSH_OK) return {};
    // Protocol version 3 renames over nothing.
    sftp_unlink(sftp_, whole.c_str());
    if (sftp_rename(sftp_, beside.c_str(), whole.c_str()) != SSH_OK) return failed("the file cannot be renamed");
    return {};
  }

  Result<std::vector<SftpFile>> list(std::size_t entries_max) {
    const OpenFolder dir(sftp_opendir(sftp_, target_.folder.c_str()));
    if (!dir) return failed("the folder cannot be opened");
    std::vector<SftpFile> out;
    while (out.size() < entries_max) {
      const Attributes each(sftp_readdir(sftp_, dir.get()));
      if (!each) {
        if (sftp_dir_eof(dir.get()) != 1) return failed("the folder cannot be read");
        break;
      }
      out.push_back(told(*each, each->name));
    }
    return out;
  }

  SftpFile look_at(const std::string& name) {
    const Attributes found(sftp_lstat(sftp_, path_of(name).c_str()));
    return found ? told(*found, name) : SftpFile{name};
  }

  Result<std::string> read(const std::string& name, std::size_t bytes_max) {
    const OpenFile file(sftp_open(sftp_, path_of(name).c_str(), O_RDONLY, 0));
    if (!file) return failed("the file cannot be opened");
    std::string out, part(kBytesAtOnce, '\0');
    for (;;) {
      const auto n = sftp_read(file.get(), part.data(), part.size());
      if (n < 0) return failed("the file cannot be read");
      if (n == 0) return out;
      out.append(part, 0, static_cast<std::size_t>(n));
      if (out.size() > bytes_max) return fail(Errc::too_large, "file", "is over the limit of bytes");
    }
  }

  Result<void> remove(const std::string& name) {
    if (sftp_unlink(sftp_, path_of(name).c_str()) == SSH_OK || sftp_get_error(sftp_) == SSH_FX_NO_SUCH_FILE) return {};
    return failed("the file cannot be removed");
  }

 private:
  std::string path_of(std::string_view name) const {
    return (target_.folder == "/" ? "" : target_.folder) + "/" + std::string(name);
  }

  Result<void> handshake() {
    const int fd = connect_socket(target_);
    if (fd < 0) return failed("cannot connect");
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    session_ = ssh_new();
    const bool no = false;
    const long seconds = kSilenceSecondsMax;
    // What a user's home says of hosts and keys is no part of this configuration.
    const bool set = session_ && ssh_options_set(session_, SSH_OPTIONS_PROCESS_CONFIG, &no) == 0 &&
                     ssh_options_set(session_, SSH_OPTIONS_HOST, target_.host.c_str()) == 0 &&
                     ssh_options_set(session_, SSH_OPTIONS_USER, target_.user.c_str()) == 0 &&
                     ssh_options_set(session_, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") == 0 &&
                     ssh_options_set(session_, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") == 0 &&
                     ssh_options_set(session_, SSH_OPTIONS_TIMEOUT, &seconds) == 0 &&
                     ssh_options_set(session_, SSH_OPTIONS_KEY_EXCHANGE, kKeyExchanges) == 0 &&
                     ssh_options_set(session_, SSH_OPTIONS_HOSTKEYS, kHostKeys) == 0 &&
                     ssh_options_set(session_, SSH_OPTIONS_CIPHERS_C_S, kCiphers) == 0 &&
                     ssh_options_set(session_, SSH_OPTIONS_CIPHERS_S_C, kCiphers) == 0 &&
                     ssh_options_set(session_, SSH_OPTIONS_HMAC_C_S, kMacs) == 0 &&
                     ssh_options_set(session_, SSH_OPTIONS_HMAC_S_C, kMacs) == 0;
    if (!set || !call_.hold(fd) || ssh_options_set(session_, SSH_OPTIONS_FD, &fd) != 0) {
      call_.release();
      ::close(fd);
      return failed("cannot connect");
    }
    if (ssh_connect(session_) != SSH_OK) return failed("no SSH connection");
    return {};
  }

  Result<void> check_host_key() {
    ssh_key found = nullptr;
    if (ssh_get_server_publickey(session_, &found) != SSH_OK) return failed("the server shows no key");
    const Key key(found);
    unsigned char* hash = nullptr;
    std::size_t size = 0;
    if (ssh_get_publickey_hash(key.get(), SSH_PUBLICKEY_HASH_SHA256, &hash, &size) != 0)
      return failed("the server shows no key");
    char* text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size);
    ssh_clean_pubkey_hash(&hash);
    const std::string shown = text ? text : "";
    ssh_string_free_char(text);
    if (shown.empty() || shown != target_.host_key)
      return fail(Errc::unauthorised, "sftp", "the host key is not the pinned one: " + shown);
    return {};
  }

  bool write(const std::string& path, std::string_view bytes) {
    sftp_file file = sftp_open(sftp_, path.c_str(), O_WRONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    if (!file) return false;
    bool good = true;
    while (good && !bytes.empty()) {
      const auto n = sftp_write(file, bytes.data(), std::min(bytes.size(), kBytesAtOnce));
      good = n > 0;
      if (good) bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    if (good && sftp_extension_supported(sftp_, "fsync@openssh.com", "1")) good = sftp_fsync(file) == SSH_OK;
    return sftp_close(file) == SSH_OK && good;
  }

  const SftpTarget target_;
  SftpCall& call_;
  ssh_session session_ = nullptr;
  sftp_session sftp_ = nullptr;
};

void SftpCall::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

bool SftpCall::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

bool SftpCall::hold(int fd) {
  const std::lock_guard lock(mutex_);
  if (!ended_) fd_ = fd;
  return !ended_;
}

void SftpCall::release() {
  const std::lock_guard lock(mutex_);
  fd_ = -1;
}

bool is_host_key_fingerprint(std::string_view text) {
  if (!text.starts_with(kFingerprintPrefix)) return false;
  text.remove_prefix(kFingerprintPrefix.size());
  return text.size() == kFingerprintDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
         });
}

Result<SftpTarget> parse_sftp_url(std::string_view text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url || url->scheme() != "sftp" || url->has_query() || url->has_fragment() || url->has_userinfo() ||
      url->host().empty() || (url->has_port() && url->port_number() == 0))
    return fail(Errc::invalid_config, "url", "is not sftp://host[:port]/folder");
  SftpTarget target;
  target.host = url->host_address();
  if (url->has_port()) target.port = url->port_number();
  target.folder = std::string(url->encoded_path());
  while (target.folder.size() > 1 && target.folder.ends_with('/')) target.folder.pop_back();
  if (target.folder.empty() || target.folder.find('%') != std::string::npos)
    return fail(Errc::invalid_config, "url", "names no folder, or one with an escaped character");
  return target;
}

Result<void> check_sftp(const SftpTarget& target) {
  if (target.user.empty()) return fail(Errc::invalid_config, "user", "is required for sftp");
  if (!is_host_key_fingerprint(target.host_key))
    return fail(Errc::invalid_config, "host_key", "is not SHA256:... as ssh-keygen -lf prints it");
  auto key = read_key(target.private_key);
  if (!key) return key.error();
  return {};
}

SftpFolder::SftpFolder(std::unique_ptr<SftpConnection> connection) : connection_(std::move(connection)) {}
SftpFolder::SftpFolder(SftpFolder&&) noexcept = default;
SftpFolder::~SftpFolder() = default;

Result<SftpFolder> SftpFolder::open(const SftpTarget& target, SftpCall& call) {
  auto connection = std::make_unique<SftpConnection>(target, call);
  if (auto open = connection->open(); !open) return open.error();
  return SftpFolder(std::move(connection));
}

Result<std::vector<SftpFile>> SftpFolder::list(std::size_t entries_max) { return connection_->list(entries_max); }

SftpFile SftpFolder::look_at(const std::string& name) { return connection_->look_at(name); }

Result<std::string> SftpFolder::read(const std::string& name, std::size_t bytes_max) {
  if (!is_plain_file_name(name)) return not_plain();
  return connection_->read(name, bytes_max);
}

Result<void> SftpFolder::put(std::string_view name, std::string_view bytes) {
  if (!is_plain_file_name(name)) return not_plain();
  return connection_->put(name, bytes);
}

Result<void> SftpFolder::remove(const std::string& name) {
  if (name.find('/') != std::string::npos) return not_plain();
  return connection_->remove(name);
}

Result<void> sftp_put(const SftpTarget& target, std::string_view name, std::string_view bytes, SftpCall& call) {
  if (!is_plain_file_name(name)) return not_plain();
  auto folder = SftpFolder::open(target, call);
  if (!folder) return folder.error();
  return folder->put(name, bytes);
}

}  // namespace samband
