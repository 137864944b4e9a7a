#include "model/party.hpp"

#include <algorithm>

namespace samband {

std::span<const std::string_view> official_roles() {
  static constexpr std::string_view kRoles[] = {"caseworker", "privacy_officer", "rules_officer"};
  return kRoles;
}

bool Official::has_role(std::string_view role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

Parties::Parties(std::vector<Party> parties, std::vector<Official> officials)
    : parties_(std::move(parties)), officials_(std::move(officials)) {}

const Official* Parties::official(std::string_view id) const {
  const auto it = std::find_if(officials_.begin(), officials_.end(), [&](const Official& o) { return o.id == id; });
  return it == officials_.end() ? nullptr : &*it;
}

const Party* Parties::find(std::string_view id) const {
  if (id.empty()) return nullptr;
  const auto it = std::find_if(parties_.begin(), parties_.end(), [&](const Party& party) { return party.id == id; });
  return it == parties_.end() ? nullptr : &*it;
}

const Party* Parties::by_functional_address(std::string_view address) const {
  // Most parties have none, and "" must not find one of them.
  if (address.empty()) return nullptr;
  const auto it = std::find_if(parties_.begin(), parties_.end(),
                               [&](const Party& party) { return party.functional_address == address; });
  return it == parties_.end() ? nullptr : &*it;
}

}  // namespace samband
