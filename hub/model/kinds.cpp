#include "model/kinds.hpp"

#include <algorithm>
#include <fstream>
#include <set>

#include "model/schema_node.hpp"

namespace samband {
namespace {

constexpr std::string_view kSuffix = ".schema.json";
constexpr std::string_view kCommon = "common";
constexpr std::size_t kFileBytesMax = 1u << 20;
constexpr int kWalkDepthMax = 40;

Result<json::value> read_schema(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  std::ifstream file(path, std::ios::binary);
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && !file.eof())) return fail(Errc::invalid_config, name, "cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileBytesMax) return fail(Errc::invalid_config, name, "schema file too large");
  auto schema = parse_json(text, {.bytes_max = kFileBytesMax, .depth_max = 64});
  if (!schema.has_value()) return fail(Errc::invalid_config, name + ":" + schema.error().where, schema.error().message);
  if (!schema->is_object()) return fail(Errc::invalid_config, name, "a schema file holds one object");
  return schema;
}

// "urn:samband:schema:<kind>:v<version>"
std::optional<int> version_of(const json::value& schema, std::string_view kind) {
  const std::string start = "urn:samband:schema:" + std::string(kind) + ":v";
  const std::string_view id = string_at(schema.get_object(), "$id");
  if (!id.starts_with(start) || id.size() != start.size() + 1) return std::nullopt;
  const char digit = id.back();
  return digit >= '1' && digit <= '9' ? std::optional<int>(digit - '0') : std::nullopt;
}

// Every leaf that a schema describes has a category, its own or an ancestor's: what has none would silently never
// leave.
std::optional<std::string> uncategorised(const SchemaNode& node, bool inherited, const std::string& place, int depth) {
  if (depth > kWalkDepthMax) return place;
  const bool categorised = inherited || !node.category_here().empty();
  bool is_leaf = true;
  for (const SchemaNode* layer : node.layers) {
    for (const auto& [name, member] : layer->properties) {
      is_leaf = false;
      if (auto found = uncategorised(*member, categorised, place + "/" + name, depth + 1)) return found;
    }
    for (const SchemaNode* item : layer->prefix_items) {
      is_leaf = false;
      if (auto found = uncategorised(*item, categorised, place + "/-", depth + 1)) return found;
    }
    if (layer->items != nullptr) {
      is_leaf = false;
      if (auto found = uncategorised(*layer->items, categorised, place + "/-", depth + 1)) return found;
    }
  }
  // An object without properties, the payload of a kind that needs none, holds only what the schema does not know.
  const bool empty_object = std::any_of(node.layers.begin(), node.layers.end(),
                                        [](auto* layer) { return layer->types == SchemaNode::object; });
  return is_leaf && !categorised && !empty_object ? std::optional(place) : std::nullopt;
}

// The sender's answers to questions of law, and its consents: grounds of the decision and not part of what is sent. As
// envelope they would tell any recipient "reasonably suspected" or "compulsory care".
bool is_for_the_hub(std::string_view top_level_name) {
  return top_level_name == "facts" || top_level_name == "consents";
}

void collect_categories(const SchemaNode& node, int depth, std::set<std::string>& out) {
  if (depth > kWalkDepthMax) return;
  if (const auto here = node.category_here(); !here.empty()) out.emplace(here);
  for (const SchemaNode* layer : node.layers) {
    for (const auto& [name, member] : layer->properties)
      if (depth > 0 || !is_for_the_hub(name)) collect_categories(*member, depth + 1, out);
    for (const SchemaNode* item : layer->prefix_items) collect_categories(*item, depth + 1, out);
    if (layer->items != nullptr) collect_categories(*layer->items, depth + 1, out);
  }
}

// Where the schema marks a leaf with `x-fact`. Properties only: a fact in a list would have no single answer.
// Likewise where `x-answers` marks one.
void collect_stated(const json::value& schema, const std::string& pointer, int depth, Kind& out) {
  const json::object* node = schema.if_object();
  if (node == nullptr || depth > kWalkDepthMax) return;
  if (const auto code = string_at(*node, "x-fact"); !code.empty()) out.stated.emplace_back(pointer, code);
  if (node->contains("x-answers")) out.answers.push_back(pointer);
  const json::value* properties = node->if_contains("properties");
  if (properties == nullptr || !properties->is_object()) return;
  for (const auto& member : properties->get_object())
    collect_stated(member.value(), pointer + "/" + std::string(member.key()), depth + 1, out);
}

class FieldWalk {
 public:
  explicit FieldWalk(const std::vector<Person>& persons) : persons_(persons) {
    all_.reserve(persons.size());
    for (const Person& person : persons) all_.push_back(person.ref);
    fields_.reserve(64);
    pointer_.reserve(64);
  }

  std::vector<Field> run(const SchemaNode* root, const json::value& data) {
    walk(root, data, {}, {});
    return std::move(fields_);
  }

 private:
  // `node` is nullptr under a member that the schema does not know.
  void walk(const SchemaNode* node, const json::value& value, std::string_view category, std::string_view person) {
    if (node != nullptr) {
      if (const auto here = node->category_here(); !here.empty()) category = here;
      if (const auto here = node->person_here(); !here.empty()) person = here;
    }
    const std::size_t length = pointer_.size();
    if (const json::object* object = value.if_object()) {
      for (const auto& member : *object) {
        const std::string_view name(member.key().data(), member.key().size());
        if (pointer_.empty() && is_for_the_hub(name)) continue;
        append_token(name);
        walk(node == nullptr ? nullptr : node->describe_member(name), member.value(), category, person);
        pointer_.resize(length);
      }
    } else if (const json::array* array = value.if_array()) {
      const bool of_persons = pointer_ == "/persons";
      for (std::size_t i = 0; i < array->size(); ++i) {
        pointer_ += '/';
        pointer_ += std::to_string(i);
        if (of_persons) this_person_ = person_at(i, (*array)[i]);
        walk(node == nullptr ? nullptr : node->describe_item(i), (*array)[i], category, person);
        pointer_.resize(length);
      }
      if (of_persons) this_person_ = nullptr;
    } else {
      add_leaf(node != nullptr ? category : std::string_view{}, person);
    }
  }

  void append_token(std::string_view name) {
    pointer_ += '/';
    for (const char c : name) {
      if (c == '~') {
        pointer_ += "~0";
      } else if (c == '/') {
        pointer_ += "~1";
      } else {
        pointer_ += c;
      }
    }
  }

  // The person that /persons/N is; nullptr when the two lists do not agree: then the leaf is about everybody.
  const Person* person_at(std::size_t index, const json::value& value) const {
    if (index >= persons_.size() || !value.is_object()) return nullptr;
    return string_at(value.get_object(), "ref") == persons_[index].ref ? &persons_[index] : nullptr;
  }

  void add_leaf(std::string_view category, std::string_view person) {
    Field field{pointer_, std::string(category), {}};
    if (person == "none" && !category.empty()) {
      fields_.push_back(std::move(field));
      return;
    }
    if (this_person_ != nullptr) {
      field.persons.push_back(this_person_->ref);
    } else if (!person.empty() && person != "all") {
      for (const Person& candidate : persons_) {
        if (candidate.role == person) field.persons.push_back(candidate.ref);
      }
    }
    // A role that nobody has must not make a field about nobody.
    if (field.persons.empty()) field.persons = all_;
    // About somebody, and the message names no one: nobody's secrecy can be judged, so it never leaves.
    if (field.persons.empty()) field.category.clear();
    fields_.push_back(std::move(field));
  }

  const std::vector<Person>& persons_;
  std::vector<std::string> all_;
  std::vector<Field> fields_;
  std::string pointer_;
  const Person* this_person_ = nullptr;
};

}  // namespace

Result<Kinds> Kinds::load(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (it->path().filename().string().ends_with(kSuffix)) files.push_back(it->path());
  }
  if (error) return fail(Errc::invalid_config, folder.filename().string(), "schema folder cannot be read");
  std::sort(files.begin(), files.end());

  std::map<std::string, json::value> sources;
  for (const auto& file : files) {
    auto schema = read_schema(file);
    if (!schema.has_value()) return schema.error();
    sources.emplace(file.filename().string(), std::move(*schema));
  }
  Kinds out;
  for (const auto& [file, source] : sources) {
    const std::string name = file.substr(0, file.size() - kSuffix.size());
    const auto refuse = [&](const std::string& place, std::string message) {
      return fail(Errc::invalid_config, file + ":" + place, std::move(message));
    };
    auto schema = Schema::compile(source, sources);
    if (!schema.has_value()) return refuse(schema.error().where, schema.error().message);
    if (name == kCommon) continue;  // compiled for its errors; the kinds refer to its text
    if (!contains(message_kinds(), name)) return refuse("", "the file is not named for a message kind");
    const auto version = version_of(source, name);
    if (!version) return refuse("/$id", "must be urn:samband:schema:<kind>:v<1-9>");
    const json::value* fixed = find_pointer(source, "/properties/kind/const");
    if (fixed == nullptr || *fixed != json::value(name)) return refuse("/properties/kind/const", "must be the kind");
    if (auto place = uncategorised(*schema->root(), false, "", 0)) return refuse(*place, "a leaf without x-category");
    const json::value* additional = find_pointer(source, "/additionalProperties");
    const bool open = additional == nullptr || *additional != json::value(false);
    Kind kind{name, *version, open, std::move(*schema), source, {}, {}};
    collect_stated(source, "", 0, kind);
    out.kinds_.emplace(name, std::move(kind));
  }
  if (out.kinds_.empty()) return fail(Errc::invalid_config, folder.filename().string(), "no message kinds found");
  return out;
}

std::vector<std::string> categories_of(const Kind& kind) {
  std::set<std::string> found;
  if (kind.schema.root() != nullptr) collect_categories(*kind.schema.root(), 0, found);
  return {found.begin(), found.end()};
}

const Kind* Kinds::find(std::string_view name) const {
  const auto found = kinds_.find(name);
  return found == kinds_.end() ? nullptr : &found->second;
}

std::vector<std::string> Kinds::names() const {
  std::vector<std::string> out;
  out.reserve(kinds_.size());
  for (const auto& entry : kinds_) out.push_back(entry.first);
  return out;
}

std::vector<Field> fields_of(const Kind& kind, const json::value& data, const std::vector<Person>& persons) {
  return FieldWalk(persons).run(kind.schema.root(), data);
}

std::vector<Fact> stated_facts(const Kind& kind, const json::value& data, const std::vector<Field>& fields,
                               const std::vector<Fact>& said, Time at) {
  std::vector<Fact> out;
  for (const auto& [pointer, code] : kind.stated) {
    const json::value* value = find_pointer(data, pointer);
    if (value == nullptr || !value->is_bool()) continue;
    if (std::any_of(said.begin(), said.end(), [&](const Fact& fact) { return fact.code == code; })) continue;
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.pointer == pointer; });
    if (field == fields.end()) continue;
    const auto add = [&](const std::string& person) {
      out.push_back({.code = code,
                     .value = value->get_bool() ? Truth::yes : Truth::no,
                     .person_ref = person,
                     .assessor_id = {},
                     .reason_code = {},
                     .at = at});
    };
    for (const auto& person : field->persons) add(person);
    if (field->persons.empty()) add("");
  }
  return out;
}

Initiative initiative_of(const Kind& kind, const json::value& data) {
  const bool answers = std::any_of(kind.answers.begin(), kind.answers.end(),
                                   [&](const auto& pointer) { return find_pointer(data, pointer) != nullptr; });
  return answers ? Initiative::request : Initiative::own;
}

}  // namespace samband
