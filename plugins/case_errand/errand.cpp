#include "case_errand/errand.hpp"

#include <algorithm>
#include <array>

#include "notice_text/notice_text.hpp"

namespace samband::case_errand {
namespace {

using plugin::array_at;
using plugin::object_at;
using plugin::string_at;

const json::object& data_of(const json::object& exchange) {
  static const json::object kNothing;
  const auto* data = object_at(exchange, "data");
  return data ? *data : kNothing;
}

std::optional<std::string> base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    int value = -1;
    if (c >= 'A' && c <= 'Z')
      value = c - 'A';
    else if (c >= 'a' && c <= 'z')
      value = c - 'a' + 26;
    else if (c >= '0' && c <= '9')
      value = c - '0' + 52;
    else if (c == '+')
      value = 62;
    else if (c == '/')
      value = 63;
    else if (c == '=' && ++padding <= 2)
      continue;
    if (value < 0 || padding) return {};
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    if (++count == 4) {
      for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(static_cast<unsigned char>(bits >> shift));
      bits = 0, count = 0;
    }
  }
  if (count == 1 || text.size() % 4) return {};
  if (count == 2) out += static_cast<char>(static_cast<unsigned char>(bits >> 4));
  if (count == 3) {
    out += static_cast<char>(static_cast<unsigned char>(bits >> 10));
    out += static_cast<char>(static_cast<unsigned char>(bits >> 2));
  }
  return out;
}

// Fit for a quoted header parameter: no quotes, backslashes, control characters or paths.
std::string safe_file_name(std::string_view name) {
  std::string out;
  for (const char c : plugin::one_line(name, 100)) out += (c == '"' || c == '\\' || c == '/' || c == ':') ? '_' : c;
  return out.empty() ? "bilaga" : out;
}

// "type/subtype" of plain characters; anything else is bytes.
std::string safe_media_type(std::string_view type) {
  const bool plain = !type.empty() && type.size() <= 100 && std::count(type.begin(), type.end(), '/') == 1 &&
                     std::all_of(type.begin(), type.end(), [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' ||
                              c == '.' || c == '-' || c == '+';
                     });
  return plain ? std::string(type) : "application/octet-stream";
}

json::object stakeholder(const json::object& person) {
  auto role = std::string(string_at(person, "role"));
  std::transform(role.begin(), role.end(), role.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  json::object out{{"role", role.empty() ? "OTHER" : role}};
  const auto copy = [&out](const json::object& from, std::string_view key, std::string_view as) {
    if (auto text = string_at(from, key); !text.empty()) out[as] = text;
  };
  copy(person, "personalNumber", "externalId");
  if (out.contains("externalId")) out["externalIdType"] = "PRIVATE";
  copy(person, "givenName", "firstName");
  copy(person, "familyName", "lastName");
  if (const auto* address = object_at(person, "address")) {
    copy(*address, "street", "address");
    // The model has no field for it, and it tells two tenants of one name apart.
    if (auto flat = string_at(*address, "apartment"); !flat.empty() && out.contains("address"))
      out["address"] = std::string(string_at(*address, "street")) + " lgh " + std::string(flat);
    copy(*address, "postalCode", "zipCode");
    copy(*address, "city", "city");
  }
  json::array channels;
  for (const auto& [key, name] :
       std::array<std::pair<std::string_view, std::string_view>, 2>{{{"phone", "Phone"}, {"email", "Email"}}})
    if (auto text = string_at(person, key); !text.empty())
      channels.push_back(json::object{{"key", name}, {"value", text}});
  if (!channels.empty()) out["contactChannels"] = std::move(channels);
  return out;
}

json::object errand(const json::object& exchange) {
  const auto kind = string_at(exchange, "kind");
  std::string slug(kind);
  std::replace(slug.begin(), slug.end(), '.', '-');
  const auto& data = data_of(exchange);
  const auto* emergency = plugin::bool_at(data, "emergency");
  json::object body{{"typeSlug", slug.empty() ? "message" : slug},
                    {"title", plugin::notice_title(kind)},
                    {"priority", emergency && *emergency ? "HIGH" : "MEDIUM"},
                    {"description", plugin::notice_text(exchange)},
                    {"data", data}};
  json::array stakeholders;
  if (const auto* persons = array_at(data, "persons"))
    for (const auto& v : *persons)
      if (const auto* person = v.if_object()) stakeholders.push_back(stakeholder(*person));
  if (!stakeholders.empty()) body["stakeholders"] = std::move(stakeholders);
  return body;
}

}  // namespace

std::size_t document_parts(const json::object& exchange) {
  const auto* attachments = array_at(data_of(exchange), "attachments");
  return 1 + (attachments ? attachments->size() : 0);
}

std::optional<Document> document_part(const json::object& exchange, std::size_t part) {
  if (part >= document_parts(exchange)) return {};
  const auto id = plugin::one_line(string_at(exchange, "exchangeId"), 64);
  if (part == 0)
    return Document{std::string(plugin::notice_title(string_at(exchange, "kind"))) + " - utbyte " + id,
                    "underrattelse.md", "text/markdown; charset=utf-8", plugin::notice_text(exchange)};
  Document document{"Bilaga " + std::to_string(part) + " - utbyte " + id, {}, {}, {}};
  const auto* attachment = (*array_at(data_of(exchange), "attachments"))[part - 1].if_object();
  auto content = attachment ? base64(string_at(*attachment, "content")) : std::nullopt;
  if (content && !content->empty()) {
    document.file_name = safe_file_name(string_at(*attachment, "name"));
    document.media_type = safe_media_type(string_at(*attachment, "mediaType"));
    document.content = std::move(*content);
  } else {
    document.file_name = "bilaga-saknas.txt", document.media_type = "text/plain; charset=utf-8";
    document.content = "Utbyte: " + id + "\nBilagan kunde inte läsas eller fick inte lämnas ut. Fråga avsändaren.\n";
  }
  return document;
}

std::string errand_body(const json::object& exchange) {
  auto body = errand(exchange);
  body["status"] = "NEW";
  body["externalReference"] = string_at(exchange, "exchangeId");
  return json::serialize(body);
}

std::string errand_update_body(const json::object& exchange) { return json::serialize(errand(exchange)); }

std::string recall_body(const json::object& exchange) {
  // The exchange to recall is named by the payload of an exchange.recall, else it is the exchange itself.
  const auto* payload = object_at(data_of(exchange), "payload");
  auto id = payload ? string_at(*payload, "exchangeId") : std::string_view();
  if (id.empty()) id = string_at(exchange, "exchangeId");
  auto reference = string_at(exchange, "reference");
  if (reference.empty()) reference = string_at(exchange, "externalReference");
  json::object body{{"exchangeId", id}};
  if (!reference.empty()) body["reference"] = reference;
  return json::serialize(body);
}

std::string subject_number(const json::object& exchange) {
  const auto* persons = array_at(data_of(exchange), "persons");
  if (!persons) return {};
  for (const auto& v : *persons) {
    const auto* person = v.if_object();
    if (!person || (string_at(*person, "role") != "subject" && string_at(*person, "role") != "tenant")) continue;
    // Where it is not sure who it is, the number may be another's: a caseworker finds out, not the case system.
    if (const auto* sure = plugin::bool_at(*person, "identityEstablished"); sure && !*sure) return {};
    const auto number = string_at(*person, "personalNumber");
    if (number.size() == 12 && std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return std::string(number);
  }
  return {};
}

}  // namespace samband::case_errand
