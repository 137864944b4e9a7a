#include "routing/routes.hpp"

#include <algorithm>

namespace samband {
namespace {

constexpr int kAnyAgeMin = 0, kAnyAgeMax = 200;

bool lists(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}
bool any_or_lists(const std::vector<std::string>& list, std::string_view item) {
  return list.empty() || lists(list, item);
}

// Tenancy kinds are about a dwelling: its district is meant, and the tenant may be registered elsewhere.
bool about_premises(std::string_view kind) {
  return kind == "rent.arrears" || kind == "tenancy.disturbance" || kind == "eviction.time" ||
         kind == "housing.contact_request";
}

// Whom a route's age and home area are asked of. A message has one per subject (or tenant), at least one.
struct Subject {
  std::optional<int> age;
  std::string_view municipality, district;
};

std::vector<Subject> subjects_of(const Message& message, Date today) {
  std::vector<Subject> subjects;
  for (const Person& person : message.persons) {
    if (person.role != "subject" && person.role != "tenant") continue;
    Subject subject{std::nullopt, person.municipality, person.district};
    if (person.birth_date) subject.age = age_on(*person.birth_date, today);
    subjects.push_back(subject);
  }
  if (subjects.empty()) subjects.emplace_back();
  if (about_premises(message.kind)) {
    const json::value* premises = find_pointer(message.data, "/payload/premises");
    const json::object* area = premises != nullptr ? premises->if_object() : nullptr;
    for (Subject& subject : subjects) {
      subject.municipality = area != nullptr ? string_at(*area, "municipality") : std::string_view();
      subject.district = area != nullptr ? string_at(*area, "district") : std::string_view();
    }
  }
  return subjects;
}

bool fits_age(const Route& route, const Subject& subject) {
  const bool any_age = route.age_min == kAnyAgeMin && route.age_max == kAnyAgeMax;
  return any_age || (subject.age && *subject.age >= route.age_min && *subject.age <= route.age_max);
}

bool fits_area(const Route& route, const Subject& subject) {
  return any_or_lists(route.municipalities, subject.municipality) && any_or_lists(route.districts, subject.district);
}

bool matches_time(const Route& route, Time now) {
  return is_open(route, is_working_day(stockholm_date(now)), stockholm_minute_of_day(now));
}

// The next instant at which the route's hours begin; a fortnight has every sort of day, Christmas included.
std::optional<Time> next_opening(const Route& route, Time now) {
  constexpr int kDaysMax = 14;
  for (int day = 0; day <= kDaysMax; ++day) {
    const Time midnight = stockholm_midnight(Date{std::chrono::sys_days(stockholm_date(now)) + std::chrono::days(day)});
    Time begins = midnight + std::chrono::minutes(route.from_minute);
    // A day of 23 or 25 hours: the clock on the wall counts.
    begins += std::chrono::minutes(route.from_minute - stockholm_minute_of_day(begins));
    for (const Time at : {midnight, begins})
      if (at > now && matches_time(route, at)) return at;
  }
  return std::nullopt;
}

bool agreement_holds(const Route& route, const Party& sender, const Party& recipient,
                     const std::vector<Agreement>& agreements, Date today) {
  if (route.agreement.empty()) return true;
  return std::any_of(agreements.begin(), agreements.end(), [&](const Agreement& a) {
    return a.id == route.agreement && a.valid_from <= today && today <= a.valid_to && lists(a.parties, sender.id) &&
           lists(a.parties, recipient.id);
  });
}

bool was_agreed(const Route& route, const Party& sender, const Party& recipient,
                const std::vector<Agreement>& agreements) {
  return std::any_of(agreements.begin(), agreements.end(), [&](const Agreement& a) {
    return a.id == route.agreement && lists(a.parties, sender.id) && lists(a.parties, recipient.id);
  });
}

bool addressed_to(const Message& message, const Party& party) {
  return message.addressed_to == party.id ||
         (!party.functional_address.empty() && message.addressed_to == party.functional_address);
}

}  // namespace

bool is_open(const Route& route, bool working_day, int minute) {
  if (working_day ? route.non_working_days_only : route.working_days_only) return false;
  if (route.from_minute <= route.to_minute) return minute >= route.from_minute && minute < route.to_minute;
  return minute >= route.from_minute || minute < route.to_minute;
}

std::vector<Candidate> Routes::candidates(const Message& message, const Party& sender, const Parties& parties,
                                          const std::vector<Agreement>& agreements, Time now) const {
  const Date today = stockholm_date(now);
  const std::vector<Subject> subjects = subjects_of(message, today);
  // Any protected person in the message gives its place away, not only the subject: a sibling lives there too.
  const bool anyone_protected = std::any_of(message.persons.begin(), message.persons.end(),
                                            [](const Person& p) { return p.protection != Protection::none; });
  std::vector<Candidate> candidates, closed;
  const auto add = [](std::vector<Candidate>& to, Candidate candidate) {
    const auto there = std::find_if(to.begin(), to.end(), [&](const Candidate& c) {
      return c.recipient == candidate.recipient && c.purpose == candidate.purpose;
    });
    if (there == to.end()) return to.push_back(std::move(candidate));
    // Of two routes to one recipient the one that takes the message counts.
    if (!there->refused.empty() && candidate.refused.empty())
      *there = std::move(candidate);
    else if (candidate.opens_at && there->opens_at && *candidate.opens_at < *there->opens_at)
      *there = std::move(candidate);
  };
  for (const Route& route : routes_) {
    if (!lists(route.kinds, message.kind) || !any_or_lists(route.from, sender.actor_type)) continue;
    if (route.addressed && message.addressed_to.empty()) continue;
    const Party* named = parties.find(route.to);
    if (named == nullptr || named->id == sender.id) continue;
    const bool agreed = agreement_holds(route, sender, *named, agreements, today);
    // Under an agreement that has ended, or has not begun, the refusal is recorded; who was never in it finds no route.
    if (!agreed && !was_agreed(route, sender, *named, agreements)) continue;
    const auto any = [&](auto fits) { return std::any_of(subjects.begin(), subjects.end(), fits); };
    if (!any([&](const Subject& s) { return fits_area(route, s); })) continue;
    Candidate candidate{named, route.purpose, route.id, false, {}};
    if (!agreed) candidate.refused = "agreement_ended";
    if (!any([&](const Subject& s) { return fits_area(route, s) && fits_age(route, s); })) {
      // An unknown age is not said to be the wrong one.
      if (route.reason_if_refused.empty() || !any([&](const Subject& s) { return fits_area(route, s) && s.age; }))
        continue;
      if (agreed) candidate.refused = route.reason_if_refused, candidate.alternative = route.alternative;
    }
    if (anyone_protected && !named->restricted_recipient.empty()) {
      candidate.recipient = parties.find(named->restricted_recipient);
      candidate.restricted = true;
      if (candidate.recipient == nullptr || candidate.recipient->id == sender.id) continue;
    }
    if (!message.addressed_to.empty() && !addressed_to(message, *named) &&
        !addressed_to(message, *candidate.recipient)) {
      continue;
    }
    const bool open = matches_time(route, now);
    if (!open && candidate.refused.empty()) {
      candidate.refused = "outside_hours";
      candidate.alternative = route.alternative;
      candidate.opens_at = next_opening(route, now);
    }
    add(open ? candidates : closed, std::move(candidate));
  }
  // Another door for another purpose does not take it.
  std::vector<std::string> carried;
  for (const Candidate& c : candidates)
    if (c.refused.empty()) carried.push_back(c.purpose);
  for (Candidate& candidate : closed)
    if (!lists(carried, candidate.purpose)) add(candidates, std::move(candidate));
  return candidates;
}

const Route* Routes::find(std::string_view id) const {
  const auto it = std::find_if(routes_.begin(), routes_.end(), [&](const Route& r) { return r.id == id; });
  return it == routes_.end() ? nullptr : &*it;
}

}  // namespace samband
