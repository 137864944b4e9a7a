#include "exchange/text.hpp"

#include <algorithm>
#include <memory>

#include "base/encoding.hpp"
#include "delivery/acknowledge.hpp"
#include "keys/crypto.hpp"
#include "keys/period.hpp"

namespace samband {

std::string text_at(const json::value& root, std::string_view pointer) {
  const json::value* v = find_pointer(root, pointer);
  return v && v->is_string() ? std::string(v->get_string()) : std::string();
}

std::string join(const std::vector<std::string>& list) {
  std::string out;
  for (const auto& s : list) {
    if (!out.empty()) out += ',';
    out += s;
  }
  return out;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find(',');
    out.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return out;
}

json::array json_list(const std::vector<std::string>& list) { return json::array(list.begin(), list.end()); }

std::vector<std::string> string_list(const json::value& root, std::string_view pointer) {
  std::vector<std::string> out;
  if (const json::value* v = find_pointer(root, pointer); v && v->is_array())
    for (const json::value& item : v->get_array())
      if (item.is_string()) out.emplace_back(item.get_string());
  return out;
}

Time end_of_day(Time at) {
  const auto next = std::chrono::sys_days(stockholm_date(at)) + std::chrono::days(1);
  return stockholm_midnight(Date(next)) - std::chrono::milliseconds(1);
}

std::string derived_id(std::string_view text) {
  std::string hex = crypto::sha256_hex(text).substr(0, 32);
  hex[12] = '8';
  hex[16] = '8';
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" +
         hex.substr(20);
}

Consent consent_from(const json::value& body, std::string holder, Time now) {
  Consent c;
  c.holder = std::move(holder);
  c.giver = text_at(body, "/giver");
  c.maturity_assessor = text_at(body, "/maturityAssessor");
  c.recipients = string_list(body, "/recipients");
  c.purposes = string_list(body, "/purposes");
  c.categories = string_list(body, "/categories");
  const auto from = parse_rfc3339(text_at(body, "/validFrom"));
  const auto to = parse_rfc3339(text_at(body, "/validTo"));
  c.valid_from = from                                                                       ? *from
                 : text_at(body, "/validFrom").empty() && !find_pointer(body, "/validFrom") ? now
                                                                                            : Time::max();
  c.valid_to = to ? *to : Time{};  // no end named: never valid
  c.evidence_sha256 = text_at(body, "/evidenceSha256");
  c.language = text_at(body, "/language");
  c.agreement = text_at(body, "/agreement");
  return c;
}

bool has_left(const ExchangeRow& row) {
  return row.acknowledged_at.has_value() || row.state == ExchangeState::delivered || !row.life.empty();
}

bool is_closed(const ExchangeRow& row) { return row.life == "recalled" || row.fingerprint.empty(); }

bool rest_expired(const ExchangeRow& row) {
  return row.outcome == "partial" && row.explanation.find("\"holdExpiredAt\"") != std::string::npos;
}

bool is_name(std::string_view text) { return is_line(text, 128); }

json::value hub_message(std::string kind, std::string id, const ExchangeRow& about, Time now) {
  json::object data{{"kind", kind}, {"relatesTo", about.id}, {"payload", json::object{}}};
  return json::object{{"specversion", "1.0"},        {"id", std::string(kHubIdPrefix) + id},
                      {"source", "urn:samband:hub"}, {"type", "se.samband.notice." + kind + ".v1"},
                      {"time", to_rfc3339(now)},     {"datacontenttype", "application/json"},
                      {"data", std::move(data)}};
}

Bytes seal_side(const Bytes& key, const Commitment& commitment, const std::string& details, const std::string& place) {
  return crypto::seal(key, json::serialize(json::object{{"nonce", to_base64(commitment.nonce)}, {"details", details}}),
                      "side/" + place);
}

boost::asio::awaitable<Result<std::uint64_t>> record_consent(Ledger& ledger, KeyStore& keys, Consent consent,
                                                             LeafType type, Time now) {
  const bool revokes = type == LeafType::revocation;
  Leaf leaf = make_leaf(type, now, consent.holder, {}, consent.id, revokes ? "revoked" : "given");
  leaf.codes = consent.purposes;
  if (leaf.codes.size() > 12) leaf.codes.resize(12);
  if (revokes) leaf.relies_on = {consent.leaf_index};
  const std::string details = consent.subject_ref + "\n" + consent.giver + "\n" + consent.maturity_assessor + "\n" +
                              join(consent.recipients) + "\n" + join(consent.purposes) + "\n" +
                              join(consent.categories) + "\n" + to_rfc3339(consent.valid_from) + "\n" +
                              to_rfc3339(consent.valid_to) + "\n" + consent.evidence_sha256 + "\n" + consent.language +
                              "\n" + consent.agreement;
  const Commitment commitment = commit_to(details);
  leaf.payload_commitment = commitment.digest;
  if (!revokes) {
    // One key for all consents of a person: they are kept until they are erased, whatever the month.
    auto key = keys.payload_key({consent.subject_ref}, kConsentPeriod);
    if (!key) co_return key.error();
    consent.key_id = key->id;
    if (!consent.maturity_assessor.empty()) consent.maturity_assessor = "assessed";  // the name is only sealed
    consent.side = seal_side(key->key, commitment, details, "consent/" + consent.id);
  }
  auto stored = std::make_shared<Consent>(std::move(consent));
  Ledger::Write write = [stored, revokes](Txn& txn, const std::vector<std::uint64_t>& at) -> Result<void> {
    if (!revokes) {
      stored->leaf_index = at.at(0);
    } else {
      // Two who revoke at once: the first instant stands.
      auto current = txn.consent(stored->id);
      if (!current) return current.error();
      if (*current && (*current)->revoked_at) return fail(Errc::conflict, "consent", "revoked already");
    }
    return txn.put_consent(*stored);
  };
  std::vector<Leaf> leaves{std::move(leaf)};
  auto done = co_await ledger.commit(std::move(leaves), std::move(write));
  if (!done) co_return done.error();
  co_return done->leaves.at(0);
}

}  // namespace samband
