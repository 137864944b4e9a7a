// The rule set beside what the installation carries: categories that nothing covers, duties that no route serves, and
// emergencies that nobody would hear of.
#include <algorithm>
#include <bit>

#include "confidentiality/analyse_parts.hpp"

namespace samband {
namespace {

bool has(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// What each actor type may send: what its rules speak of, and what parties.toml lets it send.
std::map<int, Bits> kinds_by_holder(const Analysis& a) {
  std::map<int, Bits> out;
  for (const auto& rule : a.model.index().rules) {
    // A rule for everybody says nothing about who sends.
    if (std::popcount(rule.from) == static_cast<int>(actor_types().size())) continue;
    for (Bits rest = rule.from; rest != 0; rest &= rest - 1) out[std::countr_zero(rest)] |= rule.kinds;
  }
  if (a.input.parties != nullptr)
    for (const Party& party : a.input.parties->all())
      if (!party.kinds.empty())
        out[code_index(actor_types(), party.actor_type)] |= code_bits(message_kinds(), party.kinds);
  out.erase(-1);
  return out;
}

void coverage(Analysis& a) {
  for (const auto& [holder, kinds] : kinds_by_holder(a)) {
    Bits carried = 0, covered = 0;
    for (Bits rest = kinds; rest != 0; rest &= rest - 1) carried |= carried_by(a.input, std::countr_zero(rest));
    for (const auto& p : a.model.index().provisions) {
      const bool always = !p.when_person_protected && !p.when_person_fictitious && !p.when_exchange_protected;
      if ((p.holders & bit(holder)) != 0 && p.any_role && always && in_force(p.from, p.to, a.input.at))
        covered |= p.categories;
    }
    for (const auto& none : a.model.index().no_secrecy)
      if ((none.holders & bit(holder)) != 0) covered |= none.categories;
    const Bits gap = carried & ~covered;
    if (gap == 0) continue;
    const std::string who(actor_types()[static_cast<std::size_t>(holder)]), list = codes_in(gap, data_categories());
    say(a.add(Severity::warning, "coverage_gap", who, list, {}),
        {"its messages can carry what no provision covers at it and nothing declares free: " + list,
         "dess meddelanden kan bära det som ingen bestämmelse täcker hos den och som inget förklarar fritt: " + list,
         "Add the provision, or a [[no_secrecy]] with its citation; until then such a field is held.",
         "Lägg till bestämmelsen, eller en [[no_secrecy]] med lagrum; tills dess vilar en sådan uppgift."});
  }
}

// A step of a referral goes back along the exchange that it answers: no route says where.
bool answers(std::string_view kind) {
  return kind == "care.status" || kind == "exchange.receipt" || kind == "exchange.recall";
}

// The first hours of a working day, else of another, at which none of the routes is open: "17:00-08:00 working days".
std::string closed_hours(const std::vector<const Route*>& routes) {
  constexpr int kMinutes = 24 * 60;
  const auto clock = [](int minute) {
    const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return two(minute / 60) + ":" + two(minute % 60);
  };
  for (const bool working : {true, false}) {
    const auto open = [&](int minute) {
      return std::any_of(routes.begin(), routes.end(),
                         [&](const Route* route) { return is_open(*route, working, minute % kMinutes); });
    };
    const char* days = working ? " working days" : " other days";
    // From an open minute on, so that hours over midnight are one stretch.
    int begin = 0;
    while (begin < kMinutes && !open(begin)) ++begin;
    if (begin == kMinutes) return std::string("00:00-24:00") + days;
    for (int from = begin; from < begin + kMinutes; ++from) {
      if (open(from)) continue;
      int to = from;
      while (!open(to)) ++to;
      return clock(from % kMinutes) + "-" + clock(to % kMinutes) + days;
    }
  }
  return {};
}

// The routes carry it at some hours: is there always one that is open?
void hours_of_duty(Analysis& a, const Rule& rule, const std::string& detail, std::uint64_t ages,
                   const std::vector<const Route*>& routes) {
  for (std::size_t i = 0; i < a.space.ages.size(); ++i) {
    if ((ages & (std::uint64_t{1} << i)) == 0) continue;
    std::vector<const Route*> here;
    for (const Route* route : routes)
      if (route->age_min <= a.space.ages[i].low && a.space.ages[i].high <= route->age_max) here.push_back(route);
    if (here.empty()) continue;  // no_route says it
    const std::string hours = closed_hours(here);
    if (hours.empty()) continue;
    say(a.add(Severity::warning, "route_closed", rule.id, detail + " " + hours, rule.place),
        {"it is a duty, and all its routes are closed " + hours + ": then it goes to who is closed",
         "den är en skyldighet, och alla dess vägar är stängda " + hours + ": då går den till den som har stängt",
         "Add a route for those hours, such as the duty office (routes.toml).",
         "Lägg till en väg för de tiderna, till exempel jouren (routes.toml)."});
    return;
  }
}

void routes_of_duty(Analysis& a, const Rule& rule, const RuleIndex::RuleBits& bits) {
  const Bits now = bits.setting != nullptr && !(a.set.settings.*bits.setting) ? 0 : bits.kinds;
  std::uint64_t ages = a.space.full.allowed[kAge] & ~a.space.unknown_age();
  for (const Condition& c : rule.conditions)
    if (c.type == Condition::Type::person_age) ages &= a.space.age_bits(c.age_min, c.age_max);
  std::set<std::string> said, hours_said;
  for (const Party& party : a.input.parties->all()) {
    const int type = code_index(actor_types(), party.actor_type);
    if (type < 0 || (bits.from & bit(type)) == 0) continue;
    for (const auto& kind : party.kinds) {
      if ((now & bit(code_index(message_kinds(), kind))) == 0 || answers(kind)) continue;
      std::uint64_t served = 0;
      std::vector<const Route*> routes;
      for (const Route& route : a.input.routes->all()) {
        const Party* to = a.input.parties->find(route.to);
        if (!has(route.kinds, kind) || (!route.from.empty() && !has(route.from, party.actor_type)) || to == nullptr ||
            (bits.to & bit(code_index(actor_types(), to->actor_type))) == 0 ||
            (bits.purposes & bit(code_index(purposes(), route.purpose))) == 0)
          continue;
        routes.push_back(&route);
        for (std::size_t i = 0; i < a.space.ages.size(); ++i)
          if (route.age_min <= a.space.ages[i].low && a.space.ages[i].high <= route.age_max)
            served |= std::uint64_t{1} << i;
      }
      const std::string whose = party.actor_type + " " + kind;
      if (hours_said.insert(whose).second) hours_of_duty(a, rule, whose, ages, routes);
      const std::uint64_t missing = ages & ~served;
      if (missing == 0) continue;
      const std::string words = served == 0 ? "" : bands_in_words(a.space, missing, false);
      const std::string detail = party.actor_type + " " + kind + (words.empty() ? "" : " " + words);
      if (!said.insert(detail).second) continue;
      say(a.add(Severity::warning, "no_route", rule.id, detail, rule.place),
          {"it is a duty, but no route carries " + kind + " from " + party.actor_type + " to where it goes" +
               (words.empty() ? "" : " at the ages " + words),
           "den är en skyldighet, men ingen väg för " + kind + " från " + party.actor_type + " dit den ska" +
               (words.empty() ? "" : " vid åldrarna " + bands_in_words(a.space, missing, true)),
           "Add the route (routes.toml).", "Lägg till vägen (routes.toml)."});
    }
  }
}

// What only an agency's people can do about a disclosure, on a route where neither agency has said that they do.
void tasks_of(Analysis& a, const Rule& rule, const RuleIndex::RuleBits& bits) {
  if (bits.setting != nullptr && !(a.set.settings.*bits.setting)) return;
  for (const auto& task : rule.obligations) {
    if (!is_task_of_party(task)) continue;
    for (const Route& route : a.input.routes->all()) {
      const Party* to = a.input.parties->find(route.to);
      if (to == nullptr || has(to->carries_out, task) ||
          (bits.to & bit(code_index(actor_types(), to->actor_type))) == 0 ||
          (bits.purposes & bit(code_index(purposes(), route.purpose))) == 0)
        continue;
      std::string senders;
      for (const Party& party : a.input.parties->all()) {
        const bool sends =
            &party != to && (bits.from & bit(code_index(actor_types(), party.actor_type))) != 0 &&
            (route.from.empty() || has(route.from, party.actor_type)) &&
            (bits.kinds & code_bits(message_kinds(), route.kinds) & code_bits(message_kinds(), party.kinds)) != 0;
        if (sends && !has(party.carries_out, task)) senders += (senders.empty() ? "" : ", ") + party.id;
      }
      if (senders.empty()) continue;
      const bool must = rule.modality == "must";
      say(a.add(Severity::warning, "task_undone", rule.id, route.id + " " + task, rule.place),
          {"on the route " + route.id + " nobody carries out " + task + ", neither the recipient nor " + senders +
               (must ? ": the duty goes, and the sender's duty function is alerted"
                     : ": it is refused, or set aside beside a duty"),
           "på vägen " + route.id + " utför ingen " + task + ", varken mottagaren eller " + senders +
               (must ? ": skyldigheten fullgörs, och avsändarens jour larmas"
                     : ": den nekas, eller åsidosätts bredvid en skyldighet"),
           "Name the task in carries_out of the party whose people do it (parties.toml).",
           "Ange uppgiften i carries_out för den part vars folk utför den (parties.toml)."});
    }
  }
}

// Break-glass is reported to the sender's privacy officer: an obligation that a sender without one cannot keep.
void officers_of(Analysis& a, const Rule& rule, const RuleIndex::RuleBits& bits) {
  if (!has(rule.obligations, "notify_privacy_officer")) return;
  if (bits.setting != nullptr && !(a.set.settings.*bits.setting)) return;
  for (const Party& party : a.input.parties->all()) {
    const int type = code_index(actor_types(), party.actor_type);
    if (type < 0 || (bits.from & bit(type)) == 0 || !party.privacy_officer.empty()) continue;
    const bool sends = std::any_of(a.input.routes->all().begin(), a.input.routes->all().end(), [&](const Route& route) {
      const Party* to = a.input.parties->find(route.to);
      return to != nullptr && to != &party && (route.from.empty() || has(route.from, party.actor_type)) &&
             (bits.to & bit(code_index(actor_types(), to->actor_type))) != 0 &&
             (bits.purposes & bit(code_index(purposes(), route.purpose))) != 0 &&
             (bits.kinds & code_bits(message_kinds(), route.kinds) & code_bits(message_kinds(), party.kinds)) != 0;
    });
    if (!sends) continue;
    say(a.add(Severity::error, "no_officer", rule.id, party.id, rule.place),
        {"it must be reported to a privacy officer, and " + party.id + ", which can send by it, names none",
         "den ska anmälas till ett integritetsombud, och " + party.id + ", som kan lämna ut enligt den, anger inget",
         "Give the party a privacy_officer (parties.toml).", "Ange privacy_officer för parten (parties.toml)."});
  }
}

}  // namespace

void analyse_flows(Analysis& a) {
  coverage(a);
  if (a.input.parties == nullptr || a.input.routes == nullptr) {
    say(a.add(Severity::note, "no_routes_read", "routes.toml", "", {}),
        {"routes and parties were not read, so no duty was checked for a route, no emergency for an officer",
         "vägar och parter har inte lästs, så ingen skyldighet har prövats mot en väg, inget nödläge mot ett ombud",
         "Check with --config.", "Kontrollera med --config."});
    return;
  }
  for (const auto& bits : a.model.index().rules) {
    const Rule& rule = a.set.rules[static_cast<std::size_t>(bits.position)];
    if (!in_force(rule.in_force_from, rule.in_force_to, a.input.at)) continue;
    if (bits.duty) routes_of_duty(a, rule, bits);
    officers_of(a, rule, bits);
    tasks_of(a, rule, bits);
  }
}

}  // namespace samband
