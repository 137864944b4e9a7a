// The parts of analyse(), one file each. Internal to hub/confidentiality.
#pragma once
#include <functional>
#include <set>

#include "confidentiality/analyse.hpp"
#include "confidentiality/cell_model.hpp"

namespace samband {

struct Analysis {
  const AnalysisInput& input;
  const RuleSet& set;
  const Space& space;
  const CellModel& model;
  std::vector<Finding>& findings;

  Finding& add(Severity severity, std::string code, std::string about, std::string detail, Place place) {
    Finding& f = findings.emplace_back();
    f.severity = severity;
    f.code = std::move(code);
    f.about = std::move(about);
    f.detail = std::move(detail);
    f.place = std::move(place);
    return f;
  }
};

struct Said {  // the four texts of a finding
  std::string en, sv, fix_en, fix_sv;
};
inline void say(Finding& f, Said said) {
  f.en = std::move(said.en);
  f.sv = std::move(said.sv);
  f.fix_en = std::move(said.fix_en);
  f.fix_sv = std::move(said.fix_sv);
}

// The categories that a message of the kind can carry.
Bits carried_by(const AnalysisInput&, int kind);
// "a, b" of the set bits.
std::string codes_in(Bits, std::span<const std::string_view> list);
std::string joined(const std::vector<std::string>&);
std::string bands_in_words(const Space&, std::uint64_t bits, bool swedish);
// Calls with every exchange that the rule speaks of, and its scene on the day when the rule first counts.
void each_exchange(const Analysis&, int rule, const std::function<void(const CellExchange&)>&);
// The day of the analysis, or the rule's first day if that is later.
Date day_for(const Analysis&, const Rule&);

void analyse_cells(Analysis&);    // vacuous, barred, redundant, must_never
void analyse_breadth(Analysis&);  // wildcard, expiry, need list
void analyse_law(Analysis&);      // citations against the law table
void analyse_ages(Analysis&);     // holes, overlaps, givers of consent
void analyse_flows(Analysis&);    // coverage gaps, duties without a route, emergencies without an officer

}  // namespace samband
