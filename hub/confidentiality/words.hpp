// Plain words for codes, as explanations, findings and differences write them. Thread-safe.
#pragma once
#include <string>
#include <string_view>

namespace samband {

// A code without words is answered as itself. `swedish` false = English.
std::string category_in_words(std::string_view code, bool swedish);
std::string role_in_words(std::string_view code, bool swedish);
std::string fact_in_words(std::string_view code, bool swedish);

}  // namespace samband
