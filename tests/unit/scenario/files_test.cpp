// Story and year files: what is misspelt or does not add up is refused with its place, and nothing is played.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "scenario/hub_process.hpp"
#include "scenario/script.hpp"
#include "scenario/year.hpp"

namespace samband::scenario {
namespace {

class Files : public ::testing::Test {
 protected:
  Files() {
    std::string name = (std::filesystem::temp_directory_path() / "samband-scenario-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Files() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path file(const std::string& text) {
    std::ofstream(folder_ / "file.json") << text;
    return folder_ / "file.json";
  }
  template <class T>
  std::string refused(const std::string& text) {
    auto loaded = T::load(file(text));
    return loaded ? "loaded"
                  : loaded.error().where.substr(loaded.error().where.rfind(' ') + 1) + ": " + loaded.error().message;
  }
  std::filesystem::path folder_;
};

TEST_F(Files, AStoryThatIsWellFormedLoads) {
  auto story = Story::load(file(R"({"title": "t", "steps": [{"say": "a"}, {"as": "p", "take": "m > q"}]})"));
  ASSERT_TRUE(story);
  EXPECT_EQ(story->title(), "t");
}

TEST_F(Files, AMisspeltStepIsRefusedWithItsPlace) {
  EXPECT_EQ(refused<Story>(R"({"steps": [{"say": "a"}, {"as": "p", "tkae": "m > q"}]})"),
            "/steps/1/tkae: no step has such a member");
  EXPECT_EQ(refused<Story>(R"({"steps": [{"as": "p", "take": "m > q", "pass": "1h"}]})"),
            "/steps/0: one step does one thing");
  EXPECT_EQ(refused<Story>(R"({"steps": [{"as": "p"}]})"), "/steps/0: does nothing");
  EXPECT_EQ(refused<Story>(R"({"steps": {}})"), "/steps: must be a list");
  EXPECT_FALSE(Story::load(folder_ / "none.json"));
  EXPECT_FALSE(Story::load(file("{")));
}

TEST_F(Files, ATimeThatIsNoneIsRefusedAndNotTakenForMinutes) {
  EXPECT_EQ(parse_delay("2h"), std::chrono::milliseconds(std::chrono::hours(2)));
  EXPECT_EQ(parse_delay("+3d"), std::chrono::milliseconds(std::chrono::hours(72)));
  EXPECT_EQ(parse_delay("-30m"), std::chrono::milliseconds(-std::chrono::minutes(30)));
  for (const char* text : {"", "2", "2 hours", "h", "2w", "soon"}) EXPECT_FALSE(parse_delay(text)) << text;
  EXPECT_NE(refused<Story>(R"({"steps": [{"pass": "2 hours"}]})"), "loaded");
  EXPECT_NE(refused<Story>(R"({"steps": [{"as": "p", "take": "m > q", "after": "2 hours"}]})"), "loaded");
  for (const char* pass : {"20d", "2037-01-05", "21:00", "working day 10:00"})
    EXPECT_EQ(refused<Story>(std::string(R"({"steps": [{"pass": ")") + pass + "\"}]}"), "loaded") << pass;
}

TEST_F(Files, AYearWhoseSharesDoNotAddUpIsRefused) {
  const std::string head = R"({"year": 2008, "cohorts": [{"count": 10, "attributes": {"sex": )";
  const std::string tail = R"(}, "steps": [{"as": "p", "take": "m > q"}]}]})";
  EXPECT_TRUE(SyntheticYear::load(file(head + R"({"female": 4, "male": 6})" + tail)));
  EXPECT_EQ(refused<SyntheticYear>(head + R"({"female": 4, "male": 5})" + tail),
            "/cohorts/0/attributes/sex: counts add up to 9, not to 10");
  EXPECT_NE(refused<SyntheticYear>(head + R"({"female": -1, "male": 11})" + tail), "loaded");
  EXPECT_EQ(refused<SyntheticYear>(R"({"year": 2008, "cohorts": []})"), "/cohorts: must be a list");
  EXPECT_EQ(refused<SyntheticYear>(R"({"cohorts": []})"), "/year: must be the year of the source");
  EXPECT_EQ(refused<SyntheticYear>(R"({"year": 2008, "cohorts": [{"count": 0, "steps": []}]})"),
            "/cohorts/0/count: must be a number of persons, 1 to 100000");
}

TEST_F(Files, EveryScenarioOfTheHouseLoads) {
  for (const auto& each : std::filesystem::directory_iterator(SAMBAND_SOURCE_DIR "/config/scenarios")) {
    if (!std::filesystem::exists(each.path() / "hub.toml")) continue;
    auto story = Story::load(each.path() / "story.json");
    EXPECT_TRUE(story) << each.path() << (story ? "" : story.error().where + ": " + story.error().message);
    auto year = SyntheticYear::load(each.path() / "year.json");
    EXPECT_TRUE(year) << each.path() << (year ? "" : year.error().where + ": " + year.error().message);
  }
}

TEST_F(Files, ANamelessFolderGoesAndANamedOneStays) {
  std::filesystem::path gone;
  {
    auto folder = WorkFolder::open("");
    ASSERT_TRUE(folder);
    gone = folder->path();
    EXPECT_TRUE(std::filesystem::exists(gone));
  }
  EXPECT_FALSE(std::filesystem::exists(gone));
  {
    ASSERT_TRUE(WorkFolder::open((folder_ / "kept").string()));
  }
  EXPECT_TRUE(std::filesystem::exists(folder_ / "kept"));
}

TEST(Scenarios, AnUnknownNameIsAnsweredWithTheKnown) {
  auto found = find_scenario("../../etc");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::not_found);
}

}  // namespace
}  // namespace samband::scenario
