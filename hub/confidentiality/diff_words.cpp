// A diff for a lawyer to read, and for a machine.
#include <algorithm>
#include <bit>

#include "confidentiality/diff.hpp"
#include "confidentiality/rule_index.hpp"
#include "confidentiality/words.hpp"

namespace samband {
namespace {

constexpr std::size_t kLinesMax = 40;  // of one kind of change; --json has them all

constexpr Words kProtectionWords[] = {{"ingen skyddad", "nobody protected"},
                                      {"personen skyddad", "the person protected"},
                                      {"personen har fingerade uppgifter", "the person has a fictitious identity"},
                                      {"någon annan i meddelandet skyddad", "somebody else in the message protected"}};
constexpr Words kConsentWords[] = {
    {"inget samtycke", "no consent"},
    {"eget samtycke", "own consent"},
    {"eget samtycke med mognadsbedömning", "own consent with maturity assessed"},
    {"en vårdnadshavares samtycke", "one guardian's consent"},
    {"vårdnadshavares och barnets samtycke", "guardian's and child's consent"},
    {"båda vårdnadshavarnas samtycke", "both guardians' consent"},
    {"båda vårdnadshavarnas och barnets samtycke", "both guardians' and the child's consent"}};
constexpr std::string_view kProtectionCodes[] = {"nobody", "person", "fictitious", "other"};
constexpr std::string_view kConsentCodes[] = {
    "none", "self", "self_assessed", "guardian", "guardian_and_child", "both_guardians", "both_guardians_and_child"};

template <class Each>
void each_bit(std::uint64_t bits, Each call) {
  for (; bits != 0; bits &= bits - 1) call(static_cast<std::size_t>(std::countr_zero(bits)));
}

std::string joined(const std::vector<std::string>& words, std::string_view between = ", ") {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

std::string age_words(const Space& space, std::size_t from, std::size_t to, bool swedish) {
  const int low = space.ages[from].low, high = space.ages[to].high;
  if (to + 1 == space.ages.size()) return std::to_string(low) + (swedish ? " och äldre" : " and older");
  if (low == 0) return "under " + std::to_string(high + 1);
  return low == high ? std::to_string(low) : std::to_string(low) + "-" + std::to_string(high);
}

std::vector<std::string> ages(const Space& space, std::uint64_t bits, bool swedish) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < space.ages.size(); ++i) {
    if ((bits & (std::uint64_t{1} << i)) == 0) continue;
    std::size_t last = i;
    while (last + 1 < space.ages.size() && (bits & (std::uint64_t{1} << (last + 1))) != 0) ++last;
    out.push_back(age_words(space, i, last, swedish));
    i = last;
  }
  if ((bits & space.unknown_age()) != 0) out.emplace_back(swedish ? "okänd" : "unknown");
  return out;
}

std::vector<std::string> roles(std::uint64_t bits, bool swedish) {
  std::vector<std::string> out;
  const std::uint64_t named = (std::uint64_t{1} << person_roles().size()) - 1;
  if (bits == named) return {swedish ? "en namngiven person" : "a named person"};
  each_bit(bits, [&](std::size_t i) {
    out.push_back(i < person_roles().size() ? role_in_words(person_roles()[i], swedish)
                                            : std::string(swedish ? "ingen namngiven" : "nobody named"));
  });
  return out;
}

std::vector<std::string> codes(std::span<const std::string_view> list, std::uint64_t bits) {
  std::vector<std::string> out;
  each_bit(bits, [&](std::size_t i) { out.emplace_back(list[i]); });
  return out;
}

std::vector<std::string> role_codes(std::uint64_t bits) {
  const std::uint64_t named = (std::uint64_t{1} << person_roles().size()) - 1;
  auto out = codes(person_roles(), bits & named);
  if ((bits & ~named) != 0) out.emplace_back("nobody_named");
  return out;
}

std::string fact_words(std::size_t fact, std::uint64_t allowed, bool swedish) {
  const auto answer = [&]() -> Words {
    switch (allowed) {
      case kYes:
        return {"ja", "yes"};
      case kNo:
        return {"nej", "no"};
      case kUnknown:
        return {"obesvarad", "unanswered"};
      case kYes | kUnknown:
        return {"inte nej", "not no"};
      case kNo | kUnknown:
        return {"inte ja", "not yes"};
      default:
        return {"besvarad", "answered"};
    }
  };
  return fact_in_words(fact_codes()[fact], swedish) + ": " + std::string(answer().in(swedish));
}

std::string outcome_words(FieldOutcome outcome, bool swedish) {
  switch (outcome) {
    case FieldOutcome::release:
      return swedish ? "lämnas ut" : "released";
    case FieldOutcome::hold:
      return swedish ? "vilar" : "held";
    case FieldOutcome::withhold:
      return swedish ? "lämnas inte ut" : "withheld";
  }
  return {};
}

std::string cube_words(const RuleSetDiff& diff, const Cube& cube, bool swedish) {
  const Space& space = diff.space;
  const auto some = [&](Dimension d) { return cube.allowed[d] != space.full.allowed[d]; };
  const auto parties = [&](Dimension d) {
    if (!some(d)) return std::string(swedish ? "alla" : "any party");
    auto names = codes(actor_types(), cube.allowed[d]);
    for (auto& name : names) name = actor_in_words(name, swedish);
    return joined(names);
  };
  std::string out = parties(kHolder) + " -> " + parties(kRecipient);
  out += ", " + (some(kKind) ? joined(codes(message_kinds(), cube.allowed[kKind]))
                             : std::string(swedish ? "alla meddelanden" : "any message"));
  auto for_what = some(kPurpose) ? codes(purposes(), cube.allowed[kPurpose])
                                 : std::vector<std::string>{swedish ? "alla ändamål" : "any purpose"};
  for (auto& purpose : for_what)
    if (const auto name = diff.purpose_names.find(purpose); name != diff.purpose_names.end())
      purpose = '"' + (swedish ? name->second.sv : name->second.en) + '"';
  out += (swedish ? ", för " : ", for ") + joined(for_what);
  std::vector<std::string> categories;
  each_bit(cube.allowed[kCategory],
           [&](std::size_t i) { categories.push_back(category_in_words(data_categories()[i], swedish)); });
  out += ": " + joined(categories);
  if (some(kLeaf)) {
    std::vector<std::string> leaves;
    each_bit(cube.allowed[kLeaf], [&](std::size_t i) {
      leaves.push_back(space.leaves[i].empty() ? std::string(swedish ? "övriga uppgifter" : "other items")
                                               : space.leaves[i]);
    });
    out += " (" + joined(leaves) + ")";
  }
  std::vector<std::string> when;
  if (some(kRole)) when.push_back((swedish ? "om " : "about ") + joined(roles(cube.allowed[kRole], swedish)));
  if (some(kInitiative))
    when.emplace_back(cube.allowed[kInitiative] == kYes ? (swedish ? "på eget initiativ" : "on own initiative")
                                                        : (swedish ? "på begäran" : "on request"));
  if (some(kAge))
    when.push_back((swedish ? "ålder " : "age ") +
                   joined(ages(space, cube.allowed[kAge], swedish), swedish ? " eller " : " or "));
  const auto either = [&](Dimension d, const auto& words) {
    if (!some(d)) return;
    std::vector<std::string> list;
    each_bit(cube.allowed[d], [&](std::size_t i) { list.emplace_back(words[i].in(swedish)); });
    when.push_back(joined(list, swedish ? " eller " : " or "));
  };
  either(kConsent, kConsentWords);
  either(kProtection, kProtectionWords);
  if (some(kRestricted))
    when.emplace_back(cube.allowed[kRestricted] == kYes
                          ? (swedish ? "till särskild mottagare" : "to a restricted recipient")
                          : (swedish ? "inte till särskild mottagare" : "not to a restricted recipient"));
  if (some(kAgreement))
    when.emplace_back(cube.allowed[kAgreement] == kYes ? (swedish ? "avtal gäller" : "an agreement in force")
                                                       : (swedish ? "inget avtal" : "no agreement"));
  if (some(kEmergency))
    when.emplace_back(cube.allowed[kEmergency] == kYes ? (swedish ? "nödläge" : "an emergency")
                                                       : (swedish ? "inget nödläge" : "no emergency"));
  if (some(kUndertaken))
    when.emplace_back(
        cube.allowed[kUndertaken] == kYes
            ? (swedish ? "någon av dem utför det som krävs av dess folk" : "one of them carries out the tasks")
            : (swedish ? "ingen av dem utför det som krävs av dess folk" : "neither carries out the tasks"));
  for (std::size_t i = 0; i < fact_codes().size(); ++i)
    if (some(static_cast<Dimension>(kFirstFact + i)))
      when.push_back(fact_words(i, cube.allowed[kFirstFact + i], swedish));
  if (some(kPeriod)) {
    std::vector<std::string> days;
    each_bit(cube.allowed[kPeriod], [&](std::size_t i) {
      std::string day = to_string(space.periods[i]);
      if (i + 1 < space.periods.size()) {
        using namespace std::chrono;
        day += (swedish ? " till " : " to ") + to_string(Date{sys_days{space.periods[i + 1]} - std::chrono::days{1}});
      } else {
        day = (swedish ? "från " : "from ") + day;
      }
      days.push_back(std::move(day));
    });
    when.push_back(joined(days, swedish ? " och " : " and "));
  }
  if (!when.empty()) out += (swedish ? "; när: " : "; when: ") + joined(when, "; ");
  return out;
}

// The plain case in full. What holds for protected persons follows it, bent by their protection (section 6): shown
// only where it is all there is.
struct Lines {
  Region shown;
  std::size_t of_protected = 0;
};
Lines lines_of(const Space& space, const Region& cells) {
  Lines out;
  for (Cube cube : cells) {
    if ((cube.allowed[kProtection] & (std::uint64_t{1} << kNobodyProtected)) == 0) {
      ++out.of_protected;
      continue;
    }
    cube.allowed[kProtection] = space.full.allowed[kProtection];
    out.shown.push_back(cube);
  }
  if (out.shown.empty()) return {cells, 0};
  out.shown = merged(std::move(out.shown));
  return out;
}

// "rule X" -> "regel X", "setting s (rule X)" -> "inställning s (regel X)".
std::string named(std::string_view item, bool swedish) {
  static const Dictionary kKinds = {{"rule", {"regel", "rule"}},
                                    {"provision", {"bestämmelse", "provision"}},
                                    {"purpose", {"ändamål", "purpose"}},
                                    {"setting", {"inställning", "setting"}},
                                    {"no_secrecy", {"förklaring om ingen sekretess", "declaration of no secrecy"}}};
  const auto end = std::min(item.find(' '), item.size());
  std::string rest(item.substr(end));
  if (const auto at = rest.find(" (rule "); at != std::string::npos)
    rest.replace(at, 6, " (" + word(kKinds, "rule", swedish));
  return word(kKinds, item.substr(0, end), swedish) + rest;
}

}  // namespace

std::string item_in_words(const ItemChange& item, bool swedish) {
  const std::string_view how = item.how == "added"     ? (swedish ? "tillagd" : "added")
                               : item.how == "removed" ? (swedish ? "borttagen" : "removed")
                                                       : (swedish ? "ändrad" : "changed");
  return named(item.kind + " " + item.id, swedish) + " " + std::string(how);
}

std::string diff_in_words(const RuleSetDiff& diff, bool swedish) {
  if (!diff.any()) return swedish ? "Ingen skillnad.\n" : "No difference.\n";
  std::string out;
  for (const auto& item : diff.items) {
    out += item_in_words(item, swedish) + "\n";
    for (const auto& member : item.members)
      out += "    " + member.name + ": " + (member.before.empty() ? "-" : member.before) + "  ->  " +
             (member.after.empty() ? "-" : member.after) + "\n";
  }
  if (diff.changes.empty())
    return out + (swedish ? "\nIngen uppgift bedöms annorlunda.\n" : "\nNo field is decided otherwise.\n");
  for (const auto& change : diff.changes) {
    std::vector<std::string> causes;
    for (const auto& cause : change.causes) causes.push_back(named(cause, swedish));
    out += "\n" + std::string(swedish ? "Nu: " : "Now ") + outcome_words(change.after, swedish) +
           (swedish ? " (förut: " : " (before: ") + outcome_words(change.before, swedish) + ")" +
           (swedish ? ", genom " : ", because of ") + joined(causes) + "\n";
    const Lines lines = lines_of(diff.space, change.cells);
    for (std::size_t i = 0; i < std::min(lines.shown.size(), kLinesMax); ++i)
      out += "  " + cube_words(diff, lines.shown[i], swedish) + "\n";
    if (lines.shown.size() > kLinesMax) {
      const std::string rest = std::to_string(lines.shown.size() - kLinesMax);
      out += swedish ? "  och " + rest + " rader till (--json visar alla)\n"
                     : "  and " + rest + " lines more (--json shows them all)\n";
    }
    if (lines.of_protected > 0)
      out += swedish ? "  och för skyddade personer så långt skyddet medger (--json visar hur)\n"
                     : "  and for protected persons as far as their protection allows (--json shows how)\n";
  }
  return out;
}

json::object diff_as_json(const RuleSetDiff& diff) {
  const auto strings = [](const std::vector<std::string>& list) {
    json::array out;
    for (const auto& item : list) out.emplace_back(item);
    return out;
  };
  json::array items, changes;
  for (const auto& item : diff.items) {
    json::array members;
    for (const auto& m : item.members)
      members.push_back(json::object{{"name", m.name}, {"before", m.before}, {"after", m.after}});
    items.push_back(
        json::object{{"kind", item.kind}, {"id", item.id}, {"how", item.how}, {"members", std::move(members)}});
  }
  const Space& space = diff.space;
  for (const auto& change : diff.changes) {
    json::array cells;
    for (const Cube& cube : change.cells) {
      json::object cell;
      // A dimension that does not matter is left out.
      const auto put = [&](Dimension d, const char* name, std::span<const std::string_view> list) {
        if (cube.allowed[d] != space.full.allowed[d]) cell[name] = strings(codes(list, cube.allowed[d]));
      };
      constexpr std::string_view kYesNo[] = {"yes", "no"}, kAnswers[] = {"yes", "no", "unknown"},
                                 kWho[] = {"own", "request"};
      put(kHolder, "holder", actor_types());
      put(kRecipient, "recipient", actor_types());
      put(kKind, "kind", message_kinds());
      put(kPurpose, "purpose", purposes());
      put(kCategory, "category", data_categories());
      if (cube.allowed[kRole] != space.full.allowed[kRole]) cell["role"] = strings(role_codes(cube.allowed[kRole]));
      if (cube.allowed[kLeaf] != space.full.allowed[kLeaf]) {
        json::array leaves;
        each_bit(cube.allowed[kLeaf], [&](std::size_t i) { leaves.emplace_back(space.leaves[i]); });
        cell["leaf"] = std::move(leaves);
      }
      if (cube.allowed[kPeriod] != space.full.allowed[kPeriod]) {
        json::array days;
        each_bit(cube.allowed[kPeriod], [&](std::size_t i) { days.emplace_back(to_string(space.periods[i])); });
        cell["from"] = std::move(days);
      }
      put(kInitiative, "initiative", kWho);
      if (cube.allowed[kAge] != space.full.allowed[kAge]) cell["age"] = strings(ages(space, cube.allowed[kAge], false));
      put(kProtection, "protected", kProtectionCodes);
      put(kConsent, "consent", kConsentCodes);
      put(kRestricted, "restrictedRecipient", kYesNo);
      put(kAgreement, "agreement", kYesNo);
      put(kEmergency, "emergency", kYesNo);
      put(kUndertaken, "tasksUndertaken", kYesNo);
      json::object facts;
      for (std::size_t i = 0; i < fact_codes().size(); ++i)
        if (cube.allowed[kFirstFact + i] != space.full.allowed[kFirstFact + i])
          facts[std::string(fact_codes()[i])] = strings(codes(kAnswers, cube.allowed[kFirstFact + i]));
      if (!facts.empty()) cell["facts"] = std::move(facts);
      cells.push_back(std::move(cell));
    }
    changes.push_back(json::object{{"before", to_string(change.before)},
                                   {"after", to_string(change.after)},
                                   {"causes", strings(change.causes)},
                                   {"cells", std::move(cells)}});
  }
  return json::object{{"same", !diff.any()}, {"items", std::move(items)}, {"changes", std::move(changes)}};
}

}  // namespace samband
