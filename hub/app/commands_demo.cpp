// samband demo NAME: plays a scenario's story through a hub of its own.
#include <unistd.h>

#include <iostream>

#include "app/commands.hpp"
#include "app/settings.hpp"
#include "scenario/hub_process.hpp"
#include "scenario/story.hpp"

namespace samband::cli {
namespace {

namespace fs = std::filesystem;

int demo(const Arguments& a) {
  const std::string name = a.positional().at(0);
  auto folder = scenario::find_scenario(name);
  if (!folder) return complain(in_words(folder.error()));
  auto story = scenario::Story::load(*folder / "story.json");
  if (!story) return complain(in_words(story.error()));
  auto place = scenario::WorkFolder::open(a.get("dir"));
  if (!place) return complain(in_words(place.error()));
  auto config = load_config(*folder, place->environment());
  if (!config) return complain(in_words(config.error()));
  auto program = scenario::own_program();
  if (!program) return complain(in_words(program.error()));

  const bool quiet = a.has("quiet");
  const auto say = [quiet](const std::string& line) {
    if (!quiet) std::cout << line << "\n" << std::flush;
  };
  say(story->title());
  auto hub = scenario::HubProcess::start(*program, *folder, place->path());
  if (!hub) return complain(in_words(hub.error()));
  Result<scenario::Outcome> outcome = fail(Errc::internal, "", "");
  {
    scenario::Agencies agencies(*config, (*hub)->certs(), (*hub)->ports().agency, (*hub)->ports().admin);
    outcome = story->play(agencies, say);
  }
  if (!outcome) return complain(in_words(outcome.error()));
  const auto met = outcome->expectations - static_cast<int>(outcome->unexpected.size());
  std::cout << "demo " << name << ": " << met << " of " << outcome->expectations << " outcomes as expected\n";
  for (const std::string& line : outcome->unexpected) std::cout << "  " << line << "\n";
  if (a.has("dir")) std::cout << "its hub's folder: " << place->path().string() << "\n";
  return outcome->unexpected.empty() ? kOk : kFailed;
}

}  // namespace

void add_demo(std::vector<Command>& commands) {
  commands.push_back(
      {"demo",
       "Plays a scenario through a hub of its own and says who got what, and why",
       "NAME",
       "NAME: a folder of config/scenarios (mumin, bofast, sig, coach, minimaria). Every party calls with "
       "its own certificate over mutual TLS; days pass on a simulated clock. Exit code 0 when every "
       "outcome was as the story expects.",
       {{"dir", "DIR", "keep the hub's data, keys and certificates there (default: a folder that is removed)", ""},
        {"quiet", "", "the result alone", ""}},
       demo});
}

}  // namespace samband::cli
