// A file of rows -> one message per row (README.md, "Rows"). Each row stands alone: one that cannot be read becomes a
// problem with its line and column, the others become messages. Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/canonical.hpp"

namespace samband::plugin {

// What the operator may say once for all rows; a column goes before it.
struct RowDefaults {
  json::object landlord;  // name, address, phone; empty = columns only
};

// Texts as plugin_abi.h describes for a file of rows. Errors: the file as a whole (csv.hpp), a header row without a
// column that every row needs or with the same one twice.
sdk::Result<std::vector<std::string>> read_rows(std::string_view body, std::string_view media_type,
                                                std::string_view source, const RowDefaults&);

// "2026-10-31", "20261031", "31/10/2026" where only one reading is a date, "46326" (days since 1899-12-30, as a
// spreadsheet counts) -> "2026-10-31"; empty when it is none, or could be two.
std::string date_from(std::string_view cell);
// The instant at which that day began in Sweden, RFC 3339.
std::string start_of_day(std::string_view date);
}  // namespace samband::plugin
