// What a rule changes: asked of every cell that it reaches, with the rule and without it.
#include <algorithm>
#include <bit>
#include <unordered_map>

#include "confidentiality/analyse_parts.hpp"

namespace samband {
namespace {

// What is known of a rule after its cells.
struct Use {
  bool contributes = false;  // clears something somewhere
  bool sends = false;        // something it clears goes
  bool fulfils = false;      // a duty: something of what it names can go, by whatever means
  bool changes = false;      // some cell or duty would be another without it
  Bits reached = 0;          // categories that it clears something of
  Bits sent = 0;             // ... and that can go by it
  std::set<int> beside;      // other rules in its exchanges
};

class CellUse {
 public:
  explicit CellUse(const Analysis& analysis) : a_(analysis) {}

  Use of(int place) {
    const auto& rule = a_.model.index().rules[static_cast<std::size_t>(place)];
    const Date day = day_for(a_, a_.set.rules[static_cast<std::size_t>(rule.position)]);
    const Region standing = a_.model.standing(place);
    Use use;
    std::set<std::string> seen;
    each_exchange(a_, place, [&](const CellExchange& exchange) {
      const Scene with = a_.model.scene(exchange, day, place);
      Scene less = with;
      std::erase(less.rules, place);
      use.beside.insert(less.rules.begin(), less.rules.end());
      if (rule.duty && !use.changes) use.changes = !same_duties(with, less);
      const Bits carried = carried_by(a_.input, exchange.kind);
      for (Bits rest = (rule.categories | official_) & carried & with.needs; rest != 0; rest &= rest - 1) {
        const int category = std::countr_zero(rest);
        const bool own = (rule.categories & bit(category)) != 0;
        if (use.changes && (!own || (use.sent & bit(category)) != 0)) continue;
        for (int role = 0; role <= a_.space.nobody_named(); ++role) {
          const std::string key = a_.model.signature(with, category, role);
          if (!seen.insert(std::to_string(category) + " " + key).second) continue;
          const CellOutcome& now = outcome(with, category, role, key);
          const bool personal = (bit(category) & official_) == 0;
          if (const auto found = now.contributes.find(place);
              found != now.contributes.end() && !found->second.empty()) {
            use.contributes = true;
            use.reached |= bit(category);
            if (personal && overlap(found->second, now.release)) {
              use.sends = true;
              use.sent |= bit(category);
            }
          }
          if (own && personal && !use.fulfils) use.fulfils = overlap(standing, now.release);
          if (!use.changes) use.changes = !same(now, outcome(less, category, role, {}));
        }
      }
    });
    return use;
  }

 private:
  const CellOutcome& outcome(const Scene& scene, int category, int role, std::string key) {
    if (key.empty()) key = a_.model.signature(scene, category, role);
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    return known_.emplace(std::move(key), a_.model.outcome(scene, category, role)).first->second;
  }
  static bool same(const CellOutcome& a, const CellOutcome& b) {
    if (!same_cells(a.release, b.release) || !same_cells(a.open, b.open)) return false;
    return same(a.obliged, b.obliged);
  }
  static bool same(const std::map<std::string, Region>& a, const std::map<std::string, Region>& b) {
    const auto covered = [](const auto& left, const auto& right) {
      return std::all_of(left.begin(), left.end(), [&](const auto& each) {
        const auto found = right.find(each.first);
        return found == right.end() ? each.second.empty() : same_cells(each.second, found->second);
      });
    };
    return covered(a, b) && covered(b, a);
  }
  bool same_duties(const Scene& a, const Scene& b) const { return same(a_.model.duties(a), a_.model.duties(b)); }

  const Analysis& a_;
  const Bits official_ = bit(code_index(data_categories(), "official"));
  std::unordered_map<std::string, CellOutcome> known_;
};

std::string beside_in_words(const Analysis& a, const std::set<int>& places) {
  std::vector<std::string> ids;
  for (const int place : places)
    ids.push_back(
        a.set.rules[static_cast<std::size_t>(a.model.index().rules[static_cast<std::size_t>(place)].position)].id);
  return ids.empty() ? "-" : joined(ids);
}

void report(Analysis& a, const Rule& rule, const RuleIndex::RuleBits& bits, const Use& use) {
  const auto add = [&](Severity severity, const char* code, std::string detail, Said said) {
    say(a.add(severity, code, rule.id, std::move(detail), rule.place), std::move(said));
  };
  if (bits.duty && !use.fulfils) {
    return add(
        Severity::error, "must_never", "",
        {"it makes a duty of what can never be sent: everything it names is unbreakable, broken by nothing, or "
         "not needed for its purposes",
         "den gör en skyldighet av det som aldrig kan lämnas: allt den nämner är obrytbart, bryts av ingenting eller "
         "behövs inte för ändamålen",
         "Name a rule that breaks the secrecy over it (breaks, via), widen the purpose's need list, or drop the duty.",
         "Ange vad som bryter sekretessen (breaks, via), utvidga ändamålets behovslista eller ta bort skyldigheten."});
  }
  const bool breaks = bits.breaks_all || bits.breaks.any();
  if (breaks && !use.contributes) {
    return add(
        Severity::warning, "vacuous", "",
        {"it never clears anything: no message between its parties for its purposes has a field that is needed, that "
         "it names, and that it could clear",
         "den bryter aldrig något: inget meddelande mellan dess parter för dess ändamål har en uppgift som behövs, som "
         "den nämner och som den skulle kunna bryta sekretessen för",
         "Correct its parties, kinds, purposes, persons, breaks or conditions; or take it away.",
         "Rätta parter, kinds, purposes, persons, breaks eller villkor (conditions); eller ta bort den."});
  }
  if (breaks && !use.sends) {
    return add(
        Severity::warning, "always_barred", "",
        {"nothing it clears can ever go: another secrecy over the same data always stays",
         "inget den bryter sekretessen för kan någonsin lämnas: annan sekretess för samma uppgift står alltid kvar",
         "Name the other provision in breaks if the law breaks it too; or take the rule away.",
         "Ange även den andra bestämmelsen i breaks om lagen bryter den; eller ta bort regeln."});
  }
  if (const Bits barred = use.reached & ~use.sent & bits.categories; barred != 0) {
    const std::string list = codes_in(barred, data_categories());
    add(Severity::warning, "category_barred", list,
        {"it names " + list + ", which can never go by it: another secrecy over the same data always stays",
         "den nämner " + list + ", som aldrig kan lämnas genom den: annan sekretess för samma uppgift står alltid kvar",
         "Take the category out of the rule, or name what breaks the other provision.",
         "Ta bort kategorin ur regeln eller ange vad som bryter den andra bestämmelsen."});
  }
  if (!use.changes) {
    add(Severity::warning, "redundant", "",
        {"without it nothing would change, as the settings stand: the rules beside it already give the same (" +
             beside_in_words(a, use.beside) + ")",
         "utan den skulle inget ändras, så som inställningarna står: reglerna bredvid ger redan detsamma (" +
             beside_in_words(a, use.beside) + ")",
         "Take it away, or accept it with the reason why it is kept.",
         "Ta bort den, eller godkänn den med skälet till att den behålls."});
  }
}

}  // namespace

void analyse_cells(Analysis& a) {
  CellUse cells(a);
  for (std::size_t place = 0; place < a.model.index().rules.size(); ++place) {
    const auto& bits = a.model.index().rules[place];
    const Rule& rule = a.set.rules[static_cast<std::size_t>(bits.position)];
    if (rule.in_force_to.ok() && rule.in_force_to < a.input.at) {
      say(a.add(Severity::warning, "ended", rule.id, "", rule.place),
          {"it ended on " + to_string(rule.in_force_to) + " and counts for nothing",
           "den upphörde " + to_string(rule.in_force_to) + " och räknas inte",
           "Take it away, or have it reviewed and set a new in_force_to.",
           "Ta bort den, eller låt granska den och sätt ett nytt in_force_to."});
      continue;
    }
    report(a, rule, bits, cells.of(static_cast<int>(place)));
  }
}

}  // namespace samband
