#include "access/requester_report.hpp"

#include <algorithm>
#include <set>

#include "exchange/text.hpp"
#include "ledger/prove.hpp"

namespace samband {
namespace {

constexpr int kPerRead = 500;

// Was this leaf of the message released by the decision with this fingerprint?
bool was_released(const std::string& fingerprint, const std::string& pointer) {
  return fingerprint.find(":" + std::to_string(pointer.size()) + ":" + pointer + " ") != std::string::npos;
}

std::vector<std::string> grounds_of(const ExchangeRow& row) {
  auto explained = parse_json(row.explanation);
  return explained ? string_list(*explained, "/grounds") : std::vector<std::string>{};
}

// The one who is asked about is the subject here, whatever part he or she has in the message.
std::vector<Person> persons_around(const Case& source, const std::string& subject_ref) {
  std::vector<Person> out = source.message.persons;
  for (Person& p : out) {
    if (p.subject_ref == subject_ref)
      p.role = "subject";
    else if (p.role == "subject")
      p.role = "other";
  }
  return out;
}

bool about(const Field& field, const std::vector<Person>& persons, const std::string& subject_ref) {
  return std::any_of(persons.begin(), persons.end(), [&](const Person& p) {
    return p.subject_ref == subject_ref &&
           std::find(field.persons.begin(), field.persons.end(), p.ref) != field.persons.end();
  });
}

// What of it stays, and what a reviewer could record about that.
void say_why(const Decision& decision, Disclosure& out) {
  std::set<std::string> missing;
  for (const FieldDecision& field : decision.fields()) {
    if (field.outcome == FieldOutcome::release) continue;
    if (out.reason.empty()) out.reason = field.reason;
    for (const Cover& cover : field.covers) missing.insert(cover.missing.begin(), cover.missing.end());
  }
  out.missing.assign(missing.begin(), missing.end());
}

// Nothing when nothing about the person was in what was disclosed.
Result<std::optional<Disclosure>> judged(const AccessSources& s, const AccessQuestion& q, const ExchangeRow& row) {
  const Party* holder = s.parties.find(row.sender);
  if (!holder) return fail(Errc::invalid_config, "parties", "the sender of a disclosure is no longer a party");
  auto source = s.reader.source_of(row);
  if (!source) return source.error();
  const std::vector<Person> persons = persons_around(**source, q.subject_ref);
  std::vector<Field> fields;
  std::set<std::string> categories;
  for (const Field& field : (*source)->fields) {
    if (!about(field, persons, q.subject_ref) || !was_released(row.fingerprint, field.pointer)) continue;
    fields.push_back(field);
    categories.insert(field.category);
  }
  if (fields.empty()) return std::optional<Disclosure>();

  Party requester;
  requester.actor_type = "individual";
  DecisionRequest request;
  request.at = q.at;
  request.holder = holder;
  request.recipient = &requester;
  request.purpose = q.by_guardian ? "access_guardian" : "access_own";
  request.kind = row.kind;
  request.fields = fields;
  request.persons = persons;
  std::vector<Fact> facts;
  if (const auto found = q.facts.find(row.id); found != q.facts.end()) facts = found->second;
  // Its sender said that the guardians must not be told: no reviewer's answer opens it to them.
  if (const json::value* silent = find_pointer((*source)->message.data, "/payload/doNotInformGuardians");
      q.by_guardian && silent && silent->is_bool() && silent->get_bool()) {
    std::erase_if(facts, [](const Fact& fact) { return fact.code == "guardian_harm"; });
    facts.push_back(Fact{"guardian_harm", Truth::yes, {}, {}, "assessed_yes", {}});
  }
  for (Fact& fact : facts) fact.assessor_id = q.reviewer, fact.at = q.at;
  request.facts = facts;
  const Decision decision = DecisionMaker::decide(request, s.rules);

  Disclosure out;
  out.exchange_id = row.id, out.recipient = row.recipient, out.kind = row.kind, out.purpose = row.purpose;
  out.at = row.created_at, out.leaf_index = row.leaf_index;
  out.grounds = grounds_of(row);
  out.categories.assign(categories.begin(), categories.end());
  // In part would say that there is more.
  out.cleared = decision.outcome() == Outcome::released;
  if (!out.cleared) say_why(decision, out);
  return std::optional(std::move(out));
}

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& each : list) out.emplace_back(each);
  return out;
}

json::object common(const Disclosure& d) {
  return {{"time", to_rfc3339(d.at)}, {"recipient", d.recipient},    {"kind", d.kind},
          {"purpose", d.purpose},     {"grounds", texts(d.grounds)}, {"categories", texts(d.categories)}};
}

std::string_view who(const AccessQuestion& q) { return q.by_guardian ? "guardian" : "self"; }

std::string_view words(std::string_view language) {
  return language == "sv"
             ? "Utlämnanden av personuppgifter som får visas för den som frågar. Andra uppgifter kan omfattas "
               "av sekretess; om sådana finns framgår inte."
             : "Disclosures of personal data that may be shown to whoever asks. Other data can be secret; "
               "whether there are any is not said.";
}

}  // namespace

Result<std::vector<Disclosure>> disclosures_for(const AccessSources& s, const AccessQuestion& q) {
  std::vector<Disclosure> out;
  ExchangeFilter filter;
  filter.party = q.party;
  filter.subject_ref = q.subject_ref;
  filter.limit = kPerRead;
  for (;;) {
    auto rows = s.store.exchanges(filter);
    if (!rows) return rows.error();
    for (const ExchangeRow& row : *rows) {
      if (row.sender != q.party || !has_left(row)) continue;
      auto one = judged(s, q, row);
      if (!one) return one.error();
      if (*one) out.push_back(std::move(**one));
    }
    if (rows->size() < static_cast<std::size_t>(kPerRead)) return out;
    filter.after = rows->back().id;
  }
}

std::string worksheet(const std::vector<Disclosure>& all, const AccessQuestion& q) {
  json::array list;
  for (const Disclosure& d : all) {
    json::object one = common(d);
    one["exchange"] = d.exchange_id;
    one["shown"] = d.cleared;
    one["reason"] = d.reason;
    one["missing"] = texts(d.missing);
    list.push_back(std::move(one));
  }
  return json::serialize(json::object{{"format", "samband-access-worksheet/v1"},
                                      {"requester", who(q)},
                                      {"party", q.party},
                                      {"disclosures", std::move(list)}}) +
         "\n";
}

Result<std::string> requester_report(Store& store, const std::vector<Disclosure>& all, const AccessQuestion& q,
                                     std::string_view language) {
  std::vector<const Disclosure*> cleared;
  std::vector<std::uint64_t> indices;
  for (const Disclosure& d : all) {
    if (!d.cleared) continue;
    cleared.push_back(&d);
    indices.push_back(d.leaf_index);
  }
  auto proven = prove(store, indices);
  if (!proven) return proven.error();
  json::array list;
  for (std::size_t i = 0; i < cleared.size(); ++i) {
    json::object one = common(*cleared[i]);
    const ProvenLeaf& leaf = proven->leaves[i];
    json::array proof;
    for (const merkle::Hash& hash : leaf.proof) proof.emplace_back(to_base64(merkle::view(hash)));
    one["proof"] = json::object{{"index", static_cast<std::int64_t>(leaf.index)},
                                {"leafHash", to_base64(merkle::view(merkle::leaf_hash(leaf.leaf)))},
                                {"hashes", std::move(proof)}};
    list.push_back(std::move(one));
  }
  return json::serialize(json::object{{"format", "samband-access-report-person/v1"},
                                      {"requester", who(q)},
                                      {"party", q.party},
                                      {"madeAt", to_rfc3339(q.at)},
                                      {"words", words(language)},
                                      {"disclosures", std::move(list)},
                                      {"checkpoint", proven->checkpoint}}) +
         "\n";
}

}  // namespace samband
