// The static analysis of the configured rule set, for the commands that show it and for those that refuse by it.
#pragma once
#include "app/settings.hpp"
#include "confidentiality/analyse.hpp"

namespace samband::cli {

// Of the whole configuration: rules, law table, parties, routes and the kinds' schemas.
Result<std::vector<Finding>> analysis_of(const Config&, const RuleSet&, Date at);
// "config/rules/lul.toml:6: error must_never POL-SN-15-17: ..."
std::string in_words(const Finding&, const std::filesystem::path& rules, bool swedish);
// One error for every finding that stops a hub, none when it may run.
std::vector<Error> blocking(const std::vector<Finding>&, const std::filesystem::path& rules);

}  // namespace samband::cli
