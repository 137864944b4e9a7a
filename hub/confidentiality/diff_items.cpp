#include "confidentiality/diff_items.hpp"

#include <algorithm>

#include "confidentiality/rule_index.hpp"
#include "confidentiality/rule_texts.hpp"

namespace samband {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

std::string list(std::vector<std::string> items) {
  std::sort(items.begin(), items.end());  // their order means nothing
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}
std::string flag(bool value) { return value ? "true" : "false"; }
std::string date(Date value) { return value.ok() ? to_string(value) : ""; }
std::string citation(const Citation& c) {
  return c.text + " [" + c.sfs + " " + c.chapter + ":" + c.section + " " + c.paragraph + "]";
}

Members decisive(const Rule& r) {
  std::vector<std::string> conditions;
  for (const auto& each : r.conditions) conditions.push_back(text_of(each));
  return {{"modality", r.modality},
          {"from", list(r.from)},
          {"to", list(r.to)},
          {"kinds", list(r.kinds)},
          {"initiative", list(r.initiative)},
          {"purposes", list(r.purposes)},
          {"breaks_all", flag(r.breaks_all)},
          {"breaks", list(r.breaks)},
          {"breaks_not", list(r.breaks_not)},
          {"persons", list(r.persons)},
          {"categories", list(r.categories)},
          {"conditions", list(conditions)},
          {"setting", r.setting},
          {"while_off", r.holds_while_off ? "hold" : ""},
          {"deadline", r.deadline},
          {"obligations", list(r.obligations)},
          {"ttl", r.ttl.count() == 0 ? "" : std::to_string(r.ttl.count()) + " minutes"},
          {"in_force_from", date(r.in_force_from)},
          {"in_force_to", date(r.in_force_to)}};
}
Members members(const Rule& r) {
  Members out = decisive(r);
  out.insert(out.end(), {{"hold_days", r.hold_days == 0 ? "" : std::to_string(r.hold_days)},
                         {"via", r.via},
                         {"citation", citation(r.citation)},
                         {"title_sv", r.title_sv},
                         {"title_en", r.title_en},
                         {"reviewed_by", r.reviewed_by},
                         {"reviewed_at", date(r.reviewed_at)},
                         {"review_by", date(r.review_by)}});
  return out;
}

Members decisive(const Provision& p) {
  return {{"holders", list(p.holders)},
          {"test", p.test},
          {"categories", list(p.categories)},
          {"persons", list(p.persons)},
          {"when", list(p.when)},
          {"unbreakable", flag(p.unbreakable)},
          {"public_interest", flag(p.public_interest)},
          {"cleared_with_any_breaker", flag(p.cleared_with_any_breaker)},
          {"protects_place", flag(p.protects_place)},
          {"own_test", p.own_test},
          {"in_force_from", date(p.in_force_from)},
          {"in_force_to", date(p.in_force_to)}};
}
Members members(const Provision& p) {
  Members out = decisive(p);
  out.emplace_back("citation", citation(p.citation));
  out.emplace_back("reviewed_at", date(p.reviewed_at));
  return out;
}

Members members(const Purpose& p) {
  return {{"needs", list(p.needs)}, {"except", list(p.except)}, {"name_sv", p.name_sv}, {"name_en", p.name_en}};
}

template <class Items>
std::map<std::string, Members> by_id(const Items& items) {
  std::map<std::string, Members> out;
  for (const auto& item : items) out.emplace(item.id, members(item));
  return out;
}

// A declaration has no id: what it declares is what it is.
std::map<std::string, Members> declarations(const RuleSet& set) {
  std::map<std::string, Members> out;
  for (const auto& none : set.no_secrecy)
    out.emplace(declared_as(none),
                Members{{"citation", citation(none.citation)}, {"reviewed_at", date(none.reviewed_at)}});
  return out;
}

std::map<std::string, Members> settings(const RuleSet& set) {
  std::map<std::string, Members> out;
  for (const auto& [name, member] : setting_names()) out[std::string(name)] = {{"value", flag(set.settings.*member)}};
  out["gate"] = {{"recipients", list(set.gate.recipients)},
                 {"new_purpose_senders", list(set.gate.new_purpose_senders)}};
  return out;
}

void compare_items(const std::string& kind, const std::map<std::string, Members>& before,
                   const std::map<std::string, Members>& after, std::vector<ItemChange>& out) {
  for (const auto& [id, members] : before)
    if (!after.contains(id)) out.push_back({kind, id, "removed", {}});
  for (const auto& [id, members] : after) {
    const auto old = before.find(id);
    if (old == before.end()) {
      out.push_back({kind, id, "added", {}});
      continue;
    }
    ItemChange change{kind, id, "changed", {}};
    for (std::size_t i = 0; i < members.size(); ++i)
      if (members[i].second != old->second[i].second)
        change.members.push_back({members[i].first, old->second[i].second, members[i].second});
    if (!change.members.empty()) out.push_back(std::move(change));
  }
}

std::string text_of(const Members& members) {
  std::string out;
  for (const auto& [name, value] : members) out += name + "=" + value + "\n";
  return out;
}

}  // namespace

std::string declared_as(const NoSecrecy& none) { return list(none.holders) + ": " + list(none.categories); }

std::vector<ItemChange> changed_items(const RuleSet& before, const RuleSet& after) {
  std::vector<ItemChange> out;
  compare_items("rule", by_id(before.rules), by_id(after.rules), out);
  compare_items("provision", by_id(before.provisions), by_id(after.provisions), out);
  compare_items("purpose", by_id(before.purposes), by_id(after.purposes), out);
  compare_items("no_secrecy", declarations(before), declarations(after), out);
  compare_items("setting", settings(before), settings(after), out);
  return out;
}

// An obligation that everybody can keep moves no cell: it causes nothing. (A deadline may: it chooses the duty.)
std::string decisive_text(const Rule& rule) {
  static constexpr std::string_view kRefusing[] = {"restricted_recipient", "reservation", "human_review"};
  const bool must = rule.modality == "must";
  Rule moving = rule;
  std::erase_if(moving.obligations, [must](const std::string& each) {
    return std::find(std::begin(kRefusing), std::end(kRefusing), each) == std::end(kRefusing) &&
           (must || !is_task_of_party(each));
  });
  return rule.id + "\n" + text_of(decisive(moving));
}
std::string decisive_text(const Provision& provision) { return provision.id + "\n" + text_of(decisive(provision)); }

}  // namespace samband
