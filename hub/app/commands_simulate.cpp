// samband simulate NAME: sends a synthetic year through a hub and prints the follow-up that comes of it.
#include <unistd.h>

#include <iostream>

#include "app/commands.hpp"
#include "app/settings.hpp"
#include "scenario/hub_process.hpp"
#include "scenario/year.hpp"

namespace samband::cli {
namespace {

// A bar on a terminal, a line a month elsewhere.
class ProgressBar {
 public:
  void show(const scenario::Progress& p) {
    const std::string month = to_string(stockholm_date(p.now)).substr(0, 7);
    if (!terminal_) {
      if (month != month_) std::cerr << month << ": " << p.done << " of " << p.of << " steps\n";
      month_ = month;
      return;
    }
    const auto percent = static_cast<std::size_t>(p.done * 100 / p.of);
    if (percent == percent_ && month == month_) return;
    percent_ = percent;
    month_ = month;
    const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    const auto left = static_cast<long>(spent / static_cast<double>(p.done) * static_cast<double>(p.of - p.done));
    const std::size_t full = percent * kWidth / 100;
    std::cerr << "\r[" << std::string(full, '#') << std::string(kWidth - full, '.') << "] " << percent << " %  "
              << month << "  " << p.done << " of " << p.of << " steps, " << left << " s left   " << std::flush;
  }
  void end() const {
    if (terminal_) std::cerr << "\n";
  }

 private:
  static constexpr std::size_t kWidth = 30;
  const bool terminal_ = ::isatty(2) == 1;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::size_t percent_ = 101;
  std::string month_;
};

int simulate(const Arguments& a) {
  const std::string name = a.positional().at(0);
  auto folder = scenario::find_scenario(name);
  if (!folder) return complain(in_words(folder.error()));
  auto year = scenario::SyntheticYear::load(*folder / "year.json");
  if (!year) return complain(in_words(year.error()));
  if (a.has("year") && a.get("year") != std::to_string(year->year()))
    return complain("--year: the source's figures are of " + std::to_string(year->year())), kUsage;
  const std::string seed_text = a.get("seed");
  if (seed_text.empty() || seed_text.size() > 18 || seed_text.find_first_not_of("0123456789") != std::string::npos)
    return complain("--seed: expected a number of at most 18 digits"), kUsage;
  const std::uint64_t seed = std::stoull(seed_text);

  const bool running = a.has("running");
  auto place = scenario::WorkFolder::open(a.get("dir"));
  if (!place) return complain(in_words(place.error()));
  auto config = running && !a.has("dir") ? load_config(*folder) : load_config(*folder, place->environment());
  if (!config) return complain(in_words(config.error()));
  auto program = scenario::own_program();
  if (!program) return complain(in_words(program.error()));
  std::unique_ptr<scenario::HubProcess> hub;
  scenario::Ports ports{config->agency.port, config->console.port, config->admin.port};
  std::filesystem::path certs = config->certs_dir;
  if (!running) {
    auto started = scenario::HubProcess::start(*program, *folder, place->path());
    if (!started) return complain(in_words(started.error()));
    hub = std::move(*started);
    ports = hub->ports();
    certs = hub->certs();
  }
  std::cout << year->title() << " (source: " << year->year() << ", seed " << seed << ")\n" << std::flush;
  ProgressBar bar;
  const auto began = std::chrono::steady_clock::now();
  Result<scenario::YearResult> result = fail(Errc::internal, "", "");
  {
    scenario::Agencies agencies(*config, certs, ports.agency, ports.admin);
    result = year->run(agencies, seed, [&bar](const scenario::Progress& p) { bar.show(p); });
  }
  bar.end();
  if (!result) return complain(in_words(result.error()));
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count();
  const scenario::Outcome& outcome = result->outcome;
  std::cout << "simulate " << name << ": " << result->persons << " persons, " << result->steps << " steps, " << seconds
            << " s; " << outcome.unexpected.size() << " of " << outcome.expectations
            << " outcomes other than expected\n"
            << "month by month " << result->year << " stands for " << year->year() << " of the source\n";
  for (std::size_t i = 0; i < outcome.unexpected.size() && i < 10; ++i)
    std::cout << "  " << outcome.unexpected[i] << "\n";
  if (!a.has("no-report")) {
    std::cout << std::flush;
    std::vector<std::string> report{"report", "follow-up", name, "--config", folder->string()};
    if (a.has("unsuppressed")) report.emplace_back("--unsuppressed");
    const auto where = running ? std::filesystem::path() : place->path();
    if (auto shown = scenario::run_here(*program, report, where); !shown) return complain(in_words(shown.error()));
  }
  if (a.has("dir")) {
    std::cout << "its hub's folder: " << place->path().string() << "\nthe follow-up from its records again:\n ";
    for (const auto& [variable, value] : scenario::folder_environment(place->path()))
      std::cout << " " << variable << "=" << value;
    std::cout << " samband report follow-up " << name << " --config " << folder->string() << "\n";
  }
  return outcome.unexpected.empty() ? kOk : kFailed;
}

}  // namespace

void add_simulate(std::vector<Command>& commands) {
  commands.push_back(
      {"simulate",
       "Sends the synthetic year of a scenario's source through a hub, then prints its follow-up",
       "NAME",
       "As many persons as the source had, with the shares that it states; nobody real. The hub is one of its own "
       "unless --running. Months pass on its simulated clock, so deadlines and reminders come as in life. The same "
       "seed "
       "gives the same year. Exit code 0 when every exchange came out as expected.",
       {{"year", "YEAR", "year of the source (default: the scenario's)", ""},
        {"seed", "N", "which of all the years that have these shares", "1"},
        {"running", "", "use the hub that runs with the scenario's configuration", ""},
        {"dir", "DIR", "keep the hub's data, keys and certificates there (default: a folder that is removed)", ""},
        {"unsuppressed", "", "print internal counts: small ones may point to a person", ""},
        {"no-report", "", "do not print the follow-up", ""}},
       simulate});
}

}  // namespace samband::cli
