#include "config/load_parties.hpp"

#include <algorithm>
#include <set>

#include "config/load_values.hpp"
#include "identity/personal_number.hpp"
#include "model/vocabulary.hpp"

namespace samband {
namespace {

using toml_file::File;
using toml_file::Table;

bool plain_id(std::string_view s) {  // a path segment, a common name, a TOML key: nothing that needs escaping anywhere
  return !s.empty() && s.size() <= 64 && s.front() != '-' && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}
bool digits(std::string_view s, std::size_t length) {
  return s.size() == length && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}
Party read_party(Table& in) {
  Party party;
  party.id = in.required_text("id", 64);
  if (!plain_id(party.id)) in.refuse("id", "expected at most 64 of a-z, 0-9 and '-'");
  party.name = in.required_text("name", 200);
  party.actor_type = in.required_text("actor_type", 64);
  in.check_code("actor_type", party.actor_type, actor_types(), "actor type");
  const auto organisation = parse_organisation_number(in.required_text("organisation_number", 13));
  if (organisation) {
    party.organisation_number = *organisation;
  } else {
    in.refuse("organisation_number", organisation.error().message);
  }
  party.certificate_sha256 = in.text("certificate_sha256", 64);
  if (!party.certificate_sha256.empty() && !is_sha256(party.certificate_sha256)) {
    in.refuse("certificate_sha256", "expected 64 lower-case hex digits");
  }
  party.municipality = in.text("municipality", 4);
  if (!party.municipality.empty() && !digits(party.municipality, 4)) in.refuse("municipality", "expected four digits");
  party.district = in.text("district", 64);
  party.functional_address = in.text("functional_address", 200);
  party.participant_id = in.text("participant_id", 200);
  party.restricted_recipient = in.text("restricted_recipient", 64);
  party.duty_phone = in.text("duty_phone", 40);
  if (!party.duty_phone.empty()) check_phone(in, "duty_phone", party.duty_phone);
  // A held duty, and NOT SENT, say whom to call; an auditor is party to no exchange.
  if (party.duty_phone.empty() && party.actor_type != "auditor") in.require("duty_phone", "a telephone number");
  party.duty_party = in.text("duty_party", 64);
  party.privacy_officer = in.text("privacy_officer", 64);
  party.adapter = in.text("adapter", 64);
  party.endpoint = in.text("endpoint", 100);
  if (party.adapter.empty() != party.endpoint.empty()) {
    in.refuse(party.adapter.empty() ? "endpoint" : "adapter",
              "expected 'adapter' and 'endpoint' together, or neither: inbox only");
  }
  party.person_number_in_url = in.boolean("person_number_in_url", false);
  if (party.person_number_in_url && party.endpoint.empty())
    in.refuse("person_number_in_url", "expected an endpoint: without one nothing is sent to this party");
  party.inbound = in.texts("inbound");
  party.carries_out = in.texts("carries_out");
  in.check_codes("carries_out", party.carries_out, party_tasks(), "task of an agency's people");
  party.kinds = in.texts("kinds");
  in.check_codes("kinds", party.kinds, message_kinds(), "message kind");
  in.finish();
  return party;
}

Official read_official(Table& in, NamedFile& certificate) {
  Official official;
  official.id = in.required_text("id", 64);
  if (!plain_id(official.id)) in.refuse("id", "expected at most 64 of a-z, 0-9 and '-'");
  official.party = in.required_text("party", 64);
  official.roles = in.texts("roles");
  if (official.roles.empty()) in.require("roles", "at least one role");
  in.check_codes("roles", official.roles, official_roles(), "role");
  certificate.path = in.required_text("certificate", 200);
  if (const auto* node = in.raw().get("certificate")) certificate.place = in.place(*node);
  in.finish();
  return official;
}

const Party* find(const std::vector<Party>& parties, std::string_view id) {
  const auto it = std::find_if(parties.begin(), parties.end(), [&](const Party& p) { return p.id == id; });
  return it == parties.end() ? nullptr : &*it;
}

}  // namespace

void check_phone(Table& in, std::string_view key, std::string_view number) {
  const auto digits_in = std::count_if(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits_in < 3 || number.find_first_not_of("0123456789 +-") != std::string_view::npos) {
    in.refuse(key, "expected a telephone number: digits, spaces, '+' and '-'");
  }
}

PartiesFile read_parties(File& file) {
  PartiesFile out;
  if (file.failed()) return out;
  Table root(file);
  toml_file::check_version(root);
  std::set<std::string> ids, addresses, pins;
  for (Table& table : root.tables("party", 10'000)) {
    Party party = read_party(table);
    if (!ids.insert(party.id).second) table.refuse("id", "the id is used twice");
    if (!party.functional_address.empty() && !addresses.insert(party.functional_address).second) {
      table.refuse("functional_address", "the address is used twice");
    }
    if (!party.certificate_sha256.empty() && !pins.insert(party.certificate_sha256).second) {
      table.refuse("certificate_sha256", "the certificate is pinned twice");
    }
    out.parties.push_back(std::move(party));
    out.tables.push_back(table);
  }
  for (Table& table : root.tables("official", 100'000)) {
    NamedFile certificate;
    Official official = read_official(table, certificate);
    // One name space: a certificate's common name is a party or an official, never both.
    if (!ids.insert(official.id).second) table.refuse("id", "the id is used twice");
    if (find(out.parties, official.party) == nullptr) table.refuse("party", "unknown party '" + official.party + "'");
    out.officials.push_back(std::move(official));
    out.certificates.push_back(std::move(certificate));
  }
  root.finish();
  for (std::size_t i = 0; i < out.parties.size(); ++i) {
    const Party& party = out.parties[i];
    for (const auto& [key, id] :
         {std::pair("duty_party", party.duty_party), std::pair("privacy_officer", party.privacy_officer)})
      if (!id.empty() && find(out.parties, id) == nullptr) out.tables[i].refuse(key, "unknown party '" + id + "'");
    if (party.restricted_recipient.empty()) continue;
    const Party* restricted = find(out.parties, party.restricted_recipient);
    if (restricted == nullptr || restricted == &party || !restricted->restricted_recipient.empty()) {
      out.tables[i].refuse("restricted_recipient", "expected another party that has no restricted recipient itself");
    }
  }
  return out;
}

std::vector<Agreement> read_agreements(File& file, std::vector<Party>& parties) {
  std::vector<Agreement> out;
  if (file.failed()) return out;
  Table root(file);
  toml_file::check_version(root);
  std::set<std::string> ids;
  for (Table& in : root.tables("agreement")) {
    Agreement agreement;
    agreement.id = in.required_text("id", 64);
    if (!ids.insert(agreement.id).second) in.refuse("id", "the id is used twice");
    agreement.parties = in.texts("parties");
    if (agreement.parties.empty()) {
      in.require("parties", "at least two");
    } else if (agreement.parties.size() < 2) {
      in.refuse("parties", "expected at least two parties");
    }
    agreement.valid_from = in.date("valid_from");
    agreement.valid_to = in.date("valid_to");
    if (agreement.valid_to < agreement.valid_from) in.refuse("valid_to", "expected valid_to >= valid_from");
    for (const std::string& id : agreement.parties) {
      const auto party = std::find_if(parties.begin(), parties.end(), [&](const Party& p) { return p.id == id; });
      if (party == parties.end()) {
        in.refuse("parties", "unknown party '" + id + "'");
      } else {
        party->agreements.push_back(agreement.id);
      }
    }
    in.finish();
    out.push_back(std::move(agreement));
  }
  root.finish();
  return out;
}

void check_ways(File& file, PartiesFile& in, const Config& config) {
  const auto plugin = [&](const std::string& name) {
    return std::any_of(config.plugins.begin(), config.plugins.end(),
                       [&](const PluginConfig& p) { return p.name == name; });
  };
  const auto endpoint = [&](const std::string& name) {
    return std::any_of(config.endpoints.begin(), config.endpoints.end(),
                       [&](const EndpointConfig& e) { return e.name == name; });
  };
  for (std::size_t i = 0; i < in.parties.size() && !file.failed(); ++i) {
    const Party& party = in.parties[i];
    Table& table = in.tables[i];
    if (!party.adapter.empty() && !plugin(party.adapter))
      table.refuse("adapter", "hub.toml has no plugin '" + party.adapter + "'");
    if (!party.endpoint.empty() && !endpoint(party.endpoint)) {
      table.refuse("endpoint", "hub.toml has no endpoint '" + party.endpoint + "'");
    }
    for (const std::string& name : party.inbound) {
      if (!plugin(name)) table.refuse("inbound", "hub.toml has no plugin '" + name + "'");
    }
  }
}

}  // namespace samband
