// One adapter module: checked, opened and asked for its entry. The bytes that were hashed are the bytes that run: they
// are copied into sealed memory and opened from there, so that a file swapped between check and load changes nothing.
// Never closed again: a thread-local destructor or an atexit handler of a module must not outlive its code.
#pragma once
#include <string>

#include "../../plugins/sdk/plugin_abi.h"
#include "plugin_host/plugin_host.hpp"

namespace samband {

struct PluginModule {
  const hub_entry* entry = nullptr;
  std::string sha256, sdk, manifest_json;
};

// Errors: invalid_config; `where` is plugins.<name>.<what>.
Result<PluginModule> open_plugin_module(const PluginOptions&);

}  // namespace samband
