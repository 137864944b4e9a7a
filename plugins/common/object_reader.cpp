#include "common/object_reader.hpp"

#include "common/canonical.hpp"

namespace samband::plugin {

std::string ObjectReader::at(std::string_view key) const { return where_ + "/" + pointer_token(key); }

const json::value* ObjectReader::take(std::string_view key) {
  taken_.emplace(key);
  return object_.if_contains(json::string_view(key.data(), key.size()));
}

std::string ObjectReader::text(std::string_view key, std::size_t max) {
  const auto* v = take(key);
  if (!v || problem_) return {};
  const auto* s = v->if_string();
  if (!s) return problem_.set(at(key), "must be a text"), std::string();
  if (s->empty() || s->size() > max)
    return problem_.set(at(key), "must have 1 to " + std::to_string(max) + " bytes"), std::string();
  return std::string(s->data(), s->size());
}

std::string ObjectReader::required_text(std::string_view key, std::size_t max) {
  auto value = text(key, max);
  if (value.empty()) problem_.set(at(key), "is required");
  return value;
}

std::string ObjectReader::instant(std::string_view key) {
  const auto value = text(key, 40);
  if (value.empty()) return {};
  auto out = utc_milliseconds(value);
  if (out.empty()) problem_.set(at(key), "must be an instant in UTC (RFC 3339)");
  return out;
}

std::string ObjectReader::required_instant(std::string_view key) {
  auto value = instant(key);
  if (value.empty()) problem_.set(at(key), "is required");
  return value;
}

std::optional<bool> ObjectReader::boolean(std::string_view key) {
  const auto* v = take(key);
  if (!v || problem_) return {};
  const auto* b = v->if_bool();
  if (!b) return problem_.set(at(key), "must be true or false"), std::nullopt;
  return *b;
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view key) {
  const auto* v = take(key);
  if (!v || problem_) return {};
  const auto* i = v->if_int64();
  if (!i) return problem_.set(at(key), "must be a whole number"), std::nullopt;
  return *i;
}

const json::object* ObjectReader::object(std::string_view key) {
  const auto* v = take(key);
  if (!v || problem_) return nullptr;
  const auto* o = v->if_object();
  if (!o) problem_.set(at(key), "must be an object");
  return o;
}

const json::array* ObjectReader::array(std::string_view key, std::size_t max) {
  const auto* v = take(key);
  if (!v || problem_) return nullptr;
  const auto* a = v->if_array();
  if (!a) return problem_.set(at(key), "must be an array"), nullptr;
  if (a->size() > max) return problem_.set(at(key), "has more than " + std::to_string(max) + " elements"), nullptr;
  return a;
}

void ObjectReader::copy_text(json::object& to, std::string_view key, std::size_t max) {
  if (auto value = text(key, max); !value.empty()) to[key] = value;
}

void ObjectReader::copy_instant(json::object& to, std::string_view key) {
  if (auto value = instant(key); !value.empty()) to[key] = value;
}

void ObjectReader::copy_boolean(json::object& to, std::string_view key) {
  if (auto value = boolean(key)) to[key] = *value;
}

void ObjectReader::finish() {
  for (const auto& [key, value] : object_)
    if (!taken_.contains(std::string_view(key.data(), key.size())))
      return problem_.set(where_, "has a member that this format does not know");
}

}  // namespace samband::plugin
