// Plain words for codes, as explanations, findings and differences write them. Thread-safe.
#pragma once
#include <string>
#include <string_view>

namespace samband {

// A code without words is answered as itself. `swedish` false = English.
std::string category_in_words(std::string_view code, bool swedish);
std::string role_in_words(std::string_view code, bool swedish);
std::string fact_in_words(std::string_view code, bool swedish);
// A citation as the rule files write it, for an English text: acts keep their names, "6 §" is "s. 6", "2 st" "para. 2",
// "p 1" "item 1"; what a declaration says after the citation in Swedish is left out.
std::string citation_in_english(std::string_view citation);

}  // namespace samband
