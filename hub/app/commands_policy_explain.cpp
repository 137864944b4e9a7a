// samband policy explain: why an exchange was decided as it was, or what the rules would decide about a message, and
// what if something were otherwise. Sends nothing, changes nothing.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "app/commands.hpp"
#include "app/recorded.hpp"
#include "confidentiality/explain.hpp"
#include "exchange/answer.hpp"
#include "exchange/text.hpp"
#include "identity/read_message.hpp"
#include "keys/crypto.hpp"
#include "model/kinds.hpp"

namespace samband::cli {
namespace {

void print_fields(const json::array& rows, const std::string& lang) {
  for (const auto& line : explain_fields(rows, lang)) std::cout << "    " << line << "\n";
}

// -- a message, and what if -------------------------------------------------------------------------------------------

struct WhatIf {
  struct Answer {
    std::string code, person;  // person "" = whoever the fact could be about
    Truth value = Truth::unknown;
  };
  std::vector<Answer> facts;
  std::vector<std::string> consenting;  // refs; "" = everybody
  bool without_consent = false;
  bool any() const { return !facts.empty() || !consenting.empty() || without_consent; }
};

// "fact:CODE=true|false|unknown", "consent"; each may end in "@PERSON".
std::optional<WhatIf> what_if_of(const Arguments& a, const std::vector<Person>& persons) {
  WhatIf out;
  out.without_consent = a.has("without-consent");
  const auto wrong = [](const std::string& text) {
    complain("--with: " + text);
    return std::nullopt;
  };
  for (std::string text : a.all("with")) {
    std::string person;
    if (const auto at = text.find('@'); at != std::string::npos) {
      person = text.substr(at + 1);
      text.resize(at);
      if (std::none_of(persons.begin(), persons.end(), [&](const Person& p) { return p.ref == person; }))
        return wrong("the message has no such person");
    }
    if (text == "consent") {
      out.consenting.push_back(person);
      continue;
    }
    const auto equals = text.find('=');
    if (!text.starts_with("fact:") || equals == std::string::npos)
      return wrong("expects fact:CODE=true, =false or =unknown, or consent; each may end in @PERSON");
    WhatIf::Answer answer{.code = text.substr(5, equals - 5), .person = person, .value = Truth::unknown};
    if (!contains(fact_codes(), answer.code)) return wrong("no such fact (docs/vocabulary.md)");
    const auto value = text.substr(equals + 1);
    if (value != "true" && value != "false" && value != "unknown") return wrong("expects true, false or unknown");
    if (value != "unknown") answer.value = value == "true" ? Truth::yes : Truth::no;
    out.facts.push_back(std::move(answer));
  }
  return out;
}

// The message's own consents, as the hub would record them.
std::vector<Consent> carried_consents(const Message& message, Time now) {
  std::vector<Consent> out;
  const json::value* list = find_pointer(message.data, "/consents");
  if (!list || !list->is_array()) return out;
  for (const json::value& item : list->get_array()) {
    Consent consent = consent_from(item, message.sender, now);
    consent.id = "consent-" + std::to_string(out.size() + 1);
    for (const Person& p : message.persons)
      if (p.ref == text_at(item, "/person")) consent.subject_ref = p.subject_ref;
    if (!consent.subject_ref.empty()) out.push_back(std::move(consent));
  }
  return out;
}

// What a person's full consent would be: alone when grown up, else both guardians with the child.
Consent full_consent(const Person& person, const DecisionRequest& request) {
  Consent out;
  out.id = "what-if-" + person.ref;
  out.subject_ref = person.subject_ref;
  out.holder = request.holder->id;
  const bool adult = person.birth_date && age_on(*person.birth_date, stockholm_date(request.at)) >= 18;
  out.giver = adult ? "self" : "both_guardians_and_child";
  out.maturity_assessor = "what-if";
  out.recipients = {request.recipient->id};
  out.purposes = {request.purpose};
  out.categories.assign(data_categories().begin(), data_categories().end());
  out.valid_from = request.at - std::chrono::hours{1};
  out.valid_to = request.at + std::chrono::hours{1};
  return out;
}

std::vector<Fact> changed(std::vector<Fact> facts, const WhatIf& what_if, Time now) {
  for (const auto& answer : what_if.facts) {
    std::erase_if(facts, [&](const Fact& f) {
      return f.code == answer.code && (answer.person.empty() || f.person_ref == answer.person || f.person_ref.empty());
    });
    if (answer.value != Truth::unknown)
      facts.push_back({.code = answer.code,
                       .value = answer.value,
                       .person_ref = answer.person,
                       .assessor_id = "what-if",
                       .reason_code = {},
                       .at = now});
  }
  return facts;
}

// What is decided, and in the light of what: the rule set and where it came from, and how many consents the hub has
// registered for these persons (nothing where its store or keys cannot be read).
struct Light {
  ChosenRules rules;
  std::optional<std::size_t> registered;
};

// One candidate decided as things are and as they would be; prints it, or adds it to `out`. Does it leave?
bool explain_one(const Arguments& a, const Light& light, DecisionRequest request, const WhatIf& what_if,
                 const std::string& recorded, json::array& out) {
  const RuleSet& rules = *light.rules.set;
  request.nearest_change = true;
  const Outcome before = DecisionMaker::decide(request, rules).outcome();
  const std::vector<Fact> facts = changed({request.facts.begin(), request.facts.end()}, what_if, request.at);
  std::vector<Consent> consents;
  if (!what_if.without_consent) consents.assign(request.consents.begin(), request.consents.end());
  for (const auto& ref : what_if.consenting)
    for (const Person& p : request.persons)
      if (ref.empty() || ref == p.ref) consents.push_back(full_consent(p, request));
  request.facts = facts;
  request.consents = consents;
  const Decision decision = DecisionMaker::decide(request, rules);
  const ExplainWith with{.request = &request, .inputs_hash = crypto::sha256_hex(inputs_text(request))};
  json::object shown = describe(decision, rules, with);
  shown["recipient"] = request.recipient->id;
  shown["purpose"] = request.purpose;
  shown["outcome"] = to_string(decision.outcome());
  shown["rulesFrom"] = light.rules.from;
  shown["registeredConsents"] = light.registered ? json::value(*light.registered) : json::value(nullptr);
  if (what_if.any()) shown["before"] = to_string(before);
  if (!recorded.empty()) shown["recorded"] = recorded;
  if (!a.json()) {
    std::cout << request.holder->id << " -> " << request.recipient->id << " (" << request.purpose << "): ";
    if (!recorded.empty()) std::cout << "recorded " << recorded << ", now ";
    if (what_if.any()) std::cout << to_string(before) << " => ";
    std::cout << to_string(decision.outcome()) << "\n  " << explain_in_words(decision, rules, a.get("lang")) << "\n";
    print_fields(shown["explanation"].get_array(), a.get("lang"));
    std::cout << "  rules " << rules.hash << " (" << light.rules.from << "), registered consents: "
              << (light.registered ? std::to_string(*light.registered) : std::string("not known here")) << "\n\n";
  }
  if (a.has("full")) shown["explanation"] = explanation(decision, rules, with);
  out.push_back(std::move(shown));
  return decision.permits();
}

std::optional<Time> time_of(const Arguments& a) {
  if (!a.has("at")) return system_clock().now();
  auto at = parse_rfc3339(a.get("at"));
  if (!at) return complain("--at: expects a time as 2026-11-22T10:00:00Z"), std::nullopt;
  return *at;
}

int explain_message(const Arguments& a, const Config& config, const std::string& text) {
  // Beside a hub: what it has published and registered. Elsewhere: the files on disk and nothing registered.
  auto store = store_to_read(config);
  auto rules = choose_rules(config, a.get("rules"), store ? store->get() : nullptr);
  if (!rules) return complain(in_words(rules.error()));
  Light light{std::move(*rules), std::nullopt};
  auto kinds = Kinds::load(config.schemas_dir);
  if (!kinds) return complain(in_words(kinds.error()));
  auto canonical = parse_json(text);
  if (!canonical) return complain(a.positional().front() + ": " + in_words(canonical.error()));
  const auto at = time_of(a);
  if (!at) return kUsage;
  const Time now = *at;
  const json::value* data = find_pointer(*canonical, "/data");
  const Kind* kind = data && data->is_object() ? kinds->find(string_at(data->get_object(), "kind")) : nullptr;
  if (!kind) return complain("/data/kind: unknown message kind");
  if (auto problems = kind->schema.validate(*data); !problems.empty()) {
    for (const Error& e : problems) complain("/data" + in_words(e));
    return kFailed;
  }
  auto message = read_message(*canonical, stockholm_date(now));
  if (!message) return complain(in_words(message.error()));
  const Party* from = config.parties.find(a.get("from"));
  if (!from) return complain("--from: no such party"), kUsage;
  message->sender = from->id;
  message->received_at = now;

  std::vector<Candidate> candidates;
  if (a.has("to")) {
    const Party* to = config.parties.find(a.get("to"));
    if (!to) return complain("--to: no such party"), kUsage;
    if (!light.rules.set->purpose(a.get("purpose"))) return complain("--purpose: no such purpose in the rules"), kUsage;
    candidates.push_back(Candidate{to, a.get("purpose"), "command line", false});
  } else {
    candidates = config.routes.candidates(*message, *from, config.parties, config.agreements, now);
  }
  if (candidates.empty()) return complain("no route leads anywhere for this message");
  const auto what_if = what_if_of(a, message->persons);
  if (!what_if) return kUsage;

  auto keys = store ? KeyStore::open(config.keys_dir) : Result<std::unique_ptr<KeyStore>>(store.error());
  std::vector<std::string> refs;
  for (std::size_t i = 0; i < message->persons.size(); ++i) {
    Person& p = message->persons[i];
    // Without the hub's keys persons are told apart within this message only.
    p.subject_ref = keys ? subject_reference(**keys, p, message->data, i) : "message:" + p.ref;
    refs.push_back(p.subject_ref);
  }
  std::vector<Consent> consents;
  if (keys) {
    auto registered = (*store)->consents_of(refs);
    if (!registered) return complain(in_words(registered.error()));
    light.registered = registered->size();
    consents = std::move(*registered);
  }
  for (Consent& carried : carried_consents(*message, now)) consents.push_back(std::move(carried));
  const auto fields = fields_of(*kind, message->data, message->persons);
  const auto stated = stated_facts(*kind, message->data, fields, message->facts, message->sent_at);
  message->facts.insert(message->facts.end(), stated.begin(), stated.end());
  for (Fact& fact : message->facts) fact.at = std::min(fact.at, now);
  json::array out;
  bool sent = true;
  for (const Candidate& candidate : candidates) {
    DecisionRequest request;
    request.at = now;
    request.holder = from;
    request.recipient = candidate.recipient;
    request.purpose = candidate.purpose;
    request.kind = message->kind;
    request.initiative = initiative_of(*kind, message->data);
    request.emergency = message->emergency;
    request.emergency_reason = message->emergency_reason;
    request.emergency_since = message->received_at;
    request.recipient_restricted =
        std::any_of(config.parties.all().begin(), config.parties.all().end(),
                    [&](const Party& p) { return p.restricted_recipient == candidate.recipient->id; });
    request.fields = fields;
    request.persons = message->persons;
    request.facts = message->facts;
    request.consents = consents;
    request.agreements = config.agreements;
    sent = explain_one(a, light, request, *what_if, "", out) && sent;
  }
  if (a.json()) std::cout << json::serialize(out) << "\n";
  return sent ? kOk : kFailed;
}

// -- a recorded exchange ----------------------------------------------------------------------------------------------

// As it was recorded.
int show_recorded(const Arguments& a, const ExchangeRow& r) {
  const json::object shown = show_exchange(r);
  const bool permitted = r.outcome == "released" || r.outcome == "partial";
  if (a.json()) {
    std::cout << json::serialize(shown) << "\n";
    return permitted ? kOk : kFailed;
  }
  const std::string lang = a.get("lang");
  std::cout << r.sender << " -> " << r.recipient << " (" << r.purpose << "): " << r.outcome << "\n";
  if (const auto* words = shown.if_contains("words"); words && words->is_object())
    std::cout << "  " << string_at(words->get_object(), lang) << "\n";
  if (const auto* rows = shown.if_contains("explanation"); rows && rows->is_array())
    print_fields(rows->get_array(), lang);
  std::cout << "  " << to_rfc3339(r.created_at) << ", rules " << string_at(shown, "rulesetHash") << ", inputs "
            << string_at(shown, "inputsHash") << "\n";
  return permitted ? kOk : kFailed;
}

// Decided again with what the hub has on record today, and with what the options change of it.
int decide_again(const Arguments& a, const Config& config, Store& store, const ExchangeRow& row) {
  auto rules = choose_rules(config, a.get("rules"), &store);
  if (!rules) return complain(in_words(rules.error()));
  const auto now = time_of(a);
  if (!now) return kUsage;
  auto recorded = Recorded::open(config, store);
  if (!recorded) return complain(in_words(recorded.error()));
  const Parties& parties = (*recorded)->parties();
  const Party *holder = parties.find(row.sender), *recipient = parties.find(row.recipient);
  if (!holder || !recipient) return complain("a party of the exchange is no longer configured");
  auto source = (*recorded)->reader().source_of(row);
  if (!source) return complain("its message can no longer be read: " + in_words(source.error()));
  auto grounds = (*recorded)->reader().grounds(**source, row.id);
  if (!grounds) return complain(in_words(grounds.error()));
  const auto what_if = what_if_of(a, (*source)->message.persons);
  if (!what_if) return kUsage;
  const DecisionRequest request =
      request_for(**source, *holder, *recipient, row.purpose, *grounds, parties, config.agreements, *now);
  json::array out;
  const bool sent =
      explain_one(a, Light{std::move(*rules), grounds->consents.size()}, request, *what_if, row.outcome, out);
  if (a.json()) std::cout << json::serialize(out) << "\n";
  return sent ? kOk : kFailed;
}

int explain_exchange(const Arguments& a, const Config& config) {
  for (const char* fixed : {"from", "to", "purpose"})
    if (a.has(fixed)) return complain(std::string("--") + fixed + ": only with a message file"), kUsage;
  auto store = store_to_read(config);
  if (!store) return complain(in_words(store.error()));
  auto row = (*store)->exchange(a.positional().front());
  if (!row) return complain(in_words(row.error()));
  if (!row->has_value()) return complain("neither a file that can be read nor an exchange");
  const bool again = a.has("with") || a.has("without-consent") || a.has("at") || a.has("rules") || a.has("full");
  return again ? decide_again(a, config, **store, **row) : show_recorded(a, **row);
}

int explain(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  const std::string& name = a.positional().front();
  std::error_code error;
  const bool id = name.size() == 36 && name.find_first_not_of("0123456789abcdef-") == std::string::npos;
  if (id && !std::filesystem::exists(name, error)) return explain_exchange(a, *config);
  std::ifstream in(name, std::ios::binary);
  if (!in) return complain(name + ": cannot be read");
  return explain_message(a, *config, std::string(std::istreambuf_iterator<char>(in), {}));
}

}  // namespace

void add_policy_explain(std::vector<Command>& commands) {
  commands.push_back(
      {"policy explain",
       "Says what the rules decide about a message or decided about an exchange, and why; sends nothing",
       "FILE|EXCHANGE",
       "FILE is a canonical message (docs/vocabulary.md). Beside a hub it is decided by the published rule set and "
       "with the "
       "consents that the hub has registered; elsewhere by the files on disk. EXCHANGE is the id of a recorded "
       "exchange: its decision as it was recorded; with --with, --without-consent, --at, --rules or --full decided "
       "again, with what is on record today. The answer says which rule set it was. Exit code 1 when any exchange "
       "would "
       "be held or refused.",
       {kConfigOption,
        kJsonOption,
        {"from", "PARTY", "the sender", ""},
        {"to", "PARTY", "one recipient (default: by route)", ""},
        {"purpose", "PURPOSE", "with --to", ""},
        {"at", "TIME", "decide as at this time", ""},
        {"with", "WHAT", "what if: fact:CODE=true, =false, =unknown, or consent; @PERSON for one; may be repeated", "",
         true},
        {"without-consent", "", "what if: no consent, registered ones neither", ""},
        {"rules", "DIR", "decide by the rule files of this folder", ""},
        kLangOption,
        {"full", "", "with --json: the whole explanation, envelope included", ""}},
       explain});
}

}  // namespace samband::cli
