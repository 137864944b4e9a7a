// Validation of an instance against a compiled schema.
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/id.hpp"
#include "base/time.hpp"
#include "model/kinds.hpp"
#include "model/schema_node.hpp"

namespace samband {
namespace {

// In-place applicators ($ref, allOf, ...) and instance depth together.
constexpr int kDepthMax = 400;

// Where we are in the instance, as a chain on the stack: a pointer text is only made when there is an error.
struct Place {
  const Place* parent = nullptr;
  std::string_view key;
  std::size_t index = 0;
  bool is_index = false;

  std::string pointer() const {
    if (parent == nullptr) return {};
    return parent->pointer() + "/" + (is_index ? std::to_string(index) : std::string(key));
  }
};

// A key that the schema does not name could be somebody's number or name: it is not repeated in an error.
constexpr std::string_view kUnnamed = "*";

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

long double as_long_double(const json::value& number) {  // holds every 64-bit integer exactly
  if (number.is_int64()) return static_cast<long double>(number.get_int64());
  if (number.is_uint64()) return static_cast<long double>(number.get_uint64());
  return static_cast<long double>(number.get_double());
}

bool is_integral(const json::value& number) {
  return !number.is_double() || number.get_double() == std::trunc(number.get_double());
}

// Equality of JSON Schema: 1 and 1.0 are one number.
bool same(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return as_long_double(a) == as_long_double(b);
  if (a.kind() != b.kind()) return false;
  if (const json::array* left = a.if_array()) {
    return std::equal(left->begin(), left->end(), b.get_array().begin(), b.get_array().end(), same);
  }
  if (const json::object* left = a.if_object()) {
    const json::object& right = b.get_object();
    return left->size() == right.size() && std::all_of(left->begin(), left->end(), [&](const auto& member) {
             const json::value* other = right.if_contains(member.key());
             return other != nullptr && same(member.value(), *other);
           });
  }
  return a == b;
}

unsigned type_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return SchemaNode::null;
    case json::kind::bool_:
      return SchemaNode::boolean;
    case json::kind::string:
      return SchemaNode::string;
    case json::kind::array:
      return SchemaNode::array;
    case json::kind::object:
      return SchemaNode::object;
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      break;
  }
  return is_integral(value) ? SchemaNode::number | SchemaNode::integer : unsigned{SchemaNode::number};
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

class Validator {
 public:
  // Without a list it only answers yes or no, and stops at the first violation.
  Validator(std::vector<Error>* errors, std::size_t max) : errors_(errors), max_(max) {}

  bool check(const SchemaNode& node, const json::value& value, const Place& at) {
    if (node.constant) return *node.constant || report(at, "false: nothing is allowed here");
    if (++depth_ > kDepthMax) {
      --depth_;
      too_deep_ = true;
      return report(at, "nested too deep");
    }
    bool ok = check_value(node, value, at);
    if (ok) {  // after a wrong type the rest would only repeat it
      if (node.ref != nullptr) ok = check(*node.ref, value, at);
      if (ok || !done()) ok = check_kind(node, value, at) && ok;
      if (ok || !done()) ok = check_combined(node, value, at) && ok;
    }
    --depth_;
    return ok;
  }
  bool too_deep() const { return too_deep_; }

 private:
  bool report(const Place& at, std::string_view message) {
    if (!done()) errors_->push_back(fail(Errc::invalid_input, at.pointer(), std::string(message)));
    return false;
  }
  bool report(const Place& at, const char* keyword, const char* shape, std::size_t limit) {
    return !done() && report(at, std::string(keyword) + ": " + shape + " " + std::to_string(limit));
  }
  // The same question without collecting.
  bool fits(const SchemaNode& node, const json::value& value, const Place& at) {
    Validator quiet(nullptr, 0);
    quiet.depth_ = depth_;
    const bool fit = quiet.check(node, value, at);
    too_deep_ = too_deep_ || quiet.too_deep_;  // `not` must not turn it into a yes
    return fit;
  }

  bool check_kind(const SchemaNode& node, const json::value& value, const Place& at) {
    switch (value.kind()) {
      case json::kind::string:
        return check_string(node, view(value.get_string()), at);
      case json::kind::array:
        return check_array(node, value.get_array(), at);
      case json::kind::object:
        return check_object(node, value.get_object(), at);
      case json::kind::int64:
      case json::kind::uint64:
      case json::kind::double_:
        return check_number(node, value, at);
      case json::kind::null:
      case json::kind::bool_:
        return true;
    }
    return true;
  }

  bool check_value(const SchemaNode& node, const json::value& value, const Place& at) {
    if (node.types != 0 && (node.types & type_of(value)) == 0) return report(at, "type: of the wrong JSON type");
    if (node.const_value && !same(*node.const_value, value)) return report(at, "const: not the fixed value");
    if (node.enums && std::none_of(node.enums->begin(), node.enums->end(), [&](auto& e) { return same(e, value); })) {
      return report(at, "enum: not one of the listed codes");
    }
    return true;
  }

  bool check_string(const SchemaNode& node, std::string_view text, const Place& at) {
    // A character is one to four octets: most texts need no counting.
    if (node.max_length && text.size() > *node.max_length && characters(text) > *node.max_length) {
      return report(at, "maxLength", "longer than", *node.max_length);
    }
    if (node.min_length && text.size() < *node.min_length * 4 && characters(text) < *node.min_length) {
      return report(at, "minLength", "shorter than", *node.min_length);
    }
    switch (node.format) {
      case SchemaFormat::none:
        break;
      case SchemaFormat::date:
        if (!parse_date(text).has_value()) return report(at, "format: not a date (YYYY-MM-DD)");
        break;
      case SchemaFormat::date_time:
        if (!parse_rfc3339(text).has_value()) return report(at, "format: not a date-time (RFC 3339)");
        break;
      case SchemaFormat::uuid:
        if (!is_uuid(text)) return report(at, "format: not a uuid");
        break;
    }
    if (node.pattern && !node.pattern->matches(text)) return report(at, "pattern: of the wrong form");
    return true;
  }

  bool check_number(const SchemaNode& node, const json::value& value, const Place& at) {
    const long double number = as_long_double(value);
    if (node.minimum && number < as_long_double(*node.minimum)) return report(at, "minimum: too small");
    if (node.maximum && number > as_long_double(*node.maximum)) return report(at, "maximum: too large");
    if (node.exclusive_minimum && number <= as_long_double(*node.exclusive_minimum)) {
      return report(at, "exclusiveMinimum: too small");
    }
    if (node.exclusive_maximum && number >= as_long_double(*node.exclusive_maximum)) {
      return report(at, "exclusiveMaximum: too large");
    }
    if (node.multiple_of) {
      // Decimal steps (0.01) have no exact binary form, so the quotient may be off by a rounding.
      const long double quotient = number / as_long_double(*node.multiple_of);
      const long double off = std::abs(quotient - std::round(quotient));
      if (!std::isfinite(quotient) || off > std::abs(quotient) * 1e-15L) {
        return report(at, "multipleOf: not a whole number of steps");
      }
    }
    return true;
  }

  bool check_array(const SchemaNode& node, const json::array& items, const Place& at) {
    if (node.max_items && items.size() > *node.max_items) return report(at, "maxItems", "more than", *node.max_items);
    if (node.min_items && items.size() < *node.min_items) return report(at, "minItems", "fewer than", *node.min_items);
    bool ok = true;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const SchemaNode* schema = i < node.prefix_items.size() ? node.prefix_items[i] : node.items;
      if (schema == nullptr) break;
      const Place here{&at, {}, i, true};
      if (!check(*schema, items[i], here)) ok = false;
      if (!ok && done()) return false;
    }
    if (node.contains != nullptr &&
        std::none_of(items.begin(), items.end(), [&](auto& item) { return fits(*node.contains, item, at); })) {
      ok = report(at, "contains: no item is of the wanted form");
    }
    if (node.unique_items) {
      std::set<std::string> seen;
      for (const auto& item : items) {
        if (!seen.insert(canonical_json(item)).second) {
          ok = report(at, "uniqueItems: two items are the same");
          break;
        }
      }
    }
    return ok;
  }

  bool check_object(const SchemaNode& node, const json::object& object, const Place& at) {
    if (node.max_properties && object.size() > *node.max_properties) {
      return report(at, "maxProperties", "more than", *node.max_properties);
    }
    if (node.min_properties && object.size() < *node.min_properties) {
      return report(at, "minProperties", "fewer than", *node.min_properties);
    }
    bool ok = true;
    for (const auto& name : node.required) {
      if (object.contains(name)) continue;
      const Place here{&at, name};
      ok = report(here, "required: missing");
    }
    for (const auto& [name, others] : node.dependent_required) {
      if (!object.contains(name)) continue;
      for (const auto& other : others) {
        if (object.contains(other)) continue;
        const Place here{&at, other};
        ok = report(here, "dependentRequired: missing");
      }
    }
    if (!ok && done()) return false;
    if (node.properties.empty() && node.pattern_properties.empty() && node.additional_properties == nullptr &&
        node.property_names == nullptr) {
      return ok;
    }
    for (const auto& member : object) {
      if (!check_member(node, {member.key().data(), member.key().size()}, member.value(), at)) ok = false;
      if (!ok && done()) return false;
    }
    return ok;
  }

  bool check_member(const SchemaNode& node, std::string_view name, const json::value& value, const Place& at) {
    bool ok = true, known = false;
    if (const SchemaNode* schema = node.own_property(name)) {
      known = true;
      const Place here{&at, name};
      ok = check(*schema, value, here);
    }
    const Place unnamed{&at, kUnnamed};
    for (const auto& [pattern, schema] : node.pattern_properties) {
      if (!pattern.matches(name)) continue;
      known = true;
      ok = check(*schema, value, unnamed) && ok;
    }
    if (!known && node.additional_properties != nullptr) {
      ok = check(*node.additional_properties, value, unnamed) && ok;
    }
    if (node.property_names != nullptr && !fits(*node.property_names, json::value(name), at)) {
      ok = report(at, "propertyNames: a member has a name of the wrong form");
    }
    return ok;
  }

  bool check_combined(const SchemaNode& node, const json::value& value, const Place& at) {
    bool ok = true;
    for (const SchemaNode* part : node.all_of) {
      if (!check(*part, value, at)) ok = false;
      if (!ok && done()) return false;
    }
    const auto fitting = [&](const SchemaNode::Nodes& nodes) {
      return std::count_if(nodes.begin(), nodes.end(), [&](auto* part) { return fits(*part, value, at); });
    };
    if (!node.any_of.empty() &&
        std::none_of(node.any_of.begin(), node.any_of.end(), [&](auto* part) { return fits(*part, value, at); })) {
      ok = report(at, "anyOf: fits none of the alternatives");
    }
    if (!node.one_of.empty() && fitting(node.one_of) != 1) ok = report(at, "oneOf: must fit exactly one alternative");
    if (node.not_ != nullptr && fits(*node.not_, value, at)) ok = report(at, "not: of a form that is not allowed");
    if (node.if_ != nullptr) {
      const SchemaNode* next = fits(*node.if_, value, at) ? node.then_ : node.else_;
      if (next != nullptr && !check(*next, value, at)) ok = false;
    }
    return ok;
  }

  bool done() const { return errors_ == nullptr || errors_->size() >= max_; }

  std::vector<Error>* errors_;
  std::size_t max_;
  int depth_ = 0;
  bool too_deep_ = false;
};

}  // namespace

std::vector<Error> Schema::validate(const json::value& instance, std::size_t max) const {
  std::vector<Error> errors;
  // A schema that was never compiled allows nothing.
  if (root_ == nullptr) return {fail(Errc::internal, "", "no schema")};
  Validator validator(&errors, std::max<std::size_t>(max, 1));
  const Place root;
  const bool fits = validator.check(*root_, instance, root) && !validator.too_deep();
  if (!fits && errors.empty()) errors.push_back(fail(Errc::invalid_input, "", "nested too deep"));
  return errors;
}

}  // namespace samband
