#include "notice_text/notice_text.hpp"

#include <array>

namespace samband::plugin {
namespace {

constexpr std::size_t kDepthMax = 8;
constexpr std::array<std::string_view, 2> kMoney{"amount", "debtAmount"};

bool is_money(std::string_view member) {
  for (const auto name : kMoney)
    if (member == name) return true;
  return false;
}

std::string quoted(std::string_view text) {
  std::string out = "> ";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '\n')
      out += "\n> ";
    else if (u >= 0x20 && u != 0x7f)
      out += c;
    else if (c == '\t')
      out += ' ';
  }
  return out + "\n";
}

std::string scalar(std::string_view member, const json::value& v) {
  if (const auto* b = v.if_bool()) return *b ? "ja" : "nej";
  if (const auto* i = v.if_int64()) return is_money(member) ? kronor(*i) : std::to_string(*i);
  if (const auto* u = v.if_uint64()) return std::to_string(*u);
  if (const auto* s = v.if_string()) return one_line(swedish_code(*s));
  if (v.is_double()) return json::serialize(v);
  return {};
}

// "- Brott, rubricering: ringa narkotikabrott"; free text members are kept for the end of the document.
void list_members(std::string& out, std::string& free_text, const std::string& prefix, const json::object& object,
                  std::size_t depth) {
  if (depth > kDepthMax) return;
  for (const auto& [key, value] : object) {
    const std::string_view member(key.data(), key.size());
    const std::string name = prefix.empty() ? std::string(one_line(swedish_label(member), 60))
                                            : prefix + ", " + std::string(one_line(swedish_label(member), 60));
    if (member == "narrative" && value.is_string()) {
      free_text += quoted(std::string_view(value.get_string()));
    } else if (const auto* inner = value.if_object()) {
      list_members(out, free_text, name, *inner, depth + 1);
    } else if (const auto* list = value.if_array()) {
      for (const auto& item : *list) {
        if (const auto* element = item.if_object())
          list_members(out, free_text, name, *element, depth + 1);
        else if (auto text = scalar(member, item); !text.empty())
          out += "- " + name + ": " + text + "\n";
      }
    } else if (auto text = scalar(member, value); !text.empty()) {
      out += "- " + name + ": " + text + "\n";
    }
  }
}

void section(std::string& out, std::string_view heading, const std::string& lines) {
  if (lines.empty()) return;
  out += "\n## ";
  out += heading;
  out += "\n" + lines;
}

std::string person_lines(const json::object& person, std::string& free_text) {
  json::object shown;
  for (const auto& [key, value] : person)
    if (key != "ref" && key != "role" && key != "relationTo") shown[key] = value;
  if (string_at(shown, "protection") == "none") shown.erase("protection");
  std::string lines;
  list_members(lines, free_text, {}, shown, 0);
  return lines;
}

std::string fact_lines(const json::array& facts) {
  std::string lines;
  for (const auto& v : facts) {
    const auto* fact = v.if_object();
    const auto* value = fact ? bool_at(*fact, "value") : nullptr;
    if (!value) continue;
    lines += "- " + one_line(swedish_code(string_at(*fact, "code")), 120) + ": " + (*value ? "ja" : "nej");
    const auto* assessor = object_at(*fact, "assessor");
    if (assessor && !string_at(*assessor, "name").empty())
      lines += " (bedömt av " + one_line(string_at(*assessor, "name"), 120) + ")";
    lines += "\n";
  }
  return lines;
}

}  // namespace

std::string notice_text(const json::object& exchange) {
  static const json::object kNothing;
  const auto* data = object_at(exchange, "data");
  if (!data) data = &kNothing;
  const auto kind = string_at(exchange, "kind");

  std::string out = "# " + std::string(notice_title(kind)) + "\n\n";
  out += "Utbyte: " + one_line(string_at(exchange, "exchangeId"), 64) + "\n";
  if (auto sender = party_name(exchange, "sender"); !sender.empty())
    out += "Avsändare: " + one_line(sender, 120) + "\n";
  if (auto purpose = string_at(exchange, "purpose"); !purpose.empty())
    out += "Ändamål: " + one_line(swedish_code(purpose), 120) + "\n";
  if (auto at = string_at(*data, "occurredAt"); !at.empty()) out += "Tidpunkt: " + one_line(at, 40) + "\n";
  if (const auto* emergency = bool_at(*data, "emergency"); emergency && *emergency) out += "AKUT\n";
  if (const auto* references = array_at(*data, "references")) {
    for (const auto& v : *references)
      if (const auto* r = v.if_object(); r && !string_at(*r, "value").empty())
        out += "Referens (" + one_line(swedish_code(string_at(*r, "system")), 40) +
               "): " + one_line(string_at(*r, "value"), 120) + "\n";
  }

  std::string free_text;
  if (const auto* persons = array_at(*data, "persons")) {
    for (const auto& v : *persons)
      if (const auto* person = v.if_object())
        section(out, one_line(swedish_code(string_at(*person, "role")), 60), person_lines(*person, free_text));
  }
  std::string lines;
  if (const auto* payload = object_at(*data, "payload")) list_members(lines, free_text, {}, *payload, 0);
  section(out, "Uppgifter", lines);
  if (const auto* facts = array_at(*data, "facts")) section(out, "Bedömningar", fact_lines(*facts));
  lines.clear();
  if (const auto* author = object_at(*data, "author")) {
    json::object shown = *author;
    shown.erase("id");
    list_members(lines, free_text, {}, shown, 0);
  }
  section(out, "Handläggare hos avsändaren", lines);
  if (auto text = string_at(*data, "text"); !text.empty()) free_text += quoted(text);
  section(out, "Fritext", free_text);
  lines.clear();
  if (const auto* attachments = array_at(*data, "attachments")) {
    for (const auto& v : *attachments)
      if (const auto* a = v.if_object(); a && !string_at(*a, "name").empty())
        lines += "- " + one_line(string_at(*a, "name"), 120) + "\n";
  }
  section(out, "Bilagor", lines);
  out += "\nInnehåller endast de uppgifter som får lämnas ut för ändamålet.\n";
  return out;
}

std::string_view party_name(const json::object& exchange, std::string_view which) {
  const auto* party = object_at(exchange, which);
  if (!party) return string_at(exchange, which);
  const auto name = string_at(*party, "name");
  return name.empty() ? string_at(*party, "party") : name;
}

std::string one_line(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x20 && u != 0x7f)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (out.size() > max_bytes) {
    // Never cut inside a UTF-8 sequence.
    while (max_bytes > 0 && (static_cast<unsigned char>(out[max_bytes]) & 0xC0) == 0x80) --max_bytes;
    out.resize(max_bytes);
  }
  return out;
}

std::string kronor(std::int64_t ore) {
  const bool negative = ore < 0;
  const std::uint64_t amount = negative ? ~static_cast<std::uint64_t>(ore) + 1 : static_cast<std::uint64_t>(ore);
  std::string whole = std::to_string(amount / 100), grouped;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (i && (whole.size() - i) % 3 == 0) grouped += ' ';
    grouped += whole[i];
  }
  const auto rest = amount % 100;
  return (negative ? "-" : "") + grouped + "," + (rest < 10 ? "0" : "") + std::to_string(rest) + " kr";
}

}  // namespace samband::plugin
