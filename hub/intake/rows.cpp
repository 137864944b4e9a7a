#include "intake/rows.hpp"

#include <algorithm>
#include <charconv>

#include "base/json.hpp"
#include "keys/crypto.hpp"
#include "plugin_host/sink.hpp"

namespace samband {
namespace {
constexpr std::string_view kBegins = "{\"sambandrow\":";
constexpr std::size_t kWordsMax = 184;  // as in hub_error
}  // namespace

bool is_row(const std::string& text) { return text.rfind(kBegins, 0) == 0; }

std::int64_t line_of(const std::string& row) {
  std::int64_t line = 0;
  if (is_row(row)) std::from_chars(row.data() + kBegins.size(), row.data() + row.size(), line);
  return line;
}

Result<Row> read_row(const std::string& text) {
  auto parsed = parse_json(text);
  json::object* object = parsed ? parsed->if_object() : nullptr;
  const json::value* line = object ? object->if_contains("sambandrow") : nullptr;
  if (!line || !line->is_int64() || line->get_int64() < 1)
    return fail(Errc::internal, "adapter", "the adapter broke its contract: a row without its line");
  Row row;
  row.line = line->get_int64();
  if (const json::value* problem = object->if_contains("sambandproblem")) {
    const json::object* said = problem->if_object();
    const auto clean = [&](const char* key) {
      const std::string_view words = said ? string_at(*said, key) : std::string_view();
      return clean_plugin_text(words.data(), std::min(words.size(), kWordsMax));
    };
    row.problem = fail(Errc::invalid_input, clean("where"), clean("detail"));
    return row;
  }
  object->stable_erase("sambandrow");
  row.id = string_at(*object, "id");
  row.text = json::serialize(*parsed);
  // What the adapter remarked about the columns of this file is no part of what the row says.
  object->stable_erase("sambandwarnings");
  row.content_hash = crypto::sha256(json::serialize(*parsed));
  return row;
}

}  // namespace samband
