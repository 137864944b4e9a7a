// What a walk through the domain has met, by name: the proof that it covers every rule and every cut point, and not
// only that nothing disagreed. Each rule is also left out, loosened and moved ("mutants"): some cell must then be
// decided otherwise, or the domain would not see such a mistake. One thread each; merge() adds them up.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reference.hpp"

namespace samband::proof {

class Coverage {
 public:
  explicit Coverage(const RuleSet& shipped);
  // `about`: the rule whose inputs are being varied, if any; its mutants are tried on this request.
  void see(const testing::World&, const RuleSet&, const Rule* about, const testing::Reference&, const Decision&);
  void merge(const Coverage&);

  std::size_t needed() const { return met_.size(); }
  std::size_t met() const;
  std::vector<std::string> missing() const;  // neither met nor out of reach
  // Said to be out of reach, and reached all the same.
  std::vector<std::string> stale() const;

 private:
  struct Mutant {
    std::string name;
    std::size_t rule;  // its place
    std::function<void(RuleSet&, Rule&)> change;
    std::shared_ptr<RuleSet> set;  // made when first asked
  };
  void need(const std::string& what) { met_.emplace(what, false); }
  void meet(const std::string& what);
  void see_rule(const testing::World&, const Rule&, const testing::Reference&, const Decision&);
  void try_mutants(const testing::World&, const RuleSet&, const Rule& about, const Decision&);

  const RuleSet& shipped_;
  std::map<std::string, bool> met_;
  std::vector<Mutant> mutants_;  // those that no cell has told apart yet
};

}  // namespace samband::proof
