#include "plugin_host/module.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/json.hpp"

namespace samband {
namespace {

constexpr std::uintmax_t kModuleBytesMax = 256u << 20;
constexpr std::size_t kManifestBytesMax = 256u << 10;

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) return {};
  return to_hex({reinterpret_cast<const char*>(digest), size});
}

bool same_hex(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

Result<Bytes> read_file(const std::filesystem::path& path, std::uintmax_t bytes_max, const std::string& where) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(path, ec);
  if (ec) return fail(Errc::invalid_config, where, "the file cannot be read");
  if (size > bytes_max) return fail(Errc::invalid_config, where, "the file is larger than the limit");
  std::ifstream in(path, std::ios::binary);
  Bytes bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof()) return fail(Errc::invalid_config, where, "the file cannot be read");
  return bytes;
}

// A descriptor over a sealed copy. It stays open for the life of the process, because the loader knows modules by
// name, and the name is the descriptor's number.
int sealed_copy(std::string_view bytes) {
  const int fd = memfd_create("samband-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return -1;
  for (std::size_t done = 0; done < bytes.size();) {
    const auto n = write(fd, bytes.data() + done, bytes.size() - done);
    if (n <= 0) return close(fd), -1;
    done += static_cast<std::size_t>(n);
  }
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) return close(fd), -1;
  return fd;
}

Result<void> check_manifest(const PluginOptions& o, const std::string& manifest) {
  const std::string where = "plugins." + o.name + ".manifest";
  auto parsed = parse_json(manifest, {kManifestBytesMax, 16});
  if (!parsed) return fail(Errc::invalid_config, where, "the module's manifest is not JSON");
  const auto* object = parsed->if_object();
  if (!object || string_at(*object, "name").empty() || !object->if_contains("operations"))
    return fail(Errc::invalid_config, where, "the module's manifest lacks name or operations");
  const auto abi = string_at(*object, "abi");
  if (abi.substr(0, 2) != std::to_string(HUB_ABI_MAJOR) + ".")
    return fail(Errc::invalid_config, where, "the manifest names another ABI");
  // The manifest that the build wrote beside the module is what an operator reads; it must say the same.
  auto beside = o.module;
  beside.replace_extension(".manifest.json");
  std::error_code ec;
  if (!std::filesystem::exists(beside, ec)) return {};
  auto text = read_file(beside, kManifestBytesMax, where);
  if (!text) return text.error();
  auto other = parse_json(*text, {kManifestBytesMax, 16});
  if (!other || canonical_json(*other) != canonical_json(*parsed))
    return fail(Errc::invalid_config, where, "the manifest beside the module differs from the one inside");
  return {};
}

}  // namespace

Result<PluginModule> open_plugin_module(const PluginOptions& o) {
  const std::string where = "plugins." + o.name;
  auto bytes = read_file(o.module, kModuleBytesMax, where + ".module");
  if (!bytes) return bytes.error();
  PluginModule out;
  out.sha256 = sha256_hex(*bytes);
  if (out.sha256.empty() || !same_hex(out.sha256, o.sha256))
    return fail(Errc::invalid_config, where + ".sha256", "the module's digest is not the configured one");

  const int fd = sealed_copy(*bytes);
  if (fd < 0) return fail(Errc::invalid_config, where + ".module", "no sealed memory for the module");
  void* handle = dlopen(("/proc/self/fd/" + std::to_string(fd)).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    close(fd);
    return fail(Errc::invalid_config, where + ".module",
                "the loader refuses the module (not a module, or a missing library)");
  }
  auto* entry_point = reinterpret_cast<decltype(&hub_plugin_entry)>(dlsym(handle, "hub_plugin_entry"));
  if (!entry_point) return fail(Errc::invalid_config, where + ".module", "the module has no hub_plugin_entry");
  const hub_entry* entry = entry_point();
  if (!entry || entry->magic != HUB_ABI_MAGIC)
    return fail(Errc::invalid_config, where + ".module", "the entry's magic is wrong");
  if (entry->struct_size < sizeof(hub_entry))
    return fail(Errc::invalid_config, where + ".module", "the entry is too short");
  if (entry->abi_major != HUB_ABI_MAJOR)
    return fail(
        Errc::invalid_config, where + ".module",
        "the module speaks ABI " + std::to_string(entry->abi_major) + ", the hub " + std::to_string(HUB_ABI_MAJOR));
  if (!entry->create) return fail(Errc::invalid_config, where + ".module", "the entry has no create");
  if (!entry->manifest_json.ptr || entry->manifest_json.len > kManifestBytesMax)
    return fail(Errc::invalid_config, where + ".manifest", "the module has no manifest of a sane size");
  out.entry = entry;
  out.manifest_json.assign(entry->manifest_json.ptr, entry->manifest_json.len);
  if (entry->sdk.ptr) out.sdk.assign(entry->sdk.ptr, std::min<std::size_t>(entry->sdk.len, 64));
  if (auto ok = check_manifest(o, out.manifest_json); !ok) return ok.error();
  return out;
}

}  // namespace samband
