// Small readers and makers that the turns of the journey share. Pure, but for record_consent.
#pragma once
#include <string>
#include <vector>

#include "keys/key_store.hpp"
#include "ledger/ledger.hpp"
#include "model/consent.hpp"

namespace samband {

std::string text_at(const json::value& root, std::string_view pointer);  // "" when absent or not a string
std::string join(const std::vector<std::string>&);                       // comma-separated
std::vector<std::string> split(std::string_view);
json::array json_list(const std::vector<std::string>&);
std::vector<std::string> string_list(const json::value& root, std::string_view pointer);
Time end_of_day(Time);  // 23:59:59.999 Europe/Stockholm
// A stable UUID (version 8) from text: the same turn taken twice is the same message.
std::string derived_id(std::string_view text);

// Consent body of the API or of a message. Errors of shape are the schema's to find; missing parts stay empty.
Consent consent_from(const json::value& body, std::string holder, Time now);

// May the recipient hold it? Acknowledged, handed out, or sent with no answer: `life` begins when bytes may have left.
bool has_left(const ExchangeRow&);
// Recalled, or taken back by its sender: no later decision brings it to life again.
bool is_closed(const ExchangeRow&);
bool rest_expired(const ExchangeRow&);  // what was held of it is asked for no more
bool is_name(std::string_view text);    // one line (is_line) of at most 128 characters

// Envelope of a message that the hub writes about an exchange; `data.payload` is the caller's.
json::value hub_message(std::string kind, std::string id, const ExchangeRow& about, Time now);

// What opens a leaf's commitment, sealed: {"nonce": base64, "details"}. `place`: what it belongs to.
Bytes seal_side(const Bytes& key, const Commitment&, const std::string& details, const std::string& place);
// Consent or revocation with its leaf; answers the leaf's index. Error conflict: revoked already, by somebody else
// meanwhile; the first instant stands.
boost::asio::awaitable<Result<std::uint64_t>> record_consent(Ledger&, KeyStore&, Consent, LeafType, Time now);

}  // namespace samband
