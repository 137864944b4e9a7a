// Rules that reach further than they say why: wildcards, no last day, categories beyond the need.
#include <algorithm>

#include "confidentiality/analyse_parts.hpp"

namespace samband {
namespace {

bool has(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

void wildcards(Analysis& a, const Rule& rule) {
  const std::pair<const char*, const std::vector<std::string>*> lists[] = {{"from", &rule.from},
                                                                           {"to", &rule.to},
                                                                           {"kinds", &rule.kinds},
                                                                           {"purposes", &rule.purposes},
                                                                           {"categories", &rule.categories}};
  for (const auto& [name, list] : lists) {
    if (!has(*list, "*")) continue;
    const std::string key(name);
    say(a.add(Severity::warning, "wildcard", rule.id, key, rule.place),
        {key + " = \"*\": it reaches everything there is and everything that is added later",
         key + " = \"*\": den når allt som finns och allt som läggs till senare", "List what the law names.",
         "Räkna upp det som lagen nämner."});
  }
}

// An answer to an open question of law stands until counsel has said otherwise: it needs a day to be asked again.
void expiry(Analysis& a, const Rule& rule) {
  if (rule.setting.empty() || rule.in_force_to.ok()) return;
  const auto setting = setting_named(rule.setting);
  if (setting == nullptr || !(a.set.settings.*setting)) return;
  say(a.add(Severity::warning, "no_expiry", rule.id, rule.setting, rule.place),
      {"it rests on an open question of law (" + rule.setting + ") and has no last day",
       "den vilar på en öppen rättsfråga (" + rule.setting + ") och saknar sista dag",
       "Set in_force_to, so that the question is asked again.", "Sätt in_force_to, så att frågan ställs på nytt."});
}

void need(Analysis& a, const Rule& rule) {
  if (has(rule.categories, "*")) return;
  Bits needed = bit(code_index(data_categories(), "envelope"));
  for (const auto& purpose : a.set.purposes)
    if (has(rule.purposes, purpose.id) || has(rule.purposes, "*")) needed |= category_bits(purpose.needs);
  const Bits beyond = category_bits(rule.categories) & ~needed;
  if (beyond == 0) return;
  const std::string list = codes_in(beyond, data_categories());
  say(a.add(Severity::warning, "beyond_need", rule.id, list, rule.place),
      {"it names what none of its purposes needs: " + list, "den nämner det som inget av dess ändamål behöver: " + list,
       "Take the categories out; they would go the day somebody widens the need list.",
       "Ta bort kategorierna; de skulle lämnas den dag någon utvidgar behovslistan."});
}

}  // namespace

void analyse_breadth(Analysis& a) {
  for (const Rule& rule : a.set.rules) {
    wildcards(a, rule);
    expiry(a, rule);
    need(a, rule);
  }
}

}  // namespace samband
