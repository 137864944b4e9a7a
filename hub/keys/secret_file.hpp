// Files that hold keys: made with mode 0600 and made durable, read only when nobody else could have read or swapped
// them. Refusals are invalid_config and say which file and which command puts it right. Stateless, thread-safe.
#pragma once
#include <filesystem>

#include "base/encoding.hpp"
#include "base/error.hpp"

namespace samband {

// A folder of our own with mode 0700, not a link.
Result<void> check_secret_folder(const std::filesystem::path&);
// A plain file of our own with mode 0600 or 0400 and one name (no symbolic or hard link). In $CREDENTIALS_DIRECTORY it
// may be root's and readable by a group (0440: systemd's access list), when nobody else can write to that folder.
Result<void> check_secret_file(const std::filesystem::path&);
// The same, and reads it: exactly `size` bytes.
Result<Bytes> read_secret_file(const std::filesystem::path&, std::size_t size);
// A new file; conflict when there is one.
Result<void> write_secret_file(const std::filesystem::path&, std::string_view bytes);
Result<void> sync_folder(const std::filesystem::path&);

}  // namespace samband
