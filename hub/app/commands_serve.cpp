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
                      {kConfigOption, {"any-ports", "", "listen on free ports; the line hub.ready says which", ""}},
                      [](const Arguments& a) {
                        auto config = configuration(a);
                        if (!config) return complain(in_words(config.error()));
                        if (a.has("any-ports"))
                          for (auto* each : {&config->agency, &config->console, &config->log_listener, &config->admin})
                            each->port = 0;
                        return samband::serve(*config);
                      }});
}

}  // namespace samband::cli
