// Writes XML: names are constants of ours, texts are escaped. Not thread-safe; one document each.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace samband::plugin {

class XmlWriter {
 public:
  using Attributes = std::vector<std::pair<std::string_view, std::string_view>>;
  XmlWriter() : out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}
  XmlWriter& open(std::string_view name, const Attributes& = {});
  XmlWriter& close();
  // <name>text</name>
  XmlWriter& leaf(std::string_view name, std::string_view text, const Attributes& = {});
  XmlWriter& leaf_if(std::string_view name, std::string_view text);  // nothing when the text is blank
  std::string take();                                                // every element closed

 private:
  void tag(std::string_view name, const Attributes&);
  std::string out_;
  std::vector<std::string> open_;
};

// Characters that XML 1.0 cannot carry become U+FFFD; line ends and tabs survive a reader's normalisation.
std::string xml_escape(std::string_view utf8);
bool is_blank(std::string_view);  // white space only, or nothing
}  // namespace samband::plugin
