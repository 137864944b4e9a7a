// The static analysis: for each finding the least rule set that has it, and its twin that has not.
#include <fstream>

#include "confidentiality/analyse.hpp"
#include "support.hpp"

namespace samband::testing {
namespace {

const Date kToday = day("2026-11-22");

// One rule over one provision, with nothing to remark on.
RuleSet plain() {
  RuleSet set = tiny_rules({needs_fact("individual_assessment")});
  set.rules[0].categories = {"identity", "event"};
  set.rules[0].review_by = day("2027-11-22");
  return set;
}
Rule& duty(Rule& rule, std::string modality = "must") {
  rule.modality = std::move(modality);
  rule.deadline = "at_once";
  return rule;
}
Condition age(int low, int high) {
  return {
      .type = Condition::Type::person_age, .code = {}, .codes = {}, .expected = true, .age_min = low, .age_max = high};
}
Provision absolute_over(std::string category) {
  Provision p = plain().provisions[0];
  p.id = "T";
  p.test = "absolute";
  p.categories = {std::move(category)};
  return p;
}

std::vector<Finding> found(const RuleSet& set, const LawTable* law = nullptr, const Parties* parties = nullptr,
                           const Routes* routes = nullptr) {
  AnalysisInput input;
  input.rules = &set;
  input.at = kToday;
  input.law = law;
  input.parties = parties;
  input.routes = routes;
  input.carried["concern.report"] = {"identity", "event"};
  return analyse(input);
}
// "error must_never R (detail)" of every finding with the code; "" for none.
std::string about(const std::vector<Finding>& findings, std::string_view code) {
  std::string out;
  for (const Finding& f : findings) {
    if (f.code != code) continue;
    EXPECT_FALSE(f.en.empty() || f.sv.empty() || f.fix_en.empty() || f.fix_sv.empty()) << code;
    out += (out.empty() ? "" : "; ") + std::string(to_string(f.severity)) + " " + f.about +
           (f.detail.empty() ? "" : " (" + f.detail + ")") + (f.accepted ? " accepted" : "");
  }
  return out;
}

TEST(Analysis, HasNothingToSayOfAPlainRule) {
  for (const Finding& f : found(plain())) EXPECT_EQ(f.severity, Severity::note) << f.code << ": " << f.en;
}

TEST(Analysis, Vacuous) {
  RuleSet set = plain();
  set.provisions.push_back(absolute_over("identity"));
  set.provisions[1].holders = {"school"};
  set.rules[0].breaks = {"T"};
  EXPECT_EQ(about(found(set), "vacuous"), "warning R");
  set.rules[0].breaks = {"S", "T"};
  EXPECT_EQ(about(found(set), "vacuous"), "");
}

TEST(Analysis, AlwaysBarred) {
  RuleSet set = plain();
  set.rules[0].categories = {"identity"};
  set.provisions.push_back(absolute_over("identity"));
  EXPECT_EQ(about(found(set), "always_barred"), "warning R");
  set.rules[0].breaks = {"S", "T"};
  EXPECT_EQ(about(found(set), "always_barred"), "");
}

TEST(Analysis, OneCategoryBarred) {
  RuleSet set = plain();
  set.provisions.push_back(absolute_over("event"));
  EXPECT_EQ(about(found(set), "category_barred"), "warning R (event)");
  set.rules[0].breaks_all = true;
  EXPECT_EQ(about(found(set), "category_barred"), "");
}

TEST(Analysis, MustMeetsNever) {
  RuleSet set = plain();
  duty(set.rules[0]);
  EXPECT_EQ(about(found(set), "must_never"), "");
  set.rules[0].breaks_all = true;
  for (const char* category : {"identity", "event"}) {
    set.provisions.push_back(absolute_over(category));
    set.provisions.back().id += category;
    set.provisions.back().unbreakable = true;
  }
  EXPECT_EQ(about(found(set), "must_never"), "error R") << "unbreakable";
  EXPECT_EQ(open_errors(found(set)), 1u);

  set = plain();
  duty(set.rules[0]);
  set.purposes[0].needs = {"health"};
  EXPECT_EQ(about(found(set), "must_never"), "error R") << "withheld by the need list";

  set = plain();
  duty(set.rules[0]);
  set.rules[0].to = {"landlord_private"};
  EXPECT_EQ(about(found(set), "must_never"), "error R") << "toward whom only consent opens";

  set = plain();
  duty(set.rules[0]).breaks = {};
  EXPECT_EQ(about(found(set), "must_never"), "") << "a recorded harm test can carry it";
}

TEST(Analysis, Redundant) {
  RuleSet set = plain();
  set.rules.push_back(set.rules[0]);
  set.rules[1].id = "R2";
  set.rules[1].conditions.push_back(needs_fact("interest_balance"));
  EXPECT_EQ(about(found(set), "redundant"), "warning R2");
  set.rules[1].conditions.erase(set.rules[1].conditions.begin());
  EXPECT_EQ(about(found(set), "redundant"), "") << "another condition opens other cells";
  set.rules[1].conditions = set.rules[0].conditions;
  EXPECT_EQ(about(found(set), "redundant"), "warning R; warning R2") << "each without the other";
  set.rules[1].obligations = {"no_onward_use"};
  EXPECT_EQ(about(found(set), "redundant"), "warning R") << "an obligation is a difference";
  duty(set.rules[0]);
  EXPECT_EQ(about(found(set), "redundant"), "") << "so is a duty";
}

TEST(Analysis, Ended) {
  RuleSet set = plain();
  set.rules[0].in_force_to = day("2026-11-21");
  EXPECT_EQ(about(found(set), "ended"), "warning R");
  set.rules[0].in_force_to = kToday;
  EXPECT_EQ(about(found(set), "ended"), "");
}

TEST(Analysis, Wildcards) {
  RuleSet set = plain();
  EXPECT_EQ(about(found(set), "wildcard"), "");
  set.rules[0].to = set.rules[0].purposes = set.rules[0].categories = {"*"};
  EXPECT_EQ(about(found(set), "wildcard"), "warning R (categories); warning R (purposes); warning R (to)");
}

TEST(Analysis, WhatPermitsEndsOrIsReviewed) {
  RuleSet set = plain();
  set.rules[0].review_by = {};
  EXPECT_EQ(about(found(set), "no_expiry"), "warning R");
  set.rules[0].in_force_to = day("2027-12-31");
  EXPECT_EQ(about(found(set), "no_expiry"), "");
  set = plain();
  set.rules[0].review_by = kToday;
  EXPECT_EQ(about(found(set), "review_due"), "") << "the day itself is in time";
  set.rules[0].review_by = day("2026-11-21");
  EXPECT_EQ(about(found(set), "review_due"), "warning R (2026-11-21)");
  EXPECT_EQ(about(found(set), "no_expiry"), "");
  set.rules[0].in_force_to = day("2027-12-31");
  EXPECT_EQ(about(found(set), "review_due"), "") << "it ends by itself";
}

TEST(Analysis, BeyondTheNeed) {
  RuleSet set = plain();
  EXPECT_EQ(about(found(set), "beyond_need"), "");
  set.rules[0].categories.push_back("debt");
  EXPECT_EQ(about(found(set), "beyond_need"), "warning R (debt)");
}

class Law : public ::testing::Test {
 protected:
  Law() : set(plain()) {
    set.rules[0].citation = {.sfs = "1964:167", .chapter = {}, .section = "6", .paragraph = {}, .text = "LUL 6"};
    set.rules[0].reviewed_at = day("2026-06-01");
    set.provisions[0].citation = {
        .sfs = "2009:400", .chapter = "35", .section = "1", .paragraph = {}, .text = "OSL 35:1"};
    set.no_secrecy[0].citation = set.provisions[0].citation;
    add("LUL", "1964:167", "", "");
    add("LUL 6", "1964:167", "", "6").breaks = {"35 kap"};
    add("OSL 35:1", "2009:400", "35", "1");
    add("OSL 10:28", "2009:400", "10", "28").breaks = {"*"};
  }
  LawSection& add(std::string name, std::string sfs, std::string chapter, std::string section) {
    LawSection& s = law.sections.emplace_back();
    s.name = std::move(name);
    s.sfs = std::move(sfs);
    s.chapter = std::move(chapter);
    s.section = std::move(section);
    return s;
  }
  std::string says(std::string_view code) { return about(found(set, &law), code); }
  LawSection& act() { return law.sections[0]; }
  LawSection& section() { return law.sections[1]; }
  RuleSet set;
  LawTable law;
};

TEST_F(Law, IsQuietWhenAllIsInOrder) {
  for (const Finding& f : found(set, &law)) EXPECT_EQ(f.code, "no_routes_read");
  EXPECT_EQ(about(found(set), "no_law_table"), "note law.toml");
}

TEST_F(Law, NotInForce) {
  section().in_force_to = day("2026-11-21");
  EXPECT_EQ(says("not_in_force"), "error R (LUL 6)");
  section().in_force_to = kToday;
  EXPECT_EQ(says("not_in_force"), "");
  section().in_force_to = {};
  act().in_force_from = day("2027-01-01");
  EXPECT_EQ(says("not_in_force"), "error R (LUL)") << "the act";
  set.rules[0].in_force_from = day("2027-01-01");
  EXPECT_EQ(says("not_in_force"), "") << "nor does the rule count before";
}

TEST_F(Law, BeforeTheLaw) {
  set.rules[0].in_force_from = day("2025-07-01");
  section().in_force_from = day("2026-01-15");
  EXPECT_EQ(says("before_the_law"), "warning R (LUL 6)");
  set.rules[0].in_force_from = day("2026-01-15");
  EXPECT_EQ(says("before_the_law"), "");
}

TEST_F(Law, Drift) {
  section().amended = {{"2026:1", day("2026-06-02")}};
  EXPECT_EQ(says("law_drift"), "warning R (LUL 6 (SFS 2026:1))");
  set.rules[0].reviewed_at = day("2026-06-02");
  EXPECT_EQ(says("law_drift"), "");
  const Citation own = std::exchange(set.provisions[0].citation, set.rules[0].citation);
  EXPECT_EQ(says("law_drift"), "warning S (LUL 6 (SFS 2026:1))") << "coverage, never reviewed";
  set.provisions[0].reviewed_at = day("2026-06-01");
  EXPECT_EQ(says("law_drift"), "warning S (LUL 6 (SFS 2026:1))");
  set.provisions[0].reviewed_at = day("2026-06-02");
  EXPECT_EQ(says("law_drift"), "");
  set.provisions[0].citation = own;
  section().amended = {{"2026:2", day("2026-11-23")}};
  EXPECT_EQ(says("law_drift"), "") << "not yet";
  EXPECT_EQ(says("amendment_ahead"), "note R (LUL 6 (SFS 2026:2))");
  section().amended = {{"2026:2", {}}};
  EXPECT_EQ(says("amendment_ahead"), "");
  EXPECT_EQ(says("amendment_unseen"), "note R (LUL 6 (SFS 2026:2))");
}

TEST_F(Law, UnknownSectionsAndMissingCitations) {
  set.rules[0].citation.section = "7";
  EXPECT_EQ(says("section_unknown"), "note R (LUL 6)") << "named by its text";
  set.rules[0].citation.section = "6";
  EXPECT_EQ(says("section_unknown"), "");
  EXPECT_EQ(says("no_citation"), "");
  set.rules[0].citation = {};
  EXPECT_EQ(says("no_citation"), "error R");
}

TEST_F(Law, BreaksWhatItsCitationDoesNotName) {
  section().breaks = {"25:1", "26 kap", "21-34 kap"};
  EXPECT_EQ(says("breaks_uncited"), "warning R (S)");
  section().breaks = {"21-40 kap"};
  section().breaks_not = {"35:1"};
  EXPECT_EQ(says("breaks_uncited"), "warning R (S)");
  section().breaks_not = {"35:1 st 2"};
  EXPECT_EQ(says("breaks_uncited"), "") << "another paragraph";
  set.rules[0].breaks_all = true;
  EXPECT_EQ(says("breaks_uncited"), "warning R (*)");
  set.rules[0].via = "OSL 10:28";
  EXPECT_EQ(says("breaks_uncited"), "");
  set.rules[0].via = "OSL 10:29; OSL 10:28";
  EXPECT_EQ(says("section_unknown"), "note R (OSL 10:29)");
  EXPECT_EQ(says("breaks_uncited"), "") << "one of several is enough";
}

TEST(Analysis, AgeHoles) {
  RuleSet set = plain();
  set.rules[0].conditions.push_back(age(0, 14));
  set.rules.push_back(set.rules[0]);
  set.rules[1].id = "R2";
  set.rules[1].conditions.back() = age(18, 200);
  EXPECT_EQ(about(found(set), "age_hole"), "warning R (15-17)");
  set.rules[1].conditions.back() = age(15, 200);
  EXPECT_EQ(about(found(set), "age_hole"), "");
}

TEST(Analysis, AgeOverlaps) {
  RuleSet set = plain();
  duty(set.rules[0]).conditions.push_back(age(0, 14));
  set.rules.push_back(set.rules[0]);
  set.rules[1].id = "R2";
  set.rules[1].conditions.back() = age(0, 17);
  EXPECT_EQ(about(found(set), "age_overlap"), "note R (R2)") << "whichever it is, at once";
  set.rules[1].deadline = "within_7_days";
  EXPECT_EQ(about(found(set), "age_overlap"), "warning R (R2)");
  set.rules[1].conditions.back() = age(15, 17);
  EXPECT_EQ(about(found(set), "age_overlap"), "");
  EXPECT_EQ(about(found(set), "age_limit"), "");
  set.rules[1].conditions.back() = age(15, 16);
  EXPECT_EQ(about(found(set), "age_limit"), "note R2 (17)");
}

TEST(Analysis, ConsentThatNobodyCanGive) {
  RuleSet set = plain();
  // Secrecy that holds against a guardian leaves a child under 15 without anybody to consent.
  set.rules[0].conditions = {needs_consent(), needs_fact("guardian_harm")};
  EXPECT_EQ(about(found(set), "no_giver"), "warning R (under 15)");
  set.rules[0].conditions.push_back(age(15, 200));
  EXPECT_EQ(about(found(set), "no_giver"), "");
}

TEST(Analysis, CoverageGaps) {
  RuleSet set = plain();
  EXPECT_EQ(about(found(set), "coverage_gap"), "");
  set.provisions[0].categories = {"identity"};
  EXPECT_EQ(about(found(set), "coverage_gap"), "warning police (event)");
  set.no_secrecy[0].categories.push_back("event");
  EXPECT_EQ(about(found(set), "coverage_gap"), "");
}

TEST(Analysis, DutiesWithoutARoute) {
  RuleSet set = plain();
  duty(set.rules[0]).conditions.push_back(age(0, 17));
  Party police, board;
  police.id = "police";
  police.actor_type = "police";
  police.kinds = {"concern.report"};
  board.id = "board";
  board.actor_type = "social_board";
  const Parties parties({police, board});
  const char* code = "no_route";
  const auto with_route = [&](const std::string& more) {
    const auto file = std::filesystem::temp_directory_path() / ("samband-routes-" + std::to_string(::getpid()));
    std::ofstream(file) << "version = 1\n[[route]]\nid = \"r\"\nkinds = [\"concern.report\"]\nto = \"board\"\n" << more;
    auto routes = Routes::load(file, parties);
    std::filesystem::remove(file);
    EXPECT_TRUE(routes);
    return about(found(set, nullptr, &parties, &*routes), code);
  };
  EXPECT_EQ(with_route("purpose = \"child_protection\"\n"), "");
  EXPECT_EQ(with_route("purpose = \"need_of_help\"\n"), "warning R (police concern.report)");
  EXPECT_EQ(with_route("purpose = \"child_protection\"\nage = \"15-20\"\n"),
            "warning R (police concern.report under 15)");
  EXPECT_EQ(about(found(set), "no_routes_read"), "note routes.toml");
  // A duty that finds every door closed at some hour.
  const std::string to = "purpose = \"child_protection\"\n",
                    another = "[[route]]\nid = \"s\"\nkinds = [\"concern.report\"]\nto = \"board\"\n" + to;
  code = "route_closed";
  EXPECT_EQ(with_route(to), "");
  EXPECT_EQ(with_route(to + "time = \"08:00-16:30\"\n"), "warning R (police concern.report 16:30-08:00 working days)");
  EXPECT_EQ(with_route(to + "working_days_only = true\n"), "warning R (police concern.report 00:00-24:00 other days)");
  EXPECT_EQ(with_route(to + "time = \"08:00-16:30\"\n" + another + "time = \"16:30-07:45\"\n"),
            "warning R (police concern.report 07:45-08:00 working days)");
  EXPECT_EQ(with_route(to + "time = \"08:00-16:30\"\n" + another + "time = \"16:30-08:00\"\n"), "");
  EXPECT_EQ(with_route(to + "time = \"08:00-16:30\"\n" + another), "") << "one door is always open";
  set.rules[0].modality = "may";
  EXPECT_EQ(with_route(to + "time = \"08:00-16:30\"\n"), "") << "no duty: it waits";
}

TEST(Analysis, EmergenciesThatNobodyWouldHearOf) {
  RuleSet set = plain();
  set.rules[0].obligations = {"notify_privacy_officer", "mandatory_review"};
  Party police, board;
  police.id = "police";
  police.actor_type = "police";
  police.kinds = {"concern.report"};
  board.id = "board";
  board.actor_type = "social_board";
  const auto with = [&](const Party& sender, const std::string& purpose) {
    const Parties parties({sender, board});
    const auto file = std::filesystem::temp_directory_path() / ("samband-officer-" + std::to_string(::getpid()));
    std::ofstream(file)
        << "version = 1\n[[route]]\nid = \"r\"\nkinds = [\"concern.report\"]\nto = \"board\"\npurpose = \"" << purpose
        << "\"\n";
    auto routes = Routes::load(file, parties);
    std::filesystem::remove(file);
    EXPECT_TRUE(routes);
    return about(found(set, nullptr, &parties, &*routes), "no_officer");
  };
  EXPECT_EQ(with(police, "child_protection"), "error R (police)");
  EXPECT_EQ(with(police, "need_of_help"), "");  // no route that the rule could go by
  Party told = police;
  told.privacy_officer = "board";
  EXPECT_EQ(with(told, "child_protection"), "");
  police.kinds = {"police.lob"};  // may not send what the rule is about
  EXPECT_EQ(with(police, "child_protection"), "");
  police.kinds = {"concern.report"};
  set.rules[0].obligations = {"receipt"};
  EXPECT_EQ(with(police, "child_protection"), "");
}

TEST(Analysis, TasksThatNobodyCarriesOut) {
  RuleSet set = plain();
  set.rules[0].obligations = {"notify_person", "receipt"};
  Party police, board;
  police.id = "police";
  police.actor_type = "police";
  police.kinds = {"concern.report"};
  board.id = "board";
  board.actor_type = "social_board";
  const auto with = [&](const Party& sender, const Party& recipient) {
    const Parties parties({sender, recipient});
    const auto file = std::filesystem::temp_directory_path() / ("samband-task-" + std::to_string(::getpid()));
    std::ofstream(file) << "version = 1\n[[route]]\nid = \"r\"\nkinds = [\"concern.report\"]\nto = \"board\"\n"
                           "purpose = \"child_protection\"\n";
    auto routes = Routes::load(file, parties);
    std::filesystem::remove(file);
    EXPECT_TRUE(routes);
    return about(found(set, nullptr, &parties, &*routes), "task_undone");
  };
  EXPECT_EQ(with(police, board), "warning R (r notify_person)");
  for (Party* one : {&police, &board}) {
    one->carries_out = {"notify_person"};
    EXPECT_EQ(with(police, board), "");
    one->carries_out = {"notify_guardian"};
    EXPECT_EQ(with(police, board), "warning R (r notify_person)") << "another task";
  }
  police.kinds = {"police.lob"};  // may not send what the rule is about
  EXPECT_EQ(with(police, board), "");
}

TEST(Analysis, TooTangledIsAnErrorAndNotAGuess) {
  const auto with_limits = [](int count) {
    RuleSet set = plain();
    for (int i = 0; i < count; ++i) {
      Rule& another = set.rules.emplace_back(plain().rules[0]);
      another.id += std::to_string(i);
      another.conditions = {age(0, 10 + i)};
    }
    return about(found(set), "too_complex");
  };
  EXPECT_EQ(with_limits(5), "");
  EXPECT_EQ(with_limits(40), "error rules");
}

TEST(Analysis, AcceptedFindingsStandAndAreNeverForgotten) {
  RuleSet set = plain();
  set.purposes[0].needs = {"health"};
  duty(set.rules[0]);
  ASSERT_EQ(open_errors(found(set)), 1u);
  set.accepted.push_back({"must_never", "R", "", "the need list follows in spring", "anna", kToday, {}});
  EXPECT_EQ(about(found(set), "must_never"), "error R accepted");
  EXPECT_EQ(open_errors(found(set)), 0u);
  EXPECT_EQ(about(found(set), "stale_acceptance"), "");
  set.purposes[0].needs = {"identity", "event"};
  EXPECT_EQ(about(found(set), "stale_acceptance"), "warning R (must_never)");
  // An acceptance reaches what it was given for, and nothing more.
  set.rules[0].categories.push_back("debt");
  set.accepted = {{"beyond_need", "R", "payment", "x", "anna", kToday, {}}};
  EXPECT_EQ(about(found(set), "beyond_need"), "warning R (debt)");
}

}  // namespace
}  // namespace samband::testing
