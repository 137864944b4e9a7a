// Plays the steps of a scenario against a running hub, one agency's call after the other, and says what came of them.
// Single-threaded. `folder`, `root`, agencies and `say` must outlive what is made here. A member of a step, or of the
// hub's answer, that is of another type than asked for throws what Boost.JSON throws.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "scenario/account.hpp"
#include "scenario/agencies.hpp"

namespace samband::scenario {

// The steps of `root` in order, as one story. Errors: unavailable, with the step.
Result<Outcome> play_steps(const std::filesystem::path& folder, const json::object& root, Agencies&,
                           const std::function<void(const std::string&)>& say);

// Where steps are acted one by one, by every person of a synthetic year.
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

}  // namespace samband::scenario
