// Reads TOML tables strictly: every key has a type and a range, every other key is an error, and the error says
// file:line:column and what was expected. The first error is kept and everything after it reads as defaults, so that a
// loader is a plain list of its keys. One error gives way: that a key is absent, when the same table holds a key that
// nobody knows, which is then the misspelt one. Include only in loaders: toml++ is heavy. Single-threaded.
#pragma once
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "base/toml_depth.hpp"

namespace samband::toml_file {

constexpr std::uintmax_t kFileBytesMax = 4u << 20;

// How many letters must be added, taken away or changed to make one word of the other.
inline std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

class Table;

// One file: its text, parsed, and the first error in it.
class File {
 public:
  explicit File(const std::filesystem::path& path) : name_(path.string()) {
    std::error_code ec;
    const auto size = std::filesystem::file_size(path, ec);
    std::ifstream in(path, std::ios::binary);
    if (ec || !in) {
      error_ = fail(Errc::invalid_config, name_, "cannot be read");
      return;
    }
    if (size > kFileBytesMax) {
      error_ = fail(Errc::invalid_config, name_, "larger than 4 MiB");
      return;
    }
    std::ostringstream text;
    text << in.rdbuf();
    parse(std::move(text).str());
  }
  // A file that was read already.
  File(std::string name, std::string_view text) : name_(std::move(name)) { parse(text); }
  const std::string& name() const { return name_; }
  const toml::table& root() const { return root_; }
  bool failed() const { return error_.has_value(); }
  const Error& error() const { return *error_; }
  // "file:line:column"
  std::string place(const toml::source_position& at) const {
    return name_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  }
  void refuse(const toml::source_position& at, std::string expected) {
    if (!error_) error_ = fail(Errc::invalid_config, place(at), std::move(expected));
  }
  // A key is absent from `table`.
  void refuse_absent(const toml::table& table, std::string expected) {
    if (error_) return;
    refuse(table.source().begin, std::move(expected));
    lacking_ = &table;
  }
  // `table` holds a key that nobody knows: more to the point than the key that it lacks.
  void refuse_unknown(const toml::table& table, const toml::source_position& at, std::string expected) {
    if (lacking_ == &table) error_.reset(), lacking_ = nullptr;
    refuse(at, std::move(expected));
  }

 private:
  void parse(std::string_view text) {
    if (const auto line = toml_line_too_deep(text); line > 0)
      return refuse({static_cast<toml::source_index>(line), 1}, std::string(kTomlTooDeep));
    toml::parse_result parsed = toml::parse(text, name_);
    if (!parsed) return refuse(parsed.error().source().begin, std::string(parsed.error().description()));
    root_ = std::move(parsed).table();
  }

  std::string name_;
  toml::table root_;
  std::optional<Error> error_;
  const toml::table* lacking_ = nullptr;  // the error is that this table lacks a key
};

class Table {
 public:
  Table(File& file, const toml::table& table) : file_(&file), table_(&table) {}
  explicit Table(File& file) : Table(file, file.root()) {}

  bool has(std::string_view key) const { return table_->contains(key); }
  const toml::table& raw() const { return *table_; }

  // "" when absent.
  std::string text(std::string_view key, std::size_t length_max = 500) {
    const toml::node* node = take(key);
    if (node == nullptr) return {};
    const auto value = node->value_exact<std::string>();
    if (!value || value->size() > length_max) {
      refuse(key, "expected a string of at most " + std::to_string(length_max) + " bytes");
      return {};
    }
    return *value;
  }
  std::string required_text(std::string_view key, std::size_t length_max = 500) {
    std::string value = text(key, length_max);
    if (value.empty()) require(key);
    return value;
  }
  std::int64_t integer(std::string_view key, std::int64_t default_value, std::int64_t min, std::int64_t max) {
    const toml::node* node = take(key);
    if (node == nullptr) return default_value;
    const auto value = node->value_exact<std::int64_t>();
    if (value && *value >= min && *value <= max) return *value;
    refuse(key, "expected an integer from " + std::to_string(min) + " to " + std::to_string(max));
    return default_value;
  }
  // A number with or without decimals.
  double number(std::string_view key, double default_value, double min, double max) {
    const toml::node* node = take(key);
    if (node == nullptr) return default_value;
    std::optional<double> value = node->value_exact<double>();
    if (const auto whole = node->value_exact<std::int64_t>()) value = static_cast<double>(*whole);
    if (value && *value >= min && *value <= max) return *value;
    std::ostringstream range;
    range << "expected a number from " << min << " to " << max;
    refuse(key, range.str());
    return default_value;
  }
  bool boolean(std::string_view key, bool default_value) {
    const toml::node* node = take(key);
    if (node == nullptr) return default_value;
    const auto value = node->value_exact<bool>();
    if (!value) refuse(key, "expected true or false");
    return value.value_or(default_value);
  }
  std::vector<std::string> texts(std::string_view key, std::size_t count_max = 200) {
    std::vector<std::string> values;
    const toml::node* node = take(key);
    if (node == nullptr) return values;
    const toml::array* array = node->as_array();
    if (array == nullptr || array->size() > count_max) {
      refuse(key, "expected an array of at most " + std::to_string(count_max) + " strings");
      return values;
    }
    for (const toml::node& element : *array) {
      auto value = element.value_exact<std::string>();
      if (!value || value->empty()) {
        refuse_at(element, "expected a string that is not empty");
        return {};
      }
      values.push_back(std::move(*value));
    }
    return values;
  }
  // Different strings; `wrong` says of each what is wrong with it, "" for nothing.
  template <class Wrong>
  std::vector<std::string> checked_texts(std::string_view key, Wrong wrong) {
    std::vector<std::string> values;
    for (std::string& value : texts(key)) {
      std::string problem = wrong(std::string_view(value));
      if (problem.empty() && std::find(values.begin(), values.end(), value) != values.end())
        problem = "'" + value + "' stands here twice";
      if (!problem.empty())
        refuse_at(*table_->get_as<toml::array>(key)->get(values.size()), "'" + std::string(key) + "': " + problem);
      values.push_back(std::move(value));
    }
    return values;
  }
  std::vector<int> integers(std::string_view key, int min, int max, std::size_t count_max = 200) {
    std::vector<int> values;
    const toml::node* node = take(key);
    if (node == nullptr) return values;
    const toml::array* array = node->as_array();
    const auto fits = [&](const toml::node& each) {
      const auto value = each.value_exact<std::int64_t>();
      return value && *value >= min && *value <= max;
    };
    if (array == nullptr || array->size() > count_max || !std::all_of(array->begin(), array->end(), fits)) {
      refuse(key, "expected an array of integers from " + std::to_string(min) + " to " + std::to_string(max));
      return values;
    }
    for (const toml::node& each : *array) values.push_back(static_cast<int>(*each.value_exact<std::int64_t>()));
    return values;
  }
  // A TOML date, 2026-01-01 without quotes.
  Date date(std::string_view key) {
    const toml::node* node = take(key);
    const auto value = node != nullptr ? node->value_exact<toml::date>() : std::nullopt;
    const Date date =
        value ? Date{std::chrono::year(value->year), std::chrono::month(value->month), std::chrono::day(value->day)}
              : Date{};
    if (node == nullptr) {
      require(key, "a date like 2026-01-01");
    } else if (!value || !date.ok()) {
      refuse(key, "expected a date like 2026-01-01, without quotes");
    }
    return date;
  }
  // A date that is not a day when absent.
  Date optional_date(std::string_view key) { return has(key) ? date(key) : (seen_.emplace(key), Date{}); }
  std::optional<Table> table(std::string_view key) {
    const toml::node* node = take(key);
    if (node == nullptr) return std::nullopt;
    if (const toml::table* table = node->as_table()) return Table(*file_, *table);
    refuse(key, "expected a table");
    return std::nullopt;
  }
  std::vector<Table> tables(std::string_view key, std::size_t count_max = 1000) {
    std::vector<Table> values;
    const toml::node* node = take(key);
    if (node == nullptr) return values;
    const toml::array* array = node->as_array();
    if (array == nullptr || array->size() > count_max) {
      refuse(key, "expected at most " + std::to_string(count_max) + " [[" + std::string(key) + "]] tables");
      return values;
    }
    for (const toml::node& element : *array) {
      const toml::table* table = element.as_table();
      if (table == nullptr) {
        refuse_at(element, "expected a table");
        return {};
      }
      values.emplace_back(*file_, *table);
    }
    return values;
  }

  // Refuses at the key's value, or at the table when the key is absent.
  void refuse(std::string_view key, std::string expected) {
    const toml::node* node = table_->get(key);
    refuse_at(node != nullptr ? *node : static_cast<const toml::node&>(*table_), std::move(expected));
  }
  // Refuses a key that is absent or has an empty value.
  void require(std::string_view key, std::string_view what = {}) {
    const std::string name = "'" + std::string(key) + "'", colon = what.empty() ? "" : ": " + std::string(what);
    if (has(key)) return refuse(key, name + " is empty" + colon);
    seen_.emplace(key);
    file_->refuse_absent(*table_, name + " is required" + colon);
  }
  const std::string& file() const { return file_->name(); }
  int line() const { return static_cast<int>(table_->source().begin.line); }
  std::string place() const { return file_->place(table_->source().begin); }
  std::string place(const toml::node& node) const { return file_->place(node.source().begin); }
  void check_code(std::string_view key, std::string_view value, std::span<const std::string_view> list,
                  const char* what) {
    for (const std::string_view code : list) {
      if (code == value) return;
    }
    refuse(key, "unknown " + std::string(what) + " '" + std::string(value) + "'");
  }
  void check_codes(std::string_view key, const std::vector<std::string>& values, std::span<const std::string_view> list,
                   const char* what) {
    for (const std::string& value : values) check_code(key, value, list, what);
  }
  // Call last: a key that nobody asked for is a misspelling, and what it meant does not apply.
  void finish() {
    const toml::key* first = nullptr;
    for (const auto& [key, value] : *table_) {
      if (seen_.contains(key.str())) continue;
      if (first == nullptr || before(key, *first)) first = &key;
    }
    if (first == nullptr) return;
    const std::string meant = nearest(first->str());
    file_->refuse_unknown(
        *table_, first->source().begin,
        "unknown key '" + std::string(first->str()) + "'" + (meant.empty() ? "" : ", did you mean '" + meant + "'?"));
  }

 private:
  const toml::node* take(std::string_view key) {
    seen_.emplace(key);
    return table_->get(key);
  }
  static bool before(const toml::key& a, const toml::key& b) {
    const auto &x = a.source().begin, &y = b.source().begin;
    return x.line != y.line ? x.line < y.line : x.column < y.column;
  }
  // The known key that is not in the table and looks most like this one; "" when none does.
  std::string nearest(std::string_view unknown) const {
    std::string best;
    std::size_t edits = unknown.size() / 3 + 2;
    for (const std::string& key : seen_) {
      if (has(key)) continue;
      if (const std::size_t n = edits_between(unknown, key); n < edits) edits = n, best = key;
    }
    return best;
  }
  void refuse_at(const toml::node& node, std::string expected) {
    file_->refuse(node.source().begin, std::move(expected));
  }

  File* file_;
  const toml::table* table_;
  std::set<std::string, std::less<>> seen_;
};

// Every configuration file opens with `version = 1`, every rule file with `schema = 1`.
inline void check_version(Table& root, std::string_view key = "version") {
  const std::string expected = std::string(key) + " = 1";
  if (!root.has(key)) return root.require(key, expected);
  if (root.raw()[key].value_exact<std::int64_t>() != 1) return root.refuse(key, "expected " + expected);
  root.integer(key, 1, 1, 1);
}

}  // namespace samband::toml_file
