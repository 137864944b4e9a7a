// A scenario's story: what its parties send, judge, consent to and report, in order, and what is expected to come of
// each. Played against a running hub, with a line for everything that happens. docs/scenarios.md describes the file.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scenario/agencies.hpp"

namespace samband::scenario {

struct Outcome {
  int expectations = 0;
  std::vector<std::string> unexpected;  // "step 3: ...: got ..., expected ..."
};

// Where steps are acted one by one: by a story, or by every person of a synthetic year. `folder`, `root`, agencies and
// `say` must outlive it.
class Stage {
 public:
  virtual ~Stage() = default;
  // `scope`: names in the step are those of this play. `given`: what ${a:NAME} stands for. The clock is the caller's.
  virtual Result<void> act_as(const std::string& scope, const std::map<std::string, std::string>& given, Time now,
                              const json::object& step) = 0;
  virtual const Outcome& outcome() const = 0;
};
std::unique_ptr<Stage> open_stage(const std::filesystem::path& folder, const json::object& root, Agencies&,
                                  const std::function<void(const std::string&)>& say);
// "20d", "2h", "30m", also with a sign; nullopt: no such time.
std::optional<std::chrono::milliseconds> parse_delay(std::string_view);
// A scenario's JSON file. Errors: invalid_config, `where` = file and place.
Result<json::object> read_file(const std::filesystem::path&);
// Errors: invalid_config, `where` = JSON pointer within the step.
Result<void> check_step(const json::value& step);

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
