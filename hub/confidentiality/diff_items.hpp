// The items of a rule set member by member, as text, for comparison. Internal to hub/confidentiality.
#pragma once
#include <map>

#include "confidentiality/diff.hpp"

namespace samband {

// All that a decision can turn on: rules that read the same decide the same.
std::string decisive_text(const Rule&);
std::string decisive_text(const Provision&);

}  // namespace samband
