// The words of the forms (hub/model/schemas/words.json) are those of the notices that come out of them.
#include <gtest/gtest.h>

#include "notice_text/notice_text.hpp"
#include "sdk/test_kit.hpp"

namespace {

using namespace samband;
namespace fs = std::filesystem;

TEST(Words, FormsAndNoticesSayTheSame) {
  const auto words =
      boost::json::parse(test_kit::read_text(fs::path(SAMBAND_SOURCE_DIR) / "hub/model/schemas/words.json"));
  int compared = 0;
  const auto compare = [&](const char* list, std::string_view (*of_notice)(std::string_view)) {
    for (const auto& [key, word] : words.at(list).as_object()) {
      const std::string_view said = of_notice(key);
      if (said == key) continue;  // a notice has no word for it: it never shows one
      EXPECT_EQ(said, word.at("sv").as_string()) << list << " " << key;
      ++compared;
    }
  };
  compare("kinds", plugin::notice_title);
  compare("members", plugin::swedish_label);
  compare("codes", plugin::swedish_code);
  EXPECT_GT(compared, 150);
}

}  // namespace
