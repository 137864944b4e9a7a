// C++20 SDK over plugin_abi.h: header-only, standard library only. Derive from Adapter, describe it in a Manifest, and
// write SAMBAND_PLUGIN(YourAdapter). Trampolines are noexcept; exceptions become HUB_INTERNAL (without their text,
// which might hold a value). A plugin is a pure translator: no I/O, no clock, no randomness.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "plugin_abi.h"

namespace samband::sdk {

inline hub_str str(std::string_view s) { return {s.data(), s.size()}; }
inline hub_bytes bytes(std::string_view s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }
inline std::string_view view(hub_str s) { return s.ptr ? std::string_view(s.ptr, s.len) : std::string_view(); }
inline std::string_view view(hub_bytes b) {
  return b.ptr ? std::string_view(reinterpret_cast<const char*>(b.ptr), b.len) : std::string_view();
}

struct Error {
  std::int32_t status = HUB_INTERNAL;
  std::string where, message;  // place and shape; never a value
};
template <class T>
using Result = std::variant<T, Error>;
inline Error invalid(std::string where, std::string message) {
  return {HUB_INVALID_INPUT, std::move(where), std::move(message)};
}

struct Wire {
  std::string media_type, headers_json, body;
  int status = 0;  // HTTP status of a response event
};

struct Action {
  std::uint32_t kind = HUB_ACTION_DELIVERED;
  std::string endpoint, method, path, headers_json, body;
  std::uint64_t wait_ms = 0;
  std::string reference, reason;
  static Action http(std::string method, std::string path, std::string headers_json, std::string body) {
    Action a;
    a.kind = HUB_ACTION_HTTP, a.method = std::move(method), a.path = std::move(path);
    a.headers_json = std::move(headers_json), a.body = std::move(body);
    return a;
  }
  static Action delivered(std::string reference) {
    Action a;
    a.kind = HUB_ACTION_DELIVERED, a.reference = std::move(reference);
    return a;
  }
  static Action rejected(std::string reason) {
    Action a;
    a.kind = HUB_ACTION_REJECTED, a.reason = std::move(reason);
    return a;
  }
  static Action retry(std::string reason, std::uint64_t wait_ms = 0) {
    Action a;
    a.kind = HUB_ACTION_RETRY, a.reason = std::move(reason), a.wait_ms = wait_ms;
    return a;
  }
};

struct Step {
  Action action;
  std::string state;                  // kept by the hub with the outbox entry; "" = none
  std::vector<std::string> messages;  // canonical messages that came back with the answer
};

enum class Event : std::uint32_t {
  started = HUB_EVENT_STARTED,
  http_response = HUB_EVENT_HTTP_RESPONSE,
  file = HUB_EVENT_FILE,
  timed_out = HUB_EVENT_TIMED_OUT,
  resumed = HUB_EVENT_RESUMED
};

class Adapter {
 public:
  virtual ~Adapter() = default;
  // Called once with the operator's configuration (JSON object, "{}" when none).
  virtual Result<std::monostate> configure(std::string_view config_json) {
    (void)config_json;
    return std::monostate{};
  }
  // Sender's bytes -> canonical messages (JSON texts).
  virtual Result<std::vector<std::string>> decode(const Wire&) {
    return Error{HUB_UNSUPPORTED, "", "this adapter does not receive"};
  }
  // One step of a conversation; pure: same input, same output.
  virtual Result<Step> step(std::uint32_t conversation, std::string_view exchange_json, std::string_view state, Event,
                            const Wire&) {
    (void)conversation, (void)exchange_json, (void)state;
    return Error{HUB_UNSUPPORTED, "", "this adapter does not deliver"};
  }
  // The hub's answer (JSON text) in the sender's own format.
  virtual Result<Wire> render_answer(std::string_view answer_json) {
    (void)answer_json;
    return Error{HUB_UNSUPPORTED, "", ""};
  }
};

namespace detail {
inline std::int32_t report(const Error& e, hub_error* out) noexcept {
  if (out && out->struct_size >= sizeof(hub_error)) {
    out->status = e.status;
    std::snprintf(out->where, sizeof out->where, "%s", e.where.c_str());
    std::snprintf(out->message, sizeof out->message, "%s", e.message.c_str());
  }
  return e.status;
}
inline std::int32_t bug(hub_error* out) noexcept {
  if (out && out->struct_size >= sizeof(hub_error)) {
    out->status = HUB_INTERNAL;
    std::snprintf(out->message, sizeof out->message, "the adapter failed (exception)");
  }
  return HUB_INTERNAL;
}
inline Wire wire_from(const hub_wire* w) {
  if (!w) return {};
  return {std::string(view(w->media_type)), std::string(view(w->headers_json)), std::string(view(w->body)),
          static_cast<int>(w->flags)};
}
inline std::int32_t decode(void* self, const hub_wire* in, const hub_sink* sink, hub_error* error) noexcept {
  try {
    auto r = static_cast<Adapter*>(self)->decode(wire_from(in));
    if (auto* e = std::get_if<Error>(&r)) return report(*e, error);
    for (auto& m : std::get<0>(r)) sink->message(sink->ctx, str(m));
    return HUB_OK;
  } catch (...) {
    return bug(error);
  }
}
inline std::int32_t step(void* self, std::uint32_t conversation, hub_str exchange, hub_bytes state, std::uint32_t event,
                         const hub_wire* in, const hub_sink* sink, hub_error* error) noexcept {
  try {
    auto r = static_cast<Adapter*>(self)->step(conversation, view(exchange), view(state), static_cast<Event>(event),
                                               wire_from(in));
    if (auto* e = std::get_if<Error>(&r)) return report(*e, error);
    auto& s = std::get<0>(r);
    for (auto& m : s.messages) sink->message(sink->ctx, str(m));
    if (!s.state.empty()) sink->state(sink->ctx, bytes(s.state));
    const auto& a = s.action;
    hub_action action{sizeof(hub_action),  a.kind,        str(a.endpoint), str(a.method),    str(a.path),
                      str(a.headers_json), bytes(a.body), a.wait_ms,       str(a.reference), str(a.reason)};
    sink->action(sink->ctx, &action);
    return HUB_OK;
  } catch (...) {
    return bug(error);
  }
}
inline std::int32_t call(void* self, std::uint32_t op, hub_bytes in, const hub_sink* sink, hub_error* error) noexcept {
  try {
    if (op != HUB_OP_RENDER_ANSWER) return report({HUB_UNSUPPORTED, "", "unknown extension"}, error);
    auto r = static_cast<Adapter*>(self)->render_answer(view(in));
    if (auto* e = std::get_if<Error>(&r)) return report(*e, error);
    auto& w = std::get<0>(r);
    hub_wire out{sizeof(hub_wire), static_cast<std::uint32_t>(w.status), str(w.media_type), str(w.headers_json),
                 bytes(w.body)};
    sink->reply(sink->ctx, &out);
    return HUB_OK;
  } catch (...) {
    return bug(error);
  }
}
inline void destroy(void* self) noexcept { delete static_cast<Adapter*>(self); }

template <class A>
std::int32_t create(hub_str config, hub_adapter* out, hub_error* error) noexcept {
  try {
    if (!out || out->struct_size < sizeof(hub_adapter)) return report({HUB_UNSUPPORTED, "", "host is too old"}, error);
    auto adapter = std::make_unique<A>();
    auto r = adapter->configure(view(config));
    if (auto* e = std::get_if<Error>(&r)) return report(*e, error);
    *out = {sizeof(hub_adapter), 0, static_cast<Adapter*>(adapter.release()), &decode, &step, &call, &destroy};
    return HUB_OK;
  } catch (...) {
    return bug(error);
  }
}
}  // namespace detail
}  // namespace samband::sdk

// A must derive from samband::sdk::Adapter and have `static constexpr std::string_view kManifest` (JSON).
#define SAMBAND_PLUGIN(A)                                              \
  extern "C" HUB_EXPORT const hub_entry* hub_plugin_entry(void) {      \
    static const hub_entry entry{HUB_ABI_MAGIC,                        \
                                 sizeof(hub_entry),                    \
                                 HUB_ABI_MAJOR,                        \
                                 HUB_ABI_MINOR,                        \
                                 0,                                    \
                                 samband::sdk::str("samband-sdk 1.0"), \
                                 samband::sdk::str(A::kManifest),      \
                                 &samband::sdk::detail::create<A>};    \
    return &entry;                                                     \
  }
