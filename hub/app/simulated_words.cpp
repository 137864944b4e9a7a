#include "app/simulated_words.hpp"

#include <algorithm>
#include <iterator>

#include "confidentiality/words.hpp"

namespace samband::cli {
namespace {

using Counts = ChangedExchange::Counts;
using Duty = ChangedExchange::Duty;
using Turn = ChangedExchange::Turn;
using List = std::vector<std::string>;

std::string joined(const List& items, std::string_view between = ", ") {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : std::string(between)) + item;
  return out;
}

// What `has` has and `lacks` has not; both are sorted.
List beyond(const List& has, const List& lacks) {
  List out;
  std::set_difference(has.begin(), has.end(), lacks.begin(), lacks.end(), std::back_inserter(out));
  return out;
}

class Sentences {
 public:
  Sentences(const ChangedExchange& changed, const RuleSet& before, const RuleSet& after, bool swedish)
      : c_(changed), before_(before), after_(after), sv_(swedish) {}

  std::string all() {
    out_ = c_.id + "  " + c_.kind + say(", för ", ", for ") + purpose() + "\n  " + party(c_.sender) + " -> " +
           party(c_.recipient) + ": " + outcome(c_.before) + " -> " + outcome(c_.after) + "\n";
    for (const auto& [category, pair] : c_.categories)
      line(category == "unknown" ? say("okänt fält", "unknown field") : category_in_words(category, sv_),
           counts(pair.first) + " -> " + counts(pair.second) +
               (pair.first == pair.second ? say(" (andra uppgifter eller personer, eller minimerade på annat sätt)",
                                                " (other fields or persons, or minimised otherwise)")
                                          : ""));
    if (c_.before.duty != c_.after.duty)
      line(say("skyldighet", "duty"), duty(c_.before.duty) + " -> " + duty(c_.after.duty));
    if (c_.before.expires_at != c_.after.expires_at)
      line(say("gäller till", "stands until"), time(c_.before.expires_at) + " -> " + time(c_.after.expires_at));
    if (c_.before.hold_days && c_.after.hold_days && c_.before.hold_days != c_.after.hold_days)
      line(say("vila utan svar avslutas efter", "a hold without answer ends after"),
           days(*c_.before.hold_days) + " -> " + days(*c_.after.hold_days));
    both(c_.before.obligations, c_.after.obligations, say("krävs inte längre", "no longer required"),
         say("krävs nu", "now required"), obligation_in_words);
    both(c_.before.unassigned, c_.after.unassigned,
         say("inte längre utan utförare", "no longer without anybody to do it"),
         say("nu utan utförare", "now without anybody to do it"), obligation_in_words);
    both(c_.before.missing, c_.after.missing, say("svar som inte längre behövs", "answers no longer needed"),
         say("svar som nu behövs", "answers now needed"), fact_in_words);
    if (c_.before.consents != c_.after.consents)
      line(say("samtycken som det vilar på", "consents it rests on"),
           std::to_string(c_.before.consents.size()) + " -> " + std::to_string(c_.after.consents.size()));
    rules(beyond(c_.before.rules, c_.after.rules), before_,
          say("regel som inte längre bidrar", "rule that no longer contributes"));
    rules(beyond(c_.after.rules, c_.before.rules), after_, say("regel som nu bidrar", "rule that now contributes"));
    List items;
    for (const ItemChange& item : c_.items) {
      List members;
      for (const auto& member : item.members) members.push_back(member.name);
      items.push_back(item_in_words(item, sv_) + (members.empty() ? "" : " (" + joined(members) + ")"));
    }
    if (!items.empty()) line(say("ändrat i det som styr utbytet", "changed in what governs it"), joined(items, "; "));
    return std::move(out_);
  }

 private:
  std::string say(std::string_view sv, std::string_view en) const { return std::string(sv_ ? sv : en); }
  void line(const std::string& what, const std::string& how) { out_ += "    " + what + ": " + how + "\n"; }

  template <class InWords>
  void both(const List& before, const List& after, const std::string& lost, const std::string& gained,
            InWords in_words) {
    for (const auto& [what, codes] : {std::pair{lost, beyond(before, after)}, {gained, beyond(after, before)}}) {
      List words;
      for (const auto& code : codes) words.push_back(in_words(code, sv_));
      if (!words.empty()) line(what, joined(words, "; "));
    }
  }
  void rules(const List& ids, const RuleSet& set, const std::string& what) {
    for (const auto& id : ids) {
      const Rule* rule = set.rule(id);
      line(what, id + (rule != nullptr ? " \"" + say(rule->title_sv, rule->title_en) + "\"" : ""));
    }
  }

  std::string purpose() const {
    const Purpose* known = after_.purpose(c_.purpose);
    if (known == nullptr) known = before_.purpose(c_.purpose);
    return known != nullptr ? "\"" + say(known->name_sv, known->name_en) + "\"" : c_.purpose;
  }
  std::string party(const Party& party) const { return actor_in_words(party.actor_type, sv_) + " (" + party.id + ")"; }
  std::string outcome(const ChangedExchange::Side& side) const {
    static const Dictionary kNames = {{"released", {"utlämnat", "released"}},
                                      {"partial", {"delvis utlämnat", "partly released"}},
                                      {"held", {"vilar", "held"}},
                                      {"refused", {"inte utlämnat", "refused"}}};
    const bool stays = side.outcome == Outcome::held || side.outcome == Outcome::refused;
    return word(kNames, to_string(side.outcome), sv_) + (stays ? " (" + reason_in_words(side.reason, sv_) + ")" : "");
  }
  std::string counts(const Counts& c) const {
    List parts;
    const auto add = [&](int n, const std::string& what) {
      if (n > 0) parts.push_back(std::to_string(n) + " " + what);
    };
    add(c.released, say("lämnas ut", "released"));
    if (c.minimised > 0) parts.back() += " (" + std::to_string(c.minimised) + say(" minimerade", " minimised") + ")";
    add(c.held, say("vilar", "held"));
    add(c.withheld, say("lämnas inte ut", "withheld"));
    List reasons;
    for (const auto& reason : c.reasons) reasons.push_back(reason_in_words(reason, sv_));
    return joined(parts) + (reasons.empty() ? "" : " (" + joined(reasons, "; ") + ")");
  }
  std::string duty(const std::optional<Duty>& duty) const {
    if (!duty) return say("ingen", "none");
    return duty->rule + ", " + (duty->modality == "must" ? say("ska", "must") : say("bör", "should")) + ", " +
           deadline_in_words(duty->deadline, sv_) + " (" + to_rfc3339(duty->due) + ")";
  }
  std::string time(const std::optional<Time>& at) const { return at ? to_rfc3339(*at) : say("utan gräns", "no limit"); }
  std::string days(int n) const {
    if (n == 0) return say("så länge hub.toml säger", "as long as hub.toml says");
    return std::to_string(n) + (n == 1 ? say(" dag", " day") : say(" dagar", " days"));
  }

  const ChangedExchange& c_;
  const RuleSet &before_, &after_;
  const bool sv_;
  std::string out_;
};

json::array strings(const List& items) { return json::array(items.begin(), items.end()); }

json::object gained_and_lost(const List& before, const List& after) {
  return {{"gained", strings(beyond(after, before))}, {"lost", strings(beyond(before, after))}};
}

template <class Value>
json::object two(const Value& before, const Value& after) {
  return {{"before", before}, {"after", after}};
}

json::value as_json(const Counts& c) {
  return json::object{{"released", c.released},
                      {"minimised", c.minimised},
                      {"held", c.held},
                      {"withheld", c.withheld},
                      {"reasons", strings(c.reasons)}};
}
json::value as_json(const std::optional<Duty>& duty) {
  if (!duty) return nullptr;
  return json::object{
      {"rule", duty->rule}, {"modality", duty->modality}, {"deadline", duty->deadline}, {"due", to_rfc3339(duty->due)}};
}
json::value as_json(const std::optional<Time>& at) { return at ? json::value(to_rfc3339(*at)) : json::value(nullptr); }
json::value as_json(const std::optional<int>& n) { return n ? json::value(*n) : json::value(nullptr); }

}  // namespace

std::string in_words(const ChangedExchange& c, const RuleSet& before, const RuleSet& after, bool swedish) {
  return Sentences(c, before, after, swedish).all();
}

json::object as_json(const ChangedExchange& c) {
  json::object categories;
  for (const auto& [category, pair] : c.categories)
    categories[category] = two(as_json(pair.first), as_json(pair.second));
  json::array items;
  for (const ItemChange& item : c.items) {
    List members;
    for (const auto& member : item.members) members.push_back(member.name);
    items.push_back(
        json::object{{"kind", item.kind}, {"id", item.id}, {"how", item.how}, {"members", strings(members)}});
  }
  return {{"exchange", c.id},
          {"sender", c.sender.id},
          {"recipient", c.recipient.id},
          {"kind", c.kind},
          {"purpose", c.purpose},
          {"turn", to_string(c.turn)},
          {"before", to_string(c.before.outcome)},
          {"after", to_string(c.after.outcome)},
          {"reason", two(c.before.reason, c.after.reason)},
          {"categories", std::move(categories)},
          {"duty", two(as_json(c.before.duty), as_json(c.after.duty))},
          {"expiresAt", two(as_json(c.before.expires_at), as_json(c.after.expires_at))},
          {"holdDays", two(as_json(c.before.hold_days), as_json(c.after.hold_days))},
          {"obligations", gained_and_lost(c.before.obligations, c.after.obligations)},
          {"unassigned", gained_and_lost(c.before.unassigned, c.after.unassigned)},
          {"missing", gained_and_lost(c.before.missing, c.after.missing)},
          {"consents", two(c.before.consents.size(), c.after.consents.size())},
          {"rules", gained_and_lost(c.before.rules, c.after.rules)},
          {"items", std::move(items)}};
}

std::string sum_in_words(const Simulated& done, bool sv) {
  const auto say = [sv](std::string_view swedish, std::string_view english) {
    return std::string(sv ? swedish : english);
  };
  const auto count = [&](Turn turn) { return std::to_string(done.turns.at(turn)); };
  std::string out = std::to_string(done.exchanges) +
                    say(" utbyten avgjorda av båda regelverken, ", " exchanges decided by both sets, ") +
                    std::to_string(done.changed) + say(" skulle bli annorlunda", " would come out otherwise");
  if (done.changed > 0) {
    out += ": " + count(Turn::more) + say(" lämnar ut mer, ", " more released, ") + count(Turn::less) +
           say(" mindre, ", " less, ");
    if (done.turns.at(Turn::both) > 0)
      out += count(Turn::both) + say(" både mer och mindre, ", " both more and less, ");
    if (done.turns.at(Turn::stays) > 0)
      out += count(Turn::stays) + say(" vilar eller nekas på annat sätt, ", " held or refused otherwise, ");
    out += count(Turn::only) + say(" bara skyldighet, krav eller grund", " only duty, obligations or ground");
  }
  if (done.unreadable > 0)
    out += "; " + std::to_string(done.unreadable) +
           say(" kunde inte läsas (raderade, eller en part finns inte kvar)",
               " could not be read (erased, or a party is gone)");
  return out;
}

}  // namespace samband::cli
