// A module that breaks one promise of the ABI, chosen at build time by AWKWARD_<WHAT>; written against the C ABI
// itself, as a third party in another language would.
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "sdk/plugin_abi.h"

namespace {

hub_str text(const char* s) { return {s, std::strlen(s)}; }

[[maybe_unused]] void refuse(hub_error* e, std::int32_t status, const char* where, const char* message) {
  e->status = status;
  std::snprintf(e->where, sizeof e->where, "%s", where);
  std::snprintf(e->message, sizeof e->message, "%s", message);
}

// What decode and step do is chosen by the body, so that one module serves many tests.
std::int32_t decode(void*, const hub_wire* in, const hub_sink* sink, hub_error* e) {
  const std::string_view body(reinterpret_cast<const char*>(in->body.ptr), in->body.len);
  if (body == "throw") throw std::runtime_error("201001012382");
  if (body == "place") return refuse(e, HUB_INVALID_INPUT, "/persons/0/birthDate", "not a date"), HUB_INVALID_INPUT;
  if (body == "quotes")
    return refuse(e, HUB_INVALID_INPUT, "/x\n", "got 20100101-2382 and 201001012382"), HUB_INVALID_INPUT;
  if (body == "unsupported") return HUB_UNSUPPORTED;
  if (body == "strange status") return 4711;
  if (body == "null view") sink->message(sink->ctx, hub_str{nullptr, 10});
  if (body == "flood")
    for (int i = 0; i < 60000; ++i) sink->message(sink->ctx, text("{}"));
  if (body == "one") sink->message(sink->ctx, text("{}"));
  if (body == "log") sink->log(sink->ctx, 1, text("event"), text("{}")), sink->message(sink->ctx, text("{}"));
  return HUB_OK;
}

std::int32_t step(void*, std::uint32_t, hub_str, hub_bytes state, std::uint32_t, const hub_wire* in,
                  const hub_sink* sink, hub_error*) {
  const std::string_view body(reinterpret_cast<const char*>(in->body.ptr), in->body.len);
  hub_action a{};
  a.struct_size = sizeof a;
  a.kind = HUB_ACTION_DELIVERED;
  a.reference = text("R");
  if (body == "none") return HUB_OK;
  if (body == "unknown") a.kind = 99;
  if (body == "short") a.struct_size = 8;
  if (body == "state") sink->state(sink->ctx, state);
  sink->action(sink->ctx, &a);
  if (body == "two") sink->action(sink->ctx, &a);
  return HUB_OK;
}

std::int32_t call(void*, std::uint32_t, hub_bytes, const hub_sink*, hub_error*) { return HUB_UNSUPPORTED; }
void destroy(void*) {}

std::int32_t create(hub_str config, hub_adapter* out, hub_error* e) {
  if (std::string_view(config.ptr, config.len) == "{\"bad\":true}")
    return refuse(e, HUB_INVALID_CONFIG, "/bad", "must be false"), HUB_INVALID_CONFIG;
  *out = {sizeof(hub_adapter), 0, nullptr, &decode, &step, &call, &destroy};
#ifdef AWKWARD_NO_STEP
  out->step = nullptr;
#endif
  return HUB_OK;
}

#ifndef AWKWARD_NO_SYMBOL
hub_entry make_entry() {
  hub_entry e{HUB_ABI_MAGIC,
              sizeof(hub_entry),
              HUB_ABI_MAJOR,
              HUB_ABI_MINOR,
              0,
              text("awkward"),
              text(R"({"name":"awkward","abi":"1.0","operations":["decode"]})"),
              &create};
#if defined(AWKWARD_MAGIC)
  e.magic = 0x12345678;
#elif defined(AWKWARD_MAJOR)
  e.abi_major = HUB_ABI_MAJOR + 1;
#elif defined(AWKWARD_SHORT)
  e.struct_size = 8;
#elif defined(AWKWARD_MANIFEST)
  e.manifest_json = text("no JSON");
#endif
  return e;
}
#endif

}  // namespace

#ifndef AWKWARD_NO_SYMBOL
extern "C" HUB_EXPORT const hub_entry* hub_plugin_entry(void) {
  static const hub_entry entry = make_entry();
  return &entry;
}
#else
extern "C" HUB_EXPORT void* another_symbol(void) { return reinterpret_cast<void*>(&create); }
#endif
