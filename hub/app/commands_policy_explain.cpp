// samband policy explain: why an exchange was decided as it was, or what the rules would decide about a message, and
// what if something were otherwise. Sends nothing, changes nothing.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "app/commands.hpp"
#include "app/settings.hpp"
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

// -- a recorded exchange ----------------------------------------------------------------------------------------------

int explain_exchange(const Arguments& a, const Config& config) {
  for (const char* what_if : {"with", "without-consent", "at", "from", "to", "purpose"})
    if (a.has(what_if)) return complain(std::string("--") + what_if + ": only with a message file"), kUsage;
  auto store = store_to_read(config);
  if (!store) return complain(in_words(store.error()));
  auto row = (*store)->exchange(a.positional().front());
  if (!row) return complain(in_words(row.error()));
  if (!row->has_value()) return complain("neither a file that can be read nor an exchange");
  const json::object shown = show_exchange(**row);
  const ExchangeRow& r = **row;
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

// The message's own consents, as the hub would record them. Registered ones are the hub's to know.
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

int explain_message(const Arguments& a, const Config& config, const std::string& text) {
  auto rules = rules_of(config);
  if (!rules) return complain(in_words(rules.error()));
  auto kinds = Kinds::load(config.schemas_dir);
  if (!kinds) return complain(in_words(kinds.error()));
  auto canonical = parse_json(text);
  if (!canonical) return complain(a.positional().front() + ": " + in_words(canonical.error()));
  Time now = system_clock().now();
  if (a.has("at")) {
    auto at = parse_rfc3339(a.get("at"));
    if (!at) return complain("--at: expects a time as 2026-11-22T10:00:00Z"), kUsage;
    now = *at;
  }
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
  for (Person& p : message->persons) p.subject_ref = "message:" + p.ref;  // told apart within this message only

  std::vector<Candidate> candidates;
  if (a.has("to")) {
    const Party* to = config.parties.find(a.get("to"));
    if (!to) return complain("--to: no such party"), kUsage;
    if (!(*rules)->purpose(a.get("purpose"))) return complain("--purpose: no such purpose in the rules"), kUsage;
    candidates.push_back(Candidate{to, a.get("purpose"), "command line", false});
  } else {
    candidates = config.routes.candidates(*message, *from, config.parties, config.agreements, now);
  }
  if (candidates.empty()) return complain("no route leads anywhere for this message");
  const auto what_if = what_if_of(a, message->persons);
  if (!what_if) return kUsage;
  const auto fields = fields_of(*kind, message->data, message->persons);
  const auto stated = stated_facts(*kind, message->data, fields, message->facts, message->sent_at);
  message->facts.insert(message->facts.end(), stated.begin(), stated.end());
  for (Fact& fact : message->facts) fact.at = std::min(fact.at, now);
  const auto carried = carried_consents(*message, now);
  const auto facts = changed(message->facts, *what_if, now);
  json::array out;
  bool sent = true;
  for (const Candidate& candidate : candidates) {
    DecisionRequest request;
    request.at = now;
    request.holder = from;
    request.recipient = candidate.recipient;
    request.purpose = candidate.purpose;
    request.kind = message->kind;
    request.nearest_change = true;
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
    request.consents = carried;
    request.agreements = config.agreements;
    const Outcome before = DecisionMaker::decide(request, **rules).outcome();
    std::vector<Consent> consents = what_if->without_consent ? std::vector<Consent>{} : carried;
    for (const auto& ref : what_if->consenting)
      for (const Person& p : message->persons)
        if (ref.empty() || ref == p.ref) consents.push_back(full_consent(p, request));
    request.facts = facts;
    request.consents = consents;
    const Decision decision = DecisionMaker::decide(request, **rules);
    sent = sent && decision.permits();
    const ExplainWith with{.request = &request, .inputs_hash = crypto::sha256_hex(inputs_text(request))};
    json::object shown = describe(decision, **rules, with);
    shown["recipient"] = candidate.recipient->id;
    shown["purpose"] = candidate.purpose;
    shown["outcome"] = to_string(decision.outcome());
    if (what_if->any()) shown["before"] = to_string(before);
    if (!a.json()) {
      std::cout << from->id << " -> " << candidate.recipient->id << " (" << candidate.purpose << "): ";
      if (what_if->any()) std::cout << to_string(before) << " => ";
      std::cout << to_string(decision.outcome()) << "\n  " << explain_in_words(decision, **rules, a.get("lang"))
                << "\n";
      print_fields(shown["explanation"].get_array(), a.get("lang"));
      std::cout << "\n";
    }
    if (a.has("full")) shown["explanation"] = explanation(decision, **rules, with);
    out.push_back(std::move(shown));
  }
  if (a.json()) std::cout << json::serialize(out) << "\n";
  return sent ? kOk : kFailed;
}

int explain(const Arguments& a) {
  if (a.get("lang") != "sv" && a.get("lang") != "en") return complain("--lang: sv or en"), kUsage;
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
       "FILE is a canonical message (docs/vocabulary.md); consents that the hub has registered are not known here, "
       "--with consent stands for them. EXCHANGE is the id of a recorded exchange: its decision as it was recorded. "
       "Exit "
       "code 1 when any exchange would be held or refused.",
       {kConfigOption,
        kJsonOption,
        {"from", "PARTY", "the sender", ""},
        {"to", "PARTY", "one recipient (default: by route)", ""},
        {"purpose", "PURPOSE", "with --to", ""},
        {"at", "TIME", "decide as at this time", ""},
        {"with", "WHAT", "what if: fact:CODE=true, =false, =unknown, or consent; @PERSON for one; may be repeated", "",
         true},
        {"without-consent", "", "what if: none of the message's consents", ""},
        {"lang", "sv|en", "language", "sv"},
        {"full", "", "with --json: the whole explanation, envelope included", ""}},
       explain});
}

}  // namespace samband::cli
