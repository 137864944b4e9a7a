#include "exchange/forms.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace samband {
namespace {

constexpr std::size_t kFileBytesMax = 1u << 20;
constexpr int kDepthMax = 24;
// Of `data`: what the hub writes itself, and what is addressed to the hub.
constexpr std::array<std::string_view, 3> kNotAsked = {"kind", "facts", "consents"};

Result<json::object> read_object(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().size() > kFileBytesMax)
    return fail(Errc::invalid_config, path.filename().string(), "cannot be read");
  auto parsed = parse_json(text.str(), {.bytes_max = kFileBytesMax, .depth_max = 64});
  if (!parsed) return fail(Errc::invalid_config, path.filename().string() + ":" + parsed.error().where, "is not JSON");
  if (!parsed->is_object()) return fail(Errc::invalid_config, path.filename().string(), "must be an object");
  return std::move(parsed->get_object());
}

const json::object* object_in(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  return found ? found->if_object() : nullptr;
}

// A kind's schema without references, and with the words of its members and codes.
class Resolver {
 public:
  Resolver(const json::object& common, const json::object& words) : common_(common), words_(words) {}

  json::object resolve(const json::object& schema, int depth = 0) const {
    json::object out;
    if (depth > kDepthMax) return out;
    if (const auto ref = string_at(schema, "$ref"); !ref.empty())
      if (const auto* target = definition(ref)) out = resolve(*target, depth + 1);
    if (const auto* all = schema.if_contains("allOf"); all && all->is_array())
      for (const auto& part : all->get_array())
        if (const auto* object = part.if_object()) merge(out, resolve(*object, depth + 1));
    json::object own;
    for (const auto& [key, value] : schema) {
      if (key == "$ref" || key == "allOf" || key == "$comment" || key == "$schema" || key == "$id") continue;
      if (key == "properties" && value.is_object())
        own[key] = members(value.get_object(), depth);
      else if (key == "items" && value.is_object())
        own[key] = resolve(value.get_object(), depth + 1);
      else
        own[key] = value;
    }
    merge(out, std::move(own));
    if (const auto* codes = out.if_contains("enum"); codes && codes->is_array()) {
      json::object labels;
      for (const auto& code : codes->get_array())
        if (code.is_string())
          if (const auto* found = word("codes", code.get_string())) labels[code.get_string()] = *found;
      out["x-codes"] = std::move(labels);
    }
    return out;
  }

 private:
  const json::object* definition(std::string_view ref) const {
    constexpr std::string_view kPlace = "#/$defs/";
    const auto at = ref.find(kPlace);
    const auto* defs = object_in(common_, "$defs");
    return at == std::string_view::npos || !defs ? nullptr : object_in(*defs, ref.substr(at + kPlace.size()));
  }
  const json::object* word(std::string_view list, std::string_view key) const {
    const auto* words = object_in(words_, list);
    return words ? object_in(*words, key) : nullptr;
  }
  json::object members(const json::object& properties, int depth) const {
    json::object out;
    for (const auto& [name, value] : properties) {
      json::object member = value.is_object() ? resolve(value.get_object(), depth + 1) : json::object{};
      if (const auto* found = word("members", name)) {
        member["x-label"] = json::object{{"sv", found->at("sv")}, {"en", found->at("en")}};
        if (found->contains("helpSv"))
          member["x-help"] = json::object{{"sv", found->at("helpSv")}, {"en", found->at("helpEn")}};
      }
      out[name] = std::move(member);
    }
    return out;
  }
  static void merge(json::object& into, json::object from) {
    for (auto& [key, value] : from) {
      auto* there = into.if_contains(key);
      if (there && key == "properties" && there->is_object() && value.is_object())
        merge(there->get_object(), std::move(value.get_object()));
      else if (there && key == "required" && there->is_array() && value.is_array())
        for (auto& name : value.get_array()) there->get_array().push_back(std::move(name));
      else
        into[key] = std::move(value);
    }
  }

  const json::object& common_;
  const json::object& words_;
};

void do_not_ask(json::object& schema) {
  if (auto* properties = schema.if_contains("properties"); properties && properties->is_object())
    for (const auto name : kNotAsked) properties->get_object().erase(name);
  if (auto* required = schema.if_contains("required"); required && required->is_array()) {
    json::array kept;
    for (auto& name : required->get_array())
      if (name != "kind") kept.push_back(std::move(name));
    *required = std::move(kept);
  }
}

// A form has the members that it asks for and no others: a misspelt `protection` must not pass as "not protected".
// Named by its parent only: the name may be what somebody wrote in the wrong place.
Result<void> only_asked(const json::object& schema, const json::value& value, const std::string& at) {
  if (const auto* list = value.if_array()) {
    const auto* items = object_in(schema, "items");
    for (std::size_t i = 0; items && i < list->size(); ++i)
      if (auto fits = only_asked(*items, (*list)[i], at + "/" + std::to_string(i)); !fits) return fits;
    return {};
  }
  const auto* asked = object_in(schema, "properties");
  if (!asked || !value.is_object()) return {};
  for (const auto& [name, member] : value.get_object()) {
    const auto* own = object_in(*asked, name);
    if (!own) return fail(Errc::invalid_input, at, "has a member that the form does not ask for");
    if (auto fits = only_asked(*own, member, at + "/" + std::string(name)); !fits) return fits;
  }
  return {};
}

}  // namespace

Result<Forms> Forms::load(const Kinds& kinds, const std::filesystem::path& schemas_dir) {
  auto common = read_object(schemas_dir / "common.schema.json");
  if (!common) return common.error();
  auto words = read_object(schemas_dir / "words.json");
  if (!words) return words.error();
  Forms forms;
  if (const auto* titles = object_in(*words, "kinds")) forms.titles_ = *titles;
  const Resolver resolver(*common, *words);
  for (const std::string& name : kinds.names()) {
    // What nobody writes by hand has no title: alerts, receipts, recalls, steps.
    if (!forms.titles_.contains(name)) continue;
    json::object schema = resolver.resolve(kinds.find(name)->source.as_object());
    do_not_ask(schema);
    forms.schemas_.emplace(name, std::move(schema));
  }
  return forms;
}

bool Forms::offers(const Party& party, std::string_view kind) const {
  return schemas_.contains(kind) && std::find(party.kinds.begin(), party.kinds.end(), kind) != party.kinds.end();
}

json::object Forms::list(const Party& party) const {
  json::array out;
  for (const auto& [kind, schema] : schemas_)
    if (offers(party, kind)) out.push_back(json::object{{"kind", kind}, {"title", titles_.at(kind)}});
  return json::object{{"forms", std::move(out)}};
}

Result<json::object> Forms::form(const Party& party, std::string_view kind, std::string id, Time now) const {
  if (!offers(party, kind)) return fail(Errc::not_found, "kind", "no such form for this party");
  return json::object{{"kind", kind},
                      {"title", titles_.at(kind)},
                      {"submission", json::object{{"id", id}, {"time", to_rfc3339(now)}}},
                      {"schema", schemas_.find(kind)->second}};
}

Result<json::value> Forms::message(const Party& party, const Official& official, std::string_view kind,
                                   json::value body) const {
  if (!offers(party, kind)) return fail(Errc::not_found, "kind", "no such form for this party");
  json::object* root = body.if_object();
  if (!root) return fail(Errc::invalid_input, "", "must be an object");
  for (const auto& [key, value] : *root)
    if (key != "submission" && key != "data")
      return fail(Errc::invalid_input, "", "takes `submission` and `data` only");
  const json::object* submission = object_in(*root, "submission");
  const std::string id(submission ? string_at(*submission, "id") : "");
  const std::string time(submission ? string_at(*submission, "time") : "");
  if (id.empty() || time.empty())
    return fail(Errc::invalid_input, "/submission", "`id` and `time` as the form gave them are required");
  json::value* given = root->if_contains("data");
  if (!given || !given->is_object()) return fail(Errc::invalid_input, "/data", "must be an object");
  for (const auto name : kNotAsked)
    if (given->get_object().contains(name))
      return fail(Errc::invalid_input, "/data/" + std::string(name), "is not for a form: answer the hold instead");
  if (auto fits = only_asked(schemas_.find(kind)->second, *given, "/data"); !fits) return fits.error();
  json::object data = std::move(given->get_object());
  data["kind"] = kind;
  // Whoever is logged in stands for the form, whatever the form says.
  json::value& author = data["author"];
  if (!author.is_object()) author = json::object{};
  author.get_object()["id"] = official.id;
  return json::value(json::object{{"specversion", "1.0"},
                                  {"id", id},
                                  {"source", "urn:samband:party:" + party.id},
                                  {"type", "se.samband.notice." + std::string(kind) + ".v1"},
                                  {"time", time},
                                  {"datacontenttype", "application/json"},
                                  {"data", std::move(data)}});
}

}  // namespace samband
