// The command line as an agency: one request to the agency API with a party's own certificate.
#pragma once
#include <string>

#include "app/command_line.hpp"
#include "base/json.hpp"
#include "config/config.hpp"

namespace samband::cli {

// Options shared by the commands that speak to a running hub: --config --as --url --cert --key --ca --json.
std::vector<OptionSpec> agency_options(const std::string& as = "");

// Errors: what the hub's problem document says, or why it could not be reached.
Result<json::value> call(const Arguments&, const Config&, const std::string& method, const std::string& path,
                         const std::string& body = {});

}  // namespace samband::cli
