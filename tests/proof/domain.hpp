// The abstract domain of a rule set, enumerated: for each neighbourhood (flows.hpp) every request that its rules can
// tell apart, in slices of which README.md says why together they are everything. A cell is one field of one request.
// Thread-safe: plots may be walked at the same time, each with a visitor of its own.
#pragma once
#include <cstdint>
#include <functional>

#include "flows.hpp"

namespace samband::proof {

// The whole domain, or the part of it that every test run visits.
enum class Extent { test, whole };

struct Size {
  std::uint64_t requests = 0, cells = 0;
  void add(const Size& more) { requests += more.requests, cells += more.cells; }
};

// A request and the rules: the shipped ones under the settings of the moment. `about` is the rule whose every input is
// being varied, if it is one rule's turn.
using Visit = std::function<void(const testing::World&, const RuleSet&, const Rule* about)>;

class Domain {
 public:
  explicit Domain(const RuleSet& shipped);
  std::size_t flows() const { return flows_; }
  std::size_t neighbourhoods() const { return neighbourhoods_.size(); }
  // Pieces of work: the neighbourhoods, then each rule's flows code by code, then all flows of each sender.
  std::size_t plots(Extent) const;
  Size walk(std::size_t plot, Extent, const Visit&) const;

 private:
  Size walk_codes_of(const Rule&, const Visit&) const;
  Size walk_flows(const std::string& holder, const Visit&) const;

  const RuleSet& shipped_;
  std::size_t flows_ = 0;
  std::vector<Neighbourhood> neighbourhoods_;
};

}  // namespace samband::proof
