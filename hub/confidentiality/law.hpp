// The law that the rules rest on, as far as the analysis needs it: when each section is in force, what amended it and
// when, and which secrecy a breaking section names. Data from config/law.toml. Values; pure.
#pragma once
#include <string>
#include <vector>

#include "confidentiality/rules.hpp"

namespace samband {

struct Amendment {
  std::string by;   // SFS number of the amending act; "" = not seen
  Date in_force{};  // !ok() = not seen
};

struct LawSection {
  std::string name;                   // "OSL 10:18 a", as rules name it in `via`
  std::string sfs, chapter, section;  // section "" = the act as a whole
  Date in_force_from{}, in_force_to{};
  std::vector<Amendment> amended;
  // Provisions it may break: "26:1" (all paragraphs), "25:2 st 2", "21-40 kap"; "*" = every one; empty = none by
  // itself.
  std::vector<std::string> breaks, breaks_not;
  std::string evidence;  // S statute text read, G guidance read, M from memory
  Place place{};
};

struct LawTable {
  std::vector<LawSection> sections;
  const LawSection* named(std::string_view name) const;
  const LawSection* cited(const Citation&) const;     // the very section, else nullptr
  const LawSection* act(std::string_view sfs) const;  // the act as a whole
};

// May a rule that rests on the section break the provision?
bool names_provision(const LawSection&, const Provision&);

}  // namespace samband
