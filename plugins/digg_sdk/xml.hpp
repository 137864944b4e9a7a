// XML from strangers, read with everything dangerous refused before the parser sees it: document types (and with them
// every entity), encodings other than UTF-8, sizes, depths and counts that would make memory or time explode. No
// network, no files. Errors name line, column or element; never a value. Thread-safe: a document is immutable.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/adapter.hpp"

namespace samband::plugin {

struct XmlLimits {
  std::size_t bytes_max = 30u << 20;  // DIGG's limit for a whole message
  std::size_t nodes_max = 100'000;    // tags, comments, CDATA sections, processing instructions
  std::size_t depth_max = 64;
  std::size_t tag_bytes_max = 8192;
  std::size_t attributes_max = 64;  // per tag, namespace declarations included
};

// One element of a document; empty when there is none. Cheap to copy; must not outlive its document.
class XmlElement {
 public:
  XmlElement() = default;
  explicit XmlElement(const void* node) : node_(node) {}
  explicit operator bool() const { return node_ != nullptr; }
  std::string_view name() const;
  std::string_view ns() const;
  bool is(std::string_view ns, std::string_view name) const;
  long line() const;
  std::string text() const;                            // of the element and everything in it
  bool has_own_text() const;                           // text other than white space directly inside
  std::string attribute(std::string_view name) const;  // without namespace; "" when absent
  std::vector<XmlElement> children() const;
  XmlElement child(std::string_view ns, std::string_view name) const;  // the first

 private:
  const void* node_ = nullptr;
};

class XmlDocument {
 public:
  static sdk::Result<XmlDocument> parse(std::string_view text, const XmlLimits& = {});
  XmlElement root() const;

 private:
  explicit XmlDocument(std::shared_ptr<void> doc) : doc_(std::move(doc)) {}
  std::shared_ptr<void> doc_;
};

}  // namespace samband::plugin
