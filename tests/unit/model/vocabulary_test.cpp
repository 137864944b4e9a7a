// docs/vocabulary.md and vocabulary.cpp hold the same lists.
#include "model/vocabulary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace samband {
namespace {

std::string section(const std::string& title) {
  std::ifstream file(SAMBAND_SOURCE_DIR "/docs/vocabulary.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string page = text.str();
  const std::size_t start = page.find("\n## " + title + "\n");
  if (start == std::string::npos) return {};
  return page.substr(start + 4, page.find("\n## ", start + 4) - start - 4);
}

std::vector<std::string> sorted(std::vector<std::string> codes) {
  std::sort(codes.begin(), codes.end());
  return codes;
}

// The first cell of every row of the section's table.
std::vector<std::string> table(const std::string& title) {
  std::vector<std::string> out;
  std::istringstream lines(section(title));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| `")) out.push_back(line.substr(3, line.find('`', 3) - 3));
  }
  return sorted(out);
}

// Everything between back-quotes in the section.
std::vector<std::string> listed(const std::string& title) {
  std::vector<std::string> out;
  const std::string text = section(title);
  for (std::size_t at = 0; (at = text.find('`', at)) != std::string::npos;) {
    const std::size_t end = text.find('`', at + 1);
    out.push_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return sorted(out);
}

std::vector<std::string> strings(std::span<const std::string_view> list) { return {list.begin(), list.end()}; }

TEST(Vocabulary, IsTheDocumentedOne) {
  EXPECT_EQ(strings(actor_types()), table("Actor types"));
  EXPECT_EQ(strings(message_kinds()), table("Message kinds"));
  EXPECT_EQ(strings(person_roles()), listed("Person roles"));
  EXPECT_EQ(strings(purposes()), table("Purposes"));
  EXPECT_EQ(strings(data_categories()), table("Data categories"));
  EXPECT_EQ(strings(fact_codes()), table("Facts"));
  EXPECT_EQ(strings(reason_codes()), listed("Reason codes"));
  EXPECT_EQ(strings(party_tasks()), listed("What an agency's people carry out"));
  EXPECT_EQ(strings(life_steps()), table("Life cycle of a referral"));
  for (const auto& [title, codes] :
       {std::pair("Initiatives", initiatives()), std::pair("Emergency reasons", emergency_reasons())})
    for (const auto code : codes)
      EXPECT_NE(section(title).find("`" + std::string(code) + "`"), std::string::npos) << code;
  EXPECT_EQ(actor_types().size(), 33u);
  EXPECT_EQ(message_kinds().size(), 39u);
}

TEST(Vocabulary, OutcomesAreTheDocumentedOnes) {
  std::vector<std::string> codes;
  for (const auto o : {Outcome::released, Outcome::partial, Outcome::held, Outcome::refused}) {
    codes.emplace_back(to_string(o));
    EXPECT_EQ(outcome_from(to_string(o)), o);
  }
  for (const auto o : {FieldOutcome::release, FieldOutcome::withhold, FieldOutcome::hold})
    codes.emplace_back(to_string(o));
  EXPECT_EQ(sorted(codes), listed("Outcomes"));
  EXPECT_FALSE(outcome_from("Released"));
  EXPECT_FALSE(outcome_from(""));
}

TEST(Vocabulary, ListsAreSortedUniqueAndSearchable) {
  for (const auto list :
       {actor_types(), message_kinds(), person_roles(), purposes(), data_categories(), fact_codes(), reason_codes()}) {
    EXPECT_TRUE(std::is_sorted(list.begin(), list.end()));
    EXPECT_EQ(std::adjacent_find(list.begin(), list.end()), list.end());
    for (const auto code : list) EXPECT_TRUE(contains(list, code));
    EXPECT_FALSE(contains(list, ""));
    EXPECT_FALSE(contains(list, "polis"));
  }
}

TEST(Vocabulary, ProtectionRoundTrips) {
  for (const char* code : {"none", "marked", "protected_registration", "fictitious"}) {
    ASSERT_TRUE(protection_from(code));
    EXPECT_EQ(to_string(*protection_from(code)), code);
  }
  EXPECT_FALSE(protection_from("None"));
  EXPECT_FALSE(protection_from(""));
  EXPECT_EQ(to_string(Truth::unknown), "unknown");
}

}  // namespace
}  // namespace samband
