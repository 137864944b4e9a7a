// Backups of data and payload keys: made beside a running hub, checked, put back. What `samband store` does.
//   DIR/data/hub.db   DIR/keys/keys.db   DIR/keys/erasures.list   DIR/manifest.json
// hub.db is copied first: a key is durable before a row names it, so the keys copied after it are enough. The secrets
// that open the keys are never in a backup.
#pragma once
#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "config/config.hpp"

namespace samband::cli {

// The manifest. Errors: invalid_input: DIR is there already.
Result<json::object> make_backup(const Config&, const std::filesystem::path& folder);

// {"logSize","destroyed","setAside":[..],"guard": what the rollback guard will say}. Errors: invalid_config: a hub
// runs, there are data and `replace` is not said, the backup is damaged or newer than this program.
Result<json::object> restore_backup(const Config&, const std::filesystem::path& folder, bool replace);

struct StoreCheck {
  std::uint64_t log_size = 0;
  std::int64_t keys = 0;
  std::vector<Error> problems;
};
Result<StoreCheck> check_store(const Config&);
Result<StoreCheck> check_backup(const Config&, const std::filesystem::path& folder);

}  // namespace samband::cli
