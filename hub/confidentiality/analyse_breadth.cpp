// Rules that reach further than they say why: wildcards, no end and no review, categories beyond the need.
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

// What permits ends, or is looked at again: a rule with neither would permit for ever what nobody thinks of any more.
void expiry(Analysis& a, const Rule& rule) {
  if (rule.in_force_to.ok()) return;
  if (!rule.review_by.ok()) {
    say(a.add(Severity::warning, "no_expiry", rule.id, "", rule.place),
        {"it has neither a last day nor a day by which it is reviewed",
         "den har varken sista dag eller en dag då den senast ska granskas",
         "Set review_by, for the rule or its whole file, or in_force_to.",
         "Sätt review_by, för regeln eller hela filen, eller in_force_to."});
  } else if (rule.review_by < a.input.at) {
    say(a.add(Severity::warning, "review_due", rule.id, to_string(rule.review_by), rule.place),
        {"it was to be reviewed by " + to_string(rule.review_by) + ", and nobody has",
         "den skulle ha granskats senast " + to_string(rule.review_by) + ", och ingen har gjort det",
         "Have it reviewed, and set reviewed_at and a new review_by.",
         "Låt granska den och sätt reviewed_at och ett nytt review_by."});
  }
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
