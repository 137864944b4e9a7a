#include "admin/incidents.hpp"

#include <algorithm>
#include <set>

#include "base/id.hpp"
#include "exchange/text.hpp"
#include "keys/crypto.hpp"
#include "keys/period.hpp"
#include "person_numbers/find.hpp"

namespace samband {
namespace {

constexpr std::string_view kOpening = "incident/", kClosing = "incident-closing/";
constexpr int kLeavesPerRead = 1000;

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

json::array texts(const std::set<std::string>& list) {
  json::array out;
  for (const std::string& each : list) out.emplace_back(each);
  return out;
}

// Counts what a range touches; each exchange, message and consent once.
class Scope {
 public:
  explicit Scope(Store& store) : store_(store) {}

  // `exchanges_max`: of these and no more the ids are wanted, in order; the rest is not read.
  Result<void> read(std::uint64_t first, std::uint64_t last, std::size_t exchanges_max) {
    while (first <= last && found_.size() < exchanges_max) {
      const auto wanted = std::min<std::uint64_t>(last - first + 1, kLeavesPerRead);
      auto leaves = store_.leaves(first, static_cast<int>(wanted));
      if (!leaves) return leaves.error();
      if (leaves->empty()) return fail(Errc::internal, "log", "leaves of the signed log are missing");
      for (const Bytes& bytes : *leaves) {
        auto leaf = decode_leaf(bytes);
        if (!leaf) return fail(Errc::internal, "log", "a leaf cannot be read; run: samband log verify");
        if (auto added = add(*leaf); !added) return added;
      }
      first += leaves->size();
    }
    return {};
  }

  const std::vector<std::string>& exchanges() const { return found_; }
  json::object shown(std::uint64_t leaves) const {
    return {{"leaves", leaves},           {"exchanges", found_.size()}, {"messages", messages_},
            {"consents", consents_},      {"persons", persons_.size()}, {"erased", erased_},
            {"parties", texts(parties_)}, {"kinds", texts(kinds_)},     {"categories", texts(categories_)}};
  }
  // For the leaf.
  std::vector<std::string> counts() const {
    std::vector<std::string> out;
    for (const auto& [name, n] : {std::pair<const char*, std::size_t>{"exchanges:", found_.size()},
                                  {"messages:", messages_},
                                  {"consents:", consents_},
                                  {"persons:", persons_.size()}})
      out.push_back(name + std::to_string(n));
    return out;
  }

 private:
  Result<void> add(const Leaf& leaf) {
    if (leaf.subject_id.empty() || !seen_.insert(leaf.subject_id).second) return {};
    if (leaf.type == LeafType::consent || leaf.type == LeafType::revocation) return add_consent(leaf.subject_id);
    if (leaf.type != LeafType::origin) return add_exchange(leaf.subject_id);
    auto message = store_.message(leaf.subject_id);
    if (!message) return message.error();
    if (!*message) return {};
    ++messages_;
    parties_.insert((*message)->sender);
    kinds_.insert((*message)->kind);
    for (const std::string& id : split((*message)->exchanges))
      if (seen_.insert(id).second)
        if (auto added = add_exchange(id); !added) return added;
    return {};
  }

  // Other leaves (of a rule set, an erasure, a key) name no exchange.
  Result<void> add_exchange(const std::string& id) {
    auto row = store_.exchange(id);
    if (!row) return row.error();
    if (!*row) return {};
    found_.push_back(id);
    for (const std::string& party : {(*row)->sender, (*row)->recipient})
      if (!party.empty()) parties_.insert(party);
    kinds_.insert((*row)->kind);
    for (const std::string& ref : split((*row)->subject_refs)) persons_.insert(ref);
    if ((*row)->key_id == 0) ++erased_;
    // Released or not: a breach reaches what the hub keeps, not only what it gave out.
    auto explanation = parse_json((*row)->explanation);
    for (const char* place : {"/fields/released", "/fields/withheld", "/fields/held"}) {
      const json::value* groups = explanation ? find_pointer(*explanation, place) : nullptr;
      if (groups == nullptr || !groups->is_array()) continue;
      for (const json::value& group : groups->get_array())
        if (group.is_object()) categories_.emplace(string_at(group.get_object(), "category"));
    }
    return {};
  }

  Result<void> add_consent(const std::string& id) {
    auto consent = store_.consent(id);
    if (!consent) return consent.error();
    if (!*consent) return {};
    ++consents_;
    parties_.insert((*consent)->holder);
    parties_.insert((*consent)->recipients.begin(), (*consent)->recipients.end());
    categories_.insert((*consent)->categories.begin(), (*consent)->categories.end());
    if ((*consent)->subject_ref.empty())
      ++erased_;
    else
      persons_.insert((*consent)->subject_ref);
    return {};
  }

  Store& store_;
  std::set<std::string> seen_, persons_, parties_, kinds_, categories_;
  std::vector<std::string> found_;
  std::size_t messages_ = 0, consents_ = 0, erased_ = 0;
};

// The record stays when a person is erased: so it must not name one.
Result<void> check_text(const std::string& text) {
  if (text.empty() || text.size() > kIncidentTextMax)
    return fail(Errc::invalid_input, "/text", "1 byte to 16 KiB of text");
  if (!person_numbers::find(text).empty())
    return fail(Errc::invalid_input, "/text", "must not hold an identity number: the record outlives the persons");
  return {};
}

}  // namespace

const std::vector<std::string>& incident_kinds() {
  static const std::vector<std::string> kKinds = {"destruction", "loss", "alteration", "unauthorised_disclosure",
                                                  "unauthorised_access"};
  return kKinds;
}

const std::vector<std::string>& incident_results() {
  static const std::vector<std::string> kResults = {"reported", "not_required"};
  return kResults;
}

Result<IncidentRow> Incidents::open(const IncidentOpening& asked) {
  const Time now = s_.clock.now();
  if (!contains(incident_kinds(), asked.kind))
    return fail(Errc::invalid_input, "/kind",
                "is not destruction, loss, alteration, unauthorised_disclosure or unauthorised_access");
  if (asked.aware_at && *asked.aware_at > now) return fail(Errc::invalid_input, "/awareAt", "lies in the future");
  const std::uint64_t size = s_.ledger.size();
  if (asked.first_leaf > asked.last_leaf)
    return fail(Errc::invalid_input, "/from", "stands after the end of the range");
  if (asked.last_leaf >= size) return fail(Errc::invalid_input, "/to", "the log ends before it");
  const std::uint64_t leaves = asked.last_leaf - asked.first_leaf + 1;
  if (leaves > kIncidentLeavesMax) return fail(Errc::invalid_input, "/to", "over 1 000 000 leaves: open several");
  if (auto good = check_text(asked.text); !good) return good.error();

  Scope scope(s_.store);
  if (auto done = scope.read(asked.first_leaf, asked.last_leaf, SIZE_MAX); !done) return done.error();
  auto key = s_.keys.payload_key(std::vector<std::string>{}, period_of(kIncidentClass, now));
  if (!key) return key.error();
  IncidentRow row;
  row.id = new_id(now);
  row.party = asked.party, row.kind = asked.kind;
  row.opened_at = now, row.aware_at = asked.aware_at.value_or(now);
  row.first_leaf = asked.first_leaf, row.last_leaf = asked.last_leaf;
  const json::object found = scope.shown(leaves);
  row.scope = json::serialize(found);
  row.key_id = key->id;
  const std::string details = json::serialize(json::object{{"kind", row.kind},
                                                           {"firstLeaf", row.first_leaf},
                                                           {"lastLeaf", row.last_leaf},
                                                           {"awareAt", to_rfc3339(row.aware_at)},
                                                           {"scope", found},
                                                           {"text", asked.text}});
  const Commitment commitment = commit_to(details);
  row.side = seal_side(key->key, commitment, details, std::string(kOpening) + row.id);
  Leaf leaf = make_leaf(LeafType::incident, now, row.party, {}, row.id, "opened", {asked.first_leaf, asked.last_leaf});
  leaf.codes = scope.counts();
  leaf.codes.insert(leaf.codes.begin(), row.kind);
  leaf.payload_commitment = commitment.digest;
  auto done = s_.ledger.commit_blocking({std::move(leaf)}, [&row](Txn& txn, const std::vector<std::uint64_t>& at) {
    row.leaf_index = at.at(0);
    return txn.put_incident(row);
  });
  if (!done) return done.error();
  return row;
}

Result<IncidentRow> Incidents::close(const IncidentClosing& asked) {
  const Time now = s_.clock.now();
  const bool reported = asked.result == "reported";
  if (!contains(incident_results(), asked.result))
    return fail(Errc::invalid_input, "/result", "is not reported or not_required");
  if (reported != asked.reported_at.has_value())
    return fail(Errc::invalid_input, "/reportedAt", "goes with the result reported, and with it alone");
  if (asked.reported_at && *asked.reported_at > now)
    return fail(Errc::invalid_input, "/reportedAt", "lies in the future");
  if (auto good = check_text(asked.text); !good) return good.error();
  auto found = s_.store.incident(asked.id);
  if (!found) return found.error();
  if (!*found) return fail(Errc::not_found, "id", "no incident has this id");
  IncidentRow row = std::move(**found);
  if (row.closed_at) return fail(Errc::conflict, "id", "is closed already");
  if (asked.reported_at && *asked.reported_at < row.aware_at)
    return fail(Errc::invalid_input, "/reportedAt", "lies before anybody was aware of it");
  auto key = row.key_id != 0 ? s_.keys.payload_key(row.key_id) : fail(Errc::not_found, "", "");
  if (!key && key.error().code != Errc::not_found) return key.error();
  if (!key) return fail(Errc::conflict, "id", "its time was over and its texts are gone: open a new one");
  json::object about{{"result", asked.result}, {"text", asked.text}};
  if (asked.reported_at) about["reportedAt"] = to_rfc3339(*asked.reported_at);
  const std::string details = json::serialize(about);
  const Commitment commitment = commit_to(details);
  Leaf leaf = make_leaf(LeafType::incident, now, asked.party, {}, row.id, asked.result, {row.leaf_index});
  if (asked.reported_at && *asked.reported_at > row.aware_at + kIncidentReportWithin) leaf.codes = {"late"};
  leaf.payload_commitment = commitment.digest;
  const Bytes sealed = seal_side(key->key, commitment, details, std::string(kClosing) + row.id);
  auto done =
      s_.ledger.commit_blocking({std::move(leaf)}, [&](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
        auto current = txn.incident(asked.id);
        if (!current) return current.error();
        if (!*current || (*current)->closed_at) return fail(Errc::conflict, "id", "is closed already");
        row.result = asked.result;
        row.closed_at = now, row.reported_at = asked.reported_at;
        row.closing = sealed;
        row.closing_leaf_index = at.at(0);
        return txn.put_incident(row);
      });
  if (!done) return done.error();
  return row;
}

Result<json::value> Incidents::unseal(const IncidentRow& row, const Bytes& sealed, std::string_view place) const {
  auto key = s_.keys.payload_key(row.key_id);
  if (!key) return key.error();
  auto plain = crypto::open(key->key, sealed, "side/" + std::string(place) + row.id);
  if (!plain) return fail(Errc::internal, "incident", "the record cannot be opened");
  return parse_json(*plain);
}

Result<json::value> Incidents::opened(const IncidentRow& row) const {
  if (row.key_id == 0) return json::value(nullptr);
  return unseal(row, row.side, kOpening);
}

Result<json::value> Incidents::closed(const IncidentRow& row) const {
  if (row.key_id == 0 || row.closing.empty()) return json::value(nullptr);
  return unseal(row, row.closing, kClosing);
}

Result<std::vector<std::string>> Incidents::exchanges(const IncidentRow& row) const {
  Scope scope(s_.store);
  if (auto done = scope.read(row.first_leaf, row.last_leaf, kIncidentExchangesShown); !done) return done.error();
  auto out = scope.exchanges();
  out.resize(std::min(out.size(), kIncidentExchangesShown));
  return out;
}

}  // namespace samband
