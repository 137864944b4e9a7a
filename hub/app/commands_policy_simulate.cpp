// samband policy simulate: what another rule set would change, tried on the exchanges on record before it is published.
#include <unistd.h>

#include <iostream>

#include "app/commands.hpp"
#include "app/recorded.hpp"
#include "app/simulated_words.hpp"

namespace samband::cli {
namespace {

int simulate_rules(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  if (a.get("rules").empty()) return complain("--rules: name the folder of the new rule set"), kUsage;
  Time since = Time::min(), until = Time::max();
  for (const auto& [option, time] : {std::pair{"since", &since}, {"until", &until}}) {
    if (!a.has(option)) continue;
    auto at = parse_rfc3339(a.get(option));
    if (!at) return complain(std::string("--") + option + ": expects a time as 2026-11-22T10:00:00Z"), kUsage;
    *time = *at;
  }
  auto after = rules_of(*config, a.get("rules"));
  if (!after) return complain(in_words(after.error()));
  auto store = store_to_read(*config);
  if (!store) return complain(in_words(store.error()));
  auto before = choose_rules(*config, a.get("base"), store->get());
  if (!before) return complain(in_words(before.error()));
  auto recorded = Recorded::open(*config, **store);
  if (!recorded) return complain(in_words(recorded.error()));

  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  json::array changes;
  const auto changed = [&](const ChangedExchange& c) {
    if (a.json()) {
      changes.push_back(as_json(c));
    } else {
      std::cout << in_words(c, *before->set, **after, a.swedish());
    }
  };
  auto done = simulate(**store, (*recorded)->reader(), (*recorded)->parties(), config->agreements, *before->set,
                       **after, since, until, changed, [&](std::uint64_t n) {
                         if (terminal)
                           std::cerr << "\r" << n << (a.swedish() ? " utbyten" : " exchanges") << std::flush;
                       });
  if (terminal) std::cerr << "\n";
  if (!done) return complain(in_words(done.error()));
  if (a.json()) {
    json::object turns;
    for (const auto& [turn, n] : done->turns) turns[to_string(turn)] = n;
    std::cout << json::serialize(json::object{{"before", before->set->hash},
                                              {"after", (*after)->hash},
                                              {"exchanges", done->exchanges},
                                              {"changed", done->changed},
                                              {"turns", std::move(turns)},
                                              {"unreadable", done->unreadable},
                                              {"changes", std::move(changes)}})
              << "\n";
  } else {
    std::cout << sum_in_words(*done, a.swedish()) << "\n";
  }
  std::cout.flush();
  if (!std::cout) return complain("the answer could not be written");
  return done->changed == 0 ? kOk : kFailed;
}

}  // namespace

void add_policy_simulate(std::vector<Command>& commands) {
  commands.push_back({"policy simulate",
                      "Tries another rule set on the exchanges on record; lists every changed outcome",
                      "",
                      "Reads the store beside a running hub and its keys; prints ids, parties, categories, counts, "
                      "duties, obligations and rules, never content. Exit code 1 when an outcome would change.",
                      {kConfigOption,
                       kJsonOption,
                       kLangOption,
                       {"rules", "DIR", "the new rule set", ""},
                       {"base", "DIR", "compare with this one (default: the published set)", ""},
                       {"since", "TIME", "only exchanges that came at or after", ""},
                       {"until", "TIME", "only exchanges that came before", ""}},
                      simulate_rules});
}

}  // namespace samband::cli
