// Loads adapters from .so files that the configuration names with their SHA-256, and calls them through the C ABI.
// In-process; every argument already fits a socket, so that the confined child (step E) changes nothing here.
// Thread-safe: calls on one adapter are serialised over a small pool of instances.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/encoding.hpp"
#include "base/error.hpp"

namespace samband {

struct PluginOptions {
  std::string name;              // adapter name: "police"
  std::filesystem::path module;  // .so
  std::string sha256;            // hex of the module; mismatch refuses to load
  std::string config_json = "{}";
  int instances = 2;
};

struct PluginEvent {
  std::uint32_t kind = 1;  // HUB_EVENT_*
  int status = 0;
  std::string media_type, headers_json, body;
};
struct PluginAction {
  std::uint32_t kind = 0;  // HUB_ACTION_*
  std::string endpoint, method, path, headers_json, body;
  std::uint64_t wait_ms = 0;
  std::string reference, reason;
};
struct PluginStep {
  PluginAction action;
  Bytes state;
  std::vector<std::string> messages;
};
struct PluginReply {
  int status = 0;
  std::string media_type, body;
};

class PluginHost {
 public:
  // Errors: invalid_config naming the plugin and what is wrong (file, hash, symbol, magic, version, manifest, config).
  static Result<std::unique_ptr<PluginHost>> load(const std::vector<PluginOptions>&);
  virtual ~PluginHost() = default;
  struct Info {
    std::string name, module, sha256, sdk, manifest_json, isolation;
    int abi_major = 0, abi_minor = 0;
  };
  virtual std::vector<Info> list() const = 0;
  virtual bool has(std::string_view name) const = 0;

  // decode: canonical messages (JSON texts). Errors: invalid_input (sender's fault), internal (plugin's).
  virtual Result<std::vector<std::string>> decode(std::string_view adapter, std::string_view media_type,
                                                  std::string_view headers_json, std::string_view body) = 0;
  virtual Result<PluginStep> step(std::string_view adapter, std::uint32_t conversation, std::string_view exchange_json,
                                  std::string_view state, const PluginEvent&) = 0;
  // not_found when the adapter has no such extension.
  virtual Result<PluginReply> render_answer(std::string_view adapter, std::string_view answer_json) = 0;
};

}  // namespace samband
