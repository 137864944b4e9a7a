#include "app/subject_file.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "app/settings.hpp"

namespace samband::cli {
namespace {

constexpr std::size_t kSubjectBytesMax = 4096;

std::string trimmed(std::string text) {
  const auto blank = " \t\r\n";
  text.erase(0, std::min(text.find_first_not_of(blank), text.size()));
  text.erase(text.find_last_not_of(blank) + 1);
  return text;
}

}  // namespace

Result<json::value> subject_from(const std::string& word, const char* option, FromWord from_word) {
  std::string text = word;
  std::error_code ignored;
  if (word == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else if (from_word == FromWord::refuse || std::filesystem::exists(word, ignored)) {
    std::ifstream file(word, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(file), {});
    if (!file.is_open() || file.bad()) return fail(Errc::invalid_input, option, "the file cannot be read");
  } else {
    std::cerr << "samband: a number on the command line is seen by everybody on this machine; prefer " << option
              << " -\n";
  }
  text = trimmed(std::move(text));
  if (text.empty() || text.size() > kSubjectBytesMax)
    return fail(Errc::invalid_input, option, "holds nothing, or too much for one person");
  if (text.front() != '{') return json::value(json::object{{"personalNumber", text}});
  auto parsed = parse_json(text);
  if (!parsed) return fail(Errc::invalid_input, option, "is not JSON: " + in_words(parsed.error()));
  return parsed;
}

}  // namespace samband::cli
