// The inside of a compiled schema; for schema.cpp and kinds.cpp only. Immutable after compile: thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "model/schema_pattern.hpp"

namespace samband {

enum class SchemaFormat { none, date, date_time, uuid };

struct SchemaNode {
  enum Type : unsigned { null = 1, boolean = 2, integer = 4, number = 8, string = 16, array = 32, object = 64 };
  using Named = std::vector<std::pair<std::string, const SchemaNode*>>;  // sorted by name
  using Nodes = std::vector<const SchemaNode*>;

  std::optional<bool> constant;  // the schemas `true` and `false`
  const SchemaNode* ref = nullptr;
  unsigned types = 0;  // 0 = any
  std::optional<std::vector<json::value>> enums;
  std::optional<json::value> const_value;

  Named properties;
  std::vector<std::pair<SchemaPattern, const SchemaNode*>> pattern_properties;
  const SchemaNode* additional_properties = nullptr;
  const SchemaNode* property_names = nullptr;
  std::vector<std::string> required;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
  std::optional<std::size_t> min_properties, max_properties;

  Nodes prefix_items;
  const SchemaNode* items = nullptr;
  const SchemaNode* contains = nullptr;
  std::optional<std::size_t> min_items, max_items;
  bool unique_items = false;

  std::optional<std::size_t> min_length, max_length;
  std::optional<SchemaPattern> pattern;
  SchemaFormat format = SchemaFormat::none;

  std::optional<json::value> minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of;

  Nodes all_of, any_of, one_of;
  const SchemaNode *not_ = nullptr, *if_ = nullptr, *then_ = nullptr, *else_ = nullptr;

  std::string category, person;  // x-category, x-person; "" = not annotated here
  // This node, then what it refers to and its allOf, flattened: where annotations and members are looked up.
  Nodes layers;

  const SchemaNode* own_property(std::string_view name) const;
  // The node that describes a member or an item through any layer; nullptr = the schema does not know it.
  const SchemaNode* describe_member(std::string_view name) const;
  const SchemaNode* describe_item(std::size_t index) const;
  // The first annotation of the layers, or "".
  std::string_view category_here() const;
  std::string_view person_here() const;
};

}  // namespace samband
