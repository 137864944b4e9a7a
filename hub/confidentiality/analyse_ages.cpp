// Ages: gaps between the rules of one exchange, two duties at one age, and consents that nobody could give.
#include <algorithm>
#include <bit>

#include "confidentiality/analyse_parts.hpp"

namespace samband {
namespace {

bool has_age(const Rule& rule) {
  return std::any_of(rule.conditions.begin(), rule.conditions.end(),
                     [](const Condition& c) { return c.type == Condition::Type::person_age; });
}

std::uint64_t ages_of(const Space& space, const Rule& rule) {
  std::uint64_t bits = space.full.allowed[kAge] & ~space.unknown_age();
  for (const Condition& c : rule.conditions)
    if (c.type == Condition::Type::person_age) bits &= space.age_bits(c.age_min, c.age_max);
  return bits;
}

void bands(Analysis& a) {
  std::set<std::string> said;
  for (std::size_t place = 0; place < a.model.index().rules.size(); ++place) {
    const Rule& rule = a.set.rules[static_cast<std::size_t>(a.model.index().rules[place].position)];
    if (!has_age(rule)) continue;
    each_exchange(a, static_cast<int>(place), [&](const CellExchange& exchange) {
      const Scene scene = a.model.scene(exchange, day_for(a, rule));
      std::uint64_t together = 0;
      for (const int other : scene.rules) {
        const auto& bits = a.model.index().rules[static_cast<std::size_t>(other)];
        const Rule& beside = a.set.rules[static_cast<std::size_t>(bits.position)];
        const auto ages = ages_of(a.space, beside);
        together |= ages;
        const auto own = ages_of(a.space, rule);
        const bool duties = bits.duty && a.model.index().rules[place].duty;
        if (duties && has_age(beside) && rule.id < beside.id && own != ages && (own & ages) != 0 &&
            said.insert("overlap " + rule.id + " " + beside.id).second) {
          // With the same deadline it matters little which of the two is the duty.
          const bool same = rule.modality == beside.modality && rule.deadline == beside.deadline;
          say(a.add(same ? Severity::note : Severity::warning, "age_overlap", rule.id, beside.id, rule.place),
              {"at the ages " + bands_in_words(a.space, own & ages, false) + " both it and " + beside.id +
                   " make the same message a duty",
               "vid åldrarna " + bands_in_words(a.space, own & ages, true) + " gör både den och " + beside.id +
                   " samma meddelande till en skyldighet",
               "Let one begin where the other ends, or accept that both count.",
               "Låt den ena börja där den andra slutar, eller godkänn att båda räknas."});
        }
      }
      if (together == 0) return;
      const int low = std::countr_zero(together), high = static_cast<int>(std::bit_width(together)) - 1;
      const std::uint64_t between = ((std::uint64_t{1} << high) - 1) & ~((std::uint64_t{1} << low) - 1) & ~together;
      if (between == 0) return;
      const std::string words = bands_in_words(a.space, between, false);
      if (!said.insert("hole " + words + rule.id).second) return;
      // Named once, by the first of the rules around the hole.
      const auto& first = a.model.index().rules[static_cast<std::size_t>(scene.rules.front())];
      if (a.set.rules[static_cast<std::size_t>(first.position)].id != rule.id) return;
      say(a.add(Severity::warning, "age_hole", rule.id, words, rule.place),
          {"no rule of its exchange reaches the ages " + words + ", but rules below and above do",
           "ingen regel för dess utbyte når åldrarna " + bands_in_words(a.space, between, true) +
               ", men regler under och över gör det",
           "Move an age limit, or accept that nothing goes at those ages.",
           "Flytta en åldersgräns, eller godkänn att inget lämnas vid de åldrarna."});
    });
  }
}

void givers(Analysis& a, std::size_t place) {
  const auto& bits = a.model.index().rules[place];
  if (!bits.needs_consent) return;
  const Rule& rule = a.set.rules[static_cast<std::size_t>(bits.position)];
  const Region possible = intersected(a.model.standing(static_cast<int>(place)), a.model.consented());
  std::uint64_t without_giver = 0;
  for (std::uint64_t rest = ages_of(a.space, rule); rest != 0; rest &= rest - 1) {
    const std::uint64_t band = rest & -rest;
    if (!overlap(possible, {a.space.with(kAge, band)})) without_giver |= band;
  }
  if (without_giver == 0) return;
  const std::string words = bands_in_words(a.space, without_giver, false);
  say(a.add(Severity::warning, "no_giver", rule.id, words, rule.place),
      {"nobody's consent can make it count at the ages " + words,
       "ingens samtycke kan göra den tillämplig vid åldrarna " + bands_in_words(a.space, without_giver, true),
       "Give it an age limit, or drop the condition that voids the consent.",
       "Ge den en åldersgräns, eller ta bort villkoret som gör samtycket verkningslöst."});
}

// The limits that the statutes know (confidentiality.md): any other is a choice, or a slip.
void limits(Analysis& a, const Rule& rule) {
  constexpr int kLimits[] = {0, 12, 15, 18, 20, 21};
  for (const Condition& c : rule.conditions) {
    if (c.type != Condition::Type::person_age) continue;
    for (const int limit : {c.age_min, c.age_max + 1}) {
      if (limit > 200 || std::find(std::begin(kLimits), std::end(kLimits), limit) != std::end(kLimits)) continue;
      const std::string words = std::to_string(limit);
      say(a.add(Severity::note, "age_limit", rule.id, words, rule.place),
          {"its age limit " + words + " is none of the law's (12, 15, 18, 20, 21)",
           "dess åldersgräns " + words + " är ingen av lagens (12, 15, 18, 20, 21)", "Check it against the citation.",
           "Kontrollera den mot lagrummet."});
    }
  }
}

}  // namespace

void analyse_ages(Analysis& a) {
  bands(a);
  for (std::size_t place = 0; place < a.model.index().rules.size(); ++place) givers(a, place);
  for (const Rule& rule : a.set.rules) limits(a, rule);
}

}  // namespace samband
