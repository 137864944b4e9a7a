#include "report/suppress.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace samband::report {
namespace {

using Delta = std::vector<std::pair<std::uint32_t, std::int64_t>>;

// What the cells gain when one unit like `comes` takes the place of one like `goes`; either may be nobody.
void difference(const Delta& comes, const Delta& goes, Delta& out) {
  out.clear();
  auto a = comes.begin(), b = goes.begin();
  while (a != comes.end() || b != goes.end()) {
    if (b == goes.end() || (a != comes.end() && a->first < b->first)) {
      out.push_back(*a++);
    } else if (a == comes.end() || b->first < a->first) {
      out.emplace_back(b->first, -b->second);
      ++b;
    } else {
      if (a->second != b->second) out.emplace_back(a->first, a->second - b->second);
      ++a, ++b;
    }
  }
}

class Hiding {
 public:
  Hiding(const Population& population, std::int64_t below)
      : population_(population), values_(population.values()), hidden_(values_.size(), 0) {
    for (std::uint32_t cell = 0; cell < values_.size(); ++cell)
      if (values_[cell] > 0 && values_[cell] < below) hidden_[cell] = 1, small_.push_back(cell);
    std::sort(small_.begin(), small_.end(),
              [&](auto a, auto b) { return std::pair(values_[a], a) < std::pair(values_[b], b); });
  }

  std::vector<char> done() {
    for (const std::uint32_t cell : small_) protect(cell);
    return std::move(hidden_);
  }

 private:
  bool shown(std::uint32_t cell) const { return population_.printed[cell] && !hidden_[cell]; }

  // What hiding everything in the way of the change would cost; nothing when the change cannot be or does not help.
  std::optional<std::int64_t> cost(const Delta& delta, std::uint32_t cell) const {
    std::int64_t out = 0;
    bool moves = false;
    for (const auto& [at, by] : delta) {
      moves |= at == cell;
      // A count that is printed and hidden is known to be at least 1, any other to be at least 0.
      if (values_[at] + by < (population_.printed[at] ? 1 : 0)) return std::nullopt;
      if (shown(at)) out += values_[at];
    }
    return moves ? std::optional(out) : std::nullopt;
  }

  void protect(std::uint32_t cell) {
    static const Delta kNobody;
    Delta best, delta;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    const auto consider = [&](const Delta& comes, const Delta& goes) {
      difference(comes, goes, delta);
      if (const auto price = cost(delta, cell); price && *price < least) least = *price, best = delta;
    };
    for (const Alike& inside : population_.alike) {
      if (std::none_of(inside.adds.begin(), inside.adds.end(), [&](const auto& add) { return add.first == cell; }))
        continue;
      consider(inside.adds, kNobody);
      consider(kNobody, inside.adds);
      for (const Alike& other : population_.alike) {
        if (least == 0) return;  // another population prints the same already
        consider(inside.adds, other.adds);
        consider(other.adds, inside.adds);
      }
    }
    for (const auto& [at, by] : best)
      if (shown(at)) hidden_[at] = 1;
  }

  const Population& population_;
  std::vector<std::int64_t> values_;
  std::vector<char> hidden_;
  std::vector<std::uint32_t> small_;
};

}  // namespace

std::vector<std::int64_t> Population::values() const {
  std::vector<std::int64_t> out(printed.size());
  for (const Alike& each : alike)
    for (const auto& [cell, n] : each.adds) out[cell] += n * each.units;
  return out;
}

std::vector<char> hidden_cells(const Population& population, std::int64_t below) {
  return Hiding(population, below).done();
}

}  // namespace samband::report
