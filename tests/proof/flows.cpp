#include "flows.hpp"

#include <algorithm>
#include <map>

namespace samband::proof {

bool names(const Strings& list, std::string_view code) {
  return std::any_of(list.begin(), list.end(), [&](const auto& each) { return each == code || each == "*"; });
}

bool speaks_of(const Rule& r, const Flow& f) {
  return names(r.from, f.holder) && names(r.to, f.recipient) && names(r.kinds, f.kind) &&
         names(r.purposes, f.purpose) && names(r.initiative, to_string(f.initiative));
}

namespace {

// `signature` says what the rule set makes of a code; the first code with a signature stands for all.
template <class List, class Signature>
Strings classes(const List& codes, Signature signature) {
  std::map<std::string, std::string> by_signature;
  for (const auto& code : codes) by_signature.try_emplace(signature(std::string(code)), code);
  Strings out;
  for (const auto& [key, code] : by_signature) out.push_back(code);
  std::sort(out.begin(), out.end());
  return out;
}

template <class Items, class List>
std::string membership(const Items& items, List list, const std::string& code) {
  std::string out;
  for (const auto& item : items) out += names(list(item), code) ? '1' : '0';
  return out + ' ';
}

std::string needs_of(const Purpose* purpose) {
  std::string out;
  if (purpose == nullptr) return out;
  for (const auto* list : {&purpose->needs, &purpose->except}) {
    for (const auto& each : std::set<std::string>(list->begin(), list->end())) out += each + ",";
    out += ";";
  }
  return out;
}

void describe(Neighbourhood& n, const RuleSet& set) {
  std::set<std::string> facts;
  for (const auto* r : n.rules) {
    for (const auto& c : r->conditions) {
      if (c.type == Condition::Type::person_age && c.age_min > 0) n.cuts.insert(c.age_min);
      if (c.type == Condition::Type::person_age && c.age_max < 200) n.cuts.insert(c.age_max + 1);
      n.emergency = n.emergency || c.type == Condition::Type::emergency;
      n.agreement = n.agreement || c.type == Condition::Type::agreement;
      n.consent = n.consent || c.type == Condition::Type::consent;
      if (!c.code.empty()) facts.insert(c.code);
      facts.insert(c.codes.begin(), c.codes.end());
    }
    if (names(r->obligations, "notify_guardian")) facts.insert("guardian_harm");
    if (names(r->obligations, "human_review")) facts.insert("individual_assessment");
  }
  n.gated = names(set.gate.recipients, n.flow.recipient);
  if (n.gated) facts.insert("recipient_reservation");
  n.new_purpose = names(set.gate.new_purpose_senders, n.flow.holder);
  if (n.new_purpose && std::any_of(n.rules.begin(), n.rules.end(), [](auto* r) { return r->modality != "must"; }))
    facts.insert("new_purpose_tested");
  n.facts.assign(facts.begin(), facts.end());
  if (n.consent) n.cuts.insert({15, 18});

  std::vector<const Provision*> provisions;
  for (const auto& p : set.provisions)
    if (names(p.holders, n.flow.holder)) provisions.push_back(&p);
  const Purpose* purpose = set.purpose(n.flow.purpose);
  Strings needed{"envelope"};
  for (const auto category : data_categories()) {
    if (category == "envelope") continue;
    if (purpose != nullptr && names(purpose->needs, category)) {
      needed.emplace_back(category);
    } else if (n.unneeded.empty() && category != "official") {
      n.unneeded = {std::string(category)};
    }
  }
  n.needed = classes(needed, [&](const std::string& c) {
    const bool special = c == "envelope" || c == "official" || c == "document" || c == "protection" || c == "identity";
    return membership(
               provisions, [](auto* p) { return p->categories; }, c) +
           membership(
               n.rules, [](auto* r) { return r->categories; }, c) +
           membership(set.no_secrecy, [](auto& none) { return none.categories; }, c) + (special ? c : "");
  });
  const auto role_class = [&](const std::string& role) {
    return membership(
               provisions, [](auto* p) { return p->persons; }, role) +
           membership(n.rules, [](auto* r) { return r->persons; }, role);
  };
  n.about = classes(Strings{"subject", "tenant"}, role_class);
  Strings others;
  for (const auto role : person_roles())
    if (role != "subject" && role != "tenant") others.emplace_back(role);
  // A child in the home is looked at when a guardian is to be told.
  n.others = classes(others, [&](const std::string& role) {
    return role_class(role) + (names(n.facts, "guardian_harm") && role == "child_in_home" ? "child" : "");
  });
}

// One code of every class that the rule set treats differently.
struct Codes {
  Strings holders, recipients, kinds, purposes;
};

Codes codes_of(const RuleSet& set) {
  Codes out;
  out.holders = classes(actor_types(), [&](const std::string& code) {
    return membership(
               set.provisions, [](auto& p) { return p.holders; }, code) +
           membership(
               set.no_secrecy, [](auto& n) { return n.holders; }, code) +
           membership(set.rules, [](auto& r) { return r.from; }, code);
  });
  out.recipients = classes(actor_types(), [&](const std::string& code) {
    return membership(set.rules, [](auto& r) { return r.to; }, code) + (names(set.gate.recipients, code) ? "gate" : "");
  });
  out.kinds = classes(message_kinds(), [&](const std::string& code) {
    return membership(set.rules, [](auto& r) { return r.kinds; }, code);
  });
  out.purposes = classes(samband::purposes(), [&](const std::string& code) {
    return needs_of(set.purpose(code)) + membership(set.rules, [](auto& r) { return r.purposes; }, code);
  });
  return out;
}

}  // namespace

std::vector<Neighbourhood> neighbourhoods(const RuleSet& set, std::size_t& flows) {
  const auto codes = codes_of(set);
  // What each code lets through of the rules; a flow is the intersection.
  const auto reaching = [&](const Strings& list, auto member) {
    std::vector<std::vector<bool>> out;
    for (const auto& code : list) {
      auto& bits = out.emplace_back();
      for (const auto& r : set.rules) bits.push_back(names(member(r), code));
    }
    return out;
  };
  const auto from = reaching(codes.holders, [](const Rule& r) { return r.from; });
  const auto to = reaching(codes.recipients, [](const Rule& r) { return r.to; });
  const auto kinds = reaching(codes.kinds, [](const Rule& r) { return r.kinds; });
  const auto purposes = reaching(codes.purposes, [](const Rule& r) { return r.purposes; });
  flows = 0;
  // The more rules the earlier: there they meet most of each other.
  std::map<std::tuple<bool, bool, std::ptrdiff_t, std::vector<int>, std::string, std::string, bool>, Flow> found;
  Strings coverage, needs;
  for (const auto& holder : codes.holders)
    coverage.push_back(membership(
                           set.provisions, [](auto& p) { return p.holders; }, holder) +
                       membership(set.no_secrecy, [](auto& n) { return n.holders; }, holder));
  for (const auto& purpose : codes.purposes) needs.push_back(needs_of(set.purpose(purpose)));
  for (std::size_t h = 0; h < codes.holders.size(); ++h)
    for (std::size_t t = 0; t < codes.recipients.size(); ++t) {
      std::vector<int> pair;
      for (std::size_t r = 0; r < set.rules.size(); ++r)
        if (from[h][r] && to[t][r]) pair.push_back(static_cast<int>(r));
      const bool gated = names(set.gate.recipients, codes.recipients[t]);
      for (std::size_t k = 0; k < codes.kinds.size(); ++k)
        for (std::size_t p = 0; p < codes.purposes.size(); ++p)
          for (const auto initiative : {Initiative::own, Initiative::request}) {
            ++flows;
            std::vector<int> rules;
            for (const int r : pair) {
              const auto at = static_cast<std::size_t>(r);
              if (kinds[k][at] && purposes[p][at] && names(set.rules[at].initiative, to_string(initiative)))
                rules.push_back(r);
            }
            found.try_emplace(
                {rules.empty(), gated, -std::ssize(rules), rules, coverage[h], needs[p],
                 names(set.gate.new_purpose_senders, codes.holders[h])},
                Flow{codes.holders[h], codes.recipients[t], codes.kinds[k], codes.purposes[p], initiative});
          }
    }
  std::vector<Neighbourhood> out;
  std::set<int> seen_rules;
  std::set<std::string> seen_holders;
  for (const auto& [key, flow] : found) {
    const auto& [silent, gated, count, rules, holder, purpose, new_purpose] = key;
    auto& n = out.emplace_back();
    n.flow = flow;
    for (const int r : rules) {
      n.rules.push_back(&set.rules[static_cast<std::size_t>(r)]);
      if (seen_rules.insert(r).second) n.first_for.push_back(n.rules.back());
    }
    n.first_of_holder = !silent && seen_holders.insert(holder).second;
    describe(n, set);
  }
  return out;
}

std::vector<Wish> wishes(const Rule& r, const Neighbourhood& n) {
  std::vector<Wish> out;
  bool consent = false;
  for (const auto& c : r.conditions) {
    consent = consent || c.type == Condition::Type::consent;
    if (!c.code.empty()) out.push_back({c.code, c.expected});
    for (const auto& code : c.codes) out.push_back({code, c.expected});
  }
  const auto asked = [&](const char* code) {
    return std::any_of(out.begin(), out.end(), [&](const Wish& w) { return w.code == code; });
  };
  if (n.gated && consent && !asked("recipient_reservation")) out.push_back({"recipient_reservation", true});
  if (n.new_purpose && r.modality != "must") out.push_back({"new_purpose_tested", true});
  return out;
}

}  // namespace samband::proof
