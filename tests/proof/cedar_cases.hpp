// Random requests with the engine's answer for each (field, provision, person), as JSON Lines for cedar.mjs.
#pragma once
#include <cstdint>
#include <iosfwd>

namespace samband::proof {

// Writes requests until they hold at least `cases` pairs; how many they hold.
std::uint64_t write_cedar_cases(std::uint64_t cases, std::uint64_t seed, std::ostream&);

}  // namespace samband::proof
