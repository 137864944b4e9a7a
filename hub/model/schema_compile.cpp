// From JSON Schema text to SchemaNode. Everything that a schema says is either understood here or a load error.
#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>

#include "model/kinds.hpp"
#include "model/schema_node.hpp"

namespace samband {
namespace {

constexpr std::size_t kSchemaDepthMax = 64;
constexpr std::string_view kDialect = "https://json-schema.org/draft/2020-12/schema";
constexpr std::array<std::string_view, 6> kSilent = {"title",    "description", "$comment",
                                                     "examples", "default",     "$defs"};

using Members = std::map<std::string, json::value>;

std::string child(const std::string& place, std::string_view name) {
  std::string out = place + '/';
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

class Compiler {
 public:
  Compiler(const json::value& main, const Members& others) : main_(main), others_(others) {}

  Result<std::shared_ptr<const SchemaNode>> run() {
    const SchemaNode* root = node(main_, main_, "", 0);
    for (const auto& entry : *nodes_) refuse_circles(*entry);
    if (error_) return *error_;
    for (const auto& entry : *nodes_) flatten(*entry, *entry);
    if (error_) return *error_;
    // The root shares the life of all nodes.
    return std::shared_ptr<const SchemaNode>(nodes_, root);
  }

 private:
  using Store = std::vector<std::unique_ptr<SchemaNode>>;

  void note(const std::string& place, std::string message) {
    if (!error_) error_ = fail(Errc::invalid_config, place, std::move(message));
  }

  const SchemaNode* node(const json::value& schema, const json::value& document, const std::string& place,
                         std::size_t depth) {
    // One node for each place in the text, so that recursive schemas end.
    if (const auto known = by_place_.find(&schema); known != by_place_.end()) return known->second;
    nodes_->push_back(std::make_unique<SchemaNode>());
    SchemaNode& out = *nodes_->back();
    by_place_.emplace(&schema, &out);
    if (depth > kSchemaDepthMax) {
      note(place, "schema nested too deep");
    } else if (schema.is_bool()) {
      out.constant = schema.get_bool();
    } else if (schema.is_object()) {
      for (const auto& member : schema.get_object()) {
        const std::string_view name(member.key().data(), member.key().size());
        keyword(out, name, member.value(), document, child(place, name), depth);
      }
    } else {
      note(place, "a schema is an object or a boolean");
    }
    return &out;
  }

  void keyword(SchemaNode& out, std::string_view name, const json::value& value, const json::value& document,
               const std::string& place, std::size_t depth) {
    const auto sub = [&] { return node(value, document, place, depth + 1); };
    if (std::find(kSilent.begin(), kSilent.end(), name) != kSilent.end()) {
      if (name == "$defs") named(value, document, place, depth);
    } else if (name == "$schema") {
      if (value != json::value(kDialect)) note(place, "only the 2020-12 dialect is known");
    } else if (name == "$id") {
      if (depth != 0 || !value.is_string()) note(place, "$id belongs at the top of a file");
    } else if (name == "$ref") {
      out.ref = reference(value, document, place, depth);
    } else if (name == "x-category") {
      out.category = text(value, place);
      if (!contains(data_categories(), out.category)) note(place, "unknown data category");
    } else if (name == "x-fact") {
      if (!contains(fact_codes(), text(value, place))) note(place, "unknown fact code");
    } else if (name == "x-answers") {
      if (value != json::value(true)) note(place, "x-answers is true or absent");
    } else if (name == "x-person") {
      out.person = text(value, place);
      if (out.person != "all" && out.person != "none" && !contains(person_roles(), out.person)) {
        note(place, "unknown person role");
      }
    } else if (name == "type") {
      types(out, value, place);
    } else if (name == "enum") {
      const json::array& items = list(value, place);
      if (items.empty()) note(place, "empty enum");
      out.enums.emplace(items.begin(), items.end());
    } else if (name == "const") {
      out.const_value = value;
    } else if (name == "properties") {
      out.properties = named(value, document, place, depth);
    } else if (name == "patternProperties") {
      for (auto& [pattern, schema] : named(value, document, place, depth)) {
        if (auto compiled = regex(pattern, place)) out.pattern_properties.emplace_back(std::move(*compiled), schema);
      }
    } else if (name == "additionalProperties") {
      out.additional_properties = sub();
    } else if (name == "propertyNames") {
      out.property_names = sub();
    } else if (name == "required") {
      out.required = texts(value, place);
    } else if (name == "dependentRequired") {
      if (!value.is_object()) return note(place, "must be an object");
      for (const auto& member : value.get_object()) {
        out.dependent_required.emplace_back(member.key(), texts(member.value(), child(place, member.key())));
      }
    } else if (name == "prefixItems") {
      out.prefix_items = schemas(value, document, place, depth);
    } else if (name == "items") {
      out.items = sub();
    } else if (name == "contains") {
      out.contains = sub();
    } else if (name == "uniqueItems") {
      if (!value.is_bool()) return note(place, "must be a boolean");
      out.unique_items = value.get_bool();
    } else if (name == "pattern") {
      out.pattern = regex(text(value, place), place);
    } else if (name == "format") {
      format(out, text(value, place), place);
    } else if (name == "allOf") {
      out.all_of = schemas(value, document, place, depth);
    } else if (name == "anyOf") {
      out.any_of = schemas(value, document, place, depth);
    } else if (name == "oneOf") {
      out.one_of = schemas(value, document, place, depth);
    } else if (name == "not") {
      out.not_ = sub();
    } else if (name == "if") {
      out.if_ = sub();
    } else if (name == "then") {
      out.then_ = sub();
    } else if (name == "else") {
      out.else_ = sub();
    } else if (!size_keyword(out, name, value, place) && !number_keyword(out, name, value, place)) {
      note(place, "unknown keyword");
    }
  }

  bool size_keyword(SchemaNode& out, std::string_view name, const json::value& value, const std::string& place) {
    const std::pair<std::string_view, std::optional<std::size_t>*> keywords[] = {
        {"minLength", &out.min_length}, {"maxLength", &out.max_length},         {"minItems", &out.min_items},
        {"maxItems", &out.max_items},   {"minProperties", &out.min_properties}, {"maxProperties", &out.max_properties},
    };
    for (const auto& [keyword, slot] : keywords) {
      if (keyword != name) continue;
      if (value.is_int64() && value.get_int64() >= 0) {
        *slot = static_cast<std::size_t>(value.get_int64());
      } else {
        note(place, "must be a non-negative integer");
      }
      return true;
    }
    return false;
  }

  bool number_keyword(SchemaNode& out, std::string_view name, const json::value& value, const std::string& place) {
    const std::pair<std::string_view, std::optional<json::value>*> keywords[] = {
        {"minimum", &out.minimum},
        {"maximum", &out.maximum},
        {"exclusiveMinimum", &out.exclusive_minimum},
        {"exclusiveMaximum", &out.exclusive_maximum},
        {"multipleOf", &out.multiple_of},
    };
    for (const auto& [keyword, slot] : keywords) {
      if (keyword != name) continue;
      if (!value.is_number() || (keyword == "multipleOf" && value.to_number<double>() <= 0)) {
        note(place, "must be a number, and multipleOf above zero");
      } else {
        *slot = value;
      }
      return true;
    }
    return false;
  }

  std::string text(const json::value& value, const std::string& place) {
    if (const json::string* s = value.if_string()) return std::string(*s);
    note(place, "must be a string");
    return {};
  }

  const json::array& list(const json::value& value, const std::string& place) {
    static const json::array kNone;
    if (const json::array* items = value.if_array()) return *items;
    note(place, "must be an array");
    return kNone;
  }

  std::vector<std::string> texts(const json::value& value, const std::string& place) {
    std::vector<std::string> out;
    for (const auto& item : list(value, place)) out.push_back(text(item, place));
    return out;
  }

  SchemaNode::Nodes schemas(const json::value& value, const json::value& document, const std::string& place,
                            std::size_t depth) {
    SchemaNode::Nodes out;
    for (const auto& item : list(value, place)) {
      out.push_back(node(item, document, child(place, std::to_string(out.size())), depth + 1));
    }
    if (out.empty()) note(place, "needs at least one schema");
    return out;
  }

  SchemaNode::Named named(const json::value& value, const json::value& document, const std::string& place,
                          std::size_t depth) {
    SchemaNode::Named out;
    if (!value.is_object()) {
      note(place, "must be an object");
      return out;
    }
    for (const auto& member : value.get_object()) {
      out.emplace_back(member.key(), node(member.value(), document, child(place, member.key()), depth + 1));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  std::optional<SchemaPattern> regex(const std::string& pattern, const std::string& place) {
    auto compiled = SchemaPattern::compile(pattern);
    if (compiled.has_value()) return std::move(*compiled);
    note(place, compiled.error().message);
    return std::nullopt;
  }

  void types(SchemaNode& out, const json::value& value, const std::string& place) {
    constexpr std::pair<std::string_view, unsigned> kTypes[] = {
        {"null", SchemaNode::null},     {"boolean", SchemaNode::boolean}, {"integer", SchemaNode::integer},
        {"number", SchemaNode::number}, {"string", SchemaNode::string},   {"array", SchemaNode::array},
        {"object", SchemaNode::object}};
    const auto add = [&](const json::value& item) {
      const std::string name = text(item, place);
      const auto known = std::find_if(std::begin(kTypes), std::end(kTypes), [&](auto& t) { return t.first == name; });
      if (known == std::end(kTypes)) return note(place, "unknown type");
      out.types |= known->second;
    };
    if (value.is_string()) return add(value);
    for (const auto& item : list(value, place)) add(item);
    if (out.types == 0) note(place, "needs at least one type");
  }

  void format(SchemaNode& out, const std::string& name, const std::string& place) {
    if (name == "date") {
      out.format = SchemaFormat::date;
    } else if (name == "date-time") {
      out.format = SchemaFormat::date_time;
    } else if (name == "uuid") {
      out.format = SchemaFormat::uuid;
    } else {
      note(place, "unknown format");
    }
  }

  const SchemaNode* reference(const json::value& value, const json::value& document, const std::string& place,
                              std::size_t depth) {
    const std::string target = text(value, place);
    const std::size_t hash = std::min(target.find('#'), target.size());
    const std::string file = target.substr(0, hash);
    const std::string fragment = hash < target.size() ? target.substr(hash + 1) : "";
    const json::value* in = &document;
    if (!file.empty()) {
      const auto other = others_.find(file);
      in = other == others_.end() ? nullptr : &other->second;
    }
    const json::value* found =
        in == nullptr || fragment.find('%') != std::string::npos ? nullptr : find_pointer(*in, fragment);
    if (found == nullptr) {
      note(place, "$ref leads nowhere");
      return nullptr;
    }
    return node(*found, *in, file + "#" + fragment, found == in ? 0 : depth + 1);
  }

  // A schema that applies itself to the same value ({"$ref": "#"}) would never end, and under `not` would mean
  // anything.
  void refuse_circles(const SchemaNode& start) {
    auto [state, fresh] = visited_.emplace(&start, false);
    if (!fresh) {
      if (!state->second) note("", "a schema applies itself to the same value");
      return;
    }
    for (const SchemaNode* single : {start.ref, start.not_, start.if_, start.then_, start.else_}) {
      if (single != nullptr) refuse_circles(*single);
    }
    for (const SchemaNode::Nodes* many : {&start.all_of, &start.any_of, &start.one_of}) {
      for (const SchemaNode* part : *many) refuse_circles(*part);
    }
    visited_[&start] = true;
  }

  void flatten(SchemaNode& into, const SchemaNode& from) {
    if (std::find(into.layers.begin(), into.layers.end(), &from) != into.layers.end()) return;
    into.layers.push_back(&from);
    if (from.ref != nullptr) flatten(into, *from.ref);
    for (const SchemaNode* part : from.all_of) flatten(into, *part);
  }

  const json::value& main_;
  const Members& others_;
  std::shared_ptr<Store> nodes_ = std::make_shared<Store>();
  std::unordered_map<const json::value*, SchemaNode*> by_place_;
  std::unordered_map<const SchemaNode*, bool> visited_;  // true when everything below is known to end
  std::optional<Error> error_;
};

}  // namespace

const SchemaNode* SchemaNode::own_property(std::string_view name) const {
  const auto found = std::lower_bound(properties.begin(), properties.end(), name,
                                      [](const auto& entry, std::string_view key) { return entry.first < key; });
  return found != properties.end() && found->first == name ? found->second : nullptr;
}

const SchemaNode* SchemaNode::describe_member(std::string_view name) const {
  for (const SchemaNode* layer : layers) {
    if (const SchemaNode* found = layer->own_property(name)) return found;
  }
  for (const SchemaNode* layer : layers) {
    for (const auto& [name_pattern, schema] : layer->pattern_properties) {
      if (name_pattern.matches(name)) return schema;
    }
    if (layer->additional_properties != nullptr && !layer->additional_properties->constant) {
      return layer->additional_properties;
    }
  }
  return nullptr;
}

const SchemaNode* SchemaNode::describe_item(std::size_t index) const {
  for (const SchemaNode* layer : layers) {
    if (index < layer->prefix_items.size()) return layer->prefix_items[index];
    if (layer->items != nullptr) return layer->items;
  }
  return nullptr;
}

std::string_view SchemaNode::category_here() const {
  for (const SchemaNode* layer : layers) {
    if (!layer->category.empty()) return layer->category;
  }
  return {};
}

std::string_view SchemaNode::person_here() const {
  for (const SchemaNode* layer : layers) {
    if (!layer->person.empty()) return layer->person;
  }
  return {};
}

Result<Schema> Schema::compile(const json::value& schema, const std::map<std::string, json::value>& others) {
  auto root = Compiler(schema, others).run();
  if (!root.has_value()) return root.error();
  Schema out;
  out.root_ = std::move(*root);
  return out;
}

}  // namespace samband
