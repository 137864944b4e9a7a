// Reading decision tables: TOML, and CSV with a TOML header in its comment lines.
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "base/toml_depth.hpp"
#include "confidentiality/decision_table.hpp"

namespace samband {
namespace {

constexpr std::size_t kRowsMax = 500;
constexpr std::string_view kListColumns[] = {"release", "withhold", "hold", "rule", "missing", "obligations"};
constexpr std::string_view kTextColumns[] = {"outcome", "reason", "duty", "citation"};

template <class List>
bool is_in(const List& list, std::string_view item) {
  return std::find(std::begin(list), std::end(list), item) != std::end(list);
}

std::string place(const std::string& file, const toml::source_region& where) {
  return file + ":" + std::to_string(where.begin.line) + ":" + std::to_string(where.begin.column);
}

json::value to_json(const toml::node& node);

json::object to_object(const toml::table& table) {
  json::object out;
  for (const auto& [key, value] : table) out[std::string(key.str())] = to_json(value);
  return out;
}

json::value to_json(const toml::node& node) {
  if (const auto* table = node.as_table()) return to_object(*table);
  if (const auto* array = node.as_array()) {
    json::array out;
    for (const auto& item : *array) out.push_back(to_json(item));
    return out;
  }
  if (const auto* text = node.as_string()) return json::value(text->get());
  if (const auto* number = node.as_integer()) return json::value(number->get());
  if (const auto* flag = node.as_boolean()) return json::value(flag->get());
  if (const auto* number = node.as_floating_point()) return json::value(number->get());
  // Days and times, as the case format writes them.
  std::ostringstream text;
  if (const auto* date = node.as_date()) text << date->get();
  if (const auto* time = node.as_date_time()) text << time->get();
  return json::value(text.str());
}

Result<DecisionTable> header_of(const std::string& file, std::string_view text, const toml::array** rows,
                                toml::table& root) {
  if (const auto line = toml_line_too_deep(text); line > 0)
    return fail(Errc::invalid_input, file + ":" + std::to_string(line) + ":1", std::string(kTomlTooDeep));
  toml::parse_result parsed = toml::parse(text, file);
  if (!parsed)
    return fail(Errc::invalid_input, place(file, parsed.error().source()), std::string(parsed.error().description()));
  root = std::move(parsed).table();
  DecisionTable out;
  out.file = file;
  for (const auto& [key, node] : root) {
    const auto wrong = [&](const char* expected) {
      return fail(Errc::invalid_input, place(file, node.source()), "`" + std::string(key.str()) + "` " + expected);
    };
    std::string* target = key.str() == "rule"     ? &out.rule
                          : key.str() == "law"    ? &out.law
                          : key.str() == "exempt" ? &out.exempt
                                                  : nullptr;
    if (target != nullptr) {
      if (!node.is_string() || node.as_string()->get().empty()) return wrong("expects a text");
      *target = node.as_string()->get();
    } else if (key.str() == "case") {
      if (!node.is_table()) return wrong("expects a table");
      out.base = to_object(*node.as_table());
    } else if (key.str() == "row") {
      if (!node.is_array()) return wrong("is written [[row]]");
      *rows = node.as_array();
    } else {
      return fail(Errc::invalid_input, place(file, key.source()), "unknown key `" + std::string(key.str()) + "`");
    }
  }
  if (out.rule.empty()) return fail(Errc::invalid_input, file + ":1:1", "lacks `rule`");
  if (out.base.empty() == out.exempt.empty())
    return fail(Errc::invalid_input, file + ":1:1", "needs a [case] with rows, or `exempt` with a reason");
  return out;
}

Result<DecisionTable> parse_toml(const std::string& file, std::string_view text) {
  const toml::array* rows = nullptr;
  toml::table root;
  auto out = header_of(file, text, &rows, root);
  if (!out || rows == nullptr) return out;
  for (const auto& item : *rows) {
    const auto* table = item.as_table();
    if (table == nullptr) return fail(Errc::invalid_input, place(file, item.source()), "write [[row]]");
    DecisionTable::Row row;
    row.line = item.source().begin.line;
    for (auto& [key, value] : to_object(*table)) {
      if (key == "note" && value.is_string()) {
        row.note = value.get_string();
      } else if (key == "change" && value.is_object()) {
        row.change = value.get_object();
      } else if (key == "note" || key == "change") {
        return fail(Errc::invalid_input, place(file, item.source()),
                    std::string(key) + (key == "note" ? " expects a text" : " expects a table"));
      } else {
        row.expect[key] = value;
      }
    }
    out->rows.push_back(std::move(row));
  }
  return out;
}

// One record of RFC 4180: quoted cells may hold the separator, quotes (doubled) and line breaks.
std::vector<std::string> read_record(std::string_view& rest, char separator, std::size_t& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"') {
        cells.back() += c;
      } else if (!rest.empty() && rest.front() == '"') {
        cells.back() += '"';
        rest.remove_prefix(1);
      } else {
        quoted = false;
      }
    } else if (c == '"' && cells.back().empty()) {
      quoted = true;
    } else if (c == separator) {
      cells.emplace_back();
    } else if (c == '\n') {
      break;
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

json::value cell_value(std::string_view text) {
  if (text == "true" || text == "false") return text == "true";
  if (text.size() <= 3 && text.find_first_not_of("0123456789") == std::string_view::npos)
    return std::stoi(std::string(text));
  if (text.front() == '[' || text.front() == '{')
    if (auto parsed = parse_json(text)) return *parsed;
  return json::value(text);
}

void put(json::object& into, std::string_view path, json::value value) {
  const auto dot = path.find('.');
  if (dot == std::string_view::npos) {
    into[path] = std::move(value);
    return;
  }
  auto& inner = into[path.substr(0, dot)];
  if (!inner.is_object()) inner = json::object{};
  put(inner.get_object(), path.substr(dot + 1), std::move(value));
}

json::array words(std::string_view text) {
  json::array out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find_first_of(" ,", at), text.size());
    if (end > at) out.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Result<DecisionTable> parse_csv(const std::string& file, std::string_view text) {
  std::string header;
  std::size_t line = 1;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (text.starts_with("#")) {
    const auto end = std::min(text.find('\n'), text.size());
    auto words_of = text.substr(1, end - 1);
    if (words_of.starts_with(" ")) words_of.remove_prefix(1);
    header += std::string(words_of) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
  }
  const toml::array* none = nullptr;
  toml::table root;
  auto out = header_of(file, header, &none, root);
  if (!out) return out;
  if (none != nullptr) return fail(Errc::invalid_input, file + ":1:1", "rows stand below the header, not in it");
  // A Swedish spreadsheet writes semicolons.
  const auto first = text.substr(0, text.find('\n'));
  const char separator = first.find(';') != std::string_view::npos ? ';' : ',';
  const auto columns = read_record(text, separator, line);
  while (!text.empty()) {
    DecisionTable::Row row;
    row.line = line;
    const auto cells = read_record(text, separator, line);
    if (cells.size() == 1 && cells[0].empty()) continue;
    const std::string where = file + ":" + std::to_string(row.line) + ":1";
    if (cells.size() != columns.size())
      return fail(Errc::invalid_input, where, "expects " + std::to_string(columns.size()) + " cells");
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].empty()) continue;
      if (columns[i] == "note") {
        row.note = cells[i];
      } else if (is_in(kListColumns, columns[i])) {
        row.expect[columns[i]] = words(cells[i]);
      } else if (is_in(kTextColumns, columns[i])) {
        row.expect[columns[i]] = cells[i];
      } else {
        put(row.change, columns[i], cell_value(cells[i]));
      }
    }
    out->rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace

Result<DecisionTable> parse_table(const std::string& file, std::string_view text) {
  auto out = file.ends_with(".csv") ? parse_csv(file, text) : parse_toml(file, text);
  if (out && out->rows.size() > kRowsMax) return fail(Errc::invalid_input, file, "at most 500 rows");
  return out;
}

}  // namespace samband
