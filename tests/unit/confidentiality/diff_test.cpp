// The diff of two rule sets holds exactly the cells that the engine decides otherwise: compared with it on random cells
// after random edits (the seed is printed, SAMBAND_SEED repeats it), and on small edits by hand.
#include "confidentiality/diff.hpp"

#include <algorithm>
#include <iostream>
#include <set>

#include "cells_support.hpp"

namespace samband::testing {
namespace {

const Date kToday = day("2026-11-22");

// Before and after of the cell by the diff; the same twice when no change holds it. A cell is in one change at most.
std::pair<FieldOutcome, FieldOutcome> changed(const RuleSetDiff& diff, const Cell& cell, FieldOutcome same) {
  std::pair out{same, same};
  int times = 0;
  for (const auto& change : diff.changes)
    if (holds(change.cells, cell)) out = {change.before, change.after}, ++times;
  EXPECT_LE(times, 1) << "two answers for one cell";
  return out;
}

TEST(Diff, IsExactlyWhatTheEngineDecidesOtherwise) {
  std::mt19937 random(seed_of_run());
  int differ = 0, compared = 0;
  for (int round = 0; round < 12 && !HasFatalFailure(); ++round) {
    RuleSet before = *shipped_rules();
    std::string edits;
    for (int i = 0; i < 2; ++i) random_edit(before, random);  // so that the sets do not always begin alike
    RuleSet after = before;
    for (int i = 0; i < 1 + round % 3; ++i) edits += random_edit(after, random) + "; ";
    before.build_index();
    after.build_index();
    SCOPED_TRACE(edits);
    const RuleSetDiff diff = compare(before, after, kToday);
    const auto check = [&](const Cell& cell) {
      const auto a = decided(before, diff.space, cell), b = decided(after, diff.space, cell);
      differ += a != b ? 1 : 0;
      ++compared;
      ASSERT_EQ(changed(diff, cell, a), std::pair(a, b)) << described(cell, diff.space);
    };
    for (int i = 0; i < 150 && !HasFatalFailure(); ++i) {
      Cell cell = random_cell(diff.space, random);
      if (i % 8 != 0) aim(cell, (i % 2 == 0 ? before : after).rules[random() % 40], random);
      check(cell);
    }
    // And envelopes, which leave without any rule.
    for (int i = 0; i < 50 && !HasFatalFailure(); ++i) {
      Cell cell = random_cell(diff.space, random);
      cell.value[kCategory] = std::uint64_t{1} << code_index(data_categories(), "envelope");
      check(cell);
    }
    // And cells that the diff names: each must differ.
    for (const auto& change : diff.changes) {
      for (int i = 0; i < 5 && !HasFatalFailure(); ++i) {
        const Cube& cube = change.cells[random() % change.cells.size()];
        Cell cell;
        for (std::size_t d = 0; d < kDimensions; ++d) {
          std::vector<std::uint64_t> bits;
          for (std::uint64_t rest = cube.allowed[d]; rest != 0; rest &= rest - 1) bits.push_back(rest & -rest);
          cell.value[d] = bits[random() % bits.size()];
        }
        check(cell);
      }
    }
  }
  std::cout << compared << " cells compared, " << differ << " of them decided otherwise\n";
  EXPECT_GT(differ, 50) << "the edits change too little to prove anything";
}

TEST(Diff, SeesALeafOfAnEnvelopeThatNoRuleSpeaksOf) {
  RuleSet after = *shipped_rules();
  after.rules.clear();
  after.provisions.clear();
  RuleSet before = after;
  before.purposes.front().except = {};
  before.build_index();
  after.purposes.front().except = {"personalNumber"};
  after.build_index();
  const auto diff = compare(before, after, kToday);
  ASSERT_FALSE(diff.changes.empty());
  for (const auto& change : diff.changes) EXPECT_EQ(change.causes, std::vector{"purpose " + after.purposes[0].id});
}

TEST(Diff, OfASetWithItselfIsNothing) {
  const auto diff = compare(*shipped_rules(), *shipped_rules(), kToday);
  EXPECT_FALSE(diff.any());
  EXPECT_EQ(diff_in_words(diff, false), "No difference.\n");
  EXPECT_EQ(diff_in_words(diff, true), "Ingen skillnad.\n");
}

TEST(Diff, SaysAnAgeLimitInAFewLines) {
  RuleSet before = tiny_rules({needs_fact("individual_assessment")});
  before.rules[0].categories = {"identity", "event"};
  RuleSet after = before;
  after.rules[0].conditions.push_back(
      {.type = Condition::Type::person_age, .code = {}, .codes = {}, .expected = true, .age_min = 0, .age_max = 17});
  const auto diff = compare(before, after, kToday);
  ASSERT_EQ(diff.items.size(), 1u);
  EXPECT_EQ(diff.items[0].how, "changed");
  ASSERT_EQ(diff.items[0].members.size(), 1u);
  EXPECT_EQ(diff.items[0].members[0].after, "age<18, fact:individual_assessment");
  const std::string words = diff_in_words(diff, false);
  EXPECT_NE(words.find("Now withheld (before: released), because of rule R"), std::string::npos) << words;
  EXPECT_NE(words.find("the police -> social welfare board, concern.report, for \"a\": event, identity, "
                       "caseworker; when: "
                       "age 18 and older; a named person's assessment of this case: yes\n"),
            std::string::npos)
      << words;
  EXPECT_LT(std::count(words.begin(), words.end(), '\n'), 22) << words;
  EXPECT_EQ(words.find("Now released"), std::string::npos) << words;
  // The other way round it is what is newly released.
  EXPECT_NE(
      diff_in_words(compare(after, before, kToday), true).find("Nu: lämnas ut (förut: lämnas inte ut), genom regel R"),
      std::string::npos);
}

TEST(Diff, AnAssumptionChangesOnlyWhatIsSaidOfAnUnknownAge) {
  const RuleSet before = tiny_rules({parse_condition("age<18").value()});
  const RuleSet after = tiny_rules({parse_condition("age<18_or_assumed").value()});
  const auto diff = compare(before, after, kToday);
  ASSERT_EQ(diff.items.size(), 1u);
  EXPECT_EQ(diff.items[0].members.at(0).after, "age<18_or_assumed");
  for (const auto& change : diff.changes)
    for (const auto& cube : change.cells) EXPECT_EQ(cube.allowed[kAge], diff.space.unknown_age());
  const std::string words = diff_in_words(diff, false);
  EXPECT_NE(words.find("Now released (before: held)"), std::string::npos) << words;
  EXPECT_NE(words.find("age unknown; an assumption that the person is under 18: yes"), std::string::npos) << words;
  EXPECT_NE(words.find("Now withheld (before: held)"), std::string::npos) << words;
  EXPECT_NE(words.find("age unknown; an assumption that the person is under 18: no"), std::string::npos) << words;
}

TEST(Diff, NamesWhatCausedIt) {
  const RuleSet before = tiny_rules({needs_fact("individual_assessment")});
  const auto causes = [&](const RuleSet& after) {
    std::set<std::string> out;
    for (const auto& change : compare(before, after, kToday).changes)
      out.insert(change.causes.begin(), change.causes.end());
    return out;
  };
  using Set = std::set<std::string>;
  RuleSet after = before;
  after.rules.clear();
  EXPECT_EQ(causes(after), Set{"rule R"});
  after = before;
  after.purposes[0].needs = {"identity", "official"};
  EXPECT_EQ(causes(after), Set{"purpose child_protection"});
  after = before;
  after.provisions[0].unbreakable = true;
  EXPECT_EQ(causes(after), Set{"provision S"});
  after = before;
  after.purposes[0].except = {"personalNumber"};
  EXPECT_EQ(causes(after), Set{"purpose child_protection"});
  after = before;
  after.no_secrecy[0].categories = {"envelope"};
  EXPECT_EQ(causes(after), Set{"no_secrecy"});
  after = before;
  after.gate.recipients = {"landlord_private", "social_board"};
  EXPECT_EQ(causes(after), Set{"setting gate"});
  after = before;
  after.rules[0].conditions.push_back(needs_consent());
  const RuleSet consenting = after;
  after.settings.one_guardian_suffices = after.settings.lvm_in_force = true;
  std::set<std::string> of_settings;
  for (const auto& change : compare(consenting, after, kToday).changes)
    of_settings.insert(change.causes.begin(), change.causes.end());
  EXPECT_TRUE(of_settings.contains("setting one_guardian_suffices"));
  RuleSet off = before, on = before;
  off.rules[0].setting = on.rules[0].setting = "lvm_in_force";
  on.settings.lvm_in_force = true;
  const auto switched = compare(off, on, kToday);
  EXPECT_NE(diff_in_words(switched, false).find(" because of setting lvm_in_force (rule R)\n"), std::string::npos);
  EXPECT_NE(diff_in_words(switched, true).find(", genom inställning lvm_in_force (regel R)\n"), std::string::npos);
}

TEST(Diff, NamesTheRuleThatAHarmTestLeansOnAndNoneThatMovedNothing) {
  RuleSet before = tiny_rules({needs_fact("individual_assessment")});
  before.rules[0].categories = {"identity"};
  Rule& other = before.rules.emplace_back(before.rules[0]);
  other.id = "Q";
  other.categories = {"event"};
  other.conditions = {needs_fact("need_for_care"), needs_fact("interest_balance")};
  RuleSet after = before;
  after.rules[0].conditions.clear();               // R holds always: a harm test may now clear an event too
  after.rules[1].obligations = {"no_onward_use"};  // and Q only asks for more afterwards
  const auto causes_of_events = [&] {
    std::set<std::string> out;
    const auto event = std::uint64_t{1} << code_index(data_categories(), "event");
    for (const auto& change : compare(before, after, kToday).changes)
      for (const Cube& cube : change.cells)
        if ((cube.allowed[kCategory] & event) != 0) out.insert(change.causes.begin(), change.causes.end());
    return out;
  };
  EXPECT_EQ(causes_of_events(), std::set<std::string>{"rule R"});
  after.rules[1].conditions = {needs_fact("need_for_care")};  // now Q moves cells of its own
  EXPECT_EQ(causes_of_events(), (std::set<std::string>{"rule Q", "rule R"}));
}

TEST(Diff, OfWordsAloneMovesNoCell) {
  RuleSet after = *shipped_rules();
  after.rules[0].title_en += ", reviewed";
  after.build_index();
  const auto diff = compare(*shipped_rules(), after, kToday);
  EXPECT_EQ(diff.items.size(), 1u);
  EXPECT_TRUE(diff.changes.empty());
  EXPECT_TRUE(diff.any());
}

TEST(Diff, SeesWhatBeginsLater) {
  const RuleSet before = tiny_rules({needs_fact("individual_assessment")});
  RuleSet after = before;
  after.rules[0].in_force_to = day("2026-12-31");
  const auto diff = compare(before, after, kToday);
  EXPECT_EQ(diff.space.periods.size(), 2u);
  EXPECT_NE(diff_in_words(diff, false).find("from 2027-01-01"), std::string::npos) << diff_in_words(diff, false);
}

}  // namespace
}  // namespace samband::testing
