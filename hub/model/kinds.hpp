// The message kinds: one JSON Schema 2020-12 file each (hub/model/schemas/<kind>.schema.json), with `x-category` on
// every leaf and `x-person` where a field is about somebody in particular. Immutable after load: thread-safe.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "model/message.hpp"

namespace samband {

struct SchemaNode;

// A leaf of a message that the decision speaks about.
struct Field {
  std::string pointer;               // RFC 6901 into `data`
  std::string category;              // data_categories(); "" = the schema does not know it: it never leaves
  std::vector<std::string> persons;  // refs of the persons the field is about; empty = about nobody (envelope)
  bool operator==(const Field&) const = default;
};

// A compiled schema. Supported keywords: $ref/$defs (local and "common.schema.json#/$defs/.."), type, enum, const,
// properties, required, additionalProperties, patternProperties, items, prefixItems, minItems, maxItems, uniqueItems,
// minLength, maxLength, pattern, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, allOf, anyOf, oneOf,
// not, if/then/else, dependentRequired, propertyNames, contains, minProperties, maxProperties, format (date, date-time,
// uuid, as assertions). An unknown keyword is a load error: a schema never means less than it says.
class Schema {
 public:
  static Result<Schema> compile(const json::value& schema, const std::map<std::string, json::value>& others = {});
  // All violations up to `max`, each with a JSON pointer and the keyword; never a value.
  std::vector<Error> validate(const json::value& instance, std::size_t max = 10) const;
  const SchemaNode* root() const { return root_.get(); }  // for fields_of; nullptr before compile

 private:
  std::shared_ptr<const SchemaNode> root_;
};

struct Kind {
  std::string name;
  int version = 1;
  bool accepts_unknown_fields = true;  // unknown fields are withheld (category ""), not refused
  Schema schema;                       // of `data`
  json::value source;
  std::vector<std::pair<std::string, std::string>> stated;  // `x-fact`: pointer into `data` and fact code
  std::vector<std::string> answers;  // `x-answers`: pointers whose presence makes the message an answer to a request
};

// The categories that a message of the kind can carry, sorted.
std::vector<std::string> categories_of(const Kind&);

class Kinds {
 public:
  // Reads every *.schema.json of a folder; the error names file and place.
  static Result<Kinds> load(const std::filesystem::path& folder);
  const Kind* find(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  std::map<std::string, Kind, std::less<>> kinds_;
};

// Every leaf of data, in document order, with its category and persons. Person leaves (under /persons/N) are about that
// person; x-person names a role ("subject", "tenant", ...) or "all"; absent means all. Leaves that the schema does not
// describe come back with category "". Empty objects and arrays are not fields.
// /facts and /consents are addressed to the hub, not to a recipient: they are no fields, so no decision can release
// them.
std::vector<Field> fields_of(const Kind&, const json::value& data, const std::vector<Person>&);

// What the message states in a boolean leaf that its schema marks with `x-fact`, as facts about the persons of that
// leaf and without an assessor: an assertion of the sender's system, never a judgement. `said` goes first: a code that
// it answers is left alone. So a canonical message behaves as one that an adapter decoded.
std::vector<Fact> stated_facts(const Kind&, const json::value& data, const std::vector<Field>&,
                               const std::vector<Fact>& said, Time at);

// `request` when the message has a leaf that its schema marks with `x-answers`: the recipient asked for it. Else `own`.
Initiative initiative_of(const Kind&, const json::value& data);

}  // namespace samband
