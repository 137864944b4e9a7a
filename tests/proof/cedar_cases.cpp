#include "cedar_cases.hpp"

#include <set>

#include "random_world.hpp"
#include "reference.hpp"

namespace samband::proof {
namespace {

using namespace testing;

constexpr const char* kSettings[] = {"duty_breaks_protected_address",
                                     "balance_rule_10_15a",
                                     "cooperation_is_a_duty",
                                     "lob_assessment_is_balance",
                                     "one_guardian_suffices",
                                     "guardian_test_must_be_recorded",
                                     "serious_offence_limits_confirmed",
                                     "lvm_in_force",
                                     "bosamordnare_same_board",
                                     "kfm_children_with_notice",
                                     "necessity_break_glass",
                                     "contact_duty_reaches_protected_place",
                                     "eviction_notice_states_debt",
                                     "police_purpose_tested_before"};

json::array strings(const Strings& items) { return json::array(items.begin(), items.end()); }

// What is answered about somebody ("" = the whole exchange): newest record first, judgements with a name only. The
// reference works this out, not the engine.
json::object answers(const Reference& reference, const std::string& ref) {
  json::array yes, no;
  for (const auto code : fact_codes()) {
    const Truth value = reference.fact(std::string(code), ref);
    if (value == Truth::yes) yes.emplace_back(code);
    if (value == Truth::no) no.emplace_back(code);
  }
  return {{"yes", std::move(yes)}, {"no", std::move(no)}};
}

json::array consents_of(const World& w, const Person& p) {
  json::array out;
  for (const auto& c : w.consents) {
    if (c.subject_ref != p.subject_ref) continue;
    const auto from_now = [&](Time t) { return (t - w.now).count(); };
    json::object one{{"holder", c.holder},
                     {"giver", c.giver},
                     {"assessed", !c.maturity_assessor.empty()},
                     {"recipients", strings(c.recipients)},
                     {"purposes", strings(c.purposes)},
                     {"categories", strings(c.categories)},
                     {"begins", from_now(c.valid_from)},
                     {"ends", from_now(c.valid_to)}};
    if (c.revoked_at) one["revoked"] = from_now(*c.revoked_at);
    if (!c.agreement.empty()) one["agreement"] = c.agreement;
    out.emplace_back(std::move(one));
  }
  return out;
}

}  // namespace

std::uint64_t write_cedar_cases(std::uint64_t cases, std::uint64_t seed, std::ostream& out) {
  Dice dice(seed);
  std::uint64_t written = 0;
  while (written < cases) {
    const auto set = random_settings(dice);
    const auto w = random_world(dice, set);
    const auto request = w.request();
    const Reference reference{request, set};
    int subjects = 0;
    for (const auto& p : w.persons) subjects += p.role == "subject" || p.role == "tenant" ? 1 : 0;
    if (subjects > 2) continue;  // the policies speak of at most two
    const auto decision = DecisionMaker::decide(request, set);

    std::set<std::tuple<std::string, std::string, std::string, std::string>> pairs;
    std::set<std::pair<std::string, std::string>> judged;
    for (const auto& field : decision.fields()) {
      if (field.reason == "not_needed" || field.reason == "unknown_field") continue;
      for (const auto& person : field.field.persons) judged.emplace(field.field.category, person);
      if (field.field.persons.empty()) judged.emplace(field.field.category, "");
      for (const auto& cover : field.covers)
        pairs.emplace(field.field.category, cover.person, cover.provision, to_string(cover.cleared));
    }
    if (judged.empty()) continue;
    // What an exchange sets aside is the reference's to say; what then clears is asked of Cedar.
    const auto aside = reference.whole().aside;
    json::array settings, persons, fields, answered, agreements;
    for (const auto* name : kSettings)
      if (set.settings.*setting_named(name)) settings.emplace_back(name);
    for (const auto& p : w.persons) {
      auto one = answers(reference, p.ref);
      one["ref"] = p.ref;
      one["role"] = p.role;
      one["age"] = reference.age(p);
      one["protection"] = to_string(p.protection);
      one["harmless"] = reference.harmless(p);
      one["consents"] = consents_of(w, p);
      persons.emplace_back(std::move(one));
    }
    for (const auto& [category, person] : judged) fields.push_back(json::array{category, person});
    for (const auto& [category, person, provision, cleared] : pairs)
      answered.push_back(json::array{category, person, provision, cleared});
    for (const auto& a : w.agreements)
      if (reference.agreement(a.id)) agreements.emplace_back(a.id);
    const Time since = w.emergency_since == Time{} ? w.now : w.emergency_since;
    const bool raised = w.emergency && contains(emergency_reasons(), w.emergency_reason) && since <= w.now;
    written += pairs.size();
    out << json::serialize(json::object{{"from", w.holder.actor_type},
                                        {"to", w.recipient.actor_type},
                                        {"holder", w.holder.id},
                                        {"recipient", w.recipient.id},
                                        {"kind", w.kind},
                                        {"purpose", w.purpose},
                                        {"initiative", to_string(w.initiative)},
                                        {"date", to_string(reference.today)},
                                        {"emergency", raised ? (w.now - since).count() : -1},
                                        {"agreements", std::move(agreements)},
                                        {"settings", std::move(settings)},
                                        {"aside", strings({aside.begin(), aside.end()})},
                                        {"whole", answers(reference, "")},
                                        {"persons", std::move(persons)},
                                        {"fields", std::move(fields)},
                                        {"answers", std::move(answered)}})
        << '\n';
  }
  return written;
}

}  // namespace samband::proof
