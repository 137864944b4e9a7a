// Consents given and revoked, and what that does to exchanges that wait or have left.
#include <algorithm>

#include "base/id.hpp"
#include "base/log.hpp"
#include "delivery/acknowledge.hpp"
#include "exchange/answer.hpp"
#include "exchange/decided.hpp"
#include "exchange/text.hpp"
#include "identity/personal_number.hpp"
#include "intake/intake.hpp"

namespace samband {
namespace {

constexpr int kListMax = 1000;
constexpr std::string_view kGivers[] = {"self", "guardian", "both_guardians", "guardian_and_child",
                                        "both_guardians_and_child"};

Result<void> check_list(const std::vector<std::string>& list, std::string where, auto&& known) {
  if (list.empty() || list.size() > 64)
    return fail(Errc::invalid_input, std::move(where), "must name 1 to 64 entries: consent is specific");
  for (std::size_t i = 0; i < list.size(); ++i)
    if (!known(list[i]))
      return fail(Errc::invalid_input, where + "/" + std::to_string(i), "unknown code; see docs/vocabulary.md");
  return {};
}

// The keyed reference of `/person`, as messages name the same person: by number, else by name and birth date together
// with whatever address is given. One who is named differently is somebody else, and for that one nobody has consented.
Result<std::string> person_of(const KeyStore& keys, const json::value& body, Date today) {
  const json::value* person = find_pointer(body, "/person");
  if (!person || !person->is_object()) return fail(Errc::invalid_input, "/person", "must be an object");
  if (person->get_object().contains("personalNumber")) {
    auto number = parse_personal_number(text_at(*person, "/personalNumber"), today);
    if (!number) return fail(Errc::invalid_input, "/person/personalNumber", number.error().message);
    return keys.subject_ref(number->digits);
  }
  for (const char* part : {"/givenName", "/familyName"})
    if (!is_name(text_at(*person, part)))
      return fail(Errc::invalid_input, "/person",
                  "names nobody: personalNumber, or givenName, familyName and birthDate");
  const auto born = parse_date(text_at(*person, "/birthDate"));
  if (!born || *born > today)
    return fail(Errc::invalid_input, "/person/birthDate", "must be a date as 2011-04-02: a name alone is not certain");
  const json::value named = json::object{{"persons", json::array{*person}}};
  return subject_reference(keys, Person{}, named, 0);
}

}  // namespace

// What makes a consent one: who gave it, to whom, for what, until when, on which evidence. `where` leads the pointers.
Result<void> Journey::check_consent(const Consent& consent, const std::string& where) const {
  const Time now = s_.clock.now();
  if (std::find(std::begin(kGivers), std::end(kGivers), consent.giver) == std::end(kGivers))
    return fail(Errc::invalid_input, where + "/giver",
                "must be self, guardian, both_guardians, guardian_and_child or both_guardians_and_child");
  if (!consent.maturity_assessor.empty() && !is_name(consent.maturity_assessor))
    return fail(Errc::invalid_input, where + "/maturityAssessor", "must name a person");
  if (consent.valid_from == Time::max())
    return fail(Errc::invalid_input, where + "/validFrom", "must be a time as 2026-11-22T10:00:00Z");
  if (consent.valid_to <= consent.valid_from || consent.valid_to <= now)
    return fail(Errc::invalid_input, where + "/validTo", "a consent has an end, after its beginning and after now");
  if (consent.valid_to > now + std::chrono::days(366 * 3))
    return fail(Errc::invalid_input, where + "/validTo", "a consent lasts at most three years");
  if (consent.evidence_sha256.size() != 64 || !from_hex(consent.evidence_sha256))
    return fail(Errc::invalid_input, where + "/evidenceSha256",
                "must be the SHA-256 of the signed form, 64 hex digits");
  if (consent.language.empty() || consent.language.size() > 16)
    return fail(Errc::invalid_input, where + "/language", "name the language of the text that was shown");
  auto ok = check_list(consent.recipients, where + "/recipients",
                       [&](const std::string& id) { return s_.parties.find(id) != nullptr; });
  if (ok)
    ok =
        check_list(consent.purposes, where + "/purposes", [](const std::string& p) { return contains(purposes(), p); });
  if (ok)
    ok = check_list(consent.categories, where + "/categories",
                    [](const std::string& c) { return contains(data_categories(), c); });
  if (!ok) return ok;
  if (!consent.agreement.empty() && std::none_of(s_.agreements.begin(), s_.agreements.end(),
                                                 [&](const Agreement& a) { return a.id == consent.agreement; }))
    return fail(Errc::invalid_input, where + "/agreement", "no such agreement");
  return {};
}

Task<Result<json::object>> Journey::add_consent(const Party* caller, json::value body) {
  const Time now = s_.clock.now();
  if (!body.is_object()) co_return fail(Errc::invalid_input, "", "must be a JSON object");
  auto reference = person_of(s_.keys, body, stockholm_date(now));
  if (!reference) co_return reference.error();
  Consent consent = consent_from(body, caller->id, now);
  consent.subject_ref = std::move(*reference);
  if (auto ok = check_consent(consent, ""); !ok) co_return ok.error();
  consent.id = new_id(now);
  const std::string id = consent.id, subject = consent.subject_ref;
  changed();
  auto recorded = co_await record_consent(s_.ledger, s_.keys, std::move(consent), LeafType::consent, now);
  changed();
  if (!recorded) co_return recorded.error();

  // What waited for it is decided again, now.
  json::array redecided;
  ExchangeFilter filter;
  filter.party = caller->id;
  filter.subject_ref = subject;
  auto rows = every_exchange(std::move(filter));
  if (!rows) co_return rows.error();
  for (ExchangeRow& row : *rows) {
    const bool waits = row.sender == caller->id && !is_closed(row) && !rest_expired(row) &&
                       (row.state == ExchangeState::held || row.outcome == "partial");
    if (!waits) continue;
    auto source = source_of(row);
    if (!source) continue;
    const std::string before = row.fingerprint;
    auto again = co_await redecide(std::move(row), *source, "consent");
    if (!again) {
      log(LogLevel::error, "consent.redecide_failed", {{"code", std::string(to_string(again.error().code))}});
      continue;
    }
    if (again->fingerprint == before) continue;
    if (again->state == ExchangeState::queued) s_.outbox.enqueue(*again, *source);
    redecided.push_back(
        json::object{{"exchange", again->id}, {"outcome", again->outcome}, {"state", to_string(again->state)}});
  }
  json::object out{
      {"id", id}, {"leafIndex", static_cast<std::int64_t>(*recorded)}, {"redecided", std::move(redecided)}};
  if (auto proof = s_.ledger.receipt(*recorded, Ledger::Carry::leaf)) out["receipt"] = std::move(*proof);
  co_return out;
}

Result<std::vector<ExchangeRow>> Journey::every_exchange(ExchangeFilter filter) const {
  std::vector<ExchangeRow> all;
  for (;;) {
    filter.limit = 1000;
    auto rows = s_.store.exchanges(filter);
    if (!rows) return rows.error();
    const bool more = rows->size() == 1000;
    if (more) filter.after = rows->back().id;
    std::move(rows->begin(), rows->end(), std::back_inserter(all));
    if (!more) return all;
  }
}

Task<Result<json::object>> Journey::list_consents(const Party* caller, std::string after, int limit) {
  if (limit < 1 || limit > kListMax) co_return fail(Errc::invalid_input, "?limit", "must be 1 to 1000");
  if (!after.empty() && !is_uuid(after)) co_return fail(Errc::invalid_input, "?after", "must be the id of a consent");
  auto list = s_.store.consents_held_by(caller->id, after, limit);
  if (!list) co_return list.error();
  const Time now = s_.clock.now();
  json::array out;
  for (const Consent& c : *list) {
    const char* state = c.revoked_at         ? "revoked"
                        : now >= c.valid_to  ? "expired"
                        : now < c.valid_from ? "not_yet"
                                             : "valid";
    json::array recipients, purpose_list, categories;
    for (const auto& r : c.recipients) recipients.emplace_back(r);
    for (const auto& p : c.purposes) purpose_list.emplace_back(p);
    for (const auto& k : c.categories) categories.emplace_back(k);
    out.push_back(json::object{{"id", c.id},
                               {"giver", c.giver},
                               {"recipients", std::move(recipients)},
                               {"purposes", std::move(purpose_list)},
                               {"categories", std::move(categories)},
                               {"validFrom", to_rfc3339(c.valid_from)},
                               {"validTo", to_rfc3339(c.valid_to)},
                               {"agreement", c.agreement},
                               {"state", state},
                               {"leafIndex", static_cast<std::int64_t>(c.leaf_index)}});
  }
  json::object answer{{"consents", std::move(out)}};
  if (list->size() == static_cast<std::size_t>(limit)) answer["after"] = list->back().id;
  co_return answer;
}

Task<Result<json::object>> Journey::revoke_consent(const Party* caller, std::string id, json::value) {
  auto found = s_.store.consent(id);
  if (!found) co_return found.error();
  if (!found->has_value() || (*found)->holder != caller->id)
    co_return fail(Errc::not_found, "consent", "no such consent");
  Consent consent = std::move(**found);
  json::array withdrawn, recalled;
  std::uint64_t leaf_index = consent.leaf_index;
  if (!consent.revoked_at) {
    consent.revoked_at = s_.clock.now();
    changed();
    auto recorded = co_await record_consent(s_.ledger, s_.keys, consent, LeafType::revocation, s_.clock.now());
    changed();
    if (recorded) {
      leaf_index = *recorded;
    } else if (recorded.error().code == Errc::conflict) {  // by somebody else, meanwhile
      auto current = s_.store.consent(id);
      if (!current) co_return current.error();
      if (current->has_value()) consent = std::move(**current);
    } else {
      co_return recorded.error();
    }
  }
  // From here no attempt is admitted on it. What waits is decided again; what has left is recalled. Asking twice is
  // safe.
  ExchangeFilter filter;
  filter.consent_id = id;
  auto rows = every_exchange(std::move(filter));
  if (!rows) co_return rows.error();
  for (ExchangeRow& row : *rows) {
    const std::string exchange = row.id;
    if (has_left(row) || s_.outbox.is_sending(exchange)) {
      if (row.life == "recalled") continue;
      auto sent = co_await recall(std::move(row), "consent_revoked");
      if (sent)
        recalled.emplace_back(exchange);
      else
        log(LogLevel::error, "recall.failed", {{"exchange", exchange}, {"where", sent.error().where}});
      continue;
    }
    auto source = source_of(row);
    if (!source) continue;
    auto again = co_await redecide(std::move(row), *source, "consent_revoked");
    if (!again) continue;
    if (again->life == "recalled")
      recalled.emplace_back(exchange);
    else if (again->outcome != "released" && again->outcome != "partial")
      withdrawn.emplace_back(exchange);
  }
  co_return json::object{{"id", id},
                         {"revokedAt", to_rfc3339(*consent.revoked_at)},
                         {"leafIndex", static_cast<std::int64_t>(leaf_index)},
                         {"withdrawn", std::move(withdrawn)},
                         {"recalled", std::move(recalled)}};
}

// A recall tells the recipient; it never deletes there. The disclosure stays a disclosure.
Task<Result<void>> Journey::recall(ExchangeRow row, std::string reason) {
  const Time now = s_.clock.now();
  const Party* from = s_.parties.find(row.sender);
  const Party* to = s_.parties.find(row.recipient);
  if (!from || !to) co_return fail(Errc::not_found, "parties", "a party is gone");
  json::value canonical =
      hub_message("exchange.recall", "recall/" + row.id + "/" + std::to_string(row.leaf_index), row, now);
  canonical.at("data").at("payload") =
      json::object{{"exchangeId", row.id}, {"reasonCode", reason}, {"at", to_rfc3339(now)}};
  auto sent = co_await send_for(from, to, std::move(canonical), row.key_id, "receipt", {});
  if (!sent && sent.error().code != Errc::conflict) co_return sent.error();
  Leaf leaf = make_leaf(LeafType::recall, now, row.sender, row.recipient, row.id, "recalled");
  leaf.codes = {reason};
  leaf.relies_on = {row.leaf_index};
  Ledger::Write write = [id = row.id, now](Txn& txn, const std::vector<std::uint64_t>&) -> Result<void> {
    auto current = txn.exchange(id);
    if (!current) return current.error();
    if (!*current) return fail(Errc::conflict, "exchange", "no such exchange");
    (*current)->life = "recalled";
    // Handed out or on its way: never again. An acknowledgement may still come.
    if ((*current)->state != ExchangeState::delivered) (*current)->state = ExchangeState::delivered;
    (*current)->next_attempt_at.reset();
    (*current)->updated_at = now;
    if (auto settled = txn.drop_agenda(id, kOwesRecall); !settled) return settled;
    (*current)->due_at.reset();
    if (auto put = txn.put_exchange(**current); !put) return put;
    return set_agenda(txn, id, {});
  };
  std::vector<Leaf> leaves{std::move(leaf)};
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  co_return Result<void>();
}

// A retraction withdraws what still waits of the earlier message and recalls what has left.
Task<Result<void>> Journey::withdraw_retracted(CasePtr source) {
  auto earlier = s_.store.message(source->message.sender, source->message.retracts);
  if (!earlier) co_return earlier.error();
  if (!earlier->has_value()) co_return Result<void>();
  for (const std::string& id : split((*earlier)->exchanges)) {
    auto row = s_.store.exchange(id);
    if (!row || !row->has_value()) continue;
    if (has_left(**row) || s_.outbox.is_sending(id)) {
      if ((*row)->life == "recalled") continue;
      auto sent = co_await recall(std::move(**row), "misdirected");
      if (!sent) co_return sent.error();
    } else {
      auto done = co_await withdraw(std::move(**row));
      if (!done) co_return done.error();
    }
  }
  co_return Result<void>();
}

// The sender takes it back before it left: a new record, and nothing is sent.
Task<Result<void>> Journey::withdraw(ExchangeRow row) {
  const Time now = s_.clock.now();
  Leaf leaf = make_leaf(LeafType::decision, now, row.sender, row.recipient, row.id, "refused");
  leaf.codes = {"withdrawn"};
  leaf.relies_on = {row.leaf_index};
  Ledger::Write write = [id = row.id, now](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
    auto current = txn.exchange(id);
    if (!current) return current.error();
    if (!*current || has_left(**current)) return fail(Errc::conflict, "exchange", "delivered meanwhile");
    ExchangeRow next = std::move(**current);
    next.state = ExchangeState::withdrawn;
    next.outcome = "refused";
    next.fingerprint.clear();
    next.next_attempt_at.reset();
    next.due_at.reset();
    next.updated_at = now;
    next.leaf_index = at.at(0);
    if (auto put = txn.put_exchange(next); !put) return put;
    if (auto none = follow_tasks(txn, id, {}, false, next.leaf_index); !none) return none;
    return set_agenda(txn, id, {});
  };
  std::vector<Leaf> leaves{std::move(leaf)};
  changed();
  auto done = co_await s_.ledger.commit(std::move(leaves), std::move(write));
  changed();
  if (!done) co_return done.error();
  co_return Result<void>();
}

}  // namespace samband
