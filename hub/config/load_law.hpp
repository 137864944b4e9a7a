// config/law.toml -> LawTable. A text of law that nobody has entered is no error: the analysis says what it could not
// check.
#pragma once
#include <filesystem>

#include "confidentiality/law.hpp"

namespace samband {

// Errors: invalid_config with file:line:column.
Result<LawTable> load_law(const std::filesystem::path& file);

}  // namespace samband
