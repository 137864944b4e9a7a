// What a module hands back during one call, taken with limits. A module that breaks a promise (two actions, a length
// without bytes, more than the limit) makes the whole call a bug of the module; nothing of it is used.
#pragma once
#include <optional>

#include "../../plugins/sdk/plugin_abi.h"
#include "plugin_host/plugin_host.hpp"

namespace samband {

class PluginSink {
 public:
  static constexpr std::size_t kMessagesMax = 50000;
  static constexpr std::size_t kBytesMax = 96u << 20;  // of all results of one call
  static constexpr std::size_t kStateBytesMax = 1u << 20;

  PluginSink();
  PluginSink(const PluginSink&) = delete;
  PluginSink& operator=(const PluginSink&) = delete;
  const hub_sink* get() const { return &sink_; }

  std::vector<std::string> messages;
  Bytes state;
  std::optional<PluginAction> action;
  std::optional<PluginReply> reply;
  const char* broken = nullptr;  // which promise; a literal

 private:
  std::string take(const char* ptr, std::uint64_t len, std::size_t max);
  std::string take(hub_str s, std::size_t max) { return take(s.ptr, s.len, max); }
  std::string take(hub_bytes b, std::size_t max) { return take(reinterpret_cast<const char*>(b.ptr), b.len, max); }
  template <class F>
  static void guarded(void* ctx, F&& f) noexcept;

  hub_sink sink_{};
  std::size_t bytes_ = 0;
};

// A module's words about an error, made fit for logs and answers: ASCII and Swedish letters, no control characters, and
// no run of digits long enough to be an identity number, whatever the module wrote.
std::string clean_plugin_text(const char* text, std::size_t size);

}  // namespace samband
