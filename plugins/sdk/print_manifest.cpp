// print_manifest MODULE OUT: writes the manifest that the module carries to OUT. Build-time tool.
#include <dlfcn.h>

#include <cstdio>
#include <fstream>

#include "sdk/plugin_abi.h"

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: print_manifest MODULE OUT\n", stderr), 2;
  void* module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!module) return std::fprintf(stderr, "%s\n", dlerror()), 1;
  auto* entry = reinterpret_cast<decltype(&hub_plugin_entry)>(dlsym(module, "hub_plugin_entry"));
  if (!entry) return std::fputs("no hub_plugin_entry\n", stderr), 1;
  const hub_entry* e = entry();
  if (!e || e->magic != HUB_ABI_MAGIC || e->struct_size < sizeof(hub_entry))
    return std::fputs("wrong entry\n", stderr), 1;
  std::ofstream out(argv[2], std::ios::binary);
  out.write(e->manifest_json.ptr, static_cast<std::streamsize>(e->manifest_json.len)) << '\n';
  return out ? 0 : 1;
}
