// Our structured extension of an SDK message: <s:notice xmlns:s="urn:samband:notice:1" kind="..." version="1">, the
// canonical `data` (docs/vocabulary.md) as plain XML. The mapping is in README.md. Pure, thread-safe.
#pragma once
#include "common/json_tools.hpp"
#include "digg_sdk/xml.hpp"
#include "digg_sdk/xml_writer.hpp"

namespace samband::plugin {

inline constexpr std::string_view kNoticeNamespace = "urn:samband:notice:1";

struct Notice {
  std::string kind;
  bool text_is_rendered = false;  // the document's text says the same as the structure, for people
  json::object data;
};
// Errors: JSON pointer into the data ("/data/persons/0").
sdk::Result<Notice> read_notice(const XmlElement&);
// Members that cannot be said (empty text, null, empty list) are left out: SDK forbids empty elements.
// Error: a member name that is no XML name (a bug of the caller).
sdk::Result<std::monostate> write_notice(XmlWriter&, std::string_view kind, const json::object& data);
}  // namespace samband::plugin
