#include "report/suppress.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace samband::report {
namespace {

using Delta = std::vector<std::pair<std::uint32_t, std::int64_t>>;

// a - sign * b, cell by cell: what the cells gain when one unit takes the place of another, or of two changes.
void difference(const Delta& one, const Delta& other, std::int64_t sign, Delta& out) {
  out.clear();
  auto a = one.begin(), b = other.begin();
  while (a != one.end() || b != other.end()) {
    if (b == other.end() || (a != one.end() && a->first < b->first)) {
      out.push_back(*a++);
    } else if (a == one.end() || b->first < a->first) {
      out.emplace_back(b->first, -sign * b->second);
      ++b;
    } else {
      if (const std::int64_t n = a->second - sign * b->second; n != 0) out.emplace_back(a->first, n);
      ++a, ++b;
    }
  }
}

// One unit comes, one goes; either may be nobody (null).
struct Move {
  const Alike* comes = nullptr;
  const Alike* goes = nullptr;
  Delta delta;
};

// Two moves together hide less than one alone (somebody of January goes to March, and somebody else from March to
// January), but trying all pairs takes the square of the time; beyond these numbers one move must do.
constexpr std::size_t kAlikeMax = 80, kPairsMax = 3'000'000;

class Hiding {
 public:
  Hiding(const Population& population, std::int64_t below)
      : population_(population), values_(population.values()), hidden_(values_.size(), 0) {
    for (std::uint32_t cell = 0; cell < values_.size(); ++cell)
      if (values_[cell] > 0 && values_[cell] < below) hidden_[cell] = 1, small_.push_back(cell);
    std::sort(small_.begin(), small_.end(),
              [&](auto a, auto b) { return std::pair(values_[a], a) < std::pair(values_[b], b); });
    if (population.alike.size() > kAlikeMax || small_.empty()) return;
    for (const Alike& each : population.alike) {
      seconds_.push_back(move_of(&each, nullptr));
      seconds_.push_back(move_of(nullptr, &each));
      for (const Alike& other : population.alike)
        if (&each != &other) seconds_.push_back(move_of(&each, &other));
    }
  }

  std::vector<char> done() {
    for (const std::uint32_t cell : small_) protect(cell);
    return std::move(hidden_);
  }

 private:
  static Move move_of(const Alike* comes, const Alike* goes) {
    static const Delta kNobody;
    Move out{comes, goes, {}};
    difference(comes ? comes->adds : kNobody, goes ? goes->adds : kNobody, 1, out.delta);
    return out;
  }

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

  std::vector<Move> moves_of(std::uint32_t cell) const {
    std::vector<Move> out;
    for (const Alike& inside : population_.alike) {
      if (std::none_of(inside.adds.begin(), inside.adds.end(), [&](const auto& add) { return add.first == cell; }))
        continue;
      out.push_back(move_of(&inside, nullptr));
      out.push_back(move_of(nullptr, &inside));
      for (const Alike& other : population_.alike) {
        if (&other == &inside) continue;
        out.push_back(move_of(&inside, &other));
        out.push_back(move_of(&other, &inside));
      }
    }
    return out;
  }

  void protect(std::uint32_t cell) {
    const std::vector<Move> firsts = moves_of(cell);
    Delta best, both;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    const auto consider = [&](const Delta& delta) {
      if (const auto price = cost(delta, cell); price && *price < least) least = *price, best = delta;
      return least == 0;  // another population prints the same already
    };
    for (const Move& first : firsts)
      if (consider(first.delta)) return;
    if (firsts.size() * seconds_.size() <= kPairsMax)
      for (const Move& first : firsts)
        for (const Move& second : seconds_) {
          if (first.goes && first.goes == second.goes && first.goes->units < 2) continue;
          difference(first.delta, second.delta, -1, both);
          if (consider(both)) return;
        }
    for (const auto& [at, by] : best)
      if (shown(at)) hidden_[at] = 1;
  }

  const Population& population_;
  std::vector<std::int64_t> values_;
  std::vector<char> hidden_;
  std::vector<std::uint32_t> small_;
  std::vector<Move> seconds_;
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
