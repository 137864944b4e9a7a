#include "plugin_host/plugin_host.hpp"

#include <condition_variable>
#include <map>
#include <mutex>

#include "plugin_host/module.hpp"
#include "plugin_host/sink.hpp"

namespace samband {
namespace {

constexpr int kInstancesMax = 64;
constexpr std::chrono::seconds kWaitMax{30};  // for a free instance

hub_str view(std::string_view s) { return {s.data(), s.size()}; }
hub_bytes bytes(std::string_view s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }

Error to_error(std::int32_t status, const hub_error& e) {
  Errc code = Errc::internal;
  switch (status) {
    case HUB_INVALID_INPUT:
      code = Errc::invalid_input;
      break;
    case HUB_INVALID_CONFIG:
      code = Errc::invalid_config;
      break;
    case HUB_UNSUPPORTED:
      code = Errc::not_found;
      break;
    case HUB_RETRY:
      code = Errc::unavailable;
      break;
    case HUB_REJECTED:
      code = Errc::rejected;
      break;
    default:
      break;
  }
  auto message = clean_plugin_text(e.message, sizeof e.message);
  if (message.empty()) message = "the adapter gave no reason";
  return fail(code, clean_plugin_text(e.where, sizeof e.where), std::move(message));
}

// A module with its instances. An instance is used by one thread at a time; who comes when all are busy waits.
class LoadedPlugin {
 public:
  LoadedPlugin() = default;
  LoadedPlugin(const LoadedPlugin&) = delete;
  LoadedPlugin& operator=(const LoadedPlugin&) = delete;
  ~LoadedPlugin() {
    for (auto& a : all_) a->destroy(a->self);
  }

  Result<void> start(const PluginOptions& o) {
    const std::string where = "plugins." + o.name;
    if (o.instances < 1 || o.instances > kInstancesMax)
      return fail(Errc::invalid_config, where + ".instances", "must be 1 to " + std::to_string(kInstancesMax));
    auto module = open_plugin_module(o);
    if (!module) return module.error();
    info = {o.name,       o.module.string(),        module->sha256,          module->sdk, module->manifest_json,
            "in_process", module->entry->abi_major, module->entry->abi_minor};
    for (int i = 0; i < o.instances; ++i) {
      auto adapter = std::make_unique<hub_adapter>();
      adapter->struct_size = sizeof(hub_adapter);
      hub_error error{};
      error.struct_size = sizeof error;
      std::int32_t status = HUB_INTERNAL;
      try {
        status = module->entry->create(view(o.config_json), adapter.get(), &error);
      } catch (...) {
      }
      if (status != HUB_OK) {
        const auto e = to_error(status, error);
        return fail(Errc::invalid_config, where + ".config" + e.where, e.message);
      }
      if (adapter->struct_size < sizeof(hub_adapter) || !adapter->decode || !adapter->step || !adapter->call ||
          !adapter->destroy)
        return fail(Errc::invalid_config, where + ".module", "the adapter lacks a function");
      free_.push_back(adapter.get());
      all_.push_back(std::move(adapter));
    }
    return {};
  }

  // Runs `f(adapter, sink, error)` on a free instance; OK only when the module kept every promise.
  template <class F>
  Result<void> run(PluginSink& sink, F&& f) {
    hub_adapter* adapter = nullptr;
    {
      std::unique_lock lock(mutex_);
      if (!freed_.wait_for(lock, kWaitMax, [&] { return !free_.empty(); }))
        return fail(Errc::busy, info.name, "all instances of the adapter are busy");
      adapter = free_.back();
      free_.pop_back();
    }
    hub_error error{};
    error.struct_size = sizeof error;
    std::int32_t status = HUB_INTERNAL;
    try {
      status = f(*adapter, sink.get(), &error);
    } catch (...) {
      // Only a module that was not built with the SDK can get here.
      std::snprintf(error.message, sizeof error.message, "the adapter threw across the boundary");
      status = HUB_INTERNAL;
    }
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(adapter);
    }
    freed_.notify_one();
    if (status != HUB_OK) return to_error(status, error);
    if (sink.broken)
      return fail(Errc::internal, info.name, std::string("the adapter broke its contract: ") + sink.broken);
    return {};
  }

  PluginHost::Info info;

 private:
  std::vector<std::unique_ptr<hub_adapter>> all_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<hub_adapter*> free_;
};

class InProcessHost final : public PluginHost {
 public:
  Result<void> add(const PluginOptions& o) {
    if (o.name.empty() || o.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos)
      return fail(Errc::invalid_config, "plugins", "an adapter's name is lower-case letters, digits, _ and -");
    if (has(o.name)) return fail(Errc::invalid_config, "plugins." + o.name, "the name is used twice");
    auto plugin = std::make_unique<LoadedPlugin>();
    if (auto ok = plugin->start(o); !ok) return ok.error();
    plugins_.emplace(o.name, std::move(plugin));
    return {};
  }

  std::vector<Info> list() const override {
    std::vector<Info> out;
    for (const auto& [name, plugin] : plugins_) out.push_back(plugin->info);
    return out;
  }
  bool has(std::string_view name) const override { return plugins_.find(name) != plugins_.end(); }

  Result<std::vector<std::string>> decode(std::string_view adapter, std::string_view media_type,
                                          std::string_view headers_json, std::string_view body) override {
    auto* plugin = find(adapter);
    if (!plugin) return unknown();
    PluginSink sink;
    const hub_wire wire{sizeof(hub_wire), 0, view(media_type), view(headers_json), bytes(body)};
    auto ok = plugin->run(
        sink, [&](hub_adapter& a, const hub_sink* s, hub_error* e) { return a.decode(a.self, &wire, s, e); });
    if (!ok && ok.error().code == Errc::not_found)
      return fail(Errc::invalid_input, ok.error().where, ok.error().message);
    if (!ok) return ok.error();
    if (sink.messages.empty()) return fail(Errc::invalid_input, "", "the adapter found no message");
    return std::move(sink.messages);
  }

  Result<PluginStep> step(std::string_view adapter, std::uint32_t conversation, std::string_view exchange_json,
                          std::string_view state, const PluginEvent& event) override {
    auto* plugin = find(adapter);
    if (!plugin) return unknown();
    PluginSink sink;
    const hub_wire wire{sizeof(hub_wire), static_cast<std::uint32_t>(event.status), view(event.media_type),
                        view(event.headers_json), bytes(event.body)};
    auto ok = plugin->run(sink, [&](hub_adapter& a, const hub_sink* s, hub_error* e) {
      return a.step(a.self, conversation, view(exchange_json), bytes(state), event.kind, &wire, s, e);
    });
    if (!ok) return ok.error();
    if (!sink.action) return fail(Errc::internal, std::string(adapter), "the adapter broke its contract: no action");
    return PluginStep{std::move(*sink.action), std::move(sink.state), std::move(sink.messages)};
  }

  Result<PluginReply> render_answer(std::string_view adapter, std::string_view answer_json) override {
    auto* plugin = find(adapter);
    if (!plugin) return unknown();
    PluginSink sink;
    auto ok = plugin->run(sink, [&](hub_adapter& a, const hub_sink* s, hub_error* e) {
      return a.call(a.self, HUB_OP_RENDER_ANSWER, bytes(answer_json), s, e);
    });
    if (!ok) return ok.error();
    if (!sink.reply) return fail(Errc::internal, std::string(adapter), "the adapter broke its contract: no reply");
    return std::move(*sink.reply);
  }

 private:
  static Error unknown() { return fail(Errc::not_found, "adapter", "no such adapter"); }
  LoadedPlugin* find(std::string_view name) const {
    const auto it = plugins_.find(name);
    return it == plugins_.end() ? nullptr : it->second.get();
  }
  std::map<std::string, std::unique_ptr<LoadedPlugin>, std::less<>> plugins_;
};

}  // namespace

Result<std::unique_ptr<PluginHost>> PluginHost::load(const std::vector<PluginOptions>& options) {
  auto host = std::make_unique<InProcessHost>();
  for (const auto& o : options)
    if (auto ok = host->add(o); !ok) return ok.error();
  return std::unique_ptr<PluginHost>(std::move(host));
}

}  // namespace samband
