// One decision on its way into the record: used inside the journey only.
#pragma once
#include <optional>

#include "exchange/journey.hpp"

namespace samband {

struct Journey::Decided {
  Decision decision;
  std::optional<Minimised> body;  // present when the decision permits
  ExchangeRow row;
  Leaf leaf;
};

json::array persons_for_status(const Case& source);

}  // namespace samband
