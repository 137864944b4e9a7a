#include "confidentiality/law.hpp"

#include <algorithm>
#include <charconv>

namespace samband {

const LawSection* LawTable::named(std::string_view name) const {
  const auto found = std::find_if(sections.begin(), sections.end(), [&](const auto& s) { return s.name == name; });
  return found == sections.end() ? nullptr : &*found;
}

const LawSection* LawTable::cited(const Citation& citation) const {
  const auto found = std::find_if(sections.begin(), sections.end(), [&](const LawSection& s) {
    return !s.section.empty() && s.sfs == citation.sfs && s.chapter == citation.chapter &&
           s.section == citation.section;
  });
  return found == sections.end() ? nullptr : &*found;
}

const LawSection* LawTable::act(std::string_view sfs) const {
  const auto found =
      std::find_if(sections.begin(), sections.end(), [&](const auto& s) { return s.section.empty() && s.sfs == sfs; });
  return found == sections.end() ? nullptr : &*found;
}

namespace {

int number(std::string_view text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// "26:1", "25:2 st 2", "21-40 kap", "26 kap", "*"
bool fits(std::string_view pattern, const Citation& provision) {
  if (pattern == "*") return true;
  if (pattern.ends_with(" kap")) {
    const auto dash = pattern.find('-');
    const int low = number(pattern), high = dash == std::string_view::npos ? low : number(pattern.substr(dash + 1));
    const int chapter = number(provision.chapter);
    return low <= chapter && chapter <= high;
  }
  const std::string whole = provision.chapter + ":" + provision.section;
  return pattern == whole || (!provision.paragraph.empty() && pattern == whole + " st " + provision.paragraph);
}

}  // namespace

bool names_provision(const LawSection& section, const Provision& provision) {
  const auto any = [&](const std::vector<std::string>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const auto& p) { return fits(p, provision.citation); });
  };
  return any(section.breaks) && !any(section.breaks_not);
}

}  // namespace samband
