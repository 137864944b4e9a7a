// A file of rows as an adapter hands it over (plugins/sdk/plugin_abi.h): each row is a message of its own, or says why
// it cannot be read. Pure, thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/encoding.hpp"
#include "base/error.hpp"

namespace samband {

struct Row {
  std::int64_t line = 0;
  std::string id;                // the sender's message id
  std::string text;              // canonical message, without the row's place
  Bytes content_hash;            // SHA-256 of what the row says: the same wherever in a file it stands
  std::optional<Error> problem;  // of a row that cannot be read; its words are the adapter's, cleaned
};

bool is_row(const std::string& text);
std::int64_t line_of(const std::string& row);  // 0 when it says none
// Error internal: the adapter broke its contract.
Result<Row> read_row(const std::string& text);

}  // namespace samband
