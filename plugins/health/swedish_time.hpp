// Swedish wall-clock time, which RIV-TA writes without a zone ("20261122093000"), to and from instants in UTC. Summer
// time by the rule of the EU (directive 2000/84/EC). The hour that comes twice in October counts as its first. Pure,
// thread-safe.
#pragma once
#include <string>
#include <string_view>

namespace samband::health {

// "202611220930" or "20261122093000" -> "2026-11-22T08:30:00.000Z"; "" when it is neither.
std::string instant_of_local(std::string_view digits);
// "2026-11-22T08:30:00.000Z" -> "20261122093000"; "" when it is no instant.
std::string local_of_instant(std::string_view instant);

}  // namespace samband::health
