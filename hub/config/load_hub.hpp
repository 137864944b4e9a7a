// hub.toml. Loader-internal: includes toml++.
#pragma once
#include <functional>

#include "config/config.hpp"
#include "routing/toml_reader.hpp"

namespace samband {

// All of it, into what is there of the configuration already: its folder and its parties.
void read_hub(toml_file::File&, Config&, const std::function<const char*(const char*)>& environment);
// [[endpoints]], [[plugins]], [[drop_in]] and [[status_poll]]: how parties are reached, and where what they have to say
// is left or asked for.
void read_ways(toml_file::Table& root, Config&);

}  // namespace samband
