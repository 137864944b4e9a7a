// The regions of cell_model.hpp say what the engine decides, cell by cell. Cells and edits of the shipped rules are
// random; the seed is printed and SAMBAND_SEED repeats it.
#include <iostream>

#include "cells_support.hpp"

namespace samband::testing {
namespace {

void compare(const RuleSet& rules, std::mt19937& random, int cells, std::array<int, 3>& seen) {
  const Space space({&rules}, day("2026-11-22"), true);
  const CellModel model(rules, space);
  for (int i = 0; i < cells; ++i) {
    Cell cell = random_cell(space, random);
    if (i % 16 != 0 && !rules.rules.empty()) aim(cell, rules.rules[random() % rules.rules.size()], random);
    const auto expected = decided(rules, space, cell), got = modelled(model, space, cell);
    ++seen[static_cast<std::size_t>(expected)];
    ASSERT_EQ(expected, got) << described(cell, space);
  }
}

TEST(CellModel, SaysWhatTheEngineDecides) {
  std::mt19937 random(seed_of_run());
  std::array<int, 3> seen{};
  compare(*shipped_rules(), random, 4000, seen);
  for (const int count : seen) EXPECT_GT(count, 100) << "the cells do not reach every outcome";
}

TEST(CellModel, SaysWhatTheEngineDecidesAfterRandomEdits) {
  std::mt19937 random(seed_of_run());
  std::array<int, 3> seen{};
  for (int round = 0; round < 40 && !HasFatalFailure(); ++round) {
    RuleSet rules = *shipped_rules();
    std::string edits;
    for (int i = 0; i < 6; ++i) edits += random_edit(rules, random) + "; ";
    rules.build_index();
    SCOPED_TRACE(edits);
    compare(rules, random, 150, seen);
  }
}

TEST(CellModel, SaysWhatTheEngineDecidesOfADutyBesidePermissionsThatCannotBeKept) {
  std::mt19937 random(seed_of_run());
  std::array<int, 3> seen{};
  for (const char* asked : {"notify_person", "restricted_recipient", "human_review"}) {
    RuleSet rules = *shipped_rules();
    for (auto& rule : rules.rules)
      if (rule.modality != "must") rule.obligations.push_back(asked);
    rules.build_index();
    SCOPED_TRACE(asked);
    compare(rules, random, 1500, seen);
  }
  for (const int count : seen) EXPECT_GT(count, 100) << "the cells do not reach every outcome";
}

TEST(Regions, AreSets) {
  const RuleSet rules = tiny_rules();
  const Space space({&rules}, day("2026-11-22"), false);
  const Region children{space.with(kAge, space.age_bits(0, 17))}, young{space.with(kAge, space.age_bits(15, 20))};
  const Region all{space.full};
  EXPECT_TRUE(same_cells(united(without(all, young), young), all));
  EXPECT_TRUE(same_cells(without(children, without(children, young)), intersected(children, young)));
  EXPECT_FALSE(overlap(without(all, young), young));
  EXPECT_TRUE(without(intersected(children, young), children).empty());
  EXPECT_EQ(merged(united(without(all, young), young)), all) << "one cube again";
}

}  // namespace
}  // namespace samband::testing
