#include "digg_sdk/notice.hpp"

namespace samband::plugin {
namespace {

constexpr std::size_t kNameMax = 64;
constexpr std::string_view kItem = "item";

bool is_member_name(std::string_view s) {
  if (s.empty() || s.size() > kNameMax || s == kItem) return false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '.' || c == '-'))) return false;
  }
  return true;
}

sdk::Result<json::value> read_number(const std::string& text, const std::string& where) {
  json::error_code ec;
  auto value = json::parse(text, ec);
  if (ec || !value.is_number()) return sdk::invalid(where, "not a number");
  return value;
}

sdk::Result<json::value> read_value(const XmlElement& e, const std::string& where) {
  const auto children = e.children();
  const auto type = e.attribute("t");
  if (children.empty()) {
    auto text = e.text();
    if (type == "n") return read_number(text, where);
    if (type == "b") {
      if (text != "true" && text != "false") return sdk::invalid(where, "neither true nor false");
      return json::value(text == "true");
    }
    if (!type.empty()) return sdk::invalid(where, "an unknown type mark (t is n or b)");
    return json::value(text);
  }
  if (!type.empty()) return sdk::invalid(where, "a type mark on an element that holds elements");
  if (e.has_own_text()) return sdk::invalid(where, "text beside elements");
  if (children.front().name() == kItem) {
    json::array list;
    for (const auto& child : children) {
      const auto place = where + "/" + std::to_string(list.size());
      if (!child.is(kNoticeNamespace, kItem)) return sdk::invalid(place, "a list holds item elements only");
      auto value = read_value(child, place);
      if (auto* bad = std::get_if<sdk::Error>(&value)) return *bad;
      list.push_back(std::move(std::get<json::value>(value)));
    }
    return json::value(std::move(list));
  }
  json::object object;
  for (const auto& child : children) {
    if (child.ns() != kNoticeNamespace || !is_member_name(child.name()))
      return sdk::invalid(where, "an element that is no member");
    const auto place = where + "/" + std::string(child.name());
    if (object.contains(child.name())) return sdk::invalid(place, "the same member twice");
    auto value = read_value(child, place);
    if (auto* bad = std::get_if<sdk::Error>(&value)) return *bad;
    object.emplace(child.name(), std::move(std::get<json::value>(value)));
  }
  return json::value(std::move(object));
}

bool can_be_said(const json::value& v) {
  if (const auto* s = v.if_string()) return !is_blank(std::string_view(*s));
  if (const auto* o = v.if_object()) {
    for (const auto& [key, value] : *o)
      if (can_be_said(value)) return true;
    return false;
  }
  if (const auto* a = v.if_array()) {
    for (const auto& value : *a)
      if (can_be_said(value)) return true;
    return false;
  }
  return !v.is_null();
}

bool write_value(XmlWriter& out, const std::string& name, const json::value& v) {
  if (!can_be_said(v)) return true;
  if (const auto* s = v.if_string()) {
    out.leaf(name, std::string_view(*s));
  } else if (const auto* b = v.if_bool()) {
    out.leaf(name, *b ? "true" : "false", {{"t", "b"}});
  } else if (v.is_number()) {
    out.leaf(name, json::serialize(v), {{"t", "n"}});
  } else if (const auto* a = v.if_array()) {
    out.open(name);
    for (const auto& value : *a)
      if (!write_value(out, "s:item", value)) return false;
    out.close();
  } else if (const auto* o = v.if_object()) {
    out.open(name);
    for (const auto& [key, value] : *o) {
      if (!is_member_name(std::string_view(key))) return false;
      if (!write_value(out, "s:" + std::string(key), value)) return false;
    }
    out.close();
  }
  return true;
}

}  // namespace

sdk::Result<Notice> read_notice(const XmlElement& e) {
  Notice out;
  out.kind = e.attribute("kind");
  if (out.kind.empty()) return sdk::invalid("notice/@kind", "required");
  if (e.attribute("version") != "1") return sdk::invalid("notice/@version", "must be 1");
  out.text_is_rendered = e.attribute("text") == "rendered";
  auto value = read_value(e, "/data");
  if (auto* bad = std::get_if<sdk::Error>(&value)) return *bad;
  auto* object = std::get<json::value>(value).if_object();
  if (!object) return sdk::invalid("/data", "the notice is not an object");
  out.data = std::move(*object);
  return out;
}

sdk::Result<std::monostate> write_notice(XmlWriter& out, std::string_view kind, const json::object& data) {
  out.open("s:notice", {{"xmlns:s", kNoticeNamespace}, {"kind", kind}, {"version", "1"}, {"text", "rendered"}});
  for (const auto& [key, value] : data) {
    if (!is_member_name(std::string_view(key)) || !write_value(out, "s:" + std::string(key), value))
      return sdk::Error{HUB_INTERNAL, "/data", "a member name that XML cannot carry"};
  }
  out.close();
  return std::monostate{};
}

}  // namespace samband::plugin
