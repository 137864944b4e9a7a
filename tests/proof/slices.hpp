// One neighbourhood's requests, slice by slice. Internal to tests/proof: domain.cpp makes one for each walk.
#pragma once
#include <map>
#include <memory>

#include "domain.hpp"

namespace samband::proof {

// The shipped rules under other settings; each combination is made once.
class Variants {
 public:
  explicit Variants(const RuleSet& shipped) : shipped_(shipped) {}
  const RuleSet& with(const Settings&);
  // The same, where every permission (may, should) asks for this too.
  const RuleSet& asking(const Settings&, const std::string& obligation);
  // Every setting that a rule names is on, all others at their narrow side: no rule is out of sight.
  Settings open() const;

 private:
  const RuleSet& shipped_;
  std::map<std::string, std::unique_ptr<RuleSet>> made_;
};

// When the decision is made, and when the person whom it is about was born.
struct Age {
  Time now;
  std::optional<Date> born;
};

class Slices {
 public:
  // The rules of the neighbourhood lie in `shipped`.
  Slices(const RuleSet& shipped, const Neighbourhood&, Variants&, Extent, const Visit&);
  Size walk();

 private:
  using World = testing::World;
  enum Answer { unset, yes, no };

  World blank(const Age&, const std::string& about) const;
  void emit(const World&, const Settings&, const Rule* own = nullptr);
  void emit(const World& w, const Rule* own = nullptr) { emit(w, open_, own); }

  // A rule by itself: every input of its conditions, the other rules silent, open and applied.
  void alone(const Rule&, const std::string& about);
  // Every provision of this holder, with the rules silent, open and applied.
  void answers();
  // All rules at once: every combination of answers, one age of each band.
  void together();
  // The slices of what stands beside the rules.
  void harm_tests();
  void protection();
  void consents(const Rule&);
  void records();
  void dates(const Rule&);
  void several();
  void names_alone();
  void set_aside();
  void nothing_speaks();

  const std::string& about(const Rule&) const;
  void answer(World&, const std::string& code, Answer, const std::string& ref = "") const;
  void answer_wishes(World&, const Rule&, Answer) const;
  void answer_others(World&, const Rule&, Answer) const;
  void answer_all(World&, Answer) const;
  void consent_to(World&, Answer) const;

  const RuleSet& shipped_;
  const Neighbourhood& n_;
  Variants& variants_;
  const bool whole_;
  const Visit& visit_;
  Settings open_;
  Size size_;
};

// The ages around these cut points: the day before, the day and the day after, 29 February on both sides of midnight.
std::vector<Age> ages_around(const std::set<int>& cuts);
// One age of each band between the cut points, and an unknown one.
std::vector<Age> ages_between(const std::set<int>& cuts);
// An age that every age condition of the rule accepts.
Age age_wished(const Rule&, Time now);

}  // namespace samband::proof
