// Plain words for codes, as explanations, findings and differences write them. Thread-safe.
#pragma once
#include <map>
#include <string>
#include <string_view>

namespace samband {

struct Words {
  std::string_view sv, en;
  std::string_view in(bool swedish) const { return swedish ? sv : en; }
};
using Dictionary = std::map<std::string_view, Words>;

// A code without words is answered as itself: codes are ours, never a sender's text. `swedish` false = English.
std::string word(const Dictionary&, std::string_view code, bool swedish);
std::string actor_in_words(std::string_view code, bool swedish);
std::string category_in_words(std::string_view code, bool swedish);
std::string role_in_words(std::string_view code, bool swedish);
std::string fact_in_words(std::string_view code, bool swedish);
std::string reason_in_words(std::string_view code, bool swedish);      // why a field or an exchange stays
std::string deadline_in_words(std::string_view code, bool swedish);    // of a duty
std::string obligation_in_words(std::string_view code, bool swedish);  // "drop:health" too
// How a decision cites the provision that a recorded harm test cleared: the engine's word alone, no rule file's.
inline constexpr std::string_view kHarmTestWord = "skadeprövning";
std::string cited_as_tested(std::string_view citation);
// A citation as the rule files write it, for an English text: acts keep their names, "6 §" is "s. 6", "2 st" and "st 2"
// "para. 2", "p 1" "item 1"; what a declaration says after the citation in Swedish is left out.
std::string citation_in_english(std::string_view citation);

}  // namespace samband
