// A small world to decide in: one sender, one recipient, persons p1.. and fields named by category.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "confidentiality/explain.hpp"
#include "confidentiality/rule_texts.hpp"

namespace samband::testing {

inline Time at(std::string_view text) { return parse_rfc3339(text).value(); }
inline Date day(std::string_view text) { return parse_date(text).value(); }

// Not a hash to trust: the rooms below the shell know no OpenSSL, and these tests only need "other bytes, other text".
inline std::string test_hash(std::string_view bytes) { return std::to_string(std::hash<std::string_view>{}(bytes)); }

// As shipped, or with the example municipality's answers to open questions. Most tests are about what a rule does once
// it counts, so they take the answers; shipped_rules_test.cpp holds the narrow side too.
inline std::shared_ptr<const RuleSet> rules_of(bool answered) {
  const auto config = std::filesystem::path(SAMBAND_SOURCE_DIR) / "config";
  auto loaded = load_rules(config / "rules", test_hash, answered ? config / "local" / "exempelkommun.toml" : "");
  if (!loaded) throw std::runtime_error(loaded.error().where + ": " + loaded.error().message);
  return loaded.value();
}
inline std::shared_ptr<const RuleSet> narrow_rules() {
  static const auto rules = rules_of(false);
  return rules;
}
inline std::shared_ptr<const RuleSet> shipped_rules() {
  static const auto rules = rules_of(true);
  return rules;
}

struct World {
  Party holder, recipient;
  std::vector<Field> fields;
  std::vector<Person> persons;
  std::vector<Fact> facts;
  std::vector<Consent> consents;
  std::vector<Agreement> agreements;
  std::string kind, purpose;
  Time now = at("2026-11-22T10:00:00Z");
  bool emergency = false, restricted = false;
  std::string emergency_reason = "child_in_danger";  // counts with `emergency` only
  Time emergency_since{};
  Initiative initiative = Initiative::own;
  bool nearest_change = true;

  World(std::string from, std::string to, std::string message_kind, std::string why)
      : kind(std::move(message_kind)), purpose(std::move(why)) {
    holder.id = "sender";
    holder.actor_type = std::move(from);
    recipient.id = "recipient";
    recipient.actor_type = std::move(to);
  }
  // Born so that the person is `age` on the day of the decision; -1 = unknown.
  Person& person(std::string role, int age) {
    Person p;
    p.ref = "p" + std::to_string(persons.size() + 1);
    p.role = std::move(role);
    p.subject_ref = "subject-" + p.ref;
    if (age >= 0)
      p.birth_date =
          Date{stockholm_date(now).year() - std::chrono::years{age}, std::chrono::January, std::chrono::day{1}};
    persons.push_back(p);
    return persons.back();
  }
  World& field(std::string category, std::vector<std::string> about = {"p1"}) {
    fields.push_back({"/f" + std::to_string(fields.size()), std::move(category), std::move(about)});
    return *this;
  }
  World& fact(std::string code, bool value, std::string person = "", std::string assessor = "anna") {
    facts.push_back({.code = std::move(code),
                     .value = value ? Truth::yes : Truth::no,
                     .person_ref = std::move(person),
                     .assessor_id = std::move(assessor),
                     .reason_code = {},
                     .at = now - std::chrono::hours{1}});
    return *this;
  }
  Consent& consent(std::string person, std::vector<std::string> categories, std::string giver = "self") {
    Consent c;
    c.id = "c" + std::to_string(consents.size() + 1);
    c.subject_ref = "subject-" + person;
    c.holder = holder.id;
    c.giver = std::move(giver);
    c.recipients = {recipient.id};
    c.purposes = {purpose};
    c.categories = std::move(categories);
    c.valid_from = now - std::chrono::hours{24};
    c.valid_to = now + std::chrono::hours{24};
    consents.push_back(c);
    return consents.back();
  }
  World& agreement(std::string from = "2026-01-01", std::string to = "2026-12-31") {
    agreements.push_back({"sig", {"sender", "recipient"}, day(from), day(to)});
    return *this;
  }
  DecisionRequest request() const {
    DecisionRequest r;
    r.at = now;
    r.holder = &holder;
    r.recipient = &recipient;
    r.purpose = purpose;
    r.kind = kind;
    r.nearest_change = nearest_change;
    r.initiative = initiative;
    r.emergency = emergency;
    r.emergency_reason = emergency_reason;
    r.emergency_since = emergency_since;
    r.recipient_restricted = restricted;
    r.fields = fields;
    r.persons = persons;
    r.facts = facts;
    r.consents = consents;
    r.agreements = agreements;
    return r;
  }
  Decision decide(const RuleSet& rules) const { return DecisionMaker::decide(request(), rules); }
  Decision decide() const { return decide(*shipped_rules()); }
};

inline std::string outcomes(const Decision& d) {
  std::string out;
  for (const auto& f : d.fields())
    out += f.outcome == FieldOutcome::release ? 'R' : f.outcome == FieldOutcome::hold ? 'H' : 'W';
  return out;
}

inline Citation any_citation() {
  return {.sfs = "2009:400", .chapter = "1", .section = "1", .paragraph = {}, .text = "X 1:1"};
}

// A rule set with one reverse-test provision "S" over police data and one rule "R" that breaks it for the social board.
inline RuleSet tiny_rules(std::vector<Condition> conditions = {}) {
  RuleSet set;
  Provision s;
  s.id = "S";
  s.holders = {"police"};
  s.test = "reverse";
  s.categories = {"identity", "event", "document", "health"};
  s.persons = {"*"};
  s.citation = any_citation();
  set.provisions.push_back(s);
  set.no_secrecy.push_back({{"*"}, {"envelope", "official"}, any_citation()});
  set.purposes.push_back(
      {"child_protection", "a", "a", {"identity", "event", "document", "official", "health", "school"}, {}});
  Rule r;
  r.id = "R";
  r.modality = "may";
  r.from = {"police"};
  r.to = {"social_board"};
  r.kinds = {"concern.report"};
  r.purposes = {"child_protection"};
  r.breaks = {"S"};
  r.persons = {"*"};
  r.categories = {"*"};
  r.conditions = std::move(conditions);
  r.citation = any_citation();
  set.rules.push_back(r);
  return set;
}

inline Condition needs_fact(std::string code, bool expected = true) {
  return {.type = Condition::Type::fact, .code = std::move(code), .codes = {}, .expected = expected};
}
inline Condition needs_consent() { return {.type = Condition::Type::consent, .code = {}, .codes = {}}; }

inline World tiny_world() {
  World w("police", "social_board", "concern.report", "child_protection");
  w.person("subject", 16);
  return w;
}

}  // namespace samband::testing
