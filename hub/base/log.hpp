// Structured log lines: one JSON object a line on standard error. An event is a constant, fields are codes, counts and
// identifiers made by the hub; never a value from a message. Thread-safe.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace samband {
enum class LogLevel { debug, info, warning, error };
void set_log_level(LogLevel);
void log(LogLevel, std::string_view event, std::initializer_list<std::pair<std::string_view, std::string>> fields = {});
}  // namespace samband
