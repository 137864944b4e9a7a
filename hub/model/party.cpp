#include "model/party.hpp"

#include <algorithm>

namespace samband {

Parties::Parties(std::vector<Party> parties) : parties_(std::move(parties)) {}

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
