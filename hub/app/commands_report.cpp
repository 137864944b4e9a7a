// samband report statistics | duties | assessments: follow-up figures with small counts suppressed.
#include <iostream>

#include "app/commands.hpp"
#include "app/settings.hpp"
#include "app/simulated_clock.hpp"
#include "report/duties.hpp"
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
    std::cout << "Exchanges by month and kind: what was decided, and how many were received (" << a.get("from")
              << " to " << a.get("to") << ", small counts hidden)\n"
              << (lines->empty() ? "no exchanges\n" : report::to_text(*lines));
  return kOk;
}

int duties(const Arguments& a) {
  auto from = parse_date(a.get("from")), to = parse_date(a.get("to"));
  if (!from || !to) return complain("--from, --to: expect a date as 2026-11-22"), kUsage;
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  auto lines = report::collect_duties(**store, stockholm_midnight(*from), stockholm_midnight(*to), now_of(*config));
  if (!lines) return complain(in_words(lines.error()));
  if (a.json())
    std::cout << json::serialize(report::to_json(*lines)) << "\n";
  else
    std::cout << "Duties to tell by rule and sender: in time, late, in part, missed, open (" << a.get("from") << " to "
              << a.get("to") << ", small counts hidden)\n"
              << (lines->empty() ? "no duties\n" : report::to_text(*lines));
  return kOk;
}

// How every party's people answered lately. The share of few answers would tell what was said about one person.
int assessments(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  auto rows = (*store)->answers();
  if (!rows) return complain(in_words(rows.error()));
  json::array out;
  for (const AnswersRow& row : *rows) {
    const Sameness found = look_at(row, sameness_of(*config));
    const bool few = found.answers < report::kSmallest;
    json::object o{{"party", row.party}, {"fact", row.code}, {"answers", report::shown(found.answers)}};
    o["commonest"] = few ? "suppressed" : found.value ? "yes" : "no";
    o["share"] = few ? json::value("suppressed")
                     : json::value(static_cast<double>(static_cast<int>(found.share * 1000 + 0.5)) / 1000);
    o["assessors"] = found.assessors;
    o["odd"] = found.identical ? "identical" : found.too_fast ? "too_fast" : "";
    o["alarmedAt"] = row.alarmed_at ? json::value(to_rfc3339(*row.alarmed_at)) : json::value(nullptr);
    out.push_back(std::move(o));
  }
  if (a.json()) {
    std::cout << json::serialize(out) << "\n";
    return kOk;
  }
  for (const json::value& each : out) {
    const json::object& o = each.as_object();
    std::cout << string_at(o, "party") << "  " << string_at(o, "fact") << "  answers " << string_at(o, "answers")
              << "  " << string_at(o, "commonest") << " " << json::serialize(o.at("share")) << "  assessors "
              << o.at("assessors") << (string_at(o, "odd").empty() ? "" : "  ALARM ") << string_at(o, "odd") << "\n";
  }
  if (out.empty()) std::cout << "no assessments\n";
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
  commands.push_back(
      {"report duties",
       "What became of every duty to tell, by rule and party; counts under 5 are not shown",
       "",
       "In time, late, in part (the rest is held), missed, open. What its sender took back is not counted.",
       {kConfigOption,
        kJsonOption,
        {"from", "DATE", "first day", "2000-01-01"},
        {"to", "DATE", "day after the last", "2100-01-01"}},
       duties});
  commands.push_back({"report assessments",
                      "How each party answered each question lately, and what no person answers like",
                      "",
                      "The last answers of [assessments] in hub.toml. No persons, no assessors by name.",
                      {kConfigOption, kJsonOption},
                      assessments});
}

}  // namespace samband::cli
