// JSON as this program reads it (RFC 8259): objects, arrays, strings, whole numbers from 0, true, false, null. Strict:
// no key twice, no fractions, UTF-8 only, a limit on depth and size. Pure, thread-safe.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace samband::verify {

struct Json {
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;
  std::variant<std::nullptr_t, bool, std::uint64_t, std::string, Array, Object> value;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
  // Of an object; null when it is no object or has no such member.
  const Json* find(std::string_view key) const {
    const Object* object = as<Object>();
    const auto found = object ? object->find(key) : Object::const_iterator();
    return object && found != object->end() ? &found->second : nullptr;
  }
};

std::optional<Json> parse_json(std::string_view);

}  // namespace samband::verify
