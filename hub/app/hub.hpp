// The running hub: constructs every part, wires them, and takes them down in order. Owns no logic.
#pragma once
#include "app/command_line.hpp"
#include "config/config.hpp"

namespace samband {

// Serves until SIGTERM or SIGINT, then drains. Answers the exit code.
int serve(const Config&);

}  // namespace samband
