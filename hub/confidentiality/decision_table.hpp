// Decision tables: one file per rule, TOML or CSV, that a lawyer reads and signs. A base case, and rows that say only
// what they change and what is then expected. Running a table also finds which conditions it has tried: the row where
// all hold, each flipped alone, each unknown alone (MC/DC). What a row tries is worked out from the rule, never
// declared, so that a table cannot claim more than it does. Format: docs/policy-cases.md. Pure; values.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "confidentiality/case_answer.hpp"

namespace samband {

struct DecisionTable {
  struct Row {
    std::string note;
    std::size_t line = 0;
    json::object change, expect;
  };
  std::string file, rule;
  std::string law;     // what the section says, in the words of whoever wrote the table
  std::string exempt;  // why the rule has no rows; "" = it has
  json::object base;   // a case (docs/policy-cases.md)
  std::vector<Row> rows;
};

// By the ending of the name. Errors: invalid_input with "file:line:column".
Result<DecisionTable> parse_table(const std::string& file, std::string_view text);

struct TableResult {
  struct Row {
    std::string note, tries;  // "all conditions", "fact:x false", "fact:x unknown", "" = something else
    std::size_t line = 0;
    std::string outcome;  // as decided; "" when the case could not be read
    std::vector<Difference> differences;
    std::vector<Error> problems;
    bool ok() const { return differences.empty() && problems.empty(); }
  };
  std::string file, rule;
  std::vector<Row> rows;
  std::vector<std::string> uncovered;  // what the table lacks, in words
  bool ok() const;
};

TableResult run_table(const DecisionTable&, const CaseContext&);

}  // namespace samband
