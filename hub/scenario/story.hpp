// A scenario's story: what its parties send, judge, consent to and report, in order, and what is expected to come of
// each. Played against a running hub, with a line for everything that happens. docs/scenarios.md describes the file.
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "scenario/account.hpp"
#include "scenario/agencies.hpp"

namespace samband::scenario {

class Story {
 public:
  // Errors: invalid_config, `where` = file and JSON pointer.
  static Result<Story> load(const std::filesystem::path& file);

  const std::string& title() const { return title_; }
  // `say` gets every line of the account. Errors: unavailable; what came otherwise than expected is in the outcome.
  Result<Outcome> play(Agencies&, const std::function<void(const std::string&)>& say);

 private:
  std::filesystem::path file_;
  std::string title_;
  json::object root_;
};

}  // namespace samband::scenario
