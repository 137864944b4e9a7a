// Copies of whole databases and the digests that tell one from another. Stateless, thread-safe.
#pragma once
#include <filesystem>
#include <string>

#include "keys/sqlite.hpp"

namespace samband::sqlite {

// SQLite's online backup of what this connection sees, into a new file of one piece with mode 0600.
Result<void> copy_database(Database&, const std::filesystem::path& file);

}  // namespace samband::sqlite

namespace samband::crypto {

// Hex of SHA-256; the file may be larger than memory.
Result<std::string> sha256_of_file(const std::filesystem::path&);

}  // namespace samband::crypto
