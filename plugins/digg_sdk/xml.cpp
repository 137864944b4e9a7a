#include "digg_sdk/xml.hpp"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "common/json_tools.hpp"

namespace samband::plugin {
namespace {

const xmlNode* node_of(const void* p) { return static_cast<const xmlNode*>(p); }
std::string_view view_of(const xmlChar* s) {
  return s ? std::string_view(reinterpret_cast<const char*>(s)) : std::string_view();
}
bool is_text(const xmlNode* n) { return n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE; }

// The declared encoding must be the one that was checked; anything else could make two readers see two documents.
bool declares_utf8(std::string_view text) {
  if (text.substr(0, 5) != "<?xml") return true;
  const auto declaration = text.substr(0, text.find("?>"));
  const auto at = declaration.find("encoding");
  if (at == std::string_view::npos) return true;
  std::string name;
  for (const char c : declaration.substr(at + 8)) {
    if (c == '"' || c == '\'' || c == '=' || c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (!name.empty()) break;
      continue;
    }
    name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name == "UTF-8" || name == "US-ASCII";
}

std::string place(std::string_view text, std::size_t at) {
  std::size_t line = 1, column = 1;
  for (const char c : text.substr(0, at)) c == '\n' ? (++line, column = 1) : ++column;
  return std::to_string(line) + ":" + std::to_string(column);
}

// A lexical walk over the markup before the parser runs: cheap, without allocation, and wrong only towards refusal.
class Guard {
 public:
  Guard(std::string_view text, const XmlLimits& limits) : text_(text), limits_(limits) {}

  const char* check() {
    while ((at_ = text_.find('<', at_)) != std::string_view::npos) {
      if (++nodes_ > limits_.nodes_max) return "too many elements";
      const char* problem = starts("<!--")        ? skip_past("-->", 4)
                            : starts("<![CDATA[") ? skip_past("]]>", 9)
                            : starts("<?")        ? skip_past("?>", 2)
                            : starts("<!")        ? "a document type declaration is not accepted"
                            : starts("</")        ? end_tag()
                                                  : start_tag();
      if (problem) return problem;
    }
    return nullptr;
  }
  std::size_t at() const { return at_; }

 private:
  bool starts(std::string_view s) const { return text_.substr(at_, s.size()) == s; }
  const char* skip_past(std::string_view end, std::size_t from) {
    const auto found = text_.find(end, at_ + from);
    if (found == std::string_view::npos) return "markup without an end";
    at_ = found + end.size();
    return nullptr;
  }
  const char* end_tag() {
    if (depth_ == 0) return "an end tag without a start";
    --depth_;
    return skip_past(">", 2);
  }
  const char* start_tag() {
    std::size_t attributes = 0;
    char quote = 0;
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (i - at_ > limits_.tag_bytes_max) return "a tag longer than the limit";
      if (quote) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
        if (++attributes > limits_.attributes_max) return "too many attributes in a tag";
      } else if (c == '>') {
        if (text_[i - 1] != '/' && ++depth_ > limits_.depth_max) return "elements nested deeper than the limit";
        at_ = i + 1;
        return nullptr;
      }
    }
    return "a tag without an end";
  }

  std::string_view text_;
  const XmlLimits& limits_;
  std::size_t at_ = 0, nodes_ = 0, depth_ = 0;
};

void append_text(const xmlNode* node, std::string& out) {  // depth is limited by the guard
  for (const auto* c = node->children; c; c = c->next) {
    if (is_text(c))
      out += view_of(c->content);
    else if (c->type == XML_ELEMENT_NODE)
      append_text(c, out);
  }
}

}  // namespace

sdk::Result<XmlDocument> XmlDocument::parse(std::string_view text, const XmlLimits& limits) {
  if (text.size() > limits.bytes_max) return sdk::invalid("", "the document is larger than the limit");
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  if (text.empty()) return sdk::invalid("", "the document is empty");
  if (!is_valid_utf8(text) || text.find('\0') != std::string_view::npos || !declares_utf8(text))
    return sdk::invalid("1:1", "the document is not UTF-8");
  Guard guard(text, limits);
  if (const char* problem = guard.check()) return sdk::invalid(place(text, std::min(guard.at(), text.size())), problem);

  static const bool initialised = (xmlInitParser(), true);
  (void)initialised;
  const std::unique_ptr<xmlParserCtxt, decltype(&xmlFreeParserCtxt)> context(xmlNewParserCtxt(), &xmlFreeParserCtxt);
  if (!context) return sdk::Error{HUB_INTERNAL, "", "no memory for the parser"};
  // HUGE only lifts the limit on one text node (an attachment may be tens of megabytes); the guard holds the rest.
  // No DTDLOAD, no NOENT: there is no document type any more, so no entity beyond the five of XML either.
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE |
                           XML_PARSE_BIG_LINES | XML_PARSE_IGNORE_ENC | XML_PARSE_COMPACT;
  xmlDoc* raw =
      xmlCtxtReadMemory(context.get(), text.data(), static_cast<int>(text.size()), nullptr, "UTF-8", kOptions);
  const std::shared_ptr<void> doc(raw, [](void* d) {
    if (d) xmlFreeDoc(static_cast<xmlDoc*>(d));
  });
  if (!raw) {
    const auto& e = context->lastError;  // its text may quote the document, so only the place is used
    return sdk::invalid(std::to_string(e.line) + ":" + std::to_string(e.int2), "the document is not well-formed XML");
  }
  if (raw->intSubset || raw->extSubset) return sdk::invalid("1:1", "a document type declaration is not accepted");
  if (!xmlDocGetRootElement(raw)) return sdk::invalid("1:1", "the document has no element");
  return XmlDocument(doc);
}

XmlElement XmlDocument::root() const { return XmlElement(xmlDocGetRootElement(static_cast<xmlDoc*>(doc_.get()))); }

std::string_view XmlElement::name() const { return node_ ? view_of(node_of(node_)->name) : std::string_view(); }
std::string_view XmlElement::ns() const {
  return node_ && node_of(node_)->ns ? view_of(node_of(node_)->ns->href) : std::string_view();
}
bool XmlElement::is(std::string_view ns_uri, std::string_view local) const {
  return node_ && name() == local && ns() == ns_uri;
}
long XmlElement::line() const { return node_ ? xmlGetLineNo(node_of(node_)) : 0; }

std::string XmlElement::text() const {
  std::string out;
  if (node_) append_text(node_of(node_), out);
  return out;
}

bool XmlElement::has_own_text() const {
  if (!node_) return false;
  for (const auto* c = node_of(node_)->children; c; c = c->next)
    if (is_text(c) && view_of(c->content).find_first_not_of(" \t\r\n") != std::string_view::npos) return true;
  return false;
}

std::string XmlElement::attribute(std::string_view local) const {
  if (!node_) return {};
  for (const auto* a = node_of(node_)->properties; a; a = a->next) {
    if (a->ns || view_of(a->name) != local) continue;
    std::string out;
    for (const auto* c = a->children; c; c = c->next)
      if (is_text(c)) out += view_of(c->content);
    return out;
  }
  return {};
}

std::vector<XmlElement> XmlElement::children() const {
  std::vector<XmlElement> out;
  if (node_)
    for (const auto* c = node_of(node_)->children; c; c = c->next)
      if (c->type == XML_ELEMENT_NODE) out.emplace_back(c);
  return out;
}

XmlElement XmlElement::child(std::string_view ns_uri, std::string_view local) const {
  if (node_)
    for (const auto* c = node_of(node_)->children; c; c = c->next)
      if (c->type == XML_ELEMENT_NODE && XmlElement(c).is(ns_uri, local)) return XmlElement(c);
  return {};
}

}  // namespace samband::plugin
