// samband report follow-up: a collaboration's own follow-up table, from the records of the hub.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include "app/commands.hpp"
#include "app/recorded.hpp"
#include "app/simulated_clock.hpp"
#include "report/follow_up.hpp"

namespace samband::cli {
namespace {

namespace fs = std::filesystem;

// A word of a folder's name, never a path.
bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 60 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Without --config a collaboration that has a configuration of its own is meant by its name.
Result<Config> configuration_of(const Arguments& a, const std::string& name) {
  const char* environment = std::getenv("SAMBAND_CONFIG");
  const fs::path own = fs::path("config") / "scenarios" / name;
  if (!a.has("config") && (environment == nullptr || *environment == '\0') && fs::exists(own / "hub.toml"))
    return load_config(own);
  return configuration(a);
}

fs::path figures_file(const Arguments& a, const Config& config, const std::string& name) {
  if (a.has("figures")) return a.get("figures");
  const fs::path own = config.folder / "follow-up.toml", named = config.folder / "scenarios" / name / "follow-up.toml";
  return !fs::exists(own) && fs::exists(named) ? named : own;
}

// The collaborations whose figures this configuration can reach.
std::string known_names(const Arguments& a, const Config& config) {
  std::set<std::string> names;
  if (auto own = report::load_follow_up(config.folder / "follow-up.toml")) names.insert(own->name);
  std::vector<fs::path> folders{config.folder / "scenarios"};
  if (!a.has("config")) folders.push_back(fs::path("config") / "scenarios");
  std::error_code ec;
  for (const fs::path& folder : folders)
    for (const auto& each : fs::directory_iterator(folder, ec))
      if (fs::exists(each.path() / "follow-up.toml", ec)) names.insert(each.path().filename().string());
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none (docs/follow-up.md)" : out;
}

int follow_up(const Arguments& a) {
  const std::string name = a.positional().empty() ? std::string() : a.positional()[0];
  if (!is_name(name)) return complain("name a collaboration, such as mumin (small letters, digits and -)"), kUsage;
  Result<Date> from = report::kAlways.from, to = report::kAlways.to;
  if (a.has("from")) from = parse_date(a.get("from"));
  if (a.has("to")) to = parse_date(a.get("to"));
  if (!from || !to || *from >= *to)
    return complain("--from, --to: expect dates as 2026-01-01, the second after the first"), kUsage;
  const bool unsuppressed = a.has("unsuppressed");
  // Two periods that differ by a day would show that day's few.
  if (!unsuppressed && (from->day() != std::chrono::day(1) || to->day() != std::chrono::day(1)))
    return complain("--from, --to: expect the first day of a month (figures of single days would point to persons)"),
           kUsage;
  const std::string language = a.get("lang");
  if (a.json() && a.has("csv")) return complain("--json, --csv: one of them"), kUsage;

  auto config = configuration_of(a, name);
  if (!config) return complain(in_words(config.error()));
  const fs::path file = figures_file(a, *config, name);
  const auto unknown = [&] {
    return complain("unknown collaboration '" + name + "'; known: " + known_names(a, *config) +
                    " (--figures FILE names others)"),
           kUsage;
  };
  if (!a.has("figures") && !fs::exists(file)) return unknown();
  auto figures = report::load_follow_up(file, &config->parties, &config->routes);
  if (!figures) return complain(in_words(figures.error()));
  if (figures->name != name) {
    if (!a.has("figures")) return unknown();
    return complain("these are the figures of '" + figures->name + "'");
  }
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  auto recorded = Recorded::open(*config, **store);
  if (!recorded) return complain(in_words(recorded.error()));
  const auto read = [&](const ExchangeRow& row) { return (*recorded)->reader().source_of(row); };
  const report::Period period{*from, *to};
  auto counts =
      report::count_figures(*figures, **store, read, (*recorded)->parties(), config->routes, period, now_of(*config));
  if (!counts) return complain(in_words(counts.error()));

  if (unsuppressed)
    std::cerr << "samband: INTERNAL figures: small counts are shown and may point to persons. Not for a steering "
                 "group, not to be sent or kept.\n";
  // Where no day was asked for, the months that the records hold.
  report::Shown how{language, counts->held, unsuppressed};
  if (a.has("from") && a.has("to")) how.period = period;
  if (how.period && a.has("from")) how.period->from = *from;
  if (how.period && a.has("to")) how.period->to = *to;
  if (a.json())
    std::cout << json::serialize(report::follow_up_json(*figures, *counts, how)) << "\n";
  else
    std::cout << (a.has("csv") ? report::follow_up_csv(*figures, *counts, how)
                               : report::follow_up_text(*figures, *counts, how));
  return kOk;
}

}  // namespace

void add_follow_up(std::vector<Command>& commands) {
  commands.push_back(
      {"report follow-up",
       "A collaboration's own follow-up table; what a count under 5 could be worked out from is hidden",
       "NAME",
       "NAME is mumin, bofast, sig, coach, minimaria or your own: its figures are CONFIG/follow-up.toml, else "
       "CONFIG/scenarios/NAME/follow-up.toml (docs/follow-up.md). Reads the store beside a running hub and its keys; "
       "prints counts, never a person. Publish a period once: two that overlap can be taken from each other.",
       {kConfigOption,
        kJsonOption,
        {"csv", "", "one line a count, as RFC 4180", ""},
        {"figures", "FILE", "the figures, when they are elsewhere", ""},
        {"from", "DATE", "first day, the first of a month (default: of the first month on record)", ""},
        {"to", "DATE", "day after the last, the first of a month (default: after the last month on record)", ""},
        kLangOption,
        {"unsuppressed", "", "internal counts, small ones too; for checks on the machine, not for a steering group",
         ""}},
       follow_up});
}

}  // namespace samband::cli
