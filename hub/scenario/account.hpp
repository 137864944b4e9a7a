// The account of a play: a line for everything that happens, and what came otherwise than its steps expected.
// Single-threaded; `say` must outlive it.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace samband::scenario {

struct Outcome {
  int expectations = 0;
  std::vector<std::string> unexpected;  // "step 3: ...: got ..., expected ..."
};

class Account {
 public:
  explicit Account(const std::function<void(const std::string&)>& say) : say_(say) {}

  void begin_step(std::size_t number) { step_ = number; }
  void say(const std::string& line) const { say_(line); }
  // An exchange as its parties see it.
  void show(const json::object& exchange) const;
  void expect(const std::string& what, const std::string& got, const std::string& wanted);
  void expect(const std::string& what, const std::string& got, const std::string& wanted, bool met);
  // "released", or {"outcome", "reason", "released": [...], "withheld": [...], "held": [...], "missing": [...],
  // "ground": part of a citation, "state", "life", "alternative", "proof": true}: what is named must be so, lists
  // exactly. `proof`: the recipient has received it, on a day that the log proves.
  void check_exchange(const json::object& exchange, const json::value& want);
  const Outcome& outcome() const { return outcome_; }

 private:
  const std::function<void(const std::string&)>& say_;
  Outcome outcome_;
  std::size_t step_ = 1;
};

}  // namespace samband::scenario
