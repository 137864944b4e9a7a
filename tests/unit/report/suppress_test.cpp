// No hidden count follows from what is shown. The attacker here knows every sum that the tables obey and tries all
// whole numbers: no hidden count may be left with a single possible value.
#include "report/suppress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

namespace samband::report {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kBelow = 5;

// A table of r rows and c columns with totals of rows and columns and of all. Cells in order: inner, row totals, column
// totals, total.
struct Grid {
  std::size_t rows, columns;
  std::vector<std::int64_t> inner;

  std::uint32_t row_total(std::size_t r) const { return static_cast<std::uint32_t>(rows * columns + r); }
  std::uint32_t column_total(std::size_t c) const { return static_cast<std::uint32_t>(rows * columns + rows + c); }
  std::uint32_t total() const { return static_cast<std::uint32_t>(rows * columns + rows + columns); }
  Population population() const {
    Population out;
    for (std::size_t i = 0; i < inner.size(); ++i)
      if (inner[i] > 0)
        out.alike.push_back({{{static_cast<std::uint32_t>(i), 1},
                              {row_total(i / columns), 1},
                              {column_total(i % columns), 1},
                              {total(), 1}},
                             inner[i]});
    out.printed.assign(total() + 1, 1);
    return out;
  }
};

// All values that each hidden cell may have, for somebody who sees the others and knows that a hidden one is not 0.
std::vector<std::set<std::int64_t>> possible(const Grid& grid, const std::vector<char>& hidden) {
  const std::vector<std::int64_t> real = grid.population().values();
  // An unknown sum may be a little more or less than it is; further away adds nothing to "more than one value".
  constexpr std::int64_t kAround = 2;
  std::vector<std::set<std::int64_t>> out(real.size());
  std::vector<std::int64_t> inner(grid.inner.size());
  const std::function<void(std::size_t)> fill = [&](std::size_t i) {
    if (i == inner.size()) {
      Grid other{grid.rows, grid.columns, inner};
      const std::vector<std::int64_t> values = other.population().values();
      for (std::size_t cell = 0; cell < real.size(); ++cell)
        if (hidden[cell] ? values[cell] < 1 : values[cell] != real[cell]) return;
      for (std::size_t cell = 0; cell < real.size(); ++cell) out[cell].insert(values[cell]);
      return;
    }
    const std::int64_t low = hidden[i] ? std::max<std::int64_t>(1, real[i] - kAround) : real[i];
    const std::int64_t high = hidden[i] ? real[i] + kAround : real[i];
    for (inner[i] = low; inner[i] <= high; ++inner[i]) fill(i + 1);
  };
  fill(0);
  return out;
}

TEST(Suppress, AHiddenClassHidesAnotherOrTheTotal) {
  const Grid grid{1, 3, {2, 20, 30}};
  const std::vector<char> hidden = hidden_cells(grid.population(), kBelow);
  EXPECT_TRUE(hidden[0]);
  EXPECT_TRUE(hidden[1]) << "the next smallest goes with it, not the total";
  EXPECT_FALSE(hidden[2]);
  EXPECT_FALSE(hidden[grid.total()]);
}

TEST(Suppress, NothingSmallHidesNothingAndZeroIsShown) {
  const std::vector<char> hidden = hidden_cells(Grid{2, 2, {0, 5, 7, 9}}.population(), kBelow);
  EXPECT_EQ(std::count(hidden.begin(), hidden.end(), 1), 0);
}

TEST(Suppress, TheRestOfAShareIsProtectedLikeACount) {
  // 40 registered, 38 of them entered: whoever sees both knows of the two who did not.
  Population p;
  p.alike = {{{{0, 1}, {1, 1}}, 38}, {{{0, 1}, {2, 1}}, 2}};
  p.printed = {1, 1, 0};
  const std::vector<char> hidden = hidden_cells(p, kBelow);
  EXPECT_TRUE(hidden[0] || hidden[1]);
}

TEST(Suppress, TwoTablesOfTheSamePersonsDoNotGiveEachOtherAway) {
  // One table by sex (3 girls, 16 boys), another without: the common total 19 must not give the girls away.
  Population p;
  p.alike = {{{{0, 1}, {1, 1}, {3, 1}}, 3}, {{{0, 1}, {2, 1}, {3, 1}}, 16}};
  p.printed = {1, 1, 1, 1};  // total of the one, girls, boys, total of the other
  EXPECT_THAT(hidden_cells(p, kBelow), ElementsAre(0, 1, 1, 0));
}

TEST(Suppress, TwoHiddenCountsOfOneAreNotGivenAwayByTheirSum) {
  // 1 + 1 of a shown total: since 0 would be shown, both would be known to be 1.
  const Grid grid{1, 3, {1, 1, 30}};
  const std::vector<char> hidden = hidden_cells(grid.population(), kBelow);
  const auto values = possible(grid, hidden);
  for (std::size_t cell = 0; cell < hidden.size(); ++cell) {
    if (hidden[cell]) {
      EXPECT_GT(values[cell].size(), 1u) << cell;
    }
  }
}

TEST(Suppress, NoTableLetsAnAttackerPinAHiddenCount) {
  std::mt19937 random(20261122);
  int small = 0, tables = 0, shown = 0;
  for (int i = 0; i < 3000; ++i) {
    std::uniform_int_distribution<std::size_t> size(1, 3);
    Grid grid{size(random), size(random), {}};
    std::discrete_distribution<std::int64_t> count({3, 3, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3});
    for (std::size_t cell = 0; cell < grid.rows * grid.columns; ++cell) grid.inner.push_back(count(random));
    const std::vector<char> hidden = hidden_cells(grid.population(), kBelow);
    const std::vector<std::int64_t> real = grid.population().values();
    if (std::count(hidden.begin(), hidden.begin() + static_cast<std::ptrdiff_t>(grid.inner.size()), 1) > 8) continue;
    ++tables;
    const auto values = possible(grid, hidden);
    for (std::size_t cell = 0; cell < hidden.size(); ++cell) {
      if (real[cell] > 0 && real[cell] < kBelow) {
        ++small;
        ASSERT_TRUE(hidden[cell]) << "table " << i << " cell " << cell;
      }
      shown += !hidden[cell];
      if (hidden[cell]) {
        ASSERT_GT(values[cell].size(), 1u) << "table " << i << " cell " << cell;
      }
    }
  }
  EXPECT_GT(tables, 2500);
  EXPECT_GT(small, 3000);
  EXPECT_GT(shown, 5000) << "hiding everything proves nothing";
}

// Tables that overlap in any way: units of a few types that each add to some of the cells. This attacker even knows
// which types there are, and tries every number of each.
TEST(Suppress, NoOverlapOfTablesLetsAnAttackerPinAHiddenCount) {
  std::mt19937 random(1989);
  constexpr std::int64_t kFew = 3, kUnitsMax = 9;
  int hidden_ones = 0, shown = 0;
  for (int i = 0; i < 4000; ++i) {
    std::uniform_int_distribution<std::size_t> cells_of(2, 5), types_of(2, 4);
    std::discrete_distribution<std::int64_t> units_of({0, 4, 2, 1, 1, 2, 2});
    std::uniform_int_distribution<std::int64_t> adds_of(0, 3);
    Population p;
    p.printed.assign(cells_of(random), 1);
    if (i % 3 == 0) p.printed.back() = 0;
    const std::size_t types = types_of(random);
    for (std::size_t t = 0; t < types; ++t) {
      Alike alike;
      alike.units = units_of(random);
      for (std::uint32_t cell = 0; cell < p.printed.size(); ++cell)
        if (const std::int64_t n = adds_of(random) - 1; n > 0) alike.adds.emplace_back(cell, n);
      p.alike.push_back(std::move(alike));
    }
    const std::vector<std::int64_t> real = p.values();
    const std::vector<char> hidden = hidden_cells(p, kFew);
    std::vector<std::set<std::int64_t>> values(real.size());
    Population other = p;
    const std::function<void(std::size_t)> fill = [&](std::size_t t) {
      if (t < types) {
        for (other.alike[t].units = 0; other.alike[t].units <= kUnitsMax; ++other.alike[t].units) fill(t + 1);
        return;
      }
      const std::vector<std::int64_t> tried = other.values();
      for (std::size_t cell = 0; cell < real.size(); ++cell)
        if (p.printed[cell] && (hidden[cell] ? tried[cell] < 1 : tried[cell] != real[cell])) return;
      for (std::size_t cell = 0; cell < real.size(); ++cell) values[cell].insert(tried[cell]);
    };
    fill(0);
    for (std::size_t cell = 0; cell < real.size(); ++cell) {
      shown += p.printed[cell] && !hidden[cell];
      if (real[cell] > 0 && real[cell] < kFew) {
        ASSERT_TRUE(hidden[cell]) << "population " << i << " cell " << cell;
      }
      if (!hidden[cell]) continue;
      ++hidden_ones;
      ASSERT_GT(values[cell].size(), 1u) << "population " << i << " cell " << cell;
    }
  }
  EXPECT_GT(hidden_ones, 1000);
  EXPECT_GT(shown, 3000);
}

}  // namespace
}  // namespace samband::report
