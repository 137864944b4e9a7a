// Cases and decision tables: what a short case stands for, that nothing wrong is read silently, and that a table cannot
// claim to have tried what it has not. The shipped tables run in policy.tables, the command line in integration tests.
#include "confidentiality/case_file.hpp"

#include "confidentiality/case_answer.hpp"
#include "confidentiality/decision_table.hpp"
#include "support.hpp"

namespace samband::testing {
namespace {

CaseContext context(const RuleSet& rules) {
  CaseContext out;
  out.rules = &rules;
  out.now = at("2026-11-22T10:00:00Z");
  return out;
}

json::object object(std::string_view text) { return parse_json(text).value().as_object(); }

constexpr std::string_view kReport = R"({"holder": "police", "recipient": "social_board", "kind": "concern.report",
  "purpose": "child_protection", "date": "2026-03-01", "persons": [{"role": "subject", "age": 16}], "categories": ["identity"]})";

PolicyCase read(std::string_view change = "{}") {
  auto base = object(kReport);
  for (const auto& [key, value] : object(change)) base[key] = value;
  std::vector<Error> problems;
  auto out = read_case(base, context(*shipped_rules()), problems);
  if (!out) throw std::runtime_error(problems.front().where + ": " + problems.front().message);
  return *out;
}

std::string first_problem(std::string_view change) {
  auto base = object(kReport);
  for (const auto& [key, value] : object(change)) base[key] = value;
  std::vector<Error> problems;
  EXPECT_FALSE(read_case(base, context(*shipped_rules()), problems));
  return problems.empty() ? "" : problems.front().where;
}

TEST(CaseFile, AgeIsThatOfTheDayAndLeapDaysHaveABirthdayEveryYear) {
  EXPECT_EQ(to_string(*read().persons[0].birth_date), "2010-03-01");
  const auto leap = read(R"({"date": "2028-02-29", "persons": [{"role": "subject", "age": 17}]})");
  EXPECT_EQ(age_on(*leap.persons[0].birth_date, stockholm_date(leap.at)), 17);
  for (const char* unknown :
       {R"("age": "unknown")", R"("age": null)", R"("birth_date": "unknown")", R"("birth_date": null)"})
    EXPECT_FALSE(read(R"({"persons": [{"role": "subject", )" + std::string(unknown) + "}]}").persons[0].birth_date);
}

TEST(CaseFile, TheStrictestOfWhatIsSaidAboutProtectionCounts) {
  const auto protection = [](const std::string& said) {
    return read(R"({"persons": [{"role": "subject")" + said + "}]}").persons[0].protection;
  };
  EXPECT_EQ(protection(""), Protection::none);
  EXPECT_EQ(protection(R"(, "protected": true)"), Protection::protected_registration);
  EXPECT_EQ(protection(R"(, "protection": "marked", "fictitious": true)"), Protection::fictitious);
  EXPECT_EQ(protection(R"(, "flags": ["fictitious"], "protected": true)"), Protection::fictitious);
  EXPECT_EQ(protection(R"(, "flags": ["marked"], "protected": false)"), Protection::marked);
}

TEST(CaseFile, UnknownIsNoRecordAndTheNewestOfSeveralRecordsCounts) {
  EXPECT_TRUE(read(R"({"facts": {"dwelling": null, "imminent_danger": "unknown", "sole_custody": {"value": null}}})")
                  .facts.empty());
  const auto two = read(R"({"facts": {"individual_assessment": [
      {"value": true, "at": "2026-02-01"}, {"value": false, "at": "2026-02-02", "reason": "assessed_no", "assessor": "eva"}]}})");
  ASSERT_EQ(two.facts.size(), 2u);
  EXPECT_EQ(two.facts[1].assessor_id, "eva");
  EXPECT_EQ(DecisionMaker::decide(two.request(), *shipped_rules()).outcome(), Outcome::refused);
}

TEST(CaseFile, AShortConsentStandsForAllThatTheCaseAsks) {
  const auto c = read(R"({"consents": [{}], "categories": ["identity", "event", "official"]})").consents.at(0);
  EXPECT_EQ(c.subject_ref, "case:p1");
  EXPECT_EQ(c.holder, "police");
  EXPECT_EQ(c.giver, "self");
  EXPECT_EQ(c.maturity_assessor, "");
  EXPECT_EQ(c.recipients, std::vector<std::string>{"social_board"});
  EXPECT_EQ(c.purposes, std::vector<std::string>{"child_protection"});
  EXPECT_EQ(c.categories, (std::vector<std::string>{"identity", "event"}));
  EXPECT_FALSE(c.revoked_at);
  // A day counts to its end in Stockholm.
  const auto last = read(R"({"consents": [{"valid_to": "2026-03-01"}]})").consents.at(0);
  EXPECT_EQ(to_rfc3339(last.valid_to), "2026-03-01T23:00:00.000Z");
}

TEST(CaseFile, SettingsOfACaseLeaveTheRuleSetAlone) {
  const auto on = read(R"({"settings": {"lvm_in_force": true}})");
  EXPECT_TRUE(on.with_settings(*shipped_rules()).settings.lvm_in_force);
  EXPECT_FALSE(shipped_rules()->settings.lvm_in_force);
}

TEST(CaseFile, NothingWrongIsReadSilently) {
  EXPECT_EQ(first_problem(R"({"persns": []})"), "/persns");
  EXPECT_EQ(first_problem(R"({"198001022386": 1})"), "/*") << "a key may be somebody's number";
  EXPECT_EQ(first_problem(R"({"persons": {"198001022386": {"role": "subject"}}})"), "/persons/*");
  EXPECT_EQ(first_problem(R"({"persons": [{"role": "subject", "shoe": 42}]})"), "/persons/0/shoe");
  EXPECT_EQ(first_problem(R"({"persons": [{"role": "subject", "id": "a"}, {"role": "other", "id": "a"}]})"),
            "/persons/1");
  EXPECT_EQ(
      first_problem(R"({"consents": [{}], "persons": [{"role": "subject", "age": 1}, {"role": "subject", "age": 2}]})"),
      "/consents/0/person")
      << "whose consent is it?";
  EXPECT_EQ(first_problem(R"({"persons": [{"role": "subject", "protected": "unknown"}]})"), "/persons/0/protected");
  EXPECT_EQ(first_problem(R"({"categories": {"identity": ["p2"]}})"), "/categories/identity");
  EXPECT_EQ(first_problem(R"({"holder": {"id": "somebody"}})"), "/holder/type");
}

// -- decision tables --------------------------------------------------------------------------------------------------

// "R" of tiny_rules with the given condition, over the tables' own case.
TableResult run(RuleSet rules, std::string_view rows, std::string_view more = "") {
  rules.build_index();
  const std::string text = R"(rule = "R"
law = "x"
[case]
holder = "police"
recipient = "social_board"
kind = "concern.report"
purpose = "child_protection"
date = "2026-03-01"
categories = ["identity"]
persons.p1 = { role = "subject", age = 16 }
facts.individual_assessment = true
)" + std::string(more) + std::string(rows);
  const auto table = parse_table("t.toml", text);
  if (!table) throw std::runtime_error(table.error().where + ": " + table.error().message);
  return run_table(*table, context(rules));
}

constexpr std::string_view kAll = "[[row]]\noutcome = \"released\"\n";
constexpr std::string_view kFalse = "[[row]]\nchange.facts.individual_assessment = false\noutcome = \"refused\"\n";
constexpr std::string_view kUnknown = "[[row]]\nchange.facts.individual_assessment = \"unknown\"\noutcome = \"held\"\n";

std::string rows(std::initializer_list<std::string_view> list) {
  std::string out;
  for (const auto row : list) out += row;
  return out;
}

TEST(DecisionTable, AKeyOfEndlessPartsIsRefusedBeforeItIsRead) {
  std::string key = "a";
  for (int i = 0; i < 200'000; ++i) key += ".a";
  const auto refused = parse_table("t.toml", "rule = \"R\"\n" + key + " = 1\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "t.toml:2:1");
}

TEST(DecisionTable, EachConditionMustBeFlippedAndUnknownAlone) {
  const auto rules = tiny_rules({needs_fact("individual_assessment")});
  const auto whole = run(rules, rows({kAll, kFalse, kUnknown}));
  EXPECT_TRUE(whole.ok());
  EXPECT_EQ(whole.rows[0].tries, "all conditions");
  EXPECT_EQ(whole.rows[1].tries, "fact:individual_assessment false");
  EXPECT_EQ(whole.rows[2].tries, "fact:individual_assessment unknown");
  EXPECT_EQ(run(rules, rows({kUnknown, kFalse, kAll})).ok(), true) << "the order of rows makes no difference";
  EXPECT_EQ(run(rules, rows({kAll, kUnknown})).uncovered.size(), 1u);
  EXPECT_EQ(run(rules, rows({kAll, kFalse})).uncovered.size(), 1u);
  EXPECT_EQ(run(rules, rows({kFalse, kUnknown})).uncovered.size(), 3u)
      << "without a row where all hold nothing is tried";
}

TEST(DecisionTable, ARowThatLosesNothingTriesNothing) {
  // A second rule opens the same: whatever the first one asks, the outcome stays.
  auto rules = tiny_rules({needs_fact("individual_assessment")});
  auto other = rules.rules[0];
  other.id = "OTHER";
  other.conditions.clear();
  rules.rules.push_back(other);
  constexpr std::string_view kStays = "[[row]]\nchange.facts.individual_assessment = false\noutcome = \"released\"\n";
  const auto result = run(rules, rows({kAll, kStays}));
  EXPECT_TRUE(result.rows[1].ok());
  ASSERT_EQ(result.uncovered.size(), 2u);
  EXPECT_NE(result.uncovered[0].find("the outcome stays"), std::string::npos);
}

TEST(DecisionTable, TwoConditionsFlippedTogetherTryNeither) {
  const auto rules = tiny_rules({needs_fact("individual_assessment"), needs_fact("need_of_help")});
  constexpr std::string_view kBoth =
      "[[row]]\nchange.facts = { individual_assessment = false, need_of_help = false }\noutcome = \"refused\"\n";
  const auto result = run(rules, rows({kAll, kBoth}), "facts.need_of_help = true\n");
  EXPECT_EQ(result.rows[1].tries, "");
  EXPECT_EQ(result.uncovered.size(), 4u);
}

TEST(DecisionTable, EachAlternativeOfAnyFactMustHoldAlone) {
  const auto rules =
      tiny_rules({{.type = Condition::Type::fact_or, .code = {}, .codes = {"individual_assessment", "need_of_help"}}});
  constexpr std::string_view kOther =
      "[[row]]\nchange.facts = { individual_assessment = false, need_of_help = true }\noutcome = \"released\"\n";
  const std::string_view no = "facts.need_of_help = false\n";
  EXPECT_TRUE(run(rules, rows({kAll, kFalse, kUnknown, kOther}), no).ok());
  EXPECT_EQ(run(rules, rows({kAll, kFalse, kUnknown}), no).uncovered,
            std::vector<std::string>{"no row holds by fact:need_of_help alone"});
}

TEST(DecisionTable, AnAssumedAgeMustHoldByTheAssumptionToo) {
  const auto rules = tiny_rules({needs_fact("individual_assessment"), parse_condition("age<18_or_assumed").value()});
  constexpr std::string_view kGrown = "[[row]]\nchange.persons.p1.age = 18\noutcome = \"refused\"\n";
  constexpr std::string_view kNobodyKnows = "[[row]]\nchange.persons.p1.age = \"unknown\"\noutcome = \"held\"\n";
  constexpr std::string_view kAssumed =
      "[[row]]\nchange.persons.p1.age = \"unknown\"\nchange.facts.assumed_under_18 = true\noutcome = \"released\"\n";
  const auto whole = run(rules, rows({kAll, kFalse, kUnknown, kGrown, kNobodyKnows, kAssumed}));
  EXPECT_TRUE(whole.ok()) << ::testing::PrintToString(whole.uncovered);
  EXPECT_EQ(whole.rows[3].tries, "age<18_or_assumed false");
  EXPECT_EQ(whole.rows[4].tries, "age<18_or_assumed unknown");
  EXPECT_EQ(run(rules, rows({kAll, kFalse, kUnknown, kGrown, kNobodyKnows})).uncovered,
            std::vector<std::string>{"no row holds by fact:assumed_under_18 alone"});
}

TEST(DecisionTable, ARowMustSayWhatIsExpected) {
  const auto rules = tiny_rules({needs_fact("individual_assessment")});
  EXPECT_EQ(run(rules, "[[row]]\nnote = \"nothing\"\n").rows[0].problems.at(0).where, "/outcome");
  EXPECT_EQ(run(rules, "[[row]]\noutcome = \"released\"\ncolour = 1\n").rows[0].problems.at(0).where, "/colour");
  EXPECT_EQ(run(rules, "[[row]]\noutcome = \"held\"\n").rows[0].differences.at(0).got, "released");
}

TEST(DecisionTable, EveryConditionOfTheRuleFilesHasItsWords) {
  using Type = Condition::Type;
  const auto age = [](int low, int high) {
    return Condition{.type = Type::person_age, .code = {}, .codes = {}, .age_min = low, .age_max = high};
  };
  EXPECT_EQ(text_of(age(0, 17)), "age<18");
  EXPECT_EQ(text_of(age(18, 200)), "age>=18");
  EXPECT_EQ(text_of(age(13, 20)), "age 13-20");
  EXPECT_EQ(text_of(parse_condition("age<18_or_assumed").value()), "age<18_or_assumed");
  EXPECT_EQ(text_of(needs_fact("dwelling", false)), "not_fact:dwelling");
  EXPECT_EQ(text_of({.type = Type::fact_or, .code = {}, .codes = {"dwelling", "imminent_danger"}}),
            "any_fact:dwelling|imminent_danger");
}

}  // namespace
}  // namespace samband::testing
