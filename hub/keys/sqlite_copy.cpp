#include "keys/sqlite_copy.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include "keys/freed.hpp"

namespace samband::sqlite {

Result<void> copy_database(Database& from, const std::filesystem::path& file) {
  // Made here, so that it is for this user only and never written over.
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Errc::invalid_input, file.string(), "cannot be made (a file that is there stays)");
  ::close(fd);
  auto to = Database::open(file, Database::Mode::read_write);
  if (!to) return to.error();
  sqlite3_backup* backup = sqlite3_backup_init(to->handle(), "main", from.handle(), "main");
  if (!backup) return fail(Errc::unavailable, file.string(), "the copy cannot be begun");
  const int code = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE || finished != SQLITE_OK) return fail(Errc::unavailable, file.string(), "the copy failed");
  // One file, without a log beside it.
  return to->exec("PRAGMA journal_mode=DELETE");
}

}  // namespace samband::sqlite

namespace samband::crypto {

Result<std::string> sha256_of_file(const std::filesystem::path& path) {
  const Error unreadable = fail(Errc::invalid_config, path.string(), "cannot be read");
  std::ifstream file(path, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  if (!file.is_open() || !context || EVP_DigestInit_ex2(context.get(), EVP_sha256(), nullptr) != 1) return unreadable;
  std::string piece(1u << 20, '\0');
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (EVP_DigestUpdate(context.get(), piece.data(), static_cast<std::size_t>(file.gcount())) != 1) return unreadable;
  }
  Bytes digest(32, '\0');
  unsigned size = 0;
  const bool whole = !file.bad() &&
                     EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size) == 1 &&
                     size == digest.size();
  if (!whole) return unreadable;
  return to_hex(digest);
}

}  // namespace samband::crypto
