#include "delivery/actions.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/json.hpp"
#include "person_numbers/find.hpp"
#include "transport/http_policy.hpp"

namespace samband {
namespace {

constexpr std::array<std::string_view, 6> kReserved{"host",       "content-length", "transfer-encoding",
                                                    "connection", "upgrade",        "idempotency-key"};

bool clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

constexpr int kDecodingsMax = 4;

}  // namespace

bool has_personal_number(std::string_view target) {
  std::string text(target);
  for (int i = 0; i < kDecodingsMax; ++i) {
    if (!person_numbers::find(text, person_numbers::Shape::plain).empty()) return true;
    auto decoded = percent_decode(text);
    if (!decoded || *decoded == text) return false;
    text = std::move(*decoded);
  }
  return true;  // encoded again and again: nobody does that to show what it is
}

Headers headers_from(std::string_view headers_json) {
  Headers out;
  if (headers_json.empty()) return out;
  auto parsed = parse_json(headers_json);
  if (!parsed || !parsed->is_object()) return out;
  for (const auto& [key, value] : parsed->get_object()) {
    std::string name(key);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!value.is_string() || std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) continue;
    const std::string_view text = value.get_string();
    if (clean(name) && clean(text) && name.find_first_of(": ") == std::string::npos)
      out.emplace_back(std::move(name), std::string(text));
  }
  return out;
}

std::string headers_to(const Headers& headers) {
  json::object out;
  for (const auto& [name, value] : headers) out[name] = value;
  return json::serialize(out);
}

}  // namespace samband
