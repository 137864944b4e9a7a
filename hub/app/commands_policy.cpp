// samband policy explain | list: what the rules would decide about a message, without a hub and without sending.
#include <fstream>
#include <iostream>
#include <iterator>

#include "app/commands.hpp"
#include "app/settings.hpp"
#include "confidentiality/decide.hpp"
#include "exchange/answer.hpp"
#include "identity/read_message.hpp"
#include "model/kinds.hpp"

namespace samband::cli {
namespace {

bool is_language(const std::string& lang) { return lang == "sv" || lang == "en"; }

int explain(const Arguments& a) {
  if (!is_language(a.get("lang"))) return complain("--lang: sv or en"), kUsage;
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto rules = rules_of(*config);
  if (!rules) return complain(in_words(rules.error()));
  auto kinds = Kinds::load(config->schemas_dir);
  if (!kinds) return complain(in_words(kinds.error()));
  std::ifstream in(a.positional().front(), std::ios::binary);
  if (!in) return complain(a.positional().front() + ": cannot be read");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  auto canonical = parse_json(text);
  if (!canonical) return complain(in_words(canonical.error()));
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
  const Party* from = config->parties.find(a.get("from"));
  if (!from) return complain("--from: no such party"), kUsage;
  message->sender = from->id;
  message->received_at = now;

  std::vector<Candidate> candidates;
  if (a.has("to")) {
    const Party* to = config->parties.find(a.get("to"));
    if (!to) return complain("--to: no such party"), kUsage;
    if (!(*rules)->purpose(a.get("purpose"))) return complain("--purpose: no such purpose in the rules"), kUsage;
    candidates.push_back(Candidate{to, a.get("purpose"), "command line", false});
  } else {
    candidates = config->routes.candidates(*message, *from, config->parties, config->agreements, now);
  }
  if (candidates.empty()) return complain("no route leads anywhere for this message");
  const auto fields = fields_of(*kind, message->data, message->persons);
  const auto stated = stated_facts(*kind, message->data, fields, message->facts, message->sent_at);
  message->facts.insert(message->facts.end(), stated.begin(), stated.end());
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
        std::any_of(config->parties.all().begin(), config->parties.all().end(),
                    [&](const Party& p) { return p.restricted_recipient == candidate.recipient->id; });
    request.fields = fields;
    request.persons = message->persons;
    request.facts = message->facts;
    request.agreements = config->agreements;
    const Decision decision = DecisionMaker::decide(request, **rules);
    sent = sent && decision.permits();
    json::object shown = describe(decision, **rules);
    shown["recipient"] = candidate.recipient->id;
    shown["purpose"] = candidate.purpose;
    shown["outcome"] = to_string(decision.outcome());
    if (!a.json())
      std::cout << from->id << " -> " << candidate.recipient->id << " (" << candidate.purpose
                << "): " << to_string(decision.outcome()) << "\n  "
                << explain_in_words(decision, **rules, a.get("lang")) << "\n\n";
    if (a.has("full")) shown["explanation"] = explanation(decision, **rules);
    out.push_back(std::move(shown));
  }
  if (a.json()) std::cout << json::serialize(out) << "\n";
  return sent ? kOk : kFailed;
}

int list(const Arguments& a) {
  if (!is_language(a.get("lang"))) return complain("--lang: sv or en"), kUsage;
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto rules = rules_of(*config);
  if (!rules) return complain(in_words(rules.error()));
  json::array out;
  for (const Rule& r : (*rules)->rules) {
    if (a.json())
      out.push_back(json::object{{"id", r.id},
                                 {"modality", r.modality},
                                 {"citation", r.citation.text},
                                 {"via", r.via},
                                 {"sv", r.title_sv},
                                 {"en", r.title_en}});
    else
      std::cout << r.id << "  " << r.modality << "  " << r.citation.text << (r.via.empty() ? "" : " via " + r.via)
                << "\n    " << (a.get("lang") == "en" ? r.title_en : r.title_sv) << "\n";
  }
  if (a.json())
    std::cout << json::serialize(out) << "\n";
  else
    std::cout << (*rules)->rules.size() << " rules, " << (*rules)->provisions.size() << " provisions, hash "
              << (*rules)->hash << "\n";
  return kOk;
}

}  // namespace

void add_policy(std::vector<Command>& commands) {
  commands.push_back(
      {"policy explain",
       "Says what the rules decide about a message, and why; sends nothing",
       "FILE",
       "FILE is a canonical message (docs/vocabulary.md). Exit code 1 when any exchange would be held or refused.",
       {kConfigOption,
        kJsonOption,
        {"from", "PARTY", "the sender", ""},
        {"to", "PARTY", "one recipient (default: by route)", ""},
        {"purpose", "PURPOSE", "with --to", ""},
        {"at", "TIME", "decide as at this time", ""},
        {"lang", "sv|en", "language", "sv"},
        {"full", "", "with --json: every field with its covers", ""}},
       explain});
  commands.push_back({"policy list",
                      "Lists the rules with their citations",
                      "",
                      "",
                      {kConfigOption, kJsonOption, {"lang", "sv|en", "language", "sv"}},
                      list});
}

}  // namespace samband::cli
