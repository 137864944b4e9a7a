// A synthetic year: as many persons as the source of a scenario had, with the shares that it states, each of whom lives
// through the same records as in life. Sent through a running hub on a simulated clock. docs/scenarios.md describes the
// file (year.json). The same seed gives the same year.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "scenario/agencies.hpp"
#include "scenario/story.hpp"

namespace samband::scenario {

struct Progress {
  std::size_t done = 0, of = 0;  // steps
  Time now{};                    // of the simulation
};

struct YearResult {
  int year = 0;  // that was simulated
  std::size_t persons = 0, steps = 0;
  Outcome outcome;
};

class SyntheticYear {
 public:
  // Errors: invalid_config, `where` = file and JSON pointer.
  static Result<SyntheticYear> load(const std::filesystem::path& file);

  int year() const { return year_; }  // of the source
  const std::string& title() const { return title_; }
  // The first year whose beginning the hub's clock has not passed stands for the source's. Errors: unavailable.
  Result<YearResult> run(Agencies&, std::uint64_t seed, const std::function<void(const Progress&)>& progress);

 private:
  std::filesystem::path file_;
  std::string title_;
  int year_ = 0;
  json::object root_;
};

}  // namespace samband::scenario
