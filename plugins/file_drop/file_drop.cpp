// Case systems without a public API (Procapita, Treserva, Combine): every exchange becomes a few files that the system,
// or somebody at it, reads: the neutral errand as JSON, the notice as readable Markdown, each released attachment, and
// last a marker that says that all of it is there. The endpoint is a folder (file:///...) or takes HTTPS PUT.
// What comes the other way is the case system's own JSON (plugins/municipal_case/README.md).
// Pure translator. One instance is never called by two threads at once.
#include <algorithm>

#include "case_errand/decode.hpp"
#include "case_errand/errand.hpp"
#include "common/delivery.hpp"

namespace samband::file_drop {
namespace {

namespace json = boost::json;
using plugin::object_at;
using plugin::string_at;

constexpr std::size_t kExchangeBytesMax = 64u << 20;
constexpr std::size_t kExtensionMax = 5;

struct File {
  std::string name, media_type, content;
};

bool is_plain(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Ids of the hub: they become names of files.
bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 &&
         std::all_of(id.begin(), id.end(), [](char c) { return is_plain(c) || c == '-'; });
}

// ".pdf" of what the sender called it. The rest of that name stays out of listings: it may hold a person number.
std::string extension_of(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  const auto end = dot == std::string_view::npos ? std::string_view() : file_name.substr(dot + 1);
  const bool usable = !end.empty() && end.size() <= kExtensionMax && std::all_of(end.begin(), end.end(), is_plain);
  return usable ? "." + std::string(end) : ".bin";
}

// What an exchange consists of. Files are numbered in this order; the marker comes after all of them.
class Bundle {
 public:
  explicit Bundle(const json::object& exchange) : exchange_(exchange), id_(string_at(exchange, "exchangeId")) {}

  std::size_t size() const { return 1 + case_errand::document_parts(exchange_); }

  File file(std::size_t n) const {
    if (n == 0) return {id_ + ".json", "application/json", errand()};
    auto document = case_errand::document_part(exchange_, n - 1);
    if (!document) return {};
    auto name = n == 1 ? id_ + ".md" : id_ + "-" + std::to_string(n - 1) + extension_of(document->file_name);
    return {std::move(name), document->media_type, std::move(document->content)};
  }

  // Names and sizes: a reader that finds other sizes came while a later, wider version was being written.
  File marker() const {
    json::array files;
    for (std::size_t n = 0; n < size(); ++n) {
      const auto one = file(n);
      files.push_back(json::object{{"name", one.name}, {"bytes", one.content.size()}});
    }
    return {id_ + ".done", "application/json",
            json::serialize(json::object{{"exchangeId", id_}, {"files", std::move(files)}})};
  }

 private:
  // The attachments lie beside; only what they are called stands in the errand.
  std::string errand() const {
    auto body = json::parse(case_errand::errand_body(exchange_)).as_object();
    if (auto* data = body.if_contains("data"); data && data->is_object())
      if (auto* list = data->get_object().if_contains("attachments"); list && list->is_array())
        for (std::size_t i = 0; i < list->get_array().size(); ++i)
          if (auto* one = list->get_array()[i].if_object()) {
            one->erase("content");
            (*one)["file"] = file(i + 2).name;
          }
    body["purpose"] = string_at(exchange_, "purpose");
    body["createdAt"] = string_at(exchange_, "createdAt");
    if (const auto* sender = object_at(exchange_, "sender"))
      body["sender"] = json::object{{"name", string_at(*sender, "name")},
                                    {"organisationNumber", string_at(*sender, "organisationNumber")}};
    return json::serialize(body);
  }

  const json::object& exchange_;
  std::string id_;
};

class FileDropAdapter final : public sdk::Adapter {
 public:
  static constexpr std::string_view kManifest =
      R"({"name":"file_drop","version":"1.0.0","abi":"1.0","operations":["decode","deliver","recall"],)"
      R"("kinds":["care.referral","sig.information","sig.nomination","care.status","exchange.receipt","concern.report",)"
      R"("police.suspicion","police.lob","police.offer","police.information","rent.arrears","tenancy.disturbance",)"
      R"("eviction.time","test.result","housing.emergency","housing.contact_request","exchange.recall"],)"
      R"("endpoints":[""],"limits":{"bodyBytesMax":31457280}})";

  sdk::Result<std::monostate> configure(std::string_view config_json) override {
    auto config = plugin::parse_config(config_json);
    if (auto* e = std::get_if<sdk::Error>(&config)) return *e;
    if (!std::get<json::object>(config).empty()) return sdk::Error{HUB_INVALID_CONFIG, "", "takes no settings"};
    return std::monostate{};
  }

  sdk::Result<std::vector<std::string>> decode(const sdk::Wire& wire) override {
    if (!wire.media_type.empty() && !wire.media_type.starts_with("application/json"))
      return sdk::invalid("", "the media type must be application/json");
    auto message = case_errand::decode_case_message(wire.body);
    if (auto* e = std::get_if<sdk::Error>(&message)) return *e;
    return std::vector<std::string>{std::move(std::get<std::string>(message))};
  }

  sdk::Result<sdk::Step> step(std::uint32_t conversation, std::string_view exchange_json, std::string_view state,
                              sdk::Event event, const sdk::Wire& answer) override {
    auto parsed = plugin::parse_json(exchange_json, {kExchangeBytesMax, 32});
    if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
    const auto* exchange = std::get<json::value>(parsed).if_object();
    if (!exchange || !object_at(*exchange, "data") || !is_id(string_at(*exchange, "exchangeId")))
      return sdk::invalid("/exchangeId", "an exchange with an id and data is required");
    std::size_t done = written(state);
    if (event == sdk::Event::timed_out) return sdk::Step{sdk::Action::retry("timed_out"), std::string(state), {}};
    if (event == sdk::Event::http_response) {
      const auto verdict = plugin::verdict_of(answer.status);
      const auto reason = plugin::http_reason(answer.status);
      if (verdict == plugin::HttpVerdict::retry) return sdk::Step{sdk::Action::retry(reason), std::string(state), {}};
      if (verdict == plugin::HttpVerdict::rejected)
        return sdk::Step{sdk::Action::rejected(reason), std::string(state), {}};
      ++done;
    }
    const bool is_recall = conversation == HUB_CONVERSATION_RECALL || string_at(*exchange, "kind") == "exchange.recall";
    return is_recall ? recall(*exchange, done) : deliver(*exchange, done);
  }

 private:
  // How many files are there already; what nobody understands begins anew, for writing twice changes nothing.
  static std::size_t written(std::string_view state) {
    std::size_t n = 0;
    for (const char c : state) {
      if (c < '0' || c > '9' || n > 1000) return 0;
      n = n * 10 + static_cast<std::size_t>(c - '0');
    }
    return n;
  }

  static sdk::Step put(File file, std::size_t done) {
    return {sdk::Action::http("PUT", "/" + file.name, json::serialize(json::object{{"content-type", file.media_type}}),
                              std::move(file.content)),
            std::to_string(done),
            {}};
  }

  static sdk::Step deliver(const json::object& exchange, std::size_t done) {
    const Bundle bundle(exchange);
    if (done < bundle.size()) return put(bundle.file(done), done);
    if (done == bundle.size()) return put(bundle.marker(), done);
    return {sdk::Action::delivered(std::string(string_at(exchange, "exchangeId")) + ".done"), {}, {}};
  }

  // A recall deletes nothing: it is a file of its own, and a person acts on it.
  static sdk::Step recall(const json::object& exchange, std::size_t done) {
    const auto name = std::string(string_at(exchange, "exchangeId")) + ".recall.json";
    if (done > 0) return {sdk::Action::delivered(name), {}, {}};
    return put({name, "application/json", case_errand::recall_body(exchange)}, 0);
  }
};

}  // namespace
}  // namespace samband::file_drop

SAMBAND_PLUGIN(samband::file_drop::FileDropAdapter)
