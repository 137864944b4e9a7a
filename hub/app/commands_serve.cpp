#include "app/commands.hpp"
#include "app/hub.hpp"
#include "app/settings.hpp"

namespace samband::cli {

void add_serve(std::vector<Command>& commands) {
  commands.push_back({"serve",
                      "Runs the hub until SIGTERM, then drains",
                      "",
                      "Reads the configuration folder, checks everything, then listens. SIGHUP reads certificates "
                      "again. Log lines are JSON on standard error.",
                      {kConfigOption},
                      [](const Arguments& a) {
                        auto config = configuration(a);
                        if (!config) return complain(in_words(config.error()));
                        return samband::serve(*config);
                      }});
}

}  // namespace samband::cli
