// The console's words in Swedish and English. Pure, thread-safe.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace samband {

enum class Language { swedish, english };
inline std::string_view code_of(Language language) { return language == Language::english ? "en" : "sv"; }
inline Language language_from(std::string_view code) { return code == "en" ? Language::english : Language::swedish; }

// The text of a key; the key itself when it has none, so that a code without words still shows.
std::string_view word(Language, std::string_view key);
// The words of a code in a list, "category" or "reason"; the code itself when it has none.
std::string_view word_for(Language, std::string_view list, std::string_view code);
void for_each_word(Language, const std::function<void(std::string_view key, std::string_view text)>&);

}  // namespace samband
