// Citations against the law table: is it there, in force, amended after the review, and does it name what is broken?
#include <algorithm>

#include "confidentiality/analyse_parts.hpp"

namespace samband {
namespace {

// One thing that cites the law.
struct Citing {
  std::string about;
  Place place;
  Date day{}, first{}, reviewed{};  // !ok(): not known
};

void unknown(Analysis& a, const Citing& who, const std::string& name) {
  say(a.add(Severity::note, "section_unknown", who.about, name, who.place),
      {name + " is not in the law table, so nothing could be checked against it",
       name + " finns inte i lagtabellen, så inget har kunnat prövas mot den",
       "Enter the section in law.toml, with its dates.", "För in paragrafen i law.toml, med dess datum."});
}

void standing(Analysis& a, const Citing& who, const LawSection& section) {
  if (!in_force(section.in_force_from, section.in_force_to, who.day)) {
    say(a.add(Severity::error, "not_in_force", who.about, section.name, who.place),
        {section.name + " is not in force on " + to_string(who.day),
         section.name + " gäller inte den " + to_string(who.day),
         "Cite what is in force, or end the rule (in_force_to).",
         "Hänvisa till det som gäller, eller låt regeln upphöra (in_force_to)."});
  } else if (who.first.ok() && section.in_force_from.ok() && who.first < section.in_force_from) {
    say(a.add(Severity::warning, "before_the_law", who.about, section.name, who.place),
        {"it counts from " + to_string(who.first) + ", but " + section.name + " from " +
             to_string(section.in_force_from),
         "den räknas från " + to_string(who.first) + ", men " + section.name + " från " +
             to_string(section.in_force_from),
         "Let in_force_from be the section's first day.", "Låt in_force_from vara paragrafens första dag."});
  }
  for (const Amendment& amendment : section.amended) {
    const std::string by = amendment.by.empty() ? "?" : "SFS " + amendment.by;
    const std::string detail = section.name + " (" + by + ")";
    if (!amendment.in_force.ok()) {
      say(a.add(Severity::note, "amendment_unseen", who.about, detail, who.place),
          {section.name + " was amended by " + by + ", whose first day has not been seen",
           section.name + " har ändrats genom " + by + ", vars första dag inte är känd",
           "Look the day up and enter it in law.toml.", "Ta reda på dagen och för in den i law.toml."});
    } else if (amendment.in_force > who.day) {
      say(a.add(Severity::note, "amendment_ahead", who.about, detail, who.place),
          {section.name + " changes on " + to_string(amendment.in_force) + " (" + by + ")",
           section.name + " ändras den " + to_string(amendment.in_force) + " (" + by + ")",
           "Have the rule reviewed before that day.", "Låt granska regeln före den dagen."});
    } else if (!who.reviewed.ok() || amendment.in_force > who.reviewed) {
      const bool never = !who.reviewed.ok();
      say(a.add(Severity::warning, "law_drift", who.about, detail, who.place),
          {section.name + " changed on " + to_string(amendment.in_force) + " (" + by + "), " +
               (never ? "and no review is dated" : "after the review of " + to_string(who.reviewed)),
           section.name + " ändrades den " + to_string(amendment.in_force) + " (" + by + "), " +
               (never ? "och ingen granskning har datum" : "efter granskningen den " + to_string(who.reviewed)),
           "Have it reviewed against the new wording, and set reviewed_at (of a provision: its file's).",
           "Låt granska den mot den nya lydelsen och sätt reviewed_at (för en bestämmelse: filens)."});
    }
  }
}

// The section and its act.
void citation(Analysis& a, const Citing& who, const Citation& cited) {
  if (cited.sfs.empty() || cited.text.empty()) {
    say(a.add(Severity::error, "no_citation", who.about, "", who.place),
        {"it cites no law", "den hänvisar inte till någon lag", "Add the citation.", "Ange lagrummet."});
    return;
  }
  if (const auto* act = a.input.law->act(cited.sfs)) standing(a, who, *act);
  if (const auto* section = a.input.law->cited(cited)) {
    standing(a, who, *section);
  } else {
    unknown(a, who, cited.text);
  }
}

// The sections that a rule breaks by: `via`, which may name several ("OSL 10:28; PSL 6:12"), else its citation.
std::vector<const LawSection*> breakers(Analysis& a, const Rule& rule, const Citing& who) {
  const LawTable& law = *a.input.law;
  const LawSection* own = law.cited(rule.citation);
  if (rule.via.empty()) return own == nullptr ? std::vector<const LawSection*>{} : std::vector{own};
  std::vector<const LawSection*> out;
  for (std::size_t begin = 0; begin < rule.via.size();) {
    const auto end = std::min(rule.via.find("; ", begin), rule.via.size());
    const std::string name = rule.via.substr(begin, end - begin);
    begin = end + 2;
    const LawSection* section = law.named(name);
    if (section == nullptr) {
      unknown(a, who, name);
      continue;
    }
    out.push_back(section);
    if (section != own) standing(a, who, *section);
    if (const auto* act = law.act(section->sfs); act != nullptr && section->sfs != rule.citation.sfs)
      standing(a, who, *act);
  }
  return out;
}

void breaks(Analysis& a, const Rule& rule, const Citing& who) {
  const auto sections = breakers(a, rule, who);
  if (sections.empty()) return;
  std::string names;
  for (const auto* section : sections) names += (names.empty() ? "" : ", ") + section->name;
  const auto report = [&](const std::string& what) {
    say(a.add(Severity::warning, "breaks_uncited", rule.id, what, rule.place),
        {"it breaks " + what + ", which " + names + " does not name",
         "den bryter " + what + ", som " + names + " inte nämner",
         "Take it out of breaks, or cite (via) what breaks it.",
         "Ta bort det ur breaks, eller ange (via) vad som bryter det."});
  };
  const auto any = [&](const auto& names_it) { return std::any_of(sections.begin(), sections.end(), names_it); };
  if (rule.breaks_all &&
      !any([](const LawSection* s) { return std::find(s->breaks.begin(), s->breaks.end(), "*") != s->breaks.end(); }))
    report("*");
  for (const auto& id : rule.breaks) {
    const Provision* provision = a.set.provision(id);
    if (provision != nullptr && !any([&](const LawSection* s) { return names_provision(*s, *provision); })) report(id);
  }
}

}  // namespace

void analyse_law(Analysis& a) {
  if (a.input.law == nullptr) {
    say(a.add(Severity::note, "no_law_table", "law.toml", "", {}),
        {"there is no law table, so no citation was checked",
         "det finns ingen lagtabell, så inga hänvisningar har prövats", "Keep law.toml beside the folder of rules.",
         "Lägg law.toml bredvid mappen med regler."});
    return;
  }
  for (const Rule& rule : a.set.rules) {
    if (rule.in_force_to.ok() && rule.in_force_to < a.input.at) continue;
    const Citing who{rule.id, rule.place, day_for(a, rule), rule.in_force_from, rule.reviewed_at};
    citation(a, who, rule.citation);
    breaks(a, rule, who);
  }
  for (const Provision& provision : a.set.provisions) {
    if (!in_force(provision.in_force_from, provision.in_force_to, a.input.at)) continue;
    const Citing who{provision.id, provision.place, a.input.at, provision.in_force_from, provision.reviewed_at};
    citation(a, who, provision.citation);
  }
  for (const NoSecrecy& none : a.set.no_secrecy)
    citation(a, {"no_secrecy " + joined(none.holders), none.place, a.input.at, {}, none.reviewed_at}, none.citation);
}

}  // namespace samband
