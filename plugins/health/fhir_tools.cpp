#include "health/fhir_tools.hpp"

#include <chrono>

#include "common/canonical.hpp"

namespace samband::health {

using plugin::array_at;
using plugin::object_at;
using plugin::string_at;

std::string_view identifier_of(const json::object& resource, std::string_view system) {
  const auto* list = array_at(resource, "identifier");
  if (!list) return {};
  for (const auto& v : *list)
    if (const auto* id = v.if_object(); id && string_at(*id, "system") == system) return string_at(*id, "value");
  return {};
}

std::string_view code_of(const json::object& concept_, std::string_view system) {
  const auto* list = array_at(concept_, "coding");
  if (!list) return {};
  for (const auto& v : *list)
    if (const auto* coding = v.if_object(); coding && string_at(*coding, "system") == system)
      return string_at(*coding, "code");
  return {};
}

std::string utc_instant(std::string_view text) {
  if (text.ends_with('Z')) return plugin::utc_milliseconds(text);
  if (text.size() < 25) return {};
  const auto zone = text.substr(text.size() - 6);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if ((zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || !digit(zone[1]) || !digit(zone[2]) || !digit(zone[4]) ||
      !digit(zone[5]))
    return {};
  const auto local = plugin::utc_milliseconds(std::string(text.substr(0, text.size() - 6)) + "Z");
  if (local.empty()) return {};
  namespace chrono = std::chrono;
  const auto number = [](std::string_view s) {
    int value = 0;
    for (const char c : s) value = value * 10 + (c - '0');
    return value;
  };
  const std::string_view t = local;
  const chrono::year_month_day day(chrono::year(number(t.substr(0, 4))),
                                   chrono::month(static_cast<unsigned>(number(t.substr(5, 2)))),
                                   chrono::day(static_cast<unsigned>(number(t.substr(8, 2)))));
  const int offset_hours = number(zone.substr(1, 2)), offset_minutes = number(zone.substr(4, 2));
  if (!day.ok() || offset_hours > 14 || offset_minutes > 59) return {};
  const int offset = (offset_hours * 60 + offset_minutes) * (zone[0] == '-' ? -1 : 1);
  const auto minutes = chrono::sys_days(day) + chrono::hours(number(t.substr(11, 2))) +
                       chrono::minutes(number(t.substr(14, 2)) - offset);
  const auto date = chrono::floor<chrono::days>(minutes);
  const chrono::year_month_day utc(date);
  const auto rest = static_cast<int>((minutes - date).count());
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d", static_cast<int>(utc.year()),
                static_cast<unsigned>(utc.month()), static_cast<unsigned>(utc.day()), rest / 60, rest % 60);
  return out + local.substr(16);
}

std::string named_uuid(std::string_view name) {
  constexpr std::uint64_t kPrime = 1099511628211u;
  std::uint64_t half[2] = {14695981039346656037u, 14695981039346656037u ^ 0x9e3779b97f4a7c15u};
  for (const char c : name)
    for (auto& h : half) h = (h ^ static_cast<unsigned char>(c)) * kPrime;
  half[1] = (half[1] ^ half[0]) * kPrime;
  half[0] = (half[0] & ~0xF000ull) | 0x8000ull;
  half[1] = (half[1] & ~(3ull << 62)) | (2ull << 62);
  char out[40];
  std::snprintf(out, sizeof out, "%08llx-%04llx-%04llx-%04llx-%012llx", static_cast<unsigned long long>(half[0] >> 32),
                static_cast<unsigned long long>((half[0] >> 16) & 0xFFFF),
                static_cast<unsigned long long>(half[0] & 0xFFFF), static_cast<unsigned long long>(half[1] >> 48),
                static_cast<unsigned long long>(half[1] & 0xFFFFFFFFFFFFull));
  return out;
}

Resource resolve(const std::vector<Resource>& bundle, const Resource& from, const json::object* reference) {
  if (!reference) return {};
  const auto target = string_at(*reference, "reference");
  if (target.empty()) return {};
  if (target.starts_with('#')) {
    const auto* contained = from ? array_at(*from.object, "contained") : nullptr;
    if (!contained) return {};
    std::size_t i = 0;
    for (const auto& v : *contained) {
      const auto* o = v.if_object();
      if (o && string_at(*o, "id") == target.substr(1)) return {o, from.where + "/contained/" + std::to_string(i), {}};
      ++i;
    }
    return {};
  }
  for (const auto& r : bundle) {
    if (!r.full_url.empty() && r.full_url == target) return r;
    const auto id = string_at(*r.object, "id");
    if (!id.empty() && std::string(r.type()) + "/" + std::string(id) == target) return r;
  }
  return {};
}

}  // namespace samband::health
