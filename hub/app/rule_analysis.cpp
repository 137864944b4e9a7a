#include "app/rule_analysis.hpp"

#include "config/load_law.hpp"
#include "model/kinds.hpp"

namespace samband::cli {
namespace {

std::string place_in_words(const Finding& f, const std::filesystem::path& rules) {
  if (f.place.file.empty()) return rules.string();
  return (rules / f.place.file).string() + ":" + std::to_string(f.place.line);
}

std::string subject(const Finding& f) {
  return f.code + " " + f.about + (f.detail.empty() ? "" : " (" + f.detail + ")");
}

}  // namespace

Result<std::vector<Finding>> analysis_of(const Config& config, const RuleSet& rules, Date at) {
  AnalysisInput input;
  input.rules = &rules;
  input.at = at;
  LawTable law;
  if (const auto file = config.folder / "law.toml"; std::filesystem::exists(file)) {
    auto loaded = load_law(file);
    if (!loaded) return loaded.error();
    law = std::move(*loaded);
    input.law = &law;
  }
  input.parties = &config.parties;
  input.routes = &config.routes;
  auto kinds = Kinds::load(config.schemas_dir);
  if (!kinds) return kinds.error();
  for (const auto& name : kinds->names()) input.carried[name] = categories_of(*kinds->find(name));
  return analyse(input);
}

std::string in_words(const Finding& f, const std::filesystem::path& rules, bool swedish) {
  static constexpr std::string_view kSwedish[] = {"fel", "varning", "notis"};
  const std::string severity(swedish ? kSwedish[static_cast<std::size_t>(f.severity)] : to_string(f.severity));
  return place_in_words(f, rules) + ": " + severity + " " + subject(f) + ": " + (swedish ? f.sv : f.en);
}

std::vector<Error> blocking(const std::vector<Finding>& findings, const std::filesystem::path& rules) {
  std::vector<Error> out;
  for (const Finding& f : findings)
    if (f.severity == Severity::error && !f.accepted)
      out.push_back(fail(Errc::invalid_config, place_in_words(f, rules), subject(f) + ": " + f.en + ". " + f.fix_en));
  return out;
}

}  // namespace samband::cli
