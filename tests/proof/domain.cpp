#include "domain.hpp"

#include <algorithm>

#include "confidentiality/rule_index.hpp"
#include "slices.hpp"

namespace samband::proof {

using testing::World;

Domain::Domain(const RuleSet& shipped) : shipped_(shipped), neighbourhoods_(proof::neighbourhoods(shipped, flows_)) {}

std::size_t Domain::plots(Extent extent) const {
  return neighbourhoods_.size() + shipped_.rules.size() + (extent == Extent::whole ? actor_types().size() : 0);
}

Size Domain::walk(std::size_t plot, Extent extent, const Visit& visit) const {
  const auto of_rules = neighbourhoods_.size(), of_flows = of_rules + shipped_.rules.size();
  if (plot >= of_flows) return walk_flows(std::string(actor_types()[plot - of_flows]), visit);
  if (plot >= of_rules) return walk_codes_of(shipped_.rules[plot - of_rules], visit);
  Variants variants(shipped_);
  return Slices(shipped_, neighbourhoods_[plot], variants, extent, visit).walk();
}

namespace {

// One flow of a rule, in which some provision covers something that it speaks of.
Flow own_flow(const Rule& r) {
  const auto first = [](const Strings& list, std::span<const std::string_view> all) {
    return list.front() == "*" ? std::string(all.front()) : list.front();
  };
  return {first(r.from, actor_types()), first(r.to, actor_types()), first(r.kinds, message_kinds()),
          first(r.purposes, purposes()), names(r.initiative, "own") ? Initiative::own : Initiative::request};
}

// The rule's conditions are met, and what has a test of its own; or everything is answered.
World met(const RuleSet& set, const Rule& r, const Flow& flow, bool everything) {
  World w(flow.holder, flow.recipient, flow.kind, flow.purpose);
  w.initiative = flow.initiative;
  w.nearest_change = false;
  w.now = testing::at("2026-11-22T11:00:00Z");
  for (const auto role : person_roles()) w.person(std::string(role), -1).birth_date = age_wished(r, w.now).born;
  // What opens a protected place shows it only for somebody who is protected, toward a restricted recipient.
  const bool opens_place = std::any_of(set.provisions.begin(), set.provisions.end(), [&](const Provision& p) {
    return p.protects_place && std::find(r.breaks.begin(), r.breaks.end(), p.id) != r.breaks.end();
  });
  w.restricted = opens_place;
  if (opens_place)
    for (auto& person : w.persons) person.protection = Protection::fictitious;
  Strings categories;
  for (const auto category : data_categories()) categories.emplace_back(category);
  for (const auto& c : r.conditions) {
    if (c.type == Condition::Type::emergency) w.emergency = true;
    if (c.type == Condition::Type::agreement) w.agreement();
    if (c.type != Condition::Type::consent) continue;
    for (const auto& p : w.persons)
      w.consent(p.ref, categories, age_on(*p.birth_date, stockholm_date(w.now)) < 18 ? "both_guardians" : "self");
    w.fact("guardian_harm", false);
  }
  Neighbourhood n;
  n.gated = names(set.gate.recipients, flow.recipient);
  n.new_purpose = names(set.gate.new_purpose_senders, flow.holder);
  for (const auto& wish : wishes(r, n)) w.fact(wish.code, wish.value);
  for (const auto& p : set.provisions)
    if (!p.own_test.empty()) w.fact(p.own_test, true);
  w.fact("document_released", true);
  if (!everything) return w;
  w.agreement();
  w.consents.clear();
  for (const auto& p : w.persons) {
    w.consent(p.ref, categories, age_on(*p.birth_date, stockholm_date(w.now)) < 18 ? "both_guardians" : "self");
    w.fact("harm_test_clear", true, p.ref);
  }
  for (const auto code : fact_codes())
    if (code != "harm_test_clear" &&
        std::none_of(w.facts.begin(), w.facts.end(), [&](auto& f) { return f.code == code; }))
      w.fact(std::string(code), code != "guardian_harm");
  return w;
}

}  // namespace

// One flow that the rule speaks of, and every flow that is one code away: no code stands for another here, nor does a
// category or a role in the first.
Size Domain::walk_codes_of(const Rule& r, const Visit& visit) const {
  Variants variants(shipped_);
  Settings settings;
  if (!r.setting.empty()) settings.*setting_named(r.setting) = true;
  const auto& set = variants.with(settings);
  const Rule& own = set.rules[static_cast<std::size_t>(&r - shipped_.rules.data())];
  Size size;
  enum class Fields { every, of_rule, of_one };
  const auto one = [&](const Flow& flow, Fields which) {
    for (const bool everything : {false, true}) {
      auto w = met(set, r, flow, everything);
      bool reached = false;
      for (const auto& p : w.persons) {
        if (which != Fields::every && ((which == Fields::of_one && reached) || !names(r.persons, p.role))) continue;
        reached = true;
        for (const auto category : data_categories())
          if (which == Fields::every || names(r.categories, category)) w.field(std::string(category), {p.ref});
      }
      visit(w, set, &own);
      size.add({1, w.fields.size()});
    }
  };
  const Flow flow = own_flow(r);
  one(flow, Fields::every);
  const auto through = [&](std::span<const std::string_view> codes, std::string Flow::* member) {
    for (const auto code : codes) {
      Flow other = flow;
      other.*member = std::string(code);
      const bool sends = member == &Flow::holder && names(r.from, code);
      one(other, sends ? Fields::of_rule : Fields::of_one);
    }
  };
  through(actor_types(), &Flow::holder);
  through(actor_types(), &Flow::recipient);
  through(message_kinds(), &Flow::kind);
  through(purposes(), &Flow::purpose);
  Flow other = flow;
  other.initiative = flow.initiative == Initiative::own ? Initiative::request : Initiative::own;
  one(other, Fields::of_one);
  return size;
}

// Every flow there is: what nobody meant to send, sent.
Size Domain::walk_flows(const std::string& holder, const Visit& visit) const {
  Variants variants(shipped_);
  const auto& set = variants.with(variants.open());
  Size size;
  for (const auto recipient : actor_types())
    for (const auto kind : message_kinds())
      for (const auto purpose : purposes())
        for (const auto initiative : {Initiative::own, Initiative::request}) {
          World w(holder, std::string(recipient), std::string(kind), std::string(purpose));
          w.initiative = initiative;
          w.nearest_change = false;
          w.person("subject", 17);
          w.person("tenant", 40);
          w.emergency = true;
          w.agreement();
          w.consent("p1", {"identity"}, "both_guardians");
          w.consent("p2", {"identity"});
          for (const auto code : fact_codes())
            if (code != "harm_test_clear") w.fact(std::string(code), code != "guardian_harm");
          w.field("identity").field("identity", {"p2"});
          visit(w, set, nullptr);
          size.add({1, w.fields.size()});
        }
  return size;
}

}  // namespace samband::proof
