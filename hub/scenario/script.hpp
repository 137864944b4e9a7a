// What a scenario's file says: reading it, the steps that there are, and the times that a step names. Members that are
// absent, or of another type, read as nothing. Pure, but for read_file.
#pragma once
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace samband::scenario {

std::string text(const json::object&, std::string_view key);
std::vector<std::string> texts(const json::object&, std::string_view key);
// What stands at "/a/b"; null when nothing does.
const json::value* inside(const json::object&, std::string_view pointer);
std::string joined(const std::vector<std::string>&, const char* with = ", ");  // "-" when empty

// "20d", "2h", "30m", also with a sign; nullopt: no such time.
std::optional<std::chrono::milliseconds> parse_delay(std::string_view);
// "21:00" or "working day 10:00": when it is that time next in Stockholm.
std::optional<Time> next_time(std::string words, Time now);

// invalid_config, at a place in the file.
Error wrong(const std::filesystem::path& file, const std::string& at, const std::string& what);
// A scenario's JSON file. Errors: invalid_config, `where` = file and place.
Result<json::object> read_file(const std::filesystem::path&);
// Errors: invalid_config, `where` = JSON pointer within the step.
Result<void> check_step(const json::value& step);

}  // namespace samband::scenario
