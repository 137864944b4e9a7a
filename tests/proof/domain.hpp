// The abstract domain of a rule set, enumerated: every class of requests that the rules can tell apart, once. Codes
// that no rule, provision, declaration or need list tells apart are one class; ages are the days around every cut
// point; facts that no rule of a flow asks for stay unset there. A cell is one field of one request.
#pragma once
#include <cstdint>
#include <functional>

#include "unit/confidentiality/support.hpp"

namespace samband::proof {

struct Tour {
  std::uint64_t cells_max = 0;  // 0 = the whole domain; else every n-th request of it
  std::uint64_t seed = 0;       // where the n-th ones begin
  int part = 0, parts = 1;      // this process takes every `parts`-th flow
};

struct Size {
  std::uint64_t flows = 0, requests = 0, cells = 0;  // visited
  std::uint64_t requests_all = 0;                    // in the domain
};

// Calls `visit` with each request of the tour.
Size walk(const RuleSet&, const Tour&, const std::function<void(const testing::World&)>& visit);

}  // namespace samband::proof
