// A table as property systems export it: RFC 4180 with a semicolon, in UTF-8 or Windows-1252, told apart row by row.
// A bad row has a problem and stops no other; what makes the rows themselves doubtful refuses the file.
// Cells come out as UTF-8. One pass, one row in memory. Not thread-safe: one reader per file.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/adapter.hpp"

namespace samband::plugin {

inline constexpr std::size_t kCsvRowsMax = 50000, kCsvColumnsMax = 64, kCsvCellBytesMax = 8192;

struct CsvRow {
  std::size_t line = 0;  // where it begins in the file, from 1
  std::vector<std::string> cells;
  std::size_t column = 0;    // of the problem, from 1; 0 = of the row as a whole
  std::string_view problem;  // a shape, never a value; empty = good
};

class CsvReader {
 public:
  // `media_type` may name a charset: utf-8, iso-8859-1 or windows-1252. Without one a byte order mark says UTF-8, then
  // what is valid UTF-8 is, and all else is Windows-1252 (of which ISO-8859-1 is the part without control characters).
  // `bytes` must outlive the reader. Errors: invalid_input (UTF-16, an unknown charset, no header row, a delimiter that
  // could be two, more rows or columns than the limits).
  static sdk::Result<CsvReader> open(std::string_view bytes, std::string_view media_type);

  const std::vector<std::string>& header() const { return header_; }
  // False at the end. A row has as many cells as the header, or a problem.
  bool next(CsvRow&);

 private:
  bool read(CsvRow&);
  void take_cell(CsvRow&, std::string& cell, std::string_view problem) const;
  bool at_break() const { return text_[at_] == '\n' || (text_[at_] == '\r' && text_.substr(at_ + 1, 1) == "\n"); }

  std::string_view text_;
  std::size_t at_ = 0, line_ = 1;
  char delimiter_ = ';';
  bool utf8_ = true;
  std::vector<std::string> header_;
};

}  // namespace samband::plugin
