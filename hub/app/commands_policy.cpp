// samband policy list: the rules with their citations.
#include <iostream>

#include "app/commands.hpp"
#include "app/settings.hpp"

namespace samband::cli {
namespace {

int list(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto rules = rules_of(*config);
  if (!rules) return complain(in_words(rules.error()));
  json::array out;
  for (const Rule& r : (*rules)->rules) {
    if (a.json())
      out.push_back(json::object{{"id", r.id},
                                 {"modality", r.modality},
                                 {"citation", r.citation.text},
                                 {"via", r.via},
                                 {"sv", r.title_sv},
                                 {"en", r.title_en}});
    else
      std::cout << r.id << "  " << r.modality << "  " << r.citation.text << (r.via.empty() ? "" : " via " + r.via)
                << "\n    " << (a.get("lang") == "en" ? r.title_en : r.title_sv) << "\n";
  }
  if (a.json())
    std::cout << json::serialize(out) << "\n";
  else
    std::cout << (*rules)->rules.size() << " rules, " << (*rules)->provisions.size() << " provisions, hash "
              << (*rules)->hash << "\n";
  return kOk;
}

}  // namespace

void add_policy(std::vector<Command>& commands) {
  commands.push_back(
      {"policy list", "Lists the rules with their citations", "", "", {kConfigOption, kJsonOption, kLangOption}, list});
}

}  // namespace samband::cli
