// samband policy decide | test: the rules tried on cases and decision tables. Needs no hub, no keys and no store.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "app/commands.hpp"
#include "app/settings.hpp"
#include "base/encoding.hpp"
#include "confidentiality/case_answer.hpp"
#include "confidentiality/decision_table.hpp"
#include "confidentiality/explain.hpp"
#include "keys/crypto.hpp"

namespace samband::cli {
namespace {

constexpr std::size_t kLineBytesMax = 1u << 20;
constexpr std::uintmax_t kTableBytesMax = 1u << 20;

const OptionSpec kRulesOption{"rules", "DIR", "rule files; without --config no configuration is read", ""};

// The rules, and of the configuration only what a case may name.
struct Ground {
  std::shared_ptr<const RuleSet> rules;
  Parties parties;
  CaseContext context;
  std::filesystem::path tables;
};

Result<std::unique_ptr<Ground>> ground_of(const Arguments& a) {
  auto out = std::make_unique<Ground>();
  if (!a.has("rules") || a.has("config")) {
    auto config = configuration(a);
    if (!config) return config.error();
    out->parties = config->parties;
    out->context.parties = &out->parties;
    out->context.agreements = config->agreements;
    out->tables = config->folder / "decision_tables";
    if (!a.has("rules")) {
      auto rules = rules_of(*config);
      if (!rules) return rules.error();
      out->rules = *rules;
    }
  }
  if (a.has("rules")) {
    const std::filesystem::path folder = a.get("rules");
    auto rules = rules_of(folder);
    if (!rules) return rules.error();
    out->rules = *rules;
    if (out->tables.empty())
      out->tables = std::filesystem::absolute(folder).lexically_normal().parent_path() / "decision_tables";
  }
  out->context.rules = out->rules.get();
  out->context.now = system_clock().now();
  return out;
}

// -- decide -----------------------------------------------------------------------------------------------------------

// False at the end. `too_long` lines are read to their end and thrown away.
bool next_line(std::istream& in, std::string& line, bool& too_long) {
  using Traits = std::istream::traits_type;
  line.clear();
  too_long = false;
  auto* buffer = in.rdbuf();
  auto c = buffer->sbumpc();
  if (Traits::eq_int_type(c, Traits::eof())) return false;
  for (; !Traits::eq_int_type(c, Traits::eof()) && Traits::to_char_type(c) != '\n'; c = buffer->sbumpc()) {
    if (line.size() < kLineBytesMax) {
      line += Traits::to_char_type(c);
    } else {
      too_long = true;
    }
  }
  return true;
}

json::array shown(const std::vector<Difference>& differences) {
  json::array out;
  for (const auto& d : differences) out.push_back({{"what", d.what}, {"expected", d.expected}, {"got", d.got}});
  return out;
}
json::array shown(const std::vector<Error>& problems) {
  json::array out;
  for (const auto& e : problems) out.push_back({{"pointer", e.where}, {"message", e.message}});
  return out;
}

class CaseRun {
 public:
  CaseRun(const Ground& ground, const Arguments& a, std::string file)
      : ground_(ground), json_(a.json()), lang_(a.get("lang")), file_(std::move(file)) {}

  void line(std::size_t number, std::string_view text, bool too_long) {
    if (number == 1 && text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || text[first] == '#') return;
    ++cases_;
    std::vector<Error> problems;
    std::string id;
    if (too_long) problems.push_back(fail(Errc::too_large, "", "the line is longer than 1 MiB"));
    if (problems.empty()) one(number, text, problems, id);
    if (!problems.empty()) refuse(number, id, problems);
  }

  int finish() const {
    std::cerr << cases_ << (cases_ == 1 ? " case: " : " cases: ") << as_expected_ << " as expected, " << different_
              << " not, " << cases_ - as_expected_ - different_ - errors_ << " without expectation, " << errors_
              << (errors_ == 1 ? " error\n" : " errors\n");
    return different_ == 0 && errors_ == 0 ? kOk : kFailed;
  }

 private:
  void one(std::size_t number, std::string_view text, std::vector<Error>& problems, std::string& id) {
    const auto parsed = parse_json(text);
    if (!parsed) {
      problems.push_back(parsed.error());
      return;
    }
    if (!parsed->is_object()) {
      problems.push_back(fail(Errc::invalid_input, "", "expects one JSON object on each line"));
      return;
    }
    id = string_at(parsed->get_object(), "id");
    if (!is_line(id, kCaseIdMax)) id.clear();  // an error of the case, and not shown
    const auto policy_case = read_case(parsed->get_object(), ground_.context, problems);
    if (!policy_case) return;
    if (id.empty()) id = "line " + std::to_string(number);
    const bool own = !policy_case->settings.empty();
    const RuleSet turned = own ? policy_case->with_settings(*ground_.rules) : RuleSet{};
    const RuleSet& rules = own ? turned : *ground_.rules;
    auto request = policy_case->request();
    request.nearest_change = true;
    const auto decision = DecisionMaker::decide(request, rules);
    std::vector<Difference> differ;
    if (policy_case->expect) {
      differ = differences(*policy_case->expect, decision);
      ++(differ.empty() ? as_expected_ : different_);
    }
    const bool expected = policy_case->expect.has_value();
    if (json_) {
      json::object out{{"line", number}, {"id", id}};
      for (auto& [key, value] : answer_of(*policy_case, decision, rules, crypto::sha256_hex(inputs_text(request))))
        out[key] = std::move(value);
      if (expected) {
        out["asExpected"] = differ.empty();
        out["differences"] = shown(differ);
      }
      std::cout << json::serialize(out) << "\n";
    } else {
      const bool sv = lang_ == "sv";
      std::cout << id << ": " << to_string(decision.outcome())
                << (!expected        ? ""
                    : differ.empty() ? (sv ? " (som väntat)" : " (as expected)")
                                     : (sv ? " (INTE SOM VÄNTAT)" : " (NOT AS EXPECTED)"))
                << "\n  " << explain_in_words(decision, rules, lang_) << "\n";
      for (const auto& d : differ)
        std::cout << "  " << d.what << (sv ? ": väntat " : ": expected ") << d.expected << (sv ? ", blev " : ", got ")
                  << d.got << "\n";
    }
  }

  void refuse(std::size_t number, const std::string& id, const std::vector<Error>& problems) {
    ++errors_;
    if (json_) {
      json::object out{{"line", number}, {"errors", shown(problems)}};
      if (!id.empty()) out["id"] = id;
      std::cout << json::serialize(out) << "\n";
    }
    for (const auto& e : problems) std::cerr << file_ << ":" << number << ": " << in_words(e) << "\n";
  }

  const Ground& ground_;
  const bool json_;
  const std::string lang_, file_;
  std::size_t cases_ = 0, as_expected_ = 0, different_ = 0, errors_ = 0;
};

int decide(const Arguments& a) {
  auto ground = ground_of(a);
  if (!ground) return complain(in_words(ground.error()));
  const std::string file = a.positional().empty() ? "-" : a.positional().front();
  std::ifstream opened;
  if (file != "-") {
    std::error_code error;
    opened.open(file, std::ios::binary);
    if (!opened || std::filesystem::is_directory(file, error)) return complain(file + ": cannot be read");
  }
  std::istream& in = file == "-" ? std::cin : opened;
  CaseRun run(**ground, a, file);
  std::string line;
  bool too_long = false;
  for (std::size_t number = 1; next_line(in, line, too_long); ++number) {
    run.line(number, line, too_long);
    if (in.rdbuf()->in_avail() <= 0) std::cout.flush();  // whoever writes the next line may be waiting for this one
  }
  std::cout.flush();
  if (!std::cout) return complain("the answers could not be written");
  return run.finish();
}

// -- test -------------------------------------------------------------------------------------------------------------

struct TableRun {
  std::vector<TableResult> results;
  std::vector<Error> errors;          // files that are no tables
  std::vector<std::string> untested;  // rules of the set without a table
  std::size_t rows = 0, exempt = 0;
  bool ok() const {
    return errors.empty() && untested.empty() &&
           std::all_of(results.begin(), results.end(), [](const TableResult& r) { return r.ok(); });
  }
};

// Every *.toml and *.csv of a folder, in name order; or the file itself.
Result<std::vector<std::filesystem::path>> files_of(const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::filesystem::path> out;
  if (std::filesystem::is_regular_file(path, error)) return std::vector{path};
  for (auto it = std::filesystem::directory_iterator(path, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error))
    if (it->path().extension() == ".toml" || it->path().extension() == ".csv") out.push_back(it->path());
  if (error) return fail(Errc::invalid_input, path.string(), "cannot be read");
  std::sort(out.begin(), out.end());
  return out;
}

Result<DecisionTable> read_table(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) > kTableBytesMax || error)
    return fail(Errc::too_large, path.string(), "cannot be read, or is larger than 1 MiB");
  std::ifstream in(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  return parse_table(path.string(), text);
}

void show(const TableRun& run, bool verbose) {
  for (const Error& e : run.errors) std::cout << in_words(e) << "\n";
  for (const TableResult& table : run.results) {
    if (verbose) std::cout << table.rule << "  " << table.file << "\n";
    for (const auto& row : table.rows) {
      if (row.ok() && !verbose) continue;
      std::cout << "  " << table.file << ":" << row.line << ": " << (row.ok() ? "ok" : "FAILS") << "  "
                << (row.tries.empty() ? "" : "[" + row.tries + "] ") << row.note
                << (row.outcome.empty() ? "" : ": " + row.outcome) << "\n";
      for (const Error& e : row.problems) std::cout << "      " << in_words(e) << "\n";
      for (const auto& d : row.differences)
        std::cout << "      " << d.what << ": expected " << d.expected << ", got " << d.got << "\n";
    }
    for (const auto& missing : table.uncovered)
      std::cout << table.file << ": " << table.rule << ": " << missing << "\n";
  }
  for (const auto& rule : run.untested) std::cout << rule << ": no decision table\n";
  const auto failed = std::count_if(run.results.begin(), run.results.end(), [](const auto& r) { return !r.ok(); });
  std::cout << run.results.size() << (run.results.size() == 1 ? " table (" : " tables (") << run.exempt << " exempt), "
            << run.rows << " rows: "
            << (run.ok() ? "all as expected, every condition flipped and unknown alone"
                         : std::to_string(failed) + " tables fail, " + std::to_string(run.untested.size()) +
                               " rules without a table, " + std::to_string(run.errors.size()) + " files unreadable")
            << "\n";
}

json::object shown(const TableRun& run, const RuleSet& rules) {
  json::array tables, errors, untested;
  for (const TableResult& table : run.results) {
    json::array rows, uncovered;
    for (const auto& row : table.rows)
      rows.push_back({{"line", row.line},
                      {"note", row.note},
                      {"tries", row.tries},
                      {"outcome", row.outcome},
                      {"ok", row.ok()},
                      {"differences", shown(row.differences)},
                      {"errors", shown(row.problems)}});
    for (const auto& text : table.uncovered) uncovered.emplace_back(text);
    tables.push_back({{"file", table.file},
                      {"rule", table.rule},
                      {"ok", table.ok()},
                      {"rows", std::move(rows)},
                      {"uncovered", std::move(uncovered)}});
  }
  for (const Error& e : run.errors) errors.push_back({{"where", e.where}, {"message", e.message}});
  for (const auto& rule : run.untested) untested.emplace_back(rule);
  return {{"ok", run.ok()},
          {"rules", rules.rules.size()},
          {"rows", run.rows},
          {"exempt", run.exempt},
          {"tables", std::move(tables)},
          {"untested", std::move(untested)},
          {"errors", std::move(errors)},
          {"rulesetHash", rules.hash}};
}

int test(const Arguments& a) {
  auto ground = ground_of(a);
  if (!ground) return complain(in_words(ground.error()));
  std::vector<std::filesystem::path> paths(a.positional().begin(), a.positional().end());
  if (paths.empty()) paths = {(*ground)->tables};
  TableRun run;
  std::map<std::string, std::string> tables;  // rule -> file
  bool whole = false;                         // a folder speaks for every rule, a file for its own
  for (const auto& path : paths) {
    const auto files = files_of(path);
    if (!files) return complain(in_words(files.error()));
    std::error_code error;
    whole = whole || std::filesystem::is_directory(path, error);
    for (const auto& file : *files) {
      auto table = read_table(file);
      if (!table) {
        run.errors.push_back(table.error());
        continue;
      }
      if (const auto [it, fresh] = tables.emplace(table->rule, table->file); !fresh) {
        run.errors.push_back(
            fail(Errc::invalid_input, table->file, table->rule + " has a table already: " + it->second));
        continue;
      }
      run.exempt += table->exempt.empty() ? 0 : 1;
      run.results.push_back(run_table(*table, (*ground)->context));
      run.rows += run.results.back().rows.size();
    }
  }
  if (whole)
    for (const Rule& rule : (*ground)->rules->rules)
      if (!tables.contains(rule.id)) run.untested.push_back(rule.id);
  if (a.json())
    std::cout << json::serialize(shown(run, *(*ground)->rules)) << "\n";
  else
    show(run, a.has("verbose"));
  return run.ok() ? kOk : kFailed;
}

}  // namespace

void add_policy_cases(std::vector<Command>& commands) {
  commands.push_back(
      {"policy decide",
       "Decides the cases of a file and compares them with what it expects",
       "[FILE]",
       "FILE holds one JSON object a line (docs/policy-cases.md); - or nothing is standard input. Needs no "
       "running hub. Exit code 1 when a case differs from its expect or cannot be read.",
       {kConfigOption, kRulesOption, kJsonOption, kLangOption},
       decide});
  commands.push_back(
      {"policy test",
       "Runs the decision tables of the rules",
       "[PATH...]",
       "PATH is a table (.toml, .csv) or a folder of them; the configuration's decision_tables when left "
       "out. A folder must hold a table for every rule, with each condition flipped and unknown alone.",
       {kConfigOption, kRulesOption, kJsonOption, {"verbose", "", "every row", ""}},
       test});
}

}  // namespace samband::cli
