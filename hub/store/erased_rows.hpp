// Rows whose payload key is destroyed, in SQLite: finding them, emptying them, and getting their bytes out of every
// file. Internal to hub/store; used by one thread per database.
#pragma once
#include <vector>

#include "keys/sqlite.hpp"
#include "store/store.hpp"

namespace samband::store {

Result<SealedRows> sealed_under(sqlite::Database&, const std::vector<std::int64_t>& key_ids);
Result<void> empty_rows(sqlite::Database&, const SealedRows&);
Result<void> empty_consents(sqlite::Database&, const std::vector<std::string>& ids);
// The texts of incidents whose key is forgotten. They are few: the table is read whole.
Result<void> forget_incidents(sqlite::Database&);
Result<void> drop_quarantined(sqlite::Database&);

// Moves the write-ahead log into the database and cuts it to nothing. busy: a reader holds an older state.
Result<void> empty_log(sqlite::Database&);
// The database without a byte of what it held before, and its log empty. busy: as above.
Result<void> write_anew(sqlite::Database&);

}  // namespace samband::store
