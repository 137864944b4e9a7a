// Rule files: what loads, and that every mistake is named with file, line and column.
#include <filesystem>
#include <fstream>

#include "support.hpp"

namespace samband::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kGood = R"(schema = 1
[[provision]]
id = "OSL 35:1"
holders = ["police"]
test = "reverse"
categories = ["identity"]
persons = ["*"]
citation = { sfs = "2009:400", chapter = "35", section = "1", text = "OSL 35:1" }
in_force_from = 2025-07-01
[[purpose]]
id = "need_of_help"
name_sv = "a"
name_en = "a"
needs = ["identity", "protection"]
[[rule]]
id = "R"
title_sv = "a"
title_en = "a"
modality = "must"
from = ["police"]
to = ["social_board"]
kinds = ["police.lob"]
purposes = ["need_of_help"]
breaks = ["OSL 35:1"]
persons = ["*"]
categories = ["identity", "protection"]
conditions = ["fact:need_of_help", "age 13-20"]
deadline = "at_once"
citation = { sfs = "1964:167", section = "6", text = "LUL 6" }
in_force_from = 2025-07-01
in_force_to = 2027-07-01
reviewed_by = "counsel"
reviewed_at = 2026-11-01
)";

class Loader : public ::testing::Test {
 protected:
  Loader() : folder_(fs::temp_directory_path() / ("samband-rules-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
  }
  ~Loader() override { fs::remove_all(folder_); }
  void write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  auto load() { return load_rules(folder_, test_hash); }
  // The good file with one text replaced; answers where the error points.
  Error error_of(std::string_view from, std::string_view to) {
    std::string text(kGood);
    const auto place = text.find(from);
    if (place == std::string::npos) throw std::logic_error("not in the file: " + std::string(from));
    text.replace(place, from.size(), to);
    write("a.toml", text);
    const auto result = load();
    return result ? Error{} : result.error();
  }
  fs::path folder_;
};

TEST_F(Loader, EverythingKnowsWhereItWasWritten) {
  write("a.toml", kGood);
  write("b.toml", R"(schema = 1

[[accept]]
finding = "redundant"
about = "R"
reason = "kept for the narrow setting"
by = "counsel"
at = 2026-11-01
)");
  const auto rules = load();
  ASSERT_TRUE(rules) << rules.error().where << rules.error().message;
  const auto& set = **rules;
  EXPECT_EQ(set.rules[0].place.file, "a.toml");
  EXPECT_EQ(set.provisions[0].place.line, 2);
  EXPECT_EQ(set.purposes[0].place.line, 10);
  EXPECT_EQ(set.rules[0].place.line, 15);
  ASSERT_EQ(set.accepted.size(), 1u);
  EXPECT_EQ(set.accepted[0].about, "R");
  EXPECT_EQ(set.accepted[0].place.line, 3);
  write("b.toml", "schema = 1\n[[accept]]\nfinding = \"redundant\"\nabout = \"R\"\nby = \"x\"\nat = 2026-11-01\n");
  EXPECT_FALSE(load()) << "an acceptance without a reason";
}

TEST_F(Loader, ReadsWhatIsWritten) {
  write("a.toml", kGood);
  write("ignored.txt", "nonsense");
  const auto result = load();
  ASSERT_TRUE(result) << result.error().where << result.error().message;
  const auto& rule = result.value()->rules.at(0);
  EXPECT_EQ(rule.citation.sfs, "1964:167");
  EXPECT_EQ(rule.in_force_to, day("2027-07-01"));
  ASSERT_EQ(rule.conditions.size(), 2u);
  EXPECT_EQ(rule.conditions[1].age_min, 13);
  EXPECT_EQ(rule.conditions[1].age_max, 20);
  EXPECT_NE(result.value()->index, nullptr);
}

TEST_F(Loader, HashFollowsEveryByteAndFileName) {
  write("a.toml", kGood);
  const auto first = load().value()->hash;
  EXPECT_EQ(load().value()->hash, first);
  write("a.toml", std::string(kGood) + "# a comment\n");
  EXPECT_NE(load().value()->hash, first);
  fs::remove(folder_ / "a.toml");
  write("b.toml", kGood);
  EXPECT_NE(load().value()->hash, first);
}

TEST_F(Loader, EveryMistakeHasItsPlace) {
  struct Row {
    const char* from;
    const char* to;
    const char* where;
    const char* says;
  };
  for (const Row& row : std::vector<Row>{
           {"schema = 1", "schema = 2", "a.toml:1:10", "expected schema = 1"},
           {"schema = 1\n", "", "a.toml:", "schema"},
           {"holders = [\"police\"]", "holders = [\"polis\"]", "a.toml:4:12", "'holders': unknown code 'polis'"},
           {"test = \"reverse\"", "test = \"inverted\"", "a.toml:5:8", "unknown code"},
           {"id = \"R\"", "id = \"R\\u001b[2K\"", "a.toml:16:6", "one line"},
           {"title_sv = \"a\"", "title_sv = \"a\\nb\"", "a.toml:17:12", "one line"},
           {"text = \"LUL 6\"", "text = \"\\u202eLUL 6\"", "a.toml:", "one line"},
           {"reviewed_by = \"counsel\"", "reviewed_by = \"\\rcounsel\"", "a.toml:", "one line"},
           {"breaks = [\"OSL 35:1\"]", "breaks = [\"OSL 35:1\", \"\\u001b[2K\"]", "a.toml:24:23", "one line"},
           {"breaks = [\"OSL 35:1\"]", "breaks = [\"OSL 35:1\", \"OSL 35:1\"]", "a.toml:24:23", "twice"},
           {"categories = [\"identity\"]\npersons = [\"*\"]\ncit", "categories = []\npersons = [\"*\"]\ncit",
            "a.toml:6:14", "empty"},
           {"persons = [\"*\"]\ncategories", "person = [\"*\"]\ncategories",
            "a.toml:", "unknown key 'person', did you mean 'persons'?"},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\ncolour = \"red\"", "a.toml:29:1",
            "unknown key 'colour'"},
           {"fact:need_of_help", "fact:need_of_money", "a.toml:27:15", "unknown condition"},
           {"age 13-20", "age 20-13", "a.toml:27:36", "unknown condition"},
           {"age 13-20", "age<x", "a.toml:27:36", "unknown condition"},
           {"age 13-20", "age<20_or_assumed", "a.toml:27:36", "unknown condition"},
           {"age 13-20", "age>=18_or_assumed", "a.toml:27:36", "unknown condition"},
           {"age 13-20", "consent", "a.toml:27:14", "cannot rest on consent"},
           {"breaks = [\"OSL 35:1\"]", "breaks = [\"OSL 99:9\"]", "a.toml:15:1", "unknown provision"},
           {"purposes = [\"need_of_help\"]", "purposes = [\"receipt\"]", "a.toml:15:1", "no need list"},
           {"deadline = \"at_once\"\n", "", "a.toml:", "needs a `deadline`"},
           {"modality = \"must\"", "modality = \"may\"", "a.toml:", "only a duty"},
           {"in_force_to = 2027-07-01", "in_force_to = 2020-07-01", "a.toml:31:15", "before"},
           {"in_force_to = 2027-07-01", "in_force_to = \"2027-07-01\"", "a.toml:31:15", "expected a date"},
           {"citation = { sfs = \"1964:167\", section = \"6\", text = \"LUL 6\" }\n", "",
            "a.toml:", "'citation' is required"},
           {"sfs = \"1964:167\"", "sfs = \"LUL\"", "a.toml:29:20", "1964:167"},
           {"text = \"LUL 6\"", "text = \"LUL 6, skadeprövning\"", "a.toml:29:", "names a harm test"},
           {"text = \"OSL 35:1\"", "text = \"OSL 35:1; skadeprövning av bolaget\"", "a.toml:8:", "names a harm test"},
           {"section = \"6\"", "section = \"\"", "a.toml:", "'section' is empty"},
           {"reviewed_by = \"counsel\"\n", "", "a.toml:", "'reviewed_by' is required"},
           {"schema = 1\n", "schema = 1\nreview_by = 2026-10-01\n", "a.toml:", "within five years of `reviewed_at`"},
           {"reviewed_at = 2026-11-01", "reviewed_at = 2026-11-01\nreview_by = 2031-11-02",
            "a.toml:", "within five years"},
           {"reviewed_at = 2026-11-01", "reviewed_at = 2026-11-01\nreview_by = \"soon\"", "a.toml:", "expected a date"},
           {"[[rule]]", "[settings]\nfree_for_all = true\n[[rule]]", "a.toml:16:1", "unknown key 'free_for_all'"},
           {"[[rule]]", "[settings]\nlvm_in_force = 1\n[[rule]]", "a.toml:16:16", "true or false"},
           {"id = \"R\"", "id = \"R", "a.toml:16:", ""},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\nobligations = [\"send_flowers\"]", "a.toml:29:16",
            "unknown code"},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\nsetting = \"mood\"", "a.toml:29:11", "unknown setting"},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\nwhile_off = \"hold\"", "a.toml:29:13",
            "belongs to `setting`"},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\nsetting = \"lvm_in_force\"\nwhile_off = \"hold\"",
            "a.toml:30:13", "holds nothing"},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\nsetting = \"lvm_in_force\"\nwhile_off = \"wait\"",
            "a.toml:30:13", "unknown code"},
           {"purposes = [\"need_of_help\"]", "purposes = [\"need_of_help\"]\ninitiative = [\"asked\"]", "a.toml:24:15",
            "unknown code"},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\nttl = \"soon\"", "a.toml:29:7", "must be a time"},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\nhold_days = 0", "a.toml:29:13", "from 1 to 366"},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\nttl = \"0 hours\"", "a.toml:29:7", "must be a time"},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\nobligations = [\"drop:envelope\"]", "a.toml:29:16",
            "unknown code"},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\nobligations = [\"reservation\"]", "a.toml:15:1",
            "reservation against \"social_board\""},
           {"\"fact:need_of_help\"", "\"fact:recipient_reservation\"", "a.toml:15:1", "reservation against"},
           {"deadline = \"at_once\"", "deadline = \"at_once\"\nobligations = [\"human_review\"]", "a.toml:29:15",
            "needs the condition `fact:individual_assessment`"},
           {"\"age 13-20\"]", "\"emergency\"]\nobligations = [\"notify_privacy_officer\", \"mandatory_review\"]",
            "a.toml:27:14", "needs a `ttl`"},
           {"\"age 13-20\"]",
            "\"emergency\"]\nttl = \"25 hours\"\nobligations = [\"notify_privacy_officer\", \"mandatory_review\"]",
            "a.toml:27:14", "needs a `ttl`"},
           {"\"age 13-20\"]", "\"emergency\"]\nttl = \"4 hours\"\nobligations = [\"mandatory_review\"]", "a.toml:27:14",
            "`notify_privacy_officer`"},
           {"\"age 13-20\"]", "\"emergency\"]\nttl = \"4 hours\"\nobligations = [\"notify_privacy_officer\"]",
            "a.toml:27:14", "`mandatory_review`"},
           {"test = \"reverse\"", "test = \"absolute\"\nunbreakable = true", "a.toml:16:1", "unbreakable"},
           {"breaks = [\"OSL 35:1\"]", "breaks_all = true", "a.toml:", "'via' is required"},
           {"needs = [\"identity\", \"protection\"]", "needs = [\"identity\"]", "a.toml:14:9", "bring protection"},
           {"needs = [\"identity\", \"protection\"]", "needs = [\"address\"]", "a.toml:14:9", "bring protection"},
           {"categories = [\"identity\", \"protection\"]", "categories = [\"identity\"]", "a.toml:26:14",
            "bring protection"},
           {"test = \"reverse\"", "test = \"straight\"\nown_test = \"investigation_not_harmed\"", "a.toml:6:12",
            "public interest"},
           {"test = \"reverse\"", "test = \"reverse\"\npublic_interest = true\nown_test = \"investigation_not_harmed\"",
            "a.toml:7:12", "straight"},
           {"[[rule]]", "[gate]\nrecipients = [\"anybody\"]\n[[rule]]", "a.toml:16:15", "unknown code"},
           {"[[rule]]", "[gate]\nrecipients = []\n[[rule]]", "a.toml:16:14", "empty"},
           {"[[rule]]", "[gate]\nopen = true\n[[rule]]", "a.toml:16:1", "unknown key 'open'"},
       }) {
    const auto error = error_of(row.from, row.to);
    EXPECT_EQ(error.code, Errc::invalid_config) << row.to;
    EXPECT_TRUE(error.where.starts_with(row.where)) << row.to << " -> " << error.where << " " << error.message;
    EXPECT_NE(error.message.find(row.says), std::string::npos) << row.to << " -> " << error.message;
  }
}

// A landlord outside the act: its rule opens no secrecy, it says what may go. Where nothing is open it says nothing.
TEST_F(Loader, AMayRuleBreaksSomethingOrSpeaksOfOpenData) {
  std::string may(kGood);
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"modality = \"must\"", "modality = \"may\""},
                                                        {"deadline = \"at_once\"\n", ""},
                                                        {"breaks = [\"OSL 35:1\"]\n", ""}})
    may.replace(may.find(from), from.size(), to);
  write("a.toml", may);
  ASSERT_FALSE(load().has_value());
  EXPECT_NE(load().error().message.find("permits nothing"), std::string::npos);
  const auto open = [](const std::string& holder, const std::string& category) {
    return "\n[[no_secrecy]]\nholders = [\"" + holder + "\"]\ncategories = [\"" + category +
           "\"]\ncitation = { sfs = \"2009:400\", chapter = \"2\", section = \"1\", text = \"OSL 2:1\" }\n";
  };
  for (const auto& [holder, category] : std::vector<std::pair<std::string, std::string>>{
           {"landlord_private", "identity"}, {"police", "event"}, {"police", "official"}}) {
    write("a.toml", may + open(holder, category));
    EXPECT_FALSE(load().has_value()) << holder << " " << category;
  }
  write("a.toml", may + open("police", "identity"));
  EXPECT_TRUE(load().has_value());
}

TEST_F(Loader, ReadsInitiativeAndTimeToLive) {
  write("a.toml", kGood);
  EXPECT_EQ(load().value()->rules.at(0).initiative, (std::vector<std::string>{"own", "request"}));
  EXPECT_EQ(error_of("deadline = \"at_once\"", "deadline = \"at_once\"\ninitiative = [\"request\"]\nttl = \"4 hours\"")
                .message,
            "");
  EXPECT_EQ(load().value()->rules.at(0).initiative, std::vector<std::string>{"request"});
  EXPECT_EQ(load().value()->rules.at(0).ttl, std::chrono::hours{4});
}

TEST_F(Loader, TheGateHoldsWithoutATableAndIsReplacedByOne) {
  write("a.toml", kGood);
  EXPECT_EQ(load().value()->gate.recipients, std::vector<std::string>{"landlord_private"});
  write("b.toml", "schema = 1\n[gate]\nrecipients = [\"landlord_private\", \"leisure\"]\n");
  EXPECT_EQ(load().value()->gate.recipients.size(), 2u);
  write("c.toml", "schema = 1\n[gate]\nrecipients = [\"leisure\"]\n");
  EXPECT_FALSE(load());
}

TEST_F(Loader, ALocalAnswerGoesBeforeTheSettingIsSignedAndIsPartOfTheHash) {
  write("a.toml", std::string(kGood) + "[settings]\nlvm_in_force = false\n");
  const auto before = load().value()->hash;
  fs::create_directory(folder_ / "local");
  const auto local = folder_ / "local" / "town.toml";
  const auto answered = [&](std::string_view text) {
    write("local/town.toml", text);
    return load_rules(folder_, test_hash, local);
  };
  constexpr std::string_view kAnswer = "schema = 1\n[[answer]]\nsetting = \"lvm_in_force\"\nvalue = true\n";
  constexpr std::string_view kSigned = "signed_by = \"counsel\"\nsigned_at = 2026-11-22\n";
  const auto set = answered(std::string(kAnswer) + std::string(kSigned)).value();
  EXPECT_TRUE(set->settings.lvm_in_force);
  EXPECT_NE(set->hash, before);
  ASSERT_EQ(set->answers.size(), 1u);
  EXPECT_EQ(set->answers[0].signed_by, "counsel");
  EXPECT_EQ(set->answers[0].signed_at, day("2026-11-22"));
  EXPECT_EQ(set->answers[0].place.file, "town.toml");
  EXPECT_EQ(load().value()->hash, before) << "the file counts where it is named";
  EXPECT_TRUE(answered(kAnswer).error().where.starts_with("town.toml:2:"));  // nobody signed
  EXPECT_TRUE(answered("schema = 1\n[[answer]]\nsetting = \"lvm\"\nvalue = true\n" + std::string(kSigned))
                  .error()
                  .where.starts_with("town.toml:3:"));  // no such question
  EXPECT_FALSE(answered("schema = 1\n[[answer]]\nsetting = \"lvm_in_force\"\n" + std::string(kSigned)));
  const auto twice = std::string(kAnswer) + std::string(kSigned) + std::string(kAnswer.substr(kAnswer.find("[["))) +
                     std::string(kSigned);
  EXPECT_TRUE(answered(twice).error().where.starts_with("town.toml:8:"));
  fs::remove(local);
  EXPECT_FALSE(load_rules(folder_, test_hash, local)) << "a file that is named must be there";
}

TEST_F(Loader, DuplicateIdsAcrossFilesAreErrors) {
  write("a.toml", kGood);
  write("b.toml", kGood);
  ASSERT_FALSE(load());
  EXPECT_TRUE(load().error().where.starts_with("b.toml:3:")) << load().error().where;
}

TEST_F(Loader, EmptyMissingAndOversizedAreErrors) {
  EXPECT_FALSE(load());
  EXPECT_FALSE(load_rules(folder_ / "nowhere", test_hash));
  write("a.toml", std::string((1u << 20) + 1, '#'));
  EXPECT_FALSE(load());
}

// A dotted key is a table in a table in a table: 200,000 of them once ended the process.
TEST_F(Loader, AKeyOfEndlessPartsIsRefusedBeforeItIsRead) {
  const auto dotted = [](std::size_t parts) {
    std::string out = "a";
    for (std::size_t i = 1; i < parts; ++i) out += ".a";
    return out;
  };
  for (const std::size_t parts : {66u, 200'000u}) {
    for (const std::string& line :
         {dotted(parts) + " = 1", "[" + dotted(parts) + "]", "x = { " + dotted(parts) + " = 1 }"}) {
      write("a.toml", std::string(kGood) + line + "\n");
      const auto refused = load();
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().where, "a.toml:34:1");
      EXPECT_EQ(refused.error().message, "more than 64 dots in one line");
    }
  }
  write("a.toml", std::string(kGood) + "# " + dotted(65) + "\n");
  EXPECT_TRUE(load());
}

TEST_F(Loader, ShippedRulesLoadAndCiteTheirGround) {
  for (const auto& rule : shipped_rules()->rules) {
    EXPECT_FALSE(rule.citation.text.empty()) << rule.id;
    EXPECT_TRUE(rule.in_force_from.ok()) << rule.id;
    EXPECT_FALSE(rule.breaks_all && rule.categories == std::vector<std::string>{"*"} &&
                 std::none_of(rule.conditions.begin(), rule.conditions.end(),
                              [](const Condition& c) { return c.type == Condition::Type::consent; }))
        << rule.id << " breaks everything for everything";
  }
}

}  // namespace
}  // namespace samband::testing
