// samband policy check | diff: what can be said about a rule set, and about two, before anybody sends anything.
#include <chrono>
#include <iostream>
#include <stdexcept>

#include "app/commands.hpp"
#include "app/rule_analysis.hpp"
#include "confidentiality/diff.hpp"
#include "config/load_law.hpp"

namespace samband::cli {
namespace {

const OptionSpec kAtOption{"at", "DATE", "as on this day (default: today)", ""};

struct Wanted {
  bool swedish = false;
  Date at{};
};

// What both commands are told; no value = wrong use, already said.
std::optional<Wanted> wanted(const Arguments& a) {
  Wanted out{.swedish = a.swedish(), .at = stockholm_date(system_clock().now())};
  if (a.has("at")) {
    const auto at = parse_date(a.get("at"));
    if (!at) return complain("--at: expects a day as 2026-11-22"), std::nullopt;
    out.at = *at;
  }
  return out;
}

json::object as_json(const Finding& f, bool swedish) {
  json::object out{{"code", f.code},
                   {"severity", to_string(f.severity)},
                   {"about", f.about},
                   {"detail", f.detail},
                   {"file", f.place.file},
                   {"line", f.place.line},
                   {"text", swedish ? f.sv : f.en},
                   {"fix", swedish ? f.fix_sv : f.fix_en}};
  if (f.accepted)
    out["accepted"] =
        json::object{{"reason", f.accepted->reason}, {"by", f.accepted->by}, {"at", to_string(f.accepted->at)}};
  return out;
}

int check(const Arguments& a) {
  const auto want = wanted(a);
  if (!want) return kUsage;
  std::filesystem::path folder;
  std::shared_ptr<const RuleSet> rules;
  std::vector<Finding> findings;
  std::chrono::steady_clock::time_point begin;
  if (a.has("rules")) {
    folder = a.get("rules");
    auto loaded = rules_of(folder);
    if (!loaded) return complain(in_words(loaded.error()));
    rules = *loaded;
    AnalysisInput input;
    input.rules = rules.get();
    input.at = want->at;
    LawTable law;
    const auto beside = std::filesystem::absolute(folder / "x").parent_path().parent_path() / "law.toml";
    if (std::filesystem::exists(beside)) {
      auto read = load_law(beside);
      if (!read) return complain(in_words(read.error()));
      law = std::move(*read);
      input.law = &law;
    }
    begin = std::chrono::steady_clock::now();
    findings = analyse(input);
  } else {
    auto config = configuration(a);
    if (!config) return complain(in_words(config.error()));
    auto loaded = rules_of(*config);
    if (!loaded) return complain(in_words(loaded.error()));
    folder = config->rules_dir;
    rules = *loaded;
    begin = std::chrono::steady_clock::now();
    auto made = analysis_of(*config, *rules, want->at);
    if (!made) return complain(in_words(made.error()));
    findings = std::move(*made);
  }
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  const std::size_t errors = open_errors(findings), warnings = open_warnings(findings);
  std::size_t notes = 0, accepted = 0;
  for (const LocalAnswer& answer : rules->answers)
    std::cout << answer.place.file << ":" << answer.place.line
              << (want->swedish ? ": besvarad lokalt: " : ": answered locally: ") << answer.setting << " = "
              << (answer.value ? "true" : "false") << ", " << answer.signed_by << ", " << to_string(answer.signed_at)
              << "\n";
  for (const Finding& f : findings) {
    accepted += f.accepted ? 1 : 0;
    notes += !f.accepted && f.severity == Severity::note ? 1 : 0;
  }
  const bool ok = errors == 0 && (!a.has("strict") || warnings == 0);
  if (a.json()) {
    json::array list;
    for (const Finding& f : findings) list.push_back(as_json(f, want->swedish));
    json::array answers;
    for (const LocalAnswer& answer : rules->answers)
      answers.push_back(json::object{{"setting", answer.setting},
                                     {"value", answer.value},
                                     {"signedBy", answer.signed_by},
                                     {"signedAt", to_string(answer.signed_at)},
                                     {"file", answer.place.file},
                                     {"line", answer.place.line}});
    std::cout << json::serialize(json::object{{"ok", ok},
                                              {"findings", std::move(list)},
                                              {"errors", errors},
                                              {"warnings", warnings},
                                              {"notes", notes},
                                              {"accepted", accepted},
                                              {"rulesetHash", rules->hash},
                                              {"localAnswers", std::move(answers)},
                                              {"milliseconds", took}})
              << "\n";
    return ok ? kOk : kFailed;
  }
  for (const Finding& f : findings) {
    if (f.accepted && !a.has("accepted")) continue;
    std::cout << in_words(f, folder, want->swedish) << "\n";
    if (f.accepted) {
      std::cout << (want->swedish ? "    godkänt av " : "    accepted by ") << f.accepted->by << " "
                << to_string(f.accepted->at) << ": " << f.accepted->reason << "\n";
    } else {
      std::cout << (want->swedish ? "    åtgärd: " : "    mend: ") << (want->swedish ? f.fix_sv : f.fix_en) << "\n";
    }
  }
  if (want->swedish) {
    std::cout << rules->rules.size() << " regler, " << rules->provisions.size() << " bestämmelser: " << errors
              << " fel, " << warnings << " varningar, " << notes << " notiser, " << accepted << " godkända; " << took
              << " ms\n";
  } else {
    std::cout << rules->rules.size() << " rules, " << rules->provisions.size() << " provisions: " << errors
              << " errors, " << warnings << " warnings, " << notes << " notes, " << accepted << " accepted; " << took
              << " ms\n";
  }
  return ok ? kOk : kFailed;
}

int diff(const Arguments& a) {
  const auto want = wanted(a);
  if (!want) return kUsage;
  std::shared_ptr<const RuleSet> sides[2];
  for (std::size_t i = 0; i < 2; ++i) {
    auto loaded = rules_of(std::filesystem::path(a.positional()[i]));
    if (!loaded) return complain(in_words(loaded.error()));
    sides[i] = *loaded;
  }
  try {
    const RuleSetDiff found = compare(*sides[0], *sides[1], want->at);
    if (a.json()) {
      json::object out = diff_as_json(found);
      out["before"] = sides[0]->hash;
      out["after"] = sides[1]->hash;
      std::cout << json::serialize(out) << "\n";
    } else {
      std::cout << diff_in_words(found, want->swedish);
    }
    return found.any() ? kFailed : kOk;
  } catch (const std::length_error& e) {
    return complain(e.what());
  }
}

}  // namespace

void add_policy_analysis(std::vector<Command>& commands) {
  commands.push_back({"policy check",
                      "Analyses the rule set: what can never apply, reaches too far, or rests on law that has moved",
                      "",
                      "Exact, over every combination that a decision can turn on. Each finding is explained in "
                      "docs/confidentiality.md; "
                      "[[accept]] in a rule file records one that stands. Exit code 1 on errors.",
                      {kConfigOption,
                       {"rules", "DIR", "only this folder of rules, with the law.toml beside it; no routes", ""},
                       kJsonOption,
                       kLangOption,
                       kAtOption,
                       {"strict", "", "exit code 1 on warnings too", ""},
                       {"accepted", "", "show accepted findings as well", ""}},
                      check});
  commands.push_back({"policy diff",
                      "Says what one folder of rules would release, hold or withhold that another does not",
                      "BEFORE AFTER",
                      "Exact: every combination that is decided otherwise, from --at on, in as few lines as they can "
                      "be said, and what "
                      "was added, removed or changed. Exit code 0 when nothing differs, 1 when something does.",
                      {kJsonOption, kLangOption, kAtOption},
                      diff});
}

}  // namespace samband::cli
