// The person whom a command is about, named as messages do. Never echoed.
#pragma once
#include <string>

#include "base/error.hpp"
#include "base/json.hpp"

namespace samband::cli {

// A number, or a JSON object that names a person as messages do: from standard input ("-"), a file, or, where that is
// allowed, the word itself (with a warning: everybody on the machine sees a command line). `option` is for the errors.
enum class FromWord { allow, refuse };
Result<json::value> subject_from(const std::string& word, const char* option, FromWord);

}  // namespace samband::cli
