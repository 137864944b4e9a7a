#include "digg_sdk/xml_writer.hpp"

namespace samband::plugin {

bool is_blank(std::string_view s) { return s.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::string xml_escape(std::string_view s) {
  static constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string out;
  out.reserve(s.size() + s.size() / 16);
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\r')
      out += "&#13;";
    else if (c == '\t' || c == '\n' || c >= 0x20) {
      // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
      if (c == 0xEF && i + 2 < s.size() && s[i + 1] == '\xBF' && (s[i + 2] == '\xBE' || s[i + 2] == '\xBF')) {
        out += kReplacement;
        i += 2;
      } else {
        out += static_cast<char>(c);
      }
    } else {
      out += kReplacement;
    }
  }
  return out;
}

void XmlWriter::tag(std::string_view name, const Attributes& attributes) {
  out_ += '<';
  out_ += name;
  for (const auto& [key, value] : attributes) {
    out_ += ' ';
    out_ += key;
    out_ += "=\"";
    out_ += xml_escape(value);
    out_ += '"';
  }
  out_ += '>';
}

XmlWriter& XmlWriter::open(std::string_view name, const Attributes& attributes) {
  tag(name, attributes);
  open_.emplace_back(name);
  return *this;
}

XmlWriter& XmlWriter::close() {
  out_ += "</" + open_.back() + ">";
  open_.pop_back();
  return *this;
}

XmlWriter& XmlWriter::leaf(std::string_view name, std::string_view text, const Attributes& attributes) {
  tag(name, attributes);
  out_ += xml_escape(text);
  out_ += "</";
  out_ += name;
  out_ += '>';
  return *this;
}

XmlWriter& XmlWriter::leaf_if(std::string_view name, std::string_view text) {
  return is_blank(text) ? *this : leaf(name, text);
}

std::string XmlWriter::take() {
  while (!open_.empty()) close();
  return std::move(out_) + "\n";
}

}  // namespace samband::plugin
