// What became of an errand, asked of the case system: the neutral errand API can be read and tells nobody of a change
// (GET /errands/{id}; notifications are for its own users). Pure, thread-safe.
//
//   GET errandsPath/<reference> -> the steps that the errand's status stands for and that were not said yet
//
// Which status stands for which steps is the operator's configuration: the API leaves the words to each municipality.
#pragma once
#include "municipal_case/case_config.hpp"
#include "sdk/adapter.hpp"

namespace samband::municipal {

// `question` is what the hub asks (docs/plugins/abi.md, "Polling"): exchangeId, reference, steps said so far, now.
sdk::Result<sdk::Step> ask_errand(const CaseConfig&, const json::object& question, sdk::Event, const sdk::Wire&);

}  // namespace samband::municipal
