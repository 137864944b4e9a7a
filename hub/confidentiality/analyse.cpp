#include "confidentiality/analyse.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <tuple>

#include "confidentiality/analyse_parts.hpp"

namespace samband {

std::string_view to_string(Severity severity) {
  return severity == Severity::error ? "error" : severity == Severity::warning ? "warning" : "note";
}

Bits carried_by(const AnalysisInput& input, int kind) {
  const auto found = input.carried.find(std::string(message_kinds()[static_cast<std::size_t>(kind)]));
  return found == input.carried.end() ? (Bits{1} << data_categories().size()) - 1
                                      : code_bits(data_categories(), found->second);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string codes_in(Bits bits, std::span<const std::string_view> list) {
  std::vector<std::string> codes;
  for (std::size_t i = 0; i < list.size(); ++i)
    if ((bits & bit(static_cast<int>(i))) != 0) codes.emplace_back(list[i]);
  return joined(codes);
}

std::string bands_in_words(const Space& space, std::uint64_t bits, bool swedish) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < space.ages.size(); ++i) {
    if ((bits & (std::uint64_t{1} << i)) == 0) continue;
    std::size_t last = i;
    while (last + 1 < space.ages.size() && (bits & (std::uint64_t{1} << (last + 1))) != 0) ++last;
    const int low = space.ages[i].low, high = space.ages[last].high;
    if (low == 0 && last + 1 == space.ages.size()) {
      words.emplace_back(swedish ? "alla kända åldrar" : "every known age");
    } else if (low == 0) {
      words.push_back((swedish ? "under " : "under ") + std::to_string(high + 1));
    } else if (last + 1 == space.ages.size()) {
      words.push_back(std::to_string(low) + (swedish ? " och äldre" : " and older"));
    } else {
      words.push_back(low == high ? std::to_string(low) : std::to_string(low) + "-" + std::to_string(high));
    }
    i = last;
  }
  if ((bits & space.unknown_age()) != 0) words.emplace_back(swedish ? "okänd ålder" : "unknown age");
  return joined(words);
}

Date day_for(const Analysis& analysis, const Rule& rule) {
  return rule.in_force_from.ok() && rule.in_force_from > analysis.input.at ? rule.in_force_from : analysis.input.at;
}

void each_exchange(const Analysis& analysis, int rule, const std::function<void(const CellExchange&)>& visit) {
  const auto& bits = analysis.model.index().rules[static_cast<std::size_t>(rule)];
  const auto each = [](Bits set, const auto& call) {
    for (; set != 0; set &= set - 1) call(std::countr_zero(set));
  };
  each(bits.from, [&](int holder) {
    each(bits.to, [&](int recipient) {
      each(bits.kinds, [&](int kind) {
        each(bits.purposes, [&](int purpose) {
          if (bits.on_own) visit({holder, recipient, kind, purpose, Initiative::own});
          if (bits.on_request) visit({holder, recipient, kind, purpose, Initiative::request});
        });
      });
    });
  });
}

namespace {

// Marks what the rule set accepts; an acceptance of nothing is a finding of its own.
void accept(std::vector<Finding>& findings, const RuleSet& set) {
  std::vector<Finding> stale;
  for (const Acceptance& acceptance : set.accepted) {
    bool used = false;
    for (Finding& finding : findings) {
      if (finding.code != acceptance.finding || finding.about != acceptance.about ||
          finding.detail != acceptance.detail)
        continue;
      finding.accepted = acceptance;
      used = true;
    }
    if (used) continue;
    Finding& f = stale.emplace_back();
    f.code = "stale_acceptance";
    f.about = acceptance.about;
    f.detail = acceptance.finding + (acceptance.detail.empty() ? "" : ": " + acceptance.detail);
    f.place = acceptance.place;
    say(f, {"an acceptance of \"" + f.detail + "\" for " + f.about + ", which is no finding (any more)",
            "ett godkännande av \"" + f.detail + "\" för " + f.about + ", som inte (längre) är någon anmärkning",
            "Take the [[accept]] away, or correct its about and detail.",
            "Ta bort [[accept]] eller rätta about och detail."});
  }
  findings.insert(findings.end(), stale.begin(), stale.end());
}

std::size_t open_of(const std::vector<Finding>& findings, Severity severity) {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [&](const Finding& f) { return f.severity == severity && !f.accepted; }));
}

}  // namespace

std::size_t open_errors(const std::vector<Finding>& findings) { return open_of(findings, Severity::error); }
std::size_t open_warnings(const std::vector<Finding>& findings) { return open_of(findings, Severity::warning); }

std::vector<Finding> analyse(const AnalysisInput& input) {
  std::vector<Finding> findings;
  try {
    const Space space({input.rules}, input.at, false);
    const CellModel model(*input.rules, space);
    Analysis analysis{input, *input.rules, space, model, findings};
    analyse_breadth(analysis);
    analyse_law(analysis);
    analyse_ages(analysis);
    analyse_flows(analysis);
    analyse_cells(analysis);
  } catch (const std::length_error&) {
    Finding& f = findings.emplace_back();
    f.code = "too_complex";
    f.severity = Severity::error;
    f.about = "rules";
    say(f, {"the rules are too tangled to analyse exactly", "reglerna är för sammanflätade för en exakt analys",
            "Give rules that speak of the same exchange fewer alternative conditions or age limits.",
            "Ge regler för samma utbyte färre alternativa villkor eller åldersgränser."});
  }
  accept(findings, *input.rules);
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.severity, a.place.file, a.place.line, a.code, a.about, a.detail) <
           std::tie(b.severity, b.place.file, b.place.line, b.code, b.about, b.detail);
  });
  return findings;
}

}  // namespace samband
