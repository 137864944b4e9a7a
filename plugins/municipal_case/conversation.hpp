// Writing one exchange into a case system, step by step (docs: README.md of this folder). Pure, thread-safe.
//
//   errand -> delivered                                               api errand; and with lifecare what has no person
//          \-> update -> delivered   (409: it is there already)       number, or a person unknown to the system
//   proposals -> before -> create -> attach(0..n) -> delivered        api lifecare, person number known
//
// An errand carries the exchange id as externalReference. One that is there already came with an earlier attempt or
// with an earlier, narrower decision: it is brought up to what is released now. Lifecare's interface has no idempotency
// key and no external reference. So the ids that look like ours are listed *before* the POST and kept in the state;
// when its fate is unknown (time-out, restart, 5xx, unreadable answer) the list is read again and an id that was not
// there before is taken as ours. The state holds ids, dates and code list names only.
#pragma once
#include "municipal_case/case_config.hpp"
#include "sdk/adapter.hpp"

namespace samband::municipal {

sdk::Result<sdk::Step> deliver(const CaseConfig&, const json::object& exchange, std::string_view state, sdk::Event,
                               const sdk::Wire&);
sdk::Result<sdk::Step> recall(const CaseConfig&, const json::object& exchange, sdk::Event, const sdk::Wire&);

}  // namespace samband::municipal
