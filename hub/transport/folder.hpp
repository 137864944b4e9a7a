// Files put into a folder that another system reads (an endpoint with a file:/// url): whole or not at all, durable
// before anybody is told, and never outside the folder. Blocking; stateless, thread-safe.
#pragma once
#include <filesystem>
#include <string_view>

#include "base/error.hpp"

namespace samband {

// Letters, digits, '.', '-' and '_', 1 to 200 characters, not beginning with '.': one name, never a path.
bool is_plain_file_name(std::string_view);

// The folder exists, is no link, and nobody but its owner and group may write to it. Errors: invalid_config.
Result<void> check_drop_folder(const std::filesystem::path&);

// Writes beside (`.name.tmp`, mode 0600), syncs, renames over an earlier file of the same name, syncs the folder.
// Errors: invalid_input (the name), unavailable (the file system).
Result<void> put_file(const std::filesystem::path& folder, std::string_view name, std::string_view bytes);

}  // namespace samband
