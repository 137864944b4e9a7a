#include "landlord/csv.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "common/json_tools.hpp"

namespace samband::plugin {
namespace {

// 0x80-0x9F of Windows-1252; 0 = nothing stands there.
constexpr std::array<std::uint16_t, 32> kUpper{0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                               0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                               0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                               0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// False when a byte stands for nothing, or when a part of it is UTF-8 after all: a Swedish name then reads "Ã¥".
bool from_windows_1252(std::string& cell) {
  std::string out;
  out.reserve(cell.size() + 8);
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const auto c = static_cast<unsigned char>(cell[i]);
    const auto after = i + 1 < cell.size() ? static_cast<unsigned char>(cell[i + 1]) : 0;
    if ((c == 0xC3 || c == 0xC2) && after >= 0x80 && after <= 0xBF) return false;
    const std::uint32_t code = c >= 0x80 && c < 0xA0 ? kUpper[c - 0x80] : c;
    if (code == 0 && c != 0) return false;
    append_utf8(out, code);
  }
  cell = std::move(out);
  return true;
}

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '"' && c != '\t') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string charset_of(std::string_view media_type) {
  const std::string type = lower(media_type);
  const auto at = type.find(";charset=");
  if (at == std::string::npos) return {};
  const auto begin = at + 9;
  return type.substr(begin, type.find(';', begin) - begin);
}

bool has_control(std::string_view cell) {
  return std::any_of(cell.begin(), cell.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u < 0x20 && u != '\n' && u != '\r' && u != '\t') || u == 0x7F;
  });
}

void trim(std::string& cell) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!cell.empty() && space(cell.back())) cell.pop_back();
  std::size_t begin = 0;
  while (begin < cell.size() && space(cell[begin])) ++begin;
  cell.erase(0, begin);
}

// ="0123" is how an export keeps the zeros of a number in a spreadsheet: text, and nothing is calculated.
bool is_kept_text(std::string_view cell) {
  return cell.size() > 3 && cell.starts_with("=\"") && cell.find('"', 2) == cell.size() - 1;
}

// A cell that a spreadsheet would calculate. A telephone number ("+46 8") and a negative sum are none.
bool is_formula(std::string_view cell) {
  if (cell.empty() || cell == "-") return false;
  if (cell[0] == '=' || cell[0] == '@') return true;
  return (cell[0] == '+' || cell[0] == '-') && (cell.size() < 2 || cell[1] < '0' || cell[1] > '9');
}

}  // namespace

sdk::Result<CsvReader> CsvReader::open(std::string_view bytes, std::string_view media_type) {
  CsvReader r;
  r.text_ = bytes;
  const auto charset = charset_of(media_type);
  const bool marked = bytes.substr(0, 3) == "\xEF\xBB\xBF";
  if (bytes.substr(0, 2) == "\xFF\xFE" || bytes.substr(0, 2) == "\xFE\xFF" || charset.rfind("utf-16", 0) == 0)
    return sdk::invalid("", "the file is UTF-16: save it as CSV in UTF-8");
  const bool says_utf8 = charset == "utf-8" || charset == "utf8";
  const bool says_latin = charset == "iso-8859-1" || charset == "latin1" || charset == "windows-1252";
  if (!charset.empty() && !says_utf8 && !says_latin)
    return sdk::invalid("", "charset is neither utf-8, iso-8859-1 nor windows-1252");
  if (marked && says_latin) return sdk::invalid("", "charset says one encoding, the byte order mark another");
  r.utf8_ = says_utf8 || marked || (!says_latin && is_valid_utf8(bytes));
  if (marked) r.text_.remove_prefix(3);
  // Excel's own first line, "sep=;", says what the next one shows.
  if (r.text_.substr(0, 4) == "sep=") {
    const auto end = r.text_.find('\n');
    r.at_ = end == std::string_view::npos ? r.text_.size() : end + 1;
    ++r.line_;
  }
  const auto rest = r.text_.substr(r.at_);
  const auto first = rest.substr(0, rest.find('\n'));
  const bool comma = first.find(',') != std::string_view::npos, tab = first.find('\t') != std::string_view::npos;
  if (first.find(';') == std::string_view::npos) {
    if (comma == tab) return sdk::invalid("1", "the header row shows no delimiter, or two: use semicolon");
    r.delimiter_ = comma ? ',' : '\t';
  }
  CsvRow header;
  if (!r.read(header)) return sdk::invalid("1", "the file has no header row");
  if (!header.problem.empty()) return sdk::invalid("1", "the header row: " + std::string(header.problem));
  if (header.cells.size() > kCsvColumnsMax) return sdk::invalid("1", "more than 64 columns");
  r.header_ = std::move(header.cells);
  // Counted before anything is read: of a file over the limit nothing is taken.
  CsvReader count = r;
  CsvRow row;
  for (std::size_t rows = 0; count.next(row);)
    if (++rows > kCsvRowsMax) return sdk::invalid("", "more than 50000 rows: split the file");
  return r;
}

void CsvReader::take_cell(CsvRow& row, std::string& cell, std::string_view problem) const {
  const auto note = [&](std::string_view what) {
    if (row.problem.empty()) row.problem = what, row.column = row.cells.size() + 1;
  };
  if (!problem.empty()) {
    note(problem);
  } else if (utf8_ ? !is_valid_utf8(cell) : !from_windows_1252(cell)) {
    note("not in the encoding of the rest of the file");
  } else if (has_control(cell)) {
    note("holds a control character");
  } else {
    trim(cell);
    if (is_kept_text(cell)) cell = cell.substr(2, cell.size() - 3);
    if (is_formula(cell)) note("begins as a formula");
    if (cell == "-") cell.clear();
  }
  if (row.cells.size() <= kCsvColumnsMax) row.cells.push_back(row.problem.empty() ? std::move(cell) : std::string());
  cell.clear();
}

bool CsvReader::read(CsvRow& row) {
  row = {};
  while (at_ < text_.size() && at_break()) {  // empty lines
    at_ += text_[at_] == '\r' ? 2 : 1;
    ++line_;
  }
  if (at_ >= text_.size()) return false;
  row.line = line_;
  std::string cell;
  std::string_view problem;
  const auto add = [&](char c) {
    if (cell.size() < kCsvCellBytesMax)
      cell += c;
    else
      problem = "longer than 8192 bytes";
  };
  for (;;) {
    const bool quoted = at_ < text_.size() && text_[at_] == '"';
    if (quoted) {
      for (++at_;; ++at_) {
        if (at_ >= text_.size()) {
          // What a quote that is never closed has swallowed cannot be told apart again.
          problem = "a quote is never closed: nothing after it was read";
          break;
        }
        if (text_[at_] == '"') {
          if (text_.substr(at_ + 1, 1) != "\"") break;
          ++at_;
        } else if (text_[at_] == '\n') {
          ++line_;
        }
        add(text_[at_]);
      }
      if (at_ < text_.size()) ++at_;
    }
    bool stray = false;
    for (; at_ < text_.size() && text_[at_] != delimiter_ && !at_break(); ++at_) {
      stray = stray || quoted || text_[at_] == '"';
      add(text_[at_]);
    }
    if (stray && (quoted || !is_kept_text(cell))) problem = "a quote stands inside a cell that is not quoted";
    take_cell(row, cell, problem);
    problem = {};
    if (at_ >= text_.size()) return true;
    if (text_[at_] == delimiter_) {
      ++at_;
      continue;
    }
    at_ += text_[at_] == '\r' ? 2 : 1;
    ++line_;
    return true;
  }
}

bool CsvReader::next(CsvRow& row) {
  for (;;) {
    if (!read(row)) return false;
    // A line of nothing but delimiters is what spreadsheets leave below a table.
    const bool blank = row.problem.empty() && std::all_of(row.cells.begin(), row.cells.end(),
                                                          [](const std::string& cell) { return cell.empty(); });
    if (blank) continue;
    if (row.problem.empty() && row.cells.size() != header_.size())
      row.problem =
          row.cells.size() < header_.size() ? "fewer cells than the header row" : "more cells than the header row";
    return true;
  }
}

}  // namespace samband::plugin
