// Test kit for adapters: opens a module through the C ABI as a host would, and runs golden cases. Standard library,
// dlopen and Boost.JSON. For tests only; not thread-safe.
//
// A case is a folder:
//   in.<ext>        decode: the sender's bytes (.xml application/xml, .json application/json, .csv text/csv, else
//   text/plain) exchange.json   step: what the hub gives the adapter; event.json says which event (default: started)
//                   {"event": "http_response", "status": 200, "mediaType": "...", "body": "...", "state": "..."}
//                   and response.<ext>, when present, is the body
//   answer.json     render_answer
//   config.json     the operator's configuration; else config.json beside the cases; else {}
//   expected.json   {"messages": [...]} | {"action": {...}} | {"reply": {...}} | {"error": {"status", "where",
//   "message"}}
// SAMBAND_UPDATE_GOLDENS=1 writes expected.json instead of comparing: read the diff before you commit it.
#pragma once
#include <dlfcn.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

#include "sdk/adapter.hpp"

namespace samband::test_kit {
namespace json = boost::json;
namespace fs = std::filesystem;

struct Outcome {
  std::int32_t status = HUB_OK;
  std::string where, message;
  std::vector<std::string> messages;
  std::string state;
  std::optional<sdk::Action> action;
  std::optional<sdk::Wire> reply;
  int actions = 0, replies = 0;
};

// One instance of a module's adapter. Throws std::runtime_error when the module cannot be used.
class Module {
 public:
  explicit Module(const fs::path& file, std::string_view config = "{}") {
    void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed, as in the hub
    if (!handle) throw std::runtime_error(dlerror());
    auto* entry = reinterpret_cast<decltype(&hub_plugin_entry)>(dlsym(handle, "hub_plugin_entry"));
    if (!entry || !(entry_ = entry()) || entry_->magic != HUB_ABI_MAGIC) throw std::runtime_error("no entry");
    adapter_.struct_size = sizeof adapter_;
    hub_error e = fresh_error();
    if (entry_->create(sdk::str(config), &adapter_, &e) != HUB_OK)
      throw std::runtime_error(std::string(e.where) + ": " + e.message);
  }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module() {
    if (adapter_.destroy) adapter_.destroy(adapter_.self);
  }

  std::string manifest() const { return std::string(sdk::view(entry_->manifest_json)); }
  Outcome decode(std::string_view body, std::string_view media_type = "application/json") {
    const hub_wire wire{sizeof wire, 0, sdk::str(media_type), sdk::str(""), sdk::bytes(body)};
    return call([&](const hub_sink* s, hub_error* e) { return adapter_.decode(adapter_.self, &wire, s, e); });
  }
  Outcome step(std::string_view exchange, sdk::Event event = sdk::Event::started, int status = 0,
               std::string_view body = "", std::string_view media_type = "", std::string_view state = "",
               std::uint32_t conversation = HUB_CONVERSATION_DELIVER) {
    const hub_wire wire{sizeof wire, static_cast<std::uint32_t>(status), sdk::str(media_type), sdk::str(""),
                        sdk::bytes(body)};
    return call([&](const hub_sink* s, hub_error* e) {
      return adapter_.step(adapter_.self, conversation, sdk::str(exchange), sdk::bytes(state),
                           static_cast<std::uint32_t>(event), &wire, s, e);
    });
  }
  Outcome render_answer(std::string_view answer) {
    return call([&](const hub_sink* s, hub_error* e) {
      return adapter_.call(adapter_.self, HUB_OP_RENDER_ANSWER, sdk::bytes(answer), s, e);
    });
  }

 private:
  static hub_error fresh_error() {
    hub_error e{};
    e.struct_size = sizeof e;
    return e;
  }
  template <class F>
  Outcome call(F&& f) {
    Outcome out;
    hub_sink sink{};
    sink.struct_size = sizeof sink;
    sink.ctx = &out;
    sink.message = [](void* c, hub_str s) { static_cast<Outcome*>(c)->messages.emplace_back(sdk::view(s)); };
    sink.state = [](void* c, hub_bytes s) { static_cast<Outcome*>(c)->state = sdk::view(s); };
    sink.action = [](void* c, const hub_action* a) {
      auto& o = *static_cast<Outcome*>(c);
      ++o.actions;
      sdk::Action action;
      action.kind = a->kind;
      action.endpoint = sdk::view(a->endpoint), action.method = sdk::view(a->method), action.path = sdk::view(a->path);
      action.headers_json = sdk::view(a->headers_json), action.body = sdk::view(a->body), action.wait_ms = a->wait_ms;
      action.reference = sdk::view(a->reference), action.reason = sdk::view(a->reason);
      o.action = std::move(action);
    };
    sink.reply = [](void* c, const hub_wire* w) {
      auto& o = *static_cast<Outcome*>(c);
      ++o.replies;
      o.reply = sdk::detail::wire_from(w);
    };
    sink.log = [](void*, std::int32_t, hub_str, hub_str) {};
    hub_error e = fresh_error();
    out.status = f(&sink, &e);
    out.where = e.where;
    out.message = e.message;
    return out;
  }

  const hub_entry* entry_ = nullptr;
  hub_adapter adapter_{};
};

inline std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.filename().string());
  return {std::istreambuf_iterator<char>(in), {}};
}

inline json::value as_json(const Outcome& o) {
  static constexpr const char* kStatuses[] = {"ok",    "invalid_input", "invalid_config", "unsupported",
                                              "retry", "rejected",      "internal"};
  static constexpr const char* kActions[] = {"none", "http", "put_file", "wait", "delivered", "rejected", "retry"};
  if (o.status != HUB_OK)
    return {{"error",
             {{"status", o.status > 0 && o.status < 7 ? kStatuses[o.status] : "unknown"},
              {"where", o.where},
              {"message", o.message}}}};
  json::object out;
  if (!o.messages.empty()) {
    json::array list;
    for (const auto& m : o.messages) list.push_back(json::parse(m));
    out["messages"] = std::move(list);
  }
  if (o.action) {
    const auto& a = *o.action;
    json::object action{{"kind", a.kind < 7 ? kActions[a.kind] : "unknown"}};
    for (const auto& [key, text] : {std::pair{"endpoint", &a.endpoint},
                                    {"method", &a.method},
                                    {"path", &a.path},
                                    {"headers", &a.headers_json},
                                    {"body", &a.body},
                                    {"reference", &a.reference},
                                    {"reason", &a.reason}})
      if (!text->empty()) action[key] = *text;
    if (a.wait_ms) action["waitMs"] = a.wait_ms;
    out["action"] = std::move(action);
    if (!o.state.empty()) out["state"] = o.state;
  }
  if (o.reply)
    out["reply"] = {{"status", o.reply->status}, {"mediaType", o.reply->media_type}, {"body", o.reply->body}};
  return out;
}

inline void pretty(std::string& out, const json::value& v, std::size_t depth = 0) {
  const std::string pad(2 * (depth + 1), ' '), end(2 * depth, ' ');
  if (const auto* o = v.if_object(); o && !o->empty()) {
    out += "{\n";
    std::size_t left = o->size();
    for (const auto& [key, value] : *o) {
      out += pad + json::serialize(key) + ": ";
      pretty(out, value, depth + 1);
      out += --left ? ",\n" : "\n";
    }
    out += end + "}";
  } else if (const auto* a = v.if_array(); a && !a->empty()) {
    out += "[\n";
    std::size_t left = a->size();
    for (const auto& value : *a) {
      out += pad;
      pretty(out, value, depth + 1);
      out += --left ? ",\n" : "\n";
    }
    out += end + "]";
  } else {
    out += json::serialize(v);
  }
}

inline fs::path file_named(const fs::path& dir, std::string_view stem) {
  for (const auto& entry : fs::directory_iterator(dir))
    if (entry.path().stem() == stem) return entry.path();
  return {};
}

inline std::string_view media_type_of(const fs::path& file) {
  return file.extension() == ".xml"    ? "application/xml"
         : file.extension() == ".json" ? "application/json"
         : file.extension() == ".csv"  ? "text/csv"
                                       : "text/plain";
}

inline Outcome run_case(const fs::path& module, const fs::path& dir) {
  std::string config = "{}";
  for (const auto& at : {dir / "config.json", dir.parent_path() / "config.json"})
    if (fs::exists(at)) {
      config = read_text(at);
      break;
    }
  Module m(module, config);
  if (const auto in = file_named(dir, "in"); !in.empty()) return m.decode(read_text(in), media_type_of(in));
  if (fs::exists(dir / "answer.json")) return m.render_answer(read_text(dir / "answer.json"));
  sdk::Event event = sdk::Event::started;
  int status = 0;
  std::string body, media_type, state;
  if (fs::exists(dir / "event.json")) {
    const auto e = json::parse(read_text(dir / "event.json")).as_object();
    const auto text = [&](const char* key) {
      return e.contains(key) ? std::string(e.at(key).as_string()) : std::string();
    };
    const auto name = text("event");
    event = name == "http_response" ? sdk::Event::http_response
            : name == "timed_out"   ? sdk::Event::timed_out
            : name == "resumed"     ? sdk::Event::resumed
                                    : sdk::Event::started;
    status = e.contains("status") ? static_cast<int>(e.at("status").as_int64()) : 0;
    body = text("body"), media_type = text("mediaType"), state = text("state");
  }
  if (const auto response = file_named(dir, "response"); !response.empty()) {
    body = read_text(response);
    media_type = media_type_of(response);
  }
  return m.step(read_text(dir / "exchange.json"), event, status, body, media_type, state);
}

struct GoldenResult {
  std::string name;
  bool passed = false;
  std::string detail;  // what came instead; test data only
};

// Runs every case twice (same input, same output) and compares with expected.json.
inline std::vector<GoldenResult> run_goldens(const fs::path& module, const fs::path& cases) {
  std::set<fs::path> dirs;
  for (const auto& entry : fs::directory_iterator(cases))
    if (entry.is_directory()) dirs.insert(entry.path());
  std::vector<GoldenResult> out;
  for (const auto& dir : dirs) {
    GoldenResult r{dir.filename().string(), false, ""};
    try {
      const auto first = as_json(run_case(module, dir)), second = as_json(run_case(module, dir));
      std::string got;
      pretty(got, first);
      if (std::getenv("SAMBAND_UPDATE_GOLDENS")) {
        std::ofstream(dir / "expected.json", std::ios::binary) << got << "\n";
        r.passed = true;
      } else if (first != second) {
        r.detail = "two runs differ";
      } else if (first != json::parse(read_text(dir / "expected.json"))) {
        r.detail = "not as expected, but:\n" + got;
      } else {
        r.passed = true;
      }
    } catch (const std::exception& e) {
      r.detail = e.what();
    }
    out.push_back(std::move(r));
  }
  return out;
}

}  // namespace samband::test_kit
