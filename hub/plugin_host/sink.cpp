#include "plugin_host/sink.hpp"

namespace samband {
namespace {
constexpr std::size_t kSmallMax = 4096;  // method, path, references, reasons
constexpr std::size_t kHeadersMax = 64u << 10;
constexpr int kDigitsMax = 9;  // an identity number has at least ten
bool is_digit(char c) { return c >= '0' && c <= '9'; }
}  // namespace

template <class F>
void PluginSink::guarded(void* ctx, F&& f) noexcept {
  auto& self = *static_cast<PluginSink*>(ctx);
  try {
    if (!self.broken) f(self);
  } catch (...) {
    self.broken = "the result does not fit";
  }
}

std::string PluginSink::take(const char* ptr, std::uint64_t len, std::size_t max) {
  if (len == 0) return {};
  if (!ptr) return broken = "a length without bytes", std::string();
  if (len > max || len > kBytesMax - bytes_) return broken = "a result over the limit", std::string();
  bytes_ += len;
  return std::string(ptr, len);
}

PluginSink::PluginSink() {
  sink_.struct_size = sizeof(hub_sink);
  sink_.ctx = this;
  sink_.message = [](void* ctx, hub_str text) {
    guarded(ctx, [&](PluginSink& s) {
      if (s.messages.size() >= kMessagesMax) return void(s.broken = "too many messages");
      s.messages.push_back(s.take(text, kBytesMax));
    });
  };
  sink_.state = [](void* ctx, hub_bytes bytes) {
    guarded(ctx, [&](PluginSink& s) { s.state = s.take(bytes, kStateBytesMax); });
  };
  sink_.action = [](void* ctx, const hub_action* a) {
    guarded(ctx, [&](PluginSink& s) {
      if (!a || a->struct_size < sizeof(hub_action)) return void(s.broken = "an action of the wrong size");
      if (s.action) return void(s.broken = "two actions");
      if (a->kind < HUB_ACTION_HTTP || a->kind > HUB_ACTION_RETRY) return void(s.broken = "an unknown action");
      PluginAction out;
      out.kind = a->kind;
      out.endpoint = s.take(a->endpoint, kSmallMax);
      out.method = s.take(a->method, kSmallMax);
      out.path = s.take(a->path, kSmallMax);
      out.headers_json = s.take(a->headers_json, kHeadersMax);
      out.body = s.take(a->body, kBytesMax);
      out.wait_ms = a->wait_ms;
      out.reference = s.take(a->reference, kSmallMax);
      out.reason = s.take(a->reason, kSmallMax);
      s.action = std::move(out);
    });
  };
  sink_.reply = [](void* ctx, const hub_wire* w) {
    guarded(ctx, [&](PluginSink& s) {
      if (!w || w->struct_size < sizeof(hub_wire)) return void(s.broken = "a reply of the wrong size");
      if (s.reply) return void(s.broken = "two replies");
      PluginReply out;
      out.status = static_cast<int>(w->flags);
      out.media_type = s.take(w->media_type, kSmallMax);
      out.body = s.take(w->body, kBytesMax);
      s.reply = std::move(out);
    });
  };
  // A module may have the wire text at hand when it logs; until the confined host counts what it says, it says nothing.
  sink_.log = [](void*, std::int32_t, hub_str, hub_str) {};
}

std::string clean_plugin_text(const char* text, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size && text[i] != '\0'; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto after = i + 1 < size ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (c == 0xC3 && after >= 0x80 && after <= 0xBF) {  // U+00C0 to U+00FF: the name of a column has such letters
      out += text[i];
      out += text[++i];
      continue;
    }
    out += c < 0x20 || c >= 0x7F ? '?' : static_cast<char>(c);
  }
  for (std::size_t begin = 0; begin < out.size();) {
    std::size_t end = begin;
    int digits = 0;
    while (end < out.size() &&
           (is_digit(out[end]) || (digits > 0 && (out[end] == '-' || out[end] == '+' || out[end] == ' '))))
      digits += is_digit(out[end++]) ? 1 : 0;
    if (digits > kDigitsMax)
      for (std::size_t i = begin; i < end; ++i)
        if (is_digit(out[i])) out[i] = '#';
    begin = end == begin ? end + 1 : end;
  }
  return out;
}

}  // namespace samband
