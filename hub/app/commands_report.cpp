// samband report statistics: follow-up figures with small counts suppressed.
#include <iostream>

#include "app/commands.hpp"
#include "app/settings.hpp"
#include "report/statistics.hpp"

namespace samband::cli {
namespace {

int statistics(const Arguments& a) {
  auto from = parse_date(a.get("from")), to = parse_date(a.get("to"));
  if (!from || !to) return complain("--from, --to: expect a date as 2026-11-22"), kUsage;
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  auto lines = report::collect(**store, stockholm_midnight(*from), stockholm_midnight(*to));
  if (!lines) return complain(in_words(lines.error()));
  if (a.json())
    std::cout << json::serialize(report::to_json(*lines)) << "\n";
  else
    std::cout << report::to_text(*lines) << (lines->empty() ? "no exchanges\n" : "");
  return kOk;
}

}  // namespace

void add_report(std::vector<Command>& commands) {
  commands.push_back({"report statistics",
                      "Counts exchanges by month, kind and outcome; counts under 5 are not shown",
                      "",
                      "For steering groups: no person, no party, no content. Months of the Swedish calendar.",
                      {kConfigOption,
                       kJsonOption,
                       {"from", "DATE", "first day", "2000-01-01"},
                       {"to", "DATE", "day after the last", "2100-01-01"}},
                      statistics});
}

}  // namespace samband::cli
