#include "common/delivery.hpp"

namespace samband::plugin {
namespace {
constexpr std::size_t kReferenceMax = 128;
constexpr std::size_t kCodeMax = 40;
bool is_code_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}
}  // namespace

HttpVerdict verdict_of(int status) {
  if (status >= 200 && status < 300) return HttpVerdict::accepted;
  if (status == 408 || status == 425 || status == 429 || status >= 500 || status < 300) return HttpVerdict::retry;
  return HttpVerdict::rejected;
}

std::string http_reason(int status) { return "http_" + std::to_string(status); }

std::string safe_code(std::string_view code) {
  std::string out;
  for (const char c : code) {
    if (out.size() == kCodeMax) break;
    if (is_code_char(c)) out += c;
  }
  return out.empty() ? "other" : out;
}

std::string reference_of(std::string_view body) {
  if (body.empty() || body.size() > 64 * 1024) return {};
  auto value = parse_json(body);
  auto* v = std::get_if<json::value>(&value);
  const auto* object = v ? v->if_object() : nullptr;
  return object ? std::string(string_at(*object, "reference").substr(0, kReferenceMax)) : std::string();
}

}  // namespace samband::plugin
